"""Dataclasses as JSON documents, and back: by their declared types, with a version, loud about anything unknown.

Every member is written, defaults too, so that a changed default never changes what was stored. A document with an
unknown version, member or enumeration value was written by a newer version and is refused: read and saved again by
this one, it would lose what it says.
"""

import base64
import json
import re
import types
from collections.abc import Callable, Mapping
from dataclasses import MISSING, Field, fields, is_dataclass
from datetime import UTC, datetime
from enum import StrEnum
from functools import cache
from typing import Any, NewType, Union, cast, get_args, get_origin, get_type_hints

from shared.adapters.tables import Value

VERSION = 1
CHUNK_UNITS = 30_000
"""UTF-16 units in one property; Azure Tables takes 32,768."""

_LONE_SURROGATE = re.compile("[\ud800-\udfff]")

type _Coder = Callable[[Any], Any]


class UnreadableDocument(Exception):
    """A stored document is not what this version can read. Says where, never what."""


def dump(value: Any) -> str:
    """The document of a dataclass."""
    text = json.dumps(
        {"v": VERSION, **_dataclass_plan(cast("Any", type(value)))[0](value)}, ensure_ascii=False, separators=(",", ":")
    )
    return _LONE_SURROGATE.sub(lambda match: f"\\u{ord(match[0]):04x}", text)


def load[T](kind: type[T], text: str) -> T:
    """The dataclass of a document. Raises UnreadableDocument."""
    try:
        document = json.loads(text)
        if document.pop("v", None) != VERSION:
            raise UnreadableDocument(f"{kind.__name__}: unknown version")
        value = _dataclass_plan(cast("Any", kind))[1](document)
    except (ValueError, TypeError, AttributeError, KeyError) as error:
        raise UnreadableDocument(f"{kind.__name__}: {type(error).__name__}") from None
    assert isinstance(value, kind)  # noqa: S101  the plan of a class makes that class
    return value


def columns(value: object) -> dict[str, Value]:
    """The document in as many columns as it needs: `doc`, `doc1`, `doc2`…"""
    return {f"doc{number or ''}": part for number, part in enumerate(_chunks(dump(value)))}


def from_columns[T](kind: type[T], row: Mapping[str, Value]) -> T:
    """The dataclass in the `doc` columns of a row. Raises UnreadableDocument."""
    parts: list[str] = []
    while (part := row.get(f"doc{len(parts) or ''}")) is not None:
        parts.append(str(part))
    return load(kind, "".join(parts))


def utf16_units(text: str) -> int:
    """The length as Azure Tables counts it: characters outside the basic plane count two."""
    return len(text) if text.isascii() else len(text) + sum(char > "\uffff" for char in text)


def _chunks(text: str) -> list[str]:
    if len(text) <= CHUNK_UNITS // 2 or utf16_units(text) <= CHUNK_UNITS:
        return [text]
    size = CHUNK_UNITS if text.isascii() else CHUNK_UNITS // 2
    return [text[start : start + size] for start in range(0, len(text), size)]


@cache
def _plan(kind: Any) -> tuple[_Coder, _Coder]:
    """How values of this declared type are written and read."""
    if isinstance(kind, NewType):
        return _plan(kind.__supertype__)
    if is_dataclass(kind):
        return _dataclass_plan(cast("Any", kind))
    origin, arguments = get_origin(kind), get_args(kind)
    if origin in {Union, types.UnionType} and len(arguments) == 2 and type(None) in arguments:
        return _optional_plan(next(a for a in arguments if a is not type(None)))
    if origin in {tuple, frozenset}:
        return _collection_plan(origin, arguments[0])
    return _enum_plan(kind) if isinstance(kind, type) and issubclass(kind, StrEnum) else _SCALARS[kind]


@cache
def _dataclass_plan(kind: Any) -> tuple[_Coder, _Coder]:
    hints = get_type_hints(kind)
    members = [(field.name, *_plan(hints[field.name])) for field in fields(kind)]
    needed = {field.name for field in fields(kind) if _is_needed(field)}
    readers = {name: read for name, _, read in members}

    def write(value: Any) -> dict[str, Any]:
        return {name: encode(getattr(value, name)) for name, encode, _ in members}

    def read(document: Any) -> Any:
        if missing := needed - document.keys():
            raise UnreadableDocument(f"{kind.__name__}: without {', '.join(sorted(missing))}")
        if unknown := document.keys() - readers.keys():
            raise UnreadableDocument(f"{kind.__name__}: {len(unknown)} unknown members")
        try:
            return kind(**{name: readers[name](value) for name, value in document.items()})
        except (ValueError, TypeError, AttributeError) as error:
            raise UnreadableDocument(f"{kind.__name__}: {type(error).__name__}") from None

    return write, read


def _is_needed(field: Field[Any]) -> bool:
    return field.default is MISSING and field.default_factory is MISSING


def _enum_plan(kind: type[StrEnum]) -> tuple[_Coder, _Coder]:
    return str, kind


def _optional_plan(kind: Any) -> tuple[_Coder, _Coder]:
    write, read = _plan(kind)
    return lambda value: None if value is None else write(value), lambda value: None if value is None else read(value)


def _collection_plan(collection: Any, kind: Any) -> tuple[_Coder, _Coder]:
    write, read = _plan(kind)
    if collection is frozenset:
        return lambda value: sorted(write(v) for v in value), lambda value: frozenset(read(v) for v in value)
    return lambda value: [write(v) for v in value], lambda value: tuple(read(v) for v in value)


def _exactly(kind: type) -> _Coder:
    def read(value: Any) -> Any:
        if type(value) is not kind:
            raise TypeError(kind.__name__)
        return value

    return read


def _text_mapping(value: Any) -> dict[str, str]:
    text = _exactly(str)
    return {text(name): text(member) for name, member in value.items()}


def time_text(at: datetime) -> str:
    """The time in UTC with microseconds, of one length, so that texts sort as times do."""
    if at.tzinfo is None:
        raise ValueError("a time without a zone")
    return at.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="microseconds") + "Z"


def time_of(text: str) -> datetime:
    """The aware UTC time in a text of `time_text`."""
    return datetime.fromisoformat(text).astimezone(UTC)


_SCALARS: dict[Any, tuple[_Coder, _Coder]] = {
    str: (str, _exactly(str)),
    int: (int, _exactly(int)),
    bool: (bool, _exactly(bool)),
    bytes: (lambda value: base64.b64encode(value).decode(), lambda value: base64.b64decode(value, validate=True)),
    datetime: (time_text, time_of),
    Mapping[str, str]: (dict, _text_mapping),
    dict[str, str]: (dict, _text_mapping),
}
