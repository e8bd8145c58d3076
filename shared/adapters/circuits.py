"""The circuits of endpoints, in the table `subscriptions`: a partition per endpoint (`ep:{hash}`)."""

import time
from collections.abc import Callable

from shared.adapters.documents import columns, from_columns
from shared.adapters.keys import short_hash
from shared.adapters.storage_calls import Exists, Missing
from shared.adapters.tables import Op, Row, Tables, Write
from shared.domain.circuit import HEALTHY, Circuit
from shared.domain.errors import Conflict, Unavailable

_CACHE_SECONDS = 1.0
_CACHED_AT_MOST = 10_000
_TRIES = 50


class CircuitTable:
    """Fulfils the port Circuits. `elapsed` gives seconds that only grow."""

    def __init__(self, tables: Tables, *, elapsed: Callable[[], float] = time.monotonic) -> None:
        self._table = tables.table("subscriptions")
        self._elapsed = elapsed
        self._cache: dict[str, tuple[float, Circuit]] = {}

    async def get(self, endpoint: str) -> Circuit:
        """The endpoint's; a second old at most."""
        kept = self._cache.get(endpoint)
        if kept is not None and self._elapsed() - kept[0] < _CACHE_SECONDS:
            return kept[1]
        row = await self._table.get(_box(endpoint), "circuit")
        return self._kept(endpoint, from_columns(Circuit, row.columns) if row else HEALTHY)

    async def change(self, endpoint: str, decide: Callable[[Circuit], Circuit]) -> Circuit:
        """Save what `decide` makes of it as it is now, and return that; nothing is written when nothing changes."""
        for _ in range(_TRIES):
            row = await self._table.get(_box(endpoint), "circuit")
            before = from_columns(Circuit, row.columns) if row else HEALTHY
            changed = decide(before)
            if changed == before:
                return self._kept(endpoint, before)
            new = Row(_box(endpoint), "circuit", columns(changed), row.etag if row else "")
            try:
                await self._table.write(Write(Op.REPLACE if row else Op.INSERT, new))
            except (Conflict, Exists, Missing):
                continue
            return self._kept(endpoint, changed)
        raise Unavailable("table storage")

    def _kept(self, endpoint: str, circuit: Circuit) -> Circuit:
        if len(self._cache) >= _CACHED_AT_MOST:
            self._cache.clear()
        self._cache[endpoint] = (self._elapsed(), circuit)
        return circuit


def _box(endpoint: str) -> str:
    return f"ep:{short_hash(endpoint)}"
