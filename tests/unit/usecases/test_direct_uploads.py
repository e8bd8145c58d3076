"""Bytes that are written to a link: checked when they are said to be there, gone when they never are."""

import hashlib
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from shared.domain.attachment import AttachmentStatus
from shared.domain.errors import Refusal
from shared.domain.identifiers import AttachmentId
from shared.domain.verdicts import Scan
from shared.usecases import attachments, direct_uploads, scanning
from shared.usecases.direct_uploads import GIVEN_UP_AFTER, Declared
from tests.builders import new_attachment
from tests.fakes.world import SENDER, World
from tests.unit.usecases.stories import CONTENT, chunks, file_of, published, refused, stored

SHA256 = hashlib.sha256(CONTENT).hexdigest()
MD5 = hashlib.md5(CONTENT, usedforsecurity=False).hexdigest()
ALL = Declared(size=len(CONTENT), sha256=SHA256, md5=MD5)


async def begun(**changes: Any) -> tuple[World, AttachmentId]:
    """A file was announced, and a link asked for."""
    world = World()
    id_ = await attachments.initialise_attachment(world.app, SENDER, new_attachment(**changes))
    found = await direct_uploads.begin(world.app, SENDER, id_)
    assert id_ in found.link.url
    return world, id_


@pytest.mark.parametrize("said", [ALL, replace(ALL, sha256="", md5=MD5.upper()), replace(ALL, md5="")])
async def test_what_was_written_is_the_file(said: Declared) -> None:
    """Once it is clean a letter can be published with it. Completed again, it is answered again."""
    world, id_ = await begun()
    world.blobs.put(id_, CONTENT)
    for _ in range(2):
        view = await direct_uploads.complete(world.app, SENDER, id_, said)
        assert view.attachment.stored is not None
        assert (view.attachment.stored.sha256, view.attachment.stored.md5) == (SHA256, MD5)
    assert not await scanning.scan_attachment(world.app, id_)
    assert await published(world, existing_attachments=(id_,))


async def test_a_verdict_that_came_first_counts() -> None:
    """The storage tells of new bytes before its writer does."""
    world, id_ = await begun()
    world.blobs.put(id_, CONTENT)
    await scanning.scan_attachment(world.app, id_)
    assert file_of(world, id_).status is AttachmentStatus.UPLOAD_PROCESSING
    await direct_uploads.complete(world.app, SENDER, id_, ALL)
    assert file_of(world, id_).status is AttachmentStatus.PUBLISHED
    world, id_ = await begun()
    world.blobs.put(id_, CONTENT)
    world.scanner.scan_result = Scan.INFECTED
    await scanning.scan_attachment(world.app, id_)
    await direct_uploads.complete(world.app, SENDER, id_, ALL)
    assert file_of(world, id_).status is AttachmentStatus.FAILED


@pytest.mark.parametrize(
    ("written", "said", "refusal"),
    [
        (None, ALL, Refusal.NOT_ALL_WRITTEN),
        (CONTENT[:-1], ALL, Refusal.NOT_ALL_WRITTEN),
        (CONTENT, Declared(size=0, sha256=SHA256), Refusal.FILE_SIZE),
        (CONTENT, Declared(size=10**12, sha256=SHA256), Refusal.FILE_SIZE),
        (CONTENT, Declared(size=len(CONTENT), sha256="0" * 64), Refusal.CHECKSUM_MISMATCH),
        (CONTENT, Declared(size=len(CONTENT), sha256=SHA256, md5="0" * 32), Refusal.CHECKSUM_MISMATCH),
    ],
)
async def test_what_is_not_as_said_can_be_written_again(
    written: bytes | None, said: Declared, refusal: Refusal
) -> None:
    """Nothing is on record of it; written and said rightly, it is the file."""
    world, id_ = await begun()
    if written is not None:
        world.blobs.put(id_, written)
    assert await refused(direct_uploads.complete(world.app, SENDER, id_, said)) is refusal
    assert file_of(world, id_).stored is None
    world.blobs.put(id_, CONTENT)
    await direct_uploads.complete(world.app, SENDER, id_, ALL)
    assert file_of(world, id_).stored is not None


async def test_bytes_that_change_while_they_are_read_are_not_taken() -> None:
    """What is recorded is what was read, or nothing."""
    world, id_ = await begun()
    world.blobs.put(id_, CONTENT)
    real = world.blobs.current

    async def swapped(of: AttachmentId) -> Any:
        found = await real(of)
        world.blobs.swap(of, CONTENT[::-1])
        return found

    world.blobs.current = swapped  # type: ignore[method-assign]
    assert await refused(direct_uploads.complete(world.app, SENDER, id_, ALL)) is Refusal.NOT_ALL_WRITTEN


async def test_the_digest_it_was_announced_with_holds() -> None:
    """2008 for other bytes, which are gone; then the upload can begin again."""
    world, id_ = await begun(checksum="0" * 32)
    world.blobs.put(id_, CONTENT)
    assert await refused(direct_uploads.complete(world.app, SENDER, id_, ALL)) is Refusal.CHECKSUM_MISMATCH
    assert file_of(world, id_).status is AttachmentStatus.FAILED
    assert id_ not in world.blobs.blobs
    assert await direct_uploads.begin(world.app, SENDER, id_)


async def test_a_link_is_for_what_has_no_bytes_yet() -> None:
    """2005 once it is uploaded, 2003 in a letter; and 7007 where none was asked for."""
    world = World()
    id_ = await stored(world)
    assert await refused(direct_uploads.begin(world.app, SENDER, id_)) is Refusal.ALREADY_UPLOADED
    assert await refused(direct_uploads.complete(world.app, SENDER, id_, ALL)) is Refusal.NO_UPLOAD_BEGUN
    await published(world, existing_attachments=(id_,))
    assert await refused(direct_uploads.begin(world.app, SENDER, id_)) is Refusal.ATTACHMENT_LINKED


async def test_asked_again_it_is_the_same_upload() -> None:
    """With a link that lives on; somebody who sends the bytes here instead has to wait a minute."""
    world, id_ = await begun()
    before = file_of(world, id_).upload_id
    await direct_uploads.begin(world.app, SENDER, id_)
    assert file_of(world, id_).upload_id == before
    upload = attachments.upload(world.app, SENDER, id_, chunks(), content_length=None)
    assert await refused(upload) is Refusal.ALREADY_UPLOADED
    world.now += timedelta(minutes=2)
    await attachments.upload(world.app, SENDER, id_, chunks(), content_length=None)
    assert await refused(direct_uploads.complete(world.app, SENDER, id_, ALL)) is Refusal.NO_UPLOAD_BEGUN


@pytest.mark.parametrize("written", [True, False])
async def test_what_is_never_completed_is_gone_after_a_day(written: bool) -> None:
    """The attachment says why, and nothing lies there; what was completed stays."""
    world, id_ = await begun()
    kept = await attachments.initialise_attachment(world.app, SENDER, new_attachment())
    await direct_uploads.begin(world.app, SENDER, kept)
    world.blobs.put(kept, CONTENT)
    await direct_uploads.complete(world.app, SENDER, kept, ALL)
    if written:
        world.blobs.put(id_, CONTENT)
    await world.advance(GIVEN_UP_AFTER - timedelta(minutes=1))
    assert file_of(world, id_).status is AttachmentStatus.UPLOAD_PROCESSING
    await world.advance(timedelta(minutes=1))
    assert file_of(world, id_).status is AttachmentStatus.FAILED
    assert file_of(world, id_).status_text == "The upload was never completed"
    assert set(world.blobs.blobs) == {kept}
    assert file_of(world, kept).stored is not None
