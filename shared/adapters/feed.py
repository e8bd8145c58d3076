"""The table `feed`: the facts of a resource by the hour and instant in which they became known.

A row of its own per event (`{resource}:e{4 hex}`) says at which instant, so that a fact that is added again lands on
the same row. Readers come no nearer than 30 s to now: within half of that a writer that has chosen its instant writes
its row, or chooses again.
"""

import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta

from shared.adapters.documents import time_of, time_text
from shared.adapters.keys import escape, short_hash
from shared.adapters.storage_calls import Exists, Missing
from shared.adapters.tables import Op, Row, Table, Tables, Value, Write, quoted
from shared.domain.errors import Conflict, Unavailable
from shared.domain.facts import AggregateKind
from shared.domain.identifiers import ResourceId
from shared.ports.deliveries import FeedEntry

_INSTANT_HOLDS = timedelta(seconds=10)
_TRIES = 20
_HOUR_DIGITS = 10


class FeedTable:
    """Fulfils the port Feed. `elapsed` gives seconds that only grow."""

    def __init__(self, tables: Tables, *, elapsed: Callable[[], float] = time.monotonic) -> None:
        self._table: Table = tables.table("feed")
        self._elapsed = elapsed

    async def add(self, resource_id: ResourceId, entry: FeedEntry, event: str, *, now: datetime) -> None:
        """The fact stands in the feed, once, however often this is done, and never where readers have been already."""
        begun, known = self._elapsed(), Row(f"{escape(resource_id)}:e{short_hash(event)[:4]}", escape(event), {})
        at, etag = now, ""
        for _ in range(_TRIES):
            row = Row(known.partition, known.key, {"at": time_text(at)}, etag)
            try:
                await self._table.write(Write(Op.REPLACE if etag else Op.INSERT, row))
            except (Exists, Conflict, Missing):
                earlier = await self._table.get(known.partition, known.key)
                if earlier is None:
                    continue
                at, etag = time_of(earlier.text("at")), earlier.etag
                if await self._table.get(*_place(resource_id, at, event)) is not None:
                    return
                if now - at >= _INSTANT_HOLDS:  # Whoever chose it is gone, and readers may have passed.
                    at = now
                    continue
            if self._elapsed() - begun >= _INSTANT_HOLDS.total_seconds():
                raise Unavailable("table storage")  # Too late for this instant: the message comes again.
            await self._table.write_again(Write(Op.PUT, Row(*_place(resource_id, at, event), _columns(entry))))
            return
        raise Unavailable("table storage")

    async def page(
        self, resource_id: ResourceId, *, after: str = "", since: datetime | None = None, until: datetime, limit: int
    ) -> Sequence[FeedEntry]:
        """At most `limit` that became known in [since, until), from behind the cursor `after`, in their order."""
        box = f"{escape(resource_id)}:"
        low, high = max(f"{after}!" if after else "0", _digits(since) if since else "0"), _digits(until)
        bounds = [
            f"PartitionKey ge {quoted(box + low[:_HOUR_DIGITS])}",
            f"PartitionKey le {quoted(box + high[:_HOUR_DIGITS])}",
            f"RowKey ge {quoted(low)}",
            f"RowKey lt {quoted(high)}",
        ]
        return [_entry(row) for row in await self._table.find(" and ".join(bounds), limit=limit)]


def _place(resource_id: ResourceId, at: datetime, event: str) -> tuple[str, str]:
    digits = _digits(at)
    return f"{escape(resource_id)}:{digits[:_HOUR_DIGITS]}", f"{digits}:{escape(event)}"


def _digits(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y%m%d%H%M%S%f")


def _columns(entry: FeedEntry) -> dict[str, Value]:
    return {"aggregate": entry.aggregate.value, "id": entry.aggregate_id, "sequence": str(entry.sequence)}


def _entry(row: Row) -> FeedEntry:
    return FeedEntry(AggregateKind(row.text("aggregate")), row.text("id"), int(row.text("sequence")), row.key)
