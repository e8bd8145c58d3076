"""New bytes get a verdict, and only a clean one about exactly the committed bytes publishes."""

import io
import zipfile
from dataclasses import replace
from datetime import timedelta

import pytest

from shared.domain.attachment import REPLACED, AttachmentStatus
from shared.domain.changes import Task
from shared.domain.correspondence import Status
from shared.domain.errors import Conflict, DomainError, Refusal, Unavailable
from shared.domain.facts import FactType
from shared.domain.identifiers import AttachmentId
from shared.domain.policy import Action, own_work
from shared.domain.verdicts import ContentFlag, Scan, ScanState, Verdict
from shared.ports import Rules
from shared.usecases import attachments, downloading
from shared.usecases.scanning import act_on, scan_attachment
from tests.builders import RESOURCE, new_attachment, new_id
from tests.fakes.world import READER, SENDER, World
from tests.unit.usecases.stories import (
    CONTENT,
    chunks,
    facts_of,
    file_of,
    published,
    refused,
    state_of,
    stored,
    uploaded,
)


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
    assert (file_of(world, file).status, file_of(world, file).status_text) == (AttachmentStatus.FAILED, REPLACED)
    assert await refused(attachments.download_as_sender(world.app, SENDER, file))


async def test_bytes_swapped_after_their_scan_are_found_by_their_event() -> None:
    """Nobody has to read them first: the file is withdrawn and its sender told."""
    world = World()
    file = await stored(world)
    world.blobs.swap(file, b"%PDF-1.7 intruder")
    await scan_attachment(world.app, file)
    assert file_of(world, file).status is AttachmentStatus.FAILED
    assert facts_of(world, file)[-1] is FactType.ATTACHMENT_UPLOAD_FAILED


async def test_an_event_that_a_new_upload_overtakes_withdraws_nothing() -> None:
    """What lies there is asked for again before anything is said of it."""
    world = World()
    file = await uploaded(world)

    async def overtaken() -> None:
        kept = world.attachments.partitions[file]
        kept.state = replace(kept.state, stored=world.blobs.put(file, b"%PDF-1.7 newer"))

    world.meanwhile["attachments.load"] = overtaken
    await scan_attachment(world.app, file)
    assert file_of(world, file).status is AttachmentStatus.UPLOAD_PROCESSING


@pytest.mark.parametrize(
    ("name", "content", "text"),
    [
        ("a.pdf", b"\x89PNG\r\n\x1a\n....", "The content is a PNG image, not what .pdf stands for"),
        ("a.txt", b"%PDF-1.7 vedtak", "The content is a PDF document, not what .txt stands for"),
    ],
)
async def test_clean_bytes_of_another_type_than_the_name_says_fail(name: str, content: bytes, text: str) -> None:
    """With the reason; the sender is told, and the same name may be uploaded again."""
    world = World()
    file = await stored(world, content, file_name=name)
    state = file_of(world, file)
    assert (state.status, state.status_text) == (AttachmentStatus.FAILED, text)
    assert state.scan is not None
    assert state.scan.verdict is Scan.MISNAMED
    assert facts_of(world, file)[-1] is FactType.ATTACHMENT_UPLOAD_FAILED


async def test_encrypted_content_is_said_and_published() -> None:
    """It refuses nothing."""
    world = World()
    file = await stored(world, b"%PDF-1.7 trailer << /Encrypt 5 0 R >>")
    assert (file_of(world, file).status, file_of(world, file).flags) == (
        AttachmentStatus.PUBLISHED,
        (ContentFlag.ENCRYPTED,),
    )


async def test_the_end_of_a_big_file_is_looked_at_too() -> None:
    """An archive behind a picture: readers of ZIP begin at the end."""
    world = World()
    kept = io.BytesIO()
    with zipfile.ZipFile(kept, "w") as archive:
        archive.writestr("a.exe", b"x")
    picture = b"\x89PNG\r\n\x1a\n" + bytes(2_000_000)
    assert file_of(world, await stored(world, picture, file_name="a.png")).status is AttachmentStatus.PUBLISHED
    hidden = await stored(world, picture + kept.getvalue(), file_name="a.png")
    assert file_of(world, hidden).status_text == "The content is a ZIP archive, not what .png stands for"


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


BIG = Rules(public_base_url="https://c.example", minimum_expiration_days=1, max_scanned_bytes=20)
BYPASS = replace(BIG, unscanned=frozenset({RESOURCE}))


@pytest.mark.parametrize("known", [True, False])
async def test_a_file_larger_than_the_scanner_takes_is_refused(known: bool) -> None:
    """2004 that names the limit: at once when the length is known, else as soon as it is passed."""
    world = World(rules=BIG)
    file = await attachments.initialise_attachment(world.app, SENDER, new_attachment())
    content = b"x" * 21
    with pytest.raises(DomainError) as caught:
        await attachments.upload(
            world.app, SENDER, file, chunks(content), content_length=len(content) if known else None
        )
    assert caught.value.refusal is Refusal.FILE_SIZE
    assert "20 bytes" in caught.value.detail
    assert not world.blobs.blobs
    assert file_of(world, file).status is (AttachmentStatus.INITIALIZED if known else AttachmentStatus.FAILED)


