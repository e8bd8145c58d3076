"""Telling recipients about their mail: what was asked for, and each single e-mail or SMS."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from shared.domain.identifiers import PartyKind, PartyUrn, derived_uuid5, party_number


class Channel(StrEnum):
    """The channels a sender can ask for, in the wire contract's order (their integers are the positions)."""

    EMAIL = "Email"
    SMS = "Sms"
    EMAIL_PREFERRED = "EmailPreferred"
    SMS_PREFERRED = "SmsPreferred"
    EMAIL_AND_SMS = "EmailAndSms"


class Template(StrEnum):
    """The text templates, in the wire contract's order."""

    CUSTOM = "CustomMessage"
    GENERIC = "GenericAltinnMessage"


class Medium(StrEnum):
    """How one notification travels."""

    EMAIL = "Email"
    SMS = "Sms"


class NotificationState(StrEnum):
    """Where one notification is. `SENDING` is saved before the call, so that a crash cannot send a second one."""

    SENDING = "sending"
    SENT = "sent"
    DELIVERED = "delivered"
    FAILED = "failed"
    UNKNOWN = "unknown"


class Failure(StrEnum):
    """Why a notification did not arrive, as the end of its status on the wire (`Email_Failed_Bounced`).

    Source: wire contract 3, the statuses of Altinn Notifications.
    """

    RECIPIENT_RESERVED = "RecipientReserved"
    RECIPIENT_NOT_IDENTIFIED = "RecipientNotIdentified"
    BOUNCED = "Bounced"
    FILTERED_SPAM = "FilteredSpam"
    QUARANTINED = "Quarantined"
    SUPPRESSED_RECIPIENT = "SuppressedRecipient"


@dataclass(frozen=True, slots=True)
class Texts:
    """The three texts of a notification, as the sender gave them; keywords are not yet replaced."""

    email_subject: str = ""
    email_body: str = ""
    email_is_html: bool = False
    sms_body: str = ""


@dataclass(frozen=True, slots=True)
class CustomRecipient:
    """A recipient of notifications besides, or instead of, the correspondence's own. Exactly one member is set."""

    email: str | None = None
    mobile: str | None = None
    party: PartyUrn | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NotificationRequest:
    """What the sender asked for. Source: wire contract, `InitializeCorrespondenceNotificationExt`."""

    template: Template
    channel: Channel
    texts: Texts
    reminder_channel: Channel | None = None
    reminder_texts: Texts = Texts()
    send_reminder: bool = False
    custom_recipients: tuple[CustomRecipient, ...] = ()
    override_registered: bool = False


class EscalationWay(StrEnum):
    """What follows a reminder that did not help: one more, or an event for a print service."""

    REMINDER = "reminder"
    PRINT = "print"


@dataclass(frozen=True, slots=True)
class Escalation:
    """A resource's policy for letters that nobody has opened so many days after the reminder."""

    way: EscalationWay
    after_days: int


@dataclass(frozen=True, slots=True)
class ContactPoint:
    """Where a party can be reached: addresses of the registers, possibly none."""

    emails: tuple[str, ...] = ()
    mobiles: tuple[str, ...] = ()
    reserved: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Notification:
    """One e-mail or SMS. `id` is derived, so that the same one is never made twice.

    `id` is also the operation id towards Communication Services: a repeated call with it sends nothing. `failure`
    says more about a failed one, when more is known. Without an address nobody could be reached.
    """

    id: str
    is_reminder: bool
    medium: Medium
    address: str
    recipient: PartyUrn | None
    state: NotificationState
    created: datetime
    changed: datetime
    failure: Failure | None = None


def notification_id(correspondence_id: str, medium: Medium, address: str, *, reminder: int) -> str:
    """The id of the notification of this correspondence to this address; `reminder` 0 is the main one."""
    return derived_uuid5(correspondence_id, f"notification:{reminder}:{medium}:{address.lower()}")


def is_of_order(notification: Notification, correspondence_id: str, *, reminder: int) -> bool:
    """True when it belongs to the main notice (`reminder` 0) or to this very reminder."""
    one = notification
    where = one.address or nowhere(one.recipient)
    return one.id == notification_id(correspondence_id, one.medium, where, reminder=reminder)


def nowhere(party: PartyUrn | None) -> str:
    """What stands for the address of somebody without one."""
    return f"nowhere:{party}"


def media(channel: Channel, contact: ContactPoint) -> tuple[tuple[Medium, str], ...]:
    """The single messages that a channel means for somebody who can be reached there; empty when nowhere.

    A preferred channel falls back to the other one when it has no address. Source: wire contract, channels.
    """
    emails = tuple((Medium.EMAIL, address) for address in contact.emails)
    mobiles = tuple((Medium.SMS, international(number)) for number in contact.mobiles)
    match channel:
        case Channel.EMAIL:
            return emails
        case Channel.SMS:
            return mobiles
        case Channel.EMAIL_PREFERRED:
            return emails or mobiles
        case Channel.SMS_PREFERRED:
            return mobiles or emails
        case Channel.EMAIL_AND_SMS:
            return emails + mobiles


def first_medium(channel: Channel) -> Medium:
    """What the channel tries first."""
    return Medium.SMS if channel in {Channel.SMS, Channel.SMS_PREFERRED} else Medium.EMAIL


def international(number: str) -> str:
    """The mobile number as it is dialled from anywhere, so that the same one is written in one way.

    Spaces go, `00` becomes `+`, and eight digits that begin with 4 or 9 are Norwegian. Source: wire contract 8.3.
    """
    digits = "".join(number.split())
    if digits.startswith("00"):
        return f"+{digits[2:]}"
    return f"+47{digits}" if len(digits) == 8 and digits.isdecimal() and digits[0] in "49" else digits


def contact_in_name(party: PartyUrn) -> ContactPoint:
    """Where a party can be reached of whom no register says anything: somebody known by an e-mail address, at that."""
    is_address = party.startswith(PartyKind.IDPORTEN_EMAIL)
    return ContactPoint(emails=(party_number(party),)) if is_address else ContactPoint()


def custom_contact(recipient: CustomRecipient) -> ContactPoint:
    """Where a custom recipient given by address can be reached (nowhere when given by number)."""
    return ContactPoint(
        emails=(recipient.email,) if recipient.email else (), mobiles=(recipient.mobile,) if recipient.mobile else ()
    )


def masked(medium: Medium, address: str) -> str:
    """The address as its owner knows it again and nobody else learns it: `k***@person.example`, `*********01`."""
    match medium:
        case Medium.EMAIL:
            name, at, domain = address.rpartition("@")
            return f"{name[:1]}***@{domain}" if at else ""
        case Medium.SMS:
            return "*" * max(0, len(address) - 2) + address[-2:]
