"""What a caller sees of a correspondence, as the body of an answer."""

from typing import Any

from shared.schemas.notification_answers import NotificationAnswer, NotificationSummary
from shared.schemas.responses import CorrespondenceDetails, CorrespondenceOverview, StatusEntry, correspondence_members
from shared.usecases.reading import CorrespondenceView


def overview_of(view: CorrespondenceView) -> CorrespondenceOverview:
    """The overview, with a line for each notification."""
    notifications = [NotificationSummary.of(one) for one in view.notifications]
    return CorrespondenceOverview(**_members(view), notifications=notifications)


def details_of(view: CorrespondenceView) -> CorrespondenceDetails:
    """The overview with its history, and what became of each notification."""
    notifications = [NotificationAnswer.of(view.state, one, owner_code=view.owner_code) for one in view.notifications]
    return CorrespondenceDetails(
        **_members(view),
        notifications=notifications,
        status_history=StatusEntry.all(view.history),
        system_label=view.system_label,
    )


def _members(view: CorrespondenceView) -> dict[str, Any]:
    return correspondence_members(view.state, view.content, view.shown_body, view.attachments)
