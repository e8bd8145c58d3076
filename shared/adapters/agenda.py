"""The table `agenda`: pointers to work that becomes due, by shard and minute: a sweep reads only what is due."""

import asyncio
import time
from collections import deque
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta

from shared.adapters.documents import time_of, time_text
from shared.adapters.gathered import GatheredWrites
from shared.adapters.keys import after_prefix, escape, shard_of
from shared.adapters.tables import Op, Row, Tables, Write, quoted
from shared.domain.changes import Due, Task
from shared.ports.work import AgendaEntry

LATE_WRITER = timedelta(minutes=15)
"""How late an entry may be written and still be found without a restart. Source: design 3, agenda."""
_SAMPLE = timedelta(minutes=1)
_BETWEEN = "|"  # Between partition and row in an entry's key; escaped keys never hold it.


class AgendaTable:
    """Fulfils the port Agenda. Raise `shards` as load grows; lowered, the entries above would no longer be read.

    `elapsed` gives seconds that only ever grow. How late a writer may be is counted in these, since the clock that
    entries go by may be moved ahead by days between two sweeps.
    """

    def __init__(self, tables: Tables, *, shards: int = 1, elapsed: Callable[[], float] = time.monotonic) -> None:
        self._table = tables.table("agenda")
        self._writes = GatheredWrites(self._table)
        self._shards = shards
        self._elapsed = elapsed
        self._sweeps: deque[tuple[float, datetime]] = deque()
        self._mark: datetime | None = None

    async def put(self, due: Due, *, now: datetime) -> AgendaEntry:
        """Write the entry; equal entries are one."""
        return await self._put(due, now)

    async def drop(self, key: str) -> None:
        """Delete it; fine when it is gone."""
        partition, _, row = key.partition(_BETWEEN)
        await self._writes.delete(partition, row)

    async def due(self, *, now: datetime, limit: int = 500) -> Sequence[AgendaEntry]:
        """What is due up to now, oldest first: one range query per shard, from the low-water mark on.

        The mark is never later than the oldest entry that still lives, nor than the time of the sweep 15 minutes
        before; a fresh process reads from the beginning.
        """
        floor = self._floor(now)
        low = self._mark.astimezone(UTC) if self._mark is not None else None
        pages = await asyncio.gather(*(self._read(shard, low, now, limit) for shard in range(self._shards)))
        found = sorted((entry for page in pages for entry in page), key=_oldest_first)[:limit]
        oldest = found[0].due.at if found else floor
        self._mark = None if floor is None or oldest is None else min(oldest, floor)
        return found

    async def redate(self, entry: AgendaEntry, *, to: datetime) -> AgendaEntry:
        """Write it again at a later time with the same `written`; the old one stays until it is dropped."""
        due = Due(entry.due.task, entry.due.subject, to, entry.due.attempt)
        return await self._put(due, entry.written)

    async def ahead(self, *, limit: int = 100) -> Sequence[AgendaEntry]:
        """The next entries, due or not: for the people who run it."""
        pages = await asyncio.gather(*(self._read(shard, None, None, limit) for shard in range(self._shards)))
        return sorted((entry for page in pages for entry in page), key=_oldest_first)[:limit]

    async def _put(self, due: Due, written: datetime) -> AgendaEntry:
        row = self._row(due, written)
        await self._writes.write(Write(Op.PUT, row))
        return AgendaEntry(due, f"{row.partition}{_BETWEEN}{row.key}", written)

    def _row(self, due: Due, written: datetime) -> Row:
        shard = shard_of(f"{due.task}:{due.subject}", self._shards)
        columns = {"task": due.task.value, "subject": due.subject, "at": time_text(due.at), "attempt": due.attempt}
        key = f"{_digits(due.at)}:{due.task}:{escape(due.subject)}"
        return Row(f"{shard}:{_minute(due.at)}", key, {**columns, "written": time_text(written)})

    async def _read(self, shard: int, low: datetime | None, now: datetime | None, limit: int) -> list[AgendaEntry]:
        box = f"{shard}:"
        first = quoted(box + (_minute(low) if low is not None else ""))
        if now is None:
            bounds = f"PartitionKey ge {first} and PartitionKey lt {quoted(after_prefix(box))}"
        else:
            past = quoted(after_prefix(_digits(now) + ":"))
            bounds = f"PartitionKey ge {first} and PartitionKey le {quoted(box + _minute(now))} and RowKey lt {past}"
        return [_entry(row) for row in await self._table.find(bounds, limit=limit)]

    def _floor(self, now: datetime) -> datetime | None:
        """The time of a sweep at least 15 real minutes ago, at most 15 minutes before now; None when there is none."""
        elapsed = self._elapsed()
        if not self._sweeps or elapsed - self._sweeps[-1][0] >= _SAMPLE.total_seconds():
            self._sweeps.append((elapsed, now))
        old_enough = elapsed - LATE_WRITER.total_seconds()
        while len(self._sweeps) > 1 and self._sweeps[1][0] <= old_enough:
            self._sweeps.popleft()
        then, at = self._sweeps[0]
        return min(at, now - LATE_WRITER) if then <= old_enough else None


def _entry(row: Row) -> AgendaEntry:
    attempt = row.columns["attempt"]
    assert isinstance(attempt, int)  # noqa: S101  it was written as one
    due = Due(Task(row.text("task")), row.text("subject"), time_of(row.text("at")), attempt)
    return AgendaEntry(due, f"{row.partition}{_BETWEEN}{row.key}", time_of(row.text("written")))


def _oldest_first(entry: AgendaEntry) -> tuple[datetime, str]:
    return entry.due.at, entry.key


def _digits(at: datetime) -> str:
    return "".join(filter(str.isdigit, time_text(at)))


def _minute(at: datetime) -> str:
    return _digits(at)[:12]
