"""The rim around every HTTP operation: trace, token, Accept, Content-Type, size, errors, headers, one log line."""

import re
import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, PlainTextResponse
from starlette.datastructures import Headers, MutableHeaders, QueryParams
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from functions.http import composition, cors
from functions.http.accepting import accepts
from functions.http.operation import BY_EVENT_GRID, BYTES, Operation, Policy, admits, must_be_exchanged
from functions.http.problems import invalid, problem, refused
from shared.domain.errors import Conflict, DomainError, ErrorKind, InvalidRequest, Refusal, Rejected, Unavailable
from shared.domain.policy import Subject
from shared.schemas.base import faults
from shared.telemetry import Log, trace_id

STATUS: Mapping[ErrorKind, int] = {
    ErrorKind.INVALID: 400,
    ErrorKind.NO_ACCESS: 401,
    ErrorKind.FORBIDDEN: 403,
    ErrorKind.NOT_FOUND: 404,
    ErrorKind.CONFLICT: 409,
    ErrorKind.TOO_SLOW: 408,
    ErrorKind.TOO_LARGE: 413,
    ErrorKind.UNPROCESSABLE: 422,
    ErrorKind.LEGAL: 451,
    ErrorKind.BROKEN: 500,
    ErrorKind.UPSTREAM: 502,
}
"""The HTTP status of each kind of refusal. Source: wire contract 5.9."""

SECURITY_HEADERS = {"X-Content-Type-Options": "nosniff", "Cache-Control": "no-store"}
SECRET_HEADER = "X-Webhook-Secret"  # noqa: S105  The name of a header.
DEFAULT_RETRY_SECONDS = 5
EXCHANGE_FIRST = "A Maskinporten token must be exchanged for an Altinn token before it can be used here"
TOO_LARGE = (
    "The request is larger than the {limit} bytes that this server takes in one piece. "
    "Ask for a link (POST .../attachment/{{id}}/upload-link) and write the file straight to the storage"
)

_TRACE = "correspondence.trace"
_TRACEPARENT = re.compile(r"(?!ff)[0-9a-f]{2}-(?!0{32})([0-9a-f]{32})-(?!0{16})[0-9a-f]{16}-([0-9a-f]{2})(?:-.*)?")
_log = Log("http")


