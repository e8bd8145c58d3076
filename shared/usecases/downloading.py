"""Bytes that may be served: one attachment of a correspondence, or all of them."""

from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from shared.domain import receiving
from shared.domain.attachment import Attachment, External, Stored, require_readable
from shared.domain.correspondence import AttachmentUse, Correspondence, require_available
from shared.domain.errors import Conflict, DomainError, Refusal
from shared.domain.identifiers import AttachmentId, CorrespondenceId, PartyUrn, ResourceId
from shared.domain.policy import Action, Permit, Subject
from shared.domain.zip_names import MAX_ZIP_BYTES, zip_name
from shared.ports import App, Loaded
from shared.usecases.access import acting_party, require, require_same_dialog
from shared.usecases.acting import find
from shared.usecases.saving import decide_correspondence
from shared.usecases.withdrawing import withdraw_replaced


@dataclass(frozen=True, slots=True)
class Download:
    """Bytes that may be served; `read(start, length)` gives them in pieces, `length` None to the end.

    Reading raises 2001 when they are no longer the committed ones; the attachment has then been withdrawn.
    """

    attachment: Attachment
    stored: Stored
    read: Callable[[int, int | None], AsyncIterator[bytes]]


@dataclass(frozen=True, slots=True)
class DownloadAll:
    """Every file of a correspondence that is stored here, in its order, and what their ZIP is called."""

    zip_name: str
    files: tuple[Download, ...]


async def download(
    app: App, caller: Subject, id_: CorrespondenceId, attachment_id: AttachmentId
) -> Download | External:
    """One attachment of it, or where it is stored elsewhere, noted as downloaded.

    Raises 1001, 2001, 2019, 2020, 4001, 4002.
    """
    loaded = await find(app, id_)
    state = loaded.state
    use = next((use for use in state.attachments if use.id == attachment_id), None)
    attachment = await app.attachments.load(attachment_id) if use is not None else None
    if use is None or attachment is None:
        raise DomainError(Refusal.ATTACHMENT_NOT_FOUND)
    permits = await _permits(app, caller, state, [attachment.state])
    party, now = await acting_party(app, caller), app.clock()
    require_available(state)
    served = _require_living(use, attachment.state, now=now)
    permit = permits[attachment.state.resource_id]
    await decide_correspondence(
        app, id_, permit, lambda s: receiving.download(s, attachment_id, party, now=now), first=loaded
    )
    return serve(app, attachment.state, served, permit)


async def download_all(app: App, caller: Subject, id_: CorrespondenceId) -> DownloadAll:
    """All attachments of it, noted as downloaded. Raises 1001, 2001, 2019, 2020, 2023, 4001, 4002.

    One that cannot be had, or may not, refuses them all. What is stored elsewhere is left out.
    Source: wire contract 12.3.
    """
    loaded = await find(app, id_)
    state = loaded.state
    known = await app.attachments.load_many([use.id for use in state.attachments])
    permits = await _permits(app, caller, state, list(known.values()))
    permit = permits[state.resource_id]
    party, now = await acting_party(app, caller), app.clock()
    require_available(state)
    if any(use.id not in known for use in state.attachments):
        raise DomainError(Refusal.ATTACHMENT_NOT_FOUND)
    living = [(known[use.id], _require_living(use, known[use.id], now=now)) for use in state.attachments]
    here = [(file, served) for file, served in living if isinstance(served, Stored)]
    if not here:
        raise DomainError(Refusal.ATTACHMENT_NOT_FOUND)
    if sum(stored.size for _, stored in here) > MAX_ZIP_BYTES:
        raise DomainError(Refusal.ZIP_TOO_LARGE)
    content = await app.correspondences.content(id_, permit)
    await _note_all(app, loaded, permit, [file.id for file, _ in here], party)
    files = tuple(_readable(app, file, stored, permits[file.resource_id]) for file, stored in here)
    return DownloadAll(zip_name(content.title if content else ""), files)


def serve(app: App, attachment: Attachment, served: Stored | External, permit: Permit) -> Download | External:
    """The bytes behind the committed ETag, to be read under this permit; or where they are stored elsewhere."""
    return served if isinstance(served, External) else _readable(app, attachment, served, permit)


def _readable(app: App, attachment: Attachment, stored: Stored, permit: Permit) -> Download:
    async def read(start: int, length: int | None) -> AsyncIterator[bytes]:
        try:
            async for piece in app.blobs.read(attachment.id, stored, permit, start=start, length=length):
                yield piece
        except Conflict:
            await withdraw_replaced(app, attachment, stored)
            raise DomainError(Refusal.ATTACHMENT_NOT_FOUND) from None

    return Download(attachment, stored, read)


async def _note_all(
    app: App, loaded: Loaded[Correspondence], permit: Permit, ids: Sequence[AttachmentId], party: PartyUrn
) -> None:
    """One status, and of each file for the first time that it was downloaded: as many transactions as that takes."""
    now, id_ = app.clock(), loaded.state.id
    state = await decide_correspondence(
        app, id_, permit, lambda s: receiving.download_all(s, ids, party, now=now), first=loaded
    )
    while not state.downloaded.issuperset(ids):
        state = await decide_correspondence(
            app, id_, permit, lambda s: receiving.tell_downloads(s, ids, party, now=now)
        )


async def _permits(
    app: App, caller: Subject, state: Correspondence, files: Sequence[Attachment]
) -> dict[ResourceId, Permit]:
    """The right to read the message, and to the files of each resource. Raises 4001. Source: wire contract 6.2."""
    require_same_dialog(caller, state)
    permits = {state.resource_id: await require(app, caller, Action.READ, state.resource_id, state.recipient)}
    for resource_id in dict.fromkeys(file.resource_id for file in files):
        permits[resource_id] = await require(app, caller, Action.READ_ATTACHMENT, resource_id, state.recipient)
    return permits


def _require_living(use: AttachmentUse, file: Attachment, *, now: datetime) -> Stored | External:
    """What to serve. Raises 2019, 2020 (also when only this use has expired), 2001."""
    if use.expires is not None and use.expires <= now:
        raise DomainError(Refusal.ATTACHMENT_EXPIRED)
    return require_readable(file)
