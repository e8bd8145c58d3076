"""Bodies of refusals and failures. Source: wire contract 2.7."""

import json
from collections.abc import Iterable, Mapping
from http import HTTPStatus

from fastapi import Response

from shared.domain.errors import DomainError, FieldError

PROBLEM = "application/problem+json"
VALIDATION_CODE = "STD-00000"
FAULT_CODE = "CORR.VLD-00000"
_RFC9110 = "https://tools.ietf.org/html/rfc9110#section-"

_TYPES = {
    400: _RFC9110 + "15.5.1",
    401: _RFC9110 + "15.5.2",
    403: _RFC9110 + "15.5.4",
    404: _RFC9110 + "15.5.5",
    405: _RFC9110 + "15.5.6",
    406: _RFC9110 + "15.5.7",
    408: _RFC9110 + "15.5.9",
    409: _RFC9110 + "15.5.10",
    413: _RFC9110 + "15.5.14",
    415: _RFC9110 + "15.5.16",
    416: _RFC9110 + "15.5.17",
    422: _RFC9110 + "15.5.21",
    451: "https://tools.ietf.org/html/rfc7725#section-3",
    500: _RFC9110 + "15.6.1",
    502: _RFC9110 + "15.6.3",
    503: _RFC9110 + "15.6.4",
}
_TITLES = {422: "Unprocessable Entity"}


def problem(
    status: int,
    detail: str | None = None,
    *,
    trace: str,
    members: Mapping[str, object] | None = None,
    headers: Mapping[str, str] | None = None,
) -> Response:
    """A problem body. `trace` is the W3C trace parent of the request; `members` follow the standard ones."""
    body: dict[str, object] = {
        "type": _TYPES.get(status, "about:blank"),
        "title": _TITLES.get(status) or HTTPStatus(status).phrase,
        "status": status,
    }
    if detail is not None:
        body["detail"] = detail
    return Response(
        json.dumps(body | dict(members or {}) | {"traceId": trace}, default=str).encode(),
        status,
        {"WWW-Authenticate": "Bearer", **(headers or {})} if status == 401 else dict(headers or {}),
        media_type=PROBLEM,
    )


def refused(error: DomainError, status: int, *, trace: str) -> Response:
    """A refusal of the domain, with its stable number. `retryAfter` seconds become a header."""
    extra = dict(error.extra)
    wait = extra.pop("retryAfter", None)
    number = error.refusal.number
    members = {"code": f"CORR-{number:05}", "errorCode": number, **extra}
    headers = {"Retry-After": str(wait)} if wait is not None else {}
    return problem(status, error.detail, trace=trace, members=members, headers=headers)


def invalid(faults: Iterable[FieldError], *, trace: str) -> Response:
    """A validation problem: every fault with its path, and the same in the older form."""
    errors: dict[str, list[str]] = {}
    for fault in faults:
        errors.setdefault(_key(fault.path), []).append(f"{_name(fault.path)} {fault.message}".strip())
    listed = [
        {"code": FAULT_CODE, "title": message, "paths": [key.replace(".", "/")]}
        for key, messages in errors.items()
        for message in messages
    ]
    members = {"code": VALIDATION_CODE, "validationErrors": listed, "errors": errors}
    return problem(400, None, trace=trace, members=members)


def _key(path: str) -> str:
    """`correspondence.content.messageTitle` as the model state has it: `Correspondence.Content.MessageTitle`."""
    if path.startswith("$"):
        return path
    return ".".join(part[:1].upper() + part[1:] for part in path.split("."))


def _name(path: str) -> str:
    """The last part of the path, to begin the message with."""
    return "" if path == "$" else path.rsplit(".", 1)[-1]
