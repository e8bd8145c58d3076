"""What has happened: the facts an aggregate keeps as its event log and the world is told of."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from shared.domain.identifiers import PartyUrn, ResourceId, derived_uuid5


class AggregateKind(StrEnum):
    """Which table a partition belongs to; also the last segment of a CloudEvent's source."""

    CORRESPONDENCE = "correspondence"
    ATTACHMENT = "attachment"


class FactType(StrEnum):
    """Past tense; the value is the suffix of the CloudEvent type after `no.altinn.correspondence.`."""

    ATTACHMENT_INITIALIZED = "attachmentinitialized"
    ATTACHMENT_PUBLISHED = "attachmentpublished"
    ATTACHMENT_UPLOAD_FAILED = "attachmentuploadfailed"
    ATTACHMENT_EXPIRED = "attachmentexpired"
    ATTACHMENT_DOWNLOADED = "attachmentdownloaded"
    INITIALIZED = "correspondenceinitialized"
    PUBLISHED = "correspondencepublished"
    PUBLISH_FAILED = "correspondencepublishfailed"
    READ = "correspondencereceiverread"
    CONFIRMED = "correspondencereceiverconfirmed"
    NEVER_READ = "correspondencereceiverneverread"
    NEVER_CONFIRMED = "correspondencereceiverneverconfirmed"
    PURGED = "correspondencepurged"
    NOTIFICATION_CREATED = "notificationcreated"
    NOTIFICATION_CREATION_FAILED = "correspondencenotificationcreationfailed"
    NOTIFICATION_DELIVERED = "correspondencenotificationdelivered"
    PRINT_DUE = "correspondenceprintdue"
    REMINDER_DELIVERED = "correspondencenotificationreminderdelivered"
    NOTIFICATION_FAILED = "correspondencenotificationfailed"
    NOTIFICATION_ALL_FAILED = "correspondencenotificationallfailed"
    LABELS_CHANGED = "systemlabelschanged"
    FORWARDED = "correspondenceforwarded"
    ATTACHMENT_DELETED = "attachmentdeleted"


INTERNAL = frozenset({FactType.ATTACHMENT_DELETED, FactType.LABELS_CHANGED, FactType.FORWARDED})
"""Facts that steer our own consumers and are never told to anybody outside."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """One thing that happened to one aggregate.

    `sequence` orders the facts of an aggregate; `id` is stable over every retry and replay, and is the id of the
    CloudEvent and of the Service Bus message. `subject` is the party the event is about, `item` what it concerns
    (a correspondence, an attachment or a notification).
    """

    aggregate: AggregateKind
    aggregate_id: str
    sequence: int
    type: FactType
    at: datetime
    resource_id: ResourceId
    subject: PartyUrn
    item: str
    details: dict[str, str] = field(default_factory=dict)

    @property
    def id(self) -> str:
        """The same for the same aggregate and sequence, for ever."""
        return fact_id(self.aggregate_id, self.sequence)


def fact_id(aggregate_id: str, sequence: int) -> str:
    """The id of a fact that need not have been read."""
    return derived_uuid5(aggregate_id, f"fact:{sequence}")
