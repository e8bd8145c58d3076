"""Addresses that a message points to: which may be given, and how one is written as a link. Pure."""

import re
from collections.abc import Collection
from urllib.parse import urlsplit

from shared.domain.checks_files import characters
from shared.domain.errors import DomainError, Refusal

MAX_ADDRESS = 1023  # The longest that Dialogporten takes.

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


def check_address(url: str, hosts: Collection[str], *, member: str) -> None:
    """The sender may point to content there; `member` is where they said so. Raises 7010, 7011.

    Only what every reader takes for the same address passes: ASCII, no user, no port. Source: design 4.
    """
    if not url.isascii() or not is_https(url, longest=MAX_ADDRESS) or set("@:") & set(urlsplit(url).netloc):
        wanted = f"an absolute https address in ASCII of at most {MAX_ADDRESS} characters, without user and port"
        raise DomainError(Refusal.EXTERNAL_ADDRESS_INVALID, f"{member} must be {wanted}")
    host = urlsplit(url).netloc.lower()
    if host not in hosts:
        allowed = ", ".join(sorted(hosts)) or "none"
        raise DomainError(Refusal.EXTERNAL_HOST_NOT_ALLOWED, f"{member} must be on a host that is allowed: {allowed}")


def destination(url: str) -> str:
    """The address as the destination of a Markdown link, where nothing in it ends the link or becomes another sign."""
    coded = _ENDS_A_LINK.sub(lambda match: "".join(f"%{byte:02X}" for byte in match[0].encode()), url)
    return _MEANS_MORE.sub(r"\\\g<0>", coded)
