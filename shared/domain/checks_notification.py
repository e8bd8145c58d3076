"""The judgement of a wish to notify: who gets it, and whether all texts for it are there. Pure."""

import re
from typing import Protocol

from shared.domain.errors import DomainError, Refusal
from shared.domain.notification import Channel, CustomRecipient, NotificationRequest, Template, Texts

RECIPIENT_NAME = "$recipientName$"

_ATOM = r"[a-z0-9æøå!#$%&'*+/=?^_`{|}~-]+"
_LABEL = r"[a-z0-9æøå](?:[a-z0-9æøå-]{0,61}[a-z0-9æøå])?"
_LONGEST_ADDRESS = 254
_EMAIL = re.compile(
    rf'(?:"[^"\s]+"|{_ATOM}(?:\.{_ATOM})*)@(?:(?:{_LABEL}\.)+[a-z]{{2,14}}|[0-9]{{1,3}}(?:\.[0-9]{{1,3}}){{3}})',
    re.IGNORECASE,
)
_NEEDS = {
    Channel.EMAIL: (Refusal.EMAIL_TEXTS_MISSING, Refusal.REMINDER_EMAIL_TEXTS_MISSING),
    Channel.SMS: (Refusal.SMS_TEXT_MISSING, Refusal.REMINDER_SMS_TEXT_MISSING),
    Channel.EMAIL_PREFERRED: (Refusal.PREFERRED_TEXTS_MISSING, Refusal.REMINDER_PREFERRED_TEXTS_MISSING),
    Channel.SMS_PREFERRED: (Refusal.PREFERRED_TEXTS_MISSING, Refusal.REMINDER_PREFERRED_TEXTS_MISSING),
    Channel.EMAIL_AND_SMS: (Refusal.BOTH_TEXTS_MISSING, Refusal.REMINDER_BOTH_TEXTS_MISSING),
}
"""Which refusal a channel's missing texts mean, in the main notice and in the reminder. Source: wire contract 5.8."""


class MobileProbe(Protocol):
    """Knows mobile numbers."""

    def is_mobile(self, number: str) -> bool:
        """True for a valid number that begins with `+` or `00`."""


def is_email(address: str) -> bool:
    """True for an address that notices can be sent to.

    A quoted or dotted local part (æ, ø and å included), labels of at most 63 characters under a top domain of 2 to
    14 letters, or an IPv4 address; never a `;`. Source: wire contract 5.8.
    """
    return ";" not in address and _EMAIL.fullmatch(address) is not None


def can_be_written_to(address: str) -> bool:
    """True for an address that mail servers take, too: at most 254 characters. Source: RFC 5321, 4.5.3.1."""
    return len(address) <= _LONGEST_ADDRESS and is_email(address)


def check_notification(
    request: NotificationRequest, *, recipients: int, numbers: MobileProbe, unreadable: Refusal | None = None
) -> None:
    """Judge the wish; `recipients` is how many correspondences the request makes.

    Raises 3001 about the template, 3022, 3017, 3019, 3018, 3015, 3011, 3012 about custom recipients, then 3002 to
    3007, 3024, 3025 about missing texts. `unreadable` is 3001 or 3018, when it was found on reading.
    Source: wire contract 5.1, item 25, and 5.8.
    """
    if unreadable is Refusal.TEMPLATE_UNKNOWN:
        raise DomainError(unreadable)
    _check_custom_recipients(request, recipients, numbers, unreadable)
    if request.template is Template.GENERIC:
        return
    main, _ = _NEEDS[request.channel]
    if not _has_texts(request.channel, request.texts):
        raise DomainError(main)
    if request.send_reminder:
        channel = request.reminder_channel or request.channel
        if not _has_texts(channel, request.reminder_texts):
            raise DomainError(_NEEDS[channel][1])


def _check_custom_recipients(
    request: NotificationRequest, recipients: int, numbers: MobileProbe, unreadable: Refusal | None
) -> None:
    if request.override_registered and not request.custom_recipients:
        raise DomainError(Refusal.OVERRIDE_NEEDS_CUSTOM_RECIPIENTS)
    if not request.custom_recipients:
        return
    if recipients != 1:
        raise DomainError(Refusal.CUSTOM_RECIPIENTS_NEED_ONE_RECIPIENT)
    for recipient in request.custom_recipients:
        _check_identifiers(recipient)
    if unreadable is not None:
        raise DomainError(unreadable)
    by_address = any(r.email or r.mobile for r in request.custom_recipients)
    if by_address and (_names_recipient(request.texts) or _names_recipient(request.reminder_texts)):
        raise DomainError(Refusal.KEYWORD_NEEDS_IDENTITY)
    for recipient in request.custom_recipients:
        if recipient.email and not can_be_written_to(recipient.email):
            raise DomainError(Refusal.EMAIL_INVALID)
        if recipient.mobile and not numbers.is_mobile(recipient.mobile):
            raise DomainError(Refusal.MOBILE_INVALID)


def _check_identifiers(recipient: CustomRecipient) -> None:
    given = sum(bool(member) for member in (recipient.email, recipient.mobile, recipient.party))
    if given == 0:
        raise DomainError(Refusal.CUSTOM_RECIPIENT_WITHOUT_IDENTIFIER)
    if given > 1:
        raise DomainError(Refusal.CUSTOM_RECIPIENT_SEVERAL_IDENTIFIERS)


def _names_recipient(texts: Texts) -> bool:
    keyword = RECIPIENT_NAME.lower()
    return any(keyword in text.lower() for text in (texts.email_subject, texts.email_body, texts.sms_body))


def _has_texts(channel: Channel, texts: Texts) -> bool:
    email = bool(texts.email_subject.strip() and texts.email_body.strip())
    sms = bool(texts.sms_body.strip())
    match channel:
        case Channel.EMAIL:
            return email
        case Channel.SMS:
            return sms
        case Channel.EMAIL_PREFERRED | Channel.SMS_PREFERRED | Channel.EMAIL_AND_SMS:
            return email and sms
