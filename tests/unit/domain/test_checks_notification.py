"""The judgement of a wish to notify."""

from typing import Any

import pytest

from shared.domain.checks_notification import can_be_written_to, check_notification, is_email
from shared.domain.errors import DomainError, Refusal
from shared.domain.notification import Channel, CustomRecipient, Template
from shared.domain.notification import Texts as NoticeTexts
from tests.builders import PERSON, notification_request, texts
from tests.unit.domain.probes import Texts

EMAIL = CustomRecipient(email="kari@example.no")
MOBILE = CustomRecipient(mobile="+4799999999")
PARTY = CustomRecipient(party=PERSON)
SPOKEN = texts(sms_body="Hei $RECIPIENTNAME$")
EMAIL_PART, SMS_PART = texts(sms_body=" "), texts(email_subject="", email_body="")


def refusal(*, recipients: int = 1, **changes: Any) -> Refusal | None:
    try:
        check_notification(notification_request(**changes), recipients=recipients, numbers=Texts())
    except DomainError as error:
        return error.refusal
    return None


@pytest.mark.parametrize(
    ("channel", "enough", "lacking", "missing", "missing_reminder"),
    [
        (Channel.EMAIL, EMAIL_PART, SMS_PART, 3002, 3003),
        (Channel.SMS, SMS_PART, EMAIL_PART, 3004, 3005),
        (Channel.EMAIL_PREFERRED, texts(), EMAIL_PART, 3006, 3007),
        (Channel.SMS_PREFERRED, texts(), SMS_PART, 3006, 3007),
        (Channel.EMAIL_AND_SMS, texts(), EMAIL_PART, 3024, 3025),
    ],
)
def test_a_channel_needs_its_texts(
    channel: Channel, enough: NoticeTexts, lacking: NoticeTexts, missing: int, missing_reminder: int
) -> None:
    """In the main notice, and in the reminder when one was asked for, on its own channel or the main one."""
    assert refusal(channel=channel, texts=enough) is None
    main = refusal(channel=channel, texts=lacking)
    reminder = refusal(channel=channel, texts=enough, send_reminder=True, reminder_texts=lacking)
    own_channel = refusal(send_reminder=True, reminder_channel=channel, reminder_texts=lacking)
    assert main is not None
    assert reminder is not None
    assert main.number == missing
    assert reminder.number == missing_reminder
    assert own_channel is reminder
    assert refusal(channel=channel, texts=enough, send_reminder=False, reminder_texts=NoticeTexts()) is None


@pytest.mark.parametrize("changes", [{"email_subject": ""}, {"email_body": " "}])
def test_an_email_needs_subject_and_body(changes: dict[str, str]) -> None:
    """Blank is missing."""
    assert refusal(texts=texts(**changes)) is Refusal.EMAIL_TEXTS_MISSING


def test_the_generic_template_needs_no_texts() -> None:
    """On no channel, with or without a reminder."""
    for channel in Channel:
        changes: dict[str, Any] = {
            "template": Template.GENERIC,
            "channel": channel,
            "texts": NoticeTexts(),
            "send_reminder": True,
        }
        assert refusal(**changes) is None


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"override_registered": True}, 3022),
        ({"custom_recipients": (EMAIL,), "recipients": 2}, 3017),
        ({"custom_recipients": (CustomRecipient(),), "recipients": 2}, 3017),
        ({"custom_recipients": (CustomRecipient(),)}, 3019),
        ({"custom_recipients": (EMAIL, CustomRecipient(email="", mobile=None))}, 3019),
        ({"custom_recipients": (CustomRecipient(email="no", mobile="no"),)}, 3018),
        ({"custom_recipients": (CustomRecipient(email="a@b.no", party=PERSON),)}, 3018),
        ({"custom_recipients": (CustomRecipient(email="no"),), "texts": SPOKEN}, 3015),
        ({"custom_recipients": (MOBILE,), "reminder_texts": SPOKEN}, 3015),
        ({"custom_recipients": (CustomRecipient(email="no"),), "texts": NoticeTexts()}, 3011),
        ({"custom_recipients": (EMAIL, CustomRecipient(mobile="99999999"))}, 3012),
        ({"template": Template.GENERIC, "custom_recipients": (CustomRecipient(mobile="0"),)}, 3012),
    ],
)
def test_custom_recipients_are_judged_before_texts(changes: dict[str, Any], expected: int) -> None:
    """3022, 3017, 3019, 3018, 3015, 3011, 3012."""
    told = refusal(**changes)
    assert told is not None
    assert told.number == expected


def test_good_custom_recipients_pass() -> None:
    """By address, number or party; a party may be spoken to by name."""
    assert refusal(custom_recipients=(EMAIL, MOBILE, PARTY), override_registered=True) is None
    assert refusal(custom_recipients=(PARTY,), texts=texts(email_body="Hei $recipientName$")) is None
    spoken = texts(email_body="Hei $correspondenceRecipientName$")
    assert refusal(custom_recipients=(EMAIL,), texts=spoken) is None


@pytest.mark.parametrize(
    "address",
    [
        "kari@example.no",
        "kari.nordmann+post@post.example.museum",
        "KARI@EXAMPLE.NO",
        "åse@blåbær.no",
        '"kari nordmann"@example.no'.replace(" ", ""),
        "o'hara@example.no",
        "a@1.2.3.4",
        f"a@{'x' * 63}.no",
    ],
)
def test_an_address_is_known(address: str) -> None:
    """Dotted or quoted, with Norwegian letters, in a domain or at an IPv4 address."""
    assert is_email(address)


@pytest.mark.parametrize(
    "address",
    [
        "",
        "kari",
        "@example.no",
        "kari@",
        "kari@example",
        "kari@.no",
        "kari@example.n",
        "kari@example.thelongestdomain",
        "kari@-example.no",
        "kari@example-.no",
        ".kari@example.no",
        "kari.@example.no",
        "ka..ri@example.no",
        "ka ri@example.no",
        "a@b@example.no",
        "kari@example.no;ola@example.no",
        '"ka;ri"@example.no',
        "kari@example.no\n",
        f"a@{'x' * 64}.no",
    ],
)
def test_what_is_no_address_is_refused(address: str) -> None:
    """Two in one, empty parts, bad domains and semicolons."""
    assert not is_email(address)


def test_a_long_bad_address_is_refused_without_delay() -> None:
    """The pattern does not go back and forth over it."""
    assert not is_email("a." * 5_000 + "@" + "b-" * 5_000)


def test_nobody_is_written_to_at_an_address_that_no_server_takes() -> None:
    """254 characters are the most, with both parts."""
    assert can_be_written_to("a" * 242 + "@example.com")
    assert not can_be_written_to("a" * 243 + "@example.com")
    assert is_email("a" * 243 + "@example.com")
