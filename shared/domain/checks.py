"""The judgement of a new message, in the wire contract's order: the first fault is the one that is told. Pure.

`check_message` runs every step that needs nothing but the message. The steps stand alone as well, so that a use
case can ask registers and tables in between, at the place the contract has for it.
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Protocol

from shared.domain.attachment import Attachment, AttachmentStatus
from shared.domain.checks_files import (
    MAX_ATTACHMENTS,
    MIME_TYPES,
    UNKNOWN_TYPE,
    characters,
    check_attachment,
    check_expiration,
    check_file_name,
    check_file_size,
    data_type,
    extension,
    pair_files,
)
from shared.domain.checks_notification import check_notification, is_email
from shared.domain.correspondence import BodyFormat, Content, ReferenceType, ReplyOption
from shared.domain.errors import DomainError, Refusal
from shared.domain.identifiers import AttachmentId, PartyUrn, as_guid
from shared.domain.links import is_https
from shared.domain.requests import NewMessage

LETTERS = "CorrespondenceService"
APP = "AltinnApp"
LANGUAGES = frozenset({"nb", "nn", "en"})
MAX_TITLE = 255
MAX_SUMMARY = 255
MAX_BODY = 30_000
MAX_LINK = 255
MAX_FORWARDED_BYTES = 10_000_000
SHORTEST_REMAINING_LIFE = timedelta(hours=6)
"""An existing attachment must be used by somebody for longer than this. Source: wire contract 5.1, item 22."""
NAME_TOKEN = "{{recipientName}}"  # noqa: S105 - a placeholder in texts, no secret


class TextProbe(Protocol):
    """Knows Markdown, HTML and mobile numbers. Fulfilled by `shared.ports.TextRules`."""

    def is_plain_text(self, text: str) -> bool:
        """True when it holds no Markdown or HTML to speak of."""

    def is_markdown(self, text: str) -> bool:
        """True when it is Markdown without HTML tags outside code."""

    def is_mobile(self, number: str) -> bool:
        """True for a valid number that begins with `+` or `00`."""


def check_message(message: NewMessage, *, texts: TextProbe, now: datetime, minimum_expiration_days: int) -> None:
    """Judge all of it that needs no register, no table and no file. Source: wire contract 5.1, items 10 to 25."""
    check_before_register(message)
    check_confirmation(message)
    check_dates(message, now=now)
    check_content(message.content, texts)
    check_message_sender(message, texts)
    check_references(message)
    check_new_names(message)
    check_new_expirations(message, minimum_days=minimum_expiration_days)
    check_reply_options(message.reply_options)
    check_notice(message, texts)


def check_resource_type(message: NewMessage, type_: str) -> None:
    """The resource is for letters, or an app's for messages in its dialogs. Raises 4010.

    Source: wire contract 5.1, item 6.
    """
    if type_ != LETTERS and not (type_ == APP and message.named_dialog is not None):
        raise DomainError(Refusal.RESOURCE_TYPE_CORRESPONDENCE)


def check_resource(message: NewMessage, *, confidential: bool | None, minimum_level: int) -> None:
    """The message suits the resource; `confidential` None takes both kinds. Raises 1060, 1061, 1068.

    Source: wire contract 5.1, items 8 and 9.
    """
    if confidential is True and not message.is_confidential:
        raise DomainError(Refusal.CONFIDENTIAL_FLAG_MISSING)
    if confidential is False and message.is_confidential:
        raise DomainError(Refusal.CONFIDENTIAL_FLAG_WRONG)
    if message.allow_forwarding and minimum_level > 0:
        raise DomainError(Refusal.FORWARDING_NEEDS_LEVEL_0)


def check_before_register(message: NewMessage) -> None:
    """Nobody gets it twice. Raises 1006. Source: wire contract 5.1, item 10."""
    if len(set(message.recipients)) != len(message.recipients):
        raise DomainError(Refusal.DUPLICATE_RECIPIENTS)


def check_confirmation(message: NewMessage) -> None:
    """Whoever asks for confirmation says until when. Raises 1016. Source: wire contract 5.1, item 12."""
    if message.is_confirmation_needed and message.due_date_time is None:
        raise DomainError(Refusal.DUE_DATE_NEEDED)


def check_dates(message: NewMessage, *, now: datetime) -> None:
    """The due date lies ahead, and not before the publish time. Raises 1008, 1009. Source: wire contract 5.4."""
    due = message.due_date_time
    if due is None:
        return
    if due < now:
        raise DomainError(Refusal.DUE_DATE_IN_PAST)
    if due < (message.requested_publish_time or now):
        raise DomainError(Refusal.DUE_DATE_BEFORE_PUBLISH)


def check_content(content: Content, texts: TextProbe) -> None:
    """The texts may be sent. Raises 1020, 1002, 1037, 1042, 1003, 1021, 1022, 1023. Source: wire contract 5.1 item 15.

    Only a body that says it is Markdown is judged as Markdown.
    """
    if not content.title.strip():
        raise DomainError(Refusal.TITLE_EMPTY)
    if not texts.is_plain_text(content.title):
        raise DomainError(Refusal.TITLE_NOT_PLAIN_TEXT)
    if characters(content.title) > MAX_TITLE:
        raise DomainError(Refusal.TITLE_TOO_LONG)
    if characters(content.summary) > MAX_SUMMARY:
        raise DomainError(Refusal.SUMMARY_TOO_LONG)
    if content.format is BodyFormat.MARKDOWN and not texts.is_markdown(content.body):
        raise DomainError(Refusal.BODY_NOT_MARKDOWN)
    if not content.body.strip():
        raise DomainError(Refusal.BODY_EMPTY)
    if characters(content.body) > MAX_BODY:
        raise DomainError(Refusal.BODY_TOO_LONG)
    if content.language.lower() not in LANGUAGES:
        raise DomainError(Refusal.LANGUAGE_UNSUPPORTED)


def check_message_sender(message: NewMessage, texts: TextProbe) -> None:
    """The sender's name, when given, is plain text. Raises 1039."""
    if message.message_sender and not texts.is_plain_text(message.message_sender):
        raise DomainError(Refusal.MESSAGE_SENDER_NOT_PLAIN_TEXT)


