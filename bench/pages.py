"""The least that a page of a search can cost: the queries that it takes, made by the bare SDK."""

import asyncio
from collections.abc import Coroutine
from typing import Any

from azure.data.tables.aio import TableClient

from shared.adapters.keys import after_prefix
from shared.adapters.mailboxes import SHARDS
from shared.adapters.tables import in_partition, quoted


class Pages:
    """A bare client of the table of mailboxes, on a loop of its own."""

    def __init__(self, connection: str) -> None:
        """Connect."""
        self._loop = asyncio.new_event_loop()
        self._table = self.run(self._open(connection))

    def run[T](self, work: Coroutine[Any, Any, T]) -> T:
        """Do this now and return what it gives."""
        return self._loop.run_until_complete(work)

    async def _open(self, connection: str) -> TableClient:
        return TableClient.from_connection_string(connection, "mailboxes")

    def received(self, party: str, resource: str, rows: int) -> None:
        """The newest rows of a recipient's box: one query."""
        prefix = f"{resource}:"
        self.run(self._query(in_partition(f"r:{party}", low=prefix, high=after_prefix(prefix)), rows))

    def sent(self, resource: str, month: str, rows: int) -> None:
        """The newest rows of a sender's box: the first month there is and the first one ahead, then the shards."""
        self.run(self._sent(f"s:{resource}:", month, rows))

    async def _sent(self, box: str, month: str, rows: int) -> None:
        after = quoted(after_prefix(box))
        looks = [f"PartitionKey ge {quoted(box + low)} and PartitionKey lt {after}" for low in ("", f"{month}~")]
        await asyncio.gather(*(self._query(look, 1) for look in looks))
        shards = [in_partition(f"{box}{month}:{shard}", low="0", high=":") for shard in range(SHARDS)]
        await asyncio.gather(*(self._query(shard, rows) for shard in shards))

    async def _query(self, filter_: str, rows: int) -> None:
        pages = self._table.query_entities(filter_, results_per_page=rows, select=["PartitionKey", "RowKey"]).by_page()
        async for page in pages:
            [row async for row in page]
            return

    def close(self) -> None:
        """Close the connections."""
        self.run(self._table.close())
        self._loop.close()
