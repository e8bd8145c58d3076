"""The least that accepting one message can cost: its storage operations and its send, made by the bare SDKs.

It is the budget of a create: three pointer writes side by side, one transaction, one pointer dropped; one send.
"""

import asyncio
import threading
import uuid
from collections.abc import Coroutine
from typing import Any

from azure.data.tables.aio import TableClient, TableServiceClient
from azure.servicebus import ServiceBusMessage
from azure.servicebus.aio import ServiceBusClient, ServiceBusSender

from local import settings
from local.addresses import Addresses
from local.demo.letters import BODY

_TABLES = ("correspondences", "mailboxes", "agenda")
_HISTORY = ("h:0001", "h:0003", "f:0002", "a:0001")
_FILLING = "x" * 400
_TIMEOUT_SECONDS = 60


class Floor:
    """Bare clients on a loop of their own, so that threads can call it side by side."""

    def __init__(self, addresses: Addresses) -> None:
        """Connect to the storage and the broker of a stack, and make the tables."""
        self._loop = asyncio.new_event_loop()
        threading.Thread(target=self._loop.run_forever, daemon=True).start()
        self._run(self._open(addresses))

    def _run[T](self, work: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(_TIMEOUT_SECONDS)

    async def _open(self, addresses: Addresses) -> None:
        self._service = TableServiceClient.from_connection_string(settings.storage_connection(addresses))
        for table in _TABLES:
            await self._service.create_table_if_not_exists(table)
        self._tables: dict[str, TableClient] = {name: self._service.get_table_client(name) for name in _TABLES}
        self._bus = ServiceBusClient.from_connection_string(settings.servicebus_connection(addresses))
        self._sending = asyncio.Lock()  # A sender of the SDK takes one call at a time.
        self._sender: ServiceBusSender = self._bus.get_topic_sender("facts")

    def create(self) -> None:
        """Do for one message what the service does."""
        self._run(self._create(str(uuid.uuid4())))

    async def _create(self, id_: str) -> None:
        pointer = {"PartitionKey": "0:202612011200", "RowKey": f"dispatch:{id_}", "subject": id_}
        await asyncio.gather(
            self._tables["agenda"].upsert_entity(pointer),
            self._tables["mailboxes"].submit_transaction(
                [("upsert", _row("r:party", f"{place}:{id_}")) for place in ("all", "example-letters")]
            ),
            self._tables["mailboxes"].upsert_entity(_row("s:example-letters:202612:0", id_)),
        )
        rows = [_row(id_, "root"), _row(id_, "content", BODY), *(_row(id_, name) for name in _HISTORY)]
        await self._tables["correspondences"].submit_transaction([("create", row) for row in rows])
        async with self._sending:
            await self._sender.send_messages(ServiceBusMessage(_FILLING, message_id=id_))
        await self._tables["agenda"].delete_entity(pointer["PartitionKey"], pointer["RowKey"])

    def close(self) -> None:
        """Close every connection."""
        self._run(self._close())
        self._loop.call_soon_threadsafe(self._loop.stop)

    async def _close(self) -> None:
        await self._sender.close()
        await self._bus.close()
        await self._service.close()


def _row(partition: str, row: str, text: str = _FILLING) -> dict[str, str]:
    return {"PartitionKey": partition, "RowKey": row, "text": text}
