"""Text rules: what passes as plain text, as Markdown, as a mobile number, and what goes out."""

import html
import re

import pytest
from markdown_it import MarkdownIt

from shared.adapters.texts import LibraryTexts
from shared.domain.correspondence import BodyFormat
from tests.builders import content

TEXTS = LibraryTexts()
HTML, PLAIN = BodyFormat.HTML, BodyFormat.PLAIN_TEXT


def shown(body: str, format_: BodyFormat = BodyFormat.MARKDOWN) -> str:
    return TEXTS.shown(content(body=body, format=format_))


def rendered(markdown: str) -> str:
    """What a careless renderer, one that lets HTML through, makes of it."""
    return str(MarkdownIt("commonmark").enable(["table", "strikethrough"]).render(markdown))


def seen(markup: str) -> str:
    """The characters a reader sees of HTML; white space aside."""
    return "".join(html.unescape(re.sub(r"<[^>]*>", "", markup)).split())


@pytest.mark.parametrize(
    "text",
    [
        *("", " ", "Vedtak", "*x*", "**x**", "_x_"),
        *("`x`", "123. text", "1) text", "#404", "- item", "a < b > c"),
        *(
            "It\\'s",
            'Say \\"so\\"',
            "  odd \t  white\n\n   space  ",
            "    indented",
            "AT&T",
            "5 % [1]",
            "a | b",
            "[x]: y",
        ),
        *("https://altinn.no/a_b_c", "C:\\temp\\fil", "æøå – “sitat”", "\u00a0fast\u00a0mellomrom\u00a0"),
    ],
)
def test_plain_text_passes(text: str) -> None:
    """Stars, underscores, backticks, numbers, hashes without a space, escapes and odd white space are just text."""
    assert TEXTS.is_plain_text(text)


@pytest.mark.parametrize(
    "text",
    [
        *(
            "# heading",
            "###### heading",
            "<h1>heading</h1>",
            "a <b>c</b>",
            "<script>alert(1)</script>",
            "a<br>b",
            "> q",
        ),
        *(
            "[a](https://b.no)",
            "![a](https://b.no/c.png)",
            "<https://a.no>",
            "<!-- x -->",
            "```\nx\n```\n# h",
            "Hei\n===",
        ),
    ],
)
def test_markdown_and_html_are_no_plain_text(text: str) -> None:
    """Headings, quotes, links, images and tags are refused."""
    assert not TEXTS.is_plain_text(text)


@pytest.mark.parametrize(
    "text",
    [
        *("", "# Hei\n\nEt *vedtak* med **vekt**.", "- a\n- b\n\n1. c", "> q", "[a](https://b.no)", "<https://a.no>"),
        *(
            "<post@a.no>",
            "`<b>`",
            "```\n<h1>x</h1>\n```",
            "    <div>",
            "a<br>b<br/>c<BR />",
            "| a | b |\n|---|---|\n| 1 | 2 |",
        ),
        *(
            "a < b > c",
            "5 <6",
            "Kjære <navn>",
            "Kjære <fornavn etternavn>",
            "&lt;b&gt;",
            "\\<b>",
            "~~x~~",
            "<3",
            "x<-y",
        ),
    ],
)
def test_markdown_passes(text: str) -> None:
    """Also code that shows HTML, breaks, autolinks, and words in angle brackets that HTML does not know."""
    assert TEXTS.is_markdown(text)


@pytest.mark.parametrize(
    "text",
    [
        *(
            "<h1>x</h1>",
            "a <b>c</b> d",
            "<script>",
            "</p>",
            "<div onclick=x",
            "a <IMG src=x>",
            "<!-- x -->",
            "<?php ?>",
        ),
        *("<!DOCTYPE html>", "<navn onclick=x>", '<navn a="b">', "- <i>x</i>", "> <u>x</u>"),
        *("<br onload=x>", "| <b>a</b> |\n|---|", "[<b>x</b>](https://a.no)", "<math>", "<a href='x'>y</a>"),
    ],
)
def test_html_is_no_markdown(text: str) -> None:
    """Tags outside code are refused wherever they are, and so are comments and attributes."""
    assert not TEXTS.is_markdown(text)


