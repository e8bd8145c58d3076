"""A correspondence: its state and its status machine. The decisions are in `publishing` and `receiving`."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum

from shared.domain.changes import Change, HistoryEntry
from shared.domain.errors import DomainError, Refusal
from shared.domain.facts import AggregateKind, Fact, FactType
from shared.domain.forwarded import Forwarding
from shared.domain.identifiers import AttachmentId, CorrespondenceId, PartyUrn, ResourceId
from shared.domain.labels import SystemLabel
from shared.domain.notification import Notification, NotificationRequest


class Status(StrEnum):
    """In the wire contract's order: the highest one that a correspondence ever had is the one shown."""

    INITIALIZED = "Initialized"
    READY_FOR_PUBLISH = "ReadyForPublish"
    PUBLISHED = "Published"
    FETCHED = "Fetched"
    READ = "Read"
    REPLIED = "Replied"
    CONFIRMED = "Confirmed"
    PURGED_BY_RECIPIENT = "PurgedByRecipient"
    PURGED_BY_ALTINN = "PurgedByAltinn"
    ARCHIVED = "Archived"
    RESERVED = "Reserved"
    FAILED = "Failed"
    ATTACHMENTS_DOWNLOADED = "AttachmentsDownloaded"
    FORWARDED = "Forwarded"


RANK: Mapping[Status, int] = {status: position for position, status in enumerate(Status)}
PURGED = frozenset({Status.PURGED_BY_RECIPIENT, Status.PURGED_BY_ALTINN})
AVAILABLE_TO_RECIPIENT = frozenset(
    {
        Status.PUBLISHED,
        Status.FETCHED,
        Status.READ,
        Status.REPLIED,
        Status.CONFIRMED,
        Status.ARCHIVED,
        Status.ATTACHMENTS_DOWNLOADED,
        Status.FORWARDED,
    }
)
HIDDEN_FROM_SENDER = frozenset(PURGED | {Status.ARCHIVED})
PURGEABLE_BY_SENDER = frozenset({Status.INITIALIZED, Status.READY_FOR_PUBLISH, Status.FAILED, Status.RESERVED})

_AFTER_PUBLISH = frozenset(
    {
        Status.FETCHED,
        Status.READ,
        Status.CONFIRMED,
        Status.ATTACHMENTS_DOWNLOADED,
        Status.FORWARDED,
        Status.PURGED_BY_RECIPIENT,
    }
)
ALLOWED: Mapping[Status, frozenset[Status]] = {
    Status.INITIALIZED: frozenset(
        {Status.READY_FOR_PUBLISH, Status.RESERVED, Status.PUBLISHED, Status.FAILED, Status.PURGED_BY_ALTINN}
    ),
    Status.READY_FOR_PUBLISH: frozenset({Status.PUBLISHED, Status.FAILED, Status.PURGED_BY_ALTINN}),
    Status.RESERVED: frozenset({Status.FAILED, Status.PURGED_BY_ALTINN}),
    Status.PUBLISHED: _AFTER_PUBLISH,
    Status.FETCHED: _AFTER_PUBLISH,
    Status.READ: _AFTER_PUBLISH - {Status.READ},
    Status.CONFIRMED: _AFTER_PUBLISH - {Status.CONFIRMED},
    Status.ATTACHMENTS_DOWNLOADED: _AFTER_PUBLISH,
    Status.FORWARDED: _AFTER_PUBLISH,
    Status.FAILED: frozenset({Status.PURGED_BY_ALTINN}),
    Status.REPLIED: frozenset(),
    Status.ARCHIVED: frozenset(),
    Status.PURGED_BY_RECIPIENT: frozenset(),
    Status.PURGED_BY_ALTINN: frozenset(),
}
"""Which status may follow which current one. Every pair outside it is refused by `step`."""


class BodyFormat(StrEnum):
    """How the body is written. `Markdown` is the wire contract's; the other two are an addition."""

    MARKDOWN = "Markdown"
    HTML = "Html"
    PLAIN_TEXT = "PlainText"


class ReferenceType(StrEnum):
    """Kinds of external references, in the wire contract's order."""

    GENERIC = "Generic"
    APP_INSTANCE = "AltinnAppInstance"
    BROKER_FILE_TRANSFER = "AltinnBrokerFileTransfer"
    DIALOG_ID = "DialogportenDialogId"
    PROCESS_ID = "DialogportenProcessId"
    TRANSMISSION_ID = "DialogportenTransmissionId"
    TRANSMISSION_TYPE = "DialogportenTransmissionType"


@dataclass(frozen=True, slots=True)
class ExternalReference:
    """A reference to something in another system."""

    type: ReferenceType
    value: str


def named_dialog(references: Iterable[ExternalReference]) -> str | None:
    """The dialog that they name for the message to be in, as it was written; None when it gets one of its own."""
    return next((reference.value for reference in references if reference.type is ReferenceType.DIALOG_ID), None)


@dataclass(frozen=True, slots=True)
class ReplyOption:
    """A link the recipient may follow to answer: https, at most 255 characters."""

    url: str
    text: str | None = None


@dataclass(frozen=True, slots=True)
class Content:
    """What the recipient reads. Title and summary at most 255 characters, body at most 30,000.

    `body_url` and `body_attachment_id` say where the sender has the body, when the request did not hold it itself; the
    body is then a link there, or the text of the attachment.
    """

    language: str
    title: str
    summary: str
    body: str
    format: BodyFormat = BodyFormat.MARKDOWN
    body_url: str = ""
    body_attachment_id: AttachmentId | None = None


