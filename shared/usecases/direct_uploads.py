"""Bytes that go straight to the storage: a link that can write one blob, and the check of what was written."""

import asyncio
import hashlib
import os
from dataclasses import dataclass
from datetime import timedelta

from shared.domain import attachment as decisions
from shared.domain.attachment import Attachment, AttachmentStatus, Stored
from shared.domain.changes import Due, Task
from shared.domain.checks_files import check_file_size
from shared.domain.errors import Conflict, DomainError, Refusal
from shared.domain.identifiers import AttachmentId, uuid7
from shared.domain.policy import Action, Permit, Subject, own_work
from shared.ports import App, WriteLink
from shared.telemetry import Log
from shared.usecases.access import acting_party, require
from shared.usecases.attachments import AttachmentView, overview, record_commit
from shared.usecases.releasing import is_in_use
from shared.usecases.saving import decide_attachment

LIFETIME = timedelta(hours=1)
"""How long a link can be written to. Another one can be asked for, and what has been written stays."""

GIVEN_UP_AFTER = timedelta(hours=24)
"""An upload to a link that is not completed by then has failed, and what was written is gone."""

PART = "abandoned"
"""Its part of the agenda: `abandoned:attachment:upload`."""

_log = Log("direct_uploads")


@dataclass(frozen=True, slots=True, kw_only=True)
class Declared:
    """What its sender says was written: the number of bytes, and at least one digest in hex."""

    size: int
    sha256: str = ""
    md5: str = ""

    def holds(self, stored: Stored) -> bool:
        """True when these are the bytes."""
        return self.sha256.lower() in {"", stored.sha256} and self.md5.lower() in {"", stored.md5}


@dataclass(frozen=True, slots=True)
class Begun:
    """Where to write, and the most bytes that are taken."""

    link: WriteLink
    max_bytes: int


async def begin(app: App, caller: Subject, id_: AttachmentId) -> Begun:
    """An upload is under way, with a link for it. Asked again, the same upload has another link.

    Raises 2001, 4001, 2003, 2005.
    """
    state, permit = await _find(app, caller, id_)
    if not _is_ours(state):
        if await is_in_use(app, id_):
            raise DomainError(Refusal.ATTACHMENT_LINKED)
        party, now = await acting_party(app, caller), app.clock()
        upload_id = PART + uuid7(now, os.urandom(10))
        gone = Due(Task.CATCH_UP, f"{PART}:{id_}:{upload_id}", now + GIVEN_UP_AFTER)
        await app.agenda.put(gone, now=now)
        await decide_attachment(app, id_, permit, lambda s: decisions.begin_upload(s, upload_id, party=party, now=now))
    link = await app.blobs.write_link(id_, lifetime=LIFETIME)
    return Begun(link, app.rules.largest_file(state.resource_id))


async def complete(app: App, caller: Subject, id_: AttachmentId, declared: Declared) -> AttachmentView:
    """What was written is read once, is what was said, and waits for its scan.

    Raises 2001, 4001, 2004, 2008, 7006, 7007; after each of 7006 and 2008 it can be written and completed again, unless
    the digest is not the one that the attachment was announced with. Repeated, it answers as the first time.
    """
    state, permit = await _find(app, caller, id_)
    if state.stored is not None and state.upload_id.startswith(PART) and _is(state.stored, declared):
        return await overview(app, caller, id_)
    if not _is_ours(state):
        raise DomainError(Refusal.NO_UPLOAD_BEGUN)
    check_file_size(declared.size, max_bytes=app.rules.largest_file(state.resource_id))
    stored = await _digested(app, id_, declared.size, permit)
    if not declared.holds(stored):
        raise DomainError(Refusal.CHECKSUM_MISMATCH)
    await record_commit(app, id_, state.upload_id, stored, permit)
    return await overview(app, caller, id_)


async def give_up(app: App, id_: AttachmentId, upload_id: str) -> None:
    """An upload that was never completed has failed, and nothing of it is left. Safe to repeat."""
    loaded = await app.attachments.load(id_)
    if loaded is None or loaded.state.upload_id != upload_id or loaded.state.stored is not None:
        return
    permit, now = own_work(Action.WRITE, loaded.state.resource_id, PART), app.clock()
    reason = "The upload was never completed"
    await decide_attachment(app, id_, permit, lambda s: decisions.fail_upload(s, upload_id, reason, now=now))
    await app.blobs.discard(id_)
    _log.info("upload.given_up", attachment=id_)


async def _digested(app: App, id_: AttachmentId, size: int, permit: Permit) -> Stored:
    """What lies there, with its digests. Raises 7006 when it is not of this size, or changes while it is read."""
    found = await app.blobs.current(id_)
    if found is None or found.size != size:
        raise DomainError(Refusal.NOT_ALL_WRITTEN)
    md5, sha256 = hashlib.md5(usedforsecurity=False), hashlib.sha256()

    def digest(piece: bytes) -> None:
        md5.update(piece)
        sha256.update(piece)

    try:
        async for piece in app.blobs.read(id_, found, permit):
            await asyncio.to_thread(digest, piece)
    except Conflict:
        raise DomainError(Refusal.NOT_ALL_WRITTEN) from None
    return Stored(found.etag, found.size, md5.hexdigest(), sha256.hexdigest())


def _is_ours(state: Attachment) -> bool:
    """True while an upload to a link is under way."""
    is_open = state.status is AttachmentStatus.UPLOAD_PROCESSING and state.stored is None
    return is_open and state.upload_id.startswith(PART)


def _is(stored: Stored, declared: Declared) -> bool:
    return stored.size == declared.size and declared.holds(stored)


async def _find(app: App, caller: Subject, id_: AttachmentId) -> tuple[Attachment, Permit]:
    loaded = await app.attachments.load(id_)
    if loaded is None:
        raise DomainError(Refusal.ATTACHMENT_NOT_FOUND)
    permit = await require(app, caller, Action.WRITE, loaded.state.resource_id, loaded.state.sender)
    return loaded.state, permit
