"""What the real tables cost, what a lost answer does, and what the network and the logs get to see."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from shared.adapters.agenda import AgendaTable
from shared.adapters.aggregates import REMEMBERED
from shared.adapters.attachments import AttachmentTable
from shared.adapters.blobs import BlobStore
from shared.adapters.correspondences import CorrespondenceTable
from shared.adapters.idempotency import IdempotencyTable
from shared.adapters.mailboxes import MailboxTable
from shared.adapters.sent_months import SentMonths
from shared.adapters.storage_calls import operations
from shared.adapters.tables import Op, Row, Table, Tables, Write, in_partition
from shared.domain.changes import Due, Task
from shared.domain.correspondence import Correspondence, CorrespondenceChange
from shared.domain.errors import Conflict, Rejected, Unavailable
from shared.domain.identifiers import AttachmentId, CorrespondenceId
from shared.domain.notification import Medium, Notification, NotificationState
from shared.ports import KeyedRequest, Loaded, MailboxEntry, MailboxQuery
from tests.builders import AGENCY, NOW, PERSON, content
from tests.contract.storage.faults import FaultyTransport, anything, insert, transaction
from tests.contract.storage.makers import PERMIT, fresh, initialised, new_attachment, published, resource


async def _cost(call: Awaitable[object]) -> dict[str, int]:
    operations.clear()
    await call
    return dict(operations)


async def _created(port: CorrespondenceTable, **changes: object) -> Loaded[Correspondence]:
    change = initialised(**changes)
    assert await port.create(change, content(), PERMIT)
    loaded = await port.load(change.state.id)
    assert loaded is not None
    return loaded


def _notices(count: int) -> tuple[Notification, ...]:
    return tuple(
        Notification(
            id=fresh(),
            is_reminder=False,
            medium=Medium.EMAIL,
            address="a@example.no",
            recipient=None,
            state=NotificationState.SENT,
            created=NOW,
            changed=NOW,
        )
        for _ in range(count)
    )


async def test_aggregates_cost_one_operation_a_call(tables: Tables) -> None:
    """Create and save are one transaction each, load is one read, with whatever rows go with them."""
    port = CorrespondenceTable(tables)
    await _created(port)
    change = initialised()
    id_ = change.state.id
    assert await _cost(port.create(change, content(), PERMIT)) == {"table.transaction": 1}
    assert await _cost(port.load(id_)) == {"table.get": 1}
    loaded = await port.load(id_)
    assert loaded is not None
    saved = replace(published(loaded.state), rows=_notices(3))
    assert await _cost(port.save(saved, loaded.etag, PERMIT, seen=PERSON)) == {"table.transaction": 1}
    assert await _cost(port.content(id_, PERMIT)) == {"table.get": 1}
    assert await _cost(port.history(id_)) == {"table.query": 1}
    assert await _cost(port.facts(id_, after=1)) == {"table.query": 1}
    assert await _cost(port.last_seen(id_, PERSON)) == {"table.get": 1}


async def test_pointers_cost_one_operation_a_partition(tables: Tables, store: BlobStore) -> None:
    """A mailbox pointer is two transactions, an entry of the agenda one write, a key one insert."""
    mailboxes, agenda, keys = MailboxTable(tables), AgendaTable(tables), IdempotencyTable(tables, store)
    state = initialised(resource_id=resource()).state
    entry = MailboxEntry(correspondence=state, title=None)
    due = Due(Task.DISPATCH, state.id, NOW)
    request = KeyedRequest(owner=AGENCY, key=fresh(), digest="", created=NOW, in_flight_until=NOW)
    await mailboxes.point(entry)
    put = await agenda.put(due, now=NOW)
    await keys.begin(replace(request, key=fresh()))
    assert await _cost(mailboxes.point(entry)) == {"table.transaction": 2}
    assert await _cost(mailboxes.merge(state, title="")) == {"table.transaction": 2}
    received = MailboxQuery(party=state.recipient, resource_id=state.resource_id, as_recipient=True)
    assert await _cost(mailboxes.search(received)) == {"table.query": 1}
    assert await _cost(agenda.put(due, now=NOW)) == {"table.put": 1}
    assert await _cost(agenda.drop(put.key)) == {"table.delete": 1}
    assert await _cost(keys.begin(request)) == {"table.insert": 1}
    assert await _cost(keys.begin(request)) == {"table.insert": 1, "table.get": 1}
    assert await _cost(keys.finish(AGENCY, request.key, "{}")) == {"table.merge": 1}


async def test_a_walk_over_months_is_charged(tables: Tables) -> None:
    """Each operation that shows a sender's months counts against what a page may read."""
    mailboxes, mine, charges = MailboxTable(tables), resource(), []
    for months in (0, 5, 40):
        at = NOW - timedelta(days=30 * months)
        state = initialised(resource_id=mine, requested_publish_time=at).state
        await mailboxes.point(MailboxEntry(correspondence=state, title=None))
    query = MailboxQuery(party=AGENCY, resource_id=mine, as_recipient=False)
    walk = SentMonths(tables.table("mailboxes"), f"s:{mine}:", query, lambda: charges.append(1))
    operations.clear()
    assert len([month async for window in walk.windows() for month in window]) >= 3
    assert operations.total() == len(charges) > 3


