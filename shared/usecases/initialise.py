"""A sender hands in a message for one or many recipients: all of it is accepted, or none."""

import asyncio
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from shared.domain import attachment as attachments
from shared.domain.changes import Due, Task
from shared.domain.checks import check_existing
from shared.domain.correspondence import AttachmentUse, Correspondence, Status
from shared.domain.errors import Conflict, DomainError, Refusal, Unavailable
from shared.domain.identifiers import AttachmentId, PartyUrn
from shared.domain.policy import Subject
from shared.domain.requests import Initialised, InitialisedOne, NewAttachment, NewMessage
from shared.ports import App, Upload
from shared.usecases import idempotency, lanes, orphans
from shared.usecases.attachments import begun, fail_upload, record_commit, uploading
from shared.usecases.batches import Batch, batch_of, begin_correspondence, with_bytes
from shared.usecases.external import keep_external
from shared.usecases.judging import SentFile, admit, judge
from shared.usecases.saving import create_attachment, create_correspondences

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


async def initialise(app: App, caller: Subject, message: NewMessage, files: Sequence[StagedFile] = ()) -> Initialised:
    """One correspondence per recipient exists, in the request's order; or a refusal, and nothing exists.

    The same key and request give the same answer again. Raises the numbers of the wire contract, 5.1, in its order.
    """
    admission = await admit(app, caller, message)
    owner, now = admission.resource.owner, app.clock()
    sent = [SentFile(file.file_name, file.size, file.sha256) for file in files]
    message = with_bytes(message, sent)
    begin = await idempotency.begin(app, owner, message, now=now)
    if isinstance(begin, Initialised):
        return begin
    try:
        judged = await judge(app, admission.resource, message, sent, now=begin)
        batch = batch_of(message, admission, judged, created=begin, taken_over=begin != now)
        await _hold_existing(app, batch)
        paired = [files[place] for place in judged.places]
        batch = replace(batch, watched=await orphans.watch(app, [file.attachment_id for file in paired]))
        batch = replace(batch, uses=await _attach(app, batch, paired))
        await _put_expiries(app, batch)
    except BaseException:
        if begin == now:  # nobody before us began with this key: nothing of it exists
            await idempotency.forget(app, owner, message, begun=now)
        raise
    return await asyncio.shield(_create_all(app, batch))  # a caller who hangs up leaves nothing half done


async def _create_all(app: App, batch: Batch) -> Initialised:
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
    await orphans.settle(app, batch.watched, answer.attachment_ids)
    return answer


async def _create(app: App, batch: Batch, recipients: Sequence[PartyUrn]) -> list[_Made | BaseException]:
    """These exist, made now or by an earlier try of the same request; or what keeps them from it."""
    now = app.clock()
    new = [begin_correspondence(batch, recipient, now=now) for recipient in recipients]
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


async def _hold_existing(app: App, batch: Batch) -> None:
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


async def _attach(app: App, batch: Batch, files: Sequence[StagedFile]) -> tuple[AttachmentUse, ...]:
    """The attachments that every correspondence of the request uses: new ones first, then existing ones.

    A repeat of a request that had come further uses what the first one stored, and drops its own bytes.
    """
    message, judged = batch.message, batch.judged
    if message.new_attachments and batch.taken_over:
        for id_ in batch.ids.values():
            if (made := await app.correspondences.load(id_)) is not None:
                return made.state.attachments
    waiting = iter(files)
    uses = [
        AttachmentUse(await _keep(app, batch, new, waiting), expires)
        for new, expires in zip(message.new_attachments, judged.new_expiries, strict=True)
    ]
    return (*uses, *judged.existing_uses)


async def _put_expiries(app: App, batch: Batch) -> None:
    """The end of each use is on the agenda, once for all correspondences of the request. Source: wire contract 7.4."""
    ends = [Due(Task.EXPIRE, use.id, use.expires) for use in batch.uses if use.expires is not None]
    now = app.clock()
    await asyncio.gather(*(app.agenda.put(due, now=now) for due in ends))


async def _keep(app: App, batch: Batch, new: NewAttachment, files: Iterator[StagedFile]) -> AttachmentId:
    """The new attachment is there: the next of the files, or a link to where it is stored."""
    if new.external is not None:
        return await keep_external(app, batch.resource.owner, new, batch.permit, batch.party)
    return await _store(app, batch, next(files), new)


async def _store(app: App, batch: Batch, file: StagedFile, new: NewAttachment) -> AttachmentId:
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
