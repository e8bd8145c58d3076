"""What all bodies have in common: how names, numbers, flags and times are read and written.

Source: wire contract 2.0.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from functools import cache
from typing import Annotated, Any, ClassVar, Self
from uuid import UUID

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    PlainSerializer,
    SerializerFunctionWrapHandler,
    ValidationError,
    model_serializer,
)
from pydantic import field_validator as each_field
from pydantic import model_validator as validates
from pydantic.alias_generators import to_camel

from shared.domain.errors import FieldError, InvalidRequest

_ISO = re.compile(r"\d{4}-\d\d-\d\d(?:[Tt ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:[Zz]|[+-]\d\d:?\d\d)?)?", re.ASCII)
_INVARIANT = "%m/%d/%Y %H:%M:%S"
_MISSING = frozenset({"missing", "none_required"})


class Wire(BaseModel):
    """A body as it comes in: camelCase names in any case, unknown members ignored."""

    model_config = ConfigDict(
        alias_generator=to_camel, validate_by_name=True, validate_by_alias=True, extra="ignore", defer_build=True
    )

    @validates(mode="before")
    @classmethod
    def _in_any_case(cls, data: object) -> object:
        if not isinstance(data, Mapping):
            return data
        names = _names(cls)
        return {names.get(str(key).lower(), key): value for key, value in data.items()}

    @each_field("*", mode="before")
    @classmethod
    def _can_be_stored(cls, value: object) -> object:
        if not all(map(is_storable, texts_in(value))):
            raise ValueError("holds a character that is no text: NUL or half of a surrogate pair")
        return value

    @classmethod
    def read(cls, data: object) -> Self:
        """The body in `data`. Raises InvalidRequest that lists every fault by its wire name."""
        try:
            return cls.model_validate(data)
        except ValidationError as error:
            raise InvalidRequest(*faults(error.errors(include_url=False, include_input=False))) from None


class Query(Wire):
    """The query of a request. Empty values count as absent."""

    @classmethod
    def of(cls, query: Mapping[str, str]) -> Self:
        """The query. Raises InvalidRequest that lists every fault."""
        return cls.read({name: value for name, value in query.items() if value.strip()})


class Answer(BaseModel):
    """A body as it goes out: camelCase names, nulls written, enums as their names."""

    additions: ClassVar[frozenset[str]] = frozenset()
    """The wire names of members that the wire contract does not have, and that may be left out."""

    model_config = ConfigDict(
        alias_generator=to_camel,
        validate_by_name=True,
        serialize_by_alias=True,
        defer_build=True,  # Built on first use: no cold start waits for answers that nobody asks for.
    )


class Additive(Answer):
    """An answer whose additions are left out as long as they say nothing."""

    @model_serializer(mode="wrap")
    def _without_silent(self, write: SerializerFunctionWrapHandler) -> dict[str, Any]:
        members: dict[str, Any] = write(self)
        return {name: value for name, value in members.items() if value is not None or name not in self.additions}


def is_storable(text: str) -> bool:
    """False for a text that could be taken in but never be written out again: with NUL or a lone surrogate."""
    return "\x00" not in text and not any("\ud800" <= character <= "\udfff" for character in text)


def texts_in(value: object) -> Iterator[str]:
    """The text itself, or the texts of a list; the members of a nested body see to their own."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, list):
        yield from (part for part in value if isinstance(part, str))


@cache
def _names(model: type[BaseModel]) -> dict[str, str]:
    return {alias.lower(): alias for field in model.model_fields.values() if (alias := field.alias) is not None}


def in_lower_case(value: object) -> object:
    """For words that are taken in any case."""
    return value.strip().lower() if isinstance(value, str) else value


def _read_time(value: object) -> datetime:
    """An instant in UTC; without an offset it is taken as UTC. Source: wire contract 2.0 and, for forms, 2.4."""
    if isinstance(value, datetime):
        return value.astimezone(UTC) if value.tzinfo else value.replace(tzinfo=UTC)
    text = value.strip() if isinstance(value, str) else ""
    try:
        if _ISO.fullmatch(text):
            moment = datetime.fromisoformat(text.upper())
        else:
            local, _, offset = text.partition(" +") if " +" in text else text.partition(" -")
            sign = "-" if offset and " -" in text else "+"
            moment = datetime.strptime(f"{local} {sign}{offset or '00:00'}", f"{_INVARIANT} %z")
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        raise ValueError("must be a date and time with an offset, as ISO 8601 has it") from None


def _write_time(value: datetime) -> str:
    return value.astimezone(UTC).isoformat()


def _read_flag(value: object) -> object:
    if isinstance(value, str) and value.strip().lower() in {"true", "false"}:
        return value.strip().lower() == "true"
    if isinstance(value, bool):
        return value
    raise ValueError("must be true or false")


def _read_number(value: object) -> object:
    if isinstance(value, bool) or (isinstance(value, float) and not value.is_integer()):
        raise ValueError("must be a whole number")
    return value


def _filled(value: str) -> str:
    if not value.strip():
        raise ValueError("must not be blank")
    return value


Time = Annotated[datetime, BeforeValidator(_read_time), PlainSerializer(_write_time, return_type=str, when_used="json")]
"""An instant, written with the offset +00:00."""

Flag = Annotated[bool, BeforeValidator(_read_flag)]
"""A truth value; forms, and lenient clients, send it as text."""

Number = Annotated[int, BeforeValidator(_read_number)]
"""A whole number, also when it is given as text."""

Filled = Annotated[str, AfterValidator(_filled)]
"""Text that is not blank."""


def _read_guid(value: object) -> object:
    return value.strip() if isinstance(value, str) else value


Guid = Annotated[UUID, BeforeValidator(_read_guid)]
"""A GUID in any of its usual forms."""


def faults(errors: Iterable[Mapping[str, Any]], *, drop: int = 0) -> tuple[FieldError, ...]:
    """What pydantic found, each with its path; `drop` leading parts of a location say where the data came from.

    A body that is no JSON is a fault of `$`, as in the wire contract 2.7.
    """
    return tuple(
        FieldError("$", "The body is not valid JSON")
        if error["type"] == "json_invalid"
        else FieldError(path(error["loc"][drop:]), _message(error))
        for error in errors
    )


def path(location: Iterable[str | int]) -> str:
    """`recipients[0]`, `correspondence.content.messageTitle`; `$` for the body as a whole."""
    text = ""
    for part in location:
        text += f"[{part}]" if isinstance(part, int) else f".{part}"
    return text.removeprefix(".") or "$"


def _message(error: Mapping[str, Any]) -> str:
    if error["type"] in _MISSING:
        return "is required"
    return str(error["msg"]).removeprefix("Value error, ")
