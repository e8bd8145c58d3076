"""What a sender asks for, read and of the right form, not yet judged."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from shared.domain.attachment import External
from shared.domain.correspondence import Content, ExternalReference, ReplyOption, Status, named_dialog
from shared.domain.errors import Refusal
from shared.domain.identifiers import AttachmentId, CorrespondenceId, PartyUrn, ResourceId
from shared.domain.notification import NotificationRequest


@dataclass(frozen=True, slots=True, kw_only=True)
class NewAttachment:
    """The metadata of a file that is, or will be, uploaded; or of one that is stored elsewhere."""

    resource_id: ResourceId
    file_name: str
    display_name: str | None = None
    is_encrypted: bool = False
    checksum: str = ""
    senders_reference: str = ""
    expiration_in_days: int | None = None
    external: External | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NewMessage:
    """One message to one or many recipients. Lists keep the order of the request; times are aware UTC.

    `requested_publish_time` None means at once. `digest` (SHA-256 hex of the request's meaning) tells a repeated
    request from another one under the same idempotency key. `unreadable_notification` is what makes the wish to notify
    none at all: it was found when the request was read, and is told in its turn.
    """

    resource_id: ResourceId
    senders_reference: str
    content: Content
    recipients: tuple[PartyUrn, ...]
    message_sender: str = ""
    requested_publish_time: datetime | None = None
    due_date_time: datetime | None = None
    external_references: tuple[ExternalReference, ...] = ()
    property_list: Mapping[str, str] = field(default_factory=dict)
    reply_options: tuple[ReplyOption, ...] = ()
    notification: NotificationRequest | None = None
    unreadable_notification: Refusal | None = None
    existing_attachments: tuple[AttachmentId, ...] = ()
    new_attachments: tuple[NewAttachment, ...] = ()
    ignore_reservation: bool = False
    is_confirmation_needed: bool = False
    is_confidential: bool = False
    allow_forwarding: bool = False
    idempotent_key: str | None = None
    digest: str = ""

    @property
    def named_dialog(self) -> str | None:
        """The dialog of somebody else that the message is to be in, or None."""
        return named_dialog(self.external_references)


@dataclass(frozen=True, slots=True)
class InitialisedOne:
    """One correspondence of the answer."""

    id: CorrespondenceId
    status: Status
    recipient: PartyUrn


@dataclass(frozen=True, slots=True)
class Initialised:
    """The answer to an initialise; `replayed` when the same key and request were answered before."""

    correspondences: tuple[InitialisedOne, ...]
    attachment_ids: tuple[AttachmentId, ...]
    replayed: bool = False
