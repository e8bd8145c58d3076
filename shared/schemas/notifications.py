"""The wish to notify, as it comes in. Source: wire contract 2.5."""

from typing import Annotated

from pydantic import Field

from shared.domain.errors import DomainError, FieldError, InvalidRequest, Refusal
from shared.domain.identifiers import PartyKind, PartyUrn, organisation, parse_recipient, person
from shared.domain.notification import Channel, CustomRecipient, NotificationRequest, Template, Texts
from shared.schemas.base import Flag, Wire
from shared.schemas.enums import ChannelIn, EmailContentType, EmailContentTypeIn, TemplateIn

_TEMPLATES_WITHOUT_TEXTS = frozenset({2})  # Known by number, but no language has texts for it: wire contract 5.8.

Subject = Annotated[str | None, Field(max_length=512)]
EmailText = Annotated[str | None, Field(max_length=10_000)]
SmsText = Annotated[str | None, Field(max_length=2144)]


class NotificationRecipient(Wire):
    """Somebody to notify; exactly one of the four identifiers is meant to be set."""

    email_address: str | None = None
    mobile_number: str | None = None
    organization_number: str | None = None
    national_identity_number: str | None = None
    is_reserved: Flag | None = None

    def to_domain(self, path: str) -> CustomRecipient:
        """The recipient; `path` says where it stands. Raises InvalidRequest for a number that is none."""
        return CustomRecipient(
            email=self.email_address or None, mobile=self.mobile_number or None, party=self._party(path)
        )

    @property
    def has_two_numbers(self) -> bool:
        """True when it is an organisation and a person at once."""
        return bool(self.organization_number and self.national_identity_number)

    def _party(self, path: str) -> PartyUrn | None:
        for name, value, kind in (
            ("organizationNumber", self.organization_number, PartyKind.ORGANISATION),
            ("nationalIdentityNumber", self.national_identity_number, PartyKind.PERSON),
        ):
            if not value:
                continue
            digits = value.strip().rsplit(":", 1)[-1]
            party = organisation(digits) if kind is PartyKind.ORGANISATION else person(digits)
            if parse_recipient(party) is None:
                raise InvalidRequest(FieldError(f"{path}.{name}", "is not a valid number"))
            return party
        return None


class RecipientOverride(Wire):
    """The oldest form of custom recipients; only the first one counts."""

    recipient_to_override: str
    recipients: list[NotificationRecipient]


class Notification(Wire):
    """`InitializeCorrespondenceNotificationExt`."""

    notification_template: TemplateIn | None = None
    email_subject: Subject = None
    email_body: EmailText = None
    email_content_type: EmailContentTypeIn = EmailContentType.PLAIN
    sms_body: SmsText = None
    send_reminder: Flag = False
    reminder_email_subject: Subject = None
    reminder_email_body: EmailText = None
    reminder_email_content_type: EmailContentTypeIn | None = None
    reminder_sms_body: SmsText = None
    notification_channel: ChannelIn = Channel.EMAIL
    reminder_notification_channel: ChannelIn | None = None
    senders_reference: str | None = None
    custom_recipients: list[NotificationRecipient] | None = None
    custom_recipient: NotificationRecipient | None = None
    custom_notification_recipients: list[RecipientOverride] | None = None
    override_registered_contact_information: Flag = False

    def to_domain(self) -> NotificationRequest:
        """The wish. Raises 3023 about the template, InvalidRequest about custom recipients.

        What else `unreadable` finds is told later, and nothing comes of the wish.
        """
        is_html = self.email_content_type is EmailContentType.HTML
        reminder_type = self.reminder_email_content_type or self.email_content_type
        recipients = self._recipients()
        return NotificationRequest(
            template=self.template(),
            channel=self.notification_channel,
            texts=Texts(self.email_subject or "", self.email_body or "", is_html, self.sms_body or ""),
            reminder_channel=self.reminder_notification_channel,
            reminder_texts=Texts(
                self.reminder_email_subject or "",
                self.reminder_email_body or "",
                reminder_type is EmailContentType.HTML,
                self.reminder_sms_body or "",
            ),
            send_reminder=self.send_reminder,
            custom_recipients=tuple(recipient.to_domain(path) for path, recipient in recipients),
            override_registered=self.override_registered_contact_information,
        )

    @property
    def has_known_template(self) -> bool:
        """False for a number outside the list."""
        number = self.notification_template
        return number is None or isinstance(number, Template) or number in _TEMPLATES_WITHOUT_TEXTS

    @property
    def unreadable(self) -> Refusal | None:
        """What the domain has no form for: 3001 for a template without texts, 3018 for a recipient of two numbers."""
        if self.notification_template in _TEMPLATES_WITHOUT_TEXTS:
            return Refusal.TEMPLATE_UNKNOWN
        if any(recipient.has_two_numbers for _, recipient in self._recipients()):
            return Refusal.CUSTOM_RECIPIENT_SEVERAL_IDENTIFIERS
        return None

    def template(self) -> Template:
        """The template, by default the sender's own texts. Raises 3023 for a number outside the list."""
        match self.notification_template:
            case None:
                return Template.CUSTOM
            case Template() as template:
                return template
            case number if number in _TEMPLATES_WITHOUT_TEXTS:
                return Template.CUSTOM  # never used: the wish is `unreadable`
            case _:
                raise DomainError(Refusal.TEMPLATE_OUT_OF_RANGE)

    def _recipients(self) -> list[tuple[str, NotificationRecipient]]:
        """Custom recipients with their paths: the newest of the three ways that is used."""
        at = "correspondence.notification"
        if self.custom_recipients:
            return [(f"{at}.customRecipients[{i}]", one) for i, one in enumerate(self.custom_recipients)]
        if self.custom_recipient is not None:
            return [(f"{at}.customRecipient", self.custom_recipient)]
        if self.custom_notification_recipients:
            first = self.custom_notification_recipients[0]
            oldest = f"{at}.customNotificationRecipients[0].recipients"
            return [(f"{oldest}[{i}]", one) for i, one in enumerate(first.recipients)]
        return []
