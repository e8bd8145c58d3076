"""The webhook that Event Grid calls with reports of e-mail and SMS from Communication Services."""

from fastapi import Request, Response
from fastapi.responses import JSONResponse, PlainTextResponse

from functions.http.answering import Context, body
from functions.http.operation import BASE, JSON, Operation, Policy
from shared.schemas.event_grid import NotAnEvent, ValidationResponse
from shared.schemas.notification_reports import reports
from shared.usecases import notifying


async def receive_notification_reports(call: Context, request: Request) -> Response:
    """What became of notifications, one event or several, and the handshake of the event subscription."""
    try:
        given = reports(await request.body())
    except NotAnEvent as error:
        return PlainTextResponse(str(error), 400)
    for one in given:
        if isinstance(one, ValidationResponse):
            return body(one)
        if one is not None:
            await notifying.report(call.app, one)
    return JSONResponse({})


OPERATIONS = (
    Operation(
        endpoint=receive_notification_reports,
        method="POST",
        path=BASE + "/webhooks/notificationreports",
        policy=Policy.NOTIFICATION_REPORTS,
        tag="Webhooks",
        produces=None,
        consumes=JSON,
        hidden=True,
    ),
)
"""Every operation with what it states."""
