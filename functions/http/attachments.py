"""Operations on attachments, for their senders. Source: wire contract 1.3, with its numbers A1 to A6."""

from fastapi import Request, Response

from functions.http.answering import AttachmentIdPath, Context, body, id_body
from functions.http.files import bytes_for_sender
from functions.http.operation import BASE, BYTES, JSON, Operation, Policy
from functions.http.uploads import chunks_of
from shared.domain.identifiers import AttachmentId
from shared.schemas.direct_uploads import UploadCompleted, UploadLink
from shared.schemas.requests import InitializeAttachment
from shared.schemas.responses import AttachmentDetails, AttachmentOverview, StatusEntry, attachment_members
from shared.usecases import attachments, direct_uploads

ROOT = BASE + "/attachment"
ONE = ROOT + "/{attachmentId}"
TAG = "Attachment"


async def initialise_attachment(call: Context, request: InitializeAttachment) -> Response:
    """A1: announce a file; its bytes follow."""
    return id_body(await attachments.initialise_attachment(call.app, call.caller, request.to_domain()))


async def upload_attachment(call: Context, attachment_id: AttachmentIdPath, request: Request) -> Response:
    """A2: the bytes of the file, as they are."""
    length = request.headers.get("content-length", "")
    view = await attachments.upload(
        call.app,
        call.caller,
        AttachmentId(str(attachment_id)),
        chunks_of(request),
        content_length=int(length) if length.isascii() and length.isdigit() else None,
    )
    return _overview(view)


async def link_attachment_upload(call: Context, attachment_id: AttachmentIdPath) -> Response:
    """A link to write the file straight to the storage, for files that are too large for one request here.

    It takes one `PUT`, or the blocks of a block blob and their list. Within 24 hours the upload is to be completed;
    until then a new link can be asked for.
    """
    begun = await direct_uploads.begin(call.app, call.caller, AttachmentId(str(attachment_id)))
    headers = {"x-ms-blob-type": "BlockBlob"}
    link = UploadLink(url=begun.link.url, headers=headers, expires=begun.link.expires, max_bytes=begun.max_bytes)
    return body(link)


async def complete_attachment_upload(
    call: Context, attachment_id: AttachmentIdPath, request: UploadCompleted
) -> Response:
    """What was written to the link is the file: its size and digest are checked, and it waits for its scan."""
    said = direct_uploads.Declared(size=request.size, sha256=request.sha256 or "", md5=request.md5 or "")
    return _overview(await direct_uploads.complete(call.app, call.caller, AttachmentId(str(attachment_id)), said))


async def get_attachment(call: Context, attachment_id: AttachmentIdPath) -> Response:
    """A3: the file's state, and which correspondences use it."""
    return _overview(await attachments.overview(call.app, call.caller, AttachmentId(str(attachment_id))))


async def get_attachment_details(call: Context, attachment_id: AttachmentIdPath) -> Response:
    """A4: the same with its history."""
    view = await attachments.details(call.app, call.caller, AttachmentId(str(attachment_id)))
    members = attachment_members(view.attachment, view.correspondence_ids)
    members["display_name"] = view.attachment.display_name or view.attachment.file_name
    return body(AttachmentDetails(**members, status_history=StatusEntry.all(view.history)))


async def delete_attachment(call: Context, attachment_id: AttachmentIdPath) -> Response:
    """A5: remove a file that no correspondence uses."""
    await attachments.delete(call.app, call.caller, AttachmentId(str(attachment_id)))
    return Response(status_code=204)


async def download_attachment(call: Context, attachment_id: AttachmentIdPath, request: Request) -> Response:
    """A6: the bytes, until a correspondence that uses them is published."""
    id_ = AttachmentId(str(attachment_id))
    return await bytes_for_sender(await attachments.download_as_sender(call.app, call.caller, id_), request)


def _overview(view: attachments.AttachmentView) -> Response:
    return body(AttachmentOverview(**attachment_members(view.attachment, view.correspondence_ids)))


OPERATIONS = (
    Operation(
        endpoint=initialise_attachment,
        method="POST",
        path=ROOT,
        policy=Policy.SENDER,
        tag=TAG,
        consumes=JSON,
        answer=str,
    ),
    Operation(
        endpoint=upload_attachment,
        method="POST",
        path=ONE + "/upload",
        policy=Policy.SENDER,
        tag=TAG,
        consumes=BYTES,
        max_bytes=None,
        answer=AttachmentOverview,
    ),
    Operation(
        endpoint=link_attachment_upload,
        method="POST",
        path=ONE + "/upload-link",
        policy=Policy.SENDER,
        tag=TAG,
        answer=UploadLink,
    ),
    Operation(
        endpoint=complete_attachment_upload,
        method="POST",
        path=ONE + "/upload-complete",
        policy=Policy.SENDER,
        tag=TAG,
        consumes=JSON,
        answer=AttachmentOverview,
    ),
    Operation(
        endpoint=get_attachment, method="GET", path=ONE, policy=Policy.SENDER, tag=TAG, answer=AttachmentOverview
    ),
    Operation(
        endpoint=get_attachment_details,
        method="GET",
        path=ONE + "/details",
        policy=Policy.SENDER,
        tag=TAG,
        answer=AttachmentDetails,
    ),
    Operation(endpoint=delete_attachment, method="DELETE", path=ONE, policy=Policy.SENDER, tag=TAG),
    Operation(
        endpoint=download_attachment,
        method="GET",
        path=ONE + "/download",
        policy=Policy.SENDER,
        tag=TAG,
        produces=None,
    ),
)
"""Every operation with what it states."""
