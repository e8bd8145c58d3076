"""Documents in tables: what is written stays readable, and what is not understood is refused."""

import json
from dataclasses import dataclass, fields, is_dataclass
from datetime import UTC, datetime, timedelta, timezone
from enum import StrEnum
from typing import Any

import pytest

from shared.adapters.documents import UnreadableDocument, columns, dump, from_columns, load, time_of, time_text
from shared.domain.attachment import Attachment, External
from shared.domain.changes import HistoryEntry
from shared.domain.correspondence import AttachmentUse, Content, Correspondence, ExternalReference, ReferenceType
from shared.domain.facts import Fact
from shared.domain.forwarded import Forwarding, reservation
from shared.domain.identifiers import AttachmentId, CorrespondenceId
from shared.domain.labels import SystemLabel
from shared.domain.notification import ContactPoint, Medium, Notification, NotificationState
from shared.domain.subscription import Attempt, Subscription
from shared.domain.templates import Activations, NotificationTemplate
from shared.domain.verdicts import Scan, Verdict
from shared.ports import KeyedRequest, Party, Resource, Unit
from tests.builders import (
    AGENCY,
    BUSINESS,
    NOW,
    PERSON,
    RESOURCE,
    attachment,
    content,
    correspondence,
    fact,
    new_id,
    notification_request,
    notification_template,
    published,
    subscription,
)

EVERY: list[Any] = [
    published(
        external_references=(ExternalReference(ReferenceType.GENERIC, "x"),),
        attachments=(AttachmentUse(AttachmentId("a"), NOW), AttachmentUse(AttachmentId("b"))),
        notification=notification_request(),
        property_list={"key": "value"},
        labels=frozenset({SystemLabel.ARCHIVE}),
        forwarded_to=frozenset({"0" * 32}),
    ),
    correspondence(),
    content(),
    attachment(),
    attachment(stored=None),
    attachment(stored=None, external=External("https://a.example", "ab")),
    fact(details={"by": "x"}),
    HistoryEntry(1, "Published", "text", NOW, AGENCY),
    HistoryEntry(1, "Published", "text", NOW),
    Verdict("0x1", Scan.INFECTED, "EICAR", NOW),
    Notification(
        id="n",
        is_reminder=True,
        medium=Medium.SMS,
        address="+47",
        recipient=BUSINESS,
        state=NotificationState.UNKNOWN,
        created=NOW,
        changed=NOW,
    ),
    reservation(CorrespondenceId(new_id("c")), "a@b.no", "Se her", PERSON, now=NOW),
    subscription(),
    Attempt(1, NOW, 200, "ok", 5),
    KeyedRequest(owner=AGENCY, key="k", digest="d", created=NOW, in_flight_until=NOW),
    Resource(id=RESOURCE, owner=AGENCY, owner_code="exa", type="CorrespondenceService", titles={"nb": "Brev"}),
    Party(urn=BUSINESS, uuid="u", party_id=1, name="N"),
    ContactPoint(emails=("a@b.no",), reserved=True),
    Unit(roles=frozenset({"daglig-leder"}), main_unit=BUSINESS),
    notification_template(version=3),
    Activations((1, 3)),
]

MEMBERS = {
    Correspondence: "allow_forwarding attachments created dialog_cursor dialog_id downloaded due_date_passed "
    "due_date_time ever external_references forwarded_to id idempotent_key ignore_reservation is_confidential "
    "is_confirmation_needed labels message_sender notification print_due property_list published read recipient "
    "reminded reply_options requested_publish_time resource_id sender senders_reference sequence status status_changed "
    "status_text transmission_id",
    Content: "body body_attachment_id body_url format language summary title",
    Attachment: "checksum closing created display_name expiration_in_days external file_name flags id is_encrypted "
    "resource_id scans_begun sender senders_reference sequence status status_changed status_text stored upload_id",
    Fact: "aggregate aggregate_id at details item resource_id sequence subject type",
    HistoryEntry: "at party sequence status text",
    Verdict: "at etag flags reason scan",
    Notification: "address changed created id is_reminder medium recipient state",
    Forwarding: "address by changed created id state text",
    Subscription: "active consumer created endpoint id number owner_of_resource resource_id secret subject_filter "
    "type_filter validated",
    Attempt: "answer at number status took_ms",
    KeyedRequest: "created digest in_flight_until key owner response",
    Resource: "confidential escalation explicitly_delegated id minimum_level owner owner_code titles type",
    Party: "name party_id urn uuid",
    ContactPoint: "emails mobiles reserved",
    Unit: "main_unit roles",
    NotificationTemplate: "created en nb nn resource_id version",
    Activations: "versions",
}
"""What version 1 of each document holds. A member may be added with a default; one is never renamed or removed."""


