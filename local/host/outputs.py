"""Output bindings: what a function returned or set goes to queues, blobs and Service Bus after it has succeeded."""

from __future__ import annotations

import asyncio
import base64
import json
import re
import uuid
from collections.abc import Mapping
from typing import Any

from azure.core.exceptions import AzureError
from azure.servicebus import ServiceBusMessage
from azure.servicebus.aio import ServiceBusSender
from azure.servicebus.exceptions import ServiceBusError

from local.host import protos
from local.host.connections import Connections
from local.host.functions import Binding, Function
from local.host.settings import BadSettings
from local.host.worker import Outputs as Returned

_PLACEHOLDER = re.compile(r"\{([\w-]+)\}")


class OutputFailed(Exception):
    """An output could not be written; the invocation counts as failed."""


class Outputs:
    """Writes output bindings over the host's connections."""

    def __init__(self, connections: Connections) -> None:
        self._connections = connections
        self._senders: dict[tuple[str, str], ServiceBusSender] = {}
        # Concurrent sends on one sender of the SDK have been seen to hang, hence one at a time.
        self._sending = asyncio.Lock()

    async def write(self, function: Function, returned: Returned, metadata: Mapping[str, Any]) -> None:
        """Write each output that the function set.

        Raises:
            OutputFailed: when one cannot be written; those before it have been.
        """
        for binding in function.outputs:
            name, kind = str(binding["name"]), str(binding["type"]).lower()
            if name not in returned or kind == "http":
                continue
            try:
                await self._write_one(kind, binding, protos.untyped(returned[name]), metadata)
            except (AzureError, ServiceBusError, BadSettings, OSError, KeyError) as error:
                raise OutputFailed(
                    f"the output {name} ({kind}) was not written: {type(error).__name__}: {error}"
                ) from error

    async def _write_one(self, kind: str, binding: Binding, value: Any, metadata: Mapping[str, Any]) -> None:
        match kind:
            case "queue":
                await self._queue(binding, value)
            case "blob":
                await self._blob(binding, value, metadata)
            case "servicebus":
                await self._bus(binding, value)
            case _:
                raise BadSettings(f"this host has no output {kind}")

    async def _queue(self, binding: Binding, value: Any) -> None:
        queue = await self._connections.queue(binding.get("connection"), binding["queueName"])
        for item in value if isinstance(value, list) else [value]:
            content = item["body"] if isinstance(item, dict) and set(item) == {"id", "body"} else item
            await queue.send_message(base64.b64encode(_bytes(content)).decode())

    async def _blob(self, binding: Binding, value: Any, metadata: Mapping[str, Any]) -> None:
        path = _PLACEHOLDER.sub(lambda match: _part(match[1], metadata), binding["path"])
        container_name, _, name = path.partition("/")
        container = await self._connections.container(binding.get("connection"), container_name)
        await container.upload_blob(name, _bytes(value), overwrite=True)

    async def _bus(self, binding: Binding, value: Any) -> None:
        entity = str(binding.get("queueName") or binding["topicName"])
        client = self._connections.bus(binding.get("connection"))
        key = (str(binding.get("connection")), entity)
        async with self._sending:
            if key not in self._senders:
                make = client.get_queue_sender if binding.get("queueName") else client.get_topic_sender
                self._senders[key] = make(entity)
            content_type = None if isinstance(value, bytes) else "text/plain"
            body = value if isinstance(value, (str, bytes)) else json.dumps(value)
            await self._senders[key].send_messages(ServiceBusMessage(body, content_type=content_type))


def _bytes(value: Any) -> bytes:
    if isinstance(value, bytes):
        return value
    return (value if isinstance(value, str) else json.dumps(value)).encode()


def _part(name: str, metadata: Mapping[str, Any]) -> str:
    """Fill a placeholder of a blob's path: a random id, or a value of the trigger.

    Raises:
        KeyError: when the trigger has no such value.
    """
    if name.lower() in ("rand-guid", "sys.randguid"):
        return str(uuid.uuid4())
    value = metadata[name]
    return str(protos.untyped(value) if isinstance(value, protos.Message) else value)
