"""Clients of the broker under test: opening and closing the real client is slow, so that they are shared."""

import asyncio
import time
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from azure.servicebus import (
    ServiceBusClient,
    ServiceBusMessage,
    aio,
)
from azure.servicebus.exceptions import ServiceBusError

PATIENCE_SECONDS = 10.0
_THREADS = 64


class Clients:
    """Senders and receivers of one client, opened on first use and closed together.

    Every test has entities of its own: a receiver that stays open would take the messages of others. Links are typed
    as Any, since the client declares every property of a received message as optional.
    """

    def __init__(self, connection_string: str, **options: Any) -> None:
        self.client = ServiceBusClient.from_connection_string(connection_string, **options)
        self._open: dict[tuple[Any, ...], Any] = {}

    def open(self, links: Iterable[Any]) -> None:
        """Open links at the same time, ahead of their use: each polls for half a second."""
        with ThreadPoolExecutor(_THREADS) as pool:
            list(pool.map(lambda link: link.__enter__(), links))

    def sender(self, queue: str) -> Any:
        """Return the sender to a queue."""
        return self._kept(("send", queue), lambda: self.client.get_queue_sender(queue))

    def topic_sender(self, topic: str) -> Any:
        """Return the sender to a topic."""
        return self._kept(("publish", topic), lambda: self.client.get_topic_sender(topic))

    def receiver(self, queue: str, **options: Any) -> Any:
        """Return the receiver of a queue with these options."""
        key = ("receive", queue, *sorted((name, str(value)) for name, value in options.items()))
        options = {"max_wait_time": 2, **options}
        return self._kept(key, lambda: self.client.get_queue_receiver(queue, **options))

    def subscriber(self, topic: str, subscription: str, **options: Any) -> Any:
        """Return the receiver of a subscription with these options."""
        key = ("subscribe", topic, subscription, *sorted((name, str(value)) for name, value in options.items()))
        return self._kept(
            key, lambda: self.client.get_subscription_receiver(topic, subscription, max_wait_time=2, **options)
        )

    def dead_letters(self, queue: str) -> Any:
        """Return the receiver of a queue's dead-letter queue."""
        return self.receiver(queue, sub_queue="deadletter")

    def _kept(self, key: tuple[Any, ...], make: Callable[[], Any]) -> Any:
        if key not in self._open:
            self._open[key] = make()
        return self._open[key]

    def close(self) -> None:
        """Close all at the same time: each waits for a thread of its own to end."""
        with ThreadPoolExecutor(_THREADS) as pool:
            list(pool.map(lambda item: item.close(), self._open.values()))
        self.client.close()


class AsyncClients:
    """The same with the asynchronous client."""

    def __init__(self, connection_string: str) -> None:
        self.client = aio.ServiceBusClient.from_connection_string(connection_string)
        self._open: dict[tuple[Any, ...], Any] = {}

    async def open(self, links: Iterable[Any]) -> None:
        """Open links at the same time, ahead of their use."""
        await asyncio.gather(*(link.__aenter__() for link in links))

    def sender(self, queue: str) -> Any:
        """Return the sender to a queue."""
        return self._kept(("send", queue), lambda: self.client.get_queue_sender(queue))

    def receiver(self, queue: str, **options: Any) -> Any:
        """Return the receiver of a queue with these options."""
        key = ("receive", queue, *sorted((name, str(value)) for name, value in options.items()))
        return self._kept(key, lambda: self.client.get_queue_receiver(queue, max_wait_time=2, **options))

    def _kept(self, key: tuple[Any, ...], make: Callable[[], Any]) -> Any:
        if key not in self._open:
            self._open[key] = make()
        return self._open[key]

    async def close(self) -> None:
        """Close all at the same time."""
        await asyncio.gather(*(link.close() for link in self._open.values()))
        await self.client.close()


def take(receiver: Any, count: int = 1, *, settle: bool = True, patience: float = PATIENCE_SECONDS) -> list[Any]:
    """Receive exactly `count` messages before a deadline, and complete them unless told not to."""
    found: list[Any] = []
    deadline = time.monotonic() + patience
    while len(found) < count and time.monotonic() < deadline:
        found += receiver.receive_messages(max_message_count=count - len(found), max_wait_time=1)
    assert len(found) == count, [str(message) for message in found]
    if settle:
        for message in found:
            receiver.complete_message(message)
    return found


def refusals(*calls: Callable[[], Any]) -> list[ServiceBusError]:
    """Make all calls at the same time and return the error of each: every one must be refused."""
    with ThreadPoolExecutor(len(calls)) as pool:
        errors = [future.exception() for future in [pool.submit(call) for call in calls]]
    assert all(isinstance(error, ServiceBusError) for error in errors), errors
    return [error for error in errors if isinstance(error, ServiceBusError)]


def texts(messages: Iterable[Any]) -> list[str]:
    """Return the bodies as text."""
    return [str(message) for message in messages]


def is_empty(receiver: Any) -> bool:
    """Return whether the entity holds no message at all, in whatever state."""
    return not receiver.peek_messages(1, sequence_number=1)


def until(condition: Callable[[], Any], patience: float = PATIENCE_SECONDS) -> Any:
    """Return the first true answer of `condition` before a deadline."""
    deadline = time.monotonic() + patience
    while not (answer := condition()):
        assert time.monotonic() < deadline, "the deadline has passed"
        time.sleep(0.05)
    return answer


def message(body: str | bytes, **options: Any) -> ServiceBusMessage:
    """Return a message to send."""
    return ServiceBusMessage(body, **options)
