"""The clock the rules go by: the system's, moved by an offset on a local stack."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path


def system_clock() -> datetime:
    """Now, aware UTC."""
    return datetime.now(UTC)


def moved_clock(offset_file: Path) -> Callable[[], datetime]:
    """A clock that is ahead by the seconds in this text file; a missing file means 0.

    The file is read at every call, so that time travel holds from the moment it was asked for.
    """

    def now() -> datetime:
        try:
            offset = float(offset_file.read_text(encoding="ascii"))
        except FileNotFoundError:
            offset = 0.0
        return datetime.now(UTC) + timedelta(seconds=offset)

    return now