@pytest.mark.parametrize(
    ("number", "valid"),
    [
        *(("+4740000001", True), ("004740000001", True), ("+47 400 00 001", True), ("+16502530000", True)),
        *(("40000001", False), ("4740000001", False), ("+47123", False)),
        *(("+999", False), ("+", False), ("00", False)),
        *(("", False), ("x", False), ("+47x", False)),
    ],
)
def test_mobile_numbers(number: str, valid: bool) -> None:
    """Valid numbers with their country code after + or 00."""
    assert TEXTS.is_mobile(number) is valid


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        *(("", ""), ("Vedtak", "Vedtak"), ("# Hei **du**", "Hei du"), ("a_b_c *d*", "a_b_c d"), ("`kode`", "kode")),
        *(
            ("[her](https://a.no)", "her"),
            ("![bilde](https://a.no)", "bilde"),
            ("<b>x</b> y", "x y"),
            ("a<br>b", "a\nb"),
        ),
        *(
            ("1. a\n2. b", "1. a\n2. b"),
            ("- a\n- b", "- a\n- b"),
            ("a\n\nb", "a\nb"),
            ("> q", "q"),
            ("5 < 6 &amp; 7", "5 < 6 & 7"),
        ),
        *(("<div>x <script>y</script></div>", "x"), ("Kjære <navn>", "Kjære <navn>"), ("```\nkode\n```", "kode")),
        *(("| a | b |\n|---|---|\n| 1 | 2 |", "a\nb\n1\n2"), ("<https://a.no>", "https://a.no")),
    ],
)
def test_plain_takes_the_marks_away(text: str, plain: str) -> None:
    """Marks and tags go, their texts stay, list items keep their numbers."""
    assert TEXTS.plain(text) == plain


@pytest.mark.parametrize(
    "body",
    [
        *("", "Et *vedtak*.", "# Hei\n\n- a\n- b\n\n1. c\n\n> q\n\n```\n<b>\n```", "a<br>b", "[a](mailto:post@a.no)"),
        *("[a](HTTPS://b.no)", "Hei\n\n\n\nder   ", "| a |\n|---|\n| b |", "![a](https://a.no/b.png)", "x < y & z"),
    ],
)
def test_safe_markdown_goes_out_as_it_came(body: str) -> None:
    """To the letter."""
    assert shown(body) == body


@pytest.mark.parametrize(
    ("body", "out"),
    [
        ("[x](javascript:alert(1)) y", "x y"),
        ("![x](data:image/png;base64,aa)", "x"),
        ("[x](www.altinn.no/a_b)", r"x (www.altinn.no/a\_b)"),
        ("[x](#her)", "x"),
        ("<b>x</b> *y* <script>alert(1)</script>z", "**x** *y* z"),
        ("<u>x</u>", "x"),
        ("Kjære <navn>, hei", r"Kjære \<navn\>, hei"),
        ("# H\n\n<div>a</div>\n\n1. b\n2. c", "# H\n\na\n\n1. b\n2. c"),
        ("[a][1] <i>b</i>\n\n[1]: https://c.no", "[a](https://c.no) *b*"),
        ("<i>x</i>\n\n```\n*y*\n```\n\n`z*`", "*x*\n\n```\n*y*\n```\n\n`z*`"),
    ],
)
def test_unsafe_markdown_is_written_anew(body: str, out: str) -> None:
    """Without HTML and foreign schemes, the rest as it was meant."""
    assert shown(body) == out


@pytest.mark.parametrize(
    ("body", "out"),
    [
        ("<h1>Hei</h1><p>a <b>b</b> <em>c</em><br>d</p>", "# Hei\n\na **b** *c*  \nd"),
        ("<ul><li>a<ul><li>b</li></ul></li><li>c</li></ul>", "- a\n\n  - b\n- c"),
        ("<ol start='3'><li>a</li><li>b</li></ol>", "3. a\n4. b"),
        ("<a href='https://a.no/(x) y'>l</a> <a href='javascript:x'>m</a>", r"[l](https://a.no/\(x\)%20y) m"),
        ("<a href='https://a.no/?a=1&amp;copy;=2&amp;amp;'>l</a>", r"[l](https://a.no/?a=1\&copy;=2\&amp;)"),
        ("<a href='https://a.no/\u3000x'>l</a>", "[l](https://a.no/%E3%80%80x)"),
        ("<div>a</div><div>b</div><section>c</section>", "a\n\nb\n\nc"),
        ("<dl><dt>a</dt><dd>b</dd></dl>", "a\n\nb"),
        ("<a href='mailto:a@b.no'>l</a> <a href='/x'>m</a>", "[l](mailto:a@b.no) m"),
        ("<table><tr><th>x</th><th>y</th></tr><tr><td>1|2</td></tr></table>", "| x | y |\n| --- | --- |\n| 1\\|2 |  |"),
        ("<pre>x\n ``` y</pre>", "````\nx\n ``` y\n````"),
        ("<p># no</p><p>1. no</p><p>- no</p><p>*no*</p>", "\\# no\n\n1\\. no\n\n\\- no\n\n\\*no\\*"),
        ("<blockquote><p>a</p><p>b</p></blockquote>", "> a\n>\n> b"),
        ("<div>a<p>b</p>c</div>", "a\n\nb\n\nc"),
        ("<b> x </b>y<i></i>", "**x** y"),
        ("a<hr>b", "a\n\n---\n\nb"),
        ("<code>a`b</code>", "``a`b``"),
        ("tekst uten tagger & 5 < 6", r"tekst uten tagger \& 5 \< 6"),
        ("<style>p{}</style><iframe src='x'>y</iframe><img src=x onerror=alert(1)>z<!-- c -->", "z"),
        ("<p><b>x", "**x**"),
        ("", ""),
    ],
)
def test_html_is_written_as_markdown(body: str, out: str) -> None:
    """What Markdown can say is kept; scripts, styles, frames, comments and handlers are not."""
    assert shown(body, HTML) == out


