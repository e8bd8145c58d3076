"""A recipient forwards a correspondence to an e-mail address: once each, and looked after until it has arrived."""

import asyncio
from datetime import datetime
from functools import partial
from typing import Protocol

from shared.domain import forwarding
from shared.domain.attachment import Attachment, Stored
from shared.domain.checks_files import media_type
from shared.domain.correspondence import AttachmentUse, BodyFormat, Content, Correspondence, CorrespondenceChange
from shared.domain.dialog_parts import address as address_of
from shared.domain.dialog_parts import download_address, living
from shared.domain.errors import Conflict, DomainError, Refusal, Rejected, Unavailable
from shared.domain.forwarded import OPEN, Forwarding, ForwardingState, reservation
from shared.domain.identifiers import CorrespondenceId
from shared.domain.policy import Action, Permit, Subject, own_work
from shared.ports import App, EmailAttachment, EmailMessage, EmailOutcome
from shared.telemetry import Log
from shared.usecases.acting import as_recipient, find
from shared.usecases.notifying import UNCERTAIN_AFTER
from shared.usecases.saving import decide_correspondence, decide_over_rows

_log = Log("forwarding")


class _Outcome(Protocol):
    """What became of a forwarding, decided purely."""

    def __call__(
        self, state: Correspondence, forwarding: Forwarding, *, now: datetime
    ) -> CorrespondenceChange | None: ...


async def may_forward(app: App, id_: CorrespondenceId) -> bool:
    """Whether its sender lets it be forwarded. Raises 1001 when it is unknown. Source: wire contract 1.2, C15."""
    return (await find(app, id_)).state.allow_forwarding


async def forward(app: App, caller: Subject, id_: CorrespondenceId, address: str, text: str) -> str:
    """The e-mail is accepted for sending, or will be tried again; the id of the forwarding.

    Raises 1001, 4001, 4002, then what `reserve` raises, and 3028 when the e-mail was refused: it may be tried again.
    """
    loaded, permit, party = await as_recipient(app, caller, id_)
    wish = reservation(id_, address, text, party, now=app.clock())
    reserve = partial(forwarding.reserve, wish=wish, texts=app.texts)
    state = await decide_correspondence(app, id_, permit, reserve, first=loaded)
    try:
        accepted = await asyncio.shield(_send(app, state, wish, permit))  # who hangs up has forwarded it all the same
    except Unavailable as error:
        _postponed(error, id_, wish.id)
    else:
        if not accepted:
            raise DomainError(Refusal.FORWARDING_FAILED)
    return wish.id


async def attend(app: App, id_: CorrespondenceId, forwarding_id: str, *, attempt: int) -> None:
    """It is sent if a crash or a neighbour kept it from that; what became of a sent one is on record, once known."""
    loaded = await app.correspondences.load(id_)
    kept = await app.correspondences.forwarding(id_, forwarding_id)
    if loaded is None or kept is None:
        return
    wait = None
    try:
        match kept.state:
            case ForwardingState.RESERVED:
                await _send_late(app, loaded.state, kept)
            case ForwardingState.SENT:
                await _look(app, loaded.state, kept)
            case _:
                return
    except Unavailable as error:
        _postponed(error, id_, forwarding_id)
        wait = error.retry_after
    await _look_again(app, loaded.state, forwarding_id, attempt, not_before=app.clock() + wait if wait else None)


async def _send_late(app: App, state: Correspondence, kept: Forwarding) -> None:
    """After a day a repeated operation id may be a second e-mail, and what is purged is not sent: left unknown."""
    if app.clock() - kept.created > UNCERTAIN_AFTER or not state.is_available_to_recipient:
        await _record(app, state, kept, forwarding.given_up)
        return
    await _send(app, state, kept, own_work(Action.READ, state.resource_id, "forwarding"))


async def _send(app: App, state: Correspondence, wish: Forwarding, permit: Permit) -> bool:
    """False when it was refused for good. Raises Unavailable; what is not known yet is attended to later."""
    try:
        await app.email.send(await _email(app, state, wish, permit))
    except (Rejected, Conflict) as error:  # Conflict: the bytes of a file are not those that were scanned.
        _log.error("forwarding.refused", error=error, correspondence=state.id, forwarding=wish.id)
        await _record(app, state, wish, forwarding.failed)
        return False
    _log.info("forwarding.sent", correspondence=state.id, forwarding=wish.id)
    await _record(app, state, wish, forwarding.sent)
    return True


