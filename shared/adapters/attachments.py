"""The table `attachments`: one partition for each, with its history, its facts, the verdicts and who uses it."""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import datetime

from shared.adapters.aggregates import Aggregates, child
from shared.adapters.documents import from_columns, time_of, time_text
from shared.adapters.gathered import GatheredWrites
from shared.adapters.keys import escape, spread
from shared.adapters.permits import demand
from shared.adapters.tables import Op, Row, Tables, Write
from shared.domain.attachment import Attachment, AttachmentChange
from shared.domain.changes import HistoryEntry
from shared.domain.facts import Fact
from shared.domain.identifiers import AttachmentId, CorrespondenceId
from shared.domain.policy import Permit
from shared.domain.verdicts import Verdict
from shared.ports.storage import Loaded

AT_ONCE = 20
"""Reads side by side."""
_LINK = "link:"


class AttachmentTable:
    """Fulfils the port Attachments."""

    def __init__(self, tables: Tables) -> None:
        self._table = tables.table("attachments")
        self._aggregates = Aggregates(self._table, Attachment)
        self._links = GatheredWrites(self._table)

    async def load(self, id_: AttachmentId) -> Loaded[Attachment] | None:
        """The root, or None. One operation."""
        return await self._aggregates.load(id_)

    async def load_many(self, ids: Sequence[AttachmentId]) -> Mapping[AttachmentId, Attachment]:
        """Those of them that exist. One operation each, up to 20 side by side."""
        turn = asyncio.Semaphore(AT_ONCE)

        async def one(id_: AttachmentId) -> Loaded[Attachment] | None:
            async with turn:
                return await self._aggregates.load(id_)

        wanted = list(dict.fromkeys(ids))
        loaded = await asyncio.gather(*(one(id_) for id_ in wanted))
        return {id_: found.state for id_, found in zip(wanted, loaded, strict=True) if found is not None}

    async def create(self, change: AttachmentChange, permit: Permit) -> bool:
        """Insert root, history, facts and verdicts. False when it exists already. One operation."""
        demand(permit)
        return await self._aggregates.create(change.state.id, change, _verdicts(change))

    async def save(self, change: AttachmentChange, etag: str, permit: Permit) -> None:
        """Commit root, history, facts and verdicts. Raises Conflict. One operation."""
        demand(permit)
        await self._aggregates.save(change.state.id, change, etag, _verdicts(change))

    async def verdict(self, id_: AttachmentId, etag: str) -> Verdict | None:
        """What was said about these bytes, if anything."""
        row = await self._aggregates.row(id_, _verdict_key(etag))
        return from_columns(Verdict, row.columns) if row else None

    async def history(self, id_: AttachmentId) -> Sequence[HistoryEntry]:
        """Every status ever, in order."""
        return await self._aggregates.history(id_)

    async def facts(self, id_: AttachmentId, *, after: int = 0, until: int | None = None) -> Sequence[Fact]:
        """The facts with a sequence above `after` and up to `until`, in order."""
        return await self._aggregates.facts(id_, after=after, until=until)

    async def link(self, id_: AttachmentId, correspondence: CorrespondenceId, *, at: datetime) -> None:
        """Write the link row (again, if need be)."""
        row = Row(spread(id_), _LINK + correspondence, {"at": time_text(at)})
        await self._links.write(Write(Op.PUT, row))

    async def links(
        self, id_: AttachmentId, *, after: CorrespondenceId | None = None, limit: int = 100
    ) -> Sequence[tuple[CorrespondenceId, datetime]]:
        """A page of the links, by correspondence id, each with when it was made."""
        low = f"{_LINK}{after}\x20" if after else ""  # A space sorts before every sign of an id.
        rows = await self._aggregates.rows(id_, _LINK, low=low, limit=limit)
        return [(CorrespondenceId(row.key.removeprefix(_LINK)), time_of(row.text("at"))) for row in rows]

    async def unlink(self, id_: AttachmentId, correspondence: CorrespondenceId) -> None:
        """Drop the link row; fine when there is none."""
        await self._links.delete(spread(id_), _LINK + correspondence)


def _verdicts(change: AttachmentChange) -> list[Write]:
    return [child(change.state.id, _verdict_key(verdict.etag), verdict) for verdict in change.rows]


def _verdict_key(etag: str) -> str:
    return f"v:{escape(etag.strip('"'))}"
