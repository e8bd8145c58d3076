"""The AMQP codec."""

import uuid

import pytest

from local.broker.decoding import DecodeError, decode
from local.broker.encoding import described_list, encode, section
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

ID = uuid.UUID("00112233-4455-6677-8899-aabbccddeeff")
VALUES: list[Value] = [
    None, True, False, 0, -1, 127, 128, -129, 1 << 62, 1.5, "", "å" * 200, b"", b"x" * 300, ID, Symbol("s"),
    Ubyte(255), Ushort(65535), Uint(0), Uint(255), Uint(256), Ulong(0), Ulong(1), Ulong(1 << 63), Byte(-1), Short(-2),
    Int(-3), Char(0x1F600), Timestamp(-1), Float(0.5), Opaque(0x74, b"1234"), [], [1, "a", None], list(range(300)), {},
    {"a": {"b": [1]}}, Described(Ulong(0x24), []), Described(Symbol("a:b"), "x"), Array(), Array([ID, ID]),
    Array([Symbol("a"), Symbol("b")]), Array([1, 1 << 40]), Array([Uint(7)]), Array(["a"]), Array([b"a"]),
    Array([True, False]), Array([[1], ["a"]]), Array([{"a": 1}]), Array([Described(Ulong(9), "x")]), Array([1.5]),
]  # fmt: skip


@pytest.mark.parametrize("value", VALUES, ids=repr)
def test_value_comes_back_as_what_it_was(value: Value) -> None:
    """Every value decodes to an equal one of the same type, and ends where its bytes end."""
    raw = encode(value)
    found, end = decode(raw + b"rest")
    assert (found, type(found), end) == (value, type(value), len(raw))


@pytest.mark.parametrize(
    ("raw", "value"),
    [
        ("5601", True), ("5600", False), ("5405", 5), ("54ff", -1), ("55ff", -1), ("70000000ff", 255), ("43", 0),
        ("a10161", "a"), ("b10000000161", "a"), ("d0000000050000000140", [None]), ("c10302405407", {None: 7}),
        ("f00000000700000002560001", [False, True]), ("e0020043", []),
    ],
)  # fmt: skip
def test_every_legal_form_decodes(raw: str, value: Value) -> None:
    """A value may be written wide or narrow."""
    assert decode(bytes.fromhex(raw))[0] == value


@pytest.mark.parametrize("raw", ["c0030240", "e00305a0", "c1020141", "c1050245455405", "a301ff", "a102c328", "9800"])
def test_wrong_bytes_are_refused(raw: str) -> None:
    """Wrong sizes, odd maps, keys that cannot be keys and broken texts are DecodeErrors."""
    with pytest.raises(DecodeError):
        decode(bytes.fromhex(raw))


@pytest.mark.parametrize("value", VALUES, ids=repr)
def test_cut_off_value_is_refused(value: Value) -> None:
    """A value without its last byte is a DecodeError, never another one."""
    with pytest.raises(DecodeError):
        decode(encode(value)[:-1])


def test_unknown_type_and_endless_nesting_are_refused() -> None:
    """Unknown type codes, deep nesting and counts beyond the size are DecodeErrors."""
    for raw in (b"\x99", b"\x00" * 100, b"\xd0\x00\x00\x00\x05\xff\xff\xff\xff\x40", b""):
        with pytest.raises(DecodeError):
            decode(raw)
    nested: Value = []
    for _ in range(100):
        nested = [nested]
    with pytest.raises(DecodeError):
        decode(encode(nested))


def test_descriptor_is_one_small_number() -> None:
    """Sections and performatives begin with the three bytes that the client reads without decoding."""
    assert section(0x77, "x")[:3] == bytes.fromhex("005377")
    assert described_list(0x12, ["a", None, None]) == bytes.fromhex("005312c00401a10161")


def test_what_amqp_lacks_is_refused() -> None:
    """A Python object without an AMQP type is a TypeError."""
    with pytest.raises(TypeError):
        encode(object())
