"""Where everything of one stack listens: one block of six ports, all on the loopback address."""

import os
from dataclasses import dataclass
from pathlib import Path

HOST = "127.0.0.1"
DEFAULT_PORT_BASE = 7071
PORTS = 6
ROOT = Path(__file__).resolve().parent.parent


@dataclass(frozen=True, slots=True)
class Addresses:
    """The ports and URLs that follow from the first port of the block."""

    port_base: int = DEFAULT_PORT_BASE

    @property
    def functions(self) -> int:
        """Port of the Functions host."""
        return self.port_base

    @property
    def services(self) -> int:
        """Port of the stand-ins."""
        return self.port_base + 1

    @property
    def blob(self) -> int:
        """Port of Azurite's blob service."""
        return self.port_base + 2

    @property
    def queue(self) -> int:
        """Port of Azurite's queue service."""
        return self.port_base + 3

    @property
    def table(self) -> int:
        """Port of Azurite's table service."""
        return self.port_base + 4

    @property
    def broker(self) -> int:
        """Port of the Service Bus broker."""
        return self.port_base + 5

    @property
    def functions_url(self) -> str:
        """Base URL of the Functions host, without a slash at the end."""
        return f"http://{HOST}:{self.functions}"

    @property
    def services_url(self) -> str:
        """Base URL of the stand-ins, without a slash at the end."""
        return f"http://{HOST}:{self.services}"

    def named(self) -> dict[str, int]:
        """Return every port under the name of what listens there."""
        return {
            "functions": self.functions,
            "services": self.services,
            "blob": self.blob,
            "queue": self.queue,
            "table": self.table,
            "broker": self.broker,
        }


def default_port_base() -> int:
    """Return the first port that the environment asks for (`PORT_BASE`), or 7071.

    Raises:
        ValueError: when `PORT_BASE` is no number between 1024 and 65530.
    """
    return parse_port_base(os.environ.get("PORT_BASE") or str(DEFAULT_PORT_BASE))


def parse_port_base(text: str) -> int:
    """Return `text` as the first port of a block.

    Raises:
        ValueError: when it is no number, or the block would leave 1024 to 65535.
    """
    if not text.isdecimal() or not 1024 <= int(text) <= 65536 - PORTS:
        raise ValueError(f"PORT_BASE must be a number from 1024 to {65536 - PORTS}, not {text!r}.")
    return int(text)


def default_state(port_base: int) -> Path:
    """Return the folder in which the stack on these ports keeps everything that survives it."""
    return ROOT / ".local" / str(port_base)
