"""The sender's side of files: announced, uploaded once, looked at, deleted, downloaded."""

import hashlib
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from shared.domain.attachment import AttachmentStatus
from shared.domain.changes import Task
from shared.domain.correspondence import Status
from shared.domain.errors import Conflict, Refusal, Unavailable
from shared.domain.facts import FactType
from shared.domain.identifiers import AttachmentId, CorrespondenceId, ResourceId
from shared.domain.policy import Action, own_work
from shared.domain.verdicts import Scan
from shared.ports import Rules
from shared.usecases import acting, attachments, scanning
from tests.builders import AGENCY, NOW, RESOURCE, new_attachment, new_id
from tests.fakes.world import SENDER, Crash, World
from tests.unit.usecases.stories import (
    CONTENT,
    chunks,
    facts_of,
    file_of,
    permit,
    published,
    read_all,
    refused,
    sent,
    state_of,
    stored,
    uploaded,
)

UNKNOWN = AttachmentId(new_id("no file"))
MD5 = hashlib.md5(CONTENT, usedforsecurity=False).hexdigest()


async def announced(world: World, **changes: Any) -> AttachmentId:
    """A file that awaits its bytes."""
    return await attachments.initialise_attachment(world.app, SENDER, new_attachment(**changes))


def uploading(world: World, id_: AttachmentId, content: bytes = CONTENT, length: int | None = None) -> Any:
    """The call that stores the bytes."""
    return attachments.upload(world.app, SENDER, id_, chunks(content), content_length=length)


async def test_a_file_is_announced() -> None:
    """It belongs to the owner of its resource, and the owner's subscribers hear of it."""
    world = World()
    id_ = await announced(world, display_name="Vedtaket")
    state = file_of(world, id_)
    assert (state.sender, state.status, state.display_name) == (AGENCY, AttachmentStatus.INITIALIZED, "Vedtaket")
    assert facts_of(world, id_) == [FactType.ATTACHMENT_INITIALIZED]


async def test_announcing_is_refused_in_order() -> None:
    """1036, 4001, 4009, 4006, 4002, then what is wrong with the name and the expiry."""
    world = World()
    other = replace(world.registry.resources[RESOURCE], id=ResourceId("broker"), type="BrokerService")
    world.registry.resources[other.id] = other
    permit(world)
    assert await refused(announced(world, resource_id=ResourceId("nowhere"))) is Refusal.RESOURCE_UNKNOWN
    assert await refused(announced(world, resource_id=other.id)) is Refusal.NO_ACCESS
    world.decisions.only = None
    assert await refused(announced(world, resource_id=other.id)) is Refusal.RESOURCE_TYPE_ATTACHMENT
    nobody = replace(SENDER, party=None)
    anonymous = attachments.initialise_attachment(world.app, nobody, new_attachment())
    assert await refused(anonymous) is Refusal.CALLER_UNKNOWN
    known = world.registry.known.pop(AGENCY)
    assert await refused(announced(world, file_name="")) is Refusal.PARTY_UNKNOWN
    world.registry.known[AGENCY] = known
    assert await refused(announced(world, file_name="")) is Refusal.FILE_NAME_MISSING
    assert await refused(announced(world, expiration_in_days=0)) is Refusal.EXPIRATION_TOO_SHORT
    generic = replace(other, type="GenericAccessResource")
    world.registry.resources[other.id] = generic
    assert await announced(world, resource_id=generic.id)


async def test_an_upload_stores_the_bytes_and_waits_for_the_scan() -> None:
    """The checksum is filled in; the letters that use it are listed."""
    world = World()
    id_ = await announced(world)
    view = await attachments.upload(world.app, SENDER, id_, chunks(), content_length=len(CONTENT))
    assert view.attachment.status is AttachmentStatus.UPLOAD_PROCESSING
    assert view.attachment.shown_checksum == MD5
    assert view.correspondence_ids == ()
    assert world.blobs.blobs[id_][0] == CONTENT


@pytest.mark.parametrize("call", [attachments.overview, attachments.details, attachments.delete])
async def test_unknown_files_and_foreign_ones_are_refused(call: Any) -> None:
    """2001 before any question of access, then 4001."""
    world = World()
    id_ = await stored(world)
    permit(world)
    assert await refused(call(world.app, SENDER, UNKNOWN)) is Refusal.ATTACHMENT_NOT_FOUND
    assert await refused(call(world.app, SENDER, id_)) is Refusal.NO_ACCESS
    download = attachments.download_as_sender
    assert await refused(download(world.app, SENDER, UNKNOWN)) is Refusal.ATTACHMENT_NOT_FOUND
    assert await refused(download(world.app, SENDER, id_)) is Refusal.NO_ACCESS
    assert await refused(uploading(world, UNKNOWN)) is Refusal.ATTACHMENT_NOT_FOUND
    assert await refused(uploading(world, id_)) is Refusal.NO_ACCESS


