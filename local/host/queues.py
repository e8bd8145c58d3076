"""Storage queues: a listener with visibility, retries and a poison queue, and the queue trigger on top of it."""

from __future__ import annotations

import asyncio
import base64
import binascii
import contextlib
import json
import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

from azure.core.exceptions import AzureError
from azure.storage.queue import QueueMessage
from azure.storage.queue.aio import QueueClient

from local.host.connections import Connections
from local.host.dispatch import Dispatcher, Failed
from local.host.functions import Function
from local.host.inflight import InFlight
from local.host.protos import quoted

# The real host hides a message for ten minutes; here a killed host must be able to take up its work soon after.
VISIBILITY_SECONDS = 30
IDLE_SECONDS = 0.2
FIRST_PAUSE_SECONDS = 0.05
AWAY_SECONDS = 1.0
MAX_BATCH = 32  # Of the service: messages per call.

log = logging.getLogger("host.queues")

Handle = Callable[[QueueMessage], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Rules:
    """What a listener needs to know: how many run at once, how often one is tried, where it goes then."""

    concurrent: int
    max_dequeue: int
    poison_queue: str
    poison_connection: str | None


class QueueListener:
    """Takes messages from one queue and hands each to `handle`, which raises `Failed` when it did not succeed."""

    def __init__(
        self, connections: Connections, connection: str | None, queue: str, rules: Rules, handle: Handle
    ) -> None:
        self._connections = connections
        self._connection = connection
        self._name = queue
        self._rules = rules
        self._handle = handle
        self._woken = asyncio.Event()

    async def put(self, content: str) -> None:
        """Put a message on the queue, and look at the queue at once.

        Raises:
            AzureError: when storage refuses.
        """
        queue = await self._connections.queue(self._connection, self._name)
        await queue.send_message(encode(content.encode()))
        self._woken.set()

    async def run(self) -> None:
        """Listen for ever; when storage is away, try again after a pause."""
        in_flight, pause, away = InFlight(self._rules.concurrent), FIRST_PAUSE_SECONDS, False
        try:
            while True:
                free = await in_flight.free()
                self._woken.clear()
                try:
                    queue = await self._connections.queue(self._connection, self._name)
                    found = await self._take(queue, min(free, MAX_BATCH))
                except (AzureError, OSError) as error:
                    if not away:
                        log.warning("queue %s cannot be read, trying again: %s", self._name, type(error).__name__)
                    away = True
                    self._connections.forget("queue", self._connection, self._name)
                    await asyncio.sleep(AWAY_SECONDS)
                    continue
                away = False
                for message in found:
                    in_flight.start(self._one(queue, message))
                pause = FIRST_PAUSE_SECONDS if found else min(pause * 2, IDLE_SECONDS)
                if not found:
                    await self._wait(pause)
        finally:
            await in_flight.stop()

    async def _wait(self, seconds: float) -> None:
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._woken.wait(), seconds)

    async def _take(self, queue: QueueClient, count: int) -> list[QueueMessage]:
        pages = queue.receive_messages(
            messages_per_page=count, max_messages=count, visibility_timeout=VISIBILITY_SECONDS
        )
        return [message async for message in pages]

    async def _one(self, queue: QueueClient, message: QueueMessage) -> None:
        renewal = asyncio.create_task(self._renew(queue, message))
        try:
            await self._handle(message)
        except Failed:
            await _stop(renewal)
            await self._failed(queue, message)
        except asyncio.CancelledError:
            await _stop(renewal)
            with contextlib.suppress(TimeoutError, AzureError):
                async with asyncio.timeout(0.5):
                    await queue.update_message(message, visibility_timeout=0)
            raise
        else:
            await _stop(renewal)
            await self._guarded(queue.delete_message(message))

    async def _failed(self, queue: QueueClient, message: QueueMessage) -> None:
        if (message.dequeue_count or 0) < self._rules.max_dequeue:
            await self._guarded(queue.update_message(message, visibility_timeout=0))
            self._woken.set()
            return
        log.error(
            "queue %s: message %s failed %s times and goes to %s",
            self._name,
            message.id,
            message.dequeue_count,
            self._rules.poison_queue,
        )
        await self._guarded(self._poison(queue, message))

    async def _poison(self, queue: QueueClient, message: QueueMessage) -> None:
        poison = await self._connections.queue(self._rules.poison_connection, self._rules.poison_queue)
        await poison.send_message(message.content)
        await queue.delete_message(message)

    async def _renew(self, queue: QueueClient, message: QueueMessage) -> None:
        while True:
            await asyncio.sleep(VISIBILITY_SECONDS / 3)
            try:
                renewed = await queue.update_message(message, visibility_timeout=VISIBILITY_SECONDS)
                message.pop_receipt = renewed.pop_receipt
            except (AzureError, OSError) as error:
                log.warning(
                    "queue %s: message %s could not be kept hidden: %s", self._name, message.id, type(error).__name__
                )

    async def _guarded(self, work: Awaitable[Any]) -> None:
        """Do the last step for a message; when it fails, the message comes again."""
        try:
            await work
        except (AzureError, OSError) as error:
            log.warning("queue %s: a message could not be settled: %s", self._name, type(error).__name__)


async def _stop(task: asyncio.Task[None]) -> None:
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task


def encode(data: bytes) -> str:
    """Encode a message as the real host does by default."""
    return base64.b64encode(data).decode()


def decode(content: str) -> str | bytes:
    """Read a message: base64 if it is that, else as it stands; text when it is UTF-8."""
    try:
        data = base64.b64decode(content, validate=True)
    except (binascii.Error, ValueError):
        return content
    try:
        return data.decode()
    except UnicodeDecodeError:
        return data


def trigger_listener(
    function: Function, dispatcher: Dispatcher, connections: Connections, section: Mapping[str, Any]
) -> QueueListener:
    """Make the listener of a queue trigger by host.json's `extensions.queues`."""
    connection, queue = function.trigger.get("connection"), str(function.trigger["queueName"])
    batch = int(section.get("batchSize", 16))
    concurrent = batch + int(section.get("newBatchThreshold", batch // 2))
    rules = Rules(concurrent, int(section.get("maxDequeueCount", 5)), f"{queue}-poison", connection)

    async def handle(message: QueueMessage) -> None:
        value = decode(message.content)
        await dispatcher.run(function, value, metadata(message, value))

    return QueueListener(connections, connection, queue, rules, handle)


def metadata(message: QueueMessage, value: str | bytes) -> dict[str, Any]:
    """Give the trigger metadata of a queue message; the members of a JSON object are there for binding expressions."""
    found: dict[str, Any] = {
        "QueueTrigger": value,
        "Id": message.id,
        "PopReceipt": message.pop_receipt,
        "DequeueCount": message.dequeue_count,
        "InsertionTime": quoted(message.inserted_on.isoformat()) if message.inserted_on else None,
        "ExpirationTime": quoted(message.expires_on.isoformat()) if message.expires_on else None,
        "NextVisibleTime": quoted(message.next_visible_on.isoformat()) if message.next_visible_on else None,
    }
    with contextlib.suppress(ValueError):
        document = json.loads(value)
        if isinstance(document, dict):
            found = {name: item for name, item in document.items() if isinstance(item, (str, int))} | found
    return found
