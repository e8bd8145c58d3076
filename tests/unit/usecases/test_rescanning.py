"""A scan that never ends is no scan: the file fails, and what waits for it."""

from datetime import timedelta

import pytest

from shared.domain.attachment import AttachmentStatus
from shared.domain.correspondence import Status
from shared.domain.errors import Unavailable
from shared.domain.facts import FactType
from shared.domain.identifiers import AttachmentId
from shared.domain.verdicts import Scan, Verdict
from shared.usecases import rescanning
from shared.usecases.initialise import initialise
from tests.builders import PERSON, message, new_attachment, new_id
from tests.fakes.world import SENDER, World
from tests.unit.usecases.stories import CONTENT, facts_of, file_of, staged, state_of, uploaded

SCANNED_WITHIN = timedelta(minutes=15)
HALF_AN_HOUR = timedelta(minutes=30)  # Longer than the agenda ever waits between two tries.


class Poison(Exception):
    """What nobody expected."""


async def poisoned(world: World, file: AttachmentId, times: int) -> None:
    """So many deliveries of the due scan end badly."""
    for _ in range(times):
        world.scanner.fail(Poison())
        with pytest.raises(Poison):
            await rescanning.scan_again(world.app, file)


async def test_bytes_that_no_scan_gets_through_with_fail() -> None:
    """After ten of them, with the reason; the letter that waits fails too, and both are told to the sender."""
    world = World()
    asked = message(recipients=(PERSON,), new_attachments=(new_attachment(),))
    made = await initialise(world.app, SENDER, asked, [await staged(world)])
    await world.settle()
    file, letter = made.attachment_ids[0], made.correspondences[0].id
    await poisoned(world, file, rescanning.MOST_SCANS)
    assert file_of(world, file).status is AttachmentStatus.UPLOAD_PROCESSING
    await world.advance(SCANNED_WITHIN)
    assert file_of(world, file).status is AttachmentStatus.FAILED
    assert "no scan of the file ever ended" in file_of(world, file).status_text
    assert facts_of(world, file)[-1] is FactType.ATTACHMENT_UPLOAD_FAILED
    assert state_of(world, letter).status is Status.FAILED
    assert "no scan" in state_of(world, letter).status_text
    assert facts_of(world, letter)[-1] is FactType.PUBLISH_FAILED


async def test_one_bad_scan_is_forgiven() -> None:
    """The next one publishes."""
    world = World()
    file = await uploaded(world)
    await poisoned(world, file, 1)
    await rescanning.scan_again(world.app, file)
    assert file_of(world, file).status is AttachmentStatus.PUBLISHED
    assert world.scanner.read_bytes == len(CONTENT)


async def test_a_scanner_that_is_down_is_no_fault_of_the_bytes() -> None:
    """However long it takes."""
    world = World()
    file = await uploaded(world)
    await world.settle()
    world.scanner.fail(*[Unavailable("scanner")] * 40)
    for _ in range(12):
        await world.advance(HALF_AN_HOUR)
    assert file_of(world, file).status is AttachmentStatus.UPLOAD_PROCESSING
    assert file_of(world, file).scans_begun == 0
    world.scanner.failures.clear()
    await world.advance(HALF_AN_HOUR)
    assert file_of(world, file).status is AttachmentStatus.PUBLISHED


@pytest.mark.parametrize("replaced", [True, False])
async def test_bytes_that_are_no_longer_there_fail(replaced: bool) -> None:
    """Gone, or others in their place: what was committed can never be scanned."""
    world = World()
    file = await uploaded(world)
    if replaced:
        world.blobs.swap(file, b"%PDF-1.7 intruder")
    else:
        await world.blobs.delete(file)
    await world.settle()
    await world.advance(SCANNED_WITHIN)
    assert file_of(world, file).status is AttachmentStatus.FAILED
    assert "no longer there" in file_of(world, file).status_text


async def test_a_verdict_that_is_known_counts_after_all() -> None:
    """It was recorded, and acting on it got lost again and again."""
    world = World()
    file = await uploaded(world)
    state = file_of(world, file)
    assert state.stored is not None
    verdict = Verdict(state.stored.etag, Scan.CLEAN, "clean", world.now)
    world.attachments.verdicts[file, state.stored.etag] = verdict
    await world.blobs.delete(file)
    await rescanning.scan_again(world.app, file)
    assert file_of(world, file).status is AttachmentStatus.PUBLISHED


async def test_what_is_decided_is_not_scanned_again() -> None:
    """Nor what was never there."""
    world = World()
    file = await uploaded(world)
    await rescanning.scan_again(world.app, file)
    await rescanning.scan_again(world.app, file)
    await rescanning.scan_again(world.app, AttachmentId(new_id("nothing")))
    assert world.scanner.read_bytes == len(CONTENT)