@pytest.mark.parametrize(
    ("content", "length"),
    [(b"", None), (b"x", 0), (b"x", 101), (b"x" * 101, None)],
    ids=["empty", "said to be empty", "said to be too large", "too large"],
)
async def test_an_upload_of_a_wrong_size_is_refused(content: bytes, length: int | None) -> None:
    """2004; it may be tried again."""
    world = World(rules=Rules(public_base_url="https://c.example", max_file_bytes=100))
    id_ = await announced(world)
    assert await refused(uploading(world, id_, content, length)) is Refusal.FILE_SIZE
    assert id_ not in world.blobs.blobs
    assert await uploading(world, id_)


async def test_an_upload_that_ends_too_early_fails_and_may_be_tried_again() -> None:
    """2022, the attachment says why."""
    world = World()
    id_ = await announced(world)
    short = uploading(world, id_, CONTENT[:5], len(CONTENT))
    assert await refused(short) is Refusal.UPLOAD_TOO_SLOW
    assert file_of(world, id_).status is AttachmentStatus.FAILED
    assert file_of(world, id_).status_text == Refusal.UPLOAD_TOO_SLOW.text
    assert await uploading(world, id_)


async def test_a_client_that_breaks_off_leaves_a_failed_upload() -> None:
    """Whatever it was that ended it, also when the mark cannot be set right now."""
    for fails in (False, True):
        world = World()
        id_ = await announced(world)

        async def broken(world: World = world, fails: bool = fails) -> AsyncIterator[bytes]:
            yield b"x"
            world.attachments.down = fails
            raise ConnectionResetError

        with pytest.raises(ConnectionResetError):
            await attachments.upload(world.app, SENDER, id_, broken(), content_length=None)
        world.attachments.down = False
        expected = AttachmentStatus.UPLOAD_PROCESSING if fails else AttachmentStatus.FAILED
        assert file_of(world, id_).status is expected


async def test_an_uploaded_file_is_not_uploaded_again() -> None:
    """2005 while the first one is under way or done, 2003 once a letter uses it."""
    world = World()
    id_ = await uploaded(world)
    assert await refused(uploading(world, id_)) is Refusal.ALREADY_UPLOADED
    used = await stored(world)
    await sent(world, existing_attachments=(used,))
    assert await refused(uploading(world, used)) is Refusal.ATTACHMENT_LINKED


async def test_storage_that_fails_is_told_as_such() -> None:
    """2002, 2005 when another upload was committed in the middle of this one."""
    world = World()
    id_ = await announced(world)
    world.blobs.fail(Unavailable("blobs"))
    assert await refused(uploading(world, id_)) is Refusal.UPLOAD_FAILED
    world.blobs.fail(Conflict("committed meanwhile"))
    assert await refused(uploading(world, id_)) is Refusal.ALREADY_UPLOADED
    assert file_of(world, id_).status is AttachmentStatus.FAILED


async def test_a_wrong_checksum_is_refused_and_the_bytes_are_gone() -> None:
    """2008; the right bytes may follow, whatever the case of its letters."""
    world = World()
    id_ = await announced(world, checksum=MD5.upper())
    assert await refused(uploading(world, id_, b"other")) is Refusal.CHECKSUM_MISMATCH
    assert id_ not in world.blobs.blobs
    assert file_of(world, id_).status is AttachmentStatus.FAILED
    assert await uploading(world, id_)


async def overtaken_by(world: World, id_: AttachmentId, content: bytes = CONTENT) -> AsyncIterator[bytes]:
    """A body that comes so slowly that its sender begins again in between."""
    yield b"slow"
    world.now += timedelta(minutes=2)
    await attachments.upload(world.app, SENDER, id_, chunks(content), content_length=None)


async def test_an_upload_that_was_given_up_never_replaces_the_one_that_took_over() -> None:
    """2005 for the late one; the bytes and the record are the other one's, and can be served."""
    world = World()
    id_ = await announced(world)
    late = attachments.upload(world.app, SENDER, id_, overtaken_by(world, id_), content_length=None)
    assert await refused(late) is Refusal.ALREADY_UPLOADED
    await stored_by_scan(world, id_)
    found = await attachments.download_as_sender(world.app, SENDER, id_)
    assert await read_all(found.read(0, None)) == CONTENT


async def stored_by_scan(world: World, id_: AttachmentId) -> None:
    """The agenda brings the scan whose event nobody sent."""
    await world.settle()
    await world.advance(timedelta(minutes=15))
    assert file_of(world, id_).status is AttachmentStatus.PUBLISHED


