"""The app on real storage and a real bus, with the other neighbours as fakes."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from shared.adapters.agenda import AgendaTable
from shared.adapters.attachments import AttachmentTable
from shared.adapters.blobs import BlobStore
from shared.adapters.correspondences import CorrespondenceTable
from shared.adapters.idempotency import IdempotencyTable
from shared.adapters.mailboxes import MailboxTable
from shared.adapters.outbox import ServiceBusOutbox
from shared.adapters.sendings import SendingTable
from shared.adapters.stuck import StuckTable
from shared.adapters.subscriptions import SubscriptionTable
from shared.adapters.tables import Tables
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
    fakes = world.app
    try:
        yield App(
            correspondences=CorrespondenceTable(tables),
            attachments=AttachmentTable(tables),
            mailboxes=MailboxTable(tables),
            agenda=AgendaTable(tables),
            idempotency=IdempotencyTable(tables, blobs),
            outbox=outbox,
            stuck=StuckTable(tables),
            dead_letters=fakes.dead_letters,
            blobs=blobs,
            scanner=fakes.scanner,
            registry=fakes.registry,
            decisions=fakes.decisions,
            sendings=SendingTable(tables),
            email=fakes.email,
            sms=fakes.sms,
            dialogs=fakes.dialogs,
            subscriptions=SubscriptionTable(tables, b"0" * 32, settle_seconds=0),
            webhooks=fakes.webhooks,
            clock=system_clock,
            rules=world.rules,
            texts=world.texts,
            seals=world.seals,
        )
    finally:
        await outbox.close()
        await blobs.close()
        await tables.close()
