"""What a template may say, and what becomes of it."""

from dataclasses import replace
from typing import Any

import pytest

from shared.domain.notification import Template, Texts
from shared.domain.notification_texts import Names, Rendered, render
from shared.domain.templates import Activations, Sample, Wording, faults, tried_out
from tests.builders import notification_request, notification_template, texts

NAMES = Names(sender="Etaten <3", recipient="Bedriften", resource="Vedtak", title="Om saken", addressee="Kari")
SOUND = Texts("Brev fra $sendersName$", "Hei, $RECIPIENTNAME$. $ownText$", False, "Brev. $ownText$")


def told(**changes: Any) -> list[str]:
    """The faults of a template with these texts in Bokmål."""
    return [
        f"{fault.path} {fault.message}"
        for fault in faults(notification_template(nb=Wording(replace(SOUND, **changes))))
    ]


def test_a_sound_template_has_no_faults() -> None:
    """With every keyword there is, in any case, and a reminder of its own."""
    every = "$sendersName$ $correspondenceRecipientName$ $recipientName$ $resourceName$ $messageTitle$ $ownText$ 100 $"
    assert not told(email_body=every, sms_body="kari@etaten.no ringer 22 00 00 00. Pris: 5$ eller 6$!")
    assert not faults(notification_template(nb=Wording(SOUND, replace(SOUND, sms_body="Husk brevet."))))
    assert not told(
        email_is_html=True, email_body="<p>Hei, <strong>$recipientName$</strong>.<br/></p><ul><li>x</li></ul>"
    )


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({"email_subject": " "}, "nb.main.emailSubject is required"),
        ({"sms_body": ""}, "nb.main.smsBody is required"),
        ({"email_subject": "x" * 201}, "nb.main.emailSubject must be at most 200 characters"),
        ({"email_body": "x" * 10_001}, "nb.main.emailBody must be at most 10000 characters"),
        ({"sms_body": "x" * 1_001}, "nb.main.smsBody must be at most 1000 characters"),
        ({"sms_body": "$sender$ $Sender$ $a.b$"}, "nb.main.smsBody has unknown keywords: $sender$, $Sender$, $a.b$; "),
        ({"email_subject": "$recipient_name$"}, "nb.main.emailSubject has unknown keywords: $recipient_name$; "),
    ],
)
def test_faults_name_the_place_and_the_cure(changes: dict[str, Any], fault: str) -> None:
    """An unknown keyword is named, and those there are."""
    (found,) = told(**changes)
    assert found.startswith(fault)
    assert "keywords" not in fault or found.endswith("$messageTitle$, $ownText$")


CODE = (
    *("{{ sender }}", "{% for x in y %}x{% endfor %}", "{{ ''.__class__.__mro__ }}", "{# x #}", "${7*7}", "<%= 1 %>"),
    "{{ config }}",
)
LINKS = (
    *(
        "https://altinn.no",
        "HTTP://x",
        "www.altinn.no",
        "altinn.no",
        "Gå til altinn.no/brev nå",
        "se altinn.no.",
        "ftp://x",
    ),
    *("mailto:kari@etaten.no", "blåbær.no", "under.etaten.no", "javascript://x", "etaten.COM"),
)
TAGS = (
    *("<a>x</a>", '<p class="x">x</p>', "<script>x</script>", "<img>", "<p onclick=x>", "<svg/onload=x>", "<b", "< p>"),
    *("<!-- x -->", "<style>x</style>", "<iframe>"),
)


@pytest.mark.parametrize("text", CODE)
@pytest.mark.parametrize("place", ["email_subject", "email_body", "sms_body"])
def test_a_template_has_no_code(place: str, text: str) -> None:
    """Whatever the language it is written in: nothing of it would be carried out, so it is a mistake."""
    assert any("has code" in fault for fault in told(**{place: f"Hei {text}"}))


