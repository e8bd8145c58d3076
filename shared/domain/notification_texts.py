"""The words of a notification: the sender's own, or ours with the sender's in the middle. Pure."""

import html
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import assert_never

from shared.domain.notification import NotificationRequest, Template, Texts


@dataclass(frozen=True, slots=True, kw_only=True)
class Names:
    """What the keywords stand for, as it is to be shown.

    `sender` the displayed sender, `recipient` the recipient of the correspondence, `addressee` whom this very
    notification goes to (empty for an address without a name), `resource` the resource's title, `title` the message's.
    """

    sender: str
    recipient: str
    resource: str
    title: str
    addressee: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rendered:
    """What is sent. `email_plain` is the e-mail's body without tags; the same as `email_body` unless that is HTML."""

    email_subject: str
    email_body: str
    email_is_html: bool
    email_plain: str
    sms_body: str


@dataclass(frozen=True, slots=True)
class _Phrases:
    """The sentences of the generic template in one language."""

    greeting: str
    received: str
    log_in: str
    subject: str


_MAIN: Mapping[str, _Phrases] = {
    "nb": _Phrases(
        greeting="Hei.",
        received="$correspondenceRecipientName$ har fått en ny melding fra $sendersName$.",
        log_in="Logg inn i Altinn for å lese den.",
        subject="Ny melding i Altinn.",
    ),
    "nn": _Phrases(
        greeting="Hei.",
        received="$correspondenceRecipientName$ har fått ei ny melding frå $sendersName$.",
        log_in="Logg inn i Altinn for å lese ho.",
        subject="Ny melding i Altinn.",
    ),
    "en": _Phrases(
        greeting="Hello.",
        received="$correspondenceRecipientName$ has a new message from $sendersName$.",
        log_in="Log in to Altinn to read it.",
        subject="New message in Altinn.",
    ),
}
_REMINDER: Mapping[str, _Phrases] = {
    "nb": _Phrases(
        greeting="Hei.",
        received="Vi minner om at $correspondenceRecipientName$ har en ulest melding fra $sendersName$.",
        log_in="Logg inn i Altinn for å lese den.",
        subject="Påminnelse: ulest melding i Altinn.",
    ),
    "nn": _Phrases(
        greeting="Hei.",
        received="Vi minner om at $correspondenceRecipientName$ har ei ulesen melding frå $sendersName$.",
        log_in="Logg inn i Altinn for å lese ho.",
        subject="Påminning: ulesen melding i Altinn.",
    ),
    "en": _Phrases(
        greeting="Hello.",
        received="This is a reminder: $correspondenceRecipientName$ has an unread message from $sendersName$.",
        log_in="Log in to Altinn to read it.",
        subject="Reminder: unread message in Altinn.",
    ),
}

KEYWORDS = ("sendersName", "correspondenceRecipientName", "recipientName", "resourceName", "messageTitle")
"""What texts may name, between two `$`, in any case. Source: wire contract 8.2."""

_KEYWORD = re.compile(rf"\$({'|'.join(KEYWORDS)})\$", re.IGNORECASE)
_OWN_TEXT = re.compile(r"\$ownText\$", re.IGNORECASE)
_SILENT = re.compile(r"<(script|style|head|title)\b[^>]*>.*?</\1\s*>|<!--.*?-->", re.IGNORECASE | re.DOTALL)
_LINK = re.compile(r"""<a\b[^>]*?\bhref\s*=\s*["']([^"'>]*)["'][^>]*>(.*?)</a\s*>""", re.IGNORECASE | re.DOTALL)
_BREAK = re.compile(r"<br\s*/?>|</?(?:p|div|li|ul|ol|tr|table|h[1-6]|blockquote)\b[^>]*>", re.IGNORECASE)
_TAG = re.compile(r"</?[a-z!][^>]*>", re.IGNORECASE)