def _postponed(error: Unavailable, id_: CorrespondenceId, forwarding_id: str) -> None:
    _log.warning("forwarding.postponed", neighbour=error.neighbour, correspondence=id_, forwarding=forwarding_id)


async def _look(app: App, state: Correspondence, kept: Forwarding) -> None:
    """What Communication Services knows of it is on record. Raises Unavailable."""
    try:
        outcome = await app.email.outcome(kept.id)
    except Rejected as error:
        _log.warning("forwarding.forgotten", error=error, correspondence=state.id, forwarding=kept.id)
        await _record(app, state, kept, forwarding.given_up)
        return
    match outcome:
        case EmailOutcome.SUCCEEDED:
            await _record(app, state, kept, forwarding.delivered)
        case EmailOutcome.FAILED:
            _log.warning("forwarding.failed", correspondence=state.id, forwarding=kept.id)
            await _record(app, state, kept, forwarding.failed)
        case EmailOutcome.RUNNING:
            pass


async def _look_again(
    app: App, state: Correspondence, forwarding_id: str, attempt: int, *, not_before: datetime | None
) -> None:
    """What is still open is looked at once more, until it is given up."""
    kept = await app.correspondences.forwarding(state.id, forwarding_id)
    if kept is None or kept.state not in OPEN or attempt == 0:
        return
    due = forwarding.next_look(state, kept, attempt, not_before=not_before)
    if due is None:
        await _record(app, state, kept, forwarding.given_up)
        return
    await app.agenda.put(due, now=app.clock())


async def _record(app: App, state: Correspondence, one: Forwarding, outcome: _Outcome) -> None:
    """The outcome is on record, unless another worker knew more."""
    permit, now = own_work(Action.WRITE, state.resource_id, "forwarding"), app.clock()

    async def decide(current: Correspondence) -> CorrespondenceChange | None:
        kept = await app.correspondences.forwarding(state.id, one.id)
        return outcome(current, kept, now=now) if kept is not None else None

    await decide_over_rows(app, state.id, permit, decide)


async def _email(app: App, state: Correspondence, wish: Forwarding, permit: Permit) -> EmailMessage:
    """Subject, words and files; of files that are too large together, or lie elsewhere, where they are."""
    content = await app.correspondences.content(state.id, permit)
    if content is None:
        raise Conflict
    files = await _files(app, state)
    kept = [(use, file, file.stored) for use, file in files if file.stored is not None]
    fits = sum(stored.size for *_, stored in kept) <= forwarding.MAX_ATTACHED_BYTES
    url = address_of(state, app.rules.public_base_url)
    text = forwarding.email_text(
        wish.text,
        _words(app, content),
        left_here=() if fits else [f"{file.file_name}: {download_address(url, use)}" for use, file, _ in kept],
        elsewhere=[f"{file.file_name}: {file.external.url}" for _, file in files if file.external is not None],
        language=content.language,
    )
    return EmailMessage(
        operation_id=wish.id,
        to=wish.address,
        subject=" ".join(content.title.split()),
        plain_text=text,
        attachments=tuple([await _attached(app, file, stored, permit) for _, file, stored in kept]) if fits else (),
    )


def _words(app: App, content: Content) -> str:
    """The body as its sender wrote it; one in HTML as the text that is shown of it."""
    return app.texts.shown(content) if content.format is BodyFormat.HTML else content.body


async def _files(app: App, state: Correspondence) -> list[tuple[AttachmentUse, Attachment]]:
    """Those that its recipient could download now."""
    known = await app.attachments.load_many([use.id for use in state.attachments])
    there = [(use, known[use.id]) for use in state.attachments if use.id in known]
    return [(use, file) for use, file in living(there, app.clock()) if file.is_ready]


async def _attached(app: App, file: Attachment, stored: Stored, permit: Permit) -> EmailAttachment:
    content = b"".join([piece async for piece in app.blobs.read(file.id, stored, permit)])
    return EmailAttachment(name=file.file_name, media_type=media_type(file.file_name), content=content)
