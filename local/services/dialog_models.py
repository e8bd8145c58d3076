"""The bodies that Dialogporten takes from a service owner."""

import uuid
from enum import StrEnum
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, AwareDatetime, Field, model_validator

from local.services import dialog_fields as fields
from local.services.dialog_fields import HttpsUrl, Key, Labels, PastTime, SevenId, Shape, Text255, Uri

type Status = Literal[
    "New", "InProgress", "Draft", "Sent", "RequiresAttention", "Completed", "NotApplicable", "Awaiting"
]
type TransmissionType = Literal[
    "Information", "Acceptance", "Rejection", "Request", "Alert", "Decision", "Submission", "Correction"
]
type Verb = Literal["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS", "TRACE", "CONNECT"]
type SystemLabel = Literal["Default", "Bin", "Archive", "MarkedAsUnopened", "Sent"]
_MOST_OF_PRIORITY = {"Primary": 1, "Secondary": 1, "Tertiary": 5}


class ActivityType(StrEnum):
    """What has happened in a dialog."""

    DIALOG_CREATED = "DialogCreated"
    DIALOG_CLOSED = "DialogClosed"
    INFORMATION = "Information"
    TRANSMISSION_OPENED = "TransmissionOpened"
    PAYMENT_MADE = "PaymentMade"
    SIGNATURE_PROVIDED = "SignatureProvided"
    DIALOG_OPENED = "DialogOpened"
    DIALOG_DELETED = "DialogDeleted"
    DIALOG_RESTORED = "DialogRestored"
    SENT_TO_SIGNING = "SentToSigning"
    SENT_TO_FORM_FILL = "SentToFormFill"
    SENT_TO_SEND_IN = "SentToSendIn"
    SENT_TO_PAYMENT = "SentToPayment"
    FORM_SUBMITTED = "FormSubmitted"
    FORM_SAVED = "FormSaved"
    CORRESPONDENCE_OPENED = "CorrespondenceOpened"
    CORRESPONDENCE_CONFIRMED = "CorrespondenceConfirmed"


class Actor(Shape):
    """Who did it: the service owner, or somebody with an id or a name."""

    actor_type: Literal["ServiceOwner", "PartyRepresentative"]
    actor_id: fields.PartyUrn | None = None
    actor_name: Text255 | None = None

    @model_validator(mode="after")
    def _one_name(self) -> Self:
        given = sum(value is not None for value in (self.actor_id, self.actor_name))
        if given != (self.actor_type == "PartyRepresentative"):
            raise ValueError("a ServiceOwner has neither actorId nor actorName, a PartyRepresentative exactly one")
        return self


class AttachmentUrl(Shape):
    """Where an attachment is."""

    id: SevenId | None = None
    url: HttpsUrl
    media_type: Text255 | None = None
    consumer_type: Literal["Gui", "Api"]


class Attachment(Shape):
    """A file of a dialog or a transmission."""

    id: SevenId | None = None
    name: Text255 | None = None
    display_name: Labels
    expires_at: AwareDatetime | None = None
    urls: Annotated[list[AttachmentUrl], Field(min_length=1)]


class GuiAction(Shape):
    """A button."""

    id: SevenId | None = None
    action: Annotated[Text255, Field(min_length=1)]
    url: HttpsUrl
    authorization_attribute: Text255 | None = None
    is_delete_dialog_action: bool = False
    http_method: Literal["GET", "POST", "DELETE"] = "GET"
    priority: Literal["Primary", "Secondary", "Tertiary"]
    title: Labels
    prompt: Labels | None = None


class Endpoint(Shape):
    """One way to call an API action."""

    id: SevenId | None = None
    version: Text255 | None = None
    url: HttpsUrl
    http_method: Verb
    documentation_url: HttpsUrl | None = None
    request_schema: HttpsUrl | None = None
    response_schema: HttpsUrl | None = None
    deprecated: bool = False
    sunset_at: AwareDatetime | None = None


class ApiAction(Shape):
    """Something that a program can do with a dialog."""

    id: SevenId | None = None
    action: Annotated[Text255, Field(min_length=1)]
    name: Text255 | None = None
    authorization_attribute: Text255 | None = None
    endpoints: Annotated[list[Endpoint], Field(min_length=1)]


class TransmissionContent(Shape):
    """The texts of a transmission."""

    title: fields.ShortContent
    summary: fields.ShortContent | None = None
    content_reference: fields.Reference | None = None


class NavigationalAction(Shape):
    """A link of a transmission."""

    title: Labels
    url: HttpsUrl
    expires_at: AwareDatetime | None = None


class Transmission(Shape):
    """A message within a dialog."""

    id: SevenId | None = None
    idempotent_key: Key | None = None
    created_at: PastTime | None = None
    type: TransmissionType
    extended_type: Uri | None = None
    external_reference: Text255 | None = None
    related_transmission_id: uuid.UUID | None = None
    authorization_attribute: Text255 | None = None
    sender: Actor
    content: TransmissionContent
    attachments: list[Attachment] = Field(default_factory=list)
    navigational_actions: list[NavigationalAction] = Field(default_factory=list)


