"""Where events may be posted: https addresses of hosts on the public network, written in one way only. Pure.

What two programs could read as two different places is refused by its form. What a name points to is judged when it is
called, address by address, by `is_public`. Source: Standard Webhooks (no internal addresses), WHATWG URL (what reads
as an IPv4 address), RFC 6761 and 6762 (names that never leave a network).
"""

import ipaddress
import re
from urllib.parse import SplitResult, urlsplit

type Address = ipaddress.IPv4Address | ipaddress.IPv6Address

MAX_ENDPOINT = 2000

_PLATFORM = frozenset({ipaddress.ip_address("168.63.129.16")})  # Azure's own services: public by form, not by nature.
_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
_COMPATIBLE = ipaddress.IPv6Network("::/96")
_ISATAP = (0x00005EFE, 0x02005EFE)
_LOOPBACK = frozenset({ipaddress.ip_address("127.0.0.1"), ipaddress.ip_address("::1")})
_LOOPBACK_NAME = "localhost"

_ABSOLUTE = re.compile(r"https?://[^/]", re.IGNORECASE)
_PLACE = re.compile(r"(?:[^/]*@)?(?:\[[^\[\]]+\]|[^\[\]:]+)(?::\d*)?")
_VISIBLE = re.compile(r"[!-~]+")
_NO_ADDRESS = frozenset('<>"{}|\\^`')
_LABEL = re.compile(r"(?!-)[a-z0-9-]{1,63}(?<!-)")
_READS_AS_NUMBER = re.compile(r"\d+|0x[0-9a-f]*")
_MAX_NAME = 253
_HTTPS_PORT = 443
_FIRST_FREE_PORT = 1024
_MAX_PORT = 65535
_INSIDE = frozenset(
    {"localhost", "local", "internal", "intranet", "lan", "corp", "home", "localdomain", "onion", "invalid", "arpa"}
)
"""Last labels of names that never are somebody's on the public network."""


def broken_rule(endpoint: str, *, loopback_allowed: bool = False) -> str | None:
    """What the form of this endpoint breaks, in words that go after its name; None when it may be tried.

    `loopback_allowed` also lets 127.0.0.1, ::1 and localhost through, by http too and at any port: for local runs.
    """
    if rule := _of_text(endpoint):
        return rule
    parts = _split(endpoint)
    if parts is None or parts.hostname is None:
        return "must be an absolute https address"
    if "@" in parts.netloc:
        return "must not hold a user name or a password: credentials do not belong in the address"
    if loopback_allowed and is_loopback(parts.hostname):
        return None
    return _of_port(parts) or _of_host(parts.hostname, is_bracketed="[" in parts.netloc)


def is_public(address: Address) -> bool:
    """True for a global unicast address that is not a disguise of another kind of address."""
    if address in _PLATFORM or address.is_multicast or not address.is_global:
        return False
    if isinstance(address, ipaddress.IPv6Address):
        wrapped = _wrapped(address)
        return wrapped is None or is_public(wrapped)
    return True


def is_loopback(host: str) -> bool:
    """True for the two addresses, and the name, that a local run may post to."""
    try:
        return ipaddress.ip_address(host) in _LOOPBACK
    except ValueError:
        return host == _LOOPBACK_NAME


def _wrapped(address: ipaddress.IPv6Address) -> ipaddress.IPv4Address | None:
    """The IPv4 address that packets to this IPv6 address end up at."""
    if address in _NAT64 or address in _COMPATIBLE or (int(address) >> 32) & 0xFFFFFFFF in _ISATAP:
        return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    return address.ipv4_mapped or address.sixtofour or (address.teredo[1] if address.teredo else None)


def _of_text(endpoint: str) -> str | None:
    if len(endpoint) > MAX_ENDPOINT:
        return f"cannot be longer than {MAX_ENDPOINT} characters"
    if not _VISIBLE.fullmatch(endpoint) or _NO_ADDRESS & set(endpoint):
        return "must be written in ASCII without blanks: encode its path by percent, its host in Punycode (xn--)"
    if "#" in endpoint:
        return "must not have a fragment: it is never sent"
    return None


def _split(endpoint: str) -> SplitResult | None:
    """The parts of an absolute address of http or https with a port that is one, or None."""
    try:
        parts = urlsplit(endpoint)
        _ = parts.port
    except ValueError:
        return None
    return parts if _ABSOLUTE.match(endpoint) and _PLACE.fullmatch(parts.netloc) else None


def _of_port(parts: SplitResult) -> str | None:
    if parts.scheme != "https":
        return "must be an https address"
    if parts.netloc.endswith(":"):
        return "must have a number after the colon, or no colon"
    if parts.port not in {None, _HTTPS_PORT} and not _FIRST_FREE_PORT <= (parts.port or 0) <= _MAX_PORT:
        return f"must be at port {_HTTPS_PORT}, or at {_FIRST_FREE_PORT} to {_MAX_PORT}"
    return None


def _of_host(host: str, *, is_bracketed: bool) -> str | None:
    if is_bracketed:
        return _of_ipv6(host)
    labels = host.split(".")
    if labels[-1] == "":
        return "must not end its host in a dot"
    if _READS_AS_NUMBER.fullmatch(labels[-1]):
        return _of_ipv4(host)
    if len(host) > _MAX_NAME or not all(map(_LABEL.fullmatch, labels)):
        return "must name its host by letters, digits and hyphens, parts joined by dots"
    if len(labels) < 2 or labels[-1] in _INSIDE:
        return "must name a host on the public network"
    return None


def _of_ipv6(host: str) -> str | None:
    if "%" in host:
        return "must not name a zone of its IPv6 address"
    try:
        address = ipaddress.IPv6Address(host)
    except ValueError:
        return "must have an IPv6 address between the brackets"
    return None if is_public(address) else "must be at a public address"


def _of_ipv4(host: str) -> str | None:
    """Four decimal numbers, the one form that every program reads in the same way."""
    try:
        address = ipaddress.IPv4Address(host)
    except ValueError:
        return "must write its IPv4 address as four decimal numbers without leading zeros"
    return None if is_public(address) else "must be at a public address"
