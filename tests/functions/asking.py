"""Asks the API what the access table tells of: one operation, one caller, one state."""

from collections.abc import Mapping
from dataclasses import replace

import httpx

from functions.http.openapi import entry
from functions.http.openapi.entries import ENTRIES
from functions.http.openapi.entry import Example
from functions.http.operation import Operation
from tests.builders import RESOURCE
from tests.fakes.world import World
from tests.functions.scene import carry_out, served
from tests.functions.states import CALLERS, FORWARDED_TO, RIGHTS, file_in, letter_in, subscription_in

_IDS = {
    "correspondenceId": entry.LETTER,
    "attachmentId": entry.FILE,
    "id": "1",
    "eventId": "none",
    "stuckId": "none",
    "resourceId": RESOURCE,
    "version": "1",
    "path": "nothing/here",
}
_BODIES: Mapping[str, Mapping[str, object]] = {
    "forward_correspondence": {"forwardTo": FORWARDED_TO},
    "receive_notification_reports": {
        "eventType": "Microsoft.Communication.EmailDeliveryReportReceived",
        "data": {"messageId": "6f2f2f2f-0000-5000-8000-000000000000", "status": "Delivered"},
    },
    "receive_scan_results": {
        "eventType": "Microsoft.EventGrid.SubscriptionValidationEvent",
        "data": {"validationCode": "now"},
    },
}


async def answered(operation: Operation, caller: str, state: str) -> str:
    """The status; after a stroke the number of the refusal, or the answer to a yes-or-no question: `404/1001`."""
    world = await _world(operation, state)
    world.decisions.only = RIGHTS.get(caller, ())
    async with served(world, CALLERS) as http:
        answer = await carry_out(http, operation, _example(operation), caller="" if caller == "none" else caller)
    told = _told(answer)
    return f"{answer.status_code}/{told}" if told else str(answer.status_code)


async def _world(operation: Operation, state: str) -> World:
    if "{correspondenceId}" in operation.path:
        return await letter_in(state)
    if "{id}" in operation.path:
        return await subscription_in(state)
    return await file_in(state if "{attachmentId}" in operation.path else "published")


def _example(operation: Operation) -> Example:
    given = ENTRIES[operation.id].examples[0] if operation.id in ENTRIES else Example(summary="")
    body = _BODIES.get(operation.id, given.json)
    return replace(given, path=_IDS, json=body)


def _told(answer: httpx.Response) -> str:
    if "json" not in answer.headers.get("content-type", ""):
        return ""
    match answer.json():
        case {"errorCode": int(number)}:
            return str(number)
        case {"sendNotification": bool(yes), **rest} | {"allowForwarding": bool(yes), **rest} if not rest:
            return "yes" if yes else "no"
        case _:
            return ""
