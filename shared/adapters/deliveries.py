"""The table `deliveries`, a partition per subscription: where every delivery stands, and every attempt of it.

A delivery has a row under its event, to be found by, and one under the time of the event, to be listed by.
"""

from collections.abc import Sequence
from dataclasses import replace

from shared.adapters.documents import columns, from_columns
from shared.adapters.keys import after_prefix, escape, reversed_time
from shared.adapters.storage_calls import Exists, Missing
from shared.adapters.tables import Op, Row, Tables, Write, in_partition, literal
from shared.domain.delivery import Delivery, logged
from shared.domain.errors import Conflict, Unavailable
from shared.domain.identifiers import SubscriptionId
from shared.domain.subscription import Attempt, DeliveryState, LoggedAttempt
from shared.ports.deliveries import DeliveryQuery

_LISTED = "d:"
_TRIES = 50


class DeliveryTable:
    """Fulfils the port Deliveries."""

    def __init__(self, tables: Tables) -> None:
        self._table = tables.table("deliveries")

    async def put(self, delivery: Delivery, attempt: Attempt | None = None) -> Delivery | None:
        """Keep where it stands and its latest attempt, in one operation. Done twice is done once.

        Of one that has ended, what was lined up behind it is returned, and nothing can line up any more.
        """
        rows = [*_rows(delivery), *(_attempt_rows(delivery, attempt) if attempt is not None else ())]
        if not delivery.is_settled:
            await self._write(rows)
            return None
        event = await self._queue(rows, _place(delivery, delivery.event, ended=True))
        return await self.get(delivery.subscription, event) if event else None

    async def line_up(self, delivery: Delivery, *, behind: str) -> bool:
        """Keep where it stands, and that it waits for the event `behind` to end.

        False, and nothing is kept, when that has ended. One row of that event tells what came first.
        """
        place = _place(delivery, behind, event=delivery.event)
        return await self._queue(_rows(delivery), place) is not None

    async def begin_again(self, delivery: Delivery) -> None:
        """Keep where it stands after it had ended; others may line up behind it again."""
        await self._write([*_rows(delivery), _place(delivery, delivery.event)])

    async def get(self, subscription: SubscriptionId, event: str) -> Delivery | None:
        """Where this delivery stands, or None when nothing is known of it."""
        row = await self._table.get(subscription, f"e:{escape(event)}")
        return from_columns(Delivery, row.columns) if row else None

    async def attempts(self, subscription: SubscriptionId, event: str) -> Sequence[Attempt]:
        """Every attempt to deliver this event to that subscriber, in order."""
        prefix = f"a:{escape(event)}:"
        rows = await self._table.find(in_partition(subscription, low=prefix, high=after_prefix(prefix)))
        return [from_columns(Attempt, row.columns) for row in rows]

    async def latest(self, subscription: SubscriptionId, *, limit: int) -> Sequence[LoggedAttempt]:
        """The latest attempts of all its deliveries, newest first."""
        rows = await self._table.find(in_partition(subscription, low="t:", high=after_prefix("t:")), limit=limit)
        return [from_columns(LoggedAttempt, row.columns) for row in rows]

    async def waiting(self, subscription: SubscriptionId, *, most: int) -> int:
        """How many of its deliveries wait for their next attempt; at most `most` are counted."""
        waits = f" and state eq {literal(DeliveryState.WAITING.value)}"
        rows = in_partition(subscription, low="e:", high=after_prefix("e:")) + waits
        return len(await self._table.find(rows, limit=most, select=["state"]))

    async def page(
        self, subscription: SubscriptionId, query: DeliveryQuery, *, after: str = "", limit: int = 100
    ) -> tuple[Sequence[Delivery], str]:
        """Those that match, of the newest event first; the time bounds keys, state and type filter."""
        newest = reversed_time(query.until, earlier=1) if query.until else ""
        low = max(_LISTED + newest, f"{_LISTED}{after}!" if after else "")  # "!" sorts before whatever could follow.
        high = f"{_LISTED}{reversed_time(query.since)}:~" if query.since else after_prefix(_LISTED)
        filters = in_partition(subscription, low=low, high=high)
        if query.state is not None:
            filters += f" and state eq {literal(query.state.value)}"
        if query.type is not None:
            filters += f" and type eq {literal(query.type)}"
        rows = await self._table.find(filters, limit=limit)
        cursor = rows[-1].key.removeprefix(_LISTED) if len(rows) == limit else ""
        return [from_columns(Delivery, row.columns) for row in rows], cursor

    async def _write(self, rows: Sequence[Row], *last: Write) -> None:
        await self._table.write_again(*(Write(Op.PUT, row) for row in rows), *last)

    async def _queue(self, rows: Sequence[Row], place: Row) -> str | None:
        """Write the rows and this place in the queue.

        Returns the event that was lined up there before, empty for none; None, and nothing is written, when nothing
        can line up there any more. An end is kept as often as it comes.
        """
        there: Row | None = None  # Nearly always there is none, so that it is not read first.
        for _ in range(_TRIES):
            try:
                await self._write(rows, _over(there, place))
            except (Exists, Conflict, Missing):
                there = await self._table.get(place.partition, place.key)
                if there is not None and there.columns.get("ended") and not place.columns["ended"]:
                    return None
            else:
                return there.text("event") if there is not None else ""
        raise Unavailable("table storage")


def _rows(delivery: Delivery) -> list[Row]:
    """To be found by its event, and to be listed by time."""
    event = escape(delivery.event)
    shown = columns(delivery) | {"state": delivery.state.value, "type": delivery.type}
    listed = f"{_LISTED}{reversed_time(delivery.happened)}:{event}"
    return [Row(delivery.subscription, key, shown) for key in (f"e:{event}", listed)]


def _attempt_rows(delivery: Delivery, attempt: Attempt) -> list[Row]:
    """To be listed with its delivery, and with all of the subscription."""
    partition, place = delivery.subscription, f"{escape(delivery.event)}:{attempt.number:04d}"
    line = columns(logged(delivery, attempt))
    return [
        Row(partition, f"a:{place}", columns(attempt)),
        Row(partition, f"t:{reversed_time(attempt.at)}:{place}", line),
    ]


def _place(delivery: Delivery, of: str, *, event: str = "", ended: bool = False) -> Row:
    """The row of the event `of` that says whether it has ended, and which event waits for that."""
    return Row(delivery.subscription, f"n:{escape(of)}", {"event": event, "ended": ended})


def _over(there: Row | None, place: Row) -> Write:
    """The place takes that of the row there; an end keeps what was lined up."""
    if there is None:
        return Write(Op.INSERT, place)
    event = place.text("event") or there.text("event")
    return Write(Op.REPLACE, replace(place, columns={**place.columns, "event": event}, etag=there.etag))
