"""Who is told about a correspondence, where, and in which words."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from shared.domain.correspondence import Content, Correspondence
from shared.domain.identifiers import PartyUrn
from shared.domain.names import title_cased
from shared.domain.notification import (
    Channel,
    ContactPoint,
    Failure,
    Medium,
    Notification,
    NotificationRequest,
    NotificationState,
    Template,
    Texts,
    contact_in_name,
    custom_contact,
    first_medium,
    is_of_order,
    media,
    notification_id,
    nowhere,
)
from shared.domain.notification_texts import Names, Rendered, render
from shared.ports import App, EmailMessage


@dataclass(frozen=True, slots=True, kw_only=True)
class Planned:
    """One notification to send, or to find sent already."""

    notification: Notification
    email: EmailMessage | None
    sms_text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What is to be sent, and who is to have something and cannot be reached: a failed notification each."""

    planned: tuple[Planned, ...] = ()
    unreachable: tuple[Notification, ...] = ()


@dataclass(frozen=True, slots=True)
class _Addressee:
    """Somebody to tell; `name` is empty for an address without a name."""

    party: PartyUrn | None
    name: str
    contact: ContactPoint


async def plan(
    app: App,
    state: Correspondence,
    content: Content,
    reminder: int,
    *,
    known: Sequence[Notification] = (),
    contacts: Mapping[PartyUrn, ContactPoint] | None = None,
) -> Plan:
    """Who gets what where, by the registers or by the `contacts` asked of them before. Source: wire contract 8.3.

    An address that is meant twice gets one, as the first that it is meant for. What is `known` of an earlier look
    holds, whatever the registers say by now: nobody gets a second one at another address.
    """
    if (request := state.notification) is None:
        return Plan()
    channel = channel_of(request, reminder=reminder)
    names = await _names(app, state, content)
    template = await _template(app, state, request, content.language, reminder=reminder > 0)
    now = app.clock()
    order = [n for n in known if is_of_order(n, state.id, reminder=reminder)]
    planned: dict[str, Planned] = {}
    unreachable: list[Notification] = []
    for one in await _addressees(app, state, request, contacts):
        begun = [n for n in order if n.recipient == one.party] if one.party else []
        is_free = state.ignore_reservation or not one.contact.reserved
        reached = _reached(channel, one.contact, begun) if is_free else ()
        if not reached and not begun:
            unreachable.append(_unreachable(state, one, channel, reminder=reminder, now=now))
        texts = render(
            request,
            reminder=reminder > 0,
            language=content.language,
            names=_naming(names, one),
            template=template,
        )
        for medium, address in reached:
            notification = _sending(state, one.party, medium, address, reminder=reminder, now=now)
            planned.setdefault(notification.id, _planned(notification, texts))
    return Plan(planned=tuple(planned.values()), unreachable=tuple(unreachable))


def channel_of(request: NotificationRequest, *, reminder: int) -> Channel:
    """The channel asked for; a reminder may have one of its own."""
    return (request.reminder_channel or request.channel) if reminder else request.channel


def _reached(channel: Channel, contact: ContactPoint, begun: Sequence[Notification]) -> tuple[tuple[Medium, str], ...]:
    """Where somebody is told: as it was begun, and by a medium that has not been begun where both are wanted."""
    wanted = media(channel, contact)
    if not begun:
        return wanted
    kept = tuple((n.medium, n.address) for n in begun if n.address)
    if channel is not Channel.EMAIL_AND_SMS or not kept:
        return kept
    return kept + tuple(one for one in wanted if all(one[0] is not medium for medium, _ in kept))


def _naming(names: Names, addressee: _Addressee) -> Names:
    return replace(names, addressee=addressee.name)


def _planned(notification: Notification, texts: Rendered) -> Planned:
    email = EmailMessage(
        operation_id=notification.id,
        to=notification.address,
        subject=texts.email_subject,
        plain_text=texts.email_plain,
        html=texts.email_body if texts.email_is_html else None,
    )
    is_email = notification.medium is Medium.EMAIL
    return Planned(notification=notification, email=email if is_email else None, sms_text=texts.sms_body)


def _sending(
    state: Correspondence, party: PartyUrn | None, medium: Medium, address: str, *, reminder: int, now: datetime
) -> Notification:
    return Notification(
        id=notification_id(state.id, medium, address, reminder=reminder),
        is_reminder=reminder > 0,
        medium=medium,
        address=address,
        recipient=party,
        state=NotificationState.SENDING,
        created=now,
        changed=now,
    )


def _unreachable(
    state: Correspondence, addressee: _Addressee, channel: Channel, *, reminder: int, now: datetime
) -> Notification:
    """What says that somebody was to have one: failed, with the reason, under an id of theirs."""
    medium = first_medium(channel)
    failure = Failure.RECIPIENT_RESERVED if addressee.contact.reserved else Failure.RECIPIENT_NOT_IDENTIFIED
    one = _sending(state, addressee.party, medium, "", reminder=reminder, now=now)
    id_ = notification_id(state.id, medium, nowhere(addressee.party), reminder=reminder)
    return replace(one, id=id_, state=NotificationState.FAILED, failure=failure)


async def _addressees(
    app: App, state: Correspondence, request: NotificationRequest, contacts: Mapping[PartyUrn, ContactPoint] | None
) -> list[_Addressee]:
    """Every recipient of notices with their name and addresses: the correspondence's own unless overridden.

    Source: wire contract 8.3.
    """
    parties = [r.party for r in request.custom_recipients if r.party is not None]
    if not request.override_registered:
        parties.insert(0, state.recipient)
    parties = list(dict.fromkeys(parties))
    contacts = contacts if contacts is not None else await app.registry.contacts(parties)
    known = await app.registry.parties(parties)
    found = [
        _Addressee(party, known[party].name if party in known else "", contacts.get(party) or contact_in_name(party))
        for party in parties
    ]
    return found + [_Addressee(None, "", custom_contact(r)) for r in request.custom_recipients if r.party is None]


async def _template(
    app: App, state: Correspondence, request: NotificationRequest, language: str, *, reminder: bool
) -> Texts | None:
    """What the resource has in the place of our own words, when those are what was asked for."""
    if request.template is not Template.GENERIC:
        return None
    found = await app.templates.active(state.resource_id)
    return found.texts(language, reminder=reminder) if found is not None else None


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
