"""What the use cases need from the world: small protocols, named by capability. Adapters and fakes fulfil them.

Everywhere: `Unavailable` when the neighbour does not answer or not now, `Conflict` when an ETag was stale,
`Rejected` when it said no for good. Times are aware UTC.
"""

from dataclasses import dataclass
from datetime import timedelta

from shared.domain.identifiers import ResourceId
from shared.domain.sending_hours import DAYTIME, SendingHours
from shared.ports.deliveries import Circuits, Deliveries, DeliveryQuery, Feed, FeedEntry
from shared.ports.neighbours import (
    ContactRegister,
    Decisions,
    Dialogs,
    EmailAttachment,
    EmailMessage,
    EmailOutcome,
    EmailSender,
    EventSink,
    KnownDialog,
    Party,
    Registry,
    Resource,
    Scanner,
    SmsSender,
    Subscriptions,
    Unit,
    Webhooks,
)
from shared.ports.seals import Seals
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
    Sendings,
    Upload,
    WriteLink,
)
from shared.ports.templates import Templates
from shared.ports.texts import TextRules
from shared.ports.work import (
    Agenda,
    AgendaEntry,
    AgendaMessage,
    Clock,
    DeadLetter,
    DeadLetters,
    DeliveryMessage,
    Outbox,
    StuckList,
)

MAX_FILE_BYTES = 50_000_000_000  # Source: design 4; what Microsoft Defender for Storage scans at most.


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """Settings that decisions need.

    Files of the resources in `unscanned` are not scanned for malware. `publishes_events`: to Altinn Events, too.
    """

    public_base_url: str
    reminder_delay: timedelta = timedelta(days=7)
    sms_hours: SendingHours = DAYTIME
    minimum_expiration_days: int = 14
    max_file_bytes: int = MAX_FILE_BYTES
    max_scanned_bytes: int = MAX_FILE_BYTES
    unscanned: frozenset[ResourceId] = frozenset()
    max_form_file_bytes: int = 2_000_000_000
    max_request_bytes: int | None = None
    publishes_events: bool = False

    def largest_file(self, resource_id: ResourceId) -> int:
        """The most bytes that a file of this resource may have: what we take, or what the scanner takes."""
        scanned = self.max_file_bytes if resource_id in self.unscanned else self.max_scanned_bytes
        return min(self.max_file_bytes, scanned)


@dataclass(frozen=True, slots=True, kw_only=True)
class App:
    """Everything the use cases work with; made once by the composition root, or by a test with fakes."""

    correspondences: Correspondences
    attachments: Attachments
    mailboxes: Mailboxes
    agenda: Agenda
    idempotency: Idempotency
    outbox: Outbox
    stuck: StuckList
    dead_letters: DeadLetters
    blobs: Blobs
    scanner: Scanner
    registry: Registry
    decisions: Decisions
    sendings: Sendings
    email: EmailSender
    sms: SmsSender
    dialogs: Dialogs
    subscriptions: Subscriptions
    deliveries: Deliveries
    circuits: Circuits
    feed: Feed
    webhooks: Webhooks
    event_sink: EventSink
    texts: TextRules
    templates: Templates
    seals: Seals
    clock: Clock
    rules: Rules


__all__ = [
    "MAX_FILE_BYTES",
    "Agenda",
    "AgendaEntry",
    "AgendaMessage",
    "App",
    "Attachments",
    "Blobs",
    "Circuits",
    "Clock",
    "ContactRegister",
    "Correspondences",
    "DeadLetter",
    "DeadLetters",
    "Decisions",
    "Deliveries",
    "DeliveryMessage",
    "DeliveryQuery",
    "Dialogs",
    "EmailAttachment",
    "EmailMessage",
    "EmailOutcome",
    "EmailSender",
    "EventSink",
    "Feed",
    "FeedEntry",
    "Idempotency",
    "KeyedRequest",
    "KnownDialog",
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
    "Seals",
    "Sendings",
    "SmsSender",
    "StuckList",
    "Subscriptions",
    "Templates",
    "TextRules",
    "Unit",
    "Upload",
    "Webhooks",
    "WriteLink",
]