@pytest.mark.parametrize("value", EVERY, ids=lambda value: type(value).__name__)
def test_every_document_is_read_as_it_was_written(value: Any) -> None:
    """Whatever it holds: the same value of the same type."""
    again = load(type(value), dump(value))
    assert again == value
    for field in fields(value):
        wanted = str if field.type is str else type(getattr(value, field.name))
        assert type(getattr(again, field.name)) is wanted


@pytest.mark.parametrize("kind", MEMBERS, ids=lambda kind: kind.__name__)
def test_the_members_of_a_document_stay(kind: type) -> None:
    """A renamed or removed member would make what is stored unreadable."""
    assert is_dataclass(kind)
    stored = MEMBERS[kind].split()
    assert {field.name for field in fields(kind)} >= set(stored)
    assert {type(value) for value in EVERY} == set(MEMBERS)


def test_a_document_of_version_1_stays_readable() -> None:
    """As it was written by the first version, word for word."""
    text = '{"v":1,"sequence":3,"status":"Published","text":"æ","at":"2026-12-01T12:00:00.000000Z","party":null}'
    assert load(HistoryEntry, text) == HistoryEntry(3, "Published", "æ", NOW)
    assert dump(HistoryEntry(3, "Published", "æ", NOW)) == text


def test_a_member_that_was_added_later_has_its_default() -> None:
    """Documents from before it was there are read."""
    document = json.loads(dump(attachment()))
    del document["closing"]
    assert load(Attachment, json.dumps(document)) == attachment()


class Colour(StrEnum):
    """An enumeration."""

    RED = "red"


@dataclass(frozen=True)
class Thing:
    """Something with one member of each simple kind."""

    colour: Colour
    number: int
    yes: bool
    name: str
    at: datetime
    raw: bytes


THING = Thing(Colour.RED, 1, True, "n", NOW, b"\x00\xff")


@pytest.mark.parametrize(
    ("member", "value"),
    [
        ("v", 2),
        ("v", None),
        ("colour", "blue"),
        ("colour", None),
        ("number", "1"),
        ("number", True),
        ("number", 1.0),
        ("yes", 1),
        ("name", 7),
        ("name", None),
        ("at", "yesterday"),
        ("at", 3),
        ("raw", "not base64!"),
        ("newer", "member"),
    ],
)
def test_what_is_not_understood_is_refused(member: str, value: object) -> None:
    """Versions, members, enumeration values and types that this version does not know; the text says no value."""
    document = json.loads(dump(THING)) | {member: value}
    with pytest.raises(UnreadableDocument) as refusal:
        load(Thing, json.dumps(document))
    assert str(value) not in str(refusal.value).replace("member", "")


@pytest.mark.parametrize("text", ["", "[]", "null", "{", '"x"', "{}"])
def test_what_is_no_document_is_refused(text: str) -> None:
    """Anything that is not an object of version 1."""
    with pytest.raises(UnreadableDocument):
        load(Thing, text)


def test_a_missing_member_is_refused() -> None:
    """One without a default."""
    document = json.loads(dump(THING))
    del document["name"]
    with pytest.raises(UnreadableDocument, match="without name"):
        load(Thing, json.dumps(document))


@pytest.mark.parametrize("sign", ["x", "æ", "🎉", "a🎉"])
@pytest.mark.parametrize("length", [0, 14_000, 15_000, 29_000, 30_000, 100_000])
def test_no_column_is_longer_than_a_property_may_be(sign: str, length: int) -> None:
    """Counted as the service counts, in UTF-16 units; put together again it is the same text."""
    value = content(body=sign * (length // len(sign)))
    parts = columns(value)
    assert all(len(str(part).encode("utf-16-le")) <= 60_000 for part in parts.values())
    assert from_columns(Content, parts) == value


def test_half_a_surrogate_pair_can_be_written() -> None:
    """It is escaped, since UTF-8 has no way to say it."""
    value = content(title="\ud83c", body="🎉\udf89")
    assert dump(value).encode()
    assert load(Content, dump(value)) == value


def test_times_are_utc_and_sort_as_text() -> None:
    """With microseconds, always of one length; a time without a zone is a mistake."""
    oslo = datetime(2026, 12, 1, 13, tzinfo=timezone(timedelta(hours=1)))
    assert time_text(oslo) == time_text(NOW) == "2026-12-01T12:00:00.000000Z"
    times = [datetime(1, 1, 1, tzinfo=UTC), NOW, NOW + timedelta(microseconds=1), datetime(9999, 12, 31, tzinfo=UTC)]
    assert sorted(map(time_text, times)) == list(map(time_text, times))
    assert [time_of(time_text(at)) for at in times] == times
    with pytest.raises(ValueError, match="without a zone"):
        time_text(NOW.replace(tzinfo=None))
