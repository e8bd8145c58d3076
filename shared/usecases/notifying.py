"""Telling recipients by e-mail and SMS: once at publishing, once more when nobody has opened it in time."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from shared.domain.changes import Due, Task
from shared.domain.correspondence import Content, Correspondence, CorrespondenceChange
from shared.domain.errors import DomainError, Rejected, Unavailable
from shared.domain.facts import FactType
from shared.domain.identifiers import CorrespondenceId, PartyUrn
from shared.domain.names import title_cased
from shared.domain.notification import (
    ContactPoint,
    Medium,
    Notification,
    NotificationRequest,
    NotificationState,
    custom_contact,
    media,
    notification_id,
)
from shared.domain.notification_texts import Names, render
from shared.domain.policy import Action, own_work
from shared.domain.publishing import tell, wants_notice
from shared.ports import App, EmailMessage
from shared.telemetry import Log
from shared.usecases.retrying import retry_later
from shared.usecases.saving import decide_correspondence, decide_over_rows

UNCERTAIN_AFTER = timedelta(hours=24)
"""How long a repeated operation id is taken for the same send; after it a lost answer stays unknown."""
_log = Log("notifying")


@dataclass(frozen=True, slots=True, kw_only=True)
class Planned:
    """One notification to send, or to find sent already."""

    notification: Notification
    email: EmailMessage | None
    sms_text: str


async def may_send(app: App, id_: CorrespondenceId, *, reminder: bool) -> bool:
    """Whether a notice may still go out; False for an unknown correspondence. Source: wire contract 8.5."""
    loaded = await app.correspondences.load(id_)
    return loaded is not None and wants_notice(loaded.state, reminder=reminder)


async def remind(app: App, id_: CorrespondenceId) -> None:
    """The reminder goes out, if the message is published and nobody has read, confirmed or purged it."""
    await notify(app, id_, reminder=1)


async def notify(app: App, id_: CorrespondenceId, *, reminder: int = 0, attempt: int = 0) -> None:
    """Every planned notification was accepted by Communication Services, failed for good, or waits on the agenda.

    Each is saved as `sending` before its call, under an operation id of its own, so that no crash sends it twice.
    """
    loaded = await app.correspondences.load(id_)
    if loaded is None or loaded.state.notification is None:
        return
    state = loaded.state
    if not wants_notice(state, reminder=reminder > 0):
        await _leave_unknown(app, state, await app.correspondences.notifications(id_), (), reminder)
        return
    permit = own_work(Action.WRITE, state.resource_id, "notifications")
    content = await app.correspondences.content(id_, permit)
    if content is None:
        return
    known = {n.id: n for n in await app.correspondences.notifications(id_)}
    planned = await plan(app, state, content, reminder)
    await _leave_unknown(app, state, list(known.values()), planned, reminder)
    if not planned:
        _log.warning("notification.nobody_to_reach", correspondence=id_, reminder=reminder)
    open_ones = [_known(p, known) for p in planned if not _is_settled(known.get(p.notification.id))]
    if open_ones and await _claim(app, state, [p for p in open_ones if p.notification.id not in known], reminder):
        await _send_all(app, state, open_ones, reminder=reminder, attempt=attempt)


async def _leave_unknown(
    app: App, state: Correspondence, known: Sequence[Notification], planned: Sequence[Planned], reminder: int
) -> None:
    """What an earlier try left as `sending`, and nobody will send any more, has an outcome: unknown, told to nobody."""
    wanted = {one.notification.id for one in planned}
    left = [n for n in known if not _is_settled(n) and n.is_reminder is (reminder > 0) and n.id not in wanted]
    if left:
        now = app.clock()
        await _record(app, state, [replace(n, state=NotificationState.UNKNOWN, changed=now) for n in left], tells=False)


def _is_settled(notification: Notification | None) -> bool:
    return notification is not None and notification.state is not NotificationState.SENDING


def _known(planned: Planned, known: dict[str, Notification]) -> Planned:
    """The same one as it is on record: when it was first tried is part of a repeated SMS."""
    return replace(planned, notification=known.get(planned.notification.id, planned.notification))


async def plan(
    app: App,
    state: Correspondence,
    content: Content,
    reminder: int,
    *,
    contacts: Mapping[PartyUrn, ContactPoint] | None = None,
) -> list[Planned]:
    """Who gets what where, by the registers or by the `contacts` asked of them before. Source: wire contract 8.3."""
    if (request := state.notification) is None:
        return []
    channel = (request.reminder_channel or request.channel) if reminder else request.channel
    addressees = await _addressees(app, state, request, contacts)
    names = await _names(app, state, content)
    now = app.clock()
    planned: dict[str, Planned] = {}
    for party, name, contact in addressees:
        texts = render(request, reminder=reminder > 0, language=content.language, names=replace(names, addressee=name))
        for medium, address in media(channel, contact):
            id_ = notification_id(state.id, medium, address, reminder=reminder)
            email = EmailMessage(
                operation_id=id_,
                to=address,
                subject=texts.email_subject,
                plain_text=texts.email_plain,
                html=texts.email_body if texts.email_is_html else None,
            )
            planned[id_] = Planned(
                notification=_sending(id_, medium, address, party, reminder=reminder > 0, now=now),
                email=email if medium is Medium.EMAIL else None,
                sms_text=texts.sms_body,
            )
    return list(planned.values())


def _sending(
    id_: str, medium: Medium, address: str, party: PartyUrn | None, *, reminder: bool, now: datetime
) -> Notification:
    return Notification(
        id=id_,
        is_reminder=reminder,
        medium=medium,
        address=address,
        recipient=party,
        state=NotificationState.SENDING,
        created=now,
        changed=now,
    )


async def _addressees(
    app: App, state: Correspondence, request: NotificationRequest, contacts: Mapping[PartyUrn, ContactPoint] | None
) -> list[tuple[PartyUrn | None, str, ContactPoint]]:
    """Every recipient of notices with their name and addresses: the correspondence's own unless overridden.

    Who is reserved against digital mail gets none, unless the sender ignores that. Source: wire contract 8.3.
    """
    parties = [r.party for r in request.custom_recipients if r.party is not None]
    if not request.override_registered:
        parties.insert(0, state.recipient)
    contacts = contacts if contacts is not None else await app.registry.contacts(parties)
    known = await app.registry.parties(parties)
    found: list[tuple[PartyUrn | None, str, ContactPoint]] = [
        (party, known[party].name if party in known else "", contacts[party])
        for party in parties
        if party in contacts and (state.ignore_reservation or not contacts[party].reserved)
    ]
    found += [(None, "", custom_contact(r)) for r in request.custom_recipients if r.party is None]
    return found


async def _names(app: App, state: Correspondence, content: Content) -> Names:
    parties = await app.registry.parties([state.sender, state.recipient])
    resource = await app.registry.resource(state.resource_id)
    titles = resource.titles if resource is not None else {}
    return Names(
        sender=state.message_sender or (parties[state.sender].name if state.sender in parties else ""),
        recipient=title_cased(parties[state.recipient].name) if state.recipient in parties else "",
        resource=titles.get(content.language.lower()) or state.resource_id,
        title=content.title,
    )


async def _claim(app: App, state: Correspondence, new: Sequence[Planned], reminder: int) -> bool:
    """The new ones are on record as `sending`, after a last look at the state. False when it is too late to send."""
    wanted = True

    def claim(current: Correspondence) -> CorrespondenceChange | None:
        nonlocal wanted
        wanted = wants_notice(current, reminder=reminder > 0)
        if not wanted or not new:
            return None
        after = replace(current, reminded=max(current.reminded, reminder))
        return CorrespondenceChange(state=after, rows=tuple(p.notification for p in new))

    permit = own_work(Action.WRITE, state.resource_id, "notifications")
    await decide_correspondence(app, state.id, permit, claim)
    return wanted


async def _send_all(
    app: App, state: Correspondence, planned: Sequence[Planned], *, reminder: int, attempt: int
) -> None:
    outcomes: list[Notification] = []
    postponed: Unavailable | None = None
    for one in planned:
        try:
            outcomes.append(await _send(app, one))
        except Unavailable as error:
            postponed = error
    await _record(app, state, outcomes)
    if postponed is not None:
        due = Due(Task.CATCH_UP, f"notify:{state.id}:{reminder}", app.clock(), attempt)
        await retry_later(app, due, postponed)


async def _send(app: App, one: Planned) -> Notification:
    """The notification with its outcome. Raises Unavailable when it is to be tried again."""
    notification, now = one.notification, app.clock()
    if now - notification.created > UNCERTAIN_AFTER:
        return replace(notification, state=NotificationState.UNKNOWN, changed=now)
    try:
        if one.email is not None:
            await app.email.send(one.email)
        else:
            await app.sms.send(notification.id, notification.address, one.sms_text, first_sent=notification.created)
    except Rejected as error:
        _log.error("notification.refused", error=error, notification=notification.id)
        return replace(notification, state=NotificationState.FAILED, changed=now)
    _log.info("notification.sent", notification=notification.id, medium=notification.medium)
    return replace(notification, state=NotificationState.SENT, changed=now)


async def _record(app: App, state: Correspondence, outcomes: Sequence[Notification], *, tells: bool = True) -> None:
    """The outcomes are on record, with a fact each; what another worker has recorded meanwhile is not told again.

    Only that it was sent is better known than unknown.
    """
    permit = own_work(Action.WRITE, state.resource_id, "notifications")

    async def decide(current: Correspondence) -> CorrespondenceChange | None:
        known = {n.id: n for n in await app.correspondences.notifications(state.id)}
        new = [one for one in outcomes if _says_more(one, known.get(one.id))]
        return _recorded(current, new) if tells else CorrespondenceChange(state=current, rows=tuple(new))

    with suppress(DomainError):  # 1001: what has vanished has nothing to record it on
        await decide_over_rows(app, state.id, permit, decide)


def _says_more(outcome: Notification, known: Notification | None) -> bool:
    if known is not None and known.state is NotificationState.UNKNOWN:
        return outcome.state is NotificationState.SENT
    return not _is_settled(known)


def _recorded(current: Correspondence, outcomes: Sequence[Notification]) -> CorrespondenceChange:
    change = CorrespondenceChange(state=current, rows=tuple(outcomes))
    for one in outcomes:
        sent = one.state is NotificationState.SENT
        change = tell(
            change,
            FactType.NOTIFICATION_CREATED if sent else FactType.NOTIFICATION_FAILED,
            now=one.changed,
            item=one.id if sent else current.id,
            medium=one.medium,
            reminder=str(one.is_reminder).lower(),
        )
    return change
