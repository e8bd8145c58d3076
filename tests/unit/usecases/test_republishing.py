"""Altinn Events is told what our own subscribers are told, when a setting says so, and holds nobody back."""

from dataclasses import replace
from datetime import timedelta

from shared.domain.errors import Rejected, Unavailable
from tests.fakes.world import World
from tests.unit.usecases.stories import published
from tests.unit.usecases.test_subscribing import subscribed


async def publishing() -> World:
    """A service that publishes to Altinn Events, and a subscriber of its own."""
    world = World()
    world.rules = replace(world.rules, publishes_events=True)
    await subscribed(world)
    return world


async def test_it_is_told_the_same_events() -> None:
    """Under the same ids, each once."""
    world = await publishing()
    await published(world)
    assert world.event_sink.published == [event for _, event in world.webhooks.posted]


async def test_nothing_is_published_unless_it_is_wanted() -> None:
    """No message is even sent."""
    world = World()
    await published(world)
    assert not world.event_sink.published


async def test_while_it_is_down_webhooks_go_on_and_nothing_is_lost() -> None:
    """Up again after a day, it has every event under its id."""
    world = await publishing()
    world.event_sink.fail(*[Unavailable("altinn events")] * 40)
    await published(world)
    assert len(world.webhooks.posted) == 2
    assert not world.event_sink.published
    for _ in range(30):
        await world.advance(timedelta(hours=1))
    ids = {event["id"] for event in world.event_sink.published}
    assert ids == {event["id"] for _, event in world.webhooks.posted}


async def test_what_it_refuses_is_not_tried_again() -> None:
    """It is in the log, and later events go out."""
    world = await publishing()
    world.event_sink.fail(Rejected("altinn events", "status 400"))
    await published(world)
    await world.advance(timedelta(days=1))
    assert len(world.event_sink.published) == 1
