"""Each event reaches each subscriber that may hear it: once when all goes well, at least once when not."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from shared.domain.delivery import LADDER
from shared.domain.errors import Unavailable
from shared.domain.facts import AggregateKind, FactType
from shared.domain.notification import ContactPoint
from shared.domain.policy import Action, Issuer
from shared.domain.subscription import DeliveryState, Ending, Reader, Subscription
from shared.ports import DeliveryMessage
from shared.usecases import delivering, webhooks
from tests.builders import AGENCY, BUSINESS, NOW, PERSON, RESOURCE, new_id, subscription
from tests.fakes.world import World
from tests.unit.usecases.stories import published, sent

CORRESPONDENCE = AggregateKind.CORRESPONDENCE


READERS: dict[str, Any] = {
    "consumer": PERSON,
    "owner_of_resource": False,
    "subject_filter": PERSON,
    "reader": Reader(Issuer.ALTINN, PERSON, None, 3),
}
"""What a subscription of the recipient's has."""


async def listening(world: World, **changes: Any) -> Subscription:
    """The owner of the resource listens."""
    return await world.subscriptions.add(subscription(**({"consumer": AGENCY} | changes)))


def heard(world: World) -> list[str]:
    """The types of the events that were posted, in order."""
    return [str(event["type"]).rpartition(".")[2] for _, event in world.webhooks.posted]


async def message_of(world: World, kept: Subscription) -> DeliveryMessage:
    """The delivery of the first fact of a new letter."""
    id_ = await sent(world)
    fact = world.correspondences.partitions[id_].facts[0]
    world.outbox.facts.clear()
    return DeliveryMessage(kept.id, RESOURCE, CORRESPONDENCE, id_, fact.sequence)


async def test_the_owner_hears_everything_about_its_resource() -> None:
    """In order, each event once."""
    world = World()
    await listening(world)
    await published(world)
    assert heard(world) == [FactType.INITIALIZED, FactType.PUBLISHED]


async def test_others_hear_what_is_about_their_subject_only() -> None:
    """The person hears that something was published for them, and not that somebody sent it."""
    world = World()
    await listening(world, **READERS)
    await published(world)
    assert heard(world) == [FactType.PUBLISHED]


async def test_a_repeated_fact_is_posted_once() -> None:
    """The facts of a letter are sent again by a sweep: who has heard hears nothing more."""
    world = World()
    await listening(world)
    id_ = await published(world)
    for fact in world.correspondences.partitions[id_].facts:
        await webhooks.fan_out(world.app, RESOURCE, CORRESPONDENCE, id_, fact.sequence)
    await world.settle()
    assert len(world.webhooks.posted) == 2


async def test_who_subscribes_later_hears_of_later_events_only() -> None:
    """What is sent once more for others is not news for the new one."""
    world = World()
    id_ = await published(world)
    world.now += timedelta(minutes=1)
    await listening(world, created=world.now)
    for fact in world.correspondences.partitions[id_].facts:
        await webhooks.fan_out(world.app, RESOURCE, CORRESPONDENCE, id_, fact.sequence)
    await world.settle()
    assert not world.webhooks.posted
    await published(world)
    assert len(world.webhooks.posted) == 2


async def test_a_fact_that_is_not_there_is_told_to_nobody() -> None:
    """Neither an unknown letter nor an unknown number."""
    world = World()
    kept = await listening(world)
    id_ = await published(world)
    world.webhooks.posted.clear()
    await webhooks.fan_out(world.app, RESOURCE, CORRESPONDENCE, new_id("nobody"), 1)
    await webhooks.fan_out(world.app, RESOURCE, CORRESPONDENCE, id_, 1)
    await delivering.deliver(world.app, DeliveryMessage(kept.id, RESOURCE, CORRESPONDENCE, id_, 1))
    await world.settle()
    assert not world.webhooks.posted


async def test_where_nobody_listens_nothing_is_read() -> None:
    """The fact is not even looked up."""
    world = World()
    id_ = await sent(world)
    calls = world.correspondences.calls
    await webhooks.fan_out(world.app, RESOURCE, CORRESPONDENCE, id_, 2)
    assert world.correspondences.calls == calls


async def test_a_right_that_is_lost_ends_the_subscription() -> None:
    """The recipient may not read any more, or the resource has another owner: nothing leaves, and it says why."""
    for mine, lose in ((READERS, deny_everything), ({}, sell_the_resource)):
        world = World()
        kept = await listening(world, **mine)
        lose(world)
        await published(world)
        assert not world.webhooks.posted
        assert world.subscriptions.kept[RESOURCE, kept.id].ended is Ending.ACCESS_LOST


