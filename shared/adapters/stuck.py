"""The table `stuck`: what has waited too long, oldest first."""

from collections.abc import Sequence

from shared.adapters.documents import columns, from_columns
from shared.adapters.tables import Op, Row, Tables, Write, in_partition
from shared.domain.stuck import Stuck

_PARTITION = "open"  # One: what is stuck is little, or else the least of the worries.


class StuckTable:
    """Fulfils the port StuckList."""

    def __init__(self, tables: Tables) -> None:
        self._table = tables.table("stuck")

    async def put(self, stuck: Stuck) -> None:
        """Keep it; put again it is one, with the latest reason. One operation."""
        await self._table.write_again(Write(Op.PUT, Row(_PARTITION, stuck.id, columns(stuck))))

    async def get(self, id_: str) -> Stuck | None:
        """The one of this id, or None. One operation."""
        row = await self._table.get(_PARTITION, id_)
        return from_columns(Stuck, row.columns) if row else None

    async def oldest(self, *, limit: int = 100) -> Sequence[Stuck]:
        """Those that have waited longest. One operation for a thousand."""
        rows = await self._table.find(in_partition(_PARTITION), limit=limit)
        return [from_columns(Stuck, row.columns) for row in rows]

    async def drop(self, id_: str) -> None:
        """It is not stuck any more; fine when it is gone. One operation."""
        await self._table.delete(_PARTITION, id_)
