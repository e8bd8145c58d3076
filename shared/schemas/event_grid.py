"""Events of Azure's Event Grid, in its own schema: one or several in a body, and the handshake of a subscription."""

import json
from collections.abc import Callable, Mapping
from typing import Any

from pydantic import Field, ValidationError

from shared.schemas.base import Answer, Wire

VALIDATION = "Microsoft.EventGrid.SubscriptionValidationEvent"


class NotAnEvent(Exception):
    """The body is no event that is understood; the text says what is wrong with it."""


class ValidationResponse(Answer):
    """The echo that proves that we want the events."""

    validation_response: str


class _Validation(Wire):
    validation_code: str = Field(min_length=1)


def events[T](body: bytes, readers: Mapping[str, Callable[[object], T]]) -> list[T | ValidationResponse]:
    """What the events of the body say, read from their data by their types, or handshakes. Raises NotAnEvent."""
    try:
        given = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise NotAnEvent("The body is not valid JSON") from error
    listed = given if isinstance(given, list) else [given]
    if not listed:
        raise NotAnEvent("There is no event")
    return [_event(one, readers) for one in listed]


def _event[T](given: object, readers: Mapping[str, Callable[[object], T]]) -> T | ValidationResponse:
    members: Mapping[str, Any] = {str(k).lower(): v for k, v in given.items()} if isinstance(given, dict) else {}
    kind, data = members.get("eventtype"), members.get("data")
    try:
        if kind == VALIDATION:
            return ValidationResponse(validation_response=_Validation.model_validate(data).validation_code)
        if isinstance(kind, str) and kind in readers:
            return readers[kind](data)
    except ValidationError as error:
        path = ".".join(str(part) for part in error.errors(include_url=False, include_input=False)[0]["loc"])
        raise NotAnEvent(f"The event's data is not as expected: {path or 'data'}") from None
    raise NotAnEvent("Unknown event type")
