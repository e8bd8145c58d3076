"""Writes to one partition that come at the same time leave as one transaction.

A request with many recipients writes many pointers to a few partitions, and a sweep drops many entries of one: each
would cost an operation of its own. Nobody waits for others to come: what is asked for in the same turn of the event
loop goes together.
"""

import asyncio
from collections.abc import Callable, Coroutine, Sequence

from shared.adapters.storage_calls import Missing
from shared.adapters.tables import MAX_WRITES, Op, Row, Table, Write
from shared.domain.errors import Rejected


class GatheredWrites:
    """Writes that may be done twice: PUT and MERGE, and deletes that do not mind a missing row."""

    def __init__(self, table: Table) -> None:
        self._table = table
        self._open: dict[str, _Batch] = {}

    async def write(self, *writes: Write) -> None:
        """Do them together or not at all, in one operation with what others ask for now. Raises Unavailable, Rejected.

        When one of those who go together is refused, each goes alone, so that it does not fail the others.
        """
        batch = self._batch(writes)
        try:
            await asyncio.shield(batch.sent)
        except (Missing, Rejected):
            if batch.callers == 1:
                raise
            await self._table.write_again(*writes)

    async def delete(self, partition: str, key: str) -> None:
        """Delete the row, in one operation with what others ask for now; fine when there is none."""
        try:
            await self.write(Write(Op.DELETE, Row(partition, key, {})))
        except Missing:
            return

    def _batch(self, writes: tuple[Write, ...]) -> "_Batch":
        """The open batch of the partition, or a new one when they do not fit in it; that one follows the full one."""
        partition = writes[0].row.partition
        batch = self._open.get(partition)
        if batch is None or not batch.takes(writes):
            batch = self._open[partition] = _Batch(partition, self._send, batch)
        batch.add(writes)
        return batch

    async def _send(self, batch: "_Batch") -> None:
        await asyncio.sleep(0)
        if batch.before is not None:
            await asyncio.wait([batch.before])
        if self._open.get(batch.partition) is batch:
            del self._open[batch.partition]
        await self._table.write_again(*batch.writes)


class _Batch:
    """What goes together. Open for as long as it is the last one of its partition and has not been sent."""

    def __init__(
        self, partition: str, send: Callable[["_Batch"], Coroutine[None, None, None]], before: "_Batch | None"
    ) -> None:
        self.partition = partition
        self.before: asyncio.Task[None] | None = before.sent if before is not None else None
        self.writes: list[Write] = []
        self.callers = 0
        self._keys: set[str] = set()
        self.sent: asyncio.Task[None] = asyncio.create_task(send(self))
        self.sent.add_done_callback(_looked_at)

    def takes(self, writes: Sequence[Write]) -> bool:
        """True while they fit, and none of their rows is in it already."""
        return len(self.writes) + len(writes) <= MAX_WRITES and all(w.row.key not in self._keys for w in writes)

    def add(self, writes: Sequence[Write]) -> None:
        """Take these along."""
        self.writes += writes
        self._keys |= {write.row.key for write in writes}
        self.callers += 1


def _looked_at(sent: asyncio.Task[None]) -> None:
    """Callers see the error; when all of them have gone away, nobody needs to."""
    if not sent.cancelled():
        sent.exception()
