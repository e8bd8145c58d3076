"""What was sent about a message, for its sender. An addition to the wire contract (design 9)."""

from fastapi import Response

from functions.http.answering import Context, CorrespondenceIdPath, body
from functions.http.correspondences import ONE, TAG
from functions.http.operation import Operation, Policy
from shared.domain.identifiers import CorrespondenceId
from shared.schemas.notification_history import NotificationHistory
from shared.usecases import reading


async def get_correspondence_notifications(call: Context, correspondence_id: CorrespondenceIdPath) -> Response:
    """Every e-mail and SMS about it: when, where (masked) and what became of it. For the sender; leaves no trace."""
    id_ = CorrespondenceId(str(correspondence_id))
    return body(NotificationHistory.of(id_, await reading.notifications(call.app, call.caller, id_)))


OPERATIONS = (
    Operation(
        endpoint=get_correspondence_notifications,
        method="GET",
        path=ONE + "/notifications",
        policy=Policy.SENDER,
        tag=TAG,
        answer=NotificationHistory,
    ),
)
"""Every operation with what it states."""
