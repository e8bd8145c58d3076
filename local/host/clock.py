"""The movable clock: real time plus an offset that other processes write into a file."""

from __future__ import annotations

import asyncio
import logging
from datetime import UTC, datetime, timedelta
from pathlib import Path

POLL_SECONDS = 0.05  # The stack promises that an advance is seen at once; a tenth of a second is the bound.

log = logging.getLogger("host.clock")


class Clock:
    """Tells the time of the stack. Use `run()` as a task to follow the offset file; without a file it is real time."""

    def __init__(self, path: Path | None = None) -> None:
        self._path = path
        self._moved = asyncio.Event()
        self._complained = False
        self.offset = timedelta()
        self._read()

    def now(self) -> datetime:
        """Give the stack's time, aware, in UTC."""
        return datetime.now(UTC) + self.offset

    async def until(self, moment: datetime) -> None:
        """Return when the stack's time has reached `moment`, by waiting or because the clock was moved."""
        while (left := (moment - self.now()).total_seconds()) > 0:
            moved = self._moved
            try:
                await asyncio.wait_for(moved.wait(), min(left, 3600))
            except TimeoutError:
                continue

    async def run(self) -> None:
        """Follow the offset file for ever; a missing file means no offset."""
        while self._path is not None:
            await asyncio.sleep(POLL_SECONDS)
            if self._read():
                self._moved.set()
                self._moved = asyncio.Event()

    def _read(self) -> bool:
        """Take the offset from the file; True when it has changed. An unreadable file keeps the last offset."""
        before = self.offset
        try:
            text = self._path.read_text(encoding="ascii").strip() if self._path else ""
            self.offset = timedelta(seconds=float(text or 0))
            self._complained = False
        except FileNotFoundError:
            self.offset = timedelta()
        except (ValueError, OverflowError, OSError):
            if not self._complained:
                log.warning("the clock offset file does not hold seconds; keeping the last offset")
            self._complained = True
        return self.offset != before