def render(
    request: NotificationRequest, *, reminder: bool, language: str, names: Names, template: Texts | None = None
) -> Rendered:
    """The texts of the main notice, or of the reminder, with every keyword replaced once.

    A value that looks like a keyword is not replaced again. In an HTML e-mail values are escaped; subject, SMS and
    the plain part have them as they are. An unknown language is written in `nb`. A `template` of the resource takes the
    place of ours. Source: wire contract 8.1 and 8.2.
    """
    given = request.reminder_texts if reminder else request.texts
    match request.template:
        case Template.CUSTOM:
            texts = given
        case Template.GENERIC if template is not None:
            texts = _within(template, given)
        case Template.GENERIC:
            phrases = _REMINDER if reminder else _MAIN
            texts = _around(given, phrases.get(language.lower(), phrases["nb"]))
        case _:
            assert_never(request.template)
    return _filled(texts, names)


def _within(template: Texts, given: Texts) -> Texts:
    """The template with the sender's own texts where it wants them."""

    def put(into: str, own: str) -> str:
        return _OWN_TEXT.sub(lambda _: own, into)

    return Texts(
        email_subject=put(template.email_subject, given.email_subject.strip()),
        email_body=put(template.email_body, _as_in(template, given)),
        email_is_html=template.email_is_html,
        sms_body=put(template.sms_body, given.sms_body.strip()),
    )


def _as_in(template: Texts, given: Texts) -> str:
    """The sender's own words for the e-mail, written as the template is."""
    own = given.email_body.strip()
    if template.email_is_html and not given.email_is_html:
        return html.escape(own).replace("\n", "<br>")
    return without_tags(own) if given.email_is_html and not template.email_is_html else own


def without_tags(text: str) -> str:
    """The words of an HTML text, a line for each block; a link shows its address after its words."""
    bare = _LINK.sub(_spelled_out, _SILENT.sub(" ", text))
    bare = html.unescape(_TAG.sub("", _BREAK.sub("\n", bare)))
    lines = (" ".join(line.split()) for line in bare.splitlines())
    return "\n".join(line for line in lines if line)


def _spelled_out(link: re.Match[str]) -> str:
    address, words = link[1].strip(), link[2].strip()
    return words if html.unescape(address) in {"", html.unescape(words)} else f"{words} ({address})"


def _filled(texts: Texts, names: Names) -> Rendered:
    values = {
        "sendersname": names.sender,
        "correspondencerecipientname": names.recipient,
        "recipientname": names.addressee,
        "resourcename": names.resource,
        "messagetitle": names.title,
    }

    def fill(text: str) -> str:
        return _KEYWORD.sub(lambda keyword: values[keyword[1].lower()], text)

    def fill_html(text: str) -> str:
        return _KEYWORD.sub(lambda keyword: html.escape(values[keyword[1].lower()]), text)

    is_html = texts.email_is_html
    return Rendered(
        email_subject=" ".join(fill(texts.email_subject).split()),
        email_body=fill_html(texts.email_body) if is_html else fill(texts.email_body),
        email_is_html=is_html,
        email_plain=fill(without_tags(texts.email_body)) if is_html else fill(texts.email_body),
        sms_body=fill(texts.sms_body),
    )


def _around(given: Texts, phrases: _Phrases) -> Texts:
    """The sender's own words between what was received and how to see it. Source: wire contract 8.1."""

    def joined(own: str, separator: str) -> str:
        parts = (f"{phrases.greeting} {phrases.received}", own.strip(), phrases.log_in)
        return separator.join(part for part in parts if part)

    if given.email_is_html:
        own = given.email_body.strip()
        parts = (f"<p>{phrases.greeting} {phrases.received}</p>", f"<div>{own}</div>" if own else "")
        body = "".join(parts) + f"<p>{phrases.log_in}</p>"
    else:
        body = joined(given.email_body, "\n\n")
    return Texts(
        email_subject=f"{phrases.subject} {given.email_subject}".strip(),
        email_body=body,
        email_is_html=given.email_is_html,
        sms_body=joined(given.sms_body, " "),
    )
