"""The AMQP 1.0 scalar types that Python lacks, so that a value read from the wire is written back as what it was.

The scalars are subclasses of the built-in types because they must behave as numbers and strings everywhere else.
Source: OASIS AMQP 1.0, part 1 (types).
"""

from dataclasses import dataclass
from typing import Any

type Value = Any  # Whatever AMQP can carry: decoding knows no more about it than this.


class Symbol(str):
    """An ASCII name from a constrained domain."""

    __slots__ = ()


class Ubyte(int):
    """An unsigned integer of 8 bits."""

    __slots__ = ()


class Ushort(int):
    """An unsigned integer of 16 bits."""

    __slots__ = ()


class Uint(int):
    """An unsigned integer of 32 bits."""

    __slots__ = ()


class Ulong(int):
    """An unsigned integer of 64 bits."""

    __slots__ = ()


class Byte(int):
    """A signed integer of 8 bits."""

    __slots__ = ()


class Short(int):
    """A signed integer of 16 bits."""

    __slots__ = ()


class Int(int):
    """A signed integer of 32 bits; a plain int is 64 bits wide."""

    __slots__ = ()


class Char(int):
    """One Unicode code point."""

    __slots__ = ()


class Timestamp(int):
    """Milliseconds since 1970-01-01T00:00:00Z."""

    __slots__ = ()


class Float(float):
    """A binary floating point number of 32 bits; a plain float has 64."""

    __slots__ = ()


class Array(list[Value]):
    """Values of one type, written with one constructor; a plain list may mix types."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Described:
    """A value with the descriptor that says what it means."""

    descriptor: Value
    value: Value


@dataclass(frozen=True, slots=True)
class Opaque:
    """A decimal number: carried as its bytes, never interpreted."""

    code: int
    raw: bytes


def timestamp(seconds: float) -> Timestamp:
    """Return the AMQP timestamp of `seconds` since the epoch."""
    return Timestamp(int(seconds * 1000))
