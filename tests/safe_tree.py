"""What a browser would make of a document, and whether any of it could do harm."""

from selectolax.lexbor import LexborHTMLParser, LexborNode

from shared.adapters.html_to_markdown import TAGS
from shared.adapters.texts import ATTRIBUTES, LINK_SCHEMES

_FRAME = {"html": {"lang"}, "head": set[str](), "meta": {"charset"}, "title": set[str](), "body": set[str]()}
_RENDERED = {"a": {"rel"}, "td": {"style"}, "th": {"style"}, "code": {"class"}}
"""What renderers add by themselves."""
_ADDRESSES = frozenset({"href", "src"})
_NOT_TAGS = frozenset({"-text", "-undef", "-document", "!doctype", "-doctype"})


def faults(document: str) -> list[str]:
    """Every tag, attribute and scheme of the parsed document that nobody allows."""
    found = []
    for node in _nodes(document):
        tag = node.tag or ""
        if tag not in TAGS and tag not in _FRAME:
            found.append(f"<{tag}>")
            continue
        allowed = {*_FRAME.get(tag, ()), *ATTRIBUTES.get(tag, ()), *_RENDERED.get(tag, ()), *ATTRIBUTES["*"]}
        for name, value in node.attributes.items():
            if name not in allowed or (name in _ADDRESSES and not _is_allowed(value or "")):
                found.append(f"<{tag} {name}={value}>")
    return found


def text_of(document: str, tag: str) -> list[str]:
    """The text of every element of this name."""
    return [node.text() for node in LexborHTMLParser(document).css(tag)]


def _nodes(document: str) -> list[LexborNode]:
    root = LexborHTMLParser(document).root
    assert root is not None
    return [node for node in root.traverse(include_text=True) if node.tag not in _NOT_TAGS]


def _is_allowed(address: str) -> bool:
    """As a browser reads it: without what it drops, with one of the schemes, or without any."""
    read = "".join(c for c in address if c > " ")
    scheme, colon, _ = read.partition(":")
    return not address or (bool(colon) and scheme.lower() in LINK_SCHEMES)