def check_references(message: NewMessage) -> None:
    """References to a dialog make sense together. Raises 1052, 1053, 1048, 1045, 1051.

    Whether the dialog exists (1054), and whose it is (1050, 1046), is for the caller to ask afterwards: it is one.
    Source: wire contract 5.1, items 17 and 18.
    """
    kinds = [reference.type for reference in message.external_references]
    dialogs = [r.value for r in message.external_references if r.type is ReferenceType.DIALOG_ID]
    if kinds.count(ReferenceType.TRANSMISSION_TYPE) > 1:
        raise DomainError(Refusal.SEVERAL_TRANSMISSION_TYPES)
    if ReferenceType.TRANSMISSION_TYPE in kinds and not dialogs:
        raise DomainError(Refusal.TRANSMISSION_TYPE_WITHOUT_DIALOG)
    if not dialogs:
        return
    if any(as_guid(value) is None for value in dialogs):
        raise DomainError(Refusal.DIALOG_ID_NOT_A_GUID)
    if len(message.recipients) > 1:
        raise DomainError(Refusal.TRANSMISSION_SEVERAL_RECIPIENTS)
    if message.reply_options or message.is_confirmation_needed:
        raise DomainError(Refusal.TRANSMISSION_WITH_REPLIES)


def check_existing(message: NewMessage, found: Mapping[AttachmentId, Attachment], *, sender: PartyUrn) -> None:
    """The attachments named by id may be used; `found` are those that exist. Raises 1017, 1007, 1038, 1018.

    One that is being deleted counts as not published. Source: wire contract 5.1, item 19.
    """
    if any(attachment.sender != sender for attachment in found.values()):
        raise DomainError(Refusal.ATTACHMENT_OF_ANOTHER_SENDER)
    if any(id_ not in found for id_ in message.existing_attachments):
        raise DomainError(Refusal.EXISTING_ATTACHMENT_UNKNOWN)
    if len(message.existing_attachments) + len(message.new_attachments) > MAX_ATTACHMENTS:
        raise DomainError(Refusal.TOO_MANY_ATTACHMENTS)
    for attachment in found.values():
        if attachment.status is not AttachmentStatus.PUBLISHED or attachment.closing:
            raise DomainError(Refusal.ATTACHMENT_NOT_PUBLISHED)


