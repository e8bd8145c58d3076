"""Which network addresses a request of ours may go to."""

import asyncio
import ipaddress
import socket

type Address = ipaddress.IPv4Address | ipaddress.IPv6Address

_PLATFORM = frozenset({ipaddress.ip_address("168.63.129.16")})  # Azure's own services: public by form, not by nature.
_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")


class AddressRefused(Exception):
    """The host has an address that a subscriber cannot have: private, loopback, link-local, multicast and the like."""


async def resolve(host: str, port: int) -> tuple[Address, ...]:
    """All addresses of the host, in the resolver's order. Raises OSError when there are none."""
    loop = asyncio.get_running_loop()
    found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return tuple(dict.fromkeys(ipaddress.ip_address(entry[4][0]) for entry in found))


def require_public(addresses: tuple[Address, ...]) -> None:
    """Raise AddressRefused unless every one of them is a public unicast address, also inside a wrapping one."""
    if not addresses or not all(is_public(address) for address in addresses):
        raise AddressRefused


def is_public(address: Address) -> bool:
    """True for a global unicast address that is not a disguise of another kind of address."""
    if address in _PLATFORM or address.is_multicast or not address.is_global:
        return False
    if isinstance(address, ipaddress.IPv6Address):
        wrapped = address.ipv4_mapped or address.sixtofour
        if wrapped is None and address in _NAT64:
            wrapped = ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
        return wrapped is None or is_public(wrapped)
    return True
