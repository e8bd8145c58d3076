"""Event Grid's events about scans, as Microsoft Defender for Storage sends them. Source: wire contract 13.8."""

import json
from collections.abc import Mapping
from enum import StrEnum
from typing import Any

from pydantic import Field, ValidationError

from shared.domain.scan_results import ScanResult
from shared.schemas.base import Answer, Wire


class EventType(StrEnum):
    """The events that are understood."""

    VALIDATION = "Microsoft.EventGrid.SubscriptionValidationEvent"
    RESULT = "Microsoft.Security.MalwareScanningResult"


class NotAnEvent(Exception):
    """The body is none of the two events; the text says what is wrong with it."""


class ValidationResponse(Answer):
    """The echo that proves that we want the events."""

    validation_response: str


class _Details(Wire):
    malware_names_found: list[str] | None = None
    error_message: str | None = None
    not_scanned_reason: str | None = None


class _Result(Wire):
    blob_uri: str
    correlation_id: str
    e_tag: str | None = None
    scan_result_type: str
    scan_result_details: _Details | None


class _Validation(Wire):
    validation_code: str = Field(min_length=1)


def events(body: bytes) -> list[ScanResult | ValidationResponse]:
    """What the events of the body say, one or more. Raises NotAnEvent."""
    try:
        given = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise NotAnEvent("The body is not valid JSON") from error
    listed = given if isinstance(given, list) else [given]
    if not listed:
        raise NotAnEvent("There is no event")
    return [_event(one) for one in listed]


def _event(given: object) -> ScanResult | ValidationResponse:
    members: Mapping[str, Any] = {str(k).lower(): v for k, v in given.items()} if isinstance(given, dict) else {}
    try:
        match members.get("eventtype"):
            case EventType.VALIDATION:
                code = _Validation.model_validate(members.get("data")).validation_code
                return ValidationResponse(validation_response=code)
            case EventType.RESULT:
                return _result(_Result.model_validate(members.get("data")))
            case _:
                raise NotAnEvent("Unknown event type")
    except ValidationError as error:
        path = ".".join(str(part) for part in error.errors(include_url=False, include_input=False)[0]["loc"])
        raise NotAnEvent(f"The event's data is not as expected: {path or 'data'}") from None


def _result(data: _Result) -> ScanResult:
    details = data.scan_result_details
    error = (details.error_message or details.not_scanned_reason or "") if details else ""
    return ScanResult(
        blob_name=data.blob_uri.partition("?")[0].rstrip("/").rpartition("/")[2],
        etag=(data.e_tag or "").strip().removeprefix("W/").strip('"'),
        result_type=data.scan_result_type.strip(),
        error_message=error,
        malware=tuple(details.malware_names_found or ()) if details else (),
    )
