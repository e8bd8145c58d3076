"""The app on real storage and a real bus, with the other neighbours as fakes."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

from shared.adapters.agenda import AgendaTable
from shared.adapters.attachments import AttachmentTable
from shared.adapters.blobs import BlobStore
from shared.adapters.circuits import CircuitTable
from shared.adapters.correspondences import CorrespondenceTable
from shared.adapters.deliveries import DeliveryTable
from shared.adapters.feed import FeedTable
from shared.adapters.idempotency import IdempotencyTable
from shared.adapters.mailboxes import MailboxTable
from shared.adapters.outbox import ServiceBusOutbox
from shared.adapters.sendings import SendingTable
from shared.adapters.stuck import StuckTable
from shared.adapters.subscriptions import SubscriptionTable
from shared.adapters.tables import Tables
from shared.adapters.templates import TemplateTable
from shared.clock import system_clock
from shared.ports import App
from tests.fakes.world import World


@asynccontextmanager
async def real_app(storage: str, bus: str) -> AsyncIterator[App]:
    """Tables, blobs and outbox are real; registry, decisions, mail and the rest are in memory."""
    world = World()
    tables = Tables(connection_string=storage)
    blobs = BlobStore(connection_string=storage)
    outbox = ServiceBusOutbox(connection_string=bus)
    try:
        yield replace(
            world.app,
            correspondences=CorrespondenceTable(tables),
            attachments=AttachmentTable(tables),
            mailboxes=MailboxTable(tables),
            agenda=AgendaTable(tables),
            idempotency=IdempotencyTable(tables, blobs),
            outbox=outbox,
            stuck=StuckTable(tables),
            blobs=blobs,
            sendings=SendingTable(tables),
            subscriptions=SubscriptionTable(tables, b"0" * 32, settle_seconds=0),
            deliveries=DeliveryTable(tables),
            circuits=CircuitTable(tables),
            feed=FeedTable(tables),
            templates=TemplateTable(tables, system_clock),
            clock=system_clock,
        )
    finally:
        await outbox.close()
        await blobs.close()
        await tables.close()
