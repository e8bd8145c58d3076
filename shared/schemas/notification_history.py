"""What was sent about a correspondence, as its sender may see it: addresses masked."""

from collections.abc import Sequence

from shared.domain.identifiers import CorrespondenceId
from shared.domain.notification import Medium, Notification, masked
from shared.schemas.base import Answer, Time
from shared.schemas.notification_answers import StatusAnswer, send_status


class SentNotification(Answer):
    """One e-mail or SMS."""

    notification_id: str
    medium: Medium
    masked_address: str
    is_reminder: bool
    created: Time
    send_status: StatusAnswer

    @classmethod
    def of(cls, one: Notification) -> "SentNotification":
        """Where it went and what became of it; nobody who could be reached has no address."""
        return cls(
            notification_id=one.id,
            medium=one.medium,
            masked_address=masked(one.medium, one.address),
            is_reminder=one.is_reminder,
            created=one.created,
            send_status=send_status(one),
        )


class NotificationHistory(Answer):
    """Everything that was sent, oldest first."""

    correspondence_id: str
    notifications: list[SentNotification]

    @classmethod
    def of(cls, id_: CorrespondenceId, sent: Sequence[Notification]) -> "NotificationHistory":
        """Of this correspondence."""
        return cls(correspondence_id=id_, notifications=[SentNotification.of(one) for one in sent])
