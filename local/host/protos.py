"""Stand-ins for the protocol messages that the Functions runtime is handed when it starts.

The runtime takes its message classes from an object called `protos`. It only builds messages by keyword and reads
attributes, so plain namespaces do, and no generated code is needed. `tests/unit/host/test_protos.py` keeps the names
equal to those that the runtime uses.
"""

from __future__ import annotations

import json
from types import SimpleNamespace
from typing import Any


class Message(SimpleNamespace):
    """A message holding the fields it was built with; a field given as None counts as unset, as in protobuf."""

    def __init__(self, **fields: Any) -> None:
        super().__init__(**{name: value for name, value in fields.items() if value is not None})

    def WhichOneof(self, _group: str) -> str | None:  # noqa: N802 - protobuf's name
        """Name the one payload field that is set, or None."""
        return next((name for name in vars(self) if name != "name"), None)


def _message(name: str, defaults: dict[str, Any] | None = None, **constants: Any) -> type[Message]:
    return type(name, (Message,), {**(defaults or {}), **constants})


TypedData = _message("TypedData")
ParameterBinding = _message("ParameterBinding")
RpcHttp = _message(
    "RpcHttp", {"headers": {}, "params": {}, "query": {}, "cookies": (), "body": None, "status_code": ""}
)
ModelBindingData = _message("ModelBindingData")
CollectionString = _message("CollectionString")
CollectionBytes = _message("CollectionBytes")
StatusResult = _message("StatusResult", {"exception": None}, Failure=0, Success=1, Cancelled=2)
BindingInfo = _message("BindingInfo", {"in": 0}, undefined=0, string=1, binary=2, stream=3, out=1, inout=2)
RpcHttpCookie = _message(
    "RpcHttpCookie",
    {"domain": None, "path": None, "expires": None, "secure": None, "http_only": None, "max_age": None},
    SameSite=SimpleNamespace(**{"None": 0, "Lax": 1, "Strict": 2, "ExplicitNone": 3}),
)
RpcException = _message("RpcException", {"message": "", "stack_trace": ""})
RpcFunctionMetadata = _message("RpcFunctionMetadata", {"retry_options": None, "raw_bindings": ()})
RpcRetryOptions = _message(
    "RpcRetryOptions", {"delay_interval": None, "minimum_interval": None, "maximum_interval": None}
)
WorkerMetadata = _message("WorkerMetadata")
WorkerInitResponse = _message("WorkerInitResponse")
FunctionMetadataResponse = _message("FunctionMetadataResponse", {"function_metadata_results": ()})
FunctionLoadResponse = _message("FunctionLoadResponse")
FunctionEnvironmentReloadResponse = _message("FunctionEnvironmentReloadResponse")
InvocationResponse = _message("InvocationResponse", {"return_value": None, "output_data": ()})
NullableString = _message("NullableString")
NullableBool = _message("NullableBool")
NullableDouble = _message("NullableDouble")
NullableTimestamp = _message("NullableTimestamp")
Timestamp = _message("Timestamp")


def typed(value: Any) -> Message:  # noqa: PLR0911 - one line per shape
    """Wrap a value as the real host does: text, bytes, floats and lists of these as they are, the rest as JSON."""
    match value:
        case None:
            return TypedData()
        case Message():
            return value
        case str():
            return TypedData(string=value)
        case bytes():
            return TypedData(bytes=value)
        case float():
            return TypedData(double=value)
        case [str(), *_] if all(isinstance(item, str) for item in value):
            return TypedData(collection_string=CollectionString(string=value))
        case [bytes(), *_] if all(isinstance(item, bytes) for item in value):
            return TypedData(collection_bytes=CollectionBytes(bytes=value))
        case _:
            return TypedData(json=json.dumps(value))


def untyped(data: Message | None) -> Any:
    """Unwrap what the runtime answered: JSON is parsed, unset is None."""
    kind = data.WhichOneof("data") if data is not None else None
    if kind is None:
        return None
    value = getattr(data, kind)
    return json.loads(value) if kind == "json" else value


def quoted(text: str) -> Message:
    """Wrap text as a JSON string, the shape in which the host hands over dates and addresses."""
    return TypedData(json=json.dumps(text))
