"""A file in the answers about a correspondence. Source: wire contract 2.6."""

from enum import StrEnum
from typing import ClassVar

from shared.domain.attachment import Attachment, AttachmentStatus
from shared.domain.checks_files import data_type
from shared.domain.correspondence import AttachmentUse
from shared.domain.verdicts import ContentFlag
from shared.schemas.base import Additive, Answer, Time
from shared.schemas.enums import StoredLocation

EXTERNAL_MEMBERS = frozenset({"dataLocationUrl", "dataLocationDigest"})
"""What is said only of a file that is stored elsewhere."""
SCAN_MEMBERS = frozenset({"scan", "contentFlags"})
"""What is said of a file once its bytes are here, and of one whose bytes will never be."""


class ScanWord(StrEnum):
    """How the malware scan of a file stands."""

    WAITING = "Waiting"
    CLEAN = "Clean"
    INFECTED = "Infected"
    NOT_SCANNED = "NotScanned"
    BYPASSED = "Bypassed"
    MISNAMED = "Misnamed"


class ScanAnswer(Answer):
    """The malware scan of a file; an addition."""

    state: ScanWord
    since: Time
    reason: str

    @classmethod
    def of(cls, attachment: Attachment) -> "ScanAnswer | None":
        """How it stands since when, and why; None before the upload."""
        scan = attachment.scan
        if scan is None:
            return None
        word = ScanWord.WAITING if scan.verdict is None else ScanWord[scan.verdict.name]
        return cls(state=word, since=scan.since, reason=scan.reason)


def flags_of(attachment: Attachment) -> list[ContentFlag] | None:
    """What a reader should know before opening the file, or None."""
    return list(attachment.flags) or None


def external_members(attachment: Attachment) -> dict[str, str | None]:
    """Where it is stored elsewhere, and the digest that its sender gave; None for what is stored here."""
    external = attachment.external
    return {
        "data_location_url": external.url if external else None,
        "data_location_digest": (external.sha256 or None) if external else None,
    }


class CorrespondenceAttachment(Additive):
    """`CorrespondenceAttachmentExt`: a file as one correspondence uses it.

    Of one that is stored elsewhere the address is said, and the digest that its sender gave.
    """

    additions: ClassVar[frozenset[str]] = EXTERNAL_MEMBERS | SCAN_MEMBERS

    id: str
    file_name: str
    display_name: str | None
    is_encrypted: bool
    checksum: str
    senders_reference: str
    expiration_in_days: int | None = None
    data_location_type: StoredLocation = StoredLocation.HERE
    data_location_url: str | None = None
    data_location_digest: str | None = None
    created: Time
    status: AttachmentStatus
    status_text: str
    status_changed: Time
    data_type: str
    expiration_time: Time | None
    scan: ScanAnswer | None = None
    content_flags: list[ContentFlag] | None = None

    @classmethod
    def of(cls, use: AttachmentUse, attachment: Attachment) -> "CorrespondenceAttachment":
        """The file with the expiry of this link."""
        return cls(
            id=attachment.id,
            file_name=attachment.file_name,
            display_name=attachment.display_name,
            is_encrypted=attachment.is_encrypted,
            checksum=attachment.shown_checksum,
            senders_reference=attachment.senders_reference,
            data_location_type=StoredLocation.EXTERNAL if attachment.external else StoredLocation.HERE,
            **external_members(attachment),
            created=attachment.created,
            status=attachment.status,
            status_text=attachment.status_text,
            status_changed=attachment.status_changed,
            data_type=data_type(attachment.file_name),
            expiration_time=use.expires,
            scan=ScanAnswer.of(attachment),
            content_flags=flags_of(attachment),
        )
