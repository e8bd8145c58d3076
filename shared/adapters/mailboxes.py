"""The table `mailboxes`: pointers to correspondences, newest first by requested publish time.

A recipient has one partition (`r:{party}`) with two rows for each pointer: among all, and among those of its
resource. A sender's pointers lie by resource, month and shard (`s:{resource}:{yyyyMM}:{shard}`), each with a second
row found by the sender's reference. Source: design 3.
"""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from shared.adapters.gathered import GatheredWrites
from shared.adapters.keys import after_prefix, escape, reversed_time, shard_of, short_hash
from shared.adapters.months import month_before, month_of, months_back, next_month
from shared.adapters.tables import Op, Row, Tables, Value, Write, in_partition, quoted
from shared.domain.correspondence import Correspondence, Status
from shared.domain.identifiers import CorrespondenceId, ResourceId
from shared.ports.storage import MailboxEntry, MailboxQuery

SHARDS = 4
"""Partitions of one resource and month. Part of the keys: it can be raised, and never lowered."""
MONTHS_AT_ONCE = 4
BOXES_AT_ONCE = 10
"""Recipients' boxes of one request that are written side by side: single letters keep their place beside a bulk."""
QUIET_MONTHS = 12
"""So many months in a row without a find, and a sender's search asks which months there are."""
RECENT = timedelta(days=365)
_FOR_EVER = "999912"
_NOT_SEARCHABLE = frozenset({Status.FETCHED})
"""Source: wire contract 11: nothing is ever found by the status Fetched."""


class MailboxTable:
    """Fulfils the port Mailboxes."""

    def __init__(self, tables: Tables) -> None:
        self._table = tables.table("mailboxes")
        self._writes = GatheredWrites(self._table)

    async def point(self, *entries: MailboxEntry) -> None:
        """Write the pointers of recipients and senders, in as few transactions as there are partitions: one for each
        recipient, a few side by side, and one for every 50 of a sender's by month and shard. Done twice is done once.
        """
        turn = asyncio.Semaphore(BOXES_AT_ONCE)

        async def deliver(entry: MailboxEntry) -> None:
            async with turn:
                await self._writes.write(*_received(entry))

        sent = (self._writes.write(*_sent(entry)) for entry in entries)
        await asyncio.gather(*sent, *(deliver(entry) for entry in entries))

    async def merge(
        self, correspondence: Correspondence, *, title: str | None = None, never: frozenset[Status] = frozenset()
    ) -> None:
        """Merge status columns (and the title; "" clears it) into pointers that exist or not; `never` is taken back."""
        await self.point(MailboxEntry(correspondence=correspondence, title=title, never=never))

    async def search(self, query: MailboxQuery) -> Sequence[CorrespondenceId]:
        """The newest ids that match, at most `limit`.

        A recipient never finds what was not published. A sender's search walks the months backwards, from the newest
        one there is (or `published_before`) to the oldest one there is (or `published_after`). What lies far ahead or
        far back costs operations by the months that have pointers, not by the months in between.
        """
        found = await (self._received(query) if query.as_recipient else self._sent(query))
        return [CorrespondenceId(row.key.rsplit(":", 1)[1]) for row in found]

    async def _received(self, query: MailboxQuery) -> list[Row]:
        bounds = _bounds(f"r:{escape(query.party)}", _of_resource(query.resource_id), query)
        filters = [bounds, *_filters(query), f"{_ever(Status.PUBLISHED)} eq true"]
        if query.senders_reference is not None:
            filters.append(f"reference eq {quoted(short_hash(query.senders_reference))}")
        return await self._table.find(" and ".join(filters), limit=query.limit, select=["resource"])

    async def _sent(self, query: MailboxQuery) -> list[Row]:
        box = f"s:{escape(query.resource_id)}:"
        first, ahead = await asyncio.gather(self._oldest(box, query), self._ahead(box, query))
        if first is None:
            return []
        found: list[Row] = []
        await self._walk(box, ahead, query, found)
        reached = await self._walk_back(box, first, query, found)
        if first <= reached and len(found) < query.limit:
            await self._walk(box, await self._existing(box, first, reached), query, found)
        return found[: query.limit]

    async def _walk(self, box: str, months: list[str], query: MailboxQuery, found: list[Row]) -> None:
        """Add what these months have to what was found, until that is enough."""
        size = 1
        while months and len(found) < query.limit:
            window, months = months[:size], months[size:]
            found += await self._sent_within(box, window, query, query.limit - len(found))
            size = min(size * 2, MONTHS_AT_ONCE)

    async def _walk_back(self, box: str, first: str, query: MailboxQuery, found: list[Row]) -> str:
        """Walk from this month (or `published_before`) back to `first` while something is found.

        Gives the month it would have gone on with. After months without a find, one operation asks whether the next
        ones have any pointers.
        """
        month, quiet, size = min(month_of(datetime.now(UTC)), _last(query)), 0, 1
        while first <= month and quiet < QUIET_MONTHS and len(found) < query.limit:
            count = min(size, QUIET_MONTHS - quiet)
            window = months_back(month, max(first, month_before(month, count - 1)))
            rows: list[Row] = []
            if not quiet or await self._is_used(box, window):
                rows = await self._sent_within(box, window, query, query.limit - len(found))
            found += rows
            quiet = 0 if rows else quiet + len(window)
            month, size = month_before(window[-1]), min(size * 2, MONTHS_AT_ONCE)
        return month

    async def _sent_within(self, box: str, months: list[str], query: MailboxQuery, limit: int) -> list[Row]:
        """What these months have, newest first: by month, since keys tell times apart from 1970 to 5138 only."""
        parts = [f"{box}{month}:{shard}" for month in months for shard in range(SHARDS)]
        pages = await asyncio.gather(*(self._sent_in(part, query, limit) for part in parts))
        rows = sorted((row for page in pages for row in page), key=_newest_first)
        return sorted(rows, key=lambda row: _month(row, box), reverse=True)

    async def _sent_in(self, partition: str, query: MailboxQuery, limit: int) -> list[Row]:
        prefix = "" if query.senders_reference is None else _by_reference(query.senders_reference)
        filters = [_bounds(partition, prefix, query), *_filters(query), f"sender eq {quoted(query.party)}"]
        return await self._table.find(" and ".join(filters), limit=limit, select=["resource"])

    async def _oldest(self, box: str, query: MailboxQuery) -> str | None:
        """The month to end with: one operation, none when the query says one of the last months."""
        bound = month_of(query.published_after) if query.published_after is not None else ""
        if bound >= month_of(datetime.now(UTC) - RECENT):
            return bound
        first = await self._first_month(box, "")
        return None if first is None else max(first, bound)

    async def _ahead(self, box: str, query: MailboxQuery) -> list[str]:
        """The months after this one, newest first, that hold what is to be published later.

        The system's clock only says where to begin to look; a clock that is moved ahead costs operations, no results.
        """
        low = next_month(month_of(datetime.now(UTC)))
        if query.published_after is not None:
            low = max(low, month_of(query.published_after))
        return await self._existing(box, low, _last(query))

    async def _existing(self, box: str, low: str, high: str) -> list[str]:
        """The months between these, both included, that have pointers, newest first: one operation for each."""
        months: list[str] = []
        while low <= high and (month := await self._first_month(box, low)) is not None and month <= high:
            months.insert(0, month)
            if month == high:
                break
            low = next_month(month)
        return months

    async def _is_used(self, box: str, window: list[str]) -> bool:
        month = await self._first_month(box, window[-1])
        return month is not None and month <= window[0]

    async def _first_month(self, box: str, month: str) -> str | None:
        """The first month from this one on that has a pointer."""
        low, high = quoted(box + month), quoted(after_prefix(box))
        found = await self._table.find(
            f"PartitionKey ge {low} and PartitionKey lt {high}", limit=1, select=["resource"]
        )
        return _month(found[0], box) if found else None


