"""The way onto Service Bus: the only module that imports `azure.servicebus`."""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from azure.core.credentials_async import AsyncTokenCredential
from azure.core.exceptions import AzureError
from azure.servicebus import ServiceBusMessage, ServiceBusMessageBatch
from azure.servicebus.aio import ServiceBusClient, ServiceBusSender
from azure.servicebus.exceptions import MessageSizeExceededError

from shared.adapters.outbox_messages import Letter, agenda_letter, delivery_letter, fact_letter
from shared.domain.errors import Rejected, Unavailable
from shared.domain.facts import Fact
from shared.ports.work import AgendaMessage, DeliveryMessage
from shared.telemetry import Log, trace_id

FACTS, AGENDA, DELIVERIES = "facts", "agenda", "deliveries"  # As in local/servicebus.json and infra/.
SEND_TIMEOUT = timedelta(seconds=20)
_CLOSE_TIMEOUT = timedelta(seconds=5)
_ATTEMPT_TIMEOUT = timedelta(seconds=15)  # For the SDK with its retries, so that it gives up before we do.
_RETRIES: dict[str, Any] = {
    "retry_total": 2,
    "retry_backoff_factor": 0.2,
    "retry_backoff_max": 5,
}  # Longer waits are the agenda's.
_NEIGHBOUR = "service bus"
_log = Log("outbox")


class ServiceBusOutbox:
    """The outbox. Nothing is opened before the first send. `sends` counts the batches the broker has accepted."""

    def __init__(
        self, *, connection_string: str = "", namespace: str = "", credential: AsyncTokenCredential | None = None
    ) -> None:
        """Take a connection string, or a namespace (`name.servicebus.windows.net`) with a credential."""
        self._connection_string = connection_string
        self._namespace = namespace
        self._credential = credential
        self._lanes: dict[str, _Lane] = {}

    @property
    def sends(self) -> int:
        """How many batches the broker has accepted since the start, over all entities."""
        return sum(lane.sends for lane in self._lanes.values())

    async def send_facts(self, facts: Sequence[Fact]) -> None:
        """Send one message per fact to the topic. Returns when the broker has accepted all. Raises Unavailable."""
        trace = trace_id.get()
        await self._send(FACTS, [fact_letter(fact, trace) for fact in facts])

    async def send_agenda(self, messages: Sequence[AgendaMessage]) -> None:
        """Send due items to their queue. Raises Unavailable."""
        trace = trace_id.get()
        await self._send(AGENDA, [agenda_letter(message, trace) for message in messages])

    async def send_deliveries(self, messages: Sequence[DeliveryMessage]) -> None:
        """Send deliveries to their queue. Raises Unavailable."""
        trace = trace_id.get()
        await self._send(DELIVERIES, [delivery_letter(message, trace) for message in messages])

    async def close(self) -> None:
        """Let go of every connection; who still waits gets Unavailable."""
        lanes, self._lanes = list(self._lanes.values()), {}
        await asyncio.gather(*(lane.close() for lane in lanes))

    async def _send(self, entity: str, letters: Sequence[Letter]) -> None:
        if not letters:
            return
        lane = self._lanes.setdefault(entity, _Lane(entity, self._client))
        await lane.send(letters)

    def _client(self) -> ServiceBusClient:
        if self._connection_string:
            return ServiceBusClient.from_connection_string(self._connection_string, **_RETRIES)
        if self._credential is None:
            raise ValueError("a namespace needs a credential")
        return ServiceBusClient(self._namespace, self._credential, **_RETRIES)


@dataclass(frozen=True, slots=True)
class _Parcel:
    """What one caller wants sent, and where the caller waits."""

    letters: Sequence[Letter]
    outcome: asyncio.Future[None]

    def settle(self, error: Exception | None = None) -> None:
        if self.outcome.done():
            return
        if error is None:
            self.outcome.set_result(None)
        else:
            self.outcome.set_exception(error)


