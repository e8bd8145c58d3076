"""The sender's side of attachments: initialise, upload, look, delete, download."""

import asyncio
import os
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from datetime import timedelta

from shared.domain import attachment as decisions
from shared.domain.attachment import Attachment, AttachmentChange, AttachmentStatus, External, Stored
from shared.domain.attachment_scans import bypass_scan
from shared.domain.changes import Due, HistoryEntry, Task
from shared.domain.checks import check_attachment
from shared.domain.checks_files import check_file_size
from shared.domain.correspondence import Status
from shared.domain.errors import Conflict, DomainError, Refusal, Unavailable
from shared.domain.identifiers import AttachmentId, CorrespondenceId, PartyUrn, uuid7
from shared.domain.policy import Action, Permit, Subject
from shared.domain.requests import NewAttachment
from shared.domain.verdicts import Verdict
from shared.ports import App, Upload
from shared.telemetry import Log
from shared.usecases.access import acting_party, find_resource, require
from shared.usecases.downloading import Download, serve
from shared.usecases.releasing import is_in_use
from shared.usecases.saving import ATTEMPTS, create_attachment, decide_attachment, pause, save_attachment

_TYPES = frozenset({"CorrespondenceService", "GenericAccessResource"})  # Source: wire contract 5.1 item 6.
_SHOWN_LINKS = 1000
_AT_ONCE = 20
SCANNED_WITHIN = timedelta(minutes=5)
"""A scan whose event got lost is asked for again after this."""
_log = Log("attachments")


@dataclass(frozen=True, slots=True, kw_only=True)
class AttachmentView:
    """What its sender sees."""

    attachment: Attachment
    correspondence_ids: tuple[CorrespondenceId, ...]
    history: tuple[HistoryEntry, ...] = ()


async def initialise_attachment(app: App, caller: Subject, new: NewAttachment) -> AttachmentId:
    """A new attachment awaits its bytes. Raises 1036, 4001, 4009, 4002, 4006 and the numbers of `check_attachment`."""
    resource = await find_resource(app, new.resource_id)
    permit = await require(app, caller, Action.WRITE, resource.id, resource.owner)
    if resource.type not in _TYPES:
        raise DomainError(Refusal.RESOURCE_TYPE_ATTACHMENT)
    party = await acting_party(app, caller)
    check_attachment(new, minimum_expiration_days=app.rules.minimum_expiration_days)
    now = app.clock()
    id_ = AttachmentId(uuid7(now, os.urandom(10)))
    change = decisions.initialise(begun(app, id_, resource.owner, new), party=party, announce=True, now=now)
    await create_attachment(app, change, permit)
    return id_


def begun(app: App, id_: AttachmentId, sender: PartyUrn, new: NewAttachment) -> Attachment:
    """The state of a new attachment, before its first history entry."""
    now = app.clock()
    return Attachment(
        id=id_,
        resource_id=new.resource_id,
        sender=sender,
        file_name=new.file_name,
        display_name=new.display_name,
        is_encrypted=new.is_encrypted,
        checksum=new.checksum,
        senders_reference=new.senders_reference,
        expiration_in_days=new.expiration_in_days,
        external=new.external,
        created=now,
        status_changed=now,
    )


async def upload(
    app: App, caller: Subject, id_: AttachmentId, chunks: AsyncIterator[bytes], *, content_length: int | None
) -> AttachmentView:
    """The bytes are stored and wait for their scan. Raises 2001, 4001, 2003, 2004, 2005, 2008, 2002.

    A body that ends too early leaves the attachment Failed, to be uploaded again.
    """
    loaded = await app.attachments.load(id_)
    if loaded is None:
        raise DomainError(Refusal.ATTACHMENT_NOT_FOUND)
    state = loaded.state
    permit = await require(app, caller, Action.WRITE, state.resource_id, state.sender)
    party, now = await acting_party(app, caller), app.clock()
    if content_length is not None:
        check_file_size(content_length, max_bytes=app.rules.largest_file(state.resource_id))
    if await is_in_use(app, id_):
        raise DomainError(Refusal.ATTACHMENT_LINKED)
    upload_id = uuid7(now, os.urandom(10))
    await decide_attachment(app, id_, permit, lambda s: decisions.begin_upload(s, upload_id, party=party, now=now))
    try:
        stored = await _store(app, state, upload_id, chunks, content_length)
    except BaseException as error:
        await fail_upload(app, id_, upload_id, permit, error)
        raise
    await record_commit(app, id_, upload_id, stored, permit)
    return await overview(app, caller, id_)


