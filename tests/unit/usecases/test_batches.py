"""A batch that dies in the middle is finished by its repeat: the same ids, every letter once."""

from collections import Counter
from dataclasses import replace
from datetime import timedelta

import pytest

from shared.adapters.documents import CHUNK_UNITS
from shared.domain.correspondence import Status
from shared.domain.identifiers import PartyUrn, organisation
from shared.domain.notification import ContactPoint
from shared.domain.requests import Initialised, NewMessage
from shared.usecases import agenda, lifecycle
from shared.usecases.batches import correspondence_id
from shared.usecases.initialise import initialise
from tests.builders import AGENCY, BUSINESS, content, message
from tests.fakes.world import SENDER, Crash, World

KEY = "7b6ad1f7-3c63-4b0e-9a3c-0d6f8a1b2c3d"
MANY = tuple(organisation(str(320_000_000 + number)) for number in range(250))
"""Three turns of a bulk."""
MOST = tuple(organisation(str(320_000_000 + number)) for number in range(500))
"""As many as a request takes."""


def letters(*recipients: PartyUrn) -> NewMessage:
    """One message to these under the key, with the name of each in it."""
    texts = content(title="Til {{recipientName}}")
    return message(recipients=recipients or MANY, idempotent_key=KEY, digest="d", content=texts)


def knowing() -> World:
    """A world whose register knows all of them."""
    world = World()
    for party in MOST:
        world.registry.known[party] = replace(world.registry.known[BUSINESS], urn=party, name=f"Firma {party[-3:]}")
    return world


async def drained(world: World) -> None:
    """Every message is cared for; they are more than a world settles in one go."""
    while world.outbox.facts or world.outbox.agenda:
        facts, messages = list(world.outbox.facts), list(world.outbox.agenda)
        for fact in facts:
            await lifecycle.care(world.app, fact.aggregate, fact.aggregate_id)
        for message_ in messages:
            await agenda.act(world.app, message_)
        del world.outbox.facts[: len(facts)], world.outbox.agenda[: len(messages)]


async def check(world: World, made: Initialised) -> None:
    """One letter for each, under the id that follows from key and recipient, published once; nothing is left to do."""
    created = world.idempotency.requests[AGENCY, KEY].state.created
    assert [one.id for one in made.correspondences] == [correspondence_id(AGENCY, letters(), r, created) for r in MANY]
    assert set(world.correspondences.partitions) == {one.id for one in made.correspondences}
    assert {one.status for one in made.correspondences} == {Status.READY_FOR_PUBLISH}
    await drained(world)
    world.now += timedelta(minutes=20)
    while await agenda.sweep(world.app):
        await drained(world)
    partitions = world.correspondences.partitions.values()
    assert Counter(partition.state.recipient for partition in partitions) == Counter(MANY)
    assert all([entry.status for entry in one.history].count(Status.PUBLISHED) == 1 for one in partitions)
    assert not world.agenda.entries
    assert world.correspondences.contents[made.correspondences[7].id].title == "Til Firma 007"


async def test_five_hundred_in_one_request() -> None:
    """Five turns and sends, and one answer that a repeat gets again without another letter: it fits a column."""
    world = knowing()
    made = await initialise(world.app, SENDER, letters(*MOST))
    assert await initialise(world.app, SENDER, letters(*MOST)) == replace(made, replayed=True)
    assert tuple(one.recipient for one in made.correspondences) == MOST
    assert (len(world.correspondences.partitions), world.outbox.sends) == (500, 5)
    kept = world.idempotency.requests[AGENCY, KEY].state.response
    assert kept is not None
    assert len(kept) + 100 * len('"",' + KEY) < CHUNK_UNITS, "with a hundred attachments, too"


@pytest.mark.parametrize("after_the_call", [False, True], ids=["before the call", "after the call"])
@pytest.mark.parametrize("left", [1, 60, 108, 150, 208, 250, 400, 600, 762, 763])
async def test_a_batch_that_dies_is_finished_by_its_repeat(left: int, after_the_call: bool) -> None:
    """Killed among the pointers, the letters or the answer: while the key is in flight the repeat waits, then it
    finishes what is missing.
    """
    world = knowing()
    world.crasher.left, world.crasher.after_the_call = left, after_the_call
    with pytest.raises(Crash):
        await initialise(world.app, SENDER, letters())
    await world.crasher.restart()
    world.now += timedelta(minutes=5)
    await drained(world)
    await check(world, await initialise(world.app, SENDER, letters()))


async def test_a_repeat_tells_how_each_letter_began() -> None:
    """Who has reserved only since the first try was accepted by it, and is answered so."""
    world = knowing()
    two = letters(MANY[0], MANY[1])
    world.crasher.left = 12
    with pytest.raises(Crash):
        await initialise(world.app, SENDER, two)
    await world.crasher.restart()
    assert len(world.correspondences.partitions) == 2
    await world.settle()
    world.now += timedelta(minutes=5)
    world.registry.contact_points[MANY[0]] = ContactPoint(reserved=True)
    again = await initialise(world.app, SENDER, two)
    assert {one.status for one in again.correspondences} == {Status.READY_FOR_PUBLISH}
