"""Writes of the same moment to one partition: one operation, and nobody suffers for the others."""

import asyncio
from collections.abc import Awaitable
from datetime import timedelta

from shared.adapters.agenda import AgendaTable
from shared.adapters.gathered import GatheredWrites
from shared.adapters.mailboxes import MailboxTable
from shared.adapters.storage_calls import operations
from shared.adapters.tables import Op, Row, Tables, Write
from shared.domain.changes import Due, Task
from shared.domain.errors import Rejected, Unavailable
from shared.domain.identifiers import PartyUrn
from shared.ports import MailboxEntry, MailboxQuery
from tests.builders import AGENCY, NOW
from tests.contract.storage.faults import FaultyTransport, transaction
from tests.contract.storage.makers import fresh, initialised, published, resource


async def _cost(call: Awaitable[object]) -> dict[str, int]:
    operations.clear()
    await call
    return dict(operations)


async def test_pointers_of_one_partition_go_as_one(tables: Tables) -> None:
    """Twenty recipients of one request: one operation each for their boxes, one per shard for the sender's."""
    mailboxes, box = MailboxTable(tables), resource()
    states = [
        initialised(resource_id=box, recipient=PartyUrn(f"urn:altinn:person:legacy-selfidentified:{fresh()}")).state
        for _ in range(20)
    ]
    entries = [MailboxEntry(correspondence=state, title=None) for state in states]
    await mailboxes.point(entries[0])
    cost = await _cost(asyncio.gather(*(mailboxes.point(entry) for entry in entries)))
    assert 20 < cost["table.transaction"] <= 24
    assert set(cost) == {"table.transaction"}
    found = await mailboxes.search(MailboxQuery(party=AGENCY, resource_id=box, as_recipient=False))
    assert {place.id for place in found.found} == {state.id for state in states}


async def test_a_sweep_writes_and_drops_by_the_hundred(tables: Tables) -> None:
    """250 entries of one minute: three transactions to write, three to drop, though some are gone already."""
    agenda, at = AgendaTable(tables), NOW - timedelta(days=777)
    dues = [Due(Task.REMIND, fresh(), at) for _ in range(250)]
    first = await agenda.put(dues[0], now=NOW)
    assert await _cost(asyncio.gather(*(agenda.put(due, now=NOW) for due in dues))) == {"table.transaction": 3}
    mine = [entry for entry in await agenda.ahead(limit=1000) if entry.due.at == at]
    assert len(mine) == 250
    await agenda.drop(first.key)
    await asyncio.gather(*(agenda.drop(entry.key) for entry in mine))
    assert not [entry for entry in await agenda.ahead(limit=1000) if entry.due.at == at]
    assert len(mine) == len({entry.key for entry in mine})


async def test_one_refused_write_does_not_fail_those_beside_it(tables: Tables) -> None:
    """A title that is too long is the trouble of its own correspondence only."""
    mailboxes, box = MailboxTable(tables), resource()
    states = [published(initialised(resource_id=box).state).state for _ in range(30)]
    titles = ["x" * 40_000, *("Vedtak" for _ in states[1:])]
    outcomes = await asyncio.gather(
        *(mailboxes.merge(state, title=title) for state, title in zip(states, titles, strict=True)),
        return_exceptions=True,
    )
    assert isinstance(outcomes[0], Rejected)
    assert outcomes[1:] == [None] * 29
    query = MailboxQuery(party=states[0].recipient, resource_id=box, as_recipient=True)
    assert {place.id for place in (await mailboxes.search(query)).found} == {state.id for state in states[1:]}


async def test_writes_to_the_same_row_keep_their_order(tables: Tables) -> None:
    """The last one asked for is the one that stays; equal ones are no mistake."""
    writes = GatheredWrites(tables.table("gathered"))
    key = fresh()
    await asyncio.gather(*(writes.write(Write(Op.PUT, Row("p", key, {"n": number}))) for number in range(5)))
    row = await tables.table("gathered").get("p", key)
    assert row is not None
    assert row.columns["n"] == 4
    await asyncio.gather(writes.delete("p", key), writes.delete("p", fresh()), writes.delete("p", fresh()))
    assert await tables.table("gathered").get("p", key) is None


async def test_a_caller_who_goes_away_takes_nobody_along(tables: Tables, faults: FaultyTransport) -> None:
    """The writes of others are done; and when storage is down, each of them is told."""
    writes = GatheredWrites(tables.table("gathered"))
    await writes.write(Write(Op.PUT, Row("q", "0", {})))
    tasks = [asyncio.create_task(writes.write(Write(Op.PUT, Row("q", fresh(), {})))) for _ in range(3)]
    await asyncio.sleep(0)
    tasks[0].cancel()
    outcomes = await asyncio.gather(*tasks, return_exceptions=True)
    assert [type(outcome) for outcome in outcomes] == [asyncio.CancelledError, type(None), type(None)]
    for _ in range(2):
        faults.refuse(transaction)
    down = [writes.write(Write(Op.PUT, Row("q", fresh(), {}))) for _ in range(3)]
    outcomes = await asyncio.gather(*down, return_exceptions=True)
    assert [type(outcome) for outcome in outcomes] == [Unavailable] * 3
