"""A sender hands in a message for one or many recipients: all of it is accepted, or none."""

import asyncio
import hashlib
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from shared.domain import attachment as attachments
from shared.domain import publishing
from shared.domain.checks import check_existing, needs_recipient_name, substitute_recipient_name
from shared.domain.correspondence import AttachmentUse, Correspondence, Status
from shared.domain.errors import Conflict, DomainError, Refusal, Unavailable
from shared.domain.identifiers import AttachmentId, CorrespondenceId, PartyUrn, derived_uuid7, uuid7
from shared.domain.policy import Action, Permit, Subject
from shared.domain.requests import Initialised, InitialisedOne, NewAttachment, NewMessage
from shared.ports import App, Party, Resource, Upload
from shared.usecases import idempotency, lanes
from shared.usecases.access import acting_party, find_resource, require
from shared.usecases.attachments import begun, fail_upload, record_commit, uploading
from shared.usecases.judging import Judged, SentFile, judge
from shared.usecases.saving import NewCorrespondence, create_attachment, create_correspondences

_BEGINNINGS = (Status.RESERVED, Status.READY_FOR_PUBLISH, Status.INITIALIZED)
type _Made = tuple[InitialisedOne, tuple[AttachmentUse, ...]]


@dataclass(frozen=True, slots=True)
class StagedFile:
    """A file of a form: its bytes are written, not committed; `attachment_id` is the one it will have.

    `sha256` of the bytes, in hex, is part of what the request means.
    """

    file_name: str
    size: int
    attachment_id: AttachmentId
    upload: Upload
    sha256: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Batch:
    """What all correspondences of one request share."""

    message: NewMessage
    resource: Resource
    permit: Permit
    party: PartyUrn
    created: datetime
    judged: Judged
    ids: Mapping[PartyUrn, CorrespondenceId]
    taken_over: bool
    uses: tuple[AttachmentUse, ...] = ()
    ready: bool = True


async def initialise(app: App, caller: Subject, message: NewMessage, files: Sequence[StagedFile] = ()) -> Initialised:
    """One correspondence per recipient exists, in the request's order; or a refusal, and nothing exists.

    The same key and request give the same answer again. Raises the numbers of the wire contract, 5.1, in its order.
    """
    resource = await find_resource(app, message.resource_id)
    permit = await require(app, caller, Action.WRITE, resource.id, resource.owner)
    if resource.type != "CorrespondenceService":
        raise DomainError(Refusal.RESOURCE_TYPE_CORRESPONDENCE)
    party = await acting_party(app, caller)
    now = app.clock()
    message = replace(message, digest=_digest(message, files))
    begin = await idempotency.begin(app, resource.owner, message, now=now)
    if isinstance(begin, Initialised):
        return begin
    try:
        judged = await judge(app, resource, message, [SentFile(file.file_name, file.size) for file in files], now=begin)
        batch = _Batch(
            message=message,
            resource=resource,
            permit=permit,
            party=party,
            created=begin,
            judged=judged,
            ids={
                recipient: correspondence_id(resource.owner, message, recipient, begin)
                for recipient in message.recipients
            },
            taken_over=begin != now,
        )
        await _hold_existing(app, batch)
        paired = [files[place] for place in judged.places]
        batch = replace(batch, uses=await _attach(app, batch, paired), ready=not files)
    except BaseException:
        if begin == now:  # nobody before us began with this key: nothing of it exists
            await idempotency.forget(app, resource.owner, message, begun=now)
        raise
    return await asyncio.shield(_create_all(app, batch))  # a caller who hangs up leaves nothing half done


async def _create_all(app: App, batch: _Batch) -> Initialised:
    """All of them exist. When one cannot be made now the others are finished all the same, then it is raised."""
    recipients = batch.message.recipients
    tries: list[_Made | BaseException] = []
    for start in range(0, len(recipients), lanes.TOGETHER):
        async with lanes.turn(len(recipients)):
            tries += await _create(app, batch, recipients[start : start + lanes.TOGETHER])
    made = [outcome for outcome in tries if not isinstance(outcome, BaseException)]
    for outcome in tries:
        if isinstance(outcome, BaseException):
            raise outcome
    answer = Initialised(tuple(one for one, _ in made), tuple(use.id for use in made[0][1]))
    await idempotency.finish(app, batch.resource.owner, batch.message, answer)
    return answer


async def _create(app: App, batch: _Batch, recipients: Sequence[PartyUrn]) -> list[_Made | BaseException]:
    """These exist, made now or by an earlier try of the same request; or what keeps them from it."""
    now = app.clock()
    new = [_new(batch, recipient, now) for recipient in recipients]
    try:
        await asyncio.gather(
            *(app.attachments.link(use.id, one.change.state.id, at=now) for use in batch.uses for one in new)
        )
        created = await create_correspondences(app, new, batch.permit, now=now)
    except Unavailable as error:
        return [error] * len(new)
    return [
        done if isinstance(done, BaseException) else await _made(app, one.change.state, existed=not done)
        for one, done in zip(new, created, strict=True)
    ]


