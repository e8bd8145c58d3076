"""What the mail and the SMS stand-in have in common: signatures, error bodies and planned faults."""

import base64
import binascii
import hashlib
import hmac
import json
import re
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

from aiohttp import web

from local.services import plans
from local.services.context import Context, context

# A signature's age is judged by real time, whatever the stack's clock says: the SDK signs by real time.
_SIGNATURE_LIFETIME = timedelta(minutes=15)
_SIGNATURE = re.compile(r"HMAC-SHA256 SignedHeaders=x-ms-date;host;x-ms-content-sha256&Signature=(?P<value>[^&]+)")
_CODES = {400: "BadRequest", 401: "Denied", 404: "NotFound", 413: "RequestEntityTooLarge", 429: "TooManyRequests"}


class Refusal(Exception):
    """Communication Services answers with an error."""

    def __init__(self, status: int, message: str, *, headers: dict[str, str] | None = None) -> None:
        """Keep status and headers beside the message."""
        super().__init__(message)
        self.status = status
        self.headers = headers or {}

    def response(self) -> web.Response:
        """Return the error in the shape of the service."""
        code = _CODES.get(self.status, "InternalServerError")
        error: dict[str, object] = {"code": code, "message": str(self), "target": None, "details": []}
        return web.json_response(
            {"error": error}, status=self.status, headers={**self.headers, "x-ms-error-code": code}
        )


def _equal(left: str, right: str) -> bool:
    return hmac.compare_digest(left.encode(), right.encode())


def check_signature(request: web.Request, body: bytes, key: str) -> None:
    """Make sure that the request was signed with `key` (base64) within the last 15 minutes.

    Raises:
        Refusal: with 401 when header, digest, signature or date do not fit.
    """
    signature = _SIGNATURE.fullmatch(request.headers.get("Authorization", ""))
    date = request.headers.get("x-ms-date", "")
    digest = base64.b64encode(hashlib.sha256(body).digest()).decode()
    if not signature or not _equal(request.headers.get("x-ms-content-sha256", ""), digest):
        raise Refusal(401, "The request is not signed, or its content is not what was signed.")
    text = f"{request.method}\n{request.raw_path}\n{date};{request.headers.get('Host', '')};{digest}"
    expected = base64.b64encode(hmac.new(base64.b64decode(key), text.encode(), hashlib.sha256).digest()).decode()
    if not _equal(signature["value"], expected):
        raise Refusal(401, "The signature does not fit the request.")
    try:
        age = abs(datetime.now(UTC) - parsedate_to_datetime(date))
    except (ValueError, TypeError) as error:
        raise Refusal(401, "x-ms-date is no date.") from error
    if age > _SIGNATURE_LIFETIME:
        raise Refusal(401, "The request was signed too long ago.")


async def signed_body(request: web.Request) -> bytes:
    """Return the body of a request whose signature holds."""
    body = await request.read()
    check_signature(request, body, context(request).secrets.communication_access_key)
    return body


async def planned_fault(here: Context, part: str) -> bool:
    """Fail as planned, or return whether the answer to this call shall get lost.

    Raises:
        Refusal: with the planned status.
    """
    plan = await plans.misbehave(here, part)
    if plan and not plan.lost and plan.status >= 400:
        raise Refusal(plan.status, "A planned fault.", headers=plan.headers())
    return bool(plan and plan.lost)


def as_json(body: bytes) -> object:
    """Return the parsed body.

    Raises:
        Refusal: with 400 when it is no JSON.
    """
    try:
        return json.loads(body)
    except ValueError as error:
        raise Refusal(400, "The body is no JSON.") from error


def decoded_size(text: str) -> int:
    """Return how many bytes this base64 text stands for.

    Raises:
        Refusal: with 400 when it is no base64.
    """
    try:
        return len(base64.b64decode(text, validate=True))
    except (binascii.Error, ValueError) as error:
        raise Refusal(400, "An attachment is no base64.") from error