def deny_everything(world: World) -> None:
    world.decisions.only = [(Action.WRITE, AGENCY)]


def sell_the_resource(world: World) -> None:
    world.meanwhile["outbox.send_deliveries"] = lambda: sold(world)


async def sold(world: World) -> None:
    await world.registry.put_resource(replace(world.registry.resources[RESOURCE], owner=BUSINESS))


async def test_a_right_that_is_lost_on_the_ladder_ends_it_there() -> None:
    """An event that waits for its next attempt does not leave either."""
    world = World()
    await listening(world, **READERS)
    world.webhooks.statuses = [500]
    await published(world)
    world.decisions.rule = None
    await world.advance(timedelta(days=5))
    assert len(world.webhooks.posted) == 1


async def test_while_it_is_paused_everything_waits() -> None:
    """Nothing is posted, nothing is lost: what happened comes within a quarter of an hour after the pause."""
    world = World()
    kept = await listening(world)
    await world.subscriptions.change(kept, lambda state: replace(state, paused=True))
    await published(world)
    for _ in range(5):
        await world.advance(timedelta(hours=1))
    assert not world.webhooks.posted
    assert await world.deliveries.waiting(kept.id, most=10) == 2
    await world.subscriptions.change(kept, lambda state: replace(state, paused=False))
    await world.advance(delivering.PAUSE_CHECK)
    assert sorted(heard(world)) == sorted([FactType.INITIALIZED, FactType.PUBLISHED])
    assert await world.deliveries.waiting(kept.id, most=10) == 0


@pytest.mark.parametrize("changes", [{"active": False}, {"validated": False}, None])
async def test_who_does_not_listen_any_more_gets_nothing(changes: dict[str, Any] | None) -> None:
    """Ended, never consented, or removed while the event was on its way."""
    world = World()
    kept = await listening(world)
    message = await message_of(world, kept)
    if changes is None:
        await world.subscriptions.remove(kept)
    else:
        await world.subscriptions.change(kept, lambda state: replace(state, **changes))
    await delivering.deliver(world.app, message)
    assert not world.webhooks.posted


async def test_a_failed_delivery_climbs_the_ladder_and_ends_with_its_subscription() -> None:
    """Each attempt at its time, for at least 75 hours; then it is given up, and the consumer told by e-mail, once."""
    world = World()
    world.registry.contact_points[AGENCY] = ContactPoint(emails=("drift@agency.example",))
    kept = await listening(world, type_filter="no.altinn.correspondence.correspondencepublished")
    world.webhooks.statuses = [500] * 100
    await published(world)
    begun = world.now
    for number in range(1, len(LADDER)):
        assert len(world.webhooks.posted) == number
        await world.advance(LADDER[number - 1] * 1.1)
    await world.advance(timedelta(hours=14))
    assert world.subscriptions.kept[RESOURCE, kept.id].active is False
    last = world.deliveries.logged[kept.id, str(world.webhooks.posted[0][1]["id"])][-1]
    assert last.at - begun >= timedelta(hours=75)
    posted = len(world.webhooks.posted)
    await world.advance(timedelta(days=30))
    assert len(world.webhooks.posted) == posted
    delivery = await world.deliveries.get(kept.id, str(world.webhooks.posted[0][1]["id"]))
    assert delivery is not None
    assert delivery.state is DeliveryState.GIVEN_UP
    notices = [mail for mail in world.email.sent if mail.to == "drift@agency.example"]
    assert [str(kept.number) in mail.plain_text for mail in notices] == [True]


async def test_an_event_waits_for_the_one_before_it() -> None:
    """A later event of the same letter does not overtake one that failed, and follows it at once."""
    world = World()
    await listening(world)
    world.webhooks.statuses = [500]
    await published(world)
    assert heard(world) == [FactType.INITIALIZED]
    await world.advance(timedelta(seconds=12))
    assert heard(world) == [FactType.INITIALIZED, FactType.INITIALIZED, FactType.PUBLISHED]


