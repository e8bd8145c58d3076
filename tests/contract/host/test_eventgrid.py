"""The stand-in for Event Grid, against the storage emulator and a server that takes events."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest
from aiohttp import web
from azure.storage.blob.aio import BlobServiceClient

from local.host.eventgrid import Subscription, watch
from tests.contract.host.running import free_ports

PATIENCE_SECONDS = 20.0


class Catcher:
    """Takes events; `refusals` of the first posts are answered with 503."""

    def __init__(self, refusals: int = 0) -> None:
        self.refusals = refusals
        self.posts = 0
        self.events: list[dict[str, Any]] = []
        self.queries: list[dict[str, str]] = []

    async def take(self, request: web.Request) -> web.Response:
        self.posts += 1
        if self.posts <= self.refusals:
            return web.Response(status=503)
        self.events += await request.json()
        self.queries.append(dict(request.query))
        return web.Response(status=202)

    def names(self) -> list[str]:
        return sorted(unquote(event["data"]["url"]).rpartition("/")[2] for event in self.events)

    async def has(self, *names: str) -> None:
        """Wait until exactly these blobs were announced."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            while self.names() != sorted(names):
                await asyncio.sleep(0.02)

    @asynccontextmanager
    async def listening(self, port: int) -> AsyncIterator[None]:
        server = web.Application()
        server.router.add_post("/runtime/webhooks/blobs", self.take)
        runner = web.AppRunner(server)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", port).start()
        try:
            yield
        finally:
            await runner.cleanup()


@asynccontextmanager
async def watching(subscription: Subscription, state: Path) -> AsyncIterator[None]:
    task = asyncio.create_task(watch(subscription, state, every_seconds=0.05))
    try:
        yield
    finally:
        task.cancel()
        await asyncio.wait({task})
        assert task.cancelled()


@pytest.fixture
async def container(storage: str, request: pytest.FixtureRequest) -> AsyncIterator[Any]:
    name = request.node.name.replace("_", "-").removeprefix("test-")[:60].strip("-")
    async with BlobServiceClient.from_connection_string(storage) as service:
        yield service.get_container_client(name)


def subscription(storage: str, container: Any, port: int) -> Subscription:
    return Subscription(storage, container.container_name, f"http://127.0.0.1:{port}", "scan", "key")


async def test_new_blob_is_announced(storage: str, container: Any, tmp_path: Path) -> None:
    """A new blob and each new version of it is announced once, with address, ETag and size."""
    catcher, (port,) = Catcher(), free_ports(1)
    async with catcher.listening(port), watching(subscription(storage, container, port), tmp_path / "seen.db"):
        await container.create_container()
        blob = await container.upload_blob("folder/ø 1", b"abc")
        await catcher.has("ø 1")
        (event,) = catcher.events
        assert event["eventType"] == "Microsoft.Storage.BlobCreated"
        assert event["data"]["url"] == blob.url
        assert event["data"]["contentLength"] == 3
        assert event["data"]["eTag"] == (await blob.get_blob_properties()).etag.strip('"')
        assert catcher.queries == [{"functionName": "Host.Functions.scan", "code": "key"}]
        await container.upload_blob("folder/ø 1", b"abcd", overwrite=True)
        await catcher.has("ø 1", "ø 1")


async def test_events_wait_for_the_host(storage: str, container: Any, tmp_path: Path) -> None:
    """A host that is down, and one that refuses at first, gets the event in the end, once."""
    await container.create_container()
    await container.upload_blob("a", b"1")
    catcher, (port,) = Catcher(refusals=2), free_ports(1)
    async with watching(subscription(storage, container, port), tmp_path / "seen.db"):
        await asyncio.sleep(0.1)
        async with catcher.listening(port):
            await catcher.has("a")
    assert catcher.posts == 3


async def test_nothing_is_announced_twice(storage: str, container: Any, tmp_path: Path) -> None:
    """After a restart only what came in between is announced."""
    await container.create_container()
    catcher, (port,), state = Catcher(), free_ports(1), tmp_path / "state" / "seen.db"
    async with catcher.listening(port):
        await container.upload_blob("a", b"1")
        async with watching(subscription(storage, container, port), state):
            await catcher.has("a")
        await container.upload_blob("b", b"1")
        async with watching(subscription(storage, container, port), state):
            await catcher.has("a", "b")
            await container.upload_blob("c", b"1")
            await catcher.has("a", "b", "c")