_TAGS = "p br em strong code pre a img ul ol li blockquote h1 h2 hr table thead tbody tr th td s"
MARKDOWN_TAGS = set(_TAGS.split())
ODD = [
    "<svg/onload=alert(1)>",
    *(
        "<script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        "<img src=x onerror=alert(1)//",
        "&lt;script&gt;",
        "</p>",
    ),
    *(
        "[x](javascript:alert(1))",
        "[x]: javascript:alert(1)\n\n[x]",
        "<javascript:alert(1)>",
        "![x](javascript:alert(1))",
    ),
    *(
        "[x](&#106;avascript:alert(1))",
        "[x](java\nscript:alert(1))",
        "[x](vbscript:x 'y')",
        "<a href=javascript:x>y</a>",
    ),
    *("<svg><script>alert(1)</script></svg>"),
    *("<math><a xlink:href='javascript:x'>y", "<b onmouseover=alert(1)>x</b>"),
    *(
        "`<script>`<script>alert(1)</script>",
        "<!--><script>alert(1)</script>-->",
        "<x/onclick=alert(1)>",
        "<<b>script>x",
    ),
    *("\\<script>alert(1)</script>", "|<b>|\n|-|\n|<script>x</script>|"),
    *("> <iframe src=x>", "- [x](data:text/html,x)"),
]


@pytest.mark.parametrize("format_", BodyFormat)
@pytest.mark.parametrize("body", ODD)
def test_what_goes_out_is_safe_to_render(body: str, format_: BodyFormat) -> None:
    """Rendered even by one that lets HTML through: no live tag but Markdown's own, no scheme but the three."""
    markup = rendered(shown(body, format_))
    tags = {name.lower() for name in re.findall(r"<\s*/?\s*([a-zA-Z][\w:-]*)", markup)}
    assert tags <= MARKDOWN_TAGS
    assert not re.search(r"<[^>]*\son\w+\s*=", markup)
    assert all(re.match(r"https?:|mailto:", link) for link in re.findall(r"(?:href|src)=\"([^\"]*)", markup))


@pytest.mark.parametrize(
    "body",
    [
        *ODD,
        *("Hei\nder\n\nny", "# nei", "1. a\n2. b", "- a\n+ b\n* c", "  innrykk\n\ttabulator", "---", "a\n===", "> q"),
        *(
            "a*b*c _d_ `e`",
            "\\*",
            "| a |\n|---|",
            "~~x~~\n~~~\ny",
            "&amp;",
            "http://a.no/b_c_d",
            "C:\\",
            "12) x",
            "a  \n\n\n\nb",
        ),
    ],
)
def test_plain_text_is_shown_letter_by_letter(body: str) -> None:
    """Rendered, it shows exactly the characters that were written."""
    assert seen(rendered(shown(body, PLAIN))) == "".join(body.split())


def test_plain_text_keeps_its_lines_and_indents() -> None:
    """A new line is a break, an empty one a paragraph, leading spaces stay."""
    assert shown("a\nb\n\n\n  c", PLAIN) == "a  \nb\n\n&nbsp;&nbsp;c"
    assert rendered(shown("a\nb", PLAIN)) == "<p>a<br />\nb</p>\n"


def test_nothing_fails_on_any_input() -> None:
    """Deep nesting, control characters and half sequences go through every rule."""
    for text in (
        "> " * 500 + "x",
        "[" * 2000,
        "*" * 5000,
        "<" * 3000,
        "<b>" * 2000,
        "\x00\x0b\u2028\ufeff",
        "- " * 300,
    ):
        for format_ in BodyFormat:
            assert isinstance(shown(text, format_), str)
        assert isinstance(TEXTS.plain(text), str)
        assert isinstance(TEXTS.is_plain_text(text), bool)
        assert isinstance(TEXTS.is_markdown(text), bool)
        assert TEXTS.is_mobile(text) is False