async def test_bytes_larger_than_the_scanner_takes_fail_without_being_read() -> None:
    """However they came there: the reason names the limit."""
    world = World()
    file = await uploaded(world, b"x" * 21)
    world.rules = BIG
    await scan_attachment(world.app, file)
    state = file_of(world, file)
    assert (state.status, world.scanner.read_bytes) == (AttachmentStatus.FAILED, 0)
    assert "20 bytes" in state.status_text


async def test_files_of_a_resource_on_the_bypass_list_are_published_unscanned() -> None:
    """At once, of any size, and the status text says so; nobody is told, as nobody can be waiting."""
    world = World(rules=BYPASS)
    file = await uploaded(world, b"x" * 21)
    await scan_attachment(world.app, file)
    state = file_of(world, file)
    assert (state.status, world.scanner.read_bytes) == (AttachmentStatus.PUBLISHED, 0)
    assert "bypass" in state.status_text
    assert state.scan is not None
    assert state.scan.verdict is Scan.BYPASSED
    assert FactType.ATTACHMENT_PUBLISHED not in facts_of(world, file)


async def test_it_is_seen_how_a_scan_stands() -> None:
    """Nothing before the upload; waiting, since when and why; then the verdict with its reason."""
    world = World()
    file = await attachments.initialise_attachment(world.app, SENDER, new_attachment())
    assert file_of(world, file).scan is None
    file = await uploaded(world)
    assert file_of(world, file).scan == ScanState(None, world.now)
    version = world.attachments.partitions[file].version
    for attempt in range(3):
        world.scanner.fail(Unavailable("scanner"))
        await scan_attachment(world.app, file, attempt=attempt)
    waiting = file_of(world, file).scan
    assert waiting is not None
    assert (waiting.verdict, waiting.since) == (None, world.now)
    assert "not answered" in waiting.reason
    assert world.attachments.partitions[file].version == version + 1, "said once"
    await scan_attachment(world.app, file)
    assert file_of(world, file).scan == ScanState(Scan.CLEAN, world.now, "as planned")


async def say(world: World, file: AttachmentId, *scans: Scan) -> None:
    """These verdicts come about the bytes that lie there, in this order."""
    permit = own_work(Action.READ_ATTACHMENT, RESOURCE, "test")
    for scan in scans:
        etag = world.blobs.blobs[file][1].etag
        verdict = Verdict(etag, scan, f"it is {scan}", world.now)
        await act_on(world.app, file, verdict, permit, earlier=world.attachments.verdicts.get((file, etag)))


@pytest.mark.parametrize(
    ("scans", "status", "kept"),
    [
        ((Scan.CLEAN, Scan.CLEAN), AttachmentStatus.PUBLISHED, Scan.CLEAN),
        ((Scan.CLEAN, Scan.NOT_SCANNED), AttachmentStatus.PUBLISHED, Scan.CLEAN),
        ((Scan.CLEAN, Scan.INFECTED), AttachmentStatus.FAILED, Scan.INFECTED),
        ((Scan.CLEAN, Scan.INFECTED, Scan.CLEAN), AttachmentStatus.FAILED, Scan.INFECTED),
        ((Scan.INFECTED, Scan.CLEAN), AttachmentStatus.FAILED, Scan.INFECTED),
        ((Scan.INFECTED, Scan.INFECTED), AttachmentStatus.FAILED, Scan.INFECTED),
        ((Scan.NOT_SCANNED, Scan.CLEAN), AttachmentStatus.FAILED, Scan.NOT_SCANNED),
        ((Scan.NOT_SCANNED, Scan.INFECTED), AttachmentStatus.FAILED, Scan.INFECTED),
    ],
)
async def test_of_contradicting_verdicts_malware_wins_and_else_the_first(
    scans: tuple[Scan, ...], status: AttachmentStatus, kept: Scan
) -> None:
    """What was published and is found to be malware is withdrawn, and the sender told."""
    world = World()
    file = await uploaded(world)
    await say(world, file, *scans)
    assert file_of(world, file).status is status
    assert [verdict.scan for verdict in world.attachments.verdicts.values()] == [kept]
    failed = facts_of(world, file).count(FactType.ATTACHMENT_UPLOAD_FAILED)
    assert failed == (status is AttachmentStatus.FAILED)


async def test_letters_that_are_published_outlive_the_withdrawal_of_their_file() -> None:
    """They stay; the file is not served any more."""
    world = World()
    file = await stored(world)
    letter = await published(world, existing_attachments=(file,))
    await say(world, file, Scan.INFECTED)
    await world.settle()
    assert Status.FAILED not in state_of(world, letter).ever
    assert await refused(downloading.download(world.app, READER, letter, file)) is Refusal.ATTACHMENT_NOT_FOUND


@pytest.mark.parametrize("scan", [Scan.CLEAN, Scan.INFECTED])
async def test_a_late_verdict_changes_nothing_of_what_is_gone(scan: Scan) -> None:
    """A purged attachment stays purged."""
    world = World()
    file = await uploaded(world)
    etag = world.blobs.blobs[file][1].etag
    await attachments.delete(world.app, SENDER, file)
    permit = own_work(Action.READ_ATTACHMENT, RESOURCE, "test")
    await act_on(world.app, file, Verdict(etag, scan, "late", world.now), permit, earlier=None)
    assert file_of(world, file).status is AttachmentStatus.PURGED