@pytest.mark.parametrize("text", LINKS)
@pytest.mark.parametrize("place", ["email_subject", "email_body", "sms_body"])
def test_a_template_has_no_links(place: str, text: str) -> None:
    """Nor anything that a phone makes a link of."""
    assert any("has a link" in fault for fault in told(**{place: text}))


@pytest.mark.parametrize("text", TAGS)
def test_html_has_harmless_tags_only(text: str) -> None:
    """Without attributes; anywhere else there are none at all."""
    assert any("tag" in fault for fault in told(email_is_html=True, email_body=f"Hei {text}"))
    assert any("tag" in fault for fault in told(email_body=f"Hei {text}"))
    assert any("tag" in fault for fault in told(sms_body="<p>Hei</p>"))


def shown(template: Texts, own: Texts, **changes: Any) -> Rendered:
    wish = notification_request(template=Template.GENERIC, texts=own, **changes)
    return render(wish, reminder=False, language="nb", names=NAMES, template=template)


def test_the_senders_own_words_stand_where_the_template_wants_them() -> None:
    """With their keywords replaced; what stands for a keyword is never read again."""
    got = shown(SOUND, texts(email_subject="x", email_body="Gjelder $messageTitle$.", sms_body="$ownText$"))
    assert got.email_subject == "Brev fra Etaten <3"
    assert got.email_body == got.email_plain == "Hei, Kari. Gjelder Om saken."
    assert got.sms_body == "Brev. $ownText$"


def test_own_words_are_written_as_the_template_is() -> None:
    """Escaped in HTML, without tags in plain text."""
    html = replace(SOUND, email_is_html=True, email_body="<p>$sendersName$</p>$ownText$")
    plain_in_html = shown(html, texts(email_body="1 < 2\nnei"))
    assert plain_in_html.email_body == "<p>Etaten &lt;3</p>1 &lt; 2<br>nei"
    assert plain_in_html.email_is_html
    assert plain_in_html.email_plain == "Etaten <3\n1 < 2\nnei"
    html_in_plain = shown(SOUND, texts(email_body="<p>Ja</p>", email_is_html=True))
    assert html_in_plain.email_body == "Hei, Kari. Ja"
    assert not html_in_plain.email_is_html
    assert shown(html, texts(email_body="<b>Ja</b>", email_is_html=True)).email_body == "<p>Etaten &lt;3</p><b>Ja</b>"


def test_a_template_is_for_the_generic_text_only() -> None:
    """A custom message has the sender's words."""
    wish = notification_request(template=Template.CUSTOM)
    assert render(wish, reminder=False, language="nb", names=NAMES, template=SOUND) == render(
        wish, reminder=False, language="nb", names=NAMES
    )


def test_a_reminder_has_its_own_texts_or_the_main_ones() -> None:
    """In the language asked for, in Bokmål when there is no such."""
    template = notification_template(nn=Wording(SOUND, replace(SOUND, sms_body="Hugs brevet.")))
    assert template.texts("NN", reminder=True).sms_body == "Hugs brevet."
    assert template.texts("en", reminder=True) == template.en.main
    assert template.texts("se", reminder=False) == template.nb.main


def test_a_preview_is_what_would_be_sent() -> None:
    """The main notice and the reminder."""
    template = notification_template(en=Wording(SOUND, replace(SOUND, sms_body="Remember. $ownText$")))
    preview = tried_out(template, Sample(NAMES, texts(sms_body="It is about tax."), "en"))
    assert preview.main.sms_body == "Brev. It is about tax."
    assert preview.reminder.sms_body == "Remember. It is about tax."


def test_activations() -> None:
    """The last fifty are remembered; activating what is in use changes nothing."""
    assert Activations().active is None
    assert Activations((1, 2)).with_active(2) == Activations((1, 2))
    assert Activations((1, 2)).with_active(1) == Activations((1, 2, 1))
    assert Activations((1, 2, 1)).rolled_back().active == 2
    assert Activations().rolled_back() == Activations()
    many = Activations()
    for number in range(1, 200):
        many = many.with_active(number)
    assert len(many.versions) == 50