async def test_a_late_upload_with_a_wrong_checksum_deletes_nothing_of_others() -> None:
    """It is told that another one took over; those bytes stay."""
    world = World()
    id_ = await announced(world, checksum=MD5)
    old_upload = "a given up one"
    await uploading(world, id_)
    lost = replace(world.blobs.blobs[id_][1], md5="0" * 32)
    permitted = own_work(Action.WRITE, RESOURCE, "test")
    late = attachments.record_commit(world.app, id_, old_upload, lost, permitted)
    assert await refused(late) is Refusal.ALREADY_UPLOADED
    assert world.blobs.blobs[id_][0] == CONTENT


async def test_a_file_purged_during_its_upload_leaves_no_bytes() -> None:
    """The upload is told 2005, and what it stored is removed."""
    world = World()
    id_ = await announced(world)

    async def purged() -> None:
        await attachments.delete(world.app, SENDER, id_)

    world.meanwhile["attachments.verdict"] = purged
    assert await refused(uploading(world, id_)) is Refusal.ALREADY_UPLOADED
    assert file_of(world, id_).status is AttachmentStatus.PURGED
    assert id_ not in world.blobs.blobs


async def test_a_record_that_vanished_is_not_found() -> None:
    """2001, in the end of an upload as at its beginning."""
    world = World()
    id_ = await announced(world)
    permitted = own_work(Action.WRITE, RESOURCE, "test")
    bytes_ = world.blobs.put(UNKNOWN, CONTENT)
    recording = attachments.record_commit(world.app, UNKNOWN, "u", bytes_, permitted)
    assert await refused(recording) is Refusal.ATTACHMENT_NOT_FOUND

    async def gone() -> None:
        del world.attachments.partitions[id_]

    async def at_the_end() -> AsyncIterator[bytes]:
        yield CONTENT
        world.meanwhile["attachments.load"] = gone

    vanishing = attachments.upload(world.app, SENDER, id_, at_the_end(), content_length=None)
    assert await refused(vanishing) is Refusal.ATTACHMENT_NOT_FOUND


async def test_a_commit_that_always_loses_is_tried_again_later() -> None:
    """It raises after eight races; the bytes are there, and their scan as well."""
    world = World()
    id_ = await announced(world)
    upload_id = "u"
    kept = world.attachments.partitions[id_]
    kept.state = replace(kept.state, status=AttachmentStatus.UPLOAD_PROCESSING, upload_id=upload_id)
    bytes_ = world.blobs.put(id_, CONTENT)
    permitted = own_work(Action.WRITE, RESOURCE, "test")
    world.attachments.fail(*(failure for _ in range(8) for failure in (None, None, Conflict("changed"))))
    with pytest.raises(Unavailable):
        await attachments.record_commit(world.app, id_, upload_id, bytes_, permitted)
    assert {entry.due.task for entry in world.agenda.entries.values()} == {Task.CATCH_UP}


async def test_a_crashed_upload_can_be_begun_again_after_a_minute() -> None:
    """Not before: it may be under way."""
    world = World()
    id_ = await announced(world)

    async def crashing() -> AsyncIterator[bytes]:
        yield b"x"
        world.crasher.left = 0
        await world.app.attachments.load(id_)

    with pytest.raises(Crash):
        await attachments.upload(world.app, SENDER, id_, crashing(), content_length=None)
    await world.crasher.restart()
    assert await refused(uploading(world, id_)) is Refusal.ALREADY_UPLOADED
    world.now += timedelta(minutes=1, seconds=1)
    assert await uploading(world, id_)


async def test_details_have_the_history_and_the_letters_that_use_it() -> None:
    """In order."""
    world = World()
    id_ = await stored(world)
    letter = await sent(world, existing_attachments=(id_,))
    view = await attachments.details(world.app, SENDER, id_)
    assert [entry.status for entry in view.history] == ["Initialized", "UploadProcessing", "Published"]
    assert view.correspondence_ids == (letter,)


async def test_a_file_is_deleted_with_its_bytes() -> None:
    """Once: 2006 the second time, 2018 when it has expired."""
    world = World()
    id_ = await stored(world)
    await attachments.delete(world.app, SENDER, id_)
    assert file_of(world, id_).status is AttachmentStatus.PURGED
    assert id_ not in world.blobs.blobs
    assert await refused(attachments.delete(world.app, SENDER, id_)) is Refusal.ATTACHMENT_PURGED_ALREADY
    kept = world.attachments.partitions[id_]
    kept.state = replace(kept.state, status=AttachmentStatus.EXPIRED)
    assert await refused(attachments.delete(world.app, SENDER, id_)) is Refusal.ATTACHMENT_EXPIRED_ALREADY


