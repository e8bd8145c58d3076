"""Bodies that a request names instead of holding them: stored elsewhere, or the text of an attachment. Pure."""

from collections.abc import Mapping
from dataclasses import replace

from shared.domain.attachment import Attachment, Stored
from shared.domain.checks import MAX_BODY
from shared.domain.checks_files import extension
from shared.domain.correspondence import BodyFormat, Content
from shared.domain.errors import DomainError, Refusal
from shared.domain.identifiers import PartyUrn
from shared.domain.links import destination

FORMATS: Mapping[str, BodyFormat] = {
    ".html": BodyFormat.HTML,
    ".json": BodyFormat.PLAIN_TEXT,
    ".txt": BodyFormat.PLAIN_TEXT,
}
"""What an attachment that is a body may be called, and how it is shown then."""

MAX_BODY_BYTES = 3 * MAX_BODY + 3  # No character has more bytes per unit that counts; three may mark the encoding.
_READ = {"nb": "Les meldingen", "nn": "Les meldinga", "en": "Read the message"}


def linking(content: Content) -> Content:
    """The content with a link to where its body is stored, in the words of its language."""
    words = _READ.get(content.language.lower(), _READ["nb"])
    return replace(content, body=f"[{words}]({destination(content.body_url)})")


def require_body(attachment: Attachment | None, *, sender: PartyUrn) -> Stored:
    """The bytes of an attachment that may be a body of this sender. Raises 1007, 1017, 1018, 7012, 1022."""
    if attachment is None:
        raise _unfit(Refusal.EXISTING_ATTACHMENT_UNKNOWN)
    if attachment.sender != sender:
        raise _unfit(Refusal.ATTACHMENT_OF_ANOTHER_SENDER)
    if not attachment.is_ready or attachment.closing:
        raise _unfit(Refusal.ATTACHMENT_NOT_PUBLISHED)
    if attachment.stored is None or extension(attachment.file_name) not in FORMATS:
        raise _unfit(Refusal.BODY_ATTACHMENT_UNFIT)
    if attachment.stored.size > MAX_BODY_BYTES:
        raise _unfit(Refusal.BODY_TOO_LONG)
    return attachment.stored


def reading_from(content: Content, file_name: str, data: bytes) -> Content:
    """The content with the text of its body attachment. Raises 7012 when the bytes are no text in UTF-8."""
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise _unfit(Refusal.BODY_ATTACHMENT_UNFIT) from None
    if "\x00" in text:
        raise _unfit(Refusal.BODY_ATTACHMENT_UNFIT)
    return replace(content, body=text, format=FORMATS[extension(file_name)])


def _unfit(refusal: Refusal) -> DomainError:
    return DomainError(refusal, f"content.messageBodyAttachmentId: {refusal.text}")
