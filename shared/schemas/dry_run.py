"""The body of a dry run's answer. An addition to the wire contract."""

from typing import Literal

from shared.domain.correspondence import BodyFormat, Content, Status
from shared.domain.dry_run import DryRun, PlannedLetter, PlannedNotice
from shared.domain.notification import Medium
from shared.schemas.base import Answer, Time
from shared.schemas.enums import EmailContentType
from shared.schemas.responses import InitializedCorrespondence


class PreviewContent(Answer):
    """The texts as their recipient would see them."""

    language: str
    message_title: str
    message_summary: str
    message_body: str
    message_body_format: BodyFormat

    @classmethod
    def of(cls, content: Content) -> "PreviewContent":
        """All of them."""
        return cls(
            language=content.language,
            message_title=content.title,
            message_summary=content.summary,
            message_body=content.body,
            message_body_format=content.format,
        )


class PreviewNotification(Answer):
    """One e-mail or SMS as it would arrive, its address masked."""

    notification_channel: Medium
    address: str
    is_reminder: bool
    language: str
    email_subject: str | None = None
    email_body: str | None = None
    email_content_type: EmailContentType | None = None
    sms_body: str | None = None

    @classmethod
    def of(cls, notice: PlannedNotice) -> "PreviewNotification":
        """The texts of its medium."""
        about = cls(
            notification_channel=notice.medium,
            address=notice.address,
            is_reminder=notice.is_reminder,
            language=notice.language,
        )
        if notice.medium is Medium.SMS:
            return about.model_copy(update={"sms_body": notice.body})
        kind = EmailContentType.HTML if notice.is_html else EmailContentType.PLAIN
        texts = {"email_subject": notice.subject, "email_body": notice.body, "email_content_type": kind}
        return about.model_copy(update=texts)


class ContactPoints(Answer):
    """Where the registers know the recipient to be reached."""

    email: bool
    mobile: bool


class PreviewRecipient(Answer):
    """What one recipient would get. `content` is null when it is the message's own, with no name to put in."""

    recipient: str
    status: Status
    contact_points: ContactPoints
    content: PreviewContent | None
    notifications: list[PreviewNotification]

    @classmethod
    def of(cls, letter: PlannedLetter) -> "PreviewRecipient":
        """With every notice, the reminder's too."""
        return cls(
            recipient=letter.recipient,
            status=letter.status,
            contact_points=ContactPoints(email=letter.has_email, mobile=letter.has_mobile),
            content=PreviewContent.of(letter.content) if letter.content is not None else None,
            notifications=[PreviewNotification.of(notice) for notice in letter.notices],
        )


class DryRunAnswer(Answer):
    """What would come of the message; nothing was written and nobody was told."""

    dry_run: Literal[True] = True
    sender: str
    requested_publish_time: Time
    content: PreviewContent
    recipients: list[PreviewRecipient]
    existing_correspondences: list[InitializedCorrespondence]

    @classmethod
    def of(cls, outcome: DryRun) -> "DryRunAnswer":
        """In the order of the request."""
        return cls(
            sender=outcome.sender,
            requested_publish_time=outcome.publish_time,
            content=PreviewContent.of(outcome.content),
            recipients=[PreviewRecipient.of(letter) for letter in outcome.letters],
            existing_correspondences=InitializedCorrespondence.all(outcome.existing),
        )
