"""Which months of a sender's box a search walks, newest first.

What lies far ahead or far back costs operations by the months that have pointers, not by the months in between.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from datetime import UTC, datetime, timedelta

from shared.adapters.keys import after_prefix
from shared.adapters.months import month_before, month_of, months_back, next_month
from shared.adapters.tables import Row, Table, quoted
from shared.ports.storage import MailboxQuery

AT_ONCE = 4
"""Months that are read side by side."""
LISTED_AT_ONCE = 16
"""Months that are listed before they are read, while there are any."""
RECENT = timedelta(days=365)
_FOR_EVER = "999912"


def month_in(row: Row, box: str) -> str:
    """The month of a row of this box, from its partition `{box}{yyyyMM}:{shard}`."""
    return row.partition.removeprefix(box)[:6]


class SentMonths:
    """The walk of one search. Whoever reads the windows sets `brought` when one of them brought something.

    `charge` is called for each operation of its own, so that whoever reads knows what the walk costs.
    """

    def __init__(self, table: Table, box: str, query: MailboxQuery, charge: Callable[[], None]) -> None:
        self._table = table
        self._box = box
        self._charge = charge
        self._after = query.published_after
        ends = [query.published_before, query.after.at if query.after is not None else None]
        self._last = min((month_of(at) for at in ends if at is not None), default=_FOR_EVER)
        self.oldest = ""
        self.brought = True

    async def windows(self) -> AsyncIterator[list[str]]:
        """The months that may hold what is searched for, newest first, in windows that grow while little is found.

        Months are read without a look whether they exist as long as they bring something; then those that exist are
        listed first, over stretches that grow where there are none.
        """
        oldest, ahead = await asyncio.gather(self._oldest(), self._ahead())
        if oldest is None:
            return
        self.oldest = oldest
        for window in _in_windows(ahead):
            yield window
        month, span, self.brought = min(month_of(datetime.now(UTC)), self._last), 1, True
        while oldest <= month:
            bottom = max(oldest, month_before(month, span - 1))
            months = months_back(month, bottom) if self.brought else await self._existing(bottom, month)
            self.brought = False
            for window in _in_windows(months):
                yield window
            month, span = month_before(bottom), self._next_span(span, is_empty=not months)

    def _next_span(self, span: int, *, is_empty: bool) -> int:
        if self.brought:
            return min(span * 2, AT_ONCE) if span <= AT_ONCE else 1
        return span * 4 if is_empty else min(span * 2, LISTED_AT_ONCE)

    async def _oldest(self) -> str | None:
        """The month to end with: one operation, none when the query says one of the last months."""
        bound = month_of(self._after) if self._after is not None else ""
        if bound >= month_of(datetime.now(UTC) - RECENT):
            return bound
        first = await self._first_month("")
        return None if first is None else max(first, bound)

    async def _ahead(self) -> list[str]:
        """The months after this one, newest first, that hold what is to be published later.

        The system's clock only says where to begin to look; a clock that is moved ahead costs operations, no results.
        """
        low = next_month(month_of(datetime.now(UTC)))
        if self._after is not None:
            low = max(low, month_of(self._after))
        return await self._existing(low, self._last)

    async def _existing(self, low: str, high: str) -> list[str]:
        """The months between these, both included, that have pointers, newest first: one operation for each."""
        months: list[str] = []
        while low <= high and (month := await self._first_month(low)) is not None and month <= high:
            months.insert(0, month)
            if month == high:
                break
            low = next_month(month)
        return months

    async def _first_month(self, month: str) -> str | None:
        """The first month from this one on that has a pointer."""
        self._charge()
        low, high = quoted(self._box + month), quoted(after_prefix(self._box))
        found = await self._table.find(
            f"PartitionKey ge {low} and PartitionKey lt {high}", limit=1, select=["resource"]
        )
        return month_in(found[0], self._box) if found else None


def _in_windows(months: list[str]) -> Iterator[list[str]]:
    size = 1
    while months:
        yield months[:size]
        months, size = months[size:], min(size * 2, AT_ONCE)
