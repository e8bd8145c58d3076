"""`multipart/form-data` as a stream of parts: no body in memory, no temporary files."""

from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from python_multipart import MultipartParser
from python_multipart.exceptions import FormParserError
from python_multipart.multipart import parse_options_header

from shared.domain.errors import FieldError, InvalidRequest

if TYPE_CHECKING:
    from python_multipart.multipart import MultipartCallbacks

MAX_HEADERS = 16
MAX_HEADER_BYTES = 8 * 1024


@dataclass(frozen=True, slots=True)
class PartBegins:
    """A field or, with a file name, a file; its bytes follow."""

    name: str
    file_name: str | None


@dataclass(frozen=True, slots=True)
class PartEnds:
    """The part that began last is complete."""


Event = PartBegins | PartEnds | bytes


@dataclass(slots=True)
class _Headers:
    name: bytes = b""
    value: bytes = b""
    disposition: bytes = b""

    def end(self) -> None:
        if self.name.strip().lower() == b"content-disposition":
            self.disposition = self.value
        self.name = self.value = b""


@dataclass(slots=True)
class _Reader:
    """Collects what the parser finds in one piece of the body."""

    events: list[Event] = field(default_factory=list)
    headers: _Headers = field(default_factory=_Headers)
    ended: bool = False

    def callbacks(self) -> "MultipartCallbacks":
        return {
            "on_part_begin": self._begin,
            "on_header_field": self._header_name,
            "on_header_value": self._header_value,
            "on_header_end": self._header_end,
            "on_headers_finished": self._part,
            "on_part_data": lambda data, start, end: self.events.append(data[start:end]),
            "on_part_end": lambda: self.events.append(PartEnds()),
            "on_end": self._end,
        }

    def taken(self) -> Iterator[Event]:
        events, self.events = self.events, []
        return iter(events)

    def _begin(self) -> None:
        self.headers = _Headers()

    def _header_name(self, data: bytes, start: int, end: int) -> None:
        self.headers.name += data[start:end]

    def _header_value(self, data: bytes, start: int, end: int) -> None:
        self.headers.value += data[start:end]

    def _header_end(self) -> None:
        self.headers.end()

    def _part(self) -> None:
        kind, options = parse_options_header(self.headers.disposition)
        if kind != b"form-data" or b"name" not in options:
            raise FormParserError("a part without a name")
        file_name = options.get(b"filename")
        self.events.append(PartBegins(_text(options[b"name"]), _text(file_name) if file_name is not None else None))

    def _end(self) -> None:
        self.ended = True


async def parts_of(chunks: AsyncIterator[bytes], content_type: str) -> AsyncIterator[Event]:
    """The parts in their order. The next piece is read only when the last one has been taken.

    Raises InvalidRequest when the body is no form, or ends before its last boundary.
    """
    _, options = parse_options_header(content_type)
    boundary = options.get(b"boundary", b"")
    if not boundary:
        raise _malformed("The form has no boundary")
    reader = _Reader()
    try:
        parser = MultipartParser(
            boundary, reader.callbacks(), max_header_count=MAX_HEADERS, max_header_size=MAX_HEADER_BYTES
        )
        async for chunk in chunks:
            parser.write(chunk)
            for event in reader.taken():
                yield event
    except FormParserError:
        raise _malformed("The form cannot be read") from None
    if not reader.ended:
        raise _malformed("The form ends before its last boundary")


def _text(value: bytes) -> str:
    try:
        return value.decode()
    except UnicodeDecodeError:
        return value.decode("latin-1")


def _malformed(message: str) -> InvalidRequest:
    return InvalidRequest(FieldError("$", message))
