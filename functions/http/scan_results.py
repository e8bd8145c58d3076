"""The webhook that Event Grid tells about scans of Microsoft Defender for Storage."""

from fastapi import Request, Response
from fastapi.responses import JSONResponse, PlainTextResponse

from functions.http.answering import Context, body
from functions.http.operation import BASE, JSON, Operation, Policy
from shared.domain.errors import DomainError
from shared.domain.scan_results import ScanResult
from shared.schemas.event_grid import NotAnEvent, ValidationResponse
from shared.schemas.scan_results import events
from shared.usecases import scanning


async def receive_scan_results(call: Context, request: Request) -> Response:
    """Verdicts about attachments, one event or several, and the handshake of the event subscription.

    Every event is acted on; then the first refusal among them is answered. Source: wire contract 13.8.
    """
    try:
        given = events(await request.body())
    except NotAnEvent as error:
        return PlainTextResponse(str(error), 400)
    refused: DomainError | None = None
    for event in given:
        if isinstance(event, ValidationResponse):
            return body(event)
        refused = await _record(call, event) or refused
    if refused is not None:
        raise refused
    return JSONResponse({})


async def _record(call: Context, result: ScanResult) -> DomainError | None:
    try:
        await scanning.record_result(call.app, result)
    except DomainError as refusal:
        return refusal
    return None


OPERATIONS = (
    Operation(
        endpoint=receive_scan_results,
        method="POST",
        path=BASE + "/webhooks/malwarescanresults",
        policy=Policy.SCAN_RESULTS,
        tag="Webhooks",
        produces=None,
        consumes=JSON,
        hidden=True,
    ),
)
"""Every operation with what it states."""
