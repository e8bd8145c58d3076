"""The stack's clock: real time plus an offset that only grows.

The offset stands in one small file (decimal seconds as text; no file means none), which every part of the stack reads.
"""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from local import files

_DURATION = re.compile(
    r"P(?=[0-9T])(?:(?P<weeks>\d+)W|(?:(?P<days>\d+)D)?"
    r"(?:T(?=\d)(?:(?P<hours>\d+)H)?(?:(?P<minutes>\d+)M)?(?:(?P<seconds>\d+(?:[.,]\d{1,6})?)S)?)?)"
)
_CALENDAR = re.compile(r"P(?:\d+Y(?:\d+M)?|\d+M)(?:\d+D)?(?:T.*)?")
_LATEST = datetime(9000, 1, 1, tzinfo=UTC)  # Far enough from the end of the calendar for every date made from now.


class BadDuration(ValueError):
    """The clock was asked for something that it cannot do; the text says what it can."""


def parse_duration(text: str) -> timedelta:
    """Return an ISO 8601 duration made of weeks, or of days, hours, minutes and seconds.

    Raises:
        BadDuration: when `text` is no duration, runs backward, or counts years or months, whose length varies.
    """
    if _CALENDAR.fullmatch(text):
        raise BadDuration("Years and months have no fixed length; say it in days, for example P30D.")
    if text.startswith("-"):
        raise BadDuration("The clock goes forward only; a negative duration would turn it back.")
    match = _DURATION.fullmatch(text)
    if not match:
        raise BadDuration("'advance' must be an ISO 8601 duration, for example P7DT1H, PT30M or P2W.")
    parts = {name: float(value.replace(",", ".")) for name, value in match.groupdict().items() if value}
    try:
        return timedelta(**parts)
    except OverflowError as error:
        raise BadDuration("The duration is too long for a calendar.") from error


def as_text(moment: datetime) -> str:
    """Return `moment` as ISO 8601 in UTC with whole seconds."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def as_exact_text(moment: datetime) -> str:
    """Return `moment` as ISO 8601 in UTC with microseconds."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


@dataclass(frozen=True, slots=True)
class OffsetClock:
    """The clock of a stack, read from and written to its offset file."""

    path: Path

    def offset(self) -> timedelta:
        """Return how far the stack is ahead of real time."""
        try:
            return timedelta(seconds=float(self.path.read_text(encoding="ascii")))
        except FileNotFoundError:
            return timedelta()

    def now(self) -> datetime:
        """Return the stack's time, aware and in UTC."""
        return datetime.now(UTC) + self.offset()

    def advance(self, by: timedelta) -> None:
        """Move the clock forward; the move holds once this returns, also after a crash.

        Raises:
            BadDuration: when `by` is negative or would leave the calendar.
        """
        if by < timedelta():
            raise BadDuration("The clock goes forward only.")
        if by > _LATEST - self.now():
            raise BadDuration("The duration is too long for a calendar.")
        seconds = (self.offset() + by).total_seconds()
        files.replace(self.path, f"{seconds:.6f}".rstrip("0").rstrip("."))