@dataclass(slots=True)
class _Exchange:
    """What is known of an answer while it goes out."""

    send: Send
    origin: str | None
    status: int = 0
    number: int | None = None

    async def pass_on(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            headers = MutableHeaders(raw=list(message["headers"]))
            headers.update(SECURITY_HEADERS | cors.answer_headers(self.origin))
            message = {**message, "headers": headers.raw}
        await self.send(message)


def guard(operation: Operation, app: ASGIApp) -> ASGIApp:
    """The operation's own ASGI app inside its rim.

    Token (401, 403), Accept (406), Content-Type (415), size (413), then the app with its binding (400). What the app
    raises is answered as a problem; what nobody foresaw is raised again afterwards, so that the invocation fails.
    """

    async def guarded(scope: Scope, receive: Receive, send: Send) -> None:
        began, headers = time.perf_counter(), Headers(scope=scope)
        exchange = _Exchange(send, headers.get("origin"))
        trace, scope[_TRACE] = _trace_of(headers)
        token = trace_id.set(trace)
        try:
            await _serve(operation, app, exchange, scope, receive)
        finally:
            took_ms = round((time.perf_counter() - began) * 1000)
            number = {"number": exchange.number} if exchange.number is not None else {}
            _log.info(
                "http.answered",
                method=scope["method"],
                operation=operation.id,
                status=exchange.status,
                ms=took_ms,
                **number,
            )
            trace_id.reset(token)

    return guarded


async def _serve(operation: Operation, app: ASGIApp, exchange: _Exchange, scope: Scope, receive: Receive) -> None:
    failure: Exception | None = None
    try:
        refusal = await _admit(operation, scope)
        if refusal is None:
            await app(scope, _bounded(receive, _limit(operation, scope)), exchange.pass_on)
            return
        answer = refusal
    except Exception as error:
        if exchange.status:
            _log.error("http.broken_off", error=error, operation=operation.id)
            raise
        answer, failure = _answer_to(error, scope, exchange)
    await answer(scope, receive, exchange.pass_on)
    if failure is not None:
        raise failure


async def _admit(operation: Operation, scope: Scope) -> Response | None:
    """Leave the caller in the scope, or say why not: 401, 403, 406 or 415, in this order."""
    headers = Headers(scope=scope)
    if operation.policy is not Policy.PUBLIC:
        caller = await _caller(operation, scope, headers)
        if caller is None:
            return Response(status_code=401, headers={"WWW-Authenticate": "Bearer"})
        if must_be_exchanged(operation.policy, caller):
            return problem(403, EXCHANGE_FIRST, trace=scope[_TRACE])
        if not admits(operation.policy, caller):
            return Response(status_code=403)
        scope[composition.CALLER] = caller
    if not accepts(headers.get("accept"), operation.types):
        return PlainTextResponse(f"Supported media types: {', '.join(operation.types)}", 406)
    if not _is_of(headers.get("content-type"), operation.consumes):
        return problem(415, trace=scope[_TRACE])
    return None


async def _caller(operation: Operation, scope: Scope, headers: Headers) -> Subject | None:
    """Whom the token names; Event Grid may come with a shared secret instead, in a header or in the query."""
    if operation.policy in BY_EVENT_GRID:
        secret = headers.get(SECRET_HEADER) or QueryParams(scope["query_string"]).get("secret")
        if secret:
            return composition.subject_by_secret(operation.policy, secret)
    return await composition.subject_of(headers.get("authorization"))


def _is_of(content_type: str | None, consumes: str | None) -> bool:
    """Bytes without a type are taken for bytes; every other body must say what it is."""
    if consumes is None:
        return True
    if not content_type:
        return consumes == BYTES
    return content_type.partition(";")[0].strip().lower() == consumes


def _limit(operation: Operation, scope: Scope) -> int | None:
    """The most bytes that the body may have. Raises 7004 when it says that it has more."""
    if operation.consumes is None:
        return operation.max_bytes
    limits = [n for n in (operation.max_bytes, composition.the_app().rules.max_request_bytes) if n is not None]
    limit = min(limits, default=None)
    length = Headers(scope=scope).get("content-length", "")
    if limit is not None and length.isascii() and length.isdigit() and int(length) > limit:
        raise _too_large(limit)
    return limit


def _bounded(receive: Receive, limit: int | None) -> Receive:
    """The same body, that raises 7004 as soon as it is longer than allowed."""
    if limit is None:
        return receive
    taken = 0

    async def bounded() -> Message:
        nonlocal taken
        message = await receive()
        taken += len(message.get("body", b""))
        if taken > limit:
            raise _too_large(limit)
        return message

    return bounded


def _too_large(limit: int) -> DomainError:
    return DomainError(Refusal.REQUEST_TOO_LARGE, TOO_LARGE.format(limit=limit))


def _answer_to(error: Exception, scope: Scope, exchange: _Exchange) -> tuple[Response, Exception | None]:
    """The answer to what was raised, and the error itself when nobody foresaw it."""
    trace = scope[_TRACE]
    match error:
        case DomainError():
            exchange.number = error.refusal.number
            if error.refusal is Refusal.TEMPLATE_OUT_OF_RANGE:
                return JSONResponse(error.detail, 400), None  # Bare on purpose: wire contract 5.8.
            return refused(error, STATUS[error.refusal.kind], trace=trace), None
        case ClientDisconnect():  # Nobody reads the answer; it keeps the invocation from counting as failed.
            return refused(DomainError(Refusal.UPLOAD_TOO_SLOW), 408, trace=trace), None
        case InvalidRequest():
            return invalid(error.faults, trace=trace), None
        case Unavailable() | Conflict() | Rejected():
            return _answer_to_failure(error, trace), None
        case _:
            _log.error("http.failed", error=error)
            return problem(500, "", trace=trace), error


def _answer_to_failure(error: Unavailable | Conflict | Rejected, trace: str) -> Response:
    """A neighbour failed, or somebody was always faster: try again, unless the neighbour said no for good."""
    if isinstance(error, Rejected):
        _log.error("http.neighbour_refused", neighbour=error.neighbour, reason=error.reason)
        return problem(502, "Another system refused what this request needs", trace=trace)
    wait = 1
    if isinstance(error, Unavailable):
        _log.warning("http.neighbour_unavailable", neighbour=error.neighbour)
        wait = max(1, round(error.retry_after.total_seconds())) if error.retry_after else DEFAULT_RETRY_SECONDS
    detail = f"The service is busy; try again in {wait} s"
    return problem(503, detail, trace=trace, headers={"Retry-After": str(wait)})


def _trace_of(headers: Headers) -> tuple[str, str]:
    """The trace id of the request, or a new one, and the trace parent that problems show."""
    match = _TRACEPARENT.fullmatch(headers.get("traceparent", ""))
    trace, flags = (match[1], match[2]) if match else (secrets.token_hex(16), "00")
    return trace, f"00-{trace}-{secrets.token_hex(8)}-{flags}"


async def _on_invalid(request: Request, error: Exception) -> Response:
    """Binding found faults."""
    found = error.errors() if isinstance(error, RequestValidationError) else ()
    return invalid(faults(found, drop=1), trace=_trace_in(request))


async def _on_http_error(request: Request, error: Exception) -> Response:
    """The framework refused: no such route, or a body that could not be read; a refusal of ours inside goes out."""
    if isinstance(error.__cause__, DomainError | ClientDisconnect):
        raise error.__cause__
    status = error.status_code if isinstance(error, HTTPException) else 500
    headers = error.headers if isinstance(error, HTTPException) else None
    if status == 400:
        return invalid(faults([{"type": "json_invalid", "loc": (), "msg": ""}]), trace=_trace_in(request))
    return problem(status, trace=_trace_in(request), headers=headers)


def _trace_in(request: Request) -> str:
    trace: str = request.scope.get(_TRACE) or _trace_of(request.headers)[1]
    return trace


def answer_errors_of(api: FastAPI) -> None:
    """Let the framework's own refusals have our bodies too."""
    api.add_exception_handler(RequestValidationError, _on_invalid)
    api.add_exception_handler(HTTPException, _on_http_error)