async def test_attachments_cost_one_operation_each(tables: Tables) -> None:
    """Reading ten is ten reads; a link is one write and a page of links one query."""
    port = AttachmentTable(tables)
    changes = [new_attachment() for _ in range(10)]
    for change in changes:
        await port.create(change, PERMIT)
    assert await _cost(port.load_many([change.state.id for change in changes])) == {"table.get": 10}
    id_, user = changes[0].state.id, CorrespondenceId(fresh())
    assert await _cost(port.link(id_, user, at=NOW)) == {"table.put": 1}
    assert await _cost(port.links(id_)) == {"table.query": 1}


async def test_a_create_whose_answer_was_lost_has_succeeded(tables: Tables, faults: FaultyTransport) -> None:
    """It says True after one look; with nothing lost, a second one says False."""
    port = CorrespondenceTable(tables)
    await _created(port)
    change = initialised()
    faults.lose_answer(transaction)
    operations.clear()
    assert await port.create(change, content(), PERMIT)
    assert dict(operations) == {"table.transaction": 1, "table.get": 1}
    assert not await port.create(change, content(), PERMIT)


async def test_a_save_whose_answer_was_lost_has_succeeded(tables: Tables, faults: FaultyTransport) -> None:
    """Two operations, and the history is there once."""
    port = CorrespondenceTable(tables)
    loaded = await _created(port)
    faults.lose_answer(transaction)
    operations.clear()
    await port.save(published(loaded.state), loaded.etag, PERMIT)
    assert dict(operations) == {"table.transaction": 1, "table.get": 1}
    assert len(await port.history(loaded.state.id)) == 3


async def test_a_lost_answer_is_recognised_after_others_have_saved(tables: Tables, faults: FaultyTransport) -> None:
    """Seven changes by others, between the commit and the look for it, do not hide it."""
    port, other = CorrespondenceTable(tables), CorrespondenceTable(tables)
    loaded = await _created(port)
    state = loaded.state

    async def others_save() -> None:
        for number in range(REMEMBERED - 1):
            current = await other.load(state.id)
            assert current is not None
            change = CorrespondenceChange(state=replace(current.state, dialog_cursor=number))
            await other.save(change, current.etag, PERMIT)

    faults.lose_answer(transaction, then=others_save)
    await port.save(published(state), loaded.etag, PERMIT)
    assert len(await port.history(state.id)) == 3


async def test_a_save_that_never_arrived_is_unavailable(tables: Tables, faults: FaultyTransport) -> None:
    """Nothing was done, and the same version still saves."""
    port = CorrespondenceTable(tables)
    loaded = await _created(port)
    faults.refuse(transaction)
    with pytest.raises(Unavailable):
        await port.save(published(loaded.state), loaded.etag, PERMIT)
    faults.refuse(transaction)
    with pytest.raises(Unavailable):
        await port.create(initialised(), content(), PERMIT)
    await port.save(published(loaded.state), loaded.etag, PERMIT)


async def test_attachments_recognise_their_own_changes_too(tables: Tables, faults: FaultyTransport) -> None:
    """As correspondences do."""
    port = AttachmentTable(tables)
    await port.create(new_attachment(), PERMIT)
    change = new_attachment()
    faults.lose_answer(transaction)
    assert await port.create(change, PERMIT)
    assert not await port.create(change, PERMIT)


