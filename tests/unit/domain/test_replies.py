"""Reply options that are no buttons are links at the end of the body."""

import pytest
from markdown_it import MarkdownIt

from shared.adapters.texts import LibraryTexts
from shared.domain.correspondence import BodyFormat, ReplyOption
from shared.domain.dialog import MAX_BUTTONS
from shared.domain.replies import with_reply_links
from tests.builders import content

FOUR = tuple(ReplyOption(f"https://agency.example/{n}?a=1&b=2", f"Svar {n}") for n in range(4))
HOSTILE = ReplyOption(
    "https://agency.example/(a)_b?x=1&copy;", "Ja](https://evil.example) <b onclick=x> &amp; *nei*\n# x"
)


def rendered(markdown: str) -> str:
    """As a reader sees it."""
    return str(MarkdownIt("commonmark").render(markdown))


@pytest.mark.parametrize("form", BodyFormat)
@pytest.mark.parametrize("number", range(MAX_BUTTONS + 1))
def test_up_to_three_options_are_left_to_the_buttons(form: BodyFormat, number: int) -> None:
    """The content stays as it is."""
    letter = content(format=form)
    assert with_reply_links(letter, FOUR[:number]) == letter


def test_more_are_a_list_in_markdown() -> None:
    """Under a heading, behind what was written; nothing but the body changes."""
    letter = content(body="Et *vedtak*.\n")
    shown = with_reply_links(letter, FOUR)
    start = "Et *vedtak*.\n\n### Svaralternativer\n\n- [Svar 0](<https://agency.example/0?a=1&b=2>)\n- "
    assert shown.body.startswith(start)
    assert rendered(shown.body).count('<li><a href="https://agency.example/') == 4
    assert content(body=shown.body) == shown


def test_more_are_a_list_in_html() -> None:
    """Also once it was made Markdown."""
    letter = with_reply_links(content(format=BodyFormat.HTML, body="<p>Et vedtak.</p>"), FOUR)
    assert letter.body.startswith("<p>Et vedtak.</p>\n\n<h3>Svaralternativer</h3>\n<ul><li><a href=")
    assert '<li><a href="https://agency.example/3?a=1&amp;b=2">Svar 3</a></li></ul>' in letter.body
    shown = rendered(LibraryTexts().shown(letter))
    assert shown.count('<a href="https://agency.example/') == 4
    assert "<h3>Svaralternativer</h3>" in shown


def test_more_are_lines_in_plain_text() -> None:
    """The text and the address, one option a line."""
    lines = with_reply_links(content(format=BodyFormat.PLAIN_TEXT, body="Et vedtak."), FOUR).body.splitlines()
    assert lines[:4] == ["Et vedtak.", "", "Svaralternativer:", "Svar 0: https://agency.example/0?a=1&b=2"]
    assert len(lines) == 7


@pytest.mark.parametrize(
    ("language", "heading", "nameless"),
    [
        ("nb", "Svaralternativer", "Gå til tjenesten"),
        ("NN", "Svaralternativ", "Gå til tenesta"),
        ("en", "Reply options", "Go to the service"),
    ],
)
def test_words_are_in_the_language_of_the_letter(language: str, heading: str, nameless: str) -> None:
    """The heading, and what stands for a text that is missing or blank."""
    options = (*FOUR[:2], ReplyOption("https://agency.example/x"), ReplyOption("https://agency.example/y", "  "))
    body = with_reply_links(content(language=language), options).body
    assert f"### {heading}\n" in body
    assert body.count(f"[{nameless}](<https://agency.example/") == 2


@pytest.mark.parametrize("form", [BodyFormat.MARKDOWN, BodyFormat.HTML])
def test_a_text_is_a_text_and_an_address_an_address(form: BodyFormat) -> None:
    """Neither markup in a text nor signs in an address make another link, element or line."""
    letter = with_reply_links(content(format=form, body="Hei"), (*FOUR[:3], HOSTILE))
    shown = rendered(LibraryTexts().shown(letter))
    assert shown.count("<a ") == 4
    written = shown if form is BodyFormat.MARKDOWN else letter.body
    assert 'href="https://agency.example/(a)_b?x=1&amp;copy;"' in written
    assert ">Ja](https://evil.example) &lt;b onclick=x&gt; &amp;amp; *nei* # x</a>" in shown


@pytest.mark.parametrize("form", BodyFormat)
def test_only_https_becomes_a_link(form: BodyFormat) -> None:
    """Whatever a table may hold."""
    body = with_reply_links(content(format=form), (*FOUR, ReplyOption("javascript:alert(1)", "Skjult"))).body
    assert "javascript" not in body
    assert "Skjult" not in body
