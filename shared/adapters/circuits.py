"""The circuits of endpoints, in the table `subscriptions`: one partition, in which those that fail are few."""

import asyncio
import time
from collections.abc import Callable

from shared.adapters.documents import columns, from_columns
from shared.adapters.keys import short_hash
from shared.adapters.storage_calls import Exists, Missing
from shared.adapters.tables import Op, Row, Tables, Write, in_partition
from shared.domain.circuit import HEALTHY, Circuit
from shared.domain.errors import Conflict, Unavailable

_PARTITION = "ep"
_CACHE_SECONDS = 1.0
_TRIES = 50


class CircuitTable:
    """Fulfils the port Circuits. `elapsed` gives seconds that only grow.

    All that fail are read together, once a second: however many endpoints are called, that is one operation.
    """

    def __init__(self, tables: Tables, *, elapsed: Callable[[], float] = time.monotonic) -> None:
        self._table = tables.table("subscriptions")
        self._elapsed = elapsed
        self._failing: dict[str, Circuit] = {}
        self._read_at: float | None = None
        self._turn = asyncio.Lock()

    async def get(self, endpoint: str) -> Circuit:
        """The endpoint's; a second old at most."""
        async with self._turn:
            if self._read_at is None or self._elapsed() - self._read_at >= _CACHE_SECONDS:
                begun = self._elapsed()
                rows = await self._table.find(in_partition(_PARTITION) + " and failing eq true")
                self._failing = {row.key: from_columns(Circuit, row.columns) for row in rows}
                self._read_at = begun
        return self._failing.get(short_hash(endpoint), HEALTHY)

    async def change(self, endpoint: str, decide: Callable[[Circuit], Circuit]) -> Circuit:
        """Save what `decide` makes of it as it is now, and return that; nothing is written when nothing changes."""
        key = short_hash(endpoint)
        for _ in range(_TRIES):
            row = await self._table.get(_PARTITION, key)
            before = from_columns(Circuit, row.columns) if row else HEALTHY
            changed = decide(before)
            if changed != before:
                shown = columns(changed) | {"failing": changed != HEALTHY}
                new = Row(_PARTITION, key, shown, row.etag if row else "")
                try:
                    await self._table.write(Write(Op.REPLACE if row else Op.INSERT, new))
                except (Conflict, Exists, Missing):
                    continue
            self._failing[key] = changed
            return changed
        raise Unavailable("table storage")
