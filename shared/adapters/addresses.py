"""Which network addresses a request of ours goes to: found once, judged, and then connected to."""

import asyncio
import ipaddress
import socket

from shared.domain.endpoints import Address, is_public


class AddressRefused(Exception):
    """The endpoint breaks `rule`, by its form or by an address of its host that a subscriber cannot have."""

    def __init__(self, rule: str) -> None:
        super().__init__(rule)
        self.rule = rule


async def resolve(host: str, port: int) -> tuple[Address, ...]:
    """All addresses of the host, in the resolver's order. Raises OSError when there are none."""
    loop = asyncio.get_running_loop()
    found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return tuple(dict.fromkeys(ipaddress.ip_address(entry[4][0]) for entry in found))


def require_public(addresses: tuple[Address, ...]) -> None:
    """Raise AddressRefused unless every one of them is a public unicast address, also inside a wrapping one."""
    if not addresses or not all(is_public(address) for address in addresses):
        raise AddressRefused("must be on a host of which every address is public")
