"""Service Bus triggers: receivers in peek-lock mode that settle each message by how its function ended."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from azure.core.exceptions import AzureError
from azure.servicebus import NEXT_AVAILABLE_SESSION, ServiceBusReceivedMessage, ServiceBusSubQueue
from azure.servicebus.aio import AutoLockRenewer, ServiceBusReceiver
from azure.servicebus.exceptions import OperationTimeoutError, ServiceBusError

from local.host.connections import Connections
from local.host.dispatch import Dispatcher, Failed
from local.host.functions import Binding, Function
from local.host.inflight import InFlight
from local.host.messages import batch_metadata, bodies, body, metadata
from local.host.settings import duration

DEAD_LETTER_SUFFIX = "/$deadletterqueue"
# A receiver reads and writes under one lock, so that while it waits for messages nothing can be settled for this long.
SOCKET_SECONDS = 0.03
# After the first message the SDK waits for more: worth it for a batch, but a single message is wanted at once.
BATCH_SECONDS = 0.05
AT_ONCE_SECONDS = -1.0
WAIT_SECONDS = 20.0
SETTLE_SECONDS = 15.0
FIRST_PAUSE_SECONDS = 0.2
LONGEST_PAUSE_SECONDS = 3.0
SESSION_IDLE_SECONDS = 1.0

BROKEN = (AzureError, ServiceBusError, OSError, TimeoutError, ValueError, RuntimeError, AttributeError)

log = logging.getLogger("host.servicebus")


@dataclass(frozen=True, slots=True)
class Options:
    """host.json's `extensions.serviceBus`, with the real host's defaults."""

    auto_complete: bool
    concurrent_calls: int
    renewal_seconds: float
    concurrent_sessions: int
    batch_size: int

    @classmethod
    def read(cls, section: Mapping[str, Any]) -> Options:
        """Read the section.

        Raises:
            BadSettings: when a time span in it cannot be read.
        """
        return cls(
            bool(section.get("autoCompleteMessages", True)),
            int(section.get("maxConcurrentCalls", 16)),
            duration(str(section.get("maxAutoLockRenewalDuration", "00:05:00"))).total_seconds(),
            int(section.get("maxConcurrentSessions", 8)),
            int(section.get("maxMessageBatchSize", 1000)),
        )


class Listener:
    """Feeds one function from its queue or subscription. `run()` never ends; cancelling it gives back what is held."""

    def __init__(self, function: Function, dispatcher: Dispatcher, connections: Connections, options: Options) -> None:
        binding = function.trigger
        self._function = function
        self._dispatcher = dispatcher
        self._connections = connections
        self._options = options
        self._many = str(binding.get("cardinality", "")).lower() == "many"
        self._sessions = str(binding.get("isSessionsEnabled", "")).lower() == "true"
        self._in_flight = InFlight(1 if self._many else options.concurrent_calls)
        self._complete = options.auto_complete and str(binding.get("autoCompleteMessages", "true")).lower() != "false"

    async def run(self) -> None:
        """Receive for ever; open anew with a growing pause whenever the broker breaks off."""
        if self._sessions:
            async with asyncio.TaskGroup() as group:
                for _ in range(self._options.concurrent_sessions):
                    group.create_task(self._keep(self._one_session))
        else:
            await self._keep(self._one_connection)

    async def _keep(self, serve: Callable[[], Any]) -> None:
        pause = FIRST_PAUSE_SECONDS
        while True:
            try:
                await serve()
                pause = FIRST_PAUSE_SECONDS
            except BROKEN as error:
                if pause <= FIRST_PAUSE_SECONDS:
                    log.warning("%s: receiving broke off, trying again: %s", self._function.name, type(error).__name__)
                await asyncio.sleep(pause)
                pause = min(pause * 2, LONGEST_PAUSE_SECONDS)

    async def _one_connection(self) -> None:
        receiver = open_receiver(self._connections, self._function.trigger)
        async with _closing(receiver), _renewing(self._options.renewal_seconds) as renewer:
            try:
                await self._pump(receiver, renewer)
            except asyncio.CancelledError:
                await self._in_flight.stop()  # While the receiver is open, so that their messages can be given back.
                raise

    async def _pump(self, receiver: ServiceBusReceiver, renewer: AutoLockRenewer) -> None:
        while True:
            free = await self._in_flight.free()
            count = self._options.batch_size if self._many else free
            messages = await receiver.receive_messages(max_message_count=count, max_wait_time=WAIT_SECONDS)
            for message in messages:
                renewer.register(receiver, message)
            for group in [messages] if self._many and messages else [[message] for message in messages]:
                self._in_flight.start(self._one(receiver, group))

    async def _one_session(self) -> None:
        receiver = open_receiver(self._connections, self._function.trigger, session_id=NEXT_AVAILABLE_SESSION)
        async with _closing(receiver), _renewing(self._options.renewal_seconds) as renewer:
            renewed, wait_seconds = False, WAIT_SECONDS  # The first wait is for a session, the others within it.
            while True:
                try:
                    messages = await receiver.receive_messages(
                        max_message_count=self._options.batch_size if self._many else 1,
                        max_wait_time=wait_seconds,
                    )
                except OperationTimeoutError:
                    return  # No session has anything at the moment.
                if not messages:
                    return
                if not renewed:
                    renewer.register(receiver, receiver.session)
                    renewed, wait_seconds = True, SESSION_IDLE_SECONDS
                await self._one(receiver, messages)

    async def _one(self, receiver: ServiceBusReceiver, messages: Sequence[ServiceBusReceivedMessage]) -> None:
        try:
            if self._many:
                await self._dispatcher.run(self._function, bodies(messages), batch_metadata(messages))
            else:
                await self._dispatcher.run(self._function, body(messages[0]), metadata(messages[0]))
        except Failed:
            await self._settle(receiver.abandon_message, messages)
        except asyncio.CancelledError:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(0.5):
                    await self._settle(receiver.abandon_message, messages)
            raise
        else:
            if self._complete:
                await self._settle(receiver.complete_message, messages)

    async def _settle(
        self, settle: Callable[[ServiceBusReceivedMessage], Any], messages: Sequence[ServiceBusReceivedMessage]
    ) -> None:
        """Settle each message; one that cannot be settled comes again when its lock has run out."""
        for message in messages:
            try:
                async with asyncio.timeout(SETTLE_SECONDS):
                    await settle(message)
            except BROKEN as error:
                log.warning(
                    "%s: message %s was not settled: %s",
                    self._function.name,
                    message.sequence_number,
                    type(error).__name__,
                )


def open_receiver(connections: Connections, binding: Binding, **options: Any) -> ServiceBusReceiver:
    """Make the receiver of a binding; a name that ends in `/$DeadLetterQueue` means that entity's dead letters."""
    client = connections.bus(binding.get("connection"))
    entity = str(binding.get("queueName") or binding.get("subscriptionName"))
    if entity.lower().endswith(DEAD_LETTER_SUFFIX):
        entity = entity[: -len(DEAD_LETTER_SUFFIX)]
        options["sub_queue"] = ServiceBusSubQueue.DEAD_LETTER
    options["socket_timeout"] = SOCKET_SECONDS
    if binding.get("queueName"):
        receiver = client.get_queue_receiver(entity, **options)
    else:
        receiver = client.get_subscription_receiver(str(binding["topicName"]), entity, **options)
    many = str(binding.get("cardinality", "")).lower() == "many"
    receiver._further_pull_receive_timeout = BATCH_SECONDS if many else AT_ONCE_SECONDS
    return receiver


@contextlib.asynccontextmanager
async def _closing(receiver: ServiceBusReceiver) -> Any:
    try:
        yield receiver
    finally:
        with contextlib.suppress(Exception):
            async with asyncio.timeout(1.0):
                await receiver.close()


@contextlib.asynccontextmanager
async def _renewing(seconds: float) -> Any:
    renewer = AutoLockRenewer(max_lock_renewal_duration=seconds or 0.001)
    try:
        yield renewer
    finally:
        with contextlib.suppress(Exception):
            async with asyncio.timeout(1.0):
                await renewer.close()
