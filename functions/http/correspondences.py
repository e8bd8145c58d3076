"""Operations on correspondences. Source: wire contract 1.1 and 1.2, with its numbers C1 to C14."""

from contextlib import AsyncExitStack
from dataclasses import replace

from fastapi import Request, Response

from functions.http import search
from functions.http.accepting import chosen
from functions.http.answering import AttachmentIdPath, Context, CorrespondenceIdPath, body, id_body
from functions.http.contents import page_body, text_body
from functions.http.files import bytes_for_recipient
from functions.http.operation import BASE, FORM, HTML, JSON, TEXT, Operation, Policy
from functions.http.uploads import staged_form, unkept
from functions.http.views import details_of, overview_of
from functions.http.zips import zip_for_recipient
from shared.domain.identifiers import AttachmentId, CorrespondenceId
from shared.domain.requests import Initialised
from shared.schemas.dry_run import DryRunAnswer
from shared.schemas.forms import read_form
from shared.schemas.requests import InitializeCorrespondences, InitializeQuery, digest
from shared.schemas.responses import (
    CorrespondenceDetails,
    CorrespondenceOverview,
    InitializeCorrespondencesResponse,
    MaySend,
)
from shared.schemas.search import SearchAnswer, SearchQuery
from shared.usecases import acting, downloading, dry_run, initialise, notifying, reading, searching
from shared.usecases.judging import SentFile

ROOT = BASE + "/correspondence"
ONE = ROOT + "/{correspondenceId}"
TAG = "Correspondence"


async def initialise_correspondences(call: Context, request: InitializeCorrespondences, http: Request) -> Response:
    """C1: send a message to one or many recipients, with attachments that exist already; or see what would come."""
    message = request.to_domain()
    if InitializeQuery.of(http.query_params).dry_run:
        return body(DryRunAnswer.of(await dry_run.dry_run(call.app, call.caller, message)))
    return _initialised(await initialise.initialise(call.app, call.caller, message))


async def upload_correspondences(call: Context, request: Request) -> Response:
    """C2: send a message with files, as a form. Files are stored while they arrive and committed at the end.

    In a dry run they are counted, digested and forgotten.
    """
    is_dry_run = InitializeQuery.of(request.query_params).dry_run
    async with AsyncExitStack() as stack:
        form = await staged_form(call.app, request, stack, uploads=unkept if is_dry_run else call.app.blobs.upload)
        message = read_form(form.fields).to_domain()
        message = replace(message, digest=digest(message, [file.file_name for file in form.files]))
        if is_dry_run:
            files = [SentFile(f.file_name, f.size, f.sha256, (await f.upload.commit()).md5) for f in form.files]
            return body(DryRunAnswer.of(await dry_run.dry_run(call.app, call.caller, message, files)))
        return _initialised(await initialise.initialise(call.app, call.caller, message, form.files))


async def search_correspondences(call: Context, request: Request) -> Response:
    """C5: ids of correspondences of a resource, newest first, at once or in pages."""
    asked = search.of(SearchQuery.of(request.query_params))
    return body(search.answer(asked, await searching.search(call.app, call.caller, asked)))


async def get_correspondence(call: Context, correspondence_id: CorrespondenceIdPath) -> Response:
    """C3: a correspondence as it stands."""
    return body(overview_of(await reading.overview(call.app, call.caller, CorrespondenceId(str(correspondence_id)))))


async def get_correspondence_details(call: Context, correspondence_id: CorrespondenceIdPath) -> Response:
    """C4: a correspondence with its history and what was notified."""
    return body(details_of(await reading.details(call.app, call.caller, CorrespondenceId(str(correspondence_id)))))


async def mark_correspondence_as_read(call: Context, correspondence_id: CorrespondenceIdPath) -> Response:
    """C6: read it without opening it."""
    await acting.mark_as_read(call.app, call.caller, CorrespondenceId(str(correspondence_id)))
    return id_body(str(correspondence_id))


async def confirm_correspondence(call: Context, correspondence_id: CorrespondenceIdPath) -> Response:
    """C7: confirm that it was received."""
    await acting.confirm(call.app, call.caller, CorrespondenceId(str(correspondence_id)))
    return id_body(str(correspondence_id))


async def purge_correspondence(call: Context, correspondence_id: CorrespondenceIdPath) -> Response:
    """C8: remove it: the recipient after publication, the sender before."""
    await acting.purge(call.app, call.caller, CorrespondenceId(str(correspondence_id)))
    return id_body(str(correspondence_id))


async def download_correspondence_attachment(
    call: Context, correspondence_id: CorrespondenceIdPath, attachment_id: AttachmentIdPath, request: Request
) -> Response:
    """C9: the bytes of one attachment, whole or a range of them."""
    id_, file = CorrespondenceId(str(correspondence_id)), AttachmentId(str(attachment_id))
    return await bytes_for_recipient(await downloading.download(call.app, call.caller, id_, file), request)


