"""Every port of storage, twice: the fake, and the real adapter against a real emulator."""

from collections.abc import AsyncIterator, Iterator

import pytest
import pytest_asyncio

from shared.adapters.agenda import AgendaTable
from shared.adapters.attachments import AttachmentTable
from shared.adapters.blobs import BlobStore
from shared.adapters.circuits import CircuitTable
from shared.adapters.correspondences import CorrespondenceTable
from shared.adapters.deliveries import DeliveryTable
from shared.adapters.feed import FeedTable
from shared.adapters.idempotency import IdempotencyTable
from shared.adapters.mailboxes import MailboxTable
from shared.adapters.registry import RegistryTable
from shared.adapters.sendings import SendingTable
from shared.adapters.subscriptions import SubscriptionTable
from shared.adapters.tables import Tables
from shared.adapters.templates import TemplateTable
from shared.ports import (
    Agenda,
    Attachments,
    Blobs,
    Circuits,
    Correspondences,
    Deliveries,
    Feed,
    Idempotency,
    Mailboxes,
    Sendings,
    Templates,
)
from tests.builders import NOW
from tests.contract.storage.faults import FaultyTransport
from tests.fakes.deliveries import FakeCircuits, FakeDeliveries, FakeFeed
from tests.fakes.sendings import FakeSendings
from tests.fakes.storage import (
    FakeAgenda,
    FakeAttachments,
    FakeBlobs,
    FakeCorrespondences,
    FakeIdempotency,
    FakeMailboxes,
    FakeRegistry,
    FakeSubscriptions,
)
from tests.fakes.templates import FakeTemplates
from tests.servers import azurite

BOTH = ("fake", "azurite")
Request = pytest.FixtureRequest


@pytest.fixture(scope="session")
def storage() -> Iterator[str]:
    """The connection string of an emulator that lives as long as the tests."""
    with azurite() as connection:
        yield connection


@pytest_asyncio.fixture
async def faults(storage: str) -> FaultyTransport:
    """What can go wrong on the way to the tables of this test."""
    return FaultyTransport()


@pytest_asyncio.fixture
async def tables(storage: str, faults: FaultyTransport) -> AsyncIterator[Tables]:
    """Tables of the emulator."""
    connected = Tables(connection_string=storage, transport=faults)
    yield connected
    await connected.close()


@pytest_asyncio.fixture
async def blob_faults(storage: str) -> FaultyTransport:
    """What can go wrong on the way to the blobs of this test."""
    return FaultyTransport()


@pytest_asyncio.fixture
async def store(storage: str, blob_faults: FaultyTransport) -> AsyncIterator[BlobStore]:
    """Blobs of the emulator."""
    connected = BlobStore(connection_string=storage, transport=blob_faults)
    yield connected
    await connected.close()


@pytest.fixture(params=BOTH)
def correspondences(request: Request, tables: Tables) -> Correspondences:
    """The port Correspondences."""
    return FakeCorrespondences() if request.param == "fake" else CorrespondenceTable(tables)


@pytest.fixture(params=BOTH)
def attachments(request: Request, tables: Tables) -> Attachments:
    """The port Attachments."""
    return FakeAttachments() if request.param == "fake" else AttachmentTable(tables)


@pytest.fixture(params=BOTH)
def mailboxes(request: Request, tables: Tables) -> Mailboxes:
    """The port Mailboxes."""
    return FakeMailboxes() if request.param == "fake" else MailboxTable(tables)


@pytest_asyncio.fixture(params=BOTH)
async def agenda(request: Request, tables: Tables) -> Agenda:
    """The port Agenda, empty."""
    chosen: Agenda = FakeAgenda() if request.param == "fake" else AgendaTable(tables, shards=2)
    for entry in await chosen.ahead(limit=1000):
        await chosen.drop(entry.key)
    return chosen


@pytest.fixture(params=BOTH)
def idempotency(request: Request, tables: Tables, store: BlobStore) -> Idempotency:
    """The port Idempotency."""
    return FakeIdempotency() if request.param == "fake" else IdempotencyTable(tables, store)


@pytest.fixture(params=BOTH)
def blobs(request: Request, store: BlobStore) -> Blobs:
    """The port Blobs."""
    return FakeBlobs() if request.param == "fake" else store


@pytest.fixture(params=BOTH)
def registry(request: Request, tables: Tables) -> RegistryTable | FakeRegistry:
    """The port Registry, with its ways to add entries."""
    return FakeRegistry() if request.param == "fake" else RegistryTable(tables, lambda: NOW)


@pytest.fixture(params=BOTH)
def templates(request: Request, tables: Tables) -> Templates:
    """The port Templates."""
    return FakeTemplates() if request.param == "fake" else TemplateTable(tables, lambda: NOW)


@pytest.fixture(params=BOTH)
def subscriptions(request: Request, tables: Tables) -> SubscriptionTable | FakeSubscriptions:
    """The port Subscriptions."""
    return FakeSubscriptions() if request.param == "fake" else SubscriptionTable(tables, bytes(32), settle_seconds=0)


@pytest.fixture(params=BOTH)
def sendings(request: Request, tables: Tables) -> Sendings:
    """The port Sendings."""
    return FakeSendings() if request.param == "fake" else SendingTable(tables)


@pytest.fixture(params=BOTH)
def deliveries(request: Request, tables: Tables) -> Deliveries:
    """The port Deliveries."""
    return FakeDeliveries() if request.param == "fake" else DeliveryTable(tables)


@pytest.fixture(params=BOTH)
def circuits(request: Request, tables: Tables) -> Circuits:
    """The port Circuits."""
    return FakeCircuits() if request.param == "fake" else CircuitTable(tables)


@pytest.fixture(params=BOTH)
def feed(request: Request, tables: Tables) -> Feed:
    """The port Feed."""
    return FakeFeed() if request.param == "fake" else FeedTable(tables)
