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
from shared.adapters.months import month_of, months_back, next_month
from shared.adapters.tables import Op, Row, Tables, Value, Write, in_partition, quoted
from shared.domain.correspondence import Correspondence, Status
from shared.domain.identifiers import CorrespondenceId, ResourceId
from shared.ports.storage import MailboxEntry, MailboxQuery

SHARDS = 4
"""Partitions of one resource and month. Part of the keys: it can be raised, and never lowered."""
MONTHS_AT_ONCE = 4
RECENT = timedelta(days=365)
_FOR_EVER = "999912"
_NOT_SEARCHABLE = frozenset({Status.FETCHED})
"""Source: wire contract 11: nothing is ever found by the status Fetched."""


class MailboxTable:
    """Fulfils the port Mailboxes."""

    def __init__(self, tables: Tables) -> None:
        self._table = tables.table("mailboxes")
        self._writes = GatheredWrites(self._table)

    async def point(self, entry: MailboxEntry) -> None:
        """Write the pointers of recipient and sender: two transactions, side by side. Done twice is done once.

        Senders' pointers of one request that are written at the same time go together, by month and shard.
        """
        await self._merge(entry.correspondence, entry.title)

    async def merge(self, correspondence: Correspondence, *, title: str | None = None) -> None:
        """Merge status columns (and the title; "" clears it) into pointers that exist or not."""
        await self._merge(correspondence, title)

    async def search(self, query: MailboxQuery) -> Sequence[CorrespondenceId]:
        """The newest ids that match, at most `limit`.

        A recipient never finds what was not published. A sender's search walks the months backwards, from the newest
        one there is (or `published_before`) to the oldest one there is (or `published_after`).
        """
        found = await (self._received(query) if query.as_recipient else self._sent(query))
        return [CorrespondenceId(row.key.rsplit(":", 1)[1]) for row in found]

    async def _merge(self, state: Correspondence, title: str | None) -> None:
        columns = _columns(state, title)
        received = {**columns, "counterpart": state.sender}
        sent = {**columns, "counterpart": state.recipient}
        place = _place(state.requested_publish_time, state.id)
        box, out = f"r:{escape(state.recipient)}", _out(state)
        reference = _by_reference(state.senders_reference)
        await asyncio.gather(
            self._writes.write(
                Write(Op.MERGE, Row(box, f"all:{place}", received)),
                Write(Op.MERGE, Row(box, _of_resource(state.resource_id) + place, received)),
            ),
            self._writes.write(
                Write(Op.MERGE, Row(out, place, sent)), Write(Op.MERGE, Row(out, reference + place, sent))
            ),
        )

    async def _received(self, query: MailboxQuery) -> list[Row]:
        bounds = _bounds(f"r:{escape(query.party)}", _of_resource(query.resource_id), query)
        filters = [bounds, *_filters(query), f"{_ever(Status.PUBLISHED)} eq true"]
        if query.senders_reference is not None:
            filters.append(f"reference eq {quoted(short_hash(query.senders_reference))}")
        return await self._table.find(" and ".join(filters), limit=query.limit, select=["resource"])

    async def _sent(self, query: MailboxQuery) -> list[Row]:
        box = f"s:{escape(query.resource_id)}:"
        first, last = await asyncio.gather(self._oldest(box, query), self._newest(box, query))
        if first is None:
            return []
        found: list[Row] = []
        months, size = months_back(last, first), 1
        while months and len(found) < query.limit:
            window, months = months[:size], months[size:]
            parts = [f"{box}{month}:{shard}" for month in window for shard in range(SHARDS)]
            pages = await asyncio.gather(*(self._sent_in(part, query, query.limit - len(found)) for part in parts))
            found += sorted((row for page in pages for row in page), key=_newest_first)
            size = min(size * 2, MONTHS_AT_ONCE)
        return found[: query.limit]

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

    async def _newest(self, box: str, query: MailboxQuery) -> str:
        """The month to begin with. Months ahead hold what is to be published later: one operation for each of them.

        The system's clock only says where to begin to look; a clock that is moved ahead costs operations, no results.
        """
        last = month_of(datetime.now(UTC))
        bound = month_of(query.published_before) if query.published_before is not None else _FOR_EVER
        while last < bound and (ahead := await self._first_month(box, next_month(last))) is not None:
            last = ahead
        return min(last, bound)

    async def _first_month(self, box: str, month: str) -> str | None:
        """The first month from this one on that has a pointer."""
        low, high = quoted(box + month), quoted(after_prefix(box))
        found = await self._table.find(
            f"PartitionKey ge {low} and PartitionKey lt {high}", limit=1, select=["resource"]
        )
        return found[0].partition.removeprefix(box)[:6] if found else None


def _columns(state: Correspondence, title: str | None) -> dict[str, Value]:
    columns: dict[str, Value] = {_ever(status): True for status in state.ever - _NOT_SEARCHABLE}
    columns |= {"resource": state.resource_id, "sender": state.sender}
    columns["reference"] = short_hash(state.senders_reference)
    if title is not None:
        columns["title"] = title.encode("utf-8", "replace").decode()
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


def _newest_first(row: Row) -> tuple[str, ...]:
    return tuple(row.key.rsplit(":", 2)[-2:])