async def test_pointers_are_written_again_when_the_answer_was_lost(tables: Tables, faults: FaultyTransport) -> None:
    """Mailbox, agenda and link rows may be written twice, so they are."""
    mailboxes, agenda, attachments = MailboxTable(tables), AgendaTable(tables), AttachmentTable(tables)
    state = initialised(resource_id=resource()).state
    faults.lose_answer(transaction)
    await mailboxes.point(MailboxEntry(correspondence=state, title=None))
    faults.refuse(anything)
    await mailboxes.merge(published(state).state)
    query = MailboxQuery(party=state.recipient, resource_id=state.resource_id, as_recipient=True)
    assert [place.id for place in (await mailboxes.search(query)).found] == [state.id]
    faults.refuse(anything)
    put = await agenda.put(Due(Task.DISPATCH, state.id, NOW - timedelta(days=999)), now=NOW)
    assert put.key in [entry.key for entry in await agenda.due(now=NOW)]
    await agenda.drop(put.key)
    id_ = AttachmentId(fresh())
    faults.lose_answer(anything)
    await attachments.link(id_, state.id, at=NOW)
    assert len(await attachments.links(id_)) == 1


async def test_a_key_is_ours_though_the_answer_was_lost(
    tables: Tables, store: BlobStore, faults: FaultyTransport
) -> None:
    """Whoever inserted goes on; a second request does not."""
    keys = IdempotencyTable(tables, store)
    request = KeyedRequest(owner=AGENCY, key=fresh(), digest="", created=NOW, in_flight_until=NOW)
    await keys.begin(replace(request, key=fresh()))
    faults.lose_answer(insert)
    assert await keys.begin(request) is None
    existing = await keys.begin(request)
    assert existing is not None
    for _ in range(4):  # the first and three tries of the library
        faults.lose_answer(lambda method, _: method == "PUT")
    assert await keys.take_over(existing, until=NOW + timedelta(minutes=5))
    faults.clear()
    assert not await keys.take_over(existing, until=NOW)


async def test_a_transaction_takes_a_hundred_rows(tables: Tables) -> None:
    """One more is refused before anything is sent, and nothing of it is kept."""
    port = CorrespondenceTable(tables)
    loaded = await _created(port)
    id_ = loaded.state.id
    too_many = CorrespondenceChange(state=loaded.state, rows=_notices(100))
    with pytest.raises(ValueError, match="101 rows"):
        await port.save(too_many, loaded.etag, PERMIT)
    assert not await port.notifications(id_)
    await port.save(CorrespondenceChange(state=loaded.state, rows=_notices(99)), loaded.etag, PERMIT)
    assert len(await port.notifications(id_)) == 99


async def test_a_sequence_used_twice_is_a_conflict(tables: Tables) -> None:
    """History is inserted, never overwritten, whatever the root says."""
    port = CorrespondenceTable(tables)
    loaded = await _created(port)
    forged = replace(published(loaded.state), history=tuple(await port.history(loaded.state.id)))
    with pytest.raises(Conflict):
        await port.save(forged, loaded.etag, PERMIT)


async def test_a_missing_table_is_made_on_first_use(tables: Tables) -> None:
    """By every kind of call; two at once do no harm."""
    calls: list[Callable[[Table], Awaitable[object]]] = [
        lambda t: t.get("p", "k"),
        lambda t: t.insert(Row("p", "k", {})),
        lambda t: t.write(Write(Op.PUT, Row("p", "k", {}))),
        lambda t: t.write(Write(Op.PUT, Row("p", "k", {})), Write(Op.PUT, Row("p", "l", {}))),
        lambda t: t.delete("p", "k"),
        lambda t: t.find(in_partition("p")),
    ]
    for call in calls:
        table = tables.table("t" + fresh().replace("-", ""))
        await asyncio.gather(call(table), call(table))


async def test_what_the_service_refuses_for_good_is_rejected(tables: Tables) -> None:
    """With the service's word for it; it would not succeed later either."""
    table = tables.table("rejected")
    with pytest.raises(Rejected) as refusal:
        await table.write(Write(Op.PUT, Row("p", "k", {"big": "x" * 40_000})))
    assert refusal.value.reason == "PropertyValueTooLarge"


async def test_no_party_is_seen_in_logs(tables: Tables, caplog: pytest.LogCaptureFixture) -> None:
    """The library's own log of requests, whose URLs hold parties' numbers, is off at every level."""
    caplog.set_level(logging.DEBUG)
    port = CorrespondenceTable(tables)
    loaded = await _created(port)
    await port.last_seen(loaded.state.id, PERSON)
    mine = MailboxQuery(party=PERSON, resource_id=resource(), as_recipient=True)
    await MailboxTable(tables).search(mine)
    assert "01838510058" not in caplog.text


async def test_tables_can_be_used_again_after_closing(storage: str) -> None:
    """Closing ends the connections; the next call makes new ones."""
    tables = Tables(connection_string=storage)
    port = CorrespondenceTable(tables)
    loaded = await _created(port)
    await tables.close()
    await tables.close()
    assert await port.load(loaded.state.id) == loaded
    await tables.close()
