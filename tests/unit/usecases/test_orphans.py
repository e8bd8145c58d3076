"""Files whose message was never made are found and removed; all others stay."""

from datetime import timedelta
from typing import Any

import pytest

from shared.domain.attachment import AttachmentStatus
from shared.domain.errors import DomainError, Unavailable
from shared.usecases import orphans
from shared.usecases.initialise import initialise
from tests.builders import BUSINESS, PERSON, message, new_attachment
from tests.fakes.world import SENDER, World
from tests.unit.usecases.stories import file_of, staged

KEY = "7b6ad1f7-3c63-4b0e-9a3c-0d6f8a1b2c3d"


def form(**changes: Any) -> Any:
    """A letter with a new file."""
    return message(**({"new_attachments": (new_attachment(),), "recipients": (PERSON, BUSINESS)} | changes))


async def test_the_files_of_a_letter_are_not_looked_at_again() -> None:
    """When the letter is made nothing is left on the agenda but what the letter itself wants."""
    world = World()
    file = await staged(world)
    await initialise(world.app, SENDER, form(), [file])
    assert not [entry for entry in world.agenda.entries.values() if orphans.PART in entry.due.subject]
    await world.advance(timedelta(hours=2))
    assert set(world.blobs.blobs) == {file.attachment_id}


async def test_the_files_of_a_letter_that_was_never_made_go_with_their_bytes() -> None:
    """Within the hour they stay, for the repeat that may still come."""
    world = World()
    file = await staged(world)
    world.correspondences.fail(Unavailable("tables"), Unavailable("tables"))
    with pytest.raises(Unavailable):
        await initialise(world.app, SENDER, form(), [file])
    await world.advance(timedelta(minutes=50))
    assert file_of(world, file.attachment_id).status is not AttachmentStatus.PURGED
    await world.advance(timedelta(minutes=20))
    assert file_of(world, file.attachment_id).status is AttachmentStatus.PURGED
    assert not world.blobs.blobs
    assert not world.agenda.entries


async def test_a_letter_that_is_made_after_all_keeps_its_files() -> None:
    """One of the two letters was made by the first try: the file is theirs, whatever the agenda still holds."""
    world = World()
    keyed = form(idempotent_key=KEY, digest="d")
    file = await staged(world)
    world.correspondences.fail(Unavailable("tables"))
    with pytest.raises(Unavailable):
        await initialise(world.app, SENDER, keyed, [file])
    world.now += timedelta(minutes=6)
    made = await initialise(world.app, SENDER, keyed, [await staged(world)])
    assert made.attachment_ids == (file.attachment_id,)
    await world.advance(timedelta(hours=3))
    assert set(world.blobs.blobs) == {file.attachment_id}


async def test_an_upload_that_failed_stays_to_say_why() -> None:
    """It has no bytes; its reason is all there is."""
    world = World()
    file = await staged(world)
    with pytest.raises(DomainError):
        await initialise(world.app, SENDER, form(new_attachments=(new_attachment(checksum="0" * 32),)), [file])
    await world.advance(timedelta(hours=3))
    assert file_of(world, file.attachment_id).status is AttachmentStatus.FAILED


async def test_an_agenda_that_does_not_answer_spoils_no_answer() -> None:
    """The letter is made: what could not be dropped is looked at in an hour, and left alone."""
    world = World()
    file = await staged(world)

    async def down() -> None:
        world.agenda.fail(Unavailable("tables"))

    world.meanwhile["idempotency.finish"] = down
    assert await initialise(world.app, SENDER, form(idempotent_key=KEY, digest="d"), [file])
    await world.advance(timedelta(hours=3))
    assert set(world.blobs.blobs) == {file.attachment_id}
