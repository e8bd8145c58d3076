"""The port Subscriptions: what both the fake and the tables do."""

import asyncio
from dataclasses import replace
from typing import Any

import pytest

from shared.adapters.sealing import SealBroken
from shared.adapters.subscriptions import SubscriptionTable
from shared.adapters.tables import Tables, in_partition
from shared.domain.errors import Conflict
from shared.domain.identifiers import PartyUrn, SubscriptionId
from shared.domain.policy import Issuer
from shared.domain.subscription import Ending, Reader, Signing, Subscription
from tests import builders
from tests.builders import AGENCY, BUSINESS, NOW, PERSON
from tests.contract.storage.faults import FaultyTransport, transaction
from tests.contract.storage.makers import fresh, resource
from tests.fakes.storage import FakeSubscriptions

type Port = SubscriptionTable | FakeSubscriptions


def _new(**changes: Any) -> Subscription:
    secret = b"secret of at least 24 bytes"
    fields = {"id": SubscriptionId(fresh()), "number": 0, "resource_id": resource(), "secret": secret}
    return builders.subscription(**{**fields, **changes})


async def test_what_was_added_is_found_in_every_way(subscriptions: Port) -> None:
    """By number, by resource and id, among its resource's and among its consumer's; with its secret."""
    consumer = PartyUrn(f"urn:altinn:organization:identifier-no:{fresh()}")
    new = _new(consumer=consumer, subject_filter=BUSINESS, type_filter="no.altinn.correspondence.x")
    added = await subscriptions.add(new)
    assert added == replace(new, number=added.number)
    assert added.number > 0
    assert await subscriptions.get(added.number) == added
    assert await subscriptions.load(new.resource_id, new.id) == added
    assert list(await subscriptions.of_resource(new.resource_id)) == [added]
    assert list(await subscriptions.of_consumer(consumer)) == [added]


async def test_what_is_unknown_is_none(subscriptions: Port) -> None:
    """No number, no id, no resource, no consumer."""
    assert await subscriptions.get(10**9) is None
    assert await subscriptions.load(resource(), SubscriptionId(fresh())) is None
    assert not await subscriptions.of_resource(resource())
    assert not await subscriptions.of_consumer(PartyUrn(fresh()))


async def test_an_equal_wish_is_returned_instead(subscriptions: Port) -> None:
    """Equal in consumer, endpoint, filters and signing; different in any of them is another."""
    first = await subscriptions.add(_new())
    assert await subscriptions.add(replace(first, id=SubscriptionId(fresh()), number=0)) == first
    others = [
        replace(first, id=SubscriptionId(fresh()), endpoint="https://other.example/"),
        replace(first, id=SubscriptionId(fresh()), consumer=BUSINESS),
        replace(first, id=SubscriptionId(fresh()), subject_filter=PERSON),
        replace(first, id=SubscriptionId(fresh()), type_filter="t"),
        replace(first, id=SubscriptionId(fresh()), signing=Signing.ED25519),
        replace(first, id=SubscriptionId(fresh()), resource_id=resource()),
    ]
    numbers = {(await subscriptions.add(other)).number for other in others}
    assert len(numbers | {first.number}) == 7


async def test_many_at_once_get_numbers_of_their_own(subscriptions: Port) -> None:
    """Ten different wishes, ten numbers; ten equal ones, one."""
    different = await asyncio.gather(*(subscriptions.add(_new()) for _ in range(10)))
    assert len({s.number for s in different}) == 10
    one = _new()
    equal = await asyncio.gather(*(subscriptions.add(replace(one, id=SubscriptionId(fresh()))) for _ in range(10)))
    assert len({s.id for s in equal}) == 1
    assert len(await subscriptions.of_resource(one.resource_id)) == 1


async def test_a_change_is_seen(subscriptions: Port) -> None:
    """Validated, switched off, with a new secret beside the one before it."""
    added = await subscriptions.add(_new(validated=False))
    await subscriptions.of_resource(added.resource_id)
    after = {"validated": True, "active": False, "secret": bytes(32), "previous_secret": added.secret}
    after |= {"previous_until": NOW, "reader": Reader(Issuer.ALTINN, PERSON, None, 3), "ended": Ending.ACCESS_LOST}
    changed = await subscriptions.change(added, lambda state: replace(state, **after))
    assert changed == replace(added, **after)
    assert await subscriptions.get(added.number) == changed
    assert list(await subscriptions.of_resource(added.resource_id)) == [changed]


