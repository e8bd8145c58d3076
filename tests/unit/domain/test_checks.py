"""The judgement of a new message."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import Any

import pytest

from shared.domain import checks
from shared.domain.attachment import AttachmentStatus
from shared.domain.correspondence import BodyFormat, ExternalReference, ReferenceType, ReplyOption
from shared.domain.errors import DomainError, Refusal
from shared.domain.identifiers import AttachmentId
from shared.domain.notification import Texts as NoticeTexts
from shared.domain.requests import NewMessage
from tests.builders import (
    AGENCY,
    BUSINESS,
    NOW,
    OTHER_AGENCY,
    PERSON,
    attachment,
    content,
    message,
    new_attachment,
    notification_request,
)
from tests.unit.domain.probes import Texts

PROBE = Texts()
SOON = NOW + timedelta(hours=1)
DIALOG = ExternalReference(ReferenceType.DIALOG_ID, "6f9619ff-8b86-7011-b42d-00cf4fc964ff")
KIND = ExternalReference(ReferenceType.TRANSMISSION_TYPE, "Information")
LINK = ReplyOption("https://agency.example/reply")


def refusal(act: Callable[[], object]) -> Refusal | None:
    """What is refused, or None."""
    try:
        act()
    except DomainError as error:
        return error.refusal
    return None


def judged(new: NewMessage) -> Refusal | None:
    return refusal(lambda: checks.check_message(new, texts=PROBE, now=NOW, minimum_expiration_days=14))


def faults() -> list[tuple[Refusal, dict[str, Any]]]:
    """Each fault by itself, in the order in which the contract looks for them."""
    return [
        (Refusal.DUPLICATE_RECIPIENTS, {"recipients": (BUSINESS, BUSINESS)}),
        (Refusal.DUE_DATE_NEEDED, {"is_confirmation_needed": True, "due_date_time": None}),
        (Refusal.DUE_DATE_IN_PAST, {"due_date_time": NOW - timedelta(microseconds=1)}),
        (Refusal.DUE_DATE_BEFORE_PUBLISH, {"due_date_time": NOW, "requested_publish_time": SOON}),
        (Refusal.TITLE_EMPTY, {"content": content(title=" \n")}),
        (Refusal.TITLE_NOT_PLAIN_TEXT, {"content": content(title="# Title")}),
        (Refusal.TITLE_TOO_LONG, {"content": content(title="t" * 256)}),
        (Refusal.SUMMARY_TOO_LONG, {"content": content(summary="s" * 256)}),
        (Refusal.BODY_NOT_MARKDOWN, {"content": content(body="<b>x</b>")}),
        (Refusal.BODY_EMPTY, {"content": content(body=" ")}),
        (Refusal.BODY_TOO_LONG, {"content": content(body="b" * 30_001)}),
        (Refusal.LANGUAGE_UNSUPPORTED, {"content": content(language="de")}),
        (Refusal.MESSAGE_SENDER_NOT_PLAIN_TEXT, {"message_sender": "# Sender"}),
        (Refusal.SEVERAL_TRANSMISSION_TYPES, {"external_references": (DIALOG, KIND, KIND)}),
        (Refusal.TRANSMISSION_TYPE_WITHOUT_DIALOG, {"external_references": (KIND,)}),
        (Refusal.DIALOG_ID_NOT_A_GUID, {"external_references": (replace(DIALOG, value="7"),)}),
        (
            Refusal.TRANSMISSION_SEVERAL_RECIPIENTS,
            {"external_references": (DIALOG,), "recipients": (BUSINESS, PERSON)},
        ),
        (Refusal.TRANSMISSION_WITH_REPLIES, {"external_references": (DIALOG,), "reply_options": (LINK,)}),
        (Refusal.TOO_MANY_ATTACHMENTS, {"new_attachments": (new_attachment(),) * 101}),
        (Refusal.FILE_NAME_MISSING, {"new_attachments": (new_attachment(), new_attachment(file_name=" "))}),
        (Refusal.EXPIRATION_TOO_SHORT, {"new_attachments": (new_attachment(expiration_in_days=13),)}),
        (Refusal.REPLY_OPTION_INVALID, {"reply_options": (LINK, ReplyOption("http://agency.example"))}),
        (Refusal.EMAIL_TEXTS_MISSING, {"notification": notification_request(texts=NoticeTexts())}),
    ]


def test_a_valid_message_passes() -> None:
    """The builder's, and one with everything in it."""
    rich = message(
        recipients=(BUSINESS, PERSON),
        due_date_time=SOON,
        requested_publish_time=SOON,
        is_confirmation_needed=True,
        reply_options=(LINK,),
        new_attachments=(new_attachment(expiration_in_days=14),) * 100,
        notification=notification_request(),
    )
    assert judged(message()) is None
    assert judged(rich) is None


