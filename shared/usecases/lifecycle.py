"""Level-triggered care of correspondences: look at one, and publish, fail or clean up what is due."""

import asyncio
from datetime import datetime, timedelta

from shared.domain import publishing
from shared.domain.attachment import Attachment, AttachmentStatus
from shared.domain.changes import Due, Task
from shared.domain.correspondence import Correspondence, CorrespondenceChange, Status, never
from shared.domain.errors import Conflict, Refusal, Unavailable
from shared.domain.facts import AggregateKind
from shared.domain.identifiers import AttachmentId, CorrespondenceId, PartyKind, party_kind
from shared.domain.policy import Action, own_work
from shared.ports import AgendaMessage, App, Loaded
from shared.telemetry import Log
from shared.usecases import releasing
from shared.usecases.confidentiality import without_responsible
from shared.usecases.retrying import retry_later
from shared.usecases.saving import ATTEMPTS, decide_correspondence, pause, save_correspondence
from shared.usecases.transmitting import dialog_obstacle

_PAGE = 100
_LOST = frozenset({AttachmentStatus.FAILED, AttachmentStatus.PURGED, AttachmentStatus.EXPIRED})
_SETTLED = frozenset({Status.PUBLISHED, Status.FAILED})
_RESERVED = "The recipient is reserved against digital mail"
_log = Log("lifecycle")


def is_overdue(state: Correspondence, *, now: datetime) -> bool:
    """True when it could be published already but is not."""
    return state.requested_publish_time <= now and not (state.ever & _SETTLED or state.is_purged)


async def care(app: App, kind: AggregateKind, id_: str) -> None:
    """Do what follows from the state of this aggregate. Safe to repeat, in any order."""
    match kind:
        case AggregateKind.CORRESPONDENCE:
            await look(app, CorrespondenceId(id_))
        case AggregateKind.ATTACHMENT:
            await releasing.drop_bytes(app, AttachmentId(id_))
            await look_at_users(app, AttachmentId(id_))


async def look(app: App, id_: CorrespondenceId, *, due: datetime | None = None, attempt: int | None = 0) -> None:
    """It is published when its time has come and every attachment is clean; failed when it never can be.

    `due` is a time that has come by somebody else's clock. A register or a Dialogporten that does not answer is asked
    again through the agenda, later with each `attempt`; not with None, when somebody else asks again. Raises
    Unavailable when storage is down or others were always faster.
    """
    for race in range(ATTEMPTS):
        loaded = await app.correspondences.load(id_)
        if loaded is None:
            return
        if loaded.state.is_purged:
            await releasing.release(app, loaded.state)
            return
        now = max(app.clock(), due or loaded.state.created)
        if not is_overdue(loaded.state, now=now) and not loaded.state.attachments:
            return
        change = await _settle(app, loaded.state, now, attempt)
        if change is None:
            return
        try:
            await _save(app, loaded, change)
        except Conflict:
            await pause(race)
        else:
            return
    raise Unavailable("correspondence", retry_after=timedelta(seconds=1))


async def look_at_users(app: App, id_: AttachmentId, *, after: CorrespondenceId | None = None) -> None:
    """Every correspondence that uses the attachment is looked at: one page now, the next by a message of its own."""
    links = await app.attachments.links(id_, after=after, limit=_PAGE)
    for start in range(0, len(links), 8):
        await asyncio.gather(*(look(app, correspondence) for correspondence, _ in links[start : start + 8]))
    if len(links) == _PAGE:
        now = app.clock()
        due = Due(Task.CATCH_UP, f"links:{id_}:{links[-1][0]}", now)
        await app.outbox.send_agenda([AgendaMessage(due, "", now)])


async def pass_due_date(app: App, id_: CorrespondenceId) -> None:
    """At the due date it is said that it was never read or never confirmed; what is due for publication comes first."""
    loaded = await app.correspondences.load(id_)
    if loaded is not None and is_overdue(loaded.state, now=app.clock()):
        await look(app, id_, attempt=None)
        loaded = await app.correspondences.load(id_)
    if loaded is None:
        return
    permit = own_work(Action.WRITE, loaded.state.resource_id, "due date")
    now = app.clock()
    await decide_correspondence(app, id_, permit, lambda s: publishing.pass_due_date(s, now=now), first=loaded)


async def _settle(app: App, state: Correspondence, now: datetime, attempt: int | None) -> CorrespondenceChange | None:
    """The decision: publish, fail, or nothing yet."""
    if state.ever & _SETTLED:
        return None
    used = await app.attachments.load_many([use.id for use in state.attachments])
    for use in state.attachments:
        found = used.get(use.id)
        if found is None or found.status in _LOST:
            return publishing.fail(state, _attachment_reason(found), now=now)
    if any(not attachment.is_ready for attachment in used.values()) or now < state.requested_publish_time:
        return None
    try:
        reason = await _obstacle(app, state) or await dialog_obstacle(app, state)
    except Unavailable as error:
        if attempt is not None:
            await retry_later(app, Due(Task.PUBLISH, state.id, now, attempt), error)
        return None
    if reason:
        return publishing.fail(state, reason, now=now)
    resource = await app.registry.resource(state.resource_id)
    escalation = resource.escalation if resource is not None else None
    return publishing.publish(state, reminder_delay=app.rules.reminder_delay, escalation=escalation, now=now)


def _attachment_reason(attachment: Attachment | None) -> str:
    if attachment is None:
        return "An attachment is missing"
    return f"Attachment {attachment.id}: {attachment.status_text}"


async def _obstacle(app: App, state: Correspondence) -> str | None:
    """Why it cannot be published at all, or None. Source: wire contract 7.1.

    Who was reserved when it was sent has not been asked again since: it fails (wire contract 4.1.1).
    """
    if Status.RESERVED in state.ever:
        return _RESERVED
    known = await app.registry.parties([state.sender, state.recipient])
    if state.sender not in known or state.recipient not in known:
        return "Sender or recipient is not in the register"
    if state.is_confidential and await without_responsible(app, [state.recipient]):
        return Refusal.RECIPIENT_LACKS_ROLES.text
    if state.ignore_reservation or party_kind(state.recipient) is not PartyKind.PERSON:
        return None
    contact = (await app.registry.contacts([state.recipient])).get(state.recipient)
    return _RESERVED if contact and contact.reserved else None


async def _save(app: App, loaded: Loaded[Correspondence], change: CorrespondenceChange) -> None:
    permit = own_work(Action.WRITE, loaded.state.resource_id, "lifecycle")
    title = None
    if Status.PUBLISHED in change.state.ever:
        content = await app.correspondences.content(change.state.id, permit)
        title = content.title if content else None
    await save_correspondence(app, loaded, change, permit, title=title)
    _log.info("correspondence.settled", id=change.state.id, status=change.state.status)


async def repair_mailboxes(app: App, id_: CorrespondenceId) -> None:
    """The mailbox pointers say what the partition says: every status ever had. Safe to repeat.

    What a lost race has left is taken back as far as it can never come true: so an older look at the partition never
    takes away what a newer one has found.
    """
    if (loaded := await app.correspondences.load(id_)) is not None:
        state = loaded.state
        await app.mailboxes.merge(state, title="" if state.is_purged else None, never=never(state))
