"""The words of each template in each language are what they were: a changed one is seen, and meant.

Write them again with `python -m tests.unit.domain.test_notification_golden`, and read the differences.
"""

from pathlib import Path

import pytest

from shared.domain.notification import Channel, NotificationRequest, Template, Texts
from shared.domain.notification_texts import Names, render

GOLDEN = Path(__file__).parent / "golden"
LANGUAGES = ("nb", "nn", "en")
NAMES = Names(
    sender="Etaten & Co", recipient="Kari Prøve", resource="Brev om skatt", title="Vedtak <1>", addressee="Bedriften AS"
)
OWN = Texts(
    email_subject="$messageTitle$ ($resourceName$)",
    email_body="Fra $sendersName$ til $correspondenceRecipientName$, varslet $recipientName$.",
    sms_body="$SENDERSNAME$: $messageTitle$ $unknown$",
)
HTML = Texts(OWN.email_subject, f"<p>{OWN.email_body}</p>", True, OWN.sms_body)
EMPTY = Texts()
CASES = [
    (template, language, reminder, form)
    for template in Template
    for language in LANGUAGES
    for reminder in (False, True)
    for form in ("plain", "html", "empty")
    if not (template is Template.CUSTOM and form == "empty")
]


def rendered(template: Template, language: str, reminder: bool, form: str) -> str:
    """All texts of one notice, each under its name."""
    given = {"plain": OWN, "html": HTML, "empty": EMPTY}[form]
    request = NotificationRequest(
        template=template, channel=Channel.EMAIL_AND_SMS, texts=given, reminder_texts=given, send_reminder=True
    )
    texts = render(request, reminder=reminder, language=language, names=NAMES)
    parts = {"subject": texts.email_subject, "e-mail": texts.email_body, "plain": texts.email_plain}
    return "".join(f"[{name}]\n{text}\n" for name, text in {**parts, "sms": texts.sms_body}.items())


def file_of(template: Template, language: str, reminder: bool, form: str) -> Path:
    """Where the words of this one are kept."""
    return GOLDEN / f"{template}.{language}.{'reminder' if reminder else 'notice'}.{form}.txt"


@pytest.mark.parametrize(("template", "language", "reminder", "form"), CASES)
def test_the_words_are_the_golden_ones(template: Template, language: str, reminder: bool, form: str) -> None:
    """Each keyword is filled in once, escaped in HTML only; an unknown one stays."""
    kept = file_of(template, language, reminder, form).read_text(encoding="utf-8")
    assert rendered(template, language, reminder, form) == kept


def test_no_golden_file_is_left_over() -> None:
    """Each belongs to a case."""
    assert set(GOLDEN.iterdir()) == {file_of(*case) for case in CASES}


if __name__ == "__main__":
    for case in CASES:
        file_of(*case).write_text(rendered(*case), encoding="utf-8")