def _received(entry: MailboxEntry) -> tuple[Write, Write]:
    state = entry.correspondence
    columns = {**_columns(entry), "counterpart": state.sender}
    box, place = f"r:{escape(state.recipient)}", _place(state.requested_publish_time, state.id)
    return (
        Write(Op.MERGE, Row(box, f"all:{place}", columns)),
        Write(Op.MERGE, Row(box, _of_resource(state.resource_id) + place, columns)),
    )


def _sent(entry: MailboxEntry) -> tuple[Write, Write]:
    state = entry.correspondence
    columns = {**_columns(entry), "counterpart": state.recipient}
    out, place = _out(state), _place(state.requested_publish_time, state.id)
    return (
        Write(Op.MERGE, Row(out, place, columns)),
        Write(Op.MERGE, Row(out, _by_reference(state.senders_reference) + place, columns)),
    )


def _columns(entry: MailboxEntry) -> dict[str, Value]:
    state = entry.correspondence
    columns: dict[str, Value] = {_ever(status): True for status in state.ever - _NOT_SEARCHABLE}
    columns |= {_ever(status): False for status in entry.never - _NOT_SEARCHABLE}
    columns |= {"resource": state.resource_id, "sender": state.sender}
    columns["reference"] = short_hash(state.senders_reference)
    if entry.title is not None:
        columns["title"] = entry.title.encode("utf-8", "replace").decode()
    return columns


def _ever(status: str) -> str:
    return f"ever_{status}"


def _filters(query: MailboxQuery) -> list[str]:
    """Raises ValueError for a status that is none: its name becomes part of the filter."""
    return [] if query.status is None else [f"{_ever(Status(query.status))} eq true"]


def _place(at: datetime, id_: str) -> str:
    return f"{reversed_time(at)}:{id_}"


def _of_resource(resource: ResourceId) -> str:
    return ("~61ll" if resource == "all" else escape(resource)) + ":"


def _by_reference(reference: str) -> str:
    return f"ref:{short_hash(reference)}:"


def _out(state: Correspondence) -> str:
    month = month_of(state.requested_publish_time)
    return f"s:{escape(state.resource_id)}:{month}:{shard_of(state.id, SHARDS)}"


def _bounds(partition: str, prefix: str, query: MailboxQuery) -> str:
    """The rows between the bounds, both exclusive. Times are reversed: the later bound is the lower key."""
    low = prefix or "0"
    if query.published_before is not None:
        low = prefix + reversed_time(query.published_before, earlier=1)
    high = after_prefix(prefix) if prefix else ":"
    if query.published_after is not None:
        high = prefix + reversed_time(query.published_after)
    return in_partition(partition, low=low, high=high)


def _last(query: MailboxQuery) -> str:
    return _FOR_EVER if query.published_before is None else month_of(query.published_before)


def _month(row: Row, box: str) -> str:
    return row.partition.removeprefix(box)[:6]


def _newest_first(row: Row) -> tuple[str, ...]:
    return tuple(row.key.rsplit(":", 2)[-2:])
