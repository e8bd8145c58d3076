"""An aggregate as one partition: its root, its history, its facts and its child rows, changed in one transaction.

The root carries the ids of its last changes. The version that callers hold (`Loaded.etag`) is the row's ETag and
those ids, so that a save needs no reading before it. Source: design, "the one idea".
"""

import secrets
from collections.abc import Sequence

from shared.adapters.documents import columns, from_columns
from shared.adapters.keys import after_prefix, spread
from shared.adapters.storage_calls import Exists, Missing
from shared.adapters.tables import Op, Row, Table, Value, Write, in_partition
from shared.domain.changes import Change, HistoryEntry
from shared.domain.errors import Conflict, Unavailable
from shared.domain.facts import Fact
from shared.ports.storage import Loaded

ROOT = "root"
_TOLD_AT_MOST = 500
REMEMBERED = 8
"""How many changes a root remembers: more than can come between a lost answer and the look for it."""


class Aggregates[State]:
    """A table of aggregates of one kind."""

    def __init__(self, table: Table, kind: type[State]) -> None:
        self._table = table
        self._kind = kind
        self._told: dict[tuple[str, int, int], list[Fact]] = {}

    async def load(self, id_: str) -> Loaded[State] | None:
        """The state and its version, or None. One operation."""
        root = await self._table.get(spread(id_), ROOT)
        if root is None:
            return None
        return Loaded(from_columns(self._kind, root.columns), _version(root))

    async def create[R](self, id_: str, change: Change[State, R], more: Sequence[Write] = ()) -> bool:
        """Insert root, history, facts and `more`. False when somebody else's root is there. One operation."""
        own = secrets.token_hex(8)
        root = Row(spread(id_), ROOT, _root_columns(change.state, [own]))
        try:
            await self._table.write(Write(Op.INSERT, root), *_children(root.partition, change), *more)
        except (Exists, Unavailable) as error:
            if await self._was_done(root.partition, own):
                return True
            if isinstance(error, Exists):
                return False
            raise
        return True

    async def save[R](self, id_: str, change: Change[State, R], version: str, more: Sequence[Write] = ()) -> None:
        """Commit root, history, facts and `more` under the version. Raises Conflict. One operation."""
        own = secrets.token_hex(8)
        etag, _, before = version.partition(" ")
        changes = [own, *before.split()][:REMEMBERED]
        root = Row(spread(id_), ROOT, _root_columns(change.state, changes), etag)
        try:
            await self._table.write(Write(Op.REPLACE, root), *_children(root.partition, change), *more)
        except (Conflict, Exists, Missing, Unavailable) as error:
            if await self._was_done(root.partition, own):
                return
            if isinstance(error, Unavailable):
                raise
            raise Conflict("changed by somebody else") from error

    async def history(self, id_: str) -> list[HistoryEntry]:
        """Every status ever, in order."""
        return [from_columns(HistoryEntry, row.columns) for row in await self.rows(id_, "h:")]

    async def facts(self, id_: str, *, after: int = 0, until: int | None = None) -> list[Fact]:
        """The facts with a higher sequence than `after`, in order, those beyond `until` left out.

        Facts are appended and never change: what was told up to one that is there is told again without an operation.
        """
        if until is not None and (told := self._told.get((id_, after, until))) is not None:
            return told
        rows = await self.rows(id_, "f:", low=_sequenced("f:", after + 1))
        found = [from_columns(Fact, row.columns) for row in rows]
        if until is None:
            return found
        found = [fact for fact in found if fact.sequence <= until]
        if found and found[-1].sequence == until:
            if len(self._told) >= _TOLD_AT_MOST:
                self._told.clear()
            self._told[id_, after, until] = found
        return found

    async def row(self, id_: str, key: str) -> Row | None:
        """One child row, or None."""
        return await self._table.get(spread(id_), key)

    async def rows(self, id_: str, prefix: str, *, low: str = "", limit: int | None = None) -> list[Row]:
        """The child rows whose keys begin so, from `low` on, in order."""
        bounds = in_partition(spread(id_), low=low or prefix, high=after_prefix(prefix))
        return await self._table.find(bounds, limit=limit)

    async def remove(self, id_: str, key: str) -> None:
        """The child row is gone, outside any change; fine when there is none."""
        await self._table.delete(spread(id_), key)

    async def _was_done(self, partition: str, own: str) -> bool:
        root = await self._table.get(partition, ROOT)
        return root is not None and own in root.text("changes").split()


def child(id_: str, key: str, value: object, *, op: Op = Op.PUT) -> Write:
    """The write of a child row that holds the document of `value`."""
    return Write(op, Row(spread(id_), key, columns(value)))


def _root_columns(state: object, changes: Sequence[str]) -> dict[str, Value]:
    return {**columns(state), "changes": " ".join(changes)}


def _version(root: Row) -> str:
    return f"{root.etag} {root.text('changes')}"


def _children[S, R](partition: str, change: Change[S, R]) -> list[Write]:
    """History and facts are inserted, never overwritten: a sequence number used twice is refused."""
    history = [Row(partition, _sequenced("h:", entry.sequence), columns(entry)) for entry in change.history]
    facts = [Row(partition, _sequenced("f:", fact.sequence), columns(fact)) for fact in change.facts]
    return [Write(Op.INSERT, row) for row in history + facts]


def _sequenced(prefix: str, sequence: int) -> str:
    return f"{prefix}{sequence:010d}"
