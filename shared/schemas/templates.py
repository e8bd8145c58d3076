"""Templates of notices, in and out. All of it is ours."""

from datetime import datetime
from typing import Annotated, Literal, Self

from pydantic import BeforeValidator, Field
from pydantic import model_validator as validates

from shared.domain.errors import FieldError, InvalidRequest
from shared.domain.identifiers import ResourceId
from shared.domain.notification import Texts
from shared.domain.notification_texts import Names, Rendered
from shared.domain.templates import NotificationTemplate, Preview, Sample, Versions, Wording
from shared.schemas.base import Answer, Number, Query, Time, Wire, in_lower_case
from shared.schemas.enums import EmailContentType, EmailContentTypeIn

MOST_VERSIONS = 100
"""Versions on one page."""

Language = Annotated[Literal["nb", "nn", "en"], BeforeValidator(in_lower_case)]


class TemplateTexts(Wire):
    """The three texts of a notice."""

    email_subject: str
    email_body: str
    sms_body: str

    def to_domain(self, *, is_html: bool) -> Texts:
        """As they are rendered."""
        return Texts(self.email_subject, self.email_body, is_html, self.sms_body)


class TemplateWording(Wire):
    """The texts of one language; a reminder without texts of its own has the main ones."""

    main: TemplateTexts
    reminder: TemplateTexts | None = None

    def to_domain(self, *, is_html: bool) -> Wording:
        """Both."""
        reminder = None if self.reminder is None else self.reminder.to_domain(is_html=is_html)
        return Wording(self.main.to_domain(is_html=is_html), reminder)


class TemplateRequest(Wire):
    """A new version of a resource's template, in three languages."""

    email_content_type: EmailContentTypeIn = EmailContentType.PLAIN
    nb: TemplateWording
    nn: TemplateWording
    en: TemplateWording

    def to_domain(self, resource_id: ResourceId, now: datetime) -> NotificationTemplate:
        """The version, without its number."""
        is_html = self.email_content_type is EmailContentType.HTML
        return NotificationTemplate(
            resource_id=resource_id,
            nb=self.nb.to_domain(is_html=is_html),
            nn=self.nn.to_domain(is_html=is_html),
            en=self.en.to_domain(is_html=is_html),
            created=now,
        )


class SampleNames(Wire):
    """What the keywords stand for in a preview."""

    senders_name: str = "Testetaten"
    correspondence_recipient_name: str = "Kari Prøve"
    recipient_name: str = "Kari Prøve"
    resource_name: str = "Brev"
    message_title: str = "Vedtak"

    def to_domain(self) -> Names:
        """As the renderer takes them."""
        return Names(
            sender=self.senders_name,
            recipient=self.correspondence_recipient_name,
            addressee=self.recipient_name,
            resource=self.resource_name,
            title=self.message_title,
        )


class OwnTexts(Wire):
    """What the sender of a message has written for its notice."""

    email_subject: str = ""
    email_body: str = ""
    email_content_type: EmailContentTypeIn = EmailContentType.PLAIN
    sms_body: str = ""

    def to_domain(self) -> Texts:
        """As they are rendered."""
        is_html = self.email_content_type is EmailContentType.HTML
        return Texts(self.email_subject, self.email_body, is_html, self.sms_body)


class TemplatePreviewRequest(Wire):
    """What is tried out: a version that is stored, or a new template; with which names and texts."""

    version: Number | None = None
    template: TemplateRequest | None = None
    language: Language = "nb"
    sample: SampleNames = Field(default_factory=SampleNames)
    own_texts: OwnTexts = Field(default_factory=OwnTexts)

    @validates(mode="after")
    def _one_of_both(self) -> Self:
        if (self.version is None) is (self.template is None):
            raise InvalidRequest(FieldError("version", "either version or template must be given"))
        return self

    def tried(self, resource_id: ResourceId, now: datetime) -> NotificationTemplate | int:
        """The new template, or the number of the stored one."""
        if self.template is not None:
            return self.template.to_domain(resource_id, now)
        return self.version or 0

    def to_domain(self) -> Sample:
        """What it is rendered with."""
        return Sample(self.sample.to_domain(), self.own_texts.to_domain(), self.language)


class TemplatePageQuery(Query):
    """Which versions of a template."""

    limit: Annotated[Number, Field(ge=1, le=MOST_VERSIONS)] = 20
    before: Annotated[Number, Field(ge=1)] | None = None


class TextsAnswer(Answer):
    """The three texts of a notice."""

    email_subject: str
    email_body: str
    sms_body: str

    @classmethod
    def of(cls, texts: Texts | Rendered) -> Self:
        """In words of the wire."""
        return cls(email_subject=texts.email_subject, email_body=texts.email_body, sms_body=texts.sms_body)


class WordingAnswer(Answer):
    """The texts of one language."""

    main: TextsAnswer
    reminder: TextsAnswer | None

    @classmethod
    def of(cls, wording: Wording) -> Self:
        """In words of the wire."""
        reminder = None if wording.reminder is None else TextsAnswer.of(wording.reminder)
        return cls(main=TextsAnswer.of(wording.main), reminder=reminder)


class TemplateAnswer(Answer):
    """One version of a resource's template, and whether it is in use."""

    version: int
    in_use: bool
    created: Time
    email_content_type: EmailContentType
    nb: WordingAnswer
    nn: WordingAnswer
    en: WordingAnswer

    @classmethod
    def of(cls, one: NotificationTemplate, *, in_use: bool) -> Self:
        """In words of the wire."""
        return cls(
            version=one.version,
            in_use=in_use,
            created=one.created,
            email_content_type=EmailContentType.HTML if one.nb.main.email_is_html else EmailContentType.PLAIN,
            nb=WordingAnswer.of(one.nb),
            nn=WordingAnswer.of(one.nn),
            en=WordingAnswer.of(one.en),
        )


class TemplateList(Answer):
    """Versions of a resource's template, newest first; `before` asks for the next page, null after the last one."""

    templates: list[TemplateAnswer]
    version_in_use: int | None
    before: int | None

    @classmethod
    def of(cls, found: Versions) -> Self:
        """In words of the wire."""
        shown = [TemplateAnswer.of(one, in_use=one.version == found.active) for one in found.templates]
        return cls(templates=shown, version_in_use=found.active, before=found.before)


class TemplateInUse(Answer):
    """The version that is in use now; null for the text that everybody has."""

    version_in_use: int | None


class TemplatePreview(Answer):
    """The main notice and the reminder, as they would be sent."""

    email_content_type: EmailContentType
    main: TextsAnswer
    reminder: TextsAnswer

    @classmethod
    def of(cls, shown: Preview) -> Self:
        """In words of the wire."""
        content_type = EmailContentType.HTML if shown.main.email_is_html else EmailContentType.PLAIN
        return cls(
            email_content_type=content_type, main=TextsAnswer.of(shown.main), reminder=TextsAnswer.of(shown.reminder)
        )
