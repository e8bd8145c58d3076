"""Writes AMQP 1.0 values as bytes, each in its shortest form.

Source: OASIS AMQP 1.0, part 1.6 (primitive type definitions).
"""

import struct
import uuid
from collections.abc import Callable, Iterable, Sequence

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

type Writer = Callable[[bytearray, Value], None]

_UINT32 = struct.Struct(">I")
_PAIR32 = struct.Struct(">II")


def encode(value: Value) -> bytes:
    """Return the AMQP bytes of `value`.

    Raises:
        TypeError: when AMQP has no type for it.
    """
    out = bytearray()
    _write(out, value)
    return bytes(out)


def described_list(code: int, fields: Iterable[Value]) -> bytes:
    """Return a list described by `code`; empty fields at its end are left out.

    The descriptor is always a small ulong, since the client reads it as one fixed byte.
    """
    items = list(fields)
    while items and items[-1] is None:
        items.pop()
    return section(code, items)


def section(code: int, value: Value) -> bytes:
    """Return `value` described by `code` (below 256)."""
    return b"\x00\x53" + bytes((code,)) + encode(value)


def _write(out: bytearray, value: Value) -> None:
    writer = _WRITERS.get(type(value))
    if writer is None:
        raise TypeError(f"AMQP has no type for {type(value).__name__}")
    writer(out, value)


def _null(out: bytearray, _value: Value) -> None:
    out.append(0x40)


def _boolean(out: bytearray, value: Value) -> None:
    out.append(0x41 if value else 0x42)


def _fixed(code: int, layout: str) -> Writer:
    pack = struct.Struct(layout).pack

    def write(out: bytearray, value: Value) -> None:
        out.append(code)
        out += pack(value)

    return write


def _shrinking(small: int, large: int, layout: str, zero: int) -> Writer:
    pack = struct.Struct(layout).pack

    def write(out: bytearray, value: Value) -> None:
        if value == 0:
            out.append(zero)
        elif value < 256:
            out += bytes((small, value))
        else:
            out.append(large)
            out += pack(value)

    return write


def _long(out: bytearray, value: Value) -> None:
    if -128 <= value < 128:
        out += bytes((0x55, value & 0xFF))
    else:
        out.append(0x81)
        out += struct.pack(">q", value)


def _uuid(out: bytearray, value: Value) -> None:
    out.append(0x98)
    out += value.bytes


def _opaque(out: bytearray, value: Value) -> None:
    out.append(value.code)
    out += value.raw


def _variable(out: bytearray, small: int, raw: bytes) -> None:
    size = len(raw)
    if size < 256:
        out += bytes((small, size))
    else:
        out.append(small + 0x10)
        out += _UINT32.pack(size)
    out += raw


def _binary(out: bytearray, value: Value) -> None:
    _variable(out, 0xA0, value)


def _string(out: bytearray, value: Value) -> None:
    _variable(out, 0xA1, value.encode())


def _symbol(out: bytearray, value: Value) -> None:
    _variable(out, 0xA3, value.encode("ascii"))


def _described(out: bytearray, value: Value) -> None:
    out.append(0x00)
    _write(out, value.descriptor)
    _write(out, value.value)


def _compound(out: bytearray, small: int, count: int, items: bytearray) -> None:
    if len(items) < 255 and count < 256:
        out += bytes((small, len(items) + 1, count))
    else:
        out.append(small + 0x10)
        out += _PAIR32.pack(len(items) + 4, count)
    out += items


def _list(out: bytearray, value: Value) -> None:
    if not value:
        out.append(0x45)
        return
    items = bytearray()
    for item in value:
        _write(items, item)
    _compound(out, 0xC0, len(value), items)


def _map(out: bytearray, value: Value) -> None:
    items = bytearray()
    for key, item in value.items():
        _write(items, key)
        _write(items, item)
    _compound(out, 0xC1, 2 * len(value), items)


def _sized(raw: bytes) -> bytes:
    return _UINT32.pack(len(raw)) + raw


def _plain_list(value: Sequence[Value]) -> bytes:
    items = b"".join(map(encode, value))
    return _PAIR32.pack(len(items) + 4, len(value)) + items


def _plain_map(value: dict[Value, Value]) -> bytes:
    items = b"".join(encode(key) + encode(item) for key, item in value.items())
    return _PAIR32.pack(len(items) + 4, 2 * len(value)) + items


def _array(out: bytearray, value: Value) -> None:
    """Write every element with the widest constructor of the first one's type."""
    first = value[0] if value else ""
    constructor, pack = b"", None
    if isinstance(first, Described):
        constructor = b"\x00" + encode(first.descriptor)
        value, first = [item.value for item in value], first.value
    code, pack = _ELEMENTS[type(first)]
    items = constructor + bytes((code,)) + b"".join(pack(item) for item in value)
    out.append(0xF0)
    out += _PAIR32.pack(len(items) + 4, len(value)) + items


_ELEMENTS: dict[type, tuple[int, Callable[[Value], bytes]]] = {
    bool: (0x56, lambda value: b"\x01" if value else b"\x00"),
    int: (0x81, struct.Struct(">q").pack),
    Int: (0x71, struct.Struct(">i").pack),
    Uint: (0x70, _UINT32.pack),
    Ulong: (0x80, struct.Struct(">Q").pack),
    Timestamp: (0x83, struct.Struct(">q").pack),
    float: (0x82, struct.Struct(">d").pack),
    uuid.UUID: (0x98, lambda value: value.bytes),
    bytes: (0xB0, _sized),
    str: (0xB1, lambda value: _sized(value.encode())),
    Symbol: (0xB3, lambda value: _sized(value.encode("ascii"))),
    list: (0xD0, _plain_list),
    dict: (0xD1, _plain_map),
}

_WRITERS: dict[type, Writer] = {
    type(None): _null,
    bool: _boolean,
    int: _long,
    Ubyte: _fixed(0x50, ">B"),
    Ushort: _fixed(0x60, ">H"),
    Uint: _shrinking(0x52, 0x70, ">I", 0x43),
    Ulong: _shrinking(0x53, 0x80, ">Q", 0x44),
    Byte: _fixed(0x51, ">b"),
    Short: _fixed(0x61, ">h"),
    Int: _fixed(0x71, ">i"),
    Timestamp: _fixed(0x83, ">q"),
    Char: _fixed(0x73, ">I"),
    Float: _fixed(0x72, ">f"),
    float: _fixed(0x82, ">d"),
    uuid.UUID: _uuid,
    Opaque: _opaque,
    bytes: _binary,
    bytearray: _binary,
    memoryview: _binary,
    str: _string,
    Symbol: _symbol,
    Described: _described,
    list: _list,
    tuple: _list,
    dict: _map,
    Array: _array,
}