@pytest.mark.parametrize(("expected", "changes"), faults(), ids=lambda value: getattr(value, "name", ""))
def test_each_fault_is_told_by_its_number(expected: Refusal, changes: dict[str, Any]) -> None:
    """One fault, one refusal."""
    assert judged(message(**changes)) is expected


@pytest.mark.parametrize("place", range(len(faults()) - 1))
def test_the_first_fault_in_the_contracts_order_is_told(place: int) -> None:
    """With two faults that do not touch the same member, the earlier one wins."""
    (first, one), *rest = faults()[place:]
    for _, other in rest:
        if not one.keys() & other.keys():
            assert judged(message(**(other | one))) is first


def test_two_faults_of_the_content_are_told_in_order() -> None:
    """Title, summary, body, language."""
    broken = {"title": "#" * 256, "summary": "s" * 256, "body": "<" * 30_001, "language": "de"}
    repairs: tuple[dict[str, str], ...] = (
        {},
        {"title": "t" * 256},
        {"title": "t"},
        {"summary": ""},
        {"body": "b" * 30_001},
        {"body": "b"},
    )
    order = []
    for repair in repairs:
        broken |= repair
        order.append(refusal(partial(checks.check_content, content(**broken), PROBE)))
    assert order == [
        Refusal.TITLE_NOT_PLAIN_TEXT,
        Refusal.TITLE_TOO_LONG,
        Refusal.SUMMARY_TOO_LONG,
        Refusal.BODY_NOT_MARKDOWN,
        Refusal.BODY_TOO_LONG,
        Refusal.LANGUAGE_UNSUPPORTED,
    ]


@pytest.mark.parametrize("format_", [BodyFormat.HTML, BodyFormat.PLAIN_TEXT])
def test_only_markdown_is_judged_as_markdown(format_: BodyFormat) -> None:
    """A body that says it is something else may hold tags."""
    assert judged(message(content=content(body="<p>Hei</p>", format=format_))) is None


def test_lengths_count_as_on_the_wire() -> None:
    """An emoji is two, so 127 of them fit a title of 255 and 128 do not."""
    assert judged(message(content=content(title="😀" * 127))) is None
    assert judged(message(content=content(title="😀" * 128))) is Refusal.TITLE_TOO_LONG
    assert judged(message(content=content(body="😀" * 15_001))) is Refusal.BODY_TOO_LONG


@pytest.mark.parametrize("language", ["nb", "nn", "en", "NB", "En"])
def test_languages_have_no_case(language: str) -> None:
    """Three of them, however written."""
    assert judged(message(content=content(language=language))) is None


def test_a_publish_time_that_has_passed_does_not_matter_to_the_due_date() -> None:
    """The due date is compared with the clock and with the wish."""
    assert judged(message(due_date_time=NOW, requested_publish_time=NOW - timedelta(days=1))) is None
    assert judged(message(due_date_time=SOON, requested_publish_time=SOON)) is None


@pytest.mark.parametrize(
    ("flag", "confidential", "expected"),
    [
        (True, True, None),
        (False, False, None),
        (False, True, Refusal.CONFIDENTIAL_FLAG_MISSING),
        (True, False, Refusal.CONFIDENTIAL_FLAG_WRONG),
    ],
)
def test_the_confidential_flag_suits_the_resource(flag: bool, confidential: bool, expected: Refusal | None) -> None:
    """1060 and 1061."""
    new = message(is_confidential=flag)
    assert refusal(lambda: checks.check_resource(new, confidential=confidential, minimum_level=0)) is expected


