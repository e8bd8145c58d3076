"""The blob trigger's polling source: it lists containers and keeps a receipt for every version it has announced."""

from __future__ import annotations

import asyncio
import logging

from azure.core.exceptions import AzureError, ResourceExistsError, ResourceNotFoundError

from local.host.blobs import BlobTriggers, Sighting, function_id, path_values
from local.host.connections import Connections
from local.host.functions import Function
from local.host.timers import STATUS_CONTAINER

SCAN_SECONDS = 1.0

log = logging.getLogger("host.polling")


class BlobScanner:
    """Finds new blobs for one function. Receipts lie where the real host keeps them."""

    def __init__(self, function: Function, triggers: BlobTriggers, connections: Connections, host_id: str) -> None:
        self._function = function
        self._triggers = triggers
        self._connections = connections
        self._host_id = host_id
        self._pattern = str(function.trigger["path"])
        self._container = self._pattern.partition("/")[0]
        self._seen: dict[str, str] = {}

    async def run(self) -> None:
        """Scan for ever; a container that is not there yet is waited for."""
        while True:
            try:
                await self.scan()
            except ResourceNotFoundError:
                self._seen.clear()
            except (AzureError, OSError) as error:
                log.warning("%s: the container could not be scanned: %s", self._function.name, type(error).__name__)
            await asyncio.sleep(SCAN_SECONDS)

    async def scan(self) -> None:
        """Announce each version of a blob that has no receipt.

        Raises:
            AzureError: when storage refuses.
        """
        service = self._connections.blobs(self._function.trigger.get("connection"))
        found: dict[str, str] = {}
        async for blob in service.get_container_client(self._container).list_blobs():
            found[blob.name] = etag = str(blob.etag).strip('"')
            if (
                self._seen.get(blob.name) == etag
                or path_values(self._pattern, f"{self._container}/{blob.name}") is None
            ):
                continue
            await self._announce(blob.name, etag)
            self._seen[blob.name] = etag
        self._seen = {name: etag for name, etag in self._seen.items() if name in found}

    async def _announce(self, name: str, etag: str) -> None:
        identity = function_id(self._function.name)
        receipts = await self._connections.container(None, STATUS_CONTAINER)
        receipt = receipts.get_blob_client(f"blobreceipts/{self._host_id}/{identity}/{etag}/{self._container}/{name}")
        if await receipt.exists():
            return
        await self._triggers.announce(Sighting(identity, self._container, name, etag))
        try:
            await receipt.upload_blob(b"")
        except ResourceExistsError:
            log.debug("another host has left the receipt")
