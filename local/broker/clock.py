"""The broker's movable clock: real time plus an offset that a file may hold.

Scheduled messages and time to live follow it; locks and timeouts run in real time.
"""

import logging
import math
import time
from pathlib import Path

log = logging.getLogger(__name__)


class Clock:
    """Tells the time in seconds since the epoch."""

    def __init__(self, offset_file: Path | None = None) -> None:
        """Read the offset (decimal seconds) from `offset_file`; a missing or empty file means none."""
        self.offset_file = offset_file
        self._offset = 0.0
        self._complained = False
        self.refresh()

    def now(self) -> float:
        """Return the time as moved by the offset."""
        return time.time() + self._offset

    def refresh(self) -> bool:
        """Read the offset again; return whether it has changed. A file that is no number leaves it as it was."""
        if self.offset_file is None:
            return False
        try:
            text = self.offset_file.read_text(encoding="ascii").strip()
            offset = float(text or "0")
        except FileNotFoundError:
            offset = 0.0
        except (ValueError, OSError):
            offset = math.nan
        if not math.isfinite(offset):
            self._complain()
            return False
        self._complained = False
        changed, self._offset = offset != self._offset, offset
        return changed

    def _complain(self) -> None:
        if not self._complained:
            self._complained = True
            log.warning("broker.clock_offset_unreadable", extra={"file": str(self.offset_file)})
