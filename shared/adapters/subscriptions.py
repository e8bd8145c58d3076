"""The table `subscriptions`: who wants to be told of what.

A subscription lies in its resource's partition (`r:{resource}`), in one transaction with a row that stands for what
it asks for, so that the same wish is never there twice. Its number and its consumer are pointers to it.
"""

import asyncio
import time
from collections.abc import Callable, Sequence
from dataclasses import replace

from shared.adapters.documents import columns, from_columns
from shared.adapters.keys import after_prefix, escape, short_hash
from shared.adapters.sealing import opened, sealed
from shared.adapters.storage_calls import Exists, Missing
from shared.adapters.tables import PAGE, Op, Row, Tables, Value, Write, in_partition
from shared.domain.errors import Conflict, Unavailable
from shared.domain.identifiers import PartyUrn, ResourceId, SubscriptionId
from shared.domain.subscription import Subscription

CACHE_SECONDS = 1.0
_TRIES = 50
_READS_AT_ONCE = 50
_FIRST = SubscriptionId("")
_ID = "id:"
_WISH = "wish:"


class SubscriptionTable:
    """Fulfils the port Subscriptions. `key` (32 bytes) seals the secrets; `elapsed` gives seconds that only grow.

    A new subscription is returned `settle_seconds` after it was stored: by then no process goes by older answers.
    """

    def __init__(
        self,
        tables: Tables,
        key: bytes,
        *,
        elapsed: Callable[[], float] = time.monotonic,
        settle_seconds: float = CACHE_SECONDS,
    ) -> None:
        self._table = tables.table("subscriptions")
        self._key = key
        self._elapsed = elapsed
        self._settle_seconds = settle_seconds
        self._cache: dict[ResourceId, tuple[float, tuple[Subscription, ...]]] = {}

    async def add(self, subscription: Subscription) -> Subscription:
        """Store it under the next free number; an equal wish of the same consumer is returned instead."""
        wish = Row(_box(subscription.resource_id), _wish_key(subscription), {"id": subscription.id})
        for _ in range(_TRIES):
            if (existing := await self._equal(subscription)) is not None:
                return existing
            numbered = replace(subscription, number=await self._next_number())
            await asyncio.gather(*(self._table.write_again(Write(Op.PUT, row)) for row in _pointers(numbered)))
            try:
                await self._table.write(Write(Op.INSERT, wish), Write(Op.INSERT, self._row(numbered)))
            except (Exists, Unavailable) as error:
                if isinstance(error, Unavailable) and await self._equal(subscription) is None:
                    raise
                continue  # Somebody was faster, or it was us and the answer got lost: the next look tells.
            self._cache.pop(subscription.resource_id, None)
            await asyncio.sleep(self._settle_seconds)
            return numbered
        raise Unavailable("table storage")

    async def get(self, number: int) -> Subscription | None:
        """By the number the wire shows."""
        pointer = await self._table.get(_numbered(number), "n")
        found = await self._at(pointer) if pointer else None
        return found if found is not None and found.number == number else None

    async def load(self, resource_id: ResourceId, id_: SubscriptionId) -> Subscription | None:
        """By resource and id."""
        row = await self._table.get(_box(resource_id), _ID + escape(id_))
        return self._opened(row) if row else None

    async def of_resource(self, resource_id: ResourceId) -> Sequence[Subscription]:
        """All of one resource; cached for a second at most."""
        now = self._elapsed()
        kept = self._cache.get(resource_id)
        if kept is not None and now - kept[0] < CACHE_SECONDS:
            return kept[1]
        rows = await self._table.find(in_partition(_box(resource_id), low=_ID, high=after_prefix(_ID)))
        found = tuple(self._opened(row) for row in rows)
        self._cache = {box: kept for box, kept in self._cache.items() if now - kept[0] < CACHE_SECONDS}
        self._cache[resource_id] = (now, found)
        return found

    async def of_consumer(
        self, consumer: PartyUrn, *, after: SubscriptionId = _FIRST, limit: int = PAGE
    ) -> Sequence[Subscription]:
        """What this consumer made, in the order it was made: at most `limit`, those after `after`."""
        behind = escape(after) + "~" if after else ""
        pointers = await self._table.find(in_partition(f"c:{escape(consumer)}", low=behind), limit=limit)
        gate = asyncio.Semaphore(_READS_AT_ONCE)

        async def one(pointer: Row) -> Subscription | None:
            async with gate:
                return await self._at(pointer)

        return [s for s in await asyncio.gather(*map(one, pointers)) if s is not None]

    async def change(self, subscription: Subscription, decide: Callable[[Subscription], Subscription]) -> Subscription:
        """Save what `decide` makes of it as it is now, and return that; decided again when others were faster.

        What it asks for and its number stay as they were added. Raises Conflict when it was removed.
        """
        key = _ID + escape(subscription.id)
        for _ in range(_TRIES):
            row = await self._table.get(_box(subscription.resource_id), key)
            if row is None:
                raise Conflict("the subscription was removed")
            changed = decide(self._opened(row))
            try:
                await self._table.write(Write(Op.REPLACE, replace(self._row(changed), etag=row.etag)))
            except (Conflict, Missing):
                continue
            self._cache.pop(subscription.resource_id, None)
            return changed
        raise Unavailable("table storage")

    async def remove(self, subscription: Subscription) -> None:
        """Delete it; fine when it is gone."""
        box = _box(subscription.resource_id)
        await self._table.delete(box, _ID + escape(subscription.id))
        wish = await self._table.get(box, _wish_key(subscription))
        if wish is not None and wish.text("id") == subscription.id:
            await self._table.delete(box, wish.key)
        await asyncio.gather(*(self._table.delete(row.partition, row.key) for row in _pointers(subscription)))
        self._cache.pop(subscription.resource_id, None)

    async def _equal(self, wanted: Subscription) -> Subscription | None:
        """What the wish's row points to. A row left behind by a removal that was cut off is swept away."""
        wish = await self._table.get(_box(wanted.resource_id), _wish_key(wanted))
        if wish is None:
            return None
        existing = await self.load(wanted.resource_id, SubscriptionId(wish.text("id")))
        if existing is None:
            await self._table.delete(wish.partition, wish.key)
        return existing

    async def _next_number(self) -> int:
        """A number nobody has had. Numbers may be left out, never given twice."""
        for _ in range(_TRIES):
            last = await self._table.get("numbers", "last")
            number = int(last.text("number")) + 1 if last else 1
            row = Row("numbers", "last", {"number": str(number)}, last.etag if last else "")
            try:
                await self._table.write(Write(Op.REPLACE if last else Op.INSERT, row))
            except (Conflict, Exists, Missing):
                continue
            return number
        raise Unavailable("table storage")

    async def _at(self, pointer: Row) -> Subscription | None:
        return await self.load(ResourceId(pointer.text("resource")), SubscriptionId(pointer.text("id")))

    def _row(self, subscription: Subscription) -> Row:
        kept = _with_secrets(subscription, lambda secret: sealed(self._key, secret, subscription.id))
        return Row(_box(subscription.resource_id), _ID + escape(subscription.id), columns(kept))

    def _opened(self, row: Row) -> Subscription:
        kept = from_columns(Subscription, row.columns)
        return _with_secrets(kept, lambda box: opened(self._key, box, kept.id))


def _with_secrets(one: Subscription, through: Callable[[bytes], bytes]) -> Subscription:
    previous = None if one.previous_secret is None else through(one.previous_secret)
    return replace(one, secret=through(one.secret), previous_secret=previous)


def _pointers(subscription: Subscription) -> list[Row]:
    target: dict[str, Value] = {"resource": subscription.resource_id, "id": subscription.id}
    consumer = Row(f"c:{escape(subscription.consumer)}", escape(subscription.id), target)
    return [Row(_numbered(subscription.number), "n", target), consumer]


def _box(resource_id: ResourceId) -> str:
    return f"r:{escape(resource_id)}"


def _numbered(number: int) -> str:
    return f"n:{number}"


def _wish_key(subscription: Subscription) -> str:
    one = subscription
    parts = (one.consumer, one.endpoint, one.subject_filter, one.type_filter, one.signing)
    return _WISH + short_hash("\n".join(part or "" for part in parts))
