"""What recipients do besides reading: where they keep a correspondence. Additions to the wire contract (design 10)."""

from fastapi import Response

from functions.http.answering import Context, CorrespondenceIdPath, id_body
from functions.http.correspondences import ONE, TAG
from functions.http.operation import Operation, Policy
from shared.domain.identifiers import CorrespondenceId
from shared.usecases import acting


async def archive_correspondence(call: Context, correspondence_id: CorrespondenceIdPath) -> Response:
    """Put it into the archive; nobody is reminded of it any more."""
    await acting.archive(call.app, call.caller, CorrespondenceId(str(correspondence_id)))
    return id_body(str(correspondence_id))


async def unarchive_correspondence(call: Context, correspondence_id: CorrespondenceIdPath) -> Response:
    """Take it out of the archive."""
    await acting.unarchive(call.app, call.caller, CorrespondenceId(str(correspondence_id)))
    return id_body(str(correspondence_id))


async def mark_correspondence_as_unread(call: Context, correspondence_id: CorrespondenceIdPath) -> Response:
    """Let it stand as unopened until it is opened again."""
    await acting.mark_as_unread(call.app, call.caller, CorrespondenceId(str(correspondence_id)))
    return id_body(str(correspondence_id))


OPERATIONS = (
    Operation(
        endpoint=archive_correspondence,
        method="POST",
        path=ONE + "/archive",
        policy=Policy.RECIPIENT,
        tag=TAG,
        answer=str,
    ),
    Operation(
        endpoint=unarchive_correspondence,
        method="POST",
        path=ONE + "/unarchive",
        policy=Policy.RECIPIENT,
        tag=TAG,
        answer=str,
    ),
    Operation(
        endpoint=mark_correspondence_as_unread,
        method="POST",
        path=ONE + "/markasunread",
        policy=Policy.RECIPIENT,
        tag=TAG,
        answer=str,
    ),
)
"""Every operation with what it states."""
