"""Blob triggers: events and scans put blobs on an internal queue, from which the functions are run."""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote, urlsplit

from azure.core.exceptions import AzureError, ResourceNotFoundError
from azure.storage.blob import BlobProperties
from azure.storage.blob.aio import BlobClient
from azure.storage.queue import QueueMessage

from local.host import protos
from local.host.connections import Connections
from local.host.dispatch import Dispatcher, Failed
from local.host.functions import BLOB, Binding, Function
from local.host.queues import QueueListener, Rules, decode

POISON_QUEUE = "webjobs-blobtrigger-poison"
DEFAULT_POISON_THRESHOLD = 5
DEFAULT_PARALLELISM = 8
_PARAMETER = re.compile(r"\{(\w+)\}")

log = logging.getLogger("host.blobs")


@dataclass(frozen=True, slots=True)
class Sighting:
    """A blob that some function is to be run for. `etag` is without quotes."""

    function_id: str
    container: str
    name: str
    etag: str

    def document(self) -> str:
        """Give the message of the internal queue, in the real host's form."""
        return json.dumps(
            {
                "Type": "BlobTrigger",
                "FunctionId": self.function_id,
                "BlobType": "Block",
                "ContainerName": self.container,
                "BlobName": self.name,
                "ETag": f'"{self.etag}"',
            }
        )


class BlobTriggers:
    """Runs the app's blob functions from the internal queue of this host."""

    def __init__(
        self,
        functions: tuple[Function, ...],
        dispatcher: Dispatcher,
        connections: Connections,
        section: Mapping[str, Any],
        host_id: str,
    ) -> None:
        self.functions = {
            function_id(function.name): function for function in functions if function.trigger_type == BLOB
        }
        self._dispatcher = dispatcher
        self._connections = connections
        concurrent = int(section.get("maxDegreeOfParallelism", DEFAULT_PARALLELISM))
        rules = Rules(concurrent, int(section.get("poisonBlobThreshold", DEFAULT_POISON_THRESHOLD)), POISON_QUEUE, None)
        self.listener = QueueListener(
            connections, None, f"azure-webjobs-blobtrigger-{host_id}", rules, self._on_message
        )

    async def announce(self, sighting: Sighting) -> None:
        """Put a blob on the internal queue.

        Raises:
            AzureError: when storage refuses.
        """
        await self.listener.put(sighting.document())

    async def _on_message(self, message: QueueMessage) -> None:
        sighting = read_sighting(decode(message.content))
        function = self.functions.get(sighting.function_id) if sighting else None
        if sighting is None or function is None:
            log.warning("a message of the internal queue names no function of this app; dropped")
            return
        binding = function.trigger
        try:
            blob = self._connections.blobs(binding.get("connection")).get_blob_client(sighting.container, sighting.name)
            properties = await blob.get_blob_properties()
            if not from_events(function) and properties.etag.strip('"') != sighting.etag:
                return  # The newer version is announced by a scan of its own.
            value = await _value(blob, binding, sighting)
        except ResourceNotFoundError:
            return
        except (AzureError, OSError) as error:
            log.warning("%s: the blob could not be read: %s", function.name, type(error).__name__)
            raise Failed from error
        await self._dispatcher.run(function, value, metadata(blob, properties, binding))


def from_events(function: Function) -> bool:
    """Tell whether the function hears of blobs by events rather than by scans."""
    return str(function.trigger.get("source", "")).lower() == "eventgrid"


def function_id(name: str) -> str:
    """Give the name under which the real host knows a function in its messages and webhooks."""
    return f"Host.Functions.{name}"


def read_sighting(content: str | bytes) -> Sighting | None:
    """Read a message of the internal queue; None when it is not one."""
    try:
        document = json.loads(content)
        etag = str(document.get("ETag", "")).strip('"')
        return Sighting(document["FunctionId"], document["ContainerName"], document["BlobName"], etag)
    except (ValueError, KeyError, TypeError, AttributeError):
        return None


def locate(url: str, account_url: str) -> tuple[str, str]:
    """Take container and blob name from a blob's address; `account_url` tells whether the account is part of the path.

    Raises:
        ValueError: when the address holds no container and blob.
    """
    path, account_path = urlsplit(url).path, urlsplit(account_url).path.rstrip("/")
    if account_path and path.startswith(f"{account_path}/"):
        path = path[len(account_path) :]
    container, _, name = unquote(path).lstrip("/").partition("/")
    if not container or not name:
        raise ValueError("the address names no blob")
    return container, name


def path_values(pattern: str, path: str) -> dict[str, str] | None:
    """Give what the placeholders of a trigger's path stand for in a blob's path, or None when it does not match."""
    expression = "".join(
        f"(?P<{part[1:-1]}>.+)" if _PARAMETER.fullmatch(part) else re.escape(part)
        for part in re.split(r"(\{\w+\})", pattern)
    )
    if "/" not in pattern:
        expression += "/.+"
    match = re.fullmatch(expression, path, re.DOTALL)
    return match.groupdict() if match else None


def metadata(blob: BlobClient, properties: BlobProperties, binding: Binding) -> dict[str, Any]:
    """Give the trigger metadata of a blob."""
    path = f"{blob.container_name}/{blob.blob_name}"
    return {
        "BlobTrigger": path,
        "Uri": protos.quoted(blob.url.partition("?")[0]),
        "Metadata": dict(properties.metadata or {}),
        "Properties": {
            "LastModified": properties.last_modified.isoformat(),
            "ContentLength": properties.size,
            "Length": properties.size,
            "ETag": properties.etag,
            "ContentType": properties.content_settings.content_type,
            "BlobType": 0,
        },
        **(path_values(str(binding["path"]), path) or {}),
    }


async def _value(blob: BlobClient, binding: Binding, sighting: Sighting) -> Any:
    """Give what the function takes: for an SDK type a reference that names the connection's setting, else all bytes."""
    if not binding.get("properties", {}).get("SupportsDeferredBinding"):
        return await (await blob.download_blob()).readall()
    content = {"Connection": binding.get("connection"), "ContainerName": sighting.container, "BlobName": sighting.name}
    return protos.TypedData(
        model_binding_data=protos.ModelBindingData(
            version="1.0",
            source="AzureStorageBlobs",
            content_type="application/json",
            content=json.dumps(content).encode(),
        )
    )
