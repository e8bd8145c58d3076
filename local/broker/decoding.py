"""Reads AMQP 1.0 values from bytes.

One reader per type code, in a table: `reader(data, at, depth)` returns the value and the offset after it.
Source: OASIS AMQP 1.0, part 1.6 (primitive type definitions).
"""

import struct
import uuid
from collections.abc import Callable
from typing import Final

from local.broker.values import (
    Array,
    Byte,
    Char,
    Described,
    Float,
    Int,
    Opaque,
    Short,
    Symbol,
    Timestamp,
    Ubyte,
    Uint,
    Ulong,
    Ushort,
    Value,
)

MAX_DEPTH: Final = 32

type Reader = Callable[[bytes, int, int], tuple[Value, int]]

_UINT32 = struct.Struct(">I")
_PAIR32 = struct.Struct(">II")


class DecodeError(ValueError):
    """The bytes are no AMQP value."""


def decode(data: bytes, at: int = 0) -> tuple[Value, int]:
    """Return the value that starts at offset `at`, and the offset after it.

    Raises:
        DecodeError: when the bytes end too early, nest too deeply or name an unknown type.
    """
    try:
        return _read(data, at, 0)
    except (IndexError, struct.error, UnicodeDecodeError, TypeError, ValueError) as error:
        raise DecodeError(f"The bytes at offset {at} are no AMQP value: {error}") from error


def _read(data: bytes, at: int, depth: int) -> tuple[Value, int]:
    reader = _READERS[data[at]]
    if reader is None:
        raise DecodeError(f"Type code 0x{data[at]:02x} is unknown")
    return reader(data, at + 1, depth)


def _described(data: bytes, at: int, depth: int) -> tuple[Value, int]:
    _check_depth(depth)
    descriptor, at = _read(data, at, depth + 1)
    value, at = _read(data, at, depth + 1)
    return Described(descriptor, value), at


def _check_depth(depth: int) -> None:
    if depth > MAX_DEPTH:
        raise DecodeError("Values nest too deeply")


def _constant(value: Value) -> Reader:
    return lambda _data, at, _depth: (value, at)


def _empty_list(_data: bytes, at: int, _depth: int) -> tuple[Value, int]:
    return [], at


def _fixed(layout: str, kind: Callable[[Value], Value] | None = None) -> Reader:
    unpack, size = struct.Struct(layout).unpack_from, struct.calcsize(layout)

    def read(data: bytes, at: int, _depth: int) -> tuple[Value, int]:
        value = unpack(data, at)[0]
        return (value if kind is None else kind(value)), at + size

    return read


def _uuid(data: bytes, at: int, _depth: int) -> tuple[Value, int]:
    return uuid.UUID(bytes=data[at : at + 16]), at + 16


def _opaque(code: int, size: int) -> Reader:
    unpack = struct.Struct(f"{size}s").unpack_from
    return lambda data, at, _depth: (Opaque(code, unpack(data, at)[0]), at + size)


def _variable(wide: bool, kind: Callable[[bytes], Value]) -> Reader:
    def read(data: bytes, at: int, _depth: int) -> tuple[Value, int]:
        size, start = (_UINT32.unpack_from(data, at)[0], at + 4) if wide else (data[at], at + 1)
        raw = data[start : start + size]
        if len(raw) != size:
            raise DecodeError("The value is cut off")
        return kind(raw), start + size

    return read


def _bounds(data: bytes, at: int, wide: bool) -> tuple[int, int, int]:
    """Return the number of items, where they start and where the compound value ends."""
    if wide:
        size, count = _PAIR32.unpack_from(data, at)
        start, end = at + 8, at + 4 + size
    else:
        size, count = data[at], data[at + 1]
        start, end = at + 2, at + 1 + size
    if end > len(data) or count > size:
        raise DecodeError("The size of a compound value is wrong")
    return count, start, end


def _items(data: bytes, at: int, depth: int, wide: bool) -> tuple[list[Value], int]:
    _check_depth(depth)
    count, at, end = _bounds(data, at, wide)
    items = []
    for _ in range(count):
        value, at = _read(data, at, depth + 1)
        items.append(value)
    return items, end


def _list(wide: bool) -> Reader:
    return lambda data, at, depth: _items(data, at, depth, wide)


def _map(wide: bool) -> Reader:
    def read(data: bytes, at: int, depth: int) -> tuple[Value, int]:
        items, end = _items(data, at, depth, wide)
        return dict(zip(items[::2], items[1::2], strict=True)), end

    return read


def _array(wide: bool) -> Reader:
    def read(data: bytes, at: int, depth: int) -> tuple[Value, int]:
        _check_depth(depth)
        count, at, end = _bounds(data, at, wide)
        code, descriptor, at = data[at], None, at + 1
        if code == 0x00:
            descriptor, at = _read(data, at, depth + 1)
            code, at = data[at], at + 1
        reader = _READERS[code]
        if reader is None:
            raise DecodeError(f"Type code 0x{code:02x} is unknown")
        items = Array()
        for _ in range(count):
            value, at = reader(data, at, depth + 1)
            items.append(value if descriptor is None else Described(descriptor, value))
        return items, end

    return read


def _text(raw: bytes) -> str:
    return raw.decode()


def _symbol(raw: bytes) -> Symbol:
    return Symbol(raw.decode("ascii"))


_READERS: list[Reader | None] = [None] * 256
for _code, _reader in {
    0x00: _described,
    0x40: _constant(None),
    0x41: _constant(True),
    0x42: _constant(False),
    0x56: _fixed(">?"),
    0x50: _fixed(">B", Ubyte),
    0x60: _fixed(">H", Ushort),
    0x43: _constant(Uint(0)),
    0x52: _fixed(">B", Uint),
    0x70: _fixed(">I", Uint),
    0x44: _constant(Ulong(0)),
    0x53: _fixed(">B", Ulong),
    0x80: _fixed(">Q", Ulong),
    0x51: _fixed(">b", Byte),
    0x61: _fixed(">h", Short),
    0x54: _fixed(">b", Int),
    0x71: _fixed(">i", Int),
    0x55: _fixed(">b"),
    0x81: _fixed(">q"),
    0x72: _fixed(">f", Float),
    0x82: _fixed(">d"),
    0x73: _fixed(">I", Char),
    0x83: _fixed(">q", Timestamp),
    0x98: _uuid,
    0x74: _opaque(0x74, 4),
    0x84: _opaque(0x84, 8),
    0x94: _opaque(0x94, 16),
    0xA0: _variable(False, bytes),
    0xB0: _variable(True, bytes),
    0xA1: _variable(False, _text),
    0xB1: _variable(True, _text),
    0xA3: _variable(False, _symbol),
    0xB3: _variable(True, _symbol),
    0x45: _empty_list,
    0xC0: _list(False),
    0xD0: _list(True),
    0xC1: _map(False),
    0xD1: _map(True),
    0xE0: _array(False),
    0xF0: _array(True),
}.items():
    _READERS[_code] = _reader
