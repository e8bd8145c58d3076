"""The table `mailboxes`: pointers to correspondences, newest first by requested publish time.

A recipient has one partition (`r:{party}`) with two rows for each pointer: among all, and among those of its
resource. A sender's pointers lie by resource, month and shard (`s:{resource}:{yyyyMM}:{shard}`), each with a second
row found by the sender's reference. Source: design 3.
"""

import asyncio
from datetime import UTC, datetime, timedelta

from shared.adapters.gathered import GatheredWrites
from shared.adapters.keys import escape, reversed_time, shard_of, short_hash
from shared.adapters.mailbox_reading import Part, Reading
from shared.adapters.months import month_of
from shared.adapters.sent_months import SentMonths
from shared.adapters.tables import Op, Row, Tables, Value, Write
from shared.domain.correspondence import Correspondence, Status
from shared.domain.identifiers import CorrespondenceId, ResourceId
from shared.domain.mailbox import Page, Place
from shared.ports.storage import MailboxEntry, MailboxQuery

SHARDS = 4
"""Partitions of one resource and month. Part of the keys: it can be raised, and never lowered."""
BOXES_AT_ONCE = 10
"""Recipients' boxes of one request that are written side by side: single letters keep their place beside a bulk."""
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

    async def search(self, query: MailboxQuery) -> Page:
        """The newest places that match, at most `limit`, and where to go on.

        A recipient never finds what was not published. A sender's search walks the months backwards, from the newest
        one there is (or `published_before`, or `after`) to the oldest one there is (or `published_after`).
        """
        return await (self._received(query) if query.as_recipient else self._sent(query))

    async def _received(self, query: MailboxQuery) -> Page:
        wanted = {**_wanted(query), _ever(Status.PUBLISHED): True}
        if query.senders_reference is not None:
            wanted["reference"] = short_hash(query.senders_reference)
        reading = Reading(self._table, query, wanted)
        await reading.read([Part(f"r:{escape(query.party)}", _of_resource(query.resource_id))])
        return reading.page(None)

    async def _sent(self, query: MailboxQuery) -> Page:
        box = f"s:{escape(query.resource_id)}:"
        prefix = "" if query.senders_reference is None else _by_reference(query.senders_reference)
        reading = Reading(self._table, query, {**_wanted(query), "sender": query.party})
        months = SentMonths(self._table, box, query, reading.charge)
        reached: Place | None = None
        async for window in months.windows():
            if reached is not None and reading.is_over:
                break
            parts = [Part(f"{box}{month}:{shard}", prefix, month) for month in window for shard in range(SHARDS)]
            months.brought |= await reading.read(parts)
            reached = _before(window[-1]) if window[-1] > months.oldest else None
            if reading.is_over:
                break
        return reading.page(reached)


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


def _wanted(query: MailboxQuery) -> dict[str, Value]:
    """Raises ValueError for a status that is none: its name becomes part of a filter."""
    return {} if query.status is None else {_ever(Status(query.status)): True}


def _place(at: datetime, id_: str) -> str:
    return f"{reversed_time(at)}:{id_}"


def _of_resource(resource: ResourceId) -> str:
    return ("~61ll" if resource == "all" else escape(resource)) + ":"


def _by_reference(reference: str) -> str:
    return f"ref:{short_hash(reference)}:"


def _out(state: Correspondence) -> str:
    month = month_of(state.requested_publish_time)
    return f"s:{escape(state.resource_id)}:{month}:{shard_of(state.id, SHARDS)}"


def _before(month: str) -> Place:
    """The place after which everything older than this month stands."""
    return Place(datetime(int(month[:4]), int(month[4:]), 1, tzinfo=UTC) - timedelta.resolution, CorrespondenceId(""))
