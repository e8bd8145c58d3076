"""Dialogporten's errors: problem+json with a map of fields to messages."""

import uuid
from collections.abc import Mapping, Sequence

from aiohttp import web
from pydantic import ValidationError

_TITLES = {
    400: "One or more validation errors occurred.",
    401: "Unauthorized.",
    403: "Forbidden.",
    404: "Resource not found.",
    409: "Conflict.",
    410: "Resource no longer available.",
    412: "Precondition failed.",
    413: "Payload too large.",
    422: "Unprocessable request.",
    429: "Too many requests.",
    503: "Service unavailable.",
}
_WITHOUT_ERRORS = {412, 413}


class Problem(Exception):
    """Dialogporten refuses a call."""

    def __init__(
        self,
        status: int,
        errors: Mapping[str, Sequence[str]] | None = None,
        *,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        """Keep status, errors and headers."""
        super().__init__(_TITLES.get(status, "Error."))
        self.status = status
        self.errors = dict(errors or {})
        self.headers = dict(headers or {})

    def response(self, request: web.Request) -> web.Response:
        """Return the problem as the answer to `request`."""
        body = {
            "type": f"https://tools.ietf.org/html/rfc9110#status.{self.status}",
            "title": str(self),
            "status": self.status,
            "instance": request.path,
            "traceId": f"00-{uuid.uuid4().hex}-{uuid.uuid4().hex[:16]}-01",
        }
        if self.status not in _WITHOUT_ERRORS:
            body["errors"] = self.errors
        return web.json_response(
            body, status=self.status, headers=self.headers, content_type="application/problem+json"
        )


def _field(location: Sequence[int | str]) -> str:
    name = ""
    for part in location:
        if isinstance(part, int):
            name += f"[{part}]"
        else:
            name += ("." if name else "") + part[:1].upper() + part[1:]
    return name or "Body"


def of_validation(error: ValidationError) -> Problem:
    """Return what is wrong with a body as a problem, field by field."""
    errors: dict[str, list[str]] = {}
    for item in error.errors(include_url=False, include_input=False, include_context=False):
        errors.setdefault(_field(item["loc"]), []).append(item["msg"].removeprefix("Value error, "))
    return Problem(400, errors)


def of_entity(status: int, name: str, message: str) -> Problem:
    """Return a problem with one message about one thing."""
    return Problem(status, {name: [message]})