def test_forwarding_needs_an_open_resource_and_small_files() -> None:
    """1068 above level 0; 1069 above ten million bytes; neither when nothing is to be forwarded."""
    new, plain = message(allow_forwarding=True), message()
    assert refusal(lambda: checks.check_resource(new, confidential=False, minimum_level=0)) is None
    assert refusal(lambda: checks.check_resource(plain, confidential=False, minimum_level=4)) is None
    assert (
        refusal(lambda: checks.check_resource(new, confidential=False, minimum_level=1))
        is Refusal.FORWARDING_NEEDS_LEVEL_0
    )
    assert refusal(lambda: checks.check_forwarded_size(new, [4_000_000, 6_000_000])) is None
    assert refusal(lambda: checks.check_forwarded_size(new, [4_000_000, 6_000_001])) is Refusal.FORWARDING_TOO_LARGE
    assert refusal(lambda: checks.check_forwarded_size(plain, [10_000_001])) is None


def test_existing_attachments_are_the_senders_known_few_and_published() -> None:
    """1017, 1007, 1038, 1018, the first fault wins."""
    mine, theirs = attachment(), attachment(id=AttachmentId("theirs"), sender=OTHER_AGENCY)
    waiting = attachment(id=AttachmentId("waiting"), status=AttachmentStatus.UPLOAD_PROCESSING)
    closing = attachment(id=AttachmentId("closing"), closing=True)
    unknown = AttachmentId("unknown")

    def tried(*found: Any, ids: tuple[AttachmentId, ...] = (), extra: int = 0) -> Refusal | None:
        new = message(existing_attachments=(*(a.id for a in found), *ids), new_attachments=(new_attachment(),) * extra)
        return refusal(lambda: checks.check_existing(new, {a.id: a for a in found}, sender=AGENCY))

    assert tried(mine) is None
    assert tried(mine, extra=99) is None
    assert tried(theirs, waiting, ids=(unknown,)) is Refusal.ATTACHMENT_OF_ANOTHER_SENDER
    assert tried(waiting, ids=(unknown,)) is Refusal.EXISTING_ATTACHMENT_UNKNOWN
    assert tried(waiting, extra=100) is Refusal.TOO_MANY_ATTACHMENTS
    assert tried(mine, waiting) is Refusal.ATTACHMENT_NOT_PUBLISHED
    assert tried(mine, closing) is Refusal.ATTACHMENT_NOT_PUBLISHED


@pytest.mark.parametrize(
    "url",
    [
        "https://agency.example",
        "HTTPS://agency.example/a?b=c#d",
        "https://agency.example:8443/x",
        "https://blåbær.example/ø",
        "https://agency.example/" + "x" * 232,
    ],
)
def test_an_https_link_is_a_reply_option(url: str) -> None:
    """Of 255 characters at most."""
    assert refusal(lambda: checks.check_reply_options([ReplyOption(url)])) is None


@pytest.mark.parametrize(
    "url",
    [
        "",
        "agency.example",
        "//agency.example",
        "http://agency.example",
        "https://",
        "https:///path",
        "https://agency.example/a b",
        "https://agency.example/\n",
        "https://agency.example/<x>",
        "https://agency.example:99999/",
        "https://[::1/",
        "javascript:alert(1)",
        "https://agency.example/" + "x" * 233,
    ],
)
def test_anything_else_is_no_reply_option(url: str) -> None:
    """1035."""
    assert refusal(lambda: checks.check_reply_options([ReplyOption(url)])) is Refusal.REPLY_OPTION_INVALID


def test_a_use_of_an_attachment_ends_days_after_publishing() -> None:
    """Counted from now or from the wanted time, whichever is later; never when no days were given."""
    days = timedelta(days=20)
    assert checks.expiry(message(), None, now=NOW) is None
    assert checks.expiry(message(), 20, now=NOW) == NOW + days
    assert checks.expiry(message(requested_publish_time=SOON), 20, now=NOW) == SOON + days
    assert checks.expiry(message(requested_publish_time=NOW - days), 20, now=NOW) == NOW + days


@pytest.mark.parametrize("member", ["title", "summary", "body"])
def test_the_recipients_name_is_put_where_it_is_asked_for(member: str) -> None:
    """In each of the three texts, every time; a name that looks like the token is not replaced again."""
    asked = content(**{member: "Kjære {{recipientName}}, {{recipientName}}!"})
    assert checks.needs_recipient_name(asked)
    assert not checks.needs_recipient_name(content())
    assert getattr(checks.substitute_recipient_name(asked, "Kari"), member) == "Kjære Kari, Kari!"
    assert checks.substitute_recipient_name(asked, "").language == asked.language
    doubled = checks.substitute_recipient_name(asked, "{{recipientName}}")
    assert getattr(doubled, member) == getattr(asked, member)