async def _made(app: App, state: Correspondence, *, existed: bool) -> _Made:
    """What the answer says of it: how it began, and the files it really has."""
    existing = await app.correspondences.load(state.id) if existed else None
    if existing is not None:
        state = existing.state
    began_as = next(status for status in _BEGINNINGS if status in state.ever)
    return InitialisedOne(state.id, began_as, state.recipient), state.attachments


def _new(batch: _Batch, recipient: PartyUrn, now: datetime) -> NewCorrespondence:
    content = batch.message.content
    if needs_recipient_name(content):
        content = substitute_recipient_name(content, _name(batch.judged.parties, recipient))
    change = publishing.initialise(
        _correspondence(batch, recipient),
        party=batch.party,
        ready=batch.ready,
        reserved=recipient in batch.judged.reserved,
        now=now,
    )
    return NewCorrespondence(change, content)


def _correspondence(batch: _Batch, recipient: PartyUrn) -> Correspondence:
    message = batch.message
    return Correspondence(
        id=batch.ids[recipient],
        resource_id=batch.resource.id,
        sender=batch.resource.owner,
        recipient=recipient,
        senders_reference=message.senders_reference,
        message_sender=message.message_sender,
        created=batch.created,
        requested_publish_time=message.requested_publish_time or batch.created,
        due_date_time=message.due_date_time,
        external_references=message.external_references,
        property_list=message.property_list,
        reply_options=message.reply_options,
        notification=message.notification,
        attachments=batch.uses,
        ignore_reservation=message.ignore_reservation,
        is_confirmation_needed=message.is_confirmation_needed,
        is_confidential=message.is_confidential,
        allow_forwarding=message.allow_forwarding,
        idempotent_key=message.idempotent_key,
        status_changed=batch.created,
    )


def correspondence_id(owner: PartyUrn, message: NewMessage, recipient: PartyUrn, created: datetime) -> CorrespondenceId:
    """A new id; derived from owner, key and recipient when there is a key, so that a repeat makes the same ones."""
    if message.idempotent_key is None:
        return CorrespondenceId(uuid7(created, os.urandom(10)))
    return CorrespondenceId(derived_uuid7(created, owner, message.idempotent_key, recipient))


def _digest(message: NewMessage, files: Sequence[StagedFile]) -> str:
    """What the request means, the bytes of its files included."""
    if not files:
        return message.digest
    parts = [message.digest, *(file.sha256 for file in files)]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def _name(parties: Mapping[PartyUrn, Party], recipient: PartyUrn) -> str:
    return parties[recipient].name if recipient in parties else ""


async def _hold_existing(app: App, batch: _Batch) -> None:
    """The existing attachments are linked to the first letter before it is there, and none of them is being deleted.

    Whoever deletes one closes it first and looks for links then: one of the two sees the other. Raises 1018, 1007.
    """
    ids, first = batch.message.existing_attachments, batch.ids[batch.message.recipients[0]]
    if not ids:
        return
    now = app.clock()
    await asyncio.gather(*(app.attachments.link(id_, first, at=now) for id_ in ids))
    try:
        check_existing(batch.message, await app.attachments.load_many(ids), sender=batch.resource.owner)
    except DomainError:
        if not batch.taken_over:  # else an earlier try may have made the letter
            await asyncio.gather(*(app.attachments.unlink(id_, first) for id_ in ids))
        raise


async def _attach(app: App, batch: _Batch, files: Sequence[StagedFile]) -> tuple[AttachmentUse, ...]:
    """The attachments that every correspondence of the request uses: new ones first, then existing ones.

    A repeat of a request that had come further uses what the first one stored, and drops its own bytes.
    """
    message, judged = batch.message, batch.judged
    if files and batch.taken_over:
        for id_ in batch.ids.values():
            if (made := await app.correspondences.load(id_)) is not None:
                return made.state.attachments
    uses = [
        AttachmentUse(await _store(app, batch, file, message.new_attachments[position]), judged.new_expiries[position])
        for position, file in enumerate(files)
    ]
    return (*uses, *judged.existing_uses)


async def _store(app: App, batch: _Batch, file: StagedFile, new: NewAttachment) -> AttachmentId:
    """The file is an attachment that waits for its scan. Raises 2002, 2008."""
    id_, upload_id = file.attachment_id, str(file.attachment_id)
    begin = begun(app, id_, batch.resource.owner, new)
    change = attachments.initialise(begin, party=batch.party, announce=False, now=begin.created)
    await create_attachment(app, uploading(change, upload_id, party=batch.party), batch.permit)
    try:
        stored = await file.upload.commit()
    except (Unavailable, Conflict) as error:
        refusal = DomainError(Refusal.UPLOAD_FAILED)
        await fail_upload(app, id_, upload_id, batch.permit, refusal)
        raise refusal from error
    await record_commit(app, id_, upload_id, stored, batch.permit)
    return id_
