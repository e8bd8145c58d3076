"""A receiver that is down for a minute or for days: what happened meanwhile reaches it once it is up again."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import pytest

from shared.domain.circuit import SUSPENDS_AFTER
from shared.domain.notification import ContactPoint
from shared.domain.subscription import Attempt, DeliveryState, Ending, Subscription
from shared.ports import DeliveryQuery
from shared.usecases import replaying, tending
from tests.builders import AGENCY, RESOURCE
from tests.fakes.neighbours import FakeWebhooks
from tests.fakes.world import SENDER, World
from tests.unit.usecases.stories import published
from tests.unit.usecases.test_subscribing import subscribed

_MINUTE, _HOUR = timedelta(minutes=1), timedelta(hours=1)
DOWN_FOR = [
    _MINUTE,
    5 * _MINUTE,
    20 * _MINUTE,
    _HOUR,
    3 * _HOUR,
    8 * _HOUR,
    13 * _HOUR,
    24 * _HOUR,
    36 * _HOUR,
    50 * _HOUR,
    70 * _HOUR,
    76 * _HOUR,
    120 * _HOUR,
]
LETTERS = 6


@dataclass
class Receiver(FakeWebhooks):
    """Answers nothing until it is up."""

    up_at: datetime | None = None
    heard: list[Mapping[str, object]] = field(default_factory=list)

    async def post(
        self, subscription: Subscription, event: Mapping[str, object], *, attempt: int, now: datetime
    ) -> Attempt:
        made = await super().post(subscription, event, attempt=attempt, now=now)
        if self.up_at is not None and now < self.up_at:
            return Attempt(attempt, now, 0, "no connection", 1)
        self.heard.append(event)
        return made


async def outage(lasts: timedelta) -> tuple[World, Receiver, Subscription]:
    """Letters are published all through the outage and a day beyond it."""
    world = World()
    receiver = world.webhooks = Receiver(up_at=world.now + lasts)
    world.registry.contact_points[AGENCY] = ContactPoint(emails=("drift@agency.example",))
    one = await subscribed(world)
    for _ in range(LETTERS):
        await published(world)
        until = world.now + lasts / LETTERS
        while world.now < until:
            await world.advance(min(10 * _MINUTE, until - world.now))
    for _ in range(26):
        await world.advance(_HOUR)
    return world, receiver, one


def once_and_in_order(receiver: Receiver) -> bool:
    """Two events of each letter, each once, the first one first."""
    ids = Counter(str(event["id"]) for event in receiver.heard)
    letters: dict[object, list[object]] = {}
    for event in receiver.heard:
        letters.setdefault(event["resourceinstance"], []).append(event["sequence"])
    in_order = all(found == sorted(found) for found in letters.values())
    return in_order and set(ids.values()) == {1} and len(ids) == 2 * LETTERS


@pytest.mark.parametrize("lasts", DOWN_FOR, ids=lambda lasts: str(lasts).replace(" ", ""))
async def test_nothing_is_lost(lasts: timedelta) -> None:
    """Delivered once it is up; or suspended after 75 hours with one notice, and delivered by a resume and a replay."""
    world, receiver, one = await outage(lasts)
    suspended = world.subscriptions.kept[RESOURCE, one.id].ended is Ending.FAILING
    notices = [mail for mail in world.email.sent if mail.to == "drift@agency.example"]
    assert len(notices) == suspended
    assert suspended or lasts <= 76 * _HOUR  # In the hour before that there need not be an attempt.
    assert not suspended or lasts >= SUSPENDS_AFTER
    if suspended:
        await tending.resume(world.app, SENDER, one.number)
        await replaying.replay(world.app, SENDER, one.number, DeliveryQuery(state=DeliveryState.GIVEN_UP))
        await world.settle()
        await world.advance(_HOUR)
    assert once_and_in_order(receiver)
