"""The table `correspondences`: one partition for each, with its body, its history, its facts, notifications and
forwardings."""

from collections.abc import Sequence
from datetime import datetime

from shared.adapters.aggregates import Aggregates, child
from shared.adapters.documents import from_columns, time_of, time_text
from shared.adapters.keys import escape, spread
from shared.adapters.permits import demand
from shared.adapters.tables import Op, Row, Tables, Write
from shared.domain.changes import HistoryEntry
from shared.domain.correspondence import Content, Correspondence, CorrespondenceChange, purges
from shared.domain.facts import Fact
from shared.domain.forwarded import Forwarding
from shared.domain.identifiers import CorrespondenceId, PartyUrn
from shared.domain.notification import Notification
from shared.domain.policy import Permit
from shared.ports.storage import Loaded

TAKEN_AT_ONCE = 90
"""Forwardings that go in a purge's own commit: with root, history, fact and content below the 100 of a transaction."""


class CorrespondenceTable:
    """Fulfils the port Correspondences."""

    def __init__(self, tables: Tables) -> None:
        self._aggregates = Aggregates(tables.table("correspondences"), Correspondence)

    async def load(self, id_: CorrespondenceId) -> Loaded[Correspondence] | None:
        """The root, or None when there is none. One operation."""
        return await self._aggregates.load(id_)

    async def create(self, change: CorrespondenceChange, content: Content, permit: Permit) -> bool:
        """Insert root, content, history, facts and child rows. False when it exists already. One operation."""
        demand(permit)
        id_ = change.state.id
        rows = [child(id_, "content", content, op=Op.INSERT), *_rows(change)]
        return await self._aggregates.create(id_, change, rows)

    async def save(
        self, change: CorrespondenceChange, etag: str, permit: Permit, *, seen: PartyUrn | None = None
    ) -> None:
        """Commit root, history, facts and child rows; with `seen`, note when this party looked: the time of the
        change's last history entry or fact. A purge takes the content and the forwardings away. Raises Conflict, and
        ValueError for a look in a change without a time. One operation, two for a purge.
        """
        demand(permit)
        rows = _rows(change)
        if purges(change):
            rows += await self._texts(change.state.id)
        if seen is not None:
            rows.append(_look(change, seen))
        await self._aggregates.save(change.state.id, change, etag, rows)

    async def _texts(self, id_: CorrespondenceId) -> list[Write]:
        """What a purge takes away in its commit. A forwarding written meanwhile has changed the root: a Conflict.

        Forwardings beyond what a transaction holds go beforehand, so that none is left when it has been purged.
        """
        keys = [row.key for row in await self._aggregates.rows(id_, _forwarding_key(""))]
        for key in keys[TAKEN_AT_ONCE:]:
            await self._aggregates.remove(id_, key)
        return [Write(Op.DELETE, Row(spread(id_), key, {})) for key in ("content", *keys[:TAKEN_AT_ONCE])]

    async def content(self, id_: CorrespondenceId, permit: Permit) -> Content | None:
        """The body and titles, or None."""
        demand(permit)
        row = await self._aggregates.row(id_, "content")
        return from_columns(Content, row.columns) if row else None

    async def history(self, id_: CorrespondenceId) -> Sequence[HistoryEntry]:
        """Every status ever, in order."""
        return await self._aggregates.history(id_)

    async def facts(self, id_: CorrespondenceId, *, after: int = 0, until: int | None = None) -> Sequence[Fact]:
        """The facts with a sequence above `after` and up to `until`, in order."""
        return await self._aggregates.facts(id_, after=after, until=until)

    async def notifications(self, id_: CorrespondenceId) -> Sequence[Notification]:
        """Every notification, oldest first."""
        found = [from_columns(Notification, row.columns) for row in await self._aggregates.rows(id_, "n:")]
        return sorted(found, key=lambda n: (n.created, n.id))

    async def forwarding(self, id_: CorrespondenceId, forwarding_id: str) -> Forwarding | None:
        """One forwarding to an e-mail address, or None."""
        row = await self._aggregates.row(id_, _forwarding_key(forwarding_id))
        return from_columns(Forwarding, row.columns) if row else None

    async def last_seen(self, id_: CorrespondenceId, party: PartyUrn) -> datetime | None:
        """When this party was last noted as having looked."""
        row = await self._aggregates.row(id_, _seen_key(party))
        return time_of(row.text("at")) if row else None


def _rows(change: CorrespondenceChange) -> list[Write]:
    return [child(change.state.id, _key(row), row) for row in change.rows]


def _key(row: Notification | Forwarding) -> str:
    match row:
        case Notification():
            return f"n:{row.id}"
        case Forwarding():
            return _forwarding_key(row.id)


def _forwarding_key(id_: str) -> str:
    return f"w:{id_}"


def _look(change: CorrespondenceChange, party: PartyUrn) -> Write:
    times = [entry.at for entry in change.history] + [fact.at for fact in change.facts]
    return Write(Op.PUT, Row(spread(change.state.id), _seen_key(party), {"at": time_text(max(times))}))


def _seen_key(party: PartyUrn) -> str:
    return f"seen:{escape(party)}"
