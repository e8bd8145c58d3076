"""New bytes get a verdict, and only a clean one about exactly the committed bytes publishes."""

from datetime import timedelta

import pytest

from shared.domain.attachment import AttachmentStatus, Scan
from shared.domain.changes import Task
from shared.domain.errors import Conflict, Refusal, Unavailable
from shared.domain.facts import FactType
from shared.domain.identifiers import AttachmentId
from shared.usecases import attachments
from shared.usecases.scanning import scan_attachment
from tests.builders import new_attachment, new_id
from tests.fakes.world import SENDER, World
from tests.unit.usecases.stories import CONTENT, chunks, facts_of, file_of, refused, stored, uploaded


@pytest.mark.parametrize(
    ("scan", "status", "fact"),
    [
        (Scan.CLEAN, AttachmentStatus.PUBLISHED, FactType.ATTACHMENT_PUBLISHED),
        (Scan.INFECTED, AttachmentStatus.FAILED, FactType.ATTACHMENT_UPLOAD_FAILED),
        (Scan.NOT_SCANNED, AttachmentStatus.FAILED, FactType.ATTACHMENT_UPLOAD_FAILED),
    ],
)
async def test_only_clean_bytes_are_published(scan: Scan, status: AttachmentStatus, fact: FactType) -> None:
    """All of them were read; whatever is not clean fails with the scanner's words."""
    world = World()
    world.scanner.scan_result = scan
    file = await stored(world)
    assert world.scanner.read_bytes == len(CONTENT)
    assert file_of(world, file).status is status
    assert facts_of(world, file)[-1] is fact


async def test_a_repeated_event_changes_nothing() -> None:
    """Not scanned again, not told again, not even saved again."""
    world = World()
    file = await stored(world)
    version = world.attachments.partitions[file].version
    await scan_attachment(world.app, file)
    assert world.scanner.read_bytes == len(CONTENT)
    assert world.attachments.partitions[file].version == version


async def test_a_verdict_before_the_commit_is_recorded_counts() -> None:
    """The event overtakes the upload: the commit finds the verdict and publishes."""
    world = World()
    file = await attachments.initialise_attachment(world.app, SENDER, new_attachment())

    async def overtaken() -> None:
        await scan_attachment(world.app, file)
        assert file_of(world, file).status is AttachmentStatus.UPLOAD_PROCESSING

    world.meanwhile["attachments.verdict"] = overtaken
    await attachments.upload(world.app, SENDER, file, chunks(), content_length=None)
    assert file_of(world, file).status is AttachmentStatus.PUBLISHED
    assert not world.agenda.entries, "no scan is waited for"


async def test_a_verdict_between_the_look_for_it_and_the_commit_counts() -> None:
    """The commit meets the change and looks again."""
    world = World()
    file = await attachments.initialise_attachment(world.app, SENDER, new_attachment())

    async def overtaken() -> None:
        await scan_attachment(world.app, file)

    world.meanwhile["agenda.put"] = overtaken

    async def later() -> None:
        world.meanwhile["agenda.put"] = overtaken

    world.meanwhile["attachments.verdict"] = later
    await attachments.upload(world.app, SENDER, file, chunks(), content_length=None)
    assert file_of(world, file).status is AttachmentStatus.PUBLISHED


async def test_events_about_nothing_do_nothing() -> None:
    """A blob without an attachment, an attachment without a blob."""
    world = World()
    stray = AttachmentId(new_id("stray"))
    world.blobs.put(stray, b"x")
    await scan_attachment(world.app, stray)
    file = await attachments.initialise_attachment(world.app, SENDER, new_attachment())
    await scan_attachment(world.app, file)
    assert world.scanner.read_bytes == 0


async def test_a_scanner_that_is_down_is_asked_again() -> None:
    """Through the agenda, later each time, until it answers."""
    world = World()
    file = await uploaded(world)
    for attempt in range(3):
        world.scanner.fail(Unavailable("scanner", retry_after=timedelta(seconds=attempt)))
        await scan_attachment(world.app, file, attempt=attempt)
    attempts = {entry.due.attempt for entry in world.agenda.entries.values() if entry.due.attempt}
    assert attempts == {1, 2, 3}
    await world.settle()
    await world.advance(timedelta(minutes=1))
    assert file_of(world, file).status is AttachmentStatus.PUBLISHED


async def test_an_event_that_never_comes_is_made_up_for() -> None:
    """The scan is on the agenda from the upload on."""
    world = World()
    file = await uploaded(world)
    await world.settle()
    await world.advance(timedelta(minutes=15))
    assert file_of(world, file).status is AttachmentStatus.PUBLISHED
    assert {entry.due.task for entry in world.agenda.entries.values()} <= {Task.DISPATCH}


async def test_bytes_that_are_replaced_during_the_scan_get_no_verdict() -> None:
    """The verdict would be about something else; the new bytes have an event of their own."""
    world = World()
    file = await uploaded(world)
    world.scanner.fail(Conflict("the bytes are gone"))
    await scan_attachment(world.app, file)
    assert not world.attachments.verdicts


async def test_a_clean_verdict_about_other_bytes_publishes_nothing() -> None:
    """Bytes put in place of the committed ones are scanned, and never served or published."""
    world = World()
    file = await uploaded(world)
    world.blobs.swap(file, b"%PDF-1.7 intruder")
    await scan_attachment(world.app, file)
    assert file_of(world, file).status is AttachmentStatus.UPLOAD_PROCESSING
    assert await refused(attachments.download_as_sender(world.app, SENDER, file))


async def test_a_verdict_survives_lost_races() -> None:
    """Others change the attachment meanwhile; always beaten, it is tried again later."""
    world = World()
    file = await uploaded(world)

    async def changed() -> None:
        world.attachments.partitions[file].version += 1

    world.meanwhile["attachments.save"] = changed
    await scan_attachment(world.app, file)
    assert file_of(world, file).status is AttachmentStatus.PUBLISHED
    other = await uploaded(world)
    world.attachments.fail(None, None, *(failure for _ in range(8) for failure in (None, Conflict("changed"))))
    with pytest.raises(Unavailable):
        await scan_attachment(world.app, other)
    await scan_attachment(world.app, other)
    assert file_of(world, other).status is AttachmentStatus.PUBLISHED


async def test_an_attachment_that_vanishes_during_its_scan_is_not_found() -> None:
    """2001: there is nothing to judge."""
    world = World()
    file = await uploaded(world)

    async def gone() -> None:
        del world.attachments.partitions[file]

    world.meanwhile["scanner.scan"] = gone
    assert await refused(scan_attachment(world.app, file)) is Refusal.ATTACHMENT_NOT_FOUND
