"""Stand-in for the e-mail half of Communication Services, as the SDK calls it (api-version 2025-09-01)."""

import json
import time
import uuid
from typing import Any

from aiohttp import web
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic.alias_generators import to_camel

from local import seeds
from local.clock import as_exact_text
from local.seeds import Outcome
from local.services import reports
from local.services.communication import Refusal, decoded_size, planned_fault, signed_body
from local.services.context import Context, context
from local.services.plans import Lost

MAX_REQUEST_BYTES = 10 * 1024 * 1024
MAX_RECIPIENTS = 50
SLOW_SECONDS = 5.0
_RETRY_AFTER_SECONDS = 1
_PREFIXES = {"bounce": Outcome.BOUNCED, "fail": Outcome.FAILED}


class _Shape(BaseModel):
    model_config = ConfigDict(alias_generator=to_camel)


class _Address(_Shape):
    address: str = Field(pattern=r"^[^@\s]+@[^@\s]+$")
    display_name: str = ""


class _Recipients(_Shape):
    to: list[_Address] = []
    cc: list[_Address] | None = None
    bcc: list[_Address] | None = None


class _Content(_Shape):
    subject: str = Field(min_length=1)
    plain_text: str | None = None
    html: str | None = None


class _Attachment(_Shape):
    name: str = Field(min_length=1)
    content_type: str
    content_in_base64: str


class _Email(_Shape):
    sender_address: str = Field(pattern=r"^[^@\s]+@[^@\s]+$")
    content: _Content
    recipients: _Recipients
    attachments: list[_Attachment] | None = None

    def everyone(self) -> list[str]:
        """Return all addresses that get the mail."""
        lists = (self.recipients.to, self.recipients.cc or [], self.recipients.bcc or [])
        return [entry.address for entries in lists for entry in entries]


_CONTACTS = {party.contact.email: party.contact for party in seeds.PARTIES if party.contact.email}


def outcome(address: str) -> Outcome:
    """Return what becomes of mail to this address: the seeds decide, then addresses that begin with bounce or fail."""
    contact = _CONTACTS.get(address.lower())
    if contact:
        return contact.email_outcome
    return next((end for prefix, end in _PREFIXES.items() if address.lower().startswith(prefix)), Outcome.DELIVERED)


def is_slow(address: str) -> bool:
    """Tell whether mail to this address takes several seconds to be accepted."""
    contact = _CONTACTS.get(address.lower())
    return contact.slow if contact else address.lower().startswith("slow")


def _parsed(body: bytes) -> _Email:
    if len(body) > MAX_REQUEST_BYTES:
        raise Refusal(413, "A mail with its attachments may have 10 MB.")
    try:
        email = _Email.model_validate_json(body)
    except ValidationError as error:
        fields = ", ".join(sorted({".".join(map(str, item["loc"])) for item in error.errors()}))
        raise Refusal(400, f"Missing or wrong in the body: {fields}.") from error
    if not email.content.plain_text and not email.content.html:
        raise Refusal(400, "A mail needs content.plainText or content.html.")
    if not 1 <= len(email.everyone()) <= MAX_RECIPIENTS:
        raise Refusal(400, f"A mail needs from 1 to {MAX_RECIPIENTS} recipients.")
    return email


def _record(here: Context, operation_id: str, email: _Email) -> dict[str, Any]:
    outcomes = [outcome(address) for address in email.everyone()]
    worst = next((end for end in (Outcome.FAILED, Outcome.BOUNCED) if end in outcomes), Outcome.DELIVERED)
    return {
        "id": operation_id,
        "operationId": operation_id,
        "from": email.sender_address,
        "to": [entry.address for entry in email.recipients.to],
        "subject": email.content.subject,
        "plainText": email.content.plain_text,
        "html": email.content.html,
        "at": as_exact_text(here.clock.now()),
        "status": worst,
        "attachments": [
            {"name": item.name, "size": decoded_size(item.content_in_base64)} for item in email.attachments or []
        ],
    }


def _operation_id(request: web.Request) -> str:
    given = request.headers.get("Operation-Id")
    if given is None:
        return str(uuid.uuid4())
    try:
        return str(uuid.UUID(given))
    except ValueError as error:
        raise Refusal(400, "Operation-Id must be a UUID.") from error


async def send(request: web.Request) -> web.Response:
    """Accept a mail; the same operation id again changes nothing and gets the same answer."""
    here = context(request)
    body = await signed_body(request)
    lost = await planned_fault(here, "email")
    email, operation_id = _parsed(body), _operation_id(request)
    record = _record(here, operation_id, email)
    takes_seconds = SLOW_SECONDS if any(map(is_slow, email.everyone())) else 0
    ready = time.time() + takes_seconds
    is_new = here.store.run(
        "INSERT INTO mail (operation_id, status, ready_at, document) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING",
        *(operation_id, record["status"], ready, json.dumps(record)),
    )
    for address in email.everyone() if is_new else ():
        report = {"sender": email.sender_address, "recipient": address, "messageId": operation_id}
        reports.tell(request, reports.EMAIL, {**report, "status": outcome(address)}, after_seconds=takes_seconds)
    if lost:
        raise Lost
    location = f"{request.scheme}://{request.host}/emails/operations/{operation_id}?{request.query_string}"
    headers = {"Operation-Location": location, "retry-after": str(_RETRY_AFTER_SECONDS)}
    return web.json_response({"id": operation_id, "status": "Running", "error": None}, status=202, headers=headers)


async def operation(request: web.Request) -> web.Response:
    """Answer how far a mail has come.

    A mail that bounces or fails ends as Failed, as the real service does once it has suppressed the address.
    """
    here = context(request)
    await signed_body(request)
    operation_id = request.match_info["id"]
    row = here.store.row("SELECT status, ready_at FROM mail WHERE operation_id = ?", operation_id.lower())
    if row is None:
        raise Refusal(404, "No such operation.")
    if time.time() < row["ready_at"]:
        running = {"id": operation_id, "status": "Running", "error": None}
        return web.json_response(running, headers={"retry-after": str(_RETRY_AFTER_SECONDS)})
    return web.json_response({"id": operation_id, **_ending(Outcome(row["status"]))})


def _ending(status: Outcome) -> dict[str, Any]:
    match status:
        case Outcome.DELIVERED:
            return {"status": "Succeeded", "error": None}
        case Outcome.BOUNCED:
            code, text = "EmailDroppedAllRecipientsSuppressed", "Bounced: the recipient's mail server refused the mail."
        case Outcome.FAILED:
            code, text = "InternalServerError", "Failed: the mail could not be sent."
    return {"status": "Failed", "error": {"code": code, "message": text, "target": None, "details": []}}


def sent(here: Context, to: str | None = None) -> list[dict[str, Any]]:
    """Return all accepted mails, oldest first, or those to one address.

    A plus sign in a query string arrives as a space, which no address has.
    """
    mails = [json.loads(row["document"]) for row in here.store.rows("SELECT document FROM mail ORDER BY sequence")]
    if to is None:
        return mails
    wanted = to.strip().replace(" ", "+").lower()
    return [mail for mail in mails if wanted in {address.lower() for address in mail["to"]}]


async def list_sent(request: web.Request) -> web.Response:
    """Answer all accepted mails."""
    return web.json_response(sent(context(request), request.query.get("to")))


ROUTES = (
    web.post("/emails:send", send),
    web.get("/emails/operations/{id}", operation),
    web.get("/mail", list_sent),
)
