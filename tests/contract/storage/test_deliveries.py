"""The ports Deliveries, Circuits and Feed: what both the fakes and the tables do."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from shared.adapters.feed import FeedTable
from shared.adapters.tables import Tables
from shared.domain import circuit
from shared.domain.circuit import HEALTHY, Circuit
from shared.domain.delivery import Delivery, delivery_of
from shared.domain.errors import Unavailable
from shared.domain.facts import AggregateKind, FactType
from shared.domain.identifiers import SubscriptionId
from shared.domain.subscription import Attempt, DeliveryState
from shared.ports import Circuits, Deliveries, DeliveryQuery, Feed, FeedEntry
from tests.builders import NOW, fact
from tests.contract.storage.makers import fresh, resource

SECOND = timedelta(seconds=1)


def _attempt(number: int, status: int) -> Attempt:
    return Attempt(number, NOW + timedelta(minutes=number), status, "svar æ", 12, 7)


def _many(id_: SubscriptionId, count: int) -> list[Delivery]:
    """One a second, the newest first; every third was given up, every second is of another type."""
    return [
        replace(
            delivery_of(fact(aggregate_id=fresh(), at=NOW + n * SECOND), id_, now=NOW),
            state=DeliveryState.DELIVERED if n % 3 else DeliveryState.GIVEN_UP,
            type=FactType.READ if n % 2 else FactType.PUBLISHED,
        )
        for n in reversed(range(count))
    ]


async def test_attempts_and_the_state_are_kept(deliveries: Deliveries) -> None:
    """The state is the one put last; an attempt put twice is one."""
    id_ = SubscriptionId(fresh())
    delivery = delivery_of(fact(aggregate_id=fresh()), id_, now=NOW)
    assert await deliveries.get(id_, delivery.event) is None
    attempts = [_attempt(1, 500), _attempt(2, 0), _attempt(3, 200)]
    for attempt in [attempts[0], *attempts]:
        await deliveries.put(replace(delivery, attempts=attempt.number), attempt)
    assert await deliveries.get(id_, delivery.event) == replace(delivery, attempts=3)
    assert list(await deliveries.attempts(id_, delivery.event)) == attempts
    assert not await deliveries.attempts(id_, fresh())
    await deliveries.put(replace(delivery, next_at=NOW))
    assert await deliveries.get(id_, delivery.event) == replace(delivery, next_at=NOW)
    assert len(await deliveries.attempts(id_, delivery.event)) == 3


async def test_what_waits_is_counted_and_the_latest_attempts_listed(deliveries: Deliveries) -> None:
    """Newest first, of all deliveries; one that is held waits without an attempt."""
    id_ = SubscriptionId(fresh())
    held, failed, ended = (delivery_of(fact(aggregate_id=fresh()), id_, now=NOW) for _ in range(3))
    await deliveries.put(held)
    await deliveries.put(failed, _attempt(1, 500))
    await deliveries.put(replace(ended, state=DeliveryState.GIVEN_UP), _attempt(2, 500))
    assert await deliveries.waiting(id_, most=100) == 2
    assert await deliveries.waiting(id_, most=1) == 1
    latest = await deliveries.latest(id_, limit=5)
    assert [(one.event, one.number, one.status, one.state) for one in latest] == [
        (ended.event, 2, 500, DeliveryState.GIVEN_UP),
        (failed.event, 1, 500, DeliveryState.WAITING),
    ]
    assert len(await deliveries.latest(id_, limit=1)) == 1
    await deliveries.put(replace(held, state=DeliveryState.DELIVERED), _attempt(1, 200))
    assert await deliveries.waiting(id_, most=100) == 1


async def test_what_lined_up_behind_an_event_is_returned_when_that_has_ended(deliveries: Deliveries) -> None:
    """Of the same subscriber only; and as often as that end is kept."""
    id_ = SubscriptionId(fresh())
    before, after = (delivery_of(fact(aggregate_id=fresh()), id_, now=NOW) for _ in range(2))
    assert await deliveries.put(before) is None
    assert await deliveries.line_up(after, behind=before.event)
    assert await deliveries.line_up(after, behind=before.event)
    assert await deliveries.get(id_, after.event) == after
    assert await deliveries.put(replace(before, subscription=SubscriptionId(fresh()))) is None
    ended = replace(before, state=DeliveryState.DELIVERED)
    assert await deliveries.put(ended, _attempt(1, 200)) == after
    assert await deliveries.put(ended, _attempt(1, 200)) == after
    assert await deliveries.get(id_, before.event) == ended


async def test_nothing_lines_up_behind_what_has_ended(deliveries: Deliveries) -> None:
    """And nothing is kept of it."""
    id_ = SubscriptionId(fresh())
    before, after = (delivery_of(fact(aggregate_id=fresh()), id_, now=NOW) for _ in range(2))
    assert await deliveries.put(replace(before, state=DeliveryState.GIVEN_UP)) is None
    assert not await deliveries.line_up(after, behind=before.event)
    assert await deliveries.get(id_, after.event) is None


async def test_behind_what_has_begun_again_others_line_up(deliveries: Deliveries) -> None:
    """As behind what has not ended yet."""
    id_ = SubscriptionId(fresh())
    before, after = (delivery_of(fact(aggregate_id=fresh()), id_, now=NOW) for _ in range(2))
    ended = replace(before, state=DeliveryState.GIVEN_UP)
    assert await deliveries.put(ended) is None
    await deliveries.begin_again(before)
    assert await deliveries.get(id_, before.event) == before
    assert await deliveries.line_up(after, behind=before.event)
    assert await deliveries.put(ended, _attempt(1, 200)) == after
    assert not await deliveries.line_up(after, behind=before.event)


async def test_who_lines_up_and_who_ends_at_once_see_each_other(deliveries: Deliveries) -> None:
    """One of them always knows: nothing waits for what has ended."""
    id_ = SubscriptionId(fresh())
    for _ in range(20):
        before, after = (delivery_of(fact(aggregate_id=fresh()), id_, now=NOW) for _ in range(2))
        called, waits = await asyncio.gather(
            deliveries.put(replace(before, state=DeliveryState.DELIVERED), _attempt(1, 200)),
            deliveries.line_up(after, behind=before.event),
        )
        assert (called == after) is waits


async def test_pages_hold_each_delivery_once_the_newest_first(deliveries: Deliveries) -> None:
    """To the end, which has no cursor; and for every filter alone and together."""
    id_ = SubscriptionId(fresh())
    many = _many(id_, 12)
    await asyncio.gather(*(deliveries.put(one) for one in many))
    middle = DeliveryQuery(since=NOW + 3 * SECOND, until=NOW + 9 * SECOND)
    expected = {
        DeliveryQuery(): many,
        DeliveryQuery(state=DeliveryState.GIVEN_UP): [d for d in many if d.state is DeliveryState.GIVEN_UP],
        DeliveryQuery(type=FactType.READ): [d for d in many if d.type == FactType.READ],
        middle: many[3:9],
        replace(middle, type=FactType.READ): [d for d in many[3:9] if d.type == FactType.READ],
    }
    for query, wanted in expected.items():
        found: list[Delivery] = []
        cursor = ""
        while True:
            page, cursor = await deliveries.page(id_, query, after=cursor, limit=5)
            found += page
            if not cursor:
                break
        assert found == wanted, query


async def test_a_circuit_is_changed_by_many_at_once(circuits: Circuits) -> None:
    """Every failure counts."""
    endpoint = f"https://{fresh()}.example/hook"
    assert await circuits.get(endpoint) == HEALTHY

    def fail(before: Circuit) -> Circuit:
        return circuit.after(before, _attempt(1, 500), now=NOW, jitter=0)

    await asyncio.gather(*(circuits.change(endpoint, fail) for _ in range(5)))
    assert (await circuits.get(endpoint)).failures == 5
    assert await circuits.change(endpoint, lambda _: HEALTHY) == HEALTHY
    assert await circuits.get(endpoint) == HEALTHY


async def test_the_feed_has_each_fact_once_in_order_of_arrival(feed: Feed) -> None:
    """Over hours, from any cursor, and never of another resource; a repeated one stays where it was."""
    id_ = resource()
    entries = [FeedEntry(AggregateKind.CORRESPONDENCE, fresh(), n) for n in range(1, 8)]
    events = [fresh() for _ in entries]
    for hours in (0, 1):
        for n, (entry, event) in enumerate(zip(entries, events, strict=True)):
            await feed.add(id_, entry, event, now=NOW + timedelta(minutes=25 * n, hours=hours))
    late = NOW + timedelta(days=1)
    found = list(await feed.page(id_, until=late, limit=100))
    assert [replace(entry, cursor="") for entry in found] == entries
    for n, entry in enumerate(found):
        assert list(await feed.page(id_, after=entry.cursor, until=late, limit=2)) == found[n + 1 : n + 3]
    since, until = NOW + timedelta(minutes=25), NOW + timedelta(minutes=100)
    assert list(await feed.page(id_, since=since, until=until, limit=100)) == found[1:4]
    assert not await feed.page(resource(), until=late, limit=100)


async def test_a_fact_whose_writer_died_is_not_put_where_readers_have_been(tables: Tables) -> None:
    """Its instant was chosen and its row never written: the repeat chooses a new one."""
    feed, id_, event = FeedTable(tables), resource(), fresh()
    entry = FeedEntry(AggregateKind.CORRESPONDENCE, fresh(), 1)
    ticks = iter([0.0, 60.0])
    with pytest.raises(Unavailable):
        await FeedTable(tables, elapsed=lambda: next(ticks)).add(id_, entry, event, now=NOW)
    assert not await feed.page(id_, until=NOW + timedelta(days=1), limit=10)
    later = NOW + timedelta(minutes=5)
    await feed.add(id_, entry, event, now=later)
    assert not await feed.page(id_, until=later, limit=10)
    assert len(await feed.page(id_, until=later + SECOND, limit=10)) == 1
