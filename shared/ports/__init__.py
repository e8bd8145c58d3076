"""What the use cases need from the world: small protocols, named by capability. Adapters and fakes fulfil them.

Everywhere: `Unavailable` when the neighbour does not answer or not now, `Conflict` when an ETag was stale,
`Rejected` when it said no for good. Times are aware UTC.
"""

from dataclasses import dataclass
from datetime import timedelta

from shared.ports.neighbours import (
    Decisions,
    Dialogs,
    EmailMessage,
    EmailSender,
    Party,
    Registry,
    Resource,
    Scanner,
    SmsSender,
    Subscriptions,
    Webhooks,
)
from shared.ports.storage import (
    Attachments,
    Blobs,
    Correspondences,
    Idempotency,
    KeyedRequest,
    Loaded,
    MailboxEntry,
    Mailboxes,
    MailboxQuery,
    Upload,
)
from shared.ports.texts import TextRules
from shared.ports.work import Agenda, AgendaEntry, AgendaMessage, Clock, DeliveryMessage, Outbox


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """Settings that decisions need."""

    public_base_url: str
    reminder_delay: timedelta = timedelta(days=7)
    minimum_expiration_days: int = 14
    max_file_bytes: int = 50_000_000_000
    max_form_file_bytes: int = 2_000_000_000
    max_request_bytes: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class App:
    """Everything the use cases work with; made once by the composition root, or by a test with fakes."""

    correspondences: Correspondences
    attachments: Attachments
    mailboxes: Mailboxes
    agenda: Agenda
    idempotency: Idempotency
    outbox: Outbox
    blobs: Blobs
    scanner: Scanner
    registry: Registry
    decisions: Decisions
    email: EmailSender
    sms: SmsSender
    dialogs: Dialogs
    subscriptions: Subscriptions
    webhooks: Webhooks
    texts: TextRules
    clock: Clock
    rules: Rules


__all__ = [
    "Agenda",
    "AgendaEntry",
    "AgendaMessage",
    "App",
    "Attachments",
    "Blobs",
    "Clock",
    "Correspondences",
    "Decisions",
    "DeliveryMessage",
    "Dialogs",
    "EmailMessage",
    "EmailSender",
    "Idempotency",
    "KeyedRequest",
    "Loaded",
    "MailboxEntry",
    "MailboxQuery",
    "Mailboxes",
    "Outbox",
    "Party",
    "Registry",
    "Resource",
    "Rules",
    "Scanner",
    "SmsSender",
    "Subscriptions",
    "TextRules",
    "Upload",
    "Webhooks",
]
