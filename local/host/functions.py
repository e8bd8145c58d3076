"""What the host knows of the app's functions: their triggers, outputs and retry policies, with settings filled in."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from local.host.settings import expand

Binding = Mapping[str, Any]
HTTP = "httptrigger"
TIMER = "timertrigger"
BLOB = "blobtrigger"
QUEUE = "queuetrigger"
SERVICE_BUS = "servicebustrigger"
SUPPORTED = frozenset({HTTP, TIMER, BLOB, QUEUE, SERVICE_BUS})


@dataclass(frozen=True, slots=True)
class Retry:
    """A function's retry policy; a count of -1 means for ever."""

    count: int
    fixed: timedelta | None
    minimum: timedelta
    maximum: timedelta


@dataclass(frozen=True, slots=True)
class Function:
    """One function of the app. `trigger_type` is lower case; bindings have their `%Setting%` replaced."""

    name: str
    id: str
    trigger: Binding
    outputs: tuple[Binding, ...]
    retry: Retry | None

    @property
    def trigger_type(self) -> str:
        """The trigger's type in lower case."""
        return str(self.trigger["type"]).lower()

    @property
    def parameter(self) -> str:
        """The name of the argument that takes the trigger's value."""
        return str(self.trigger["name"])


def from_metadata(metadata: Any, environ: Mapping[str, str]) -> Function:
    """Make a function of what the runtime reported.

    Raises:
        BadSettings: when a binding names a setting that is missing.
    """
    bindings: list[dict[str, Any]] = [expand(json.loads(text), environ) for text in metadata.raw_bindings]
    trigger = next(binding for binding in bindings if str(binding["type"]).lower().endswith("trigger"))
    outputs = tuple(binding for binding in bindings if str(binding.get("direction")).upper() == "OUT")
    return Function(metadata.name, metadata.function_id, trigger, outputs, _retry(metadata.retry_options))


def describe(function: Function) -> str:
    """Say in one line what starts the function, for people."""
    trigger = function.trigger
    match function.trigger_type:
        case "httptrigger":
            methods = ",".join(trigger.get("methods") or ["any"])
            detail = f"{methods} /{trigger.get('route') or function.name}"
        case "timertrigger":
            detail = str(trigger["schedule"])
        case "blobtrigger":
            detail = f"{trigger['path']} ({trigger.get('source') or 'polling'})"
        case "servicebustrigger":
            detail = trigger.get("queueName") or f"{trigger['topicName']}/{trigger['subscriptionName']}"
        case _:
            detail = str(trigger.get("queueName", ""))
    return f"{function.name}: {trigger['type']} {detail}".rstrip()


def _retry(options: Any) -> Retry | None:
    if options is None:
        return None
    fixed = options.delay_interval if str(options.retry_strategy) in ("fixed_delay", "1") else None
    return Retry(
        options.max_retry_count,
        fixed,
        options.minimum_interval or timedelta(),
        options.maximum_interval or timedelta.max,
    )
