"""The words of notifications."""

from typing import Any

import pytest

from shared.domain.notification import Template
from shared.domain.notification_texts import Names, Rendered, render, without_tags
from tests.builders import notification_request, texts

NAMES = Names(
    sender="Example Agency", recipient="Ola <Bedrift> & Co", resource="Vedtak", title="Om saken", addressee="Kari"
)
KEYWORDS = "$sendersName$|$correspondenceRecipientName$|$resourceName$|$messageTitle$|$recipientName$"
PLAIN = "Example Agency|Ola <Bedrift> & Co|Vedtak|Om saken|Kari"
ESCAPED = "Example Agency|Ola &lt;Bedrift&gt; &amp; Co|Vedtak|Om saken|Kari"


def rendered(*, reminder: bool = False, language: str = "nb", names: Names = NAMES, **changes: Any) -> Rendered:
    return render(notification_request(**changes), reminder=reminder, language=language, names=names)


@pytest.mark.parametrize("reminder", [False, True])
def test_every_keyword_is_replaced_in_every_text(reminder: bool) -> None:
    """In the main texts and in those of the reminder."""
    wish = texts(email_subject=KEYWORDS, email_body=KEYWORDS, sms_body=KEYWORDS)
    given: dict[str, Any] = {"reminder_texts" if reminder else "texts": wish}
    got = rendered(reminder=reminder, **given)
    assert {got.email_subject, got.email_body, got.email_plain, got.sms_body} == {PLAIN}


def test_values_are_escaped_in_html_only() -> None:
    """The HTML body has entities; subject, plain part and SMS have the names as they are."""
    wish = texts(email_subject=KEYWORDS, email_body=f"<p>{KEYWORDS}</p>", email_is_html=True, sms_body=KEYWORDS)
    got = rendered(texts=wish)
    assert got.email_is_html
    assert got.email_body == f"<p>{ESCAPED}</p>"
    assert {got.email_subject, got.email_plain, got.sms_body} == {PLAIN}


def test_keywords_have_no_case() -> None:
    """As when they are looked for in texts to addresses without a name."""
    assert rendered(texts=texts(sms_body="$SENDERSNAME$")).sms_body == "Example Agency"


def test_a_value_that_looks_like_a_keyword_stays() -> None:
    """Nothing is replaced twice, and patterns in names mean nothing."""
    tricky = Names(sender=r"\1 $resourceName$", recipient="r", resource="res", title="$sendersName$", addressee="")
    got = rendered(names=tricky, texts=texts(sms_body="$messageTitle$ $sendersName$ $recipientName$."))
    assert got.sms_body == r"$sendersName$ \1 $resourceName$ ."


def test_other_words_between_dollars_stay() -> None:
    """They are no keywords of ours."""
    assert rendered(texts=texts(sms_body="$100 $unknown$")).sms_body == "$100 $unknown$"


def test_a_custom_message_is_the_senders_words() -> None:
    """And nothing else, in any language."""
    got = rendered(language="en")
    assert (got.email_subject, got.email_body, got.sms_body) == ("Ny post", "Du har fått post.", "Du har post.")
    assert not got.email_is_html


def test_a_subject_is_one_line() -> None:
    """A line break in a title does not break out of it."""
    broken = Names(sender="", recipient="", resource="", title="a\r\nBcc: b", addressee="")
    assert rendered(names=broken, texts=texts(email_subject=" $messageTitle$ ")).email_subject == "a Bcc: b"


@pytest.mark.parametrize(
    ("language", "reminder", "words"),
    [
        ("nb", False, ("ny melding fra Example Agency", "Ny melding i Altinn")),
        ("nn", False, ("ny melding frå Example Agency", "Ny melding i Altinn")),
        ("en", False, ("new message from Example Agency", "New message in Altinn")),
        ("nb", True, ("ulest melding fra Example Agency", "Påminnelse")),
        ("nn", True, ("ulesen melding frå Example Agency", "Påminning")),
        ("en", True, ("unread message from Example Agency", "Reminder")),
        ("EN", False, ("new message from Example Agency", "New message in Altinn")),
        ("xx", False, ("ny melding fra Example Agency", "Ny melding i Altinn")),
    ],
)
def test_the_generic_template_speaks_the_letters_language(
    language: str, reminder: bool, words: tuple[str, str]
) -> None:
    """It names recipient and sender; the sender's words stand in the middle; the way in comes last."""
    given = texts(email_subject="Hastar.", email_body="Svar i dag.", sms_body="Svar no.")
    got = rendered(language=language, reminder=reminder, template=Template.GENERIC, texts=given, reminder_texts=given)
    assert words[0] in got.email_body
    assert words[0] in got.sms_body
    assert got.email_subject.startswith(words[1])
    assert got.email_subject.endswith("Hastar.")
    for text, own in ((got.email_body, "Svar i dag."), (got.sms_body, "Svar no.")):
        before, after = text.split(own)
        assert "Ola <Bedrift> & Co" in before
        assert "Altinn" in after


def test_the_generic_template_stands_alone() -> None:
    """Without words of the sender nothing is missing and nothing is doubled."""
    got = rendered(template=Template.GENERIC, texts=texts(email_subject="", email_body="", sms_body=""))
    assert "  " not in got.sms_body
    assert "\n\n\n" not in got.email_body
    assert got.email_subject == "Ny melding i Altinn."


def test_the_generic_template_is_html_when_the_senders_words_are() -> None:
    """Names are escaped in it, the sender's HTML is kept, the plain part has its words."""
    given = texts(email_body="<b>Svar</b> i dag", email_is_html=True)
    got = rendered(template=Template.GENERIC, texts=given)
    assert got.email_is_html
    assert "<b>Svar</b> i dag" in got.email_body
    assert "Ola &lt;Bedrift&gt; &amp; Co" in got.email_body
    assert "\nSvar i dag\n" in got.email_plain
    assert "Ola <Bedrift> & Co" in got.email_plain


@pytest.mark.parametrize(
    ("html", "plain"),
    [
        ("<p>En</p><p>To</p>", "En\nTo"),
        ("En<br>To<br/>Tre", "En\nTo\nTre"),
        ("<style>p{}</style><script>x()</script><!-- no -->Hei", "Hei"),
        ("1 &lt; 2 &amp; 3", "1 < 2 & 3"),
        ("1 < 2 og 3 > 2", "1 < 2 og 3 > 2"),
        ('Se <a class="x" href="https://a.example/?b=1&amp;c=2">her</a>.', "Se her (https://a.example/?b=1&c=2)."),
        ('<a href="https://a.example">https://a.example</a>', "https://a.example"),
        ("<ul><li>En</li><li>To</li></ul>", "En\nTo"),
        ("", ""),
    ],
)
def test_html_has_a_plain_reading(html: str, plain: str) -> None:
    """Blocks are lines, links show where they lead, what nobody reads is left out."""
    assert without_tags(html) == plain
