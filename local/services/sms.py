"""Stand-in for the SMS half of Communication Services, as the SDK calls it (api-version 2021-03-07)."""

import json
import re
import uuid
from typing import Any

from aiohttp import web
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic.alias_generators import to_camel

from local import seeds
from local.clock import as_exact_text
from local.seeds import Outcome
from local.services import reports
from local.services.communication import Refusal, planned_fault, signed_body
from local.services.context import Context, context
from local.services.plans import Lost

MAX_RECIPIENTS = 100
_NUMBER = re.compile(r"\+[1-9]\d{6,14}")


class _Shape(BaseModel):
    model_config = ConfigDict(alias_generator=to_camel)


class _Recipient(_Shape):
    to: str
    repeatability_request_id: uuid.UUID | None = None
    repeatability_first_sent: str | None = None


class _Options(_Shape):
    enable_delivery_report: bool = False
    tag: str | None = None


class _Message(_Shape):
    from_: str = Field(alias="from", min_length=1)
    message: str = Field(min_length=1)
    sms_recipients: list[_Recipient] = Field(min_length=1, max_length=MAX_RECIPIENTS)
    sms_send_options: _Options = _Options()


def plain_number(text: str) -> str:
    """Return the digits of a number with its country code; eight digits alone are Norwegian.

    A plus sign in a query string arrives as a space, so neither counts.
    """
    digits = re.sub(r"\D", "", text).removeprefix("00")
    return f"47{digits}" if len(digits) == 8 else digits


_OUTCOMES = {
    plain_number(party.contact.mobile): party.contact.sms_outcome for party in seeds.PARTIES if party.contact.mobile
}


def outcome(number: str) -> Outcome:
    """Return what becomes of an SMS to this number: the seeds decide; all other numbers get theirs."""
    return _OUTCOMES.get(plain_number(number), Outcome.DELIVERED)


def _parsed(body: bytes) -> _Message:
    try:
        return _Message.model_validate_json(body)
    except ValidationError as error:
        fields = ", ".join(sorted({".".join(map(str, item["loc"])) for item in error.errors()}))
        raise Refusal(400, f"Missing or wrong in the body: {fields}.") from error


def _refused(recipient: _Recipient) -> dict[str, Any]:
    return {
        "to": recipient.to,
        "messageId": None,
        "httpStatusCode": 400,
        "repeatabilityResult": "rejected",
        "successful": False,
        "errorMessage": "Invalid To phone number format.",
    }


def _accept(request: web.Request, message: _Message, recipient: _Recipient) -> dict[str, Any]:
    """Keep one SMS and return the result for it; the same request id again gets the first one's result."""
    here, is_reported = context(request), message.sms_send_options.enable_delivery_report
    if not _NUMBER.fullmatch(recipient.to):
        return _refused(recipient)
    request_id = str(recipient.repeatability_request_id or uuid.uuid4())
    known = here.store.row("SELECT document FROM sms WHERE request_id = ?", request_id)
    if known is None:
        record = {
            "id": f"Outgoing_{uuid.uuid4()}",
            "from": message.from_,
            "to": recipient.to,
            "message": message.message,
            "at": as_exact_text(here.clock.now()),
            "status": outcome(recipient.to),
        }
        text = json.dumps(record)
        here.store.run("INSERT INTO sms (id, request_id, document) VALUES (?, ?, ?)", record["id"], request_id, text)
        if is_reported:
            _report(request, record, message.sms_send_options.tag)
    else:
        record = json.loads(known["document"])
    return _result(record, is_reported=is_reported)


def _report(request: web.Request, record: dict[str, Any], tag: str | None) -> None:
    """Tell what becomes of it."""
    status = record["status"]
    details = "No error." if status == Outcome.DELIVERED else "The number cannot receive messages."
    data = {"messageId": record["id"], "from": record["from"], "to": record["to"], "tag": tag}
    reports.tell(request, reports.SMS, {**data, "deliveryStatus": status, "deliveryStatusDetails": details})


def _result(record: dict[str, Any], *, is_reported: bool) -> dict[str, Any]:
    """Return the result of an SMS; a failed one says so at once when nothing reports deliveries later."""
    delivered = is_reported or record["status"] == Outcome.DELIVERED
    return {
        "to": record["to"],
        "messageId": record["id"],
        "httpStatusCode": 202 if delivered else 400,
        "repeatabilityResult": "accepted",
        "successful": delivered,
        "errorMessage": None if delivered else "The number cannot receive messages.",
    }


async def send(request: web.Request) -> web.Response:
    """Accept one SMS for each recipient."""
    here = context(request)
    body = await signed_body(request)
    lost = await planned_fault(here, "sms")
    message = _parsed(body)
    with here.store.transaction():
        results = [_accept(request, message, recipient) for recipient in message.sms_recipients]
    if lost:
        raise Lost
    return web.json_response({"value": results}, status=202)


def sent(here: Context, to: str | None = None) -> list[dict[str, Any]]:
    """Return all accepted SMS, oldest first, or those to one number."""
    messages = [json.loads(row["document"]) for row in here.store.rows("SELECT document FROM sms ORDER BY sequence")]
    if to is None:
        return messages
    return [message for message in messages if plain_number(message["to"]) == plain_number(to)]


async def list_sent(request: web.Request) -> web.Response:
    """Answer all accepted SMS."""
    return web.json_response(sent(context(request), request.query.get("to")))


ROUTES = (web.post("/sms", send), web.get("/sms", list_sent))
