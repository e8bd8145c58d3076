"""A service owner's own texts for the notices of a resource, in three languages, in numbered versions. Pure.

A template knows keywords and nothing else: nothing loops, nothing is read but what the keywords stand for. It has no
links: who gets a notice goes to the service by their own way, so that a forged one leads nowhere.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from shared.domain.errors import FieldError
from shared.domain.identifiers import ResourceId
from shared.domain.notification import Channel, NotificationRequest, Template, Texts
from shared.domain.notification_texts import KEYWORDS, Names, Rendered, render

LANGUAGES = ("nb", "nn", "en")
OWN_TEXT = "ownText"
"""The keyword that stands for what the sender of a message wrote for the same place."""

KNOWN = (*KEYWORDS, OWN_TEXT)
LONGEST = {"email_subject": 200, "email_body": 10_000, "sms_body": 1_000}
"""Characters. An SMS of 1,000 goes out in seven parts."""

_KEYWORD = re.compile(r"\$([A-Za-z][\w.\-]*)\$")
_CODE = re.compile(r"\{\{|\{%|\{#|\$\{|<%")
_LINK = re.compile(
    r"[a-z][a-z0-9+.-]*://|\bwww\.|\bmailto:|(?<![@\w.-])[\w-]+(?:\.[\w-]+)*\.(?:no|com|org|net|eu|io|info)\b",
    re.IGNORECASE,
)
_TAG = re.compile(r"<[^>]*>?")
_HARMLESS_TAG = re.compile(r"</?(?:p|div|br|b|strong|i|em|ul|ol|li|h[1-3])\s*/?>", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Wording:
    """The texts of one language; a reminder without texts of its own has the main ones."""

    main: Texts
    reminder: Texts | None = None

    def of(self, *, reminder: bool) -> Texts:
        """The texts of the main notice or of the reminder."""
        return self.reminder or self.main if reminder else self.main


@dataclass(frozen=True, slots=True, kw_only=True)
class NotificationTemplate:
    """One version of a resource's template; it never changes. `version` is 0 until it is stored."""

    resource_id: ResourceId
    nb: Wording
    nn: Wording
    en: Wording
    created: datetime
    version: int = 0

    @property
    def wordings(self) -> Mapping[str, Wording]:
        """By language."""
        return {"nb": self.nb, "nn": self.nn, "en": self.en}

    def texts(self, language: str, *, reminder: bool) -> Texts:
        """What is sent in this language; in `nb` when it is none of the three."""
        return self.wordings.get(language.lower(), self.nb).of(reminder=reminder)


@dataclass(frozen=True, slots=True)
class Activations:
    """Which versions of a resource's template were in use, one after another; the last one is, if there is any."""

    versions: tuple[int, ...] = field(default=())

    @property
    def active(self) -> int | None:
        """The version in use, None for the text that everybody has."""
        return self.versions[-1] if self.versions else None

    def with_active(self, version: int) -> "Activations":
        """This version is in use; which were before is remembered for the last fifty."""
        return self if version == self.active else Activations((*self.versions, version)[-_REMEMBERED:])

    def rolled_back(self) -> "Activations":
        """What was in use before is again."""
        return Activations(self.versions[:-1])


@dataclass(frozen=True, slots=True)
class Versions:
    """A page of versions, newest first, and which one is in use; `before` leads to the next page."""

    templates: Sequence[NotificationTemplate]
    active: int | None
    before: int | None


@dataclass(frozen=True, slots=True)
class Sample:
    """What a preview is made with: the names that keywords stand for, and the sender's own texts."""

    names: Names
    own: Texts
    language: str = "nb"


@dataclass(frozen=True, slots=True)
class Preview:
    """The main notice and the reminder, as they would be sent."""

    main: Rendered
    reminder: Rendered


_REMEMBERED = 50


def tried_out(template: NotificationTemplate, sample: Sample) -> Preview:
    """The notices that the template makes of the sample."""
    wish = NotificationRequest(
        template=Template.GENERIC, channel=Channel.EMAIL_AND_SMS, texts=sample.own, reminder_texts=sample.own
    )

    def shown(*, reminder: bool) -> Rendered:
        texts = template.texts(sample.language, reminder=reminder)
        return render(wish, reminder=reminder, language=sample.language, names=sample.names, template=texts)

    return Preview(shown(reminder=False), shown(reminder=True))


def faults(template: NotificationTemplate, *, under: str = "") -> tuple[FieldError, ...]:
    """Everything that is wrong with it, each fault with the member's path on the wire, that begins with `under`."""
    return tuple(
        FieldError(f"{under}{language}.{place}.{_WIRE[name]}", fault)
        for language, wording in template.wordings.items()
        for place, texts in (("main", wording.main), ("reminder", wording.reminder))
        if texts is not None
        for name in LONGEST
        for fault in _faults(getattr(texts, name), name, is_html=texts.email_is_html and name == "email_body")
    )


_WIRE = {"email_subject": "emailSubject", "email_body": "emailBody", "sms_body": "smsBody"}


def _faults(text: str, name: str, *, is_html: bool) -> Iterator[str]:
    if not text.strip():
        yield "is required"
    if len(text) > LONGEST[name]:
        yield f"must be at most {LONGEST[name]} characters"
    known = {keyword.lower() for keyword in KNOWN}
    unknown = dict.fromkeys(f"${word}$" for word in _KEYWORD.findall(text) if word.lower() not in known)
    if unknown:
        yield f"has unknown keywords: {', '.join(unknown)}; there are {', '.join(f'${word}$' for word in KNOWN)}"
    if _CODE.search(text):
        yield "has code; a template knows keywords only"
    if _LINK.search(text):
        yield "has a link; notices must have none"
    tags = [tag for tag in _TAG.findall(text) if not (is_html and _HARMLESS_TAG.fullmatch(tag))]
    if tags:
        yield f"has a tag that is not allowed: {tags[0][:40]}"