def check_forwarded_size(message: NewMessage, sizes: Iterable[int]) -> None:
    """What may be forwarded fits an e-mail; `sizes` in bytes, of existing and new files. Raises 1069."""
    if message.allow_forwarding and sum(sizes) > MAX_FORWARDED_BYTES:
        raise DomainError(Refusal.FORWARDING_TOO_LARGE)


def check_new_names(message: NewMessage) -> None:
    """Every name is allowed. Raises 1038, 2010, 2011, 2013, 2012, 2021. Source: wire contract 5.1, item 21."""
    if len(message.existing_attachments) + len(message.new_attachments) > MAX_ATTACHMENTS:
        raise DomainError(Refusal.TOO_MANY_ATTACHMENTS)
    for new in message.new_attachments:
        check_file_name(new.file_name)


def check_new_expirations(message: NewMessage, *, minimum_days: int) -> None:
    """Every file is kept long enough. Raises 2017. Source: wire contract 5.1, item 22."""
    for new in message.new_attachments:
        check_expiration(new, minimum_days)


def check_reply_options(options: Iterable[ReplyOption]) -> None:
    """Every link is an absolute https address of at most 255 characters. Raises 1035. Source: wire contract 5.7."""
    if not all(is_https(option.url, longest=MAX_LINK) for option in options):
        raise DomainError(Refusal.REPLY_OPTION_INVALID)


def check_notice(message: NewMessage, texts: TextProbe) -> None:
    """The wish to notify, if there is one, can be fulfilled. Raises 3001, then what `check_notification` raises.

    Source: wire contract 5.1, item 25.
    """
    if message.notification is not None:
        check_notification(
            message.notification,
            recipients=len(message.recipients),
            numbers=texts,
            unreadable=message.unreadable_notification,
        )


def expiry(message: NewMessage, expiration_in_days: int | None, *, now: datetime) -> datetime | None:
    """When this correspondence's use of an attachment ends; None for never. Source: wire contract 5.6."""
    if expiration_in_days is None:
        return None
    return max(now, message.requested_publish_time or now).astimezone(UTC) + timedelta(days=expiration_in_days)


def needs_recipient_name(content: Content) -> bool:
    """True when a text asks for the recipient's name. Source: wire contract 5.1, item 24."""
    return any(NAME_TOKEN in text for text in (content.title, content.summary, content.body))


def substitute_recipient_name(content: Content, name: str) -> Content:
    """The texts with the name in them; their lengths are not judged again. Source: wire contract 5.1, item 24."""
    title, summary, body = (text.replace(NAME_TOKEN, name) for text in (content.title, content.summary, content.body))
    return replace(content, title=title, summary=summary, body=body)


__all__ = [
    "APP",
    "LETTERS",
    "MIME_TYPES",
    "UNKNOWN_TYPE",
    "TextProbe",
    "check_attachment",
    "check_before_register",
    "check_confirmation",
    "check_content",
    "check_dates",
    "check_existing",
    "check_expiration",
    "check_file_name",
    "check_file_size",
    "check_forwarded_size",
    "check_message",
    "check_message_sender",
    "check_new_expirations",
    "check_new_names",
    "check_notice",
    "check_notification",
    "check_references",
    "check_reply_options",
    "check_resource",
    "check_resource_type",
    "data_type",
    "expiry",
    "extension",
    "is_email",
    "needs_recipient_name",
    "pair_files",
    "substitute_recipient_name",
]
