"""Writing sanitised HTML as Markdown. Knows the tags of `TAGS`; of any other tag only the content is kept."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from html.parser import HTMLParser

from shared.domain.links import destination

_HEADINGS = ("h1", "h2", "h3", "h4", "h5", "h6")
_VOID = frozenset({"br", "hr", "img"})
_CONTAINERS = "p div section article header footer main address figure figcaption dl dt dd"
_BLOCKS = frozenset({*_HEADINGS, *_CONTAINERS.split(), "hr", "pre", "blockquote", "ul", "ol", "table"})
_MARKS = {"strong": "**", "b": "**", "em": "*", "i": "*", "s": "~~", "del": "~~"}
TAGS = _BLOCKS | _VOID | _MARKS.keys() | {"code", "li", "a", "thead", "tbody", "tr", "th", "td"}
"""What can be written as Markdown."""

_SPECIAL = re.compile(r"[\\`*_\[\]<>&~|]")
_LINE_START = re.compile(r"^([ ]*)(?:([#+=-])|(\d{1,9})([.)]))", re.MULTILINE | re.ASCII)
_HARD_BREAK = "  \n"
_DEEPEST = 50  # Tags nested deeper than any letter needs lose their effect, not their content.


@dataclass(slots=True)
class _Node:
    tag: str
    attributes: dict[str, str] = field(default_factory=dict)
    children: "list[_Node | str]" = field(default_factory=list)


class _Builder(HTMLParser):
    """Makes a tree of well-formed HTML, as the sanitiser writes it."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.root = _Node("")
        self._open = [self.root]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if len(self._open) > _DEEPEST:
            return
        node = _Node(tag, {name: value or "" for name, value in attrs})
        self._open[-1].children.append(node)
        if tag not in _VOID:
            self._open.append(node)

    def handle_endtag(self, tag: str) -> None:
        if any(node.tag == tag for node in self._open[1:]):
            while self._open.pop().tag != tag:
                pass

    def handle_data(self, data: str) -> None:
        self._open[-1].children.append(data)


def escape_inline(text: str) -> str:
    """The text so that Markdown shows each character of it, within a line."""
    return _SPECIAL.sub(r"\\\g<0>", text)


def guard_line_starts(text: str) -> str:
    """Keep lines from being taken for headings, list items and the like."""
    return _LINE_START.sub(_guarded, text)


def _guarded(match: re.Match[str]) -> str:
    indent, sign, number, point = match.groups()
    return f"{indent}\\{sign}" if sign else f"{indent}{number}\\{point}"


def to_markdown(html: str) -> str:
    """The Markdown for sanitised HTML. Never fails; unbalanced tags end where their parent ends."""
    builder = _Builder()
    builder.feed(html)
    builder.close()
    return _blocks(builder.root.children)


def _blocks(children: "Iterable[_Node | str]") -> str:
    """The children as blocks; runs of inline content between blocks are paragraphs."""
    written: list[str] = []
    run: list[_Node | str] = []
    for child in [*children, _Node("p")]:
        if isinstance(child, _Node) and child.tag in _BLOCKS:
            written += [_paragraph(run), _block(child)]
            run = []
        else:
            run.append(child)
    return "\n\n".join(block for block in written if block.strip())


def _paragraph(children: "Iterable[_Node | str]") -> str:
    return guard_line_starts(_inline(children).strip())


def _block(node: _Node) -> str:
    match node.tag:
        case "hr":
            written = "---"
        case "pre":
            written = _fenced(_text(node).removesuffix("\n"))
        case "blockquote":
            written = _prefixed(_blocks(node.children), "> ", "> ")
        case "ul" | "ol":
            written = _listed(node)
        case "table":
            written = _table(node)
        case heading if heading in _HEADINGS:
            text = " ".join(_inline(node.children).split())
            written = f"{'#' * int(heading[1])} {text}" if text else ""
        case _:
            written = _blocks(node.children) if _has_block(node) else _paragraph(node.children)
    return written


def _has_block(node: _Node) -> bool:
    return any(isinstance(child, _Node) and child.tag in _BLOCKS for child in node.children)


def _fenced(code: str) -> str:
    fence = "`" * max(3, 1 + max((len(run) for run in re.findall(r"`+", code)), default=0))
    return f"{fence}\n{code}\n{fence}"


def _prefixed(text: str, first: str, rest: str) -> str:
    lines = text.split("\n")
    return "\n".join(f"{first if index == 0 else rest}{line}".rstrip(" ") for index, line in enumerate(lines))


def _listed(node: _Node) -> str:
    start = node.attributes.get("start", "1")
    number = int(start) if start.isascii() and start.isdigit() and len(start) <= 9 else 1
    items: list[str] = []
    for child in node.children:
        if isinstance(child, _Node) and child.tag == "li":
            marker = f"{number + len(items)}. " if node.tag == "ol" else "- "
            items.append(_prefixed(_blocks(child.children), marker, " " * len(marker)))
    return "\n".join(items)


def _table(node: _Node) -> str:
    rows = [_cells(row) for row in _descendants(node, "tr")]
    rows = [row for row in rows if row]
    if not rows:
        return ""
    width = max(map(len, rows))
    lines = [f"| {' | '.join(row + [''] * (width - len(row)))} |" for row in rows]
    return "\n".join([lines[0], f"|{' --- |' * width}", *lines[1:]])


def _cells(row: _Node) -> list[str]:
    cells = [child for child in row.children if isinstance(child, _Node) and child.tag in {"th", "td"}]
    return [" ".join(_inline(cell.children).split()) for cell in cells]


def _descendants(node: _Node, tag: str) -> list[_Node]:
    nodes = [child for child in node.children if isinstance(child, _Node)]
    return [found for child in nodes for found in ([child] if child.tag == tag else _descendants(child, tag))]


def _inline(children: "Iterable[_Node | str]") -> str:
    written = "".join(_words(child) if isinstance(child, str) else _inline_node(child) for child in children)
    return re.sub(r"(?<! ) ?\n *(?=\n)|(?<=\n) +", "", written)


def _words(text: str) -> str:
    return escape_inline(re.sub(r"\s+", " ", text))


def _inline_node(child: _Node) -> str:
    match child.tag:
        case "br":
            return _HARD_BREAK
        case "img":
            return _linked(child.attributes.get("src", ""), escape_inline(child.attributes.get("alt", "")), "!")
        case "a":
            return _linked(child.attributes.get("href", ""), _inline(child.children).strip(), "")
        case "code" | "pre":
            return _code_span(_text(child))
        case tag if tag in _MARKS:
            return _marked(_inline(child.children), _MARKS[tag])
        case _:
            return _inline(child.children) + (" " if child.tag in _BLOCKS else "")


def _marked(text: str, mark: str) -> str:
    """Marks must touch the text, so that spaces at its ends go outside."""
    core = text.strip()
    if not core:
        return text
    before, after = text[: len(text) - len(text.lstrip())], text[len(text.rstrip()) :]
    return f"{before}{mark}{core}{mark}{after}"


def _linked(url: str, text: str, sign: str) -> str:
    if not url:
        return text
    return f"{sign}[{text or escape_inline(url)}]({destination(url)})"


def _code_span(code: str) -> str:
    flat = " ".join(code.split("\n"))
    if not flat.strip():
        return flat
    ticks = "`" * (1 + max((len(run) for run in re.findall(r"`+", flat)), default=0))
    pad = " " if flat.startswith("`") or flat.endswith("`") else ""
    return f"{ticks}{pad}{flat}{pad}{ticks}"


def _text(node: _Node) -> str:
    return "".join(child if isinstance(child, str) else _text(child) for child in node.children)