async def record_commit(app: App, id_: AttachmentId, upload_id: str, stored: Stored, permit: Permit) -> Attachment:
    """What was committed is on record, judged at once if its verdict came first; else its scan is on the agenda.

    Raises 2008 on a wrong checksum, 2005 when another upload took over or the attachment was purged meanwhile.
    """
    for attempt in range(ATTEMPTS):
        loaded = await app.attachments.load(id_)
        if loaded is None:
            raise DomainError(Refusal.ATTACHMENT_NOT_FOUND)
        now = app.clock()
        if loaded.state.resource_id in app.rules.unscanned:
            verdict: Verdict | None = bypass_scan(loaded.state, stored.etag, now=now)
        else:
            verdict = await app.attachments.verdict(id_, stored.etag)
        change = decisions.commit_upload(loaded.state, upload_id, stored, verdict, now=now)
        if change is None:
            if loaded.state.status is AttachmentStatus.PURGED:
                await app.blobs.delete(id_, etag=stored.etag)
            raise DomainError(Refusal.ALREADY_UPLOADED)
        if loaded.state.checksum and loaded.state.checksum.lower() != stored.md5.lower():
            await app.blobs.delete(id_, etag=stored.etag)
            refusal = DomainError(Refusal.CHECKSUM_MISMATCH)
            await fail_upload(app, id_, upload_id, permit, refusal)
            raise refusal
        if verdict is None:
            await app.agenda.put(Due(Task.CATCH_UP, f"scan:{id_}", now + SCANNED_WITHIN), now=now)
        try:
            await save_attachment(app, loaded, change, permit)
        except Conflict:
            await pause(attempt)
        else:
            return change.state
    raise Unavailable("attachment")


async def fail_upload(app: App, id_: AttachmentId, upload_id: str, permit: Permit, error: BaseException) -> None:
    """The attachment says that its upload failed, and why in one line. Storage that is down leaves it as it is:
    after a minute another upload may take over.
    """
    reason = error.refusal.text if isinstance(error, DomainError) else "The upload was cut off"
    now = app.clock()
    try:
        await decide_attachment(app, id_, permit, lambda s: decisions.fail_upload(s, upload_id, reason, now=now))
    except Unavailable as unavailable:
        _log.warning("upload.not_marked_failed", attachment=id_, neighbour=unavailable.neighbour)


async def overview(app: App, caller: Subject, id_: AttachmentId) -> AttachmentView:
    """The attachment as it stands, with the correspondences that use it (the first thousand). Raises 2001, 4001."""
    state, _ = await _find(app, caller, id_)
    links = await app.attachments.links(id_, limit=_SHOWN_LINKS)
    return AttachmentView(attachment=state, correspondence_ids=tuple(link for link, _ in links))


async def details(app: App, caller: Subject, id_: AttachmentId) -> AttachmentView:
    """The overview with the status history. Raises 2001, 4001."""
    view = await overview(app, caller, id_)
    return replace(view, history=tuple(await app.attachments.history(id_)))


