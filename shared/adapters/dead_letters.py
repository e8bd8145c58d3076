"""The dead letters of Service Bus, read and removed. Nothing is sent here."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta

from azure.core.credentials_async import AsyncTokenCredential
from azure.core.exceptions import AzureError
from azure.servicebus import ServiceBusReceivedMessage, ServiceBusSubQueue
from azure.servicebus.aio import ServiceBusClient, ServiceBusReceiver

from shared.adapters.outbox import AGENDA, DELIVERIES, FACTS
from shared.domain.errors import Unavailable
from shared.ports.work import DeadLetter

QUEUES = (AGENDA, DELIVERIES)
SUBSCRIPTIONS = ("lifecycle", "webhooks", "dialogs", "notifications", "projections")  # As in local/servicebus.json.
FIRST_WAIT = timedelta(seconds=2)
_BATCH = 50
_RUN_TIMEOUT = timedelta(seconds=50)  # Runs are a minute apart.
_LONGEST_REASON = 300


class ServiceBusDeadLetters:
    """Fulfils the port DeadLetters. A connection for each run: there is seldom anything to read."""

    def __init__(
        self, *, connection_string: str = "", namespace: str = "", credential: AsyncTokenCredential | None = None
    ) -> None:
        """Take a connection string, or a namespace (`name.servicebus.windows.net`) with a credential."""
        self._connection_string = connection_string
        self._namespace = namespace
        self._credential = credential

    async def take(self, keep: Callable[[DeadLetter], Awaitable[None]]) -> int:
        """Give each dead letter to `keep`, then remove it. Raises Unavailable; what was not kept stays."""
        try:
            async with asyncio.timeout(_RUN_TIMEOUT.total_seconds()), self._client() as client:
                counts = await asyncio.gather(
                    *(_drain(name, self._queue(client, name), keep) for name in QUEUES),
                    *(_drain(name, self._subscription(client, name), keep) for name in SUBSCRIPTIONS),
                )
        except (AzureError, TimeoutError, OSError) as error:
            raise Unavailable("service bus") from error
        return sum(counts)

    def _client(self) -> ServiceBusClient:
        if self._connection_string:
            return ServiceBusClient.from_connection_string(self._connection_string, retry_total=1)
        if self._credential is None:
            raise ValueError("a namespace needs a credential")
        return ServiceBusClient(self._namespace, self._credential, retry_total=1)

    @staticmethod
    def _queue(client: ServiceBusClient, name: str) -> ServiceBusReceiver:
        return client.get_queue_receiver(name, sub_queue=ServiceBusSubQueue.DEAD_LETTER)

    @staticmethod
    def _subscription(client: ServiceBusClient, name: str) -> ServiceBusReceiver:
        return client.get_subscription_receiver(FACTS, name, sub_queue=ServiceBusSubQueue.DEAD_LETTER)


async def _drain(name: str, receiver: ServiceBusReceiver, keep: Callable[[DeadLetter], Awaitable[None]]) -> int:
    """All dead letters of one entity; a message is removed only once it is kept."""
    count = 0
    async with receiver:
        while messages := await receiver.receive_messages(_BATCH, max_wait_time=FIRST_WAIT.total_seconds()):
            for message in messages:
                await keep(_letter(name, message))
                await receiver.complete_message(message)
                count += 1
    return count


def _letter(entity: str, message: ServiceBusReceivedMessage) -> DeadLetter:
    parts = (message.dead_letter_reason, message.dead_letter_error_description)
    body = b""
    with suppress(TypeError):  # A body of another form is none of ours, and not to be read.
        body = b"".join(message.body)
    return DeadLetter(
        entity=entity,
        message_id=message.message_id or str(message.sequence_number),
        body=body,
        reason=": ".join(part for part in parts if part)[:_LONGEST_REASON] or "No reason was given",
        at=(message.enqueued_time_utc or datetime.now(UTC)).astimezone(UTC),
    )
