"""What texts may be and how they are shown, by libraries that know Markdown, HTML and phone numbers.

Shown is always Markdown that is safe to render: no HTML but `<br>`, links to http, https and mailto only. Rendered is
HTML of an allow-list, made of what is shown, or of HTML directly, so that it keeps what Markdown cannot say.
- Markdown goes out unchanged when it is so already, and that is what the checks at initialise let in. Otherwise it is
  rendered, sanitised by an allow-list and written as Markdown again.
- HTML takes that second way always.
- Plain text is escaped, so that Markdown shows every character and every line of it as it is.
"""

import html
import re
from collections.abc import Iterator, Sequence
from functools import cache
from urllib.parse import urlsplit

import nh3
import phonenumbers
from markdown_it import MarkdownIt
from markdown_it.token import Token

from shared.adapters.html_names import HTML_NAMES
from shared.adapters.html_to_markdown import TAGS, escape_inline, guard_line_starts, to_markdown
from shared.domain.correspondence import BodyFormat, Content

LINK_SCHEMES = frozenset({"http", "https", "mailto"})
ATTRIBUTES = {"*": {"lang", "title"}, "a": {"href"}, "img": {"src", "alt"}, "ol": {"start"}}
"""With `TAGS` the allow-list for HTML. Links get a `rel` besides, which tells their hosts nothing of the letter."""

_DROPPED = "script style title template iframe noscript object embed svg math textarea select audio video canvas"
_DROPPED_WITH_CONTENT = frozenset(_DROPPED.split())
_TAG = re.compile(r"</?([a-zA-Z][a-zA-Z0-9:-]*)([^>]*)>?")
_BREAKS = re.compile(r"(?:\s|<br\s*/?>)*", re.IGNORECASE)
_PLAIN_TOKENS = frozenset({"paragraph_open", "paragraph_close", "inline"})
_PLAIN_CHILDREN = frozenset({"text", "text_special", "softbreak", "hardbreak"})
_HTML = frozenset({"html_inline", "html_block"})


class LibraryTexts:
    """The port `TextRules`. None of its methods fails on any input."""

    def is_plain_text(self, text: str) -> bool:
        """True without headings, quotes, code blocks, links and HTML. Lists, `*`, `_` and backticks pass.

        Source: wire contract 5.5.
        """
        cleaned = text.replace("`", "").replace("\\", "")
        tokens = _plain_parser().parse(cleaned)
        return all(
            token.type in _PLAIN_TOKENS and all(child.type in _PLAIN_CHILDREN for child in token.children or ())
            for token in tokens
        )

    def is_markdown(self, text: str) -> bool:
        """True without HTML outside code. `<br>`, autolinks, and words in angle brackets that HTML does not know pass.

        Source: wire contract 5.5.
        """
        return all(_is_harmless_html(token.content) for token in _walk(_parser().parse(text)) if token.type in _HTML)

    def is_mobile(self, number: str) -> bool:
        """True for a valid number with its country code after `+` or `00`. Source: wire contract 5.8."""
        compact = number.strip()
        if compact.startswith("00"):
            compact = f"+{compact[2:]}"
        if not compact.startswith("+"):
            return False
        try:
            return phonenumbers.is_valid_number(phonenumbers.parse(compact))
        except phonenumbers.NumberParseException:
            return False

    def plain(self, text: str) -> str:
        """The text without Markdown and HTML. Blocks are apart by a line break; list items keep their marks."""
        return _plain_text(_parser().parse(text))

    def shown(self, content: Content) -> str:
        """The body as it goes out, see the module's head. Source: wire contract 12.1."""
        match content.format:
            case BodyFormat.MARKDOWN:
                return _shown_markdown(content.body)
            case BodyFormat.HTML:
                return to_markdown(_sanitised(content.body))
            case BodyFormat.PLAIN_TEXT:
                return _shown_plain_text(content.body)

    def rendered(self, content: Content) -> str:
        """The body as HTML that is safe to show: no tag, attribute or scheme but those of the allow-list."""
        if content.format is BodyFormat.HTML:
            return _sanitised(content.body)
        return _sanitised(_html(_parser().parse(self.shown(content))))


def _any_link(_url: str) -> bool:
    return True


@cache
def _parser() -> MarkdownIt:
    """CommonMark with tables and strike-through. Every link is parsed, so that we see and judge those others hide."""
    parser = MarkdownIt("commonmark").enable(["table", "strikethrough"])
    parser.validateLink = _any_link  # type: ignore[method-assign, assignment]  # The library's way to set it.
    return parser


