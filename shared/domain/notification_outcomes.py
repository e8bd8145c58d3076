"""What became of a notification, and what the sender is told of it. Pure."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from shared.domain.correspondence import Correspondence, CorrespondenceChange
from shared.domain.facts import FactType
from shared.domain.identifiers import CorrespondenceId, as_guid
from shared.domain.notification import Failure, Notification, NotificationState
from shared.domain.publishing import tell

_KNOWS = {
    NotificationState.SENDING: 0,
    NotificationState.UNKNOWN: 1,
    NotificationState.SENT: 2,
    NotificationState.DELIVERED: 3,
    NotificationState.FAILED: 3,
}
"""How much a state says; what says more is never overwritten by what says less."""
_NEVER_MADE = frozenset({Failure.RECIPIENT_NOT_IDENTIFIED, Failure.RECIPIENT_RESERVED})


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryReport:
    """What Communication Services says of one e-mail or SMS: it arrived, or (`failure`) why it did not.

    `about` is the correspondence, None when the report does not say.
    """

    notification: str
    delivered: bool
    failure: Failure | None = None
    about: CorrespondenceId | None = None

    def outcome(self) -> NotificationState:
        """The state that it brings the notification to."""
        return NotificationState.DELIVERED if self.delivered else NotificationState.FAILED


def recorded(
    current: Correspondence, known: Sequence[Notification], outcomes: Sequence[Notification], *, tells: bool = True
) -> CorrespondenceChange:
    """The outcomes that say more than what is `known` are on record, with the facts they mean. Maybe nothing."""
    after = {one.id: one for one in known}
    new = [one for one in outcomes if _says_more(one, after.get(one.id))]
    change = CorrespondenceChange(state=current, rows=tuple(new))
    if not tells:
        return change
    for one in new:
        earlier = after.get(one.id)
        after[one.id] = one
        for fact in _facts(one, earlier, current, after.values()):
            about = one.id if fact is FactType.NOTIFICATION_CREATED else current.id
            reminder = str(one.is_reminder).lower()
            change = tell(change, fact, now=one.changed, item=about, medium=one.medium, reminder=reminder)
    return change


def tag_of(correspondence: CorrespondenceId, notification: str) -> str:
    """What an SMS carries along and its report brings back: what it is about, and which one it is."""
    return f"{correspondence}/{notification}"


def tagged(tag: str) -> tuple[CorrespondenceId, str] | None:
    """What `tag_of` was made of; None for a tag that is not ours."""
    about, _, notification = tag.partition("/")
    if as_guid(about) is None or as_guid(notification) is None:
        return None
    return CorrespondenceId(about), notification


def is_open(notification: Notification | None) -> bool:
    """True while it is to be sent."""
    return notification is None or notification.state is NotificationState.SENDING


def _says_more(outcome: Notification, known: Notification | None) -> bool:
    return known is None or _KNOWS[outcome.state] > _KNOWS[known.state]


def _facts(
    one: Notification, earlier: Notification | None, current: Correspondence, all_: Collection[Notification]
) -> list[FactType]:
    """Source: wire contract 8.6 and 9.2. What arrives before we know that it was accepted was created all the same."""
    match one.state:
        case NotificationState.SENT:
            return [FactType.NOTIFICATION_CREATED]
        case NotificationState.DELIVERED:
            arrived = FactType.REMINDER_DELIVERED if one.is_reminder else FactType.NOTIFICATION_DELIVERED
            was_sent = earlier is not None and earlier.state is NotificationState.SENT
            return [arrived] if was_sent else [FactType.NOTIFICATION_CREATED, arrived]
        case NotificationState.FAILED if one.failure in _NEVER_MADE:
            return [FactType.NOTIFICATION_CREATION_FAILED]
        case NotificationState.FAILED if one.recipient == current.recipient and _all_failed(one, all_):
            return [FactType.NOTIFICATION_ALL_FAILED]
        case _:
            return [FactType.NOTIFICATION_FAILED]


def _all_failed(one: Notification, all_: Collection[Notification]) -> bool:
    """Of everything that was sent to this recipient at this time, nothing arrived, and nothing is on its way."""
    order = [n for n in all_ if n.recipient == one.recipient and n.is_reminder is one.is_reminder]
    return all(n.state is NotificationState.FAILED for n in order)
