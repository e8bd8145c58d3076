"""The bodies of answers about correspondences and attachments, made of the domain's states.

Source: wire contract 2.6.
"""

from collections.abc import Iterable, Mapping
from typing import Any, ClassVar

from pydantic import Field

from shared.domain.attachment import Attachment, AttachmentStatus
from shared.domain.changes import HistoryEntry
from shared.domain.checks_files import data_type
from shared.domain.correspondence import (
    AttachmentUse,
    BodyFormat,
    Content,
    Correspondence,
    ExternalReference,
    ReferenceType,
    Status,
)
from shared.domain.identifiers import CorrespondenceId, ResourceId
from shared.domain.labels import SystemLabel
from shared.domain.requests import Initialised, InitialisedOne
from shared.domain.verdicts import ContentFlag
from shared.schemas.attachment_answers import (
    EXTERNAL_MEMBERS,
    SCAN_MEMBERS,
    CorrespondenceAttachment,
    ScanAnswer,
    external_members,
    flags_of,
)
from shared.schemas.base import Additive, Answer, Time
from shared.schemas.notification_answers import NotificationAnswer, NotificationSummary

HIDDEN_LANGUAGE = "no"


class InitializedCorrespondence(Answer):
    """One correspondence that was made. `notifications` is always null: they are made when it is published."""

    correspondence_id: str
    status: Status
    recipient: str
    notifications: list[dict[str, Any]] | None = None

    @classmethod
    def all(cls, made: Iterable[InitialisedOne]) -> "list[InitializedCorrespondence]":
        """In their order."""
        return [cls(correspondence_id=one.id, status=one.status, recipient=one.recipient) for one in made]


class InitializeCorrespondencesResponse(Answer):
    """`InitializeCorrespondencesResponseExt`."""

    correspondences: list[InitializedCorrespondence]
    attachment_ids: list[str]

    @classmethod
    def of(cls, initialised: Initialised) -> "InitializeCorrespondencesResponse":
        """In the order of the request; every attachment once."""
        ones = InitializedCorrespondence.all(initialised.correspondences)
        return cls(correspondences=ones, attachment_ids=list(dict.fromkeys(initialised.attachment_ids)))


class ExternalReferenceAnswer(Answer):
    """`ExternalReferenceExt`."""

    reference_value: str
    reference_type: ReferenceType


class ReplyOptionAnswer(Answer):
    """`CorrespondenceReplyOptionExt`."""

    link_url: str = Field(alias="linkURL")
    link_text: str | None


class CorrespondenceContent(Additive):
    """`CorrespondenceContentExt`; empty with the language `no` when it is hidden from a sender.

    Markdown is what everybody expects: only another format is said.
    """

    additions: ClassVar[frozenset[str]] = frozenset({"messageBodyFormat", "messageBodyUrl", "messageBodyAttachmentId"})

    language: str = HIDDEN_LANGUAGE
    message_title: str = ""
    message_summary: str = ""
    message_body: str = ""
    message_body_format: BodyFormat | None = None
    message_body_url: str | None = None
    message_body_attachment_id: str | None = None
    attachments: list[CorrespondenceAttachment] = Field(default_factory=list)


class StatusEntry(Answer):
    """One line of a status history."""

    status: str
    status_text: str
    status_changed: Time

    @classmethod
    def all(cls, history: Iterable[HistoryEntry]) -> "list[StatusEntry]":
        """The history, oldest first. Who caused what is not shown."""
        return [cls(status=e.status, status_text=e.text, status_changed=e.at) for e in history]


class CorrespondenceOverview(Answer):
    """`CorrespondenceOverviewExt`."""

    resource_id: ResourceId
    sender: str
    senders_reference: str
    message_sender: str
    content: CorrespondenceContent
    requested_publish_time: Time
    due_date_time: Time | None
    external_references: list[ExternalReferenceAnswer]
    property_list: Mapping[str, str]
    reply_options: list[ReplyOptionAnswer]
    notification: None = None
    ignore_reservation: bool
    is_confirmation_needed: bool
    is_confidential: bool
    allow_forwarding: bool
    recipient: str
    correspondence_id: str
    created: Time
    status: Status
    status_text: str
    status_changed: Time
    notifications: list[NotificationSummary]
    altinn2_correspondence_id: int | None = Field(default=None, alias="altinn2CorrespondenceId")
    published: Time | None
    read: Time | None