async def download_all_correspondence_attachments(call: Context, correspondence_id: CorrespondenceIdPath) -> Response:
    """C10: all attachments as one ZIP."""
    id_ = CorrespondenceId(str(correspondence_id))
    return await zip_for_recipient(await downloading.download_all(call.app, call.caller, id_))


async def get_correspondence_content(
    call: Context, correspondence_id: CorrespondenceIdPath, request: Request
) -> Response:
    """C12: the body as Markdown, or as HTML for whom asks for it; opening it is reading it."""
    id_ = CorrespondenceId(str(correspondence_id))
    if chosen(request.headers.get("accept"), (TEXT, HTML)) == HTML:
        return page_body(await reading.open_page(call.app, call.caller, id_))
    return text_body(await reading.open_content(call.app, call.caller, id_))


async def check_reminder(call: Context, correspondence_id: CorrespondenceIdPath) -> Response:
    """C13: may a reminder still go out?"""
    may = await notifying.may_send(call.app, CorrespondenceId(str(correspondence_id)), reminder=True)
    return body(MaySend(send_notification=may))


async def check_main_notification(call: Context, correspondence_id: CorrespondenceIdPath) -> Response:
    """C14: may the first notification still go out?"""
    may = await notifying.may_send(call.app, CorrespondenceId(str(correspondence_id)), reminder=False)
    return body(MaySend(send_notification=may))


def _initialised(answer: Initialised) -> Response:
    headers = {"Idempotent-Replayed": "true"} if answer.replayed else {}
    return body(InitializeCorrespondencesResponse.of(answer), headers=headers)


OPERATIONS = (
    Operation(
        endpoint=initialise_correspondences,
        method="POST",
        path=ROOT,
        policy=Policy.SENDER,
        tag=TAG,
        consumes=JSON,
        query=InitializeQuery,
        answer=InitializeCorrespondencesResponse | DryRunAnswer,
    ),
    Operation(
        endpoint=upload_correspondences,
        method="POST",
        path=ROOT + "/upload",
        policy=Policy.SENDER,
        tag=TAG,
        consumes=FORM,
        max_bytes=None,
        query=InitializeQuery,
        answer=InitializeCorrespondencesResponse | DryRunAnswer,
    ),
    Operation(
        endpoint=search_correspondences,
        method="GET",
        path=ROOT,
        policy=Policy.SENDER_OR_RECIPIENT,
        tag=TAG,
        query=SearchQuery,
        answer=SearchAnswer,
    ),
    Operation(
        endpoint=get_correspondence,
        method="GET",
        leaves_trace=True,
        path=ONE,
        policy=Policy.SENDER_OR_RECIPIENT,
        tag=TAG,
        answer=CorrespondenceOverview,
    ),
    Operation(
        endpoint=get_correspondence_details,
        method="GET",
        leaves_trace=True,
        path=ONE + "/details",
        policy=Policy.SENDER_OR_RECIPIENT,
        tag=TAG,
        answer=CorrespondenceDetails,
    ),
    Operation(
        endpoint=mark_correspondence_as_read,
        method="POST",
        path=ONE + "/markasread",
        policy=Policy.RECIPIENT,
        tag=TAG,
        answer=str,
    ),
    Operation(
        endpoint=confirm_correspondence,
        method="POST",
        path=ONE + "/confirm",
        policy=Policy.RECIPIENT,
        tag=TAG,
        answer=str,
    ),
    Operation(
        endpoint=purge_correspondence,
        method="DELETE",
        path=ONE + "/purge",
        policy=Policy.SENDER_OR_RECIPIENT,
        tag=TAG,
        answer=str,
    ),
    Operation(
        endpoint=download_correspondence_attachment,
        method="GET",
        leaves_trace=True,
        path=ONE + "/attachment/{attachmentId}/download",
        policy=Policy.DOWNLOAD,
        tag=TAG,
        produces=None,
    ),
    Operation(
        endpoint=download_all_correspondence_attachments,
        method="GET",
        leaves_trace=True,
        path=ONE + "/attachments/downloadall",
        policy=Policy.DOWNLOAD,
        tag=TAG,
        produces=None,
    ),
    Operation(
        endpoint=get_correspondence_content,
        method="GET",
        leaves_trace=True,
        path=ONE + "/content",
        policy=Policy.RECIPIENT,
        tag=TAG,
        produces=TEXT,
        alternatives=(HTML,),
    ),
    Operation(
        endpoint=check_reminder,
        method="GET",
        path=ONE + "/notification/check",
        policy=Policy.NOTIFICATION_CHECK,
        tag=TAG,
        produces=None,
        answer=MaySend,
        hidden=True,
    ),
    Operation(
        endpoint=check_main_notification,
        method="GET",
        path=ONE + "/notification/check/main",
        policy=Policy.NOTIFICATION_CHECK,
        tag=TAG,
        produces=None,
        answer=MaySend,
        hidden=True,
    ),
)
"""Every operation with what it states."""
