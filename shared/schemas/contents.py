"""What a message says: its texts, and the files that come with it. Source: wire contract 2.3."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Annotated

from pydantic import AfterValidator, Field, ValidationInfo, field_validator
from pydantic import model_validator as validates

from shared.domain.attachment import External
from shared.domain.correspondence import BodyFormat, Content
from shared.domain.identifiers import AttachmentId, resource_id
from shared.domain.requests import NewAttachment
from shared.schemas.base import Filled, Flag, Guid, Number, Wire
from shared.schemas.enums import BodyFormatIn, DataLocation, DataLocationIn

SendersReference = Annotated[Filled, Field(min_length=1, max_length=4096)]
_CHECKSUM_LENGTH = 32
_BODIES = ("message_body_url", "message_body_attachment_id")


def _checksum(value: str | None) -> str | None:
    if value and value.strip() and (len(value) != _CHECKSUM_LENGTH or value != value.lower()):
        raise ValueError("must be an MD5 checksum: 32 characters in lower case")
    return value


class AttachmentMetadata(Wire):
    """`BaseAttachmentExt`. The name's characters and type are judged by the domain, with numbers of their own."""

    file_name: str
    display_name: Annotated[str | None, Field(max_length=255)] = None
    is_encrypted: Flag = False
    checksum: Annotated[str | None, AfterValidator(_checksum)] = None
    senders_reference: SendersReference
    expiration_in_days: Annotated[Number | None, Field(le=36_500)] = None  # A century: no calendar ends before.

    def to_new(self, resource: str) -> NewAttachment:
        """The metadata of a file of this resource."""
        checksum = (self.checksum or "").strip()
        return NewAttachment(
            resource_id=resource_id(resource),
            file_name=self.file_name,
            display_name=self.display_name,
            is_encrypted=self.is_encrypted,
            checksum=checksum,
            senders_reference=self.senders_reference,
            expiration_in_days=self.expiration_in_days,
        )


class AttachmentEntry(AttachmentMetadata):
    """`InitializeCorrespondenceAttachmentExt`: a file that comes with the message, or is stored elsewhere.

    `dataLocationUrl` and `dataLocationDigest` (SHA-256 in hex) are additions. Source: design 10.
    """

    data_location_type: DataLocationIn = DataLocation.NEW
    data_location_url: str | None = None
    data_location_digest: Annotated[str | None, Field(pattern=r"^[0-9A-Fa-f]{64}$")] = None

    @field_validator("data_location_url", "data_location_digest")
    @classmethod
    def _of_external(cls, value: str | None, info: ValidationInfo) -> str | None:
        if value is not None and info.data.get("data_location_type") is not DataLocation.EXTERNAL:
            raise ValueError(f"needs dataLocationType {DataLocation.EXTERNAL}")
        if info.field_name == "data_location_digest" and value is not None and not info.data.get("data_location_url"):
            raise ValueError("needs dataLocationUrl")
        return value

    def to_new(self, resource: str) -> NewAttachment:
        """The metadata, and where the content lies when it lies elsewhere; without an address it is a file."""
        new = super().to_new(resource)
        if self.data_location_url is None:
            return new
        return replace(new, external=External(self.data_location_url, (self.data_location_digest or "").lower()))


class ContentIn(Wire):
    """`InitializeCorrespondenceContentExt`. The format of the body is an addition, and so are the other places of it.

    Exactly one of `messageBody`, `messageBodyUrl` and `messageBodyAttachmentId` is given.
    """

    language: str | None = None
    message_title: Annotated[Filled, Field(min_length=1, max_length=255)]
    message_summary: Annotated[str | None, Field(max_length=255)] = None
    message_body_url: Filled | None = None
    message_body_attachment_id: Guid | None = None
    message_body: Annotated[Filled, Field(min_length=1, max_length=30_000)] | None = None
    message_body_format: BodyFormatIn | None = None
    attachments: list[AttachmentEntry] | None = None

    @field_validator("language")
    @classmethod
    def _two_letters(cls, value: str | None) -> str | None:
        if value and value.strip() and (len(value) != 2 or value == "iv"):
            raise ValueError("must be a language code of two letters")
        return value

    @validates(mode="before")
    @classmethod
    def _in_any_case(cls, data: object) -> object:
        """A body that is not there is null: what it must be besides is for the whole to say."""
        named = super()._in_any_case(data)  # type: ignore[operator]
        return {"messageBody": None, **named} if isinstance(named, Mapping) else named

    @field_validator("message_body")
    @classmethod
    def _exactly_one(cls, value: str | None, info: ValidationInfo) -> str | None:
        if any(name not in info.data for name in _BODIES):
            return value  # the fault of that member is told already
        given = [one for one in (value, *(info.data[name] for name in _BODIES)) if one is not None]
        if not given:
            raise ValueError("is required")
        if len(given) > 1:
            raise ValueError("must not be given together with messageBodyUrl or messageBodyAttachmentId, nor these two")
        return value

    @field_validator("message_body_format")
    @classmethod
    def _of_the_body_here(cls, value: BodyFormat | None, info: ValidationInfo) -> BodyFormat | None:
        if value is not None and any(info.data.get(name) is not None for name in _BODIES):
            raise ValueError("is said of messageBody only")
        return value

    def to_domain(self) -> Content:
        """The texts, `nb` when no language is given."""
        return Content(
            language=(self.language or "").strip() or "nb",
            title=self.message_title,
            summary=self.message_summary or "",
            body=self.message_body or "",
            format=self.message_body_format or BodyFormat.MARKDOWN,
            body_url=self.message_body_url or "",
            body_attachment_id=AttachmentId(str(file)) if (file := self.message_body_attachment_id) else None,
        )
