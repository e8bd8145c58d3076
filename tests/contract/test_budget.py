"""What a request costs: storage operations and Service Bus sends, counted on the way out, exact. Source: design 3."""

import uuid
from collections.abc import AsyncIterator, Iterator
from datetime import timedelta
from typing import cast

import pytest
import pytest_asyncio

from shared.adapters.mailboxes import SHARDS
from shared.adapters.outbox import ServiceBusOutbox
from shared.adapters.storage_calls import operations
from shared.clock import system_clock
from shared.domain.errors import DomainError
from shared.domain.facts import INTERNAL, AggregateKind
from shared.domain.identifiers import AttachmentId, PartyUrn, SubscriptionId, organisation
from shared.domain.subscription import DeliveryState
from shared.ports import App, DeliveryMessage, Party
from shared.usecases import agenda
from shared.usecases.delivering import deliver
from shared.usecases.dry_run import dry_run
from shared.usecases.initialise import initialise
from shared.usecases.saving import facts_of
from tests.builders import BUSINESS, RESOURCE, message, subscription
from tests.buses import bus
from tests.contract.real_app import real_app
from tests.fakes.registers import FakeRegistry
from tests.fakes.world import SENDER
from tests.servers import azurite

FILE = AttachmentId("019acc00-0000-7000-8000-000000000001")
KEY = "5d1c6e36-91c4-4d0c-8a26-5a4f5a7a9f10"


@pytest.fixture(scope="module")
def servers() -> Iterator[tuple[str, str]]:
    """The connection strings of an emulator and a broker."""
    with azurite() as storage, bus() as bus_connection:
        yield storage, bus_connection


@pytest_asyncio.fixture
async def app(servers: tuple[str, str]) -> AsyncIterator[App]:
    """The app on both, warm: its tables exist and one message was sent."""
    async with real_app(*servers) as made:
        await initialise(made, SENDER, message(recipients=(BUSINESS,), idempotent_key=str(uuid.uuid4())))
        await agenda.sweep(made)
        await made.attachments.load(FILE)
        yield made


def sends(app: App) -> int:
    """How many batches the broker has accepted."""
    assert isinstance(app.outbox, ServiceBusOutbox)
    return app.outbox.sends


async def test_a_create_costs_five_operations_and_one_send(app: App) -> None:
    """Three pointer writes, the transaction, the pointer dropped; one send."""
    operations.clear()
    before = sends(app)
    await initialise(app, SENDER, message(recipients=(BUSINESS,)))
    assert operations.total() == 5, operations
    assert sends(app) - before == 1


async def test_a_key_costs_two_more_and_its_replay_no_more_than_two(app: App) -> None:
    """The key is inserted first and gets the answer last; the repeat reads and writes nothing else."""
    keyed = message(recipients=(BUSINESS,), idempotent_key=KEY, digest="d")
    operations.clear()
    made = await initialise(app, SENDER, keyed)
    assert operations.total() == 7, operations
    operations.clear()
    before = sends(app)
    again = await initialise(app, SENDER, keyed)
    assert again.replayed
    assert again.correspondences == made.correspondences
    assert operations.total() <= 2, operations
    assert sends(app) == before


async def test_what_becomes_due_later_costs_one_more(app: App) -> None:
    """A publish time in the future is one agenda entry."""
    later = message(recipients=(BUSINESS,), requested_publish_time=system_clock() + timedelta(days=1))
    operations.clear()
    await initialise(app, SENDER, later)
    assert operations.total() == 6, operations


async def test_a_sweep_that_finds_nothing_costs_one_operation(app: App) -> None:
    """One range query per shard, whatever is stored."""
    operations.clear()
    assert await agenda.sweep(app) == 0
    assert operations.total() == 1, operations


async def businesses(app: App, count: int) -> tuple[PartyUrn, ...]:
    """So many of them, known to the register."""
    known = [organisation(str(320_000_000 + number)) for number in range(count)]
    for number, urn in enumerate(known):
        await cast(FakeRegistry, app.registry).put_party(Party(urn=urn, uuid=f"1-{number}", party_id=number, name="B"))
    return tuple(known)


async def test_a_hundred_recipients_cost_206_operations_and_one_send(app: App) -> None:
    """Two for each: a recipient's box and the letter. The rest goes together: the dispatch pointers, the sender's
    pointers in one transaction for each shard, and the dispatch pointers dropped. The key costs two, its replay too.
    """
    batch = message(recipients=await businesses(app, 100), idempotent_key=str(uuid.uuid4()), digest="d")
    operations.clear()
    before = sends(app)
    made = await initialise(app, SENDER, batch)
    assert operations.total() == 100 * 2 + 1 + SHARDS + 1 + 2, operations
    assert sends(app) - before == 1
    operations.clear()
    assert (await initialise(app, SENDER, batch)).correspondences == made.correspondences
    assert operations == {"table.insert": 1, "table.get": 1}


async def test_a_dry_run_writes_and_sends_nothing(app: App) -> None:
    """With a key and an attachment it reads each of them once; without, it asks the registers only."""
    recipients = await businesses(app, 20)
    operations.clear()
    before = sends(app)
    await dry_run(app, SENDER, message(recipients=recipients))
    assert operations.total() == 0, operations
    wish = message(recipients=recipients, idempotent_key=str(uuid.uuid4()), existing_attachments=(FILE,))
    with pytest.raises(DomainError):
        await dry_run(app, SENDER, wish)
    assert operations == {"table.get": 2}
    assert sends(app) == before


async def test_a_delivery_costs_three_operations(app: App) -> None:
    """To a healthy endpoint, once its event and the circuits are known: the subscription, where the delivery stands,
    and one transaction for all that came of it.
    """
    made = await initialise(app, SENDER, message(recipients=(BUSINESS,)))
    id_ = made.correspondences[0].id
    told = next(f for f in await facts_of(app, AggregateKind.CORRESPONDENCE, id_) if f.type not in INTERNAL)
    costs = []
    for endpoint in ("https://one.example/", "https://two.example/", "https://three.example/"):
        subscriber = await app.subscriptions.add(
            subscription(
                id=SubscriptionId(str(uuid.uuid4())), endpoint=endpoint, created=app.clock() - timedelta(hours=1)
            )
        )
        wanted = DeliveryMessage(subscriber.id, RESOURCE, AggregateKind.CORRESPONDENCE, id_, told.sequence)
        operations.clear()
        await deliver(app, wanted)
        costs.append(operations.total())
        ended = await app.deliveries.get(subscriber.id, told.id)
        assert ended is not None
        assert ended.state is DeliveryState.DELIVERED
    assert costs[1:] == [3, 3], operations