class _Lane:
    """The way to one entity: one task at a time, which takes whatever waits and sends it as a batch.

    An async sender must never be used by two tasks at once: that was seen to hang.
    """

    def __init__(self, entity: str, connect: Callable[[], ServiceBusClient]) -> None:
        self._entity = entity
        self._connect = connect
        self._client: ServiceBusClient | None = None
        self._sender: ServiceBusSender | None = None
        self._waiting: list[_Parcel] = []
        self._task: asyncio.Task[None] | None = None
        self.sends = 0

    async def send(self, letters: Sequence[Letter]) -> None:
        """Return when the broker has all of them. Raises Unavailable after `SEND_TIMEOUT` at the latest."""
        parcel = _Parcel(letters, asyncio.get_running_loop().create_future())
        self._waiting.append(parcel)
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._work(), name=f"outbox {self._entity}")
        try:
            async with asyncio.timeout(SEND_TIMEOUT.total_seconds()):
                await parcel.outcome
        except TimeoutError as error:
            raise Unavailable(_NEIGHBOUR) from error

    async def close(self) -> None:
        """Stop the task, give up what waits, close the connection."""
        if self._task is not None:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task
        for parcel in self._waiting:
            parcel.settle(Unavailable(_NEIGHBOUR))
        self._waiting = []
        await self._disconnect()

    async def _work(self) -> None:
        while self._waiting:
            parcels = [parcel for parcel in self._waiting if not parcel.outcome.done()]
            self._waiting = []
            try:
                async with asyncio.timeout(SEND_TIMEOUT.total_seconds()):
                    await self._deliver(parcels)
            except (AzureError, OSError) as error:  # OSError includes the timeout.
                _log.warning("outbox.send_failed", entity=self._entity, error=type(error).__name__)
            finally:
                await self._give_up(parcels)

    async def _give_up(self, parcels: Sequence[_Parcel]) -> None:
        """Answer everybody who has no answer yet; if there was one, this connection is not to be trusted any more."""
        unanswered = [parcel for parcel in parcels if not parcel.outcome.done()]
        for parcel in unanswered:
            parcel.settle(Unavailable(_NEIGHBOUR))
        if unanswered:
            await self._disconnect()

    async def _deliver(self, parcels: Sequence[_Parcel]) -> None:
        """Fill batches with the parcels in order and send each; the batch with its last letter settles a parcel."""
        sender = self._open()
        batch, complete = await sender.create_message_batch(), list[_Parcel]()
        for parcel in parcels:
            for letter in parcel.letters:
                if _added(letter, batch):
                    continue
                await self._post(sender, batch, complete)
                batch, complete = await sender.create_message_batch(), []
                if not _added(letter, batch):
                    parcel.settle(Rejected(_NEIGHBOUR, "message too large"))
                    break
            else:
                complete.append(parcel)
        await self._post(sender, batch, complete)

    async def _post(self, sender: ServiceBusSender, batch: ServiceBusMessageBatch, complete: Sequence[_Parcel]) -> None:
        if len(batch):
            await sender.send_messages(batch, timeout=_ATTEMPT_TIMEOUT.total_seconds())
            self.sends += 1
        for parcel in complete:
            parcel.settle()

    def _open(self) -> ServiceBusSender:
        if self._sender is None:
            self._client = self._connect()
            is_topic = self._entity == FACTS
            self._sender = (
                self._client.get_topic_sender(self._entity) if is_topic else self._client.get_queue_sender(self._entity)
            )
        return self._sender

    async def _disconnect(self) -> None:
        held: tuple[ServiceBusSender | ServiceBusClient | None, ...] = (self._sender, self._client)
        self._sender = self._client = None
        for part in held:
            if part is not None:
                with suppress(AzureError, OSError):
                    async with asyncio.timeout(_CLOSE_TIMEOUT.total_seconds()):
                        await part.close()


def _added(letter: Letter, batch: ServiceBusMessageBatch) -> bool:
    message = ServiceBusMessage(
        letter.body,
        message_id=letter.message_id,
        content_type="application/json",
        application_properties=dict(letter.properties.items()),
    )
    try:
        batch.add_message(message)
    except MessageSizeExceededError:
        return False
    return True