@cache
def _plain_parser() -> MarkdownIt:
    parser = MarkdownIt("commonmark").disable(["list", "code", "emphasis", "reference"])
    parser.validateLink = _any_link  # type: ignore[method-assign, assignment]
    return parser


def _walk(tokens: Sequence[Token]) -> Iterator[Token]:
    for token in tokens:
        yield token
        yield from _walk(token.children or ())


def _is_harmless_html(text: str) -> bool:
    """Breaks, and words in angle brackets that are no HTML elements: people write `<your name>` and mean it."""
    if "<!" in text or "<?" in text:
        return False
    return all(
        (name.lower() == "br" or name.lower() not in HTML_NAMES) and not set(rest) & set("='\"")
        for name, rest in _TAG.findall(text)
    )


def _is_allowed_link(url: str) -> bool:
    return _scheme(url) in LINK_SCHEMES


def _scheme(url: str) -> str:
    try:
        return urlsplit(url.strip()).scheme.lower()
    except ValueError:
        return "invalid"


def _is_safe(token: Token) -> bool:
    match token.type:
        case "html_inline" | "html_block":
            return _BREAKS.fullmatch(token.content) is not None
        case "link_open":
            return _is_allowed_link(str(token.attrs.get("href", "")))
        case "image":
            return _is_allowed_link(str(token.attrs.get("src", "")))
        case _:
            return True


def _shown_markdown(body: str) -> str:
    tokens = _parser().parse(body)
    if all(map(_is_safe, _walk(tokens))):
        return body
    for token in _walk(tokens):
        if token.type in _HTML:
            token.content = _TAG.sub(_unknown_escaped, token.content)
        if token.children:
            token.children = list(_with_addresses(token.children))
    return to_markdown(_sanitised(_html(tokens)))


def _html(tokens: Sequence[Token]) -> str:
    rendered: str = _parser().renderer.render(tokens, _parser().options, {})
    return rendered


def _unknown_escaped(match: re.Match[str]) -> str:
    return match[0] if match[1].lower() in HTML_NAMES else html.escape(match[0])


def _with_addresses(children: Sequence[Token]) -> Iterator[Token]:
    """Put the address of a link that has no scheme behind its text: the link itself will not survive."""
    open_links: list[str] = []
    for child in children:
        yield child
        if child.type == "link_open":
            open_links.append(str(child.attrs.get("href", "")))
        elif child.type == "link_close" and open_links:
            url = open_links.pop()
            if not _scheme(url) and url and not url.startswith("#"):
                yield Token("text", "", 0, content=f" ({url})")


def _sanitised(text: str) -> str:
    return nh3.clean(
        text,
        tags=set(TAGS),
        clean_content_tags=set(_DROPPED_WITH_CONTENT),
        attributes=ATTRIBUTES,
        url_schemes=set(LINK_SCHEMES),
        url_relative="deny",
        link_rel="noopener noreferrer",
    )


def _shown_plain_text(text: str) -> str:
    paragraphs: list[list[str]] = [[]]
    for line in text.expandtabs(4).splitlines():
        if line.strip():
            indent = len(line) - len(line.lstrip(" "))
            written = guard_line_starts(escape_inline(line.strip()))
            paragraphs[-1].append("&nbsp;" * indent + written)
        elif paragraphs[-1]:
            paragraphs.append([])
    return "\n\n".join("  \n".join(lines) for lines in paragraphs if lines)


def _plain_text(tokens: Sequence[Token]) -> str:
    lines: list[str] = []
    mark = ""
    for token in tokens:
        match token.type:
            case "list_item_open":
                mark = f"{token.info}{token.markup} " if token.info else f"{token.markup} "
            case "inline":
                lines.append(mark + _plain_inline(token.children or ()))
                mark = ""
            case "code_block" | "fence":
                lines.append(mark + token.content.rstrip("\n"))
                mark = ""
            case "html_block":
                lines.append(mark + _without_tags(token.content).strip())
                mark = ""
    return "\n".join(line for line in lines if line.strip())


def _plain_inline(children: Sequence[Token]) -> str:
    written: list[str] = []
    for child in children:
        match child.type:
            case "softbreak" | "hardbreak":
                written.append("\n")
            case "html_inline":
                written.append("\n" if _BREAKS.fullmatch(child.content) else _unknown_kept(child.content))
            case "image":
                written.append(_plain_inline(child.children or ()))
            case _:
                written.append(child.content)
    return "".join(written)


def _unknown_kept(tag: str) -> str:
    return tag if _is_harmless_html(tag) else ""


def _without_tags(text: str) -> str:
    cleaned = nh3.clean(text, tags=set(), clean_content_tags=set(_DROPPED_WITH_CONTENT))
    return html.unescape(cleaned)
