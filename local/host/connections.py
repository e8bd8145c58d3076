"""Clients of storage and Service Bus, one per connection setting, created when first used."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Callable, Mapping
from typing import Any

from azure.core.exceptions import ResourceExistsError
from azure.servicebus.aio import ServiceBusClient
from azure.storage.blob.aio import BlobServiceClient, ContainerClient
from azure.storage.queue.aio import QueueClient, QueueServiceClient

from local.host.settings import STORAGE, connection_string

RETRY_TOTAL = 2  # The callers have loops of their own; the SDK's long back-off would only hide a broker that is back.


class Connections:
    """Holds the clients of this process. Close it in the loop that used it."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._environ = environ
        self._clients: dict[tuple[str, str], Any] = {}
        self._known: set[tuple[str, str, str]] = set()

    def blobs(self, connection: str | None) -> BlobServiceClient:
        """Give the blob client of a connection.

        Raises:
            BadSettings: when the connection is not set.
        """
        client: BlobServiceClient = self._client("blob", connection, BlobServiceClient.from_connection_string)
        return client

    async def container(self, connection: str | None, name: str) -> ContainerClient:
        """Give a container's client; the container exists then."""
        client = self.blobs(connection).get_container_client(name)
        await self._exists("container", connection, name, client.create_container)
        return client

    async def queue(self, connection: str | None, name: str) -> QueueClient:
        """Give a storage queue's client; the queue exists then."""
        service: QueueServiceClient = self._client("queue", connection, QueueServiceClient.from_connection_string)
        client = service.get_queue_client(name)
        await self._exists("queue", connection, name, client.create_queue)
        return client

    def bus(self, connection: str | None) -> ServiceBusClient:
        """Give the Service Bus client of a connection.

        Raises:
            BadSettings: when the connection is not set.
        """
        client: ServiceBusClient = self._client("bus", connection or "AzureWebJobsServiceBus", _bus)
        return client

    def forget(self, kind: str, connection: str | None, name: str) -> None:
        """Forget that a "queue" or "container" exists, so that it is made again when it is gone."""
        self._known.discard((kind, connection or STORAGE, name))

    async def close(self) -> None:
        """Close every client, whatever state it is in."""
        for client in self._clients.values():
            with contextlib.suppress(Exception):
                await client.close()
        self._clients.clear()

    def _client(self, kind: str, connection: str | None, make: Callable[[str], Any]) -> Any:
        key = (kind, connection or STORAGE)
        if key not in self._clients:
            self._clients[key] = make(connection_string(key[1], self._environ))
        return self._clients[key]

    async def _exists(self, kind: str, connection: str | None, name: str, create: Callable[[], Any]) -> None:
        key = (kind, connection or STORAGE, name)
        if key not in self._known:
            with contextlib.suppress(ResourceExistsError):
                await create()
            self._known.add(key)


@contextlib.asynccontextmanager
async def opened(environ: Mapping[str, str]) -> AsyncIterator[Connections]:
    """Give connections that are closed at the end."""
    connections = Connections(environ)
    try:
        yield connections
    finally:
        await connections.close()


def _bus(text: str) -> ServiceBusClient:
    return ServiceBusClient.from_connection_string(text, retry_total=RETRY_TOTAL, retry_backoff_factor=0.2)
