"""What recipients do with a correspondence besides reading it: where they keep it, and whom they forward it to.

Where it is kept is an addition to the wire contract (design 10); forwarding is its C11 and C15.
"""

from fastapi import Response

from functions.http.answering import Context, CorrespondenceIdPath, body, id_body
from functions.http.correspondences import ONE, TAG
from functions.http.operation import JSON, Operation, Policy
from shared.domain.identifiers import CorrespondenceId
from shared.schemas.forwarding import ForwardCorrespondence, MayForward
from shared.usecases import acting, forwarding


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


async def forward_correspondence(
    call: Context, correspondence_id: CorrespondenceIdPath, request: ForwardCorrespondence
) -> Response:
    """C11: send it, with its files, to an e-mail address. Answers the id of the forwarding."""
    id_ = CorrespondenceId(str(correspondence_id))
    return id_body(
        await forwarding.forward(call.app, call.caller, id_, request.forward_to, request.forwarding_text or "")
    )


async def check_forwarding(call: Context, correspondence_id: CorrespondenceIdPath) -> Response:
    """C15: whether its sender lets it be forwarded."""
    allowed = await forwarding.may_forward(call.app, CorrespondenceId(str(correspondence_id)))
    return body(MayForward(allow_forwarding=allowed))


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
    Operation(
        endpoint=forward_correspondence,
        method="POST",
        path=ONE + "/forward",
        policy=Policy.RECIPIENT,
        tag=TAG,
        consumes=JSON,
        answer=str,
    ),
    Operation(
        endpoint=check_forwarding,
        method="GET",
        path=ONE + "/forward/check",
        policy=Policy.FORWARD_CHECK,
        tag=TAG,
        answer=MayForward,
        hidden=True,
    ),
)
"""Every operation with what it states."""
