"""One search under way: rows of partitions side by side, newest first, until the page is full or enough was read."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from shared.adapters.keys import after_prefix, reversed_time, time_of
from shared.adapters.months import month_of
from shared.adapters.tables import PAGE, Row, Table, Value, in_partition, literal
from shared.domain.identifiers import CorrespondenceId
from shared.domain.mailbox import Page, Place, merged
from shared.ports.storage import MailboxQuery

LEAST_COST = 25
"""Rows that an operation counts for, however few it gave: so a walk over empty months comes to an end, too.

No operation asks for fewer because little may still be read: it would cost the same.
"""


@dataclass(frozen=True, slots=True)
class Part:
    """The rows of one partition whose keys have this prefix, before the place. `month` is a sender's partition's."""

    partition: str
    prefix: str
    month: str = ""


class Reading:
    """What was found so far. `wanted` are the columns that a row must have.

    With `most_rows` rows are read by their keys and matched here, so that no operation looks at more rows than it
    gives. Without it storage does the matching, which takes fewer operations and knows no bound.
    """

    def __init__(self, table: Table, query: MailboxQuery, wanted: Mapping[str, Value]) -> None:
        self._table = table
        self._query = query
        self._wanted = wanted
        self._found: list[Place] = []
        self._after = query.after
        self._stop: Place | None = None
        self._size = query.limit + 1  # One more tells whether anything follows.
        self._rows_left = query.most_rows if query.most_rows is not None else 0

    @property
    def is_over(self) -> bool:
        """True when the page is full, or as much was read as may be."""
        return len(self._found) >= self._query.limit or (self._query.most_rows is not None and self._rows_left <= 0)

    def charge(self) -> None:
        """Count an operation that showed where to read."""
        self._rows_left -= LEAST_COST

    async def read(self, parts: Sequence[Part]) -> bool:
        """Read these to their end, or until it is over, but some of them always. True when they brought something."""
        before = len(self._found)
        while True:
            left = self._query.limit - len(self._found)
            bounds = [_bounds(part, self._query, self._after) for part in parts]
            many = min(self._size, PAGE, max(LEAST_COST, self._rows_left // len(parts)))
            rows = [self._rows(part, bound, left, many) for part, bound in zip(parts, bounds, strict=True) if bound]
            page = merged(await asyncio.gather(*rows), left)
            self._found += page.found
            self._after = self._stop = page.next
            self._size = min(self._size * 4, PAGE)
            if page.next is None or self.is_over:
                return len(self._found) > before

    def page(self, rest: Place | None) -> Page:
        """What was found. `rest` is where to go on when it was over just at the end of the last parts."""
        return Page(tuple(self._found), self._stop or (rest if self.is_over else None))

    async def _rows(self, part: Part, bounds: str, left: int, many: int) -> Page:
        if self._query.most_rows is None:
            filters = [bounds, *(f"{column} eq {literal(value)}" for column, value in self._wanted.items())]
            rows = await self._table.find(" and ".join(filters), limit=left, select=["resource"])
            return _page(part, rows, rows, is_full=len(rows) == left)
        rows = await self._table.find(bounds, limit=many, select=list(self._wanted))
        self._rows_left -= max(len(rows), LEAST_COST)
        return _page(part, [row for row in rows if self._matches(row)], rows, is_full=len(rows) == many)

    def _matches(self, row: Row) -> bool:
        return all(row.columns.get(column) == value for column, value in self._wanted.items())


def _page(part: Part, matching: list[Row], read: list[Row], *, is_full: bool) -> Page:
    return Page(tuple(_place(row, part) for row in matching), _place(read[-1], part) if is_full else None)


def _place(row: Row, part: Part) -> Place:
    """Where the row stands. Keys tell times apart from 1970 to 5138; beyond, the month does, where there is one."""
    reversed_, id_ = row.key.rsplit(":", 2)[-2:]
    at = time_of(reversed_)
    if part.month and part.month != month_of(at):
        at = datetime(int(part.month[:4]), int(part.month[4:]), 1, tzinfo=UTC)
    return Place(at, CorrespondenceId(id_))


def _bounds(part: Part, query: MailboxQuery, after: Place | None) -> str:
    """The rows between the bounds, both exclusive; empty when all of them stand before the place to go on after.

    Times are reversed: the later bound is the lower key.
    """
    prefix = part.prefix
    lows = [prefix or "0"]
    if query.published_before is not None:
        lows.append(prefix + reversed_time(query.published_before, earlier=1))
    if after is not None:
        month = month_of(after.at)
        if part.month > month:
            return ""
        if part.month in {"", month}:
            lows.append(f"{prefix}{reversed_time(after.at)}:{after.id}!")  # The first key after its own.
    high = after_prefix(prefix) if prefix else ":"
    if query.published_after is not None:
        high = prefix + reversed_time(query.published_after)
    return in_partition(part.partition, low=max(lows), high=high)