async def delete(app: App, caller: Subject, id_: AttachmentId) -> None:
    """It and its bytes are gone. Raises 2001, 2006, 2007, 2018, 4001.

    It is closed to new links first, so that none can slip in between the question and the purge.
    """
    state, permit = await _find(app, caller, id_)
    party, now = await acting_party(app, caller), app.clock()
    _ = decisions.purge(state, party=party, now=now)
    await decide_attachment(app, id_, permit, lambda s: decisions.set_closing(s, closing=True))
    if await is_in_use(app, id_):
        await decide_attachment(app, id_, permit, lambda s: decisions.set_closing(s, closing=False))
        raise DomainError(Refusal.ATTACHMENT_IN_USE)
    await decide_attachment(app, id_, permit, lambda s: decisions.purge(s, party=party, now=now))
    await app.blobs.delete(id_)


async def download_as_sender(app: App, caller: Subject, id_: AttachmentId) -> Download | External:
    """The bytes, or where they are stored elsewhere, until a correspondence that uses them is published.

    Raises 2001, 2016, 2019, 2020, 4001.
    """
    state, permit = await _find(app, caller, id_)
    if state.status is AttachmentStatus.PURGED:
        raise DomainError(Refusal.ATTACHMENT_PURGED)
    if state.status is AttachmentStatus.EXPIRED:
        raise DomainError(Refusal.ATTACHMENT_EXPIRED)
    links = await app.attachments.links(id_, limit=_SHOWN_LINKS)
    for start in range(0, len(links), _AT_ONCE):
        users = await asyncio.gather(*(app.correspondences.load(user) for user, _ in links[start : start + _AT_ONCE]))
        if any(user is not None and Status.PUBLISHED in user.state.ever for user in users):
            raise DomainError(Refusal.SENDER_CAN_NO_LONGER_DOWNLOAD)
    return serve(app, state, decisions.require_readable(state, by_sender=True), permit)


def uploading(change: AttachmentChange, upload_id: str, *, party: PartyUrn) -> AttachmentChange:
    """A new attachment that starts with its upload under way: both steps as one change."""
    begun_ = decisions.begin_upload(change.state, upload_id, party=party, now=change.state.status_changed)
    return replace(begun_, history=(*change.history, *begun_.history), facts=(*change.facts, *begun_.facts))


async def _store(
    app: App, state: Attachment, upload_id: str, chunks: AsyncIterator[bytes], content_length: int | None
) -> Stored:
    """The bytes are the blob's. Raises 2002 when storage fails, 2005 when another upload took over meanwhile."""
    try:
        async with app.blobs.upload(state.id) as target:
            await _pour(chunks, target, content_length, max_bytes=app.rules.largest_file(state.resource_id))
            loaded = await app.attachments.load(state.id)  # a sender who gave up may have begun again long ago
            if loaded is None or loaded.state.upload_id != upload_id:
                raise DomainError(Refusal.ALREADY_UPLOADED)
            return await target.commit()
    except Unavailable as error:
        raise DomainError(Refusal.UPLOAD_FAILED) from error
    except Conflict as error:
        raise DomainError(Refusal.ALREADY_UPLOADED) from error


async def _pour(chunks: AsyncIterator[bytes], target: Upload, content_length: int | None, *, max_bytes: int) -> None:
    """All bytes are written. Raises 2004 when there are none or too many, 2022 when they end too early."""
    size = 0
    async for chunk in chunks:
        size += len(chunk)
        if size > max_bytes:
            check_file_size(size, max_bytes=max_bytes)
        await target.write(chunk)
    check_file_size(size, max_bytes=max_bytes)
    if content_length is not None and size != content_length:
        raise DomainError(Refusal.UPLOAD_TOO_SLOW)


async def _find(app: App, caller: Subject, id_: AttachmentId) -> tuple[Attachment, Permit]:
    loaded = await app.attachments.load(id_)
    if loaded is None:
        raise DomainError(Refusal.ATTACHMENT_NOT_FOUND)
    permit = await require(app, caller, Action.WRITE, loaded.state.resource_id, loaded.state.sender)
    return loaded.state, permit