async def test_a_file_in_use_is_not_deleted() -> None:
    """2007, and it stays open for other letters; a create that crashed after its link is no use."""
    world = World()
    id_ = await stored(world)
    await sent(world, existing_attachments=(id_,))
    assert await refused(attachments.delete(world.app, SENDER, id_)) is Refusal.ATTACHMENT_IN_USE
    await sent(world, existing_attachments=(id_,))
    crashed = await stored(world)
    await world.attachments.link(crashed, CorrespondenceId(new_id("crashed")), at=world.now)
    assert await refused(attachments.delete(world.app, SENDER, crashed)) is Refusal.ATTACHMENT_IN_USE
    world.now += timedelta(minutes=15)
    await attachments.delete(world.app, SENDER, crashed)


async def test_deleting_needs_somebody_who_does_it() -> None:
    """4006 for a token that names nobody, 4002 for one the register does not know."""
    world = World()
    id_ = await stored(world)
    nobody = replace(SENDER, party=None)
    assert await refused(attachments.delete(world.app, nobody, id_)) is Refusal.CALLER_UNKNOWN
    world.registry.known.clear()
    assert await refused(attachments.delete(world.app, SENDER, id_)) is Refusal.PARTY_UNKNOWN
    assert await refused(attachments.upload(world.app, nobody, id_, chunks(), content_length=None))


async def test_a_sender_downloads_until_a_letter_with_it_is_published() -> None:
    """2016 from then on, however many others are not."""
    world = World()
    id_ = await stored(world)
    for _ in range(25):
        await sent(world, existing_attachments=(id_,), requested_publish_time=NOW + timedelta(hours=1))
    found = await attachments.download_as_sender(world.app, SENDER, id_)
    assert await read_all(found.read(0, None)) == CONTENT
    await world.attachments.link(id_, CorrespondenceId(new_id("crashed")), at=world.now)
    assert await attachments.download_as_sender(world.app, SENDER, id_)
    letter = await published(world, existing_attachments=(id_,))
    assert state_of(world, letter).status is Status.PUBLISHED
    download = attachments.download_as_sender(world.app, SENDER, id_)
    assert await refused(download) is Refusal.SENDER_CAN_NO_LONGER_DOWNLOAD


async def test_who_uploaded_it_has_it_back_before_the_scan() -> None:
    """And not while it is under way, nor once it was found to be malware."""
    world = World()
    id_ = await attachments.initialise_attachment(world.app, SENDER, new_attachment())
    assert await refused(attachments.download_as_sender(world.app, SENDER, id_)) is Refusal.ATTACHMENT_NOT_FOUND
    id_ = await uploaded(world)
    found = await attachments.download_as_sender(world.app, SENDER, id_)
    assert await read_all(found.read(0, None)) == CONTENT
    world.scanner.scan_result = Scan.INFECTED
    await scanning.scan_attachment(world.app, id_)
    assert await refused(attachments.download_as_sender(world.app, SENDER, id_)) is Refusal.ATTACHMENT_NOT_FOUND


async def test_what_cannot_be_served_says_why() -> None:
    """2001 when nothing clean is there, 2019 purged, 2020 expired."""
    world = World()
    id_ = await uploaded(world)
    for status, refusal in (
        (AttachmentStatus.FAILED, Refusal.ATTACHMENT_NOT_FOUND),
        (AttachmentStatus.PURGED, Refusal.ATTACHMENT_PURGED),
        (AttachmentStatus.EXPIRED, Refusal.ATTACHMENT_EXPIRED),
    ):
        kept = world.attachments.partitions[id_]
        kept.state = replace(kept.state, status=status)
        assert await refused(attachments.download_as_sender(world.app, SENDER, id_)) is refusal


async def test_a_link_that_comes_while_it_is_deleted_stops_the_deletion() -> None:
    """2007, and the file is open again for whoever linked it."""
    world = World()
    id_ = await stored(world)

    async def linked() -> None:
        await world.attachments.link(id_, CorrespondenceId(new_id("new")), at=world.now)

    world.meanwhile["attachments.links"] = linked
    assert await refused(attachments.delete(world.app, SENDER, id_)) is Refusal.ATTACHMENT_IN_USE
    assert not file_of(world, id_).closing


async def test_a_withdrawn_letter_lets_its_file_go() -> None:
    """With the last letter the file is purged, so there is nothing left to delete."""
    world = World()
    id_ = await stored(world)
    letter = await sent(world, existing_attachments=(id_,), requested_publish_time=NOW + timedelta(days=1))
    await acting.purge(world.app, SENDER, letter)
    await world.settle()
    assert await refused(attachments.delete(world.app, SENDER, id_)) is Refusal.ATTACHMENT_PURGED_ALREADY
