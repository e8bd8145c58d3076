"""What another scanner found, told by an event: late, early, twice, about other bytes, about nothing."""

from datetime import timedelta

import pytest

from shared.domain.attachment import AttachmentStatus
from shared.domain.errors import Refusal
from shared.domain.facts import FactType
from shared.domain.identifiers import AttachmentId
from shared.domain.scan_results import RESULT_TAG, ScanResult
from shared.domain.verdicts import Scan
from shared.usecases import attachments
from shared.usecases.scanning import record_result, scan_attachment
from tests.builders import AGENCY, new_attachment, new_id
from tests.fakes.world import SENDER, World
from tests.unit.usecases.stories import chunks, facts_of, file_of, refused, uploaded

CLEAN, MALICIOUS = "No threats found", "Malicious"


def result(world: World, file: AttachmentId, kind: str = CLEAN, *, etag: str | None = None) -> ScanResult:
    """About the bytes that lie there, unless an ETag is given."""
    return ScanResult(file, world.blobs.blobs[file][1].etag if etag is None else etag, kind)


@pytest.mark.parametrize(
    ("kind", "status"),
    [
        (CLEAN, AttachmentStatus.PUBLISHED),
        (MALICIOUS, AttachmentStatus.FAILED),
        ("Error", AttachmentStatus.FAILED),
        ("Not scanned", AttachmentStatus.FAILED),
    ],
)
async def test_a_result_decides(kind: str, status: AttachmentStatus) -> None:
    """And is acted on once, however often it comes."""
    world = World()
    file = await uploaded(world)
    for _ in range(3):
        await record_result(world.app, result(world, file, kind))
    assert file_of(world, file).status is status
    assert len(facts_of(world, file)) == 2
    assert world.scanner.read_bytes == 0


async def test_a_result_before_the_commit_is_recorded_counts() -> None:
    """The commit finds it."""
    world = World()
    file = await attachments.initialise_attachment(world.app, SENDER, new_attachment())

    async def overtaken() -> None:
        await record_result(world.app, result(world, file))

    world.meanwhile["attachments.verdict"] = overtaken
    await attachments.upload(world.app, SENDER, file, chunks(), content_length=None)
    assert file_of(world, file).status is AttachmentStatus.PUBLISHED


@pytest.mark.parametrize("kind", [CLEAN, MALICIOUS])
async def test_a_result_about_other_bytes_decides_nothing(kind: str) -> None:
    """Bytes that were put in the place of the committed ones publish and fail nothing."""
    world = World()
    file = await uploaded(world)
    await record_result(world.app, result(world, file, kind, etag="0xOTHER"))
    assert file_of(world, file).status is AttachmentStatus.UPLOAD_PROCESSING
    await record_result(world.app, result(world, file))
    assert file_of(world, file).status is AttachmentStatus.PUBLISHED


async def test_a_result_without_a_version_is_no_verdict() -> None:
    """The scanner is asked about the bytes that lie there."""
    world = World()
    file = await uploaded(world)
    world.scanner.scan_result = Scan.INFECTED
    await record_result(world.app, result(world, file, etag=""))
    assert file_of(world, file).status is AttachmentStatus.UPLOAD_PROCESSING
    await world.advance(timedelta())
    assert file_of(world, file).status is AttachmentStatus.FAILED


@pytest.mark.parametrize("name", ["", "no-guid", new_id("unknown"), "../x", "attachments"])
async def test_a_result_about_nothing_we_know_is_refused(name: str) -> None:
    """2001."""
    world = World()
    assert await refused(record_result(world.app, ScanResult(name, "0x1", CLEAN))) is Refusal.ATTACHMENT_NOT_FOUND


async def test_a_result_for_a_sender_whom_the_register_does_not_know_is_refused() -> None:
    """4002, and nothing is decided."""
    world = World()
    file = await uploaded(world)
    del world.registry.known[AGENCY]
    assert await refused(record_result(world.app, result(world, file))) is Refusal.PARTY_UNKNOWN
    assert file_of(world, file).status is AttachmentStatus.UPLOAD_PROCESSING


async def test_malware_that_is_found_later_withdraws_the_file() -> None:
    """The sender is told."""
    world = World()
    file = await uploaded(world)
    await scan_attachment(world.app, file)
    await record_result(world.app, result(world, file, MALICIOUS))
    assert file_of(world, file).status is AttachmentStatus.FAILED
    assert facts_of(world, file)[-1] is FactType.ATTACHMENT_UPLOAD_FAILED


def test_the_tag_is_the_one_that_defender_writes() -> None:
    """It is compared with nothing else in this repository."""
    assert RESULT_TAG == "Malware Scanning scan result"
