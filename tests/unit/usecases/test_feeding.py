"""The feed: every event once, in order, to those who may hear it."""

from dataclasses import replace
from datetime import timedelta

import pytest

from shared.domain.errors import InvalidRequest, Refusal
from shared.usecases import feeding, webhooks
from shared.usecases.feeding import SETTLES_AFTER, Asked
from tests.builders import NOW, PERSON, RESOURCE
from tests.fakes.world import READER, SENDER, World
from tests.unit.usecases.stories import RECIPIENT, permit, published, refused
from tests.unit.usecases.test_subscribing import subscribed

ALL = Asked(resource_id=RESOURCE)


async def fed(world: World, asked: Asked, caller: object = SENDER) -> list[str]:
    """The ids of all events, page by page until there are no more."""
    ids: list[str] = []
    while True:
        page = await feeding.read(world.app, caller, asked)  # type: ignore[arg-type]
        ids += [str(event["id"]) for event in page.events]
        asked = replace(asked, after=page.cursor)
        if not page.more:
            return ids


async def lived() -> tuple[World, list[str]]:
    """Nine letters, a subscriber who heard of them, and the ids of what they heard."""
    world = World()
    await subscribed(world)
    for _ in range(9):
        await published(world)
        world.now += timedelta(seconds=1)
    return world, [str(event["id"]) for _, event in world.webhooks.posted]


@pytest.mark.parametrize("limit", [1, 4, 100])
async def test_the_owner_is_fed_what_a_webhook_hears(limit: int) -> None:
    """Each event once, however long the pages are, and the same words as by webhook."""
    world, heard = await lived()
    world.now += SETTLES_AFTER
    assert sorted(await fed(world, replace(ALL, limit=limit))) == sorted(heard)
    page = await feeding.read(world.app, SENDER, ALL)
    assert {str(e["id"]): e for e in page.events} == {str(e["id"]): e for _, e in world.webhooks.posted}


async def test_an_event_is_shown_when_nothing_can_come_before_it() -> None:
    """Not within 30 seconds; the cursor of an empty page leads on to it."""
    world, heard = await lived()
    first = await feeding.read(world.app, SENDER, ALL)
    assert not first.events
    world.now += SETTLES_AFTER - timedelta(seconds=9)
    first = await feeding.read(world.app, SENDER, ALL)
    assert not first.events
    world.now += timedelta(seconds=5)
    begun = await feeding.read(world.app, SENDER, ALL)
    assert 0 < len(begun.events) < len(heard)
    world.now += timedelta(minutes=1)
    rest = await feeding.read(world.app, SENDER, replace(ALL, after=begun.cursor))
    shown = [str(event["id"]) for event in (*begun.events, *rest.events)]
    assert sorted(shown) == sorted(heard)
    end = await feeding.read(world.app, SENDER, replace(ALL, after=rest.cursor))
    assert (end.events, end.cursor is not None, end.more) == ([], True, False)


async def test_a_fact_that_comes_again_is_fed_once() -> None:
    """Its consumer ran twice, minutes apart."""
    world, heard = await lived()
    world.now += timedelta(minutes=5)
    for id_, partition in world.correspondences.partitions.items():
        for fact in partition.facts:
            await webhooks.fan_out(world.app, RESOURCE, fact.aggregate, id_, fact.sequence)
    world.now += timedelta(minutes=5)
    assert sorted(await fed(world, ALL)) == sorted(heard)


async def test_it_can_begin_at_a_time() -> None:
    """What became known before is left out."""
    world, heard = await lived()
    world.now += timedelta(minutes=5)
    later = await fed(world, replace(ALL, since=NOW + timedelta(seconds=4)))
    assert len(later) == len(heard) - 8


async def test_others_are_fed_what_is_about_their_subject() -> None:
    """The recipient gets publications; without a subject, or for a resource that nobody knows, nothing at all."""
    world, _ = await lived()
    world.now += timedelta(minutes=5)
    permit(world, *RECIPIENT)
    page = await feeding.read(world.app, READER, replace(ALL, subject=PERSON))
    assert {str(event["type"]).rpartition(".")[2] for event in page.events} == {"correspondencepublished"}
    assert len(page.events) == 9
    assert await refused(feeding.read(world.app, READER, ALL)) is Refusal.NO_ACCESS
    unknown = feeding.read(world.app, SENDER, replace(ALL, resource_id="no-such"))
    assert await refused(unknown) is Refusal.RESOURCE_UNKNOWN


@pytest.mark.parametrize("cursor", ["", "x", "token-99"])
async def test_a_cursor_is_the_feeds_own(cursor: str) -> None:
    """What nobody was given is refused with its name; so is the cursor of another caller."""
    world, _ = await lived()
    world.now += timedelta(minutes=5)
    with pytest.raises(InvalidRequest) as caught:
        await feeding.read(world.app, SENDER, replace(ALL, after=cursor))
    assert [fault.path for fault in caught.value.faults] == ["after"]
    mine = (await feeding.read(world.app, SENDER, ALL)).cursor
    with pytest.raises(InvalidRequest):
        await feeding.read(world.app, READER, replace(ALL, subject=PERSON, after=mine))
