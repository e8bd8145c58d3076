"""The same key and request give the same answer again, whoever crashes, hurries or comes late."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from shared.domain.correspondence import Status
from shared.domain.errors import DomainError, Refusal, Unavailable
from shared.domain.identifiers import AttachmentId
from shared.domain.requests import Initialised, NewMessage
from shared.ports import Upload
from shared.usecases import idempotency
from shared.usecases.batches import correspondence_id
from shared.usecases.initialise import StagedFile, initialise
from tests.builders import AGENCY, BUSINESS, NOW, OTHER_AGENCY, PERSON, message, new_attachment, new_id
from tests.fakes.world import SENDER, World

KEY = "7b6ad1f7-3c63-4b0e-9a3c-0d6f8a1b2c3d"


def keyed(**changes: Any) -> NewMessage:
    """A message under the key."""
    return message(**({"idempotent_key": KEY, "digest": "d"} | changes))


async def send(world: World, **changes: Any) -> Initialised:
    """It is handed in by the agency."""
    return await initialise(world.app, SENDER, keyed(**changes))


async def refused(world: World, **changes: Any) -> DomainError:
    """The refusal of handing it in."""
    with pytest.raises(DomainError) as caught:
        await send(world, **changes)
    return caught.value


async def test_a_repeat_gets_the_first_answer() -> None:
    """The same ids and statuses, said to be replayed; nothing is made twice, whatever happened to the letter since."""
    world = World()
    made = await send(world)
    await world.settle()
    again = await send(world)
    assert again == replace(made, replayed=True)
    assert again.correspondences[0].status is Status.READY_FOR_PUBLISH
    assert len(world.correspondences.partitions) == 1


async def test_without_a_key_nothing_is_a_repeat() -> None:
    """Two requests alike are two letters."""
    world = World()
    first = await initialise(world.app, SENDER, message())
    second = await initialise(world.app, SENDER, message())
    assert first.correspondences[0].id != second.correspondences[0].id
    assert not world.idempotency.requests


async def test_another_request_under_the_key_is_refused_with_the_existing_ids() -> None:
    """1034 names what the key stands for."""
    world = World()
    made = await send(world)
    refusal = await refused(world, digest="other")
    assert refusal.refusal is Refusal.KEY_ALREADY_USED
    assert refusal.extra == {"correspondenceIds": [made.correspondences[0].id]}


async def test_another_request_while_the_first_is_under_way_names_no_ids() -> None:
    """1034 with an empty list: there are none yet."""
    world = World()
    await idempotency.begin(world.app, AGENCY, keyed(), now=NOW)
    refusal = await refused(world, digest="other")
    assert refusal.extra == {"correspondenceIds": []}


async def test_a_repeat_in_flight_is_told_to_wait() -> None:
    """1034 with a second for one letter and five for a batch: it flies for milliseconds, unless it has crashed."""
    world = World()
    await idempotency.begin(world.app, AGENCY, keyed(), now=NOW)
    assert (await refused(world)).extra == {"retryAfter": 1}
    world.now += timedelta(seconds=29, milliseconds=500)
    assert (await refused(world)).extra == {"retryAfter": 1}
    batch = World()
    many = keyed(recipients=(PERSON, BUSINESS))
    await idempotency.begin(batch.app, AGENCY, many, now=NOW)
    assert (await refused(batch, recipients=(PERSON, BUSINESS))).extra == {"retryAfter": 5}


async def test_a_flight_that_ended_without_an_answer_is_taken_over() -> None:
    """The repeat makes the same ids that the first one would have made."""
    world = World()
    await idempotency.begin(world.app, AGENCY, keyed(), now=NOW)
    world.now += timedelta(seconds=30)
    made = await send(world)
    world.idempotency.requests.clear()
    world.now = NOW
    assert (await send(world)).correspondences[0].id == made.correspondences[0].id


async def test_of_two_who_take_over_one_is_told_to_wait() -> None:
    """1034 for a second: the other one goes on."""
    world = World()
    await idempotency.begin(world.app, AGENCY, keyed(), now=NOW)
    world.now += timedelta(minutes=1)

    async def another_one() -> None:
        await idempotency.begin(world.app, AGENCY, keyed(), now=world.now)

    world.meanwhile["idempotency.take_over"] = another_one
    assert (await refused(world)).extra == {"retryAfter": 1}


async def test_a_refused_request_frees_its_key() -> None:
    """The mended request under the same key is accepted."""
    world = World()
    assert (await refused(world, recipients=(BUSINESS, BUSINESS))).refusal is Refusal.DUPLICATE_RECIPIENTS
    assert (await send(world, digest="mended")).correspondences


async def test_a_refusal_is_told_though_the_key_cannot_be_freed() -> None:
    """A store that fails in between costs the caller a wait and not the reason."""
    world = World()
    world.idempotency.fail(None, Unavailable("storage"))
    assert (await refused(world, recipients=(BUSINESS, BUSINESS))).refusal is Refusal.DUPLICATE_RECIPIENTS
    assert (AGENCY, KEY) in world.idempotency.requests


async def test_a_key_belongs_to_its_service_owner() -> None:
    """Another owner's use of the same key is another request."""
    world = World()
    made = await send(world)
    assert await idempotency.answered(world.app, AGENCY, KEY) == [one.id for one in made.correspondences]
    assert await idempotency.answered(world.app, OTHER_AGENCY, KEY) == []
    await idempotency.begin(world.app, OTHER_AGENCY, keyed(), now=NOW)
    assert await idempotency.answered(world.app, OTHER_AGENCY, KEY) == []


async def test_who_is_refused_late_leaves_the_key_to_who_took_over() -> None:
    """The first request hangs and is refused only after a repeat has taken over: the key stays taken."""
    world = World()

    async def taken_over() -> None:
        world.now += timedelta(seconds=31)
        assert await idempotency.begin(world.app, AGENCY, keyed(), now=world.now) == NOW
        raise DomainError(Refusal.RECIPIENTS_UNKNOWN)

    world.meanwhile["attachments.load_many"] = taken_over
    assert (await refused(world)).refusal is Refusal.RECIPIENTS_UNKNOWN
    assert (await refused(world)).extra == {"retryAfter": 1}


async def test_other_bytes_under_the_same_key_are_another_request() -> None:
    """A form that differs in nothing but the content of its file is not answered as a repeat."""
    world = World()
    new = (new_attachment(file_name="a.pdf"),)
    async with world.blobs.upload(AttachmentId("x")) as first, world.blobs.upload(AttachmentId("y")) as second:
        one = await staged(world, first, b"first")
        made = await initialise(world.app, SENDER, keyed(new_attachments=new), [one])
        other = await staged(world, second, b"other")
        with pytest.raises(DomainError) as caught:
            await initialise(world.app, SENDER, keyed(new_attachments=new), [other])
    assert caught.value.refusal is Refusal.KEY_ALREADY_USED
    assert caught.value.extra == {"correspondenceIds": [made.correspondences[0].id]}


async def staged(world: World, upload: Upload, content: bytes) -> StagedFile:
    """A file of a form whose bytes have come."""
    await upload.write(content)
    id_ = AttachmentId(new_id("file", content.decode()))
    return StagedFile("a.pdf", len(content), id_, upload, await upload.flush())


def test_two_owners_with_one_key_get_different_ids() -> None:
    """Also within the same millisecond: keys belong to their owner."""
    ids = {correspondence_id(owner, keyed(), BUSINESS, NOW) for owner in (AGENCY, OTHER_AGENCY)}
    assert len(ids) == 2
