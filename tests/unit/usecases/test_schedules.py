"""A bus that repeats, reorders, delays and poisons messages ends in the state that a tidy one ends in."""

import random
from collections import Counter
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest

from shared.domain.changes import Due, Task
from shared.domain.facts import AggregateKind, Fact, FactType
from shared.domain.identifiers import CorrespondenceId, SubscriptionId
from shared.domain.subscription import DeliveryState
from shared.ports import AgendaMessage, DeliveryMessage
from tests.builders import NOW, RESOURCE, fact, new_id
from tests.fakes.world import World
from tests.unit.usecases import test_crashes, test_crashes_of_files

_REPEATED, _DELAYED, _POISONED = 0.15, 0.2, 0.03
_DELIVERIES = 10
"""How often a message is delivered before it becomes a dead letter. Source: the queues' `maxDeliveryCount`."""

type Message = Fact | AgendaMessage | DeliveryMessage


@dataclass
class UntidyWorld(World):
    """Its bus does as it likes, by its seed; what nobody can handle is tried ten times."""

    chance: random.Random = field(default_factory=random.Random)
    poisoned: int = 0

    async def settle(self) -> None:
        """Whatever is on the queues is handled, sooner or later."""
        queues: tuple[list[Any], ...] = (self.outbox.facts, self.outbox.agenda, self.outbox.deliveries)
        for _ in range(20_000):
            waiting = [queue for queue in queues if queue]
            if not waiting:
                return
            queue = self.chance.choice(waiting)
            message = self.chance.choice(queue)
            if self.chance.random() < _DELAYED:
                continue
            if self.chance.random() < _POISONED:
                await self._try_poison()
            if self.chance.random() >= _REPEATED:
                queue.remove(message)
            await self.handle(message)
        raise AssertionError("the consumers never come to rest")

    async def _try_poison(self) -> None:
        self.poisoned += 1
        poison = self.chance.choice(_poison())
        for _ in range(_DELIVERIES):
            try:
                await self.handle(poison)
            except ValueError:
                continue
            else:
                return


def _poison() -> list[Message]:
    """About what does not exist, or of a kind that nobody knows."""
    nobody = new_id("nobody")
    return [
        fact(aggregate_id=CorrespondenceId(nobody), type=FactType.PUBLISHED),
        AgendaMessage(Due(Task.CATCH_UP, "no such part:1", NOW), "", NOW - timedelta(hours=1)),
        AgendaMessage(Due(Task.REMIND, nobody, NOW), "", NOW - timedelta(hours=1)),
        DeliveryMessage(SubscriptionId(nobody), RESOURCE, AggregateKind.CORRESPONDENCE, nobody, 1),
    ]


def ending(world: World) -> dict[str, object]:
    """All that anybody can see in the end; ids differ between two tellings and are left out."""
    letters = world.correspondences.partitions
    posted: dict[object, list[str]] = {}
    for _, event in world.webhooks.posted:
        posted.setdefault(event["resourceinstance"], []).append(str(event["type"]).rpartition(".")[2])
    return {
        "letters": sorted(
            (one.state.recipient, one.state.status, sorted(one.state.ever), [row.status for row in one.history])
            for one in letters.values()
        ),
        "files": sorted((one.state.status, one.state.status_text) for one in world.attachments.partitions.values()),
        "notices": sorted(
            (str(notice.medium), str(notice.state))
            for notices in world.correspondences.notices.values()
            for notice in notices.values()
        ),
        "mails": Counter((mail.to, mail.subject) for mail in world.email.sent),
        "sms": Counter(sms.to for sms in world.sms.sent),
        "dialogs": sorted(
            (str(dialog["party"]), [str(done["type"]) for done in world.dialogs.activities.get(id_, [])])
            for id_, dialog in world.dialogs.dialogs.items()
        ),
        "events": sorted(posted.values()),
        "deliveries": Counter(delivery.state for delivery in world.deliveries.kept.values()),
        "blobs": sorted(stored.size for _, stored in world.blobs.blobs.values()),
        "stuck": len(world.stuck.items),
    }


async def letters(world: World) -> None:
    """Letters with notices and a reminder, one of them opened and confirmed."""
    await test_crashes.subscribed(world)
    await test_crashes.story(world)


async def files(world: World) -> None:
    """Files that are uploaded, used by several letters, downloaded, and purged with the last of them."""
    await test_crashes.subscribed(world)
    await test_crashes_of_files.story(world, test_crashes_of_files.Told())


@pytest.mark.parametrize("story", [letters, files])
@pytest.mark.parametrize(
    "seeds", [range(40), pytest.param(range(40, 500), marks=pytest.mark.long)], ids=["some", "all the others"]
)
async def test_every_schedule_ends_as_the_tidy_one(story: Any, seeds: range) -> None:
    """Every letter, file, notice, dialog, event and delivery, as if each message had come once and in order."""
    tidy = World()
    await story(tidy)
    wanted = ending(tidy)
    assert wanted["deliveries"] == {DeliveryState.DELIVERED: sum(map(len, wanted["events"]))}  # type: ignore[arg-type]
    poisoned = 0
    for seed in seeds:
        untidy = UntidyWorld(chance=random.Random(seed))
        await story(untidy)
        assert ending(untidy) == wanted, f"seed {seed}"
        poisoned += untidy.poisoned
    assert poisoned > len(seeds) / 4