class Activity(Shape):
    """Something that has happened."""

    id: SevenId | None = None
    created_at: PastTime | None = None
    type: ActivityType
    extended_type: Uri | None = None
    transmission_id: uuid.UUID | None = None
    performed_by: Actor
    description: fields.Description | None = None

    @model_validator(mode="after")
    def _what_goes_with_the_type(self) -> Self:
        if (self.type is ActivityType.INFORMATION) != (self.description is not None):
            raise ValueError("description is required for Information and allowed for nothing else")
        if (self.type is ActivityType.TRANSMISSION_OPENED) != (self.transmission_id is not None):
            raise ValueError("transmissionId is required for TransmissionOpened and allowed for nothing else")
        return self


class Content(Shape):
    """The texts of a dialog."""

    title: fields.ShortContent | None = None
    summary: fields.ShortContent | None = None
    sender_name: fields.ShortContent | None = None
    additional_info: fields.LongContent | None = None
    extended_status: fields.StatusContent | None = None
    main_content_reference: fields.Reference | None = None
    non_sensitive_title: fields.ShortContent | None = None
    non_sensitive_summary: fields.ShortContent | None = None


class Tag(Shape):
    """A word to search by."""

    value: Annotated[str, Field(min_length=3, max_length=63)]


class Label(Shape):
    """A word of the service owner."""

    value: Annotated[str, Field(min_length=3, max_length=255)]


def _each_once[Word: (Tag, Label)](words: list[Word]) -> list[Word]:
    if len({word.value.lower() for word in words}) != len(words):
        raise ValueError("must have each value once, whatever its case")
    return words


class ServiceOwnerContext(Shape):
    """What only the service owner sees."""

    service_owner_labels: Annotated[list[Label], Field(max_length=20), AfterValidator(_each_once)] = Field(
        default_factory=list
    )


def _few_of_each_priority(actions: list[GuiAction]) -> list[GuiAction]:
    for priority, most in _MOST_OF_PRIORITY.items():
        if sum(action.priority == priority for action in actions) > most:
            raise ValueError(f"must have at most {most} of priority {priority}")
    return actions


class UpdateDialog(Shape):
    """A dialog as PUT takes it and PATCH changes it; its activities and transmissions are added to those there."""

    progress: Annotated[int, Field(ge=0, le=100)] | None = None
    extended_status: Text255 | None = None
    external_reference: Text255 | None = None
    due_at: AwareDatetime | None = None
    expires_at: AwareDatetime | None = None
    process: Uri | None = None
    preceding_process: Uri | None = None
    is_api_only: bool = False
    status: Status = "NotApplicable"
    search_tags: Annotated[list[Tag], AfterValidator(_each_once)] = Field(default_factory=list)
    content: Content | None = None
    attachments: list[Attachment] = Field(default_factory=list)
    gui_actions: Annotated[list[GuiAction], AfterValidator(_few_of_each_priority)] = Field(default_factory=list)
    api_actions: list[ApiAction] = Field(default_factory=list)
    transmissions: list[Transmission] = Field(default_factory=list)
    activities: list[Activity] = Field(default_factory=list)

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        if not self.is_api_only and (self.content is None or self.content.title is None):
            raise ValueError("content with a title is required unless isApiOnly")
        if self.preceding_process and not self.process:
            raise ValueError("precedingProcess needs process")
        if self.due_at and self.expires_at and self.expires_at < self.due_at:
            raise ValueError("expiresAt must not be before dueAt")
        return self


class CreateDialog(UpdateDialog):
    """A new dialog."""

    id: SevenId | None = None
    idempotent_key: Key | None = None
    service_resource: fields.ResourceUrn
    party: fields.PartyUrn
    visible_from: AwareDatetime | None = None
    created_at: PastTime | None = None
    updated_at: PastTime | None = None
    system_label: Literal["Default", "Bin", "Archive"] = "Default"
    service_owner_context: ServiceOwnerContext = Field(default_factory=ServiceOwnerContext)

    @model_validator(mode="after")
    def _times_in_order(self) -> Self:
        if self.updated_at and (not self.created_at or self.updated_at < self.created_at):
            raise ValueError("updatedAt needs createdAt and must not be before it")
        if self.visible_from and any(end and end < self.visible_from for end in (self.due_at, self.expires_at)):
            raise ValueError("dueAt and expiresAt must not be before visibleFrom")
        return self


class SystemLabels(Shape):
    """Changes to the labels of a dialog."""

    add_labels: list[SystemLabel] = Field(default_factory=list)
    remove_labels: list[SystemLabel] = Field(default_factory=list)
    system_labels: list[SystemLabel] = Field(default_factory=list)
    performed_by: Actor | None = None
