"""Addresses that a message points to: which may be given, and how one is written as a link. Pure."""

import re
from urllib.parse import urlsplit

from shared.domain.checks_files import characters

_ENDS_A_LINK = re.compile(r"[\s<>\\]")
_MEANS_MORE = re.compile(r"[()]|&(?=#?\w+;)")
_NO_ADDRESS = frozenset('<>"{}|\\^`')


def is_https(url: str, *, longest: int) -> bool:
    """True for an absolute https address of at most `longest` characters, without any that must be encoded."""
    if characters(url) > longest or any(c.isspace() or c in _NO_ADDRESS or ord(c) < 32 for c in url):
        return False
    try:
        parts = urlsplit(url)
        return parts.scheme == "https" and bool(parts.hostname) and (parts.port is None or parts.port > 0)
    except ValueError:
        return False


def destination(url: str) -> str:
    """The address as the destination of a Markdown link, where nothing in it ends the link or becomes another sign."""
    coded = _ENDS_A_LINK.sub(lambda match: "".join(f"%{byte:02X}" for byte in match[0].encode()), url)
    return _MEANS_MORE.sub(r"\\\g<0>", coded)
