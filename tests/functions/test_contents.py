"""Bodies as HTML pages: whatever a sender writes, a reader's browser runs nothing of it."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from functions.http.contents import page_body
from shared.adapters.texts import LibraryTexts
from shared.domain.correspondence import BodyFormat, Content
from shared.usecases.reading import Page
from tests.builders import content
from tests.hostile_texts import HOSTILE
from tests.safe_tree import faults, text_of

TEXTS = LibraryTexts()


def page(letter: Content) -> str:
    """The document as it goes out."""
    return bytes(page_body(Page(letter.language, letter.title, TEXTS.rendered(letter))).body).decode()


def careless(letter: Content) -> str:
    """The Markdown that goes out, rendered by somebody who lets HTML through."""
    return str(MarkdownIt("commonmark").enable(["table", "strikethrough"]).render(TEXTS.shown(letter)))


def everywhere(text: str) -> list[Content]:
    """Letters with the text as title, summary and body, in the three formats."""
    return [content(title=text, summary=text, body=text, format=form) for form in BodyFormat]


def test_the_table_is_large() -> None:
    """Every entry is another text."""
    assert len(HOSTILE) >= 300


def test_the_judge_sees_what_is_wrong() -> None:
    """Tags, attributes and schemes outside the list are found, however they are written."""
    for wrong in (
        "<script>x</script>",
        "<p onclick=x>",
        "<a href=' java\nscript:x'>",
        "<img src=x>",
        "<svg>",
        "<p><!--x-->",
    ):
        assert faults(wrong), wrong
    assert not faults("<!doctype html><html lang=nb><body><table><tr><td>x</table><a href=https://x rel=x>y</a>")


@pytest.mark.parametrize("text", HOSTILE)
def test_nothing_hostile_gets_through(text: str) -> None:
    """Only tags, attributes and schemes of the allow-list are in the page, and the title is its text."""
    for letter in everywhere(text):
        assert faults(page(letter)) == []
        assert len(text_of(page(letter), "title")) == 1
        assert faults(careless(letter)) == []


@pytest.mark.parametrize("text", HOSTILE[::7])
def test_plain_text_stays_what_was_written(text: str) -> None:
    """The page of a plain text has exactly its characters, white space aside."""
    (shown,) = text_of(page(content(body=text, format=BodyFormat.PLAIN_TEXT)), "body")
    assert "".join(shown.split()).replace("\ufffd", "") == "".join(text.split()).replace("\x00", "")


_PIECES = st.one_of(st.sampled_from(HOSTILE), st.text(max_size=12), st.sampled_from(list("<>\"'`&=/\\[]()!#*_|~\n\t ")))


@settings(max_examples=300, deadline=None)
@given(st.lists(_PIECES, max_size=8).map("".join))
def test_nothing_made_up_gets_through(text: str) -> None:
    """Whatever is put together of hostile pieces, in any of the formats; and it never fails."""
    for letter in everywhere(text):
        assert faults(page(letter)) == []
        assert faults(careless(letter)) == []


def test_a_page_goes_out_under_a_strict_policy() -> None:
    """No script, style, frame or form; pictures by https only."""
    answer = page_body(Page("nb", "Vedtak <&>", "<p>Hei</p>"))
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert answer.headers["vary"] == "Accept"
    policy = answer.headers["content-security-policy"]
    assert policy.startswith("default-src 'none'; img-src https:;")
    assert policy.endswith("; sandbox")
    assert b"<title>Vedtak &lt;&amp;&gt;</title>" in answer.body
