"""The table `deliveries`, a partition per subscription: where every delivery stands, and every attempt of it.

A delivery has a row under its event, to be found by, and one under the time of the event, to be listed by.
"""

from collections.abc import Sequence

from shared.adapters.documents import columns, from_columns
from shared.adapters.keys import after_prefix, escape, reversed_time
from shared.adapters.tables import Op, Row, Tables, Write, in_partition, literal
from shared.domain.delivery import Delivery, logged
from shared.domain.identifiers import SubscriptionId
from shared.domain.subscription import Attempt, DeliveryState, LoggedAttempt
from shared.ports.deliveries import DeliveryQuery

_LISTED = "d:"


class DeliveryTable:
    """Fulfils the port Deliveries."""

    def __init__(self, tables: Tables) -> None:
        self._table = tables.table("deliveries")

    async def put(self, delivery: Delivery, attempt: Attempt | None = None, *, behind: str = "") -> None:
        """Keep where it stands and its latest attempt, in one operation. Done twice is done once."""
        partition, event = delivery.subscription, escape(delivery.event)
        shown = columns(delivery) | {"state": delivery.state.value, "type": delivery.type}
        rows = [
            Row(partition, f"e:{event}", shown),
            Row(partition, f"{_LISTED}{reversed_time(delivery.happened)}:{event}", shown),
        ]
        if attempt is not None:
            rows.append(Row(partition, f"a:{event}:{attempt.number:04d}", columns(attempt)))
            at = reversed_time(attempt.at)
            rows.append(Row(partition, f"t:{at}:{event}:{attempt.number:04d}", columns(logged(delivery, attempt))))
        if behind:
            rows.append(Row(partition, f"n:{escape(behind)}", {"event": delivery.event}))
        await self._table.write_again(*(Write(Op.PUT, row) for row in rows))

    async def get(self, subscription: SubscriptionId, event: str) -> Delivery | None:
        """Where this delivery stands, or None when nothing is known of it."""
        row = await self._table.get(subscription, f"e:{escape(event)}")
        return from_columns(Delivery, row.columns) if row else None

    async def follower(self, subscription: SubscriptionId, event: str) -> Delivery | None:
        """The delivery that was put behind this event last."""
        row = await self._table.get(subscription, f"n:{escape(event)}")
        return await self.get(subscription, row.text("event")) if row else None

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
