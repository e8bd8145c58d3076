"""The bodies of requests, and what each one means to the domain. Source: wire contract 2.1 to 2.3."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict, replace
from typing import Annotated
from uuid import UUID

from pydantic import Field, field_validator

from shared.domain.correspondence import ExternalReference, ReferenceType, ReplyOption
from shared.domain.dialog_transmission import TransmissionType
from shared.domain.errors import FieldError, InvalidRequest, Refusal
from shared.domain.identifiers import AttachmentId, PartyUrn, parse_recipient, resource_id
from shared.domain.requests import NewAttachment, NewMessage
from shared.schemas.base import Filled, Flag, Guid, Query, Time, Wire, is_storable
from shared.schemas.contents import AttachmentMetadata, ContentIn, SendersReference
from shared.schemas.enums import (
    ReferenceTypeIn,
    named,
)
from shared.schemas.notifications import Notification

MAX_RECIPIENTS = 500

ResourceIdIn = Annotated[Filled, Field(min_length=1, max_length=255, pattern=r"^(?:urn:altinn:resource:)?[^:]{1,255}$")]


class ExternalReferenceIn(Wire):
    """`ExternalReferenceExt`."""

    reference_value: str
    reference_type: ReferenceTypeIn


class ReplyOptionIn(Wire):
    """`CorrespondenceReplyOptionExt`."""

    link_url: str = Field(alias="linkURL")
    link_text: str | None = None


class InitializeAttachment(AttachmentMetadata):
    """`InitializeAttachmentExt`: a file that is to be uploaded by itself."""

    resource_id: ResourceIdIn

    def to_domain(self) -> NewAttachment:
        """The metadata of the file."""
        return self.to_new(self.resource_id)


class BaseCorrespondence(Wire):
    """`BaseCorrespondenceExt`. `sender` and members of older versions are ignored."""

    resource_id: ResourceIdIn
    senders_reference: SendersReference
    message_sender: Annotated[str | None, Field(max_length=255)] = None
    content: ContentIn
    requested_publish_time: Time | None = None
    due_date_time: Time | None = None
    external_references: Annotated[list[ExternalReferenceIn] | None, Field(max_length=10)] = None
    property_list: Annotated[dict[str, str] | None, Field(max_length=10)] = None
    reply_options: list[ReplyOptionIn] | None = None
    notification: Notification | None = None
    ignore_reservation: Flag | None = None
    is_confirmation_needed: Flag = False
    is_confidential: Flag = False
    allow_forwarding: Flag = False

    @field_validator("external_references")
    @classmethod
    def _references(cls, value: list[ExternalReferenceIn] | None) -> list[ExternalReferenceIn] | None:
        if any(one.reference_type is ReferenceType.TRANSMISSION_ID for one in value or ()):
            raise ValueError("must not hold a DialogportenTransmissionId")
        types = [one for one in value or () if one.reference_type is ReferenceType.TRANSMISSION_TYPE]
        if len(types) == 1:
            named(TransmissionType, first=1)(types[0].reference_value)
        return value

    @field_validator("property_list")
    @classmethod
    def _properties(cls, value: dict[str, str] | None) -> dict[str, str] | None:
        for key, text in (value or {}).items():
            if not (is_storable(key) and is_storable(text)):
                raise ValueError("holds a character that is no text: NUL or half of a surrogate pair")
            if len(key) > 50:
                raise ValueError("keys can have at most 50 characters")
            if len(text) > 300:
                raise ValueError("values can have at most 300 characters")
        return value


class InitializeCorrespondences(Wire):
    """`InitializeCorrespondencesExt`: one message to one or many."""

    correspondence: BaseCorrespondence
    recipients: Annotated[list[str], Field(min_length=1, max_length=MAX_RECIPIENTS)]
    existing_attachments: list[Guid] | None = None
    idempotent_key: Guid | None = None

    @field_validator("idempotent_key")
    @classmethod
    def _not_empty(cls, value: UUID | None) -> UUID | None:
        if value is not None and value.int == 0:
            raise ValueError(Refusal.KEY_NOT_A_GUID.text.removeprefix("idempotentKey "))  # faults begin with the name
        return value

    def to_domain(self) -> NewMessage:
        """The message, with the digest that tells it from another one under the same key.

        Raises InvalidRequest for recipients of a form that is none, and what the notification raises.
        """
        asked, recipients = self.correspondence, self._parties()
        resource = asked.resource_id
        message = NewMessage(
            resource_id=resource_id(resource),
            senders_reference=asked.senders_reference,
            content=asked.content.to_domain(),
            recipients=recipients,
            message_sender=asked.message_sender or "",
            requested_publish_time=asked.requested_publish_time,
            due_date_time=asked.due_date_time,
            external_references=tuple(
                ExternalReference(one.reference_type, one.reference_value) for one in asked.external_references or ()
            ),
            property_list=dict(asked.property_list or {}),
            reply_options=tuple(ReplyOption(one.link_url, one.link_text) for one in asked.reply_options or ()),
            notification=asked.notification.to_domain() if asked.notification else None,
            unreadable_notification=asked.notification.unreadable if asked.notification else None,
            existing_attachments=tuple(AttachmentId(str(id_)) for id_ in self.existing_attachments or ()),
            new_attachments=tuple(entry.to_new(resource) for entry in asked.content.attachments or ()),
            ignore_reservation=bool(asked.ignore_reservation),
            is_confirmation_needed=asked.is_confirmation_needed,
            is_confidential=asked.is_confidential,
            allow_forwarding=asked.allow_forwarding,
            idempotent_key=str(self.idempotent_key) if self.idempotent_key else None,
        )
        return replace(message, digest=digest(message))

    def _parties(self) -> tuple[PartyUrn, ...]:
        parties = [parse_recipient(text) for text in self.recipients]
        wrong = [position for position, party in enumerate(parties) if party is None]
        if wrong:
            text = "must be an organisation (0192:), a person, an ID-porten e-mail or a self-identified user"
            raise InvalidRequest(*(FieldError(f"recipients[{position}]", text) for position in wrong))
        return tuple(party for party in parties if party is not None)


class InitializeQuery(Query):
    """The query of an initialise, an addition: `dryRun=true` shows what would come of it, and writes nothing."""

    dry_run: Flag = False


def digest(message: NewMessage, file_names: Sequence[str] = ()) -> str:
    """SHA-256 in hex of what the request means, however it was written; `file_names` are those of a form's files.

    Members that say nothing are left out, so that a new one with a default changes no digest that is stored.
    """
    meaning = asdict(replace(message, idempotent_key=None, digest="")) | {"files": list(file_names)}
    text = json.dumps(_said(meaning), default=str, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def _said(value: object) -> object:
    if isinstance(value, dict):
        return {key: _said(item) for key, item in value.items() if item not in (None, False, "", 0, (), [], {})}
    if isinstance(value, list | tuple):
        return [_said(item) for item in value]
    return value
