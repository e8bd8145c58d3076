"""The log of deliveries, and delivering again."""

from datetime import timedelta

import pytest

from shared.domain.errors import InvalidRequest, Refusal
from shared.domain.subscription import DeliveryState, Ending, Subscription, ended
from shared.ports import DeliveryQuery
from shared.usecases import replaying
from tests.builders import NOW, PERSON
from tests.fakes.world import READER, SENDER, World
from tests.unit.usecases.stories import published, refused
from tests.unit.usecases.test_subscribing import subscribed

EVERYTHING = DeliveryQuery(since=NOW - timedelta(days=1))
FAILED = DeliveryQuery(state=DeliveryState.GIVEN_UP)


async def told(letters: int = 1) -> tuple[World, Subscription, list[str]]:
    """A subscriber that has heard of these letters, two events each; the ids of the events in order."""
    world = World()
    one = await subscribed(world)
    for _ in range(letters):
        await published(world)
        world.now += timedelta(seconds=1)
    heard = [str(event["id"]) for _, event in world.webhooks.posted]
    world.webhooks.posted.clear()
    return world, one, heard


def posted(world: World) -> list[str]:
    return [str(event["id"]) for _, event in world.webhooks.posted]


async def test_one_event_comes_again_under_its_id() -> None:
    """At once, and in the log it has two attempts."""
    world, one, heard = await told()
    await replaying.replay_one(world.app, SENDER, one.number, heard[0])
    await world.settle()
    assert posted(world) == heard[:1]
    story = await replaying.story(world.app, SENDER, one.number, heard[0])
    assert (story.delivery.state, story.delivery.attempts) == (DeliveryState.DELIVERED, 2)
    assert [attempt.number for attempt in story.attempts] == [1, 2]


async def test_a_range_comes_again_in_order() -> None:
    """More than a page of it, each event once, those of one letter in their order; what lies outside does not come."""
    world, one, heard = await told(70)
    wanted = DeliveryQuery(since=NOW + timedelta(seconds=5), until=NOW + timedelta(seconds=65))
    await replaying.replay(world.app, SENDER, one.number, wanted)
    await world.settle()
    assert sorted(posted(world)) == sorted(heard[10:130])
    place = {id_: number for number, id_ in enumerate(posted(world))}
    assert all(place[heard[first]] < place[heard[first + 1]] for first in range(10, 130, 2))
    await world.advance(timedelta(hours=1))
    assert len(posted(world)) == 120


async def test_a_step_that_is_lost_or_doubled_changes_nothing() -> None:
    """The message of the first step never comes: the agenda goes on ten minutes later."""
    world, one, heard = await told()
    await replaying.replay(world.app, SENDER, one.number, EVERYTHING)
    lost = world.outbox.agenda.pop()
    await world.settle()
    assert not posted(world)
    await world.advance(timedelta(minutes=10))
    assert posted(world) == heard
    await replaying.take_step(world.app, lost.due)
    await world.settle()
    assert set(posted(world)) == set(heard)


async def test_what_failed_comes_again_with_a_ladder_before_it() -> None:
    """What was delivered does not; when it fails again, it is tried again."""
    world = World()
    one = await subscribed(world)
    await published(world)
    world.webhooks.posted.clear()
    world.webhooks.statuses = [404] * 6
    await published(world)
    for _ in range(10):
        await world.advance(timedelta(minutes=30))
    failed = (await replaying.deliveries(world.app, SENDER, one.number, FAILED)).deliveries
    assert [delivery.attempts for delivery in failed] == [6]
    world.webhooks.posted.clear()
    world.webhooks.statuses = [404]
    await replaying.replay(world.app, SENDER, one.number, FAILED)
    await world.settle()
    await world.advance(timedelta(minutes=1))
    assert posted(world) == [failed[0].event] * 2
    assert not (await replaying.deliveries(world.app, SENDER, one.number, FAILED)).deliveries


async def test_the_log_is_read_page_by_page() -> None:
    """Newest first, each once; a page of one log does not lead on in another."""
    world, one, heard = await told(3)
    other = await subscribed(world, endpoint="https://other.example", subject_filter=PERSON)
    seen: list[str] = []
    continuation: str | None = None
    while True:
        page = await replaying.deliveries(
            world.app, SENDER, one.number, DeliveryQuery(), limit=4, continuation=continuation
        )
        seen += [delivery.event for delivery in page.deliveries]
        if (continuation := page.continuation) is None:
            break
        with pytest.raises(InvalidRequest):
            await replaying.deliveries(
                world.app, SENDER, other.number, DeliveryQuery(), limit=4, continuation=continuation
            )
    assert [set(seen[n : n + 2]) for n in (0, 2, 4)] == [set(heard[n : n + 2]) for n in (4, 2, 0)]


async def test_what_has_ended_is_not_replayed() -> None:
    """7002 for one and for many: it has to be resumed first. 7005 for an event that it was never told of."""
    world, one, heard = await told()
    assert await refused(replaying.replay_one(world.app, SENDER, one.number, "x")) is Refusal.DELIVERY_NOT_FOUND
    assert await refused(replaying.story(world.app, SENDER, one.number, "x")) is Refusal.DELIVERY_NOT_FOUND
    await world.subscriptions.change(one, lambda state: ended(state, Ending.ENDPOINT_GONE))
    assert await refused(replaying.replay_one(world.app, SENDER, one.number, heard[0])) is Refusal.SUBSCRIPTION_ENDED
    assert await refused(replaying.replay(world.app, SENDER, one.number, FAILED)) is Refusal.SUBSCRIPTION_ENDED


async def test_the_log_is_nobody_elses() -> None:
    """4001 for whoever did not make the subscription, whatever they ask for."""
    world, one, heard = await told()
    for call in (
        replaying.deliveries(world.app, READER, one.number, DeliveryQuery()),
        replaying.story(world.app, READER, one.number, heard[0]),
        replaying.replay_one(world.app, READER, one.number, heard[0]),
        replaying.replay(world.app, READER, one.number, FAILED),
    ):
        assert await refused(call) is Refusal.NO_ACCESS
