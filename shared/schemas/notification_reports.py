"""Event Grid's reports of deliveries, as Communication Services sends them: what became of an e-mail or an SMS."""

from collections.abc import Mapping

from pydantic import Field

from shared.domain.notification import Failure
from shared.domain.notification_outcomes import DeliveryReport, tagged
from shared.schemas import event_grid
from shared.schemas.base import Wire
from shared.schemas.event_grid import NotAnEvent, ValidationResponse

EMAIL = "Microsoft.Communication.EmailDeliveryReportReceived"
SMS = "Microsoft.Communication.SMSDeliveryReportReceived"
_ON_ITS_WAY = frozenset({"expanded", "outfordelivery", "sent"})
_FAILURES: Mapping[str, Failure | None] = {
    "bounced": Failure.BOUNCED,
    "failed": None,
    "filteredspam": Failure.FILTERED_SPAM,
    "quarantined": Failure.QUARANTINED,
    "suppressed": Failure.SUPPRESSED_RECIPIENT,
}
"""What each status but `delivered` means, in lower case: samples of the service differ in case."""


class _Email(Wire):
    message_id: str = Field(min_length=1)
    status: str


class _Sms(Wire):
    delivery_status: str
    tag: str | None = None


def reports(body: bytes) -> list[DeliveryReport | ValidationResponse | None]:
    """What the events say; None for what is on its way still, or not ours. Raises NotAnEvent."""
    return event_grid.events(body, {EMAIL: _email, SMS: _sms})


def _email(data: object) -> DeliveryReport | None:
    """The id of the message is that of the operation that sent it."""
    given = _Email.model_validate(data)
    status = given.status.strip().lower()
    if not _is_final(status):
        return None
    return DeliveryReport(
        notification=given.message_id.strip().lower(),
        delivered=status == "delivered",
        failure=_FAILURES.get(status),
    )


def _sms(data: object) -> DeliveryReport | None:
    given = _Sms.model_validate(data)
    status, ours = given.delivery_status.strip().lower(), tagged(given.tag or "")
    if not _is_final(status) or ours is None:
        return None
    about, notification = ours
    return DeliveryReport(notification=notification, delivered=status == "delivered", about=about)


def _is_final(status: str) -> bool:
    """Raises NotAnEvent for a status that nobody has told us of."""
    if status in _ON_ITS_WAY:
        return False
    if status != "delivered" and status not in _FAILURES:
        raise NotAnEvent("Unknown delivery status")
    return True
