"""The table `sendings`: pauses that a neighbour asked for, and what each e-mail is about, for reports of its delivery.

A row of an e-mail has a partition of its own, so that they spread.
"""

import asyncio
from collections.abc import Sequence
from datetime import datetime

from shared.adapters.documents import time_of, time_text
from shared.adapters.keys import escape
from shared.adapters.tables import Op, Row, Tables, Write
from shared.domain.identifiers import CorrespondenceId

_PAUSES = "pauses"
_KEY = "about"


class SendingTable:
    """Fulfils the port Sendings."""

    def __init__(self, tables: Tables) -> None:
        self._table = tables.table("sendings")

    async def pause(self, neighbour: str, *, until: datetime) -> None:
        """Nobody sends through this neighbour before then. Of two pauses at once, either may stay: the next answer
        of the neighbour says it again.
        """
        await self._table.write(Write(Op.PUT, Row(_PAUSES, escape(neighbour), {"until": time_text(until)})))

    async def paused_until(self, neighbour: str) -> datetime | None:
        """When the latest pause ends, or ended; None when there never was one. One operation."""
        row = await self._table.get(_PAUSES, escape(neighbour))
        return time_of(row.text("until")) if row else None

    async def note(self, operation_ids: Sequence[str], about: CorrespondenceId) -> None:
        """Note what these e-mails will be about. One operation each."""
        rows = [Row(escape(id_), _KEY, {"correspondence": about}) for id_ in operation_ids]
        await asyncio.gather(*(self._table.write(Write(Op.PUT, row)) for row in rows))

    async def about(self, operation_id: str) -> CorrespondenceId | None:
        """What an e-mail is about; None for one that was not noted. One operation."""
        row = await self._table.get(escape(operation_id), _KEY)
        return CorrespondenceId(row.text("correspondence")) if row else None