class CorrespondenceDetails(CorrespondenceOverview):
    """`CorrespondenceDetailsExt`: the overview with histories; its notifications have another shape."""

    status_history: list[StatusEntry]
    notifications: list[NotificationAnswer]  # type: ignore[assignment]  # the wire contract replaces the member
    system_label: SystemLabel


class AttachmentOverview(Additive):
    """`AttachmentOverviewExt`; of one that is stored elsewhere its address is said too."""

    additions: ClassVar[frozenset[str]] = EXTERNAL_MEMBERS | SCAN_MEMBERS

    resource_id: str
    sender: str
    file_name: str
    display_name: str | None
    is_encrypted: bool
    checksum: str
    senders_reference: str
    expiration_in_days: int | None
    attachment_id: str
    status: AttachmentStatus
    status_text: str
    status_changed: Time
    correspondence_ids: list[str]
    data_type: str
    data_location_url: str | None = None
    data_location_digest: str | None = None
    scan: ScanAnswer | None = None
    content_flags: list[ContentFlag] | None = None


class AttachmentDetails(AttachmentOverview):
    """`AttachmentDetailsExt`."""

    status_history: list[StatusEntry]


class MaySend(Answer):
    """Whether a notification may still go out."""

    send_notification: bool


def correspondence_members(
    state: Correspondence,
    content: Content | None,
    body: str | None,
    attachments: Iterable[tuple[AttachmentUse, Attachment]],
) -> dict[str, Any]:
    """The members that overview and details share; `content` None gives the placeholder."""
    return {
        "resource_id": state.resource_id,
        "sender": state.sender,
        "senders_reference": state.senders_reference,
        "message_sender": state.message_sender,
        "content": _content(content, body, attachments),
        "requested_publish_time": state.requested_publish_time,
        "due_date_time": state.due_date_time,
        "external_references": _references(state),
        "property_list": dict(state.property_list),
        "reply_options": [ReplyOptionAnswer(link_url=o.url, link_text=o.text) for o in state.reply_options],
        "ignore_reservation": state.ignore_reservation,
        "is_confirmation_needed": state.is_confirmation_needed,
        "is_confidential": state.is_confidential,
        "allow_forwarding": state.allow_forwarding,
        "recipient": state.recipient,
        "correspondence_id": state.id,
        "created": state.created,
        "status": state.status,
        "status_text": state.status_text,
        "status_changed": state.status_changed,
        "published": state.published,
        "read": state.read,
    }


def attachment_members(state: Attachment, correspondence_ids: Iterable[CorrespondenceId]) -> dict[str, Any]:
    """The members that overview and details of an attachment share."""
    return {
        "resource_id": state.resource_id,
        "sender": state.sender,
        "file_name": state.file_name,
        "display_name": state.display_name,
        "is_encrypted": state.is_encrypted,
        "checksum": state.shown_checksum,
        "senders_reference": state.senders_reference,
        "expiration_in_days": state.expiration_in_days,
        "attachment_id": state.id,
        "status": state.status,
        "status_text": state.status_text,
        "status_changed": state.status_changed,
        "correspondence_ids": list(correspondence_ids),
        "data_type": data_type(state.file_name),
        **external_members(state),
        "scan": ScanAnswer.of(state),
        "content_flags": flags_of(state),
    }


def _content(
    content: Content | None, body: str | None, attachments: Iterable[tuple[AttachmentUse, Attachment]]
) -> CorrespondenceContent:
    if content is None:
        return CorrespondenceContent()
    return CorrespondenceContent(
        language=content.language,
        message_title=content.title,
        message_summary=content.summary,
        message_body=content.body if body is None else body,
        message_body_format=content.format if content.format is not BodyFormat.MARKDOWN else None,
        message_body_url=content.body_url or None,
        message_body_attachment_id=content.body_attachment_id,
        attachments=[CorrespondenceAttachment.of(use, attachment) for use, attachment in attachments],
    )


def _references(state: Correspondence) -> list[ExternalReferenceAnswer]:
    """Those of the request, and the dialog that was made for it."""
    references = list(state.external_references)
    if state.dialog_id and not state.is_transmission:
        references.append(ExternalReference(ReferenceType.DIALOG_ID, state.dialog_id))
    if state.transmission_id:
        references.append(ExternalReference(ReferenceType.TRANSMISSION_ID, state.transmission_id))
    return [ExternalReferenceAnswer(reference_value=r.value, reference_type=r.type) for r in references]