async def test_the_event_before_is_fetched_when_its_message_was_lost() -> None:
    """Nothing waits for ever for a message that will not come."""
    world = World()
    await listening(world)
    id_ = await sent(world)
    await world.settle()
    first = world.webhooks.posted.copy()
    world.webhooks.posted.clear()
    world.deliveries.kept.clear()
    world.deliveries.ended.clear()
    last = world.correspondences.partitions[id_].facts[-1]
    await webhooks.fan_out(world.app, RESOURCE, CORRESPONDENCE, id_, last.sequence)
    await world.settle()
    assert not world.webhooks.posted
    await world.advance(timedelta(minutes=2))
    await world.advance(timedelta(minutes=2))
    assert world.webhooks.posted == first


async def test_an_open_circuit_sends_one_probe_at_a_time() -> None:
    """Ten letters for an endpoint that is down cost it three calls, and one for each probe; up again, it gets all."""
    world = World()
    await listening(world, type_filter="no.altinn.correspondence.correspondencepublished")
    world.webhooks.statuses = [0] * 6
    for _ in range(10):
        await published(world)
    assert len(world.webhooks.posted) == 3
    await world.advance(timedelta(seconds=15))
    assert len(world.webhooks.posted) == 4
    for _ in range(40):
        await world.advance(timedelta(minutes=5))
    delivered = [d for d in world.deliveries.kept.values() if d.state is DeliveryState.DELIVERED]
    assert len(delivered) == 10
    assert len(world.webhooks.posted) == 16


async def test_what_was_given_up_is_not_begun_again() -> None:
    """A fact that is sent once more does not start the ladder anew."""
    world = World()
    await listening(world, type_filter="no.altinn.correspondence.correspondencepublished")
    world.webhooks.statuses = [500] * 100
    id_ = await published(world)
    await world.advance(timedelta(days=1))
    for _ in range(20):
        await world.advance(timedelta(days=1))
    posted = len(world.webhooks.posted)
    for fact in world.correspondences.partitions[id_].facts:
        await webhooks.fan_out(world.app, RESOURCE, CORRESPONDENCE, id_, fact.sequence)
    await world.settle()
    assert len(world.webhooks.posted) == posted


async def test_a_success_on_the_way_ends_the_attempts() -> None:
    """Delivered with the second one."""
    world = World()
    await listening(world, type_filter="no.altinn.correspondence.correspondencepublished")
    world.webhooks.statuses = [0]
    await published(world)
    await world.advance(timedelta(days=5))
    assert len(world.webhooks.posted) == 2
    assert world.webhooks.posted[0][1] == world.webhooks.posted[1][1]


async def test_a_repeated_attempt_makes_one_next_attempt() -> None:
    """The record of the first one failed, the message came again: the ladder has one chain of attempts, not two."""
    world = World()
    kept = await listening(world)
    message = await message_of(world, kept)
    world.webhooks.statuses = [500] * 4

    async def down() -> None:
        raise Unavailable("storage")

    world.meanwhile["deliveries.put"] = down
    with pytest.raises(Unavailable):
        await delivering.deliver(world.app, message)
    await delivering.deliver(world.app, message)
    await delivering.deliver(world.app, message)
    assert len(world.webhooks.posted) == 2
    await world.advance(timedelta(seconds=11))
    assert len(world.webhooks.posted) == 3


async def test_an_endpoint_that_is_gone_ends_its_subscription() -> None:
    """410: no attempt more, of this event or any other; and it may have been removed by hand at the same time."""
    world = World()
    kept = await listening(world)
    world.webhooks.statuses = [410]
    await published(world)
    await world.advance(timedelta(days=5))
    assert len(world.webhooks.posted) == 1
    assert world.subscriptions.kept[RESOURCE, kept.id].ended is Ending.ENDPOINT_GONE
    assert not world.subscriptions.kept[RESOURCE, kept.id].active

    other = World()
    kept = await listening(other)
    message = await message_of(other, kept)
    other.webhooks.statuses = [410]

    async def removed() -> None:
        await other.subscriptions.remove(kept)

    other.meanwhile["webhooks.post"] = removed
    await delivering.deliver(other.app, message)
    assert not other.subscriptions.kept


async def test_events_name_what_they_are_about_and_hold_no_content() -> None:
    """The source is our address, the data is null."""
    world = World()
    await listening(world)
    id_ = await published(world)
    event = world.webhooks.posted[0][1]
    assert event["resourceinstance"] == id_
    assert event["source"] == "https://c.example/correspondence/api/v1/correspondence"
    assert event["data"] is None
    assert event["time"] == NOW.isoformat().replace("+00:00", "Z")