@dataclass(frozen=True, slots=True)
class AttachmentUse:
    """One attachment as this correspondence uses it; `expires` is this link's own expiry, None for never."""

    id: AttachmentId
    expires: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Correspondence:
    """The root of the aggregate, without the body (see `Content`).

    `sequence` is the last number used for a history entry or a fact. `ever` holds every status it ever had.
    `dialog_id` is our dialog, `transmission_id` our message in a dialog of somebody else, each once it has been made.
    `dialog_cursor` is the last fact carried over to Dialogporten, `downloaded` the attachments a recipient has taken,
    `labels` what the recipient has put on it (none: it lies where it arrived and was not marked),
    `forwarded_to` digests of the addresses it was, or is being, forwarded to.
    All times are aware UTC.
    """

    id: CorrespondenceId
    resource_id: ResourceId
    sender: PartyUrn
    recipient: PartyUrn
    senders_reference: str
    message_sender: str
    created: datetime
    requested_publish_time: datetime
    due_date_time: datetime | None = None
    external_references: tuple[ExternalReference, ...] = ()
    property_list: Mapping[str, str] = field(default_factory=dict)
    reply_options: tuple[ReplyOption, ...] = ()
    notification: NotificationRequest | None = None
    attachments: tuple[AttachmentUse, ...] = ()
    ignore_reservation: bool = False
    is_confirmation_needed: bool = False
    is_confidential: bool = False
    allow_forwarding: bool = False
    idempotent_key: str | None = None
    status: Status = Status.INITIALIZED
    status_text: str = ""
    status_changed: datetime
    ever: frozenset[Status] = frozenset()
    published: datetime | None = None
    read: datetime | None = None
    reminded: int = 0
    due_date_passed: bool = False
    print_due: bool = False
    downloaded: frozenset[AttachmentId] = frozenset()
    labels: frozenset[SystemLabel] = frozenset()
    forwarded_to: frozenset[str] = frozenset()
    dialog_id: str | None = None
    transmission_id: str | None = None
    dialog_cursor: int = 0
    sequence: int = 0

    @property
    def is_purged(self) -> bool:
        """True once anybody has purged it, whatever happened since."""
        return bool(self.ever & PURGED)

    @property
    def is_available_to_recipient(self) -> bool:
        """True while the recipient may see it: published, not failed, not purged. Source: wire contract 4.1."""
        return not self.is_purged and Status.PUBLISHED in self.ever and self.status in AVAILABLE_TO_RECIPIENT

    @property
    def named_dialog(self) -> str | None:
        """The dialog that the sender named for it to be in; None for one that gets its own."""
        return named_dialog(self.external_references)

    @property
    def is_transmission(self) -> bool:
        """True when it belongs to a dialog that somebody else made."""
        return self.named_dialog is not None


CorrespondenceChange = Change[Correspondence, Notification | Forwarding]


def purges(change: CorrespondenceChange) -> bool:
    """True when the change purges it: its texts go in the same commit. Source: design 6."""
    return any(entry.status in PURGED for entry in change.history)


def never(state: Correspondence) -> frozenset[Status]:
    """The statuses that it has not had and will not have: whatever says otherwise was written for a lost race."""
    ahead: frozenset[Status] = frozenset() if state.is_purged else ALLOWED[state.status]
    while (further := ahead.union(*(ALLOWED[status] for status in ahead - PURGED))) != ahead:
        ahead = further
    return frozenset().union(*ALLOWED.values()) - ahead - state.ever


def require_available(state: Correspondence) -> None:
    """Raise 1001 unless the recipient may see it now."""
    if not state.is_available_to_recipient:
        raise DomainError(Refusal.CORRESPONDENCE_NOT_FOUND)


def step(
    state: Correspondence,
    status: Status,
    *,
    party: PartyUrn,
    now: datetime,
    text: str = "",
    onto: CorrespondenceChange | None = None,
) -> CorrespondenceChange:
    """Add one status. Raises ValueError for a pair outside `ALLOWED`: that is a mistake of ours, not the caller's."""
    if state.ever and status not in ALLOWED[state.status]:
        raise ValueError(f"{state.status} is never followed by {status}")
    entry = HistoryEntry(state.sequence + 1, status, text or status, now, party)
    after = replace(state, sequence=entry.sequence, ever=state.ever | {status})
    if status is not Status.FETCHED and (not state.ever or RANK[status] >= RANK[state.status]):
        after = replace(after, status=status, status_text=entry.text, status_changed=now)
    base = onto or CorrespondenceChange(state=state)
    return replace(base, state=after, history=(*base.history, entry))


def with_fact(
    change: CorrespondenceChange, fact: FactType, subject: PartyUrn, now: datetime, **details: str
) -> CorrespondenceChange:
    """The change with one more fact, about `subject`, under the next sequence number."""
    state = replace(change.state, sequence=change.state.sequence + 1)
    new = Fact(
        aggregate=AggregateKind.CORRESPONDENCE,
        aggregate_id=state.id,
        sequence=state.sequence,
        type=fact,
        at=now,
        resource_id=state.resource_id,
        subject=subject,
        item=details.pop("item", state.id),
        details=details,
    )
    return replace(change, state=state, facts=(*change.facts, new))
