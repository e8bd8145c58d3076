"""Things to test with: valid by default, every part can be replaced by name."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from shared.domain import publishing, receiving
from shared.domain.attachment import Attachment, AttachmentStatus, Stored
from shared.domain.correspondence import Content, Correspondence, Status
from shared.domain.facts import AggregateKind, Fact, FactType
from shared.domain.identifiers import (
    AttachmentId,
    CorrespondenceId,
    ResourceId,
    SubscriptionId,
    derived_uuid7,
    organisation,
    person,
)
from shared.domain.notification import Channel, NotificationRequest, Template, Texts
from shared.domain.requests import NewAttachment, NewMessage
from shared.domain.subscription import Subscription
from shared.domain.templates import LANGUAGES, NotificationTemplate, Wording

NOW = datetime(2026, 12, 1, 12, 0, tzinfo=UTC)
AGENCY = organisation("310001007")
OTHER_AGENCY = organisation("310002003")
BUSINESS = organisation("311001000")
PERSON = person("01838510058")
RESOURCE = ResourceId("example-letters")


def new_id(*parts: str, at: datetime = NOW) -> str:
    """A UUID version 7, the same for the same parts."""
    return derived_uuid7(at, "test", *parts)


def content(**changes: Any) -> Content:
    """A short letter in Markdown."""
    return replace(Content(language="nb", title="Vedtak", summary="Kort om saken", body="Et *vedtak*."), **changes)


def new_attachment(**changes: Any) -> NewAttachment:
    """The metadata of a PDF file."""
    return replace(NewAttachment(resource_id=RESOURCE, file_name="vedtak.pdf", senders_reference="ref-1"), **changes)


def message(**changes: Any) -> NewMessage:
    """A message to one business, to be published at once."""
    valid = NewMessage(resource_id=RESOURCE, senders_reference="ref-1", content=content(), recipients=(BUSINESS,))
    return replace(valid, **changes)


def texts(**changes: Any) -> Texts:
    """All three texts."""
    return replace(Texts(email_subject="Ny post", email_body="Du har fått post.", sms_body="Du har post."), **changes)


def notification_template(**changes: Any) -> NotificationTemplate:
    """A version that is not stored yet, with a keyword for the sender's own words in each text."""
    wording = {
        language: Wording(Texts(f"{language} $sendersName$", f"{language}: $ownText$", False, f"{language} $ownText$"))
        for language in LANGUAGES
    }
    defaults: dict[str, Any] = {"resource_id": RESOURCE, "created": NOW, **wording}
    return NotificationTemplate(**(defaults | changes))


def notification_request(**changes: Any) -> NotificationRequest:
    """A custom notice by e-mail, without a reminder."""
    return replace(NotificationRequest(template=Template.CUSTOM, channel=Channel.EMAIL, texts=texts()), **changes)


def correspondence(**changes: Any) -> Correspondence:
    """A new one, not yet initialised: no history, no facts."""
    valid = Correspondence(
        id=CorrespondenceId(new_id("correspondence")),
        resource_id=RESOURCE,
        sender=AGENCY,
        recipient=BUSINESS,
        senders_reference="ref-1",
        message_sender="Example Agency",
        created=NOW,
        requested_publish_time=NOW,
        status_changed=NOW,
    )
    return replace(valid, **changes)


def initialised(**changes: Any) -> Correspondence:
    """One that was just accepted, without attachments."""
    new = correspondence(**changes)
    return publishing.initialise(new, party=AGENCY, ready=True, reserved=False, now=NOW).state


def published(**changes: Any) -> Correspondence:
    """One that its recipient may see."""
    change = publishing.publish(initialised(**changes), reminder_delay=timedelta(days=7), now=NOW)
    assert change is not None
    return change.state


def fetched(**changes: Any) -> Correspondence:
    """One that its recipient has looked at."""
    state = published(**changes)
    change = receiving.fetch(state, state.recipient, last=None, now=NOW)
    assert change is not None
    return change.state


def in_status(status: Status, *earlier: Status, **changes: Any) -> Correspondence:
    """One as it lies in a table with this status, and what it had before."""
    return correspondence(status=status, ever=frozenset({status, *earlier}), sequence=7, **changes)


def stored(**changes: Any) -> Stored:
    """Ten bytes, committed."""
    return replace(Stored(etag="0x8DE", size=10, md5="0" * 32, sha256="0" * 64), **changes)


def attachment(**changes: Any) -> Attachment:
    """A published one of ten bytes."""
    valid = Attachment(
        id=AttachmentId(new_id("attachment")),
        resource_id=RESOURCE,
        sender=AGENCY,
        file_name="vedtak.pdf",
        created=NOW,
        status=AttachmentStatus.PUBLISHED,
        status_changed=NOW,
        stored=stored(),
        sequence=5,
    )
    return replace(valid, **changes)


def fact(**changes: Any) -> Fact:
    """A correspondence was published."""
    valid = Fact(
        aggregate=AggregateKind.CORRESPONDENCE,
        aggregate_id=new_id("correspondence"),
        sequence=4,
        type=FactType.PUBLISHED,
        at=NOW,
        resource_id=RESOURCE,
        subject=BUSINESS,
        item=new_id("correspondence"),
    )
    return replace(valid, **changes)


def subscription(**changes: Any) -> Subscription:
    """The resource owner's, validated and active, for all events."""
    valid = Subscription(
        id=SubscriptionId(new_id("subscription")),
        number=1,
        resource_id=RESOURCE,
        endpoint="https://agency.example/events",
        consumer=AGENCY,
        owner_of_resource=True,
        created=NOW,
        secret=bytes(24),
        validated=True,
    )
    return replace(valid, **changes)
