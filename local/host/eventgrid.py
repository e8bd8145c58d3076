"""Stands in for Event Grid: watches a container of the storage emulator and posts its new blobs to the host's webhook.

    python -m local.host.eventgrid --storage CONN --container NAME --target URL --function NAME --state FILE

The emulator emits no events, so the container is listed again and again. Which versions of blobs were announced is kept
in SQLite, written after the host has taken the event: a restart announces nothing twice and loses nothing.
"""

from __future__ import annotations

import argparse
import asyncio
import logging
import signal
import sqlite3
import time
import uuid
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from aiohttp import ClientError, ClientSession, ClientTimeout
from azure.core.exceptions import AzureError, ResourceNotFoundError
from azure.storage.blob import BlobProperties
from azure.storage.blob.aio import BlobServiceClient, ContainerClient

EVERY_SECONDS = 0.25
RETRY_SECONDS = 0.25
LONGEST_RETRY_SECONDS = 2.0
POST_TIMEOUT = ClientTimeout(total=30)
BATCH = 100

log = logging.getLogger("host.eventgrid")


@dataclass(frozen=True, slots=True)
class Subscription:
    """What is watched, and which function of which host hears of it. `target` is the host's base address."""

    storage: str
    container: str
    target: str
    function: str
    code: str = ""

    @property
    def webhook(self) -> str:
        """The address that events are posted to, without its query."""
        return f"{self.target.rstrip('/')}/runtime/webhooks/blobs"


class Announced:
    """Remembers the version of each blob that was announced last."""

    def __init__(self, database: sqlite3.Connection, container: str) -> None:
        self._database = database
        self._container = container
        database.execute(
            "CREATE TABLE IF NOT EXISTS announced (container TEXT, name TEXT, etag TEXT, PRIMARY KEY (container, name))"
        )
        rows = database.execute("SELECT name, etag FROM announced WHERE container = ?", (container,))
        self._etags: dict[str, str] = dict(rows.fetchall())

    def knows(self, blob: BlobProperties) -> bool:
        """Tell whether this version was announced."""
        return self._etags.get(blob.name) == blob.etag

    def add(self, blobs: Sequence[BlobProperties]) -> None:
        """Remember these versions; they are on disk when this returns."""
        with self._database:
            rows = [(self._container, blob.name, blob.etag) for blob in blobs]
            self._database.executemany("INSERT OR REPLACE INTO announced VALUES (?, ?, ?)", rows)
        self._etags.update((blob.name, blob.etag) for blob in blobs)

    def keep_only(self, names: set[str]) -> None:
        """Forget blobs that are gone."""
        gone = self._etags.keys() - names
        if not gone:
            return
        with self._database:
            rows = [(self._container, name) for name in gone]
            self._database.executemany("DELETE FROM announced WHERE container = ? AND name = ?", rows)
        for name in gone:
            del self._etags[name]


async def watch(subscription: Subscription, state: Path, *, every_seconds: float = EVERY_SECONDS) -> None:
    """Announce every new version of a blob until cancelled. A host or storage that is down is waited for."""
    async with (
        BlobServiceClient.from_connection_string(subscription.storage) as service,
        ClientSession(timeout=POST_TIMEOUT) as session,
    ):
        container = service.get_container_client(subscription.container)
        with _announced(state, subscription.container) as announced:
            while True:
                began = time.monotonic()
                try:
                    await _once(container, session, subscription, announced)
                except (AzureError, OSError) as error:
                    log.warning("container %s cannot be listed: %s", subscription.container, type(error).__name__)
                    await asyncio.sleep(RETRY_SECONDS)
                # A big container is listed less often, so that it never takes more than a third of the time.
                await asyncio.sleep(max(every_seconds, 2 * (time.monotonic() - began)))


async def _once(
    container: ContainerClient, session: ClientSession, subscription: Subscription, announced: Announced
) -> None:
    try:
        blobs = [blob async for blob in container.list_blobs()]
    except ResourceNotFoundError:
        return  # The container is made by whoever uploads first.
    fresh = [blob for blob in blobs if not announced.knows(blob)]
    for start in range(0, len(fresh), BATCH):
        batch = fresh[start : start + BATCH]
        await _post(session, subscription, [event(container, blob) for blob in batch])
        announced.add(batch)
    announced.keep_only({blob.name for blob in blobs})


async def _post(session: ClientSession, subscription: Subscription, events: list[dict[str, Any]]) -> None:
    """Post until the host takes the events."""
    pause, query = RETRY_SECONDS, {"functionName": f"Host.Functions.{subscription.function}", "code": subscription.code}
    while True:
        try:
            headers = {"aeg-event-type": "Notification"}
            async with session.post(subscription.webhook, params=query, json=events, headers=headers) as answer:
                if answer.status < 300:
                    return
                problem = str(answer.status)
        except (ClientError, OSError, TimeoutError) as error:
            problem = type(error).__name__
        log.debug("the host did not take %s events: %s", len(events), problem)
        await asyncio.sleep(pause)
        pause = min(pause * 2, LONGEST_RETRY_SECONDS)


def event(container: ContainerClient, blob: BlobProperties) -> dict[str, Any]:
    """Shape the event of a blob as Event Grid's own schema has it."""
    return {
        "id": str(uuid.uuid4()),
        "topic": "/subscriptions/local/resourceGroups/local/providers/Microsoft.Storage/storageAccounts/local",
        "subject": f"/blobServices/default/containers/{container.container_name}/blobs/{blob.name}",
        "eventType": "Microsoft.Storage.BlobCreated",
        "eventTime": datetime.now(UTC).isoformat(),
        "dataVersion": "",
        "metadataVersion": "1",
        "data": {
            "api": "PutBlockList",
            "eTag": blob.etag.strip('"'),
            "contentType": blob.content_settings.content_type,
            "contentLength": blob.size,
            "blobType": "BlockBlob",
            "url": container.get_blob_client(blob.name).url.partition("?")[0],
        },
    }


@contextmanager
def _announced(state: Path, container: str) -> Iterator[Announced]:
    state.parent.mkdir(parents=True, exist_ok=True)
    with closing(sqlite3.connect(state)) as database:
        database.execute("PRAGMA journal_mode = WAL")
        yield Announced(database, container)


def main() -> None:
    """Watch until SIGTERM or SIGINT."""
    parser = argparse.ArgumentParser(prog="python -m local.host.eventgrid")
    for name in ("storage", "container", "target", "function"):
        parser.add_argument(f"--{name}", required=True)
    parser.add_argument("--state", type=Path, required=True)
    parser.add_argument("--code", default="", help="the webhook's key, where the host enforces keys")
    options = parser.parse_args()
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    subscription = Subscription(options.storage, options.container, options.target, options.function, options.code)
    asyncio.run(_until_stopped(subscription, options.state))


async def _until_stopped(subscription: Subscription, state: Path) -> None:
    task = asyncio.create_task(watch(subscription, state))
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, task.cancel)
    await asyncio.wait({task})
    if not task.cancelled() and (error := task.exception()):
        raise error


if __name__ == "__main__":
    main()