async def test_changes_at_the_same_time_are_all_seen(subscriptions: Port) -> None:
    """Each is made of what the one before it left."""
    added = await subscriptions.add(_new())
    changes = (
        subscriptions.change(added, lambda state: replace(state, rate_per_minute=(state.rate_per_minute or 0) + 1))
        for _ in range(5)
    )
    await asyncio.gather(*changes)
    kept = await subscriptions.get(added.number)
    assert kept is not None
    assert kept.rate_per_minute == 5


async def test_a_consumers_subscriptions_come_in_pages(subscriptions: Port) -> None:
    """In the order of their ids, each once."""
    consumer = PartyUrn(f"urn:altinn:organization:identifier-no:{fresh()}")
    made = [await subscriptions.add(_new(consumer=consumer)) for _ in range(5)]
    ids = sorted(s.id for s in made)
    first = await subscriptions.of_consumer(consumer, limit=2)
    second = await subscriptions.of_consumer(consumer, after=first[-1].id, limit=2)
    last = await subscriptions.of_consumer(consumer, after=second[-1].id, limit=2)
    assert [s.id for s in [*first, *second, *last]] == ids


async def test_what_was_removed_is_gone(subscriptions: Port) -> None:
    """Removing twice is fine, saving is a conflict, and the same may be added again under a new number."""
    added = await subscriptions.add(_new())
    await subscriptions.remove(added)
    await subscriptions.remove(added)
    assert await subscriptions.get(added.number) is None
    assert not await subscriptions.of_resource(added.resource_id)
    assert added.id not in [s.id for s in await subscriptions.of_consumer(AGENCY)]
    with pytest.raises(Conflict):
        await subscriptions.change(added, lambda state: state)
    again = await subscriptions.add(replace(added, id=SubscriptionId(fresh())))
    assert again.number > added.number


async def test_secrets_are_sealed_at_rest(tables: Tables) -> None:
    """No column holds a secret in any form that can be read, the one before it neither; another key opens nothing."""
    table = SubscriptionTable(tables, b"k" * 32, settle_seconds=0)
    secret = b"AAAAAAAAAAAAAAAAAAAAAAAA"
    added = await table.add(_new(secret=secret, previous_secret=secret, previous_until=NOW))
    rows = await tables.table("subscriptions").find(in_partition(f"r:{added.resource_id}"))
    assert rows
    assert "AAAAAAAAAAAA" not in str(rows)
    assert "QUFBQUFBQUFB" not in str(rows)
    with pytest.raises(SealBroken):
        await SubscriptionTable(tables, b"l" * 32).load(added.resource_id, added.id)


async def test_a_lost_answer_to_an_add_is_no_second_subscription(tables: Tables, faults: FaultyTransport) -> None:
    """The adding process finds what it wrote itself."""
    table = SubscriptionTable(tables, bytes(32), settle_seconds=0)
    await table.add(_new())
    faults.lose_answer(transaction)
    new = _new()
    added = await table.add(new)
    assert added.id == new.id
    assert list(await table.of_resource(new.resource_id)) == [added]


async def test_others_see_a_change_within_a_second(tables: Tables) -> None:
    """A list is kept for a second at most, and never by the one who changed it."""
    seconds = [0.0]
    here = SubscriptionTable(tables, bytes(32), elapsed=lambda: seconds[0], settle_seconds=0)
    elsewhere = SubscriptionTable(tables, bytes(32), settle_seconds=0)
    added = await elsewhere.add(_new())
    assert list(await here.of_resource(added.resource_id)) == [added]
    await elsewhere.remove(added)
    seconds[0] += 0.9
    assert list(await here.of_resource(added.resource_id)) == [added]
    seconds[0] += 0.1
    assert not await here.of_resource(added.resource_id)


async def test_a_subscription_is_returned_when_no_older_answer_counts_any_more(tables: Tables) -> None:
    """Another process has just read the resource's subscriptions, and finds the new one as soon as it is announced."""
    here, elsewhere = SubscriptionTable(tables, bytes(32)), SubscriptionTable(tables, bytes(32))
    wish = _new()
    assert not await elsewhere.of_resource(wish.resource_id)
    added = await here.add(wish)
    assert [s.id for s in await elsewhere.of_resource(wish.resource_id)] == [added.id]
