"""Notifications in answers: each e-mail or SMS in the shape of Altinn Notifications. Source: wire contract 2.6."""

from pydantic import Field

from shared.domain.correspondence import Correspondence
from shared.domain.identifiers import PartyKind, party_kind, party_number
from shared.domain.notification import Channel, Failure, Medium, Notification, NotificationState
from shared.schemas.base import Answer, Time

CREATOR_UNKNOWN = "Not found"

_SEND_STATUS = {
    (Medium.EMAIL, NotificationState.SENDING): ("Email_Sending", "The e-mail is being sent"),
    (Medium.EMAIL, NotificationState.SENT): ("Email_Succeeded", "The e-mail has been accepted for delivery"),
    (Medium.EMAIL, NotificationState.DELIVERED): ("Email_Delivered", "The e-mail has arrived"),
    (Medium.EMAIL, NotificationState.FAILED): ("Email_Failed", "The e-mail was not sent"),
    (Medium.SMS, NotificationState.SENDING): ("SMS_Sending", "The SMS is being sent"),
    (Medium.SMS, NotificationState.SENT): ("SMS_Accepted", "The SMS has been accepted for delivery"),
    (Medium.SMS, NotificationState.DELIVERED): ("SMS_Delivered", "The SMS has arrived"),
    (Medium.SMS, NotificationState.FAILED): ("SMS_Failed", "The SMS was not sent"),
}
"""Our states in the wire contract's words (section 3); what is not here is `Unknown`."""
_UNKNOWN = ("Unknown", "It is not known whether it was sent")
_WHY = {
    Failure.RECIPIENT_RESERVED: "The recipient is reserved against digital mail",
    Failure.RECIPIENT_NOT_IDENTIFIED: "No address of the recipient is known",
    Failure.BOUNCED: "The recipient's mail server refused it",
    Failure.FILTERED_SPAM: "It was taken for spam",
    Failure.QUARANTINED: "It was put into quarantine",
    Failure.SUPPRESSED_RECIPIENT: "Earlier mail to the address has bounced",
}
_ARRIVES = frozenset({NotificationState.SENT, NotificationState.DELIVERED})
_PROCESSING = ("Order_Processing", "The order is being processed")
_COMPLETED = ("Order_Completed", "The order has been completed")


class NotificationSummary(Answer):
    """A notification as the overview shows it."""

    notification_order_id: str | None
    is_reminder: bool

    @classmethod
    def of(cls, notification: Notification) -> "NotificationSummary":
        """Its id and whether it is a reminder."""
        return cls(notification_order_id=notification.id, is_reminder=notification.is_reminder)


class StatusAnswer(Answer):
    """A status, in words, and when it was entered."""

    status: str
    description: str | None
    last_update: Time


class RecipientAnswer(Answer):
    """Who was notified: the address, and the party it belongs to when known."""

    email_address: str | None = None
    mobile_number: str | None = None
    organization_number: str | None = None
    national_identity_number: str | None = None
    is_reserved: bool | None = None


class SendDetails(Answer):
    """One e-mail or SMS."""

    id: str
    succeeded: bool
    recipient: RecipientAnswer
    send_status: StatusAnswer


class NotificationStatusDetails(Answer):
    """What was sent: the latest of each kind, and all of them."""

    email: SendDetails | None = None
    sms: SendDetails | None = None
    emails: list[SendDetails] = Field(default_factory=list)
    smses: list[SendDetails] = Field(default_factory=list)


class NotificationAnswer(Answer):
    """`NotificationExt`."""

    id: str
    senders_reference: str | None
    creator: str
    created: Time
    is_reminder: bool
    notification_channel: Channel
    ignore_reservation: bool | None
    resource_id: str | None
    processing_status: StatusAnswer
    notification_status_details: NotificationStatusDetails

    @classmethod
    def of(cls, state: Correspondence, one: Notification, *, owner_code: str | None = None) -> "NotificationAnswer":
        """One e-mail or SMS about this correspondence, made for the owner of its resource."""
        sent = _sent(one)
        details = (
            NotificationStatusDetails(email=sent, emails=[sent])
            if one.medium is Medium.EMAIL
            else NotificationStatusDetails(sms=sent, smses=[sent])
        )
        status, description = _PROCESSING if one.state is NotificationState.SENDING else _COMPLETED
        return cls(
            id=one.id,
            senders_reference=state.senders_reference,
            creator=owner_code or CREATOR_UNKNOWN,
            created=one.created,
            is_reminder=one.is_reminder,
            notification_channel=_channel(state, one),
            ignore_reservation=state.ignore_reservation,
            resource_id=state.resource_id,
            processing_status=StatusAnswer(status=status, description=description, last_update=one.changed),
            notification_status_details=details,
        )


def _channel(state: Correspondence, one: Notification) -> Channel:
    """The channel that was asked for."""
    if state.notification is None:
        return Channel(one.medium.value)
    reminder = state.notification.reminder_channel if one.is_reminder else None
    return reminder or state.notification.channel


def _sent(one: Notification) -> SendDetails:
    kind = party_kind(one.recipient) if one.recipient is not None else None
    number = party_number(one.recipient) if one.recipient is not None else None
    recipient = RecipientAnswer(
        email_address=(one.address or None) if one.medium is Medium.EMAIL else None,
        mobile_number=(one.address or None) if one.medium is Medium.SMS else None,
        organization_number=number if kind is PartyKind.ORGANISATION else None,
        national_identity_number=number if kind is PartyKind.PERSON else None,
        is_reserved=True if one.failure is Failure.RECIPIENT_RESERVED else None,
    )
    return SendDetails(
        id=one.id,
        succeeded=one.state in _ARRIVES,
        recipient=recipient,
        send_status=send_status(one),
    )


def send_status(one: Notification) -> StatusAnswer:
    """How far it has come, and why no further."""
    status, description = _SEND_STATUS.get((one.medium, one.state), _UNKNOWN)
    if one.failure is not None:
        status, description = f"{status}_{one.failure}", _WHY[one.failure]
    return StatusAnswer(status=status, description=description, last_update=one.changed)
