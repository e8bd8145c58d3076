"""A story told as a timeline: what happens, when, how long it took, and where it stopped."""

import os
import sys
import time
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TextIO

from local.demo.client import NotHeld

_GREEN, _RED, _DIM, _BOLD = "32", "31", "2", "1"
_INDENT = " " * 22


class StoryStopped(Exception):
    """A step did not hold; it has been told already."""


def _interesting(value: object, length: int = 600) -> str:
    text = value if isinstance(value, str) else repr(value)
    return text if len(text) <= length else f"{text[:length]} … ({len(text)} characters)"


@dataclass(slots=True)
class Timeline:
    """Prints each step with the time since the beginning and its own time, both in ms; colour on a terminal only."""

    out: TextIO = field(default_factory=lambda: sys.stdout)
    verbose: bool = False
    began: float = field(default_factory=time.monotonic)
    steps: int = 0
    _notes: list[str] = field(default_factory=list)

    def _painted(self, text: str, colour: str) -> str:
        plain = not self.out.isatty() or "NO_COLOR" in os.environ
        return text if plain else f"\033[{colour}m{text}\033[0m"

    def _say(self, text: str) -> None:
        print(text, file=self.out, flush=True)

    def elapsed_seconds(self) -> float:
        """Return the time since the beginning."""
        return time.monotonic() - self.began

    def chapter(self, title: str) -> None:
        """Print the title of what comes."""
        self._say(f"\n{self._painted(title, _BOLD)}")

    def note(self, text: str) -> None:
        """Say more about the step under way; shown when it is over."""
        self._notes.append(text)

    @contextmanager
    def step(self, text: str) -> Iterator[None]:
        """Tell one step when it is over.

        Raises:
            StoryStopped: when it does not hold; step, expected and seen have been printed.
        """
        self.steps += 1
        began = time.monotonic()
        try:
            yield
        except NotHeld as error:
            self._failed(text, began, error.what, error.expected, error.seen)
            raise StoryStopped from error
        except Exception as error:
            self._failed(text, began, "no error", "none", f"{type(error).__name__}: {error}")
            if self.verbose:
                traceback.print_exc(file=sys.stderr)
            raise StoryStopped from error
        self._line("✓", _GREEN, text, began)
        self._show_notes()

    def _line(self, sign: str, colour: str, text: str, began: float) -> None:
        times = f"{self.elapsed_seconds() * 1000:>8.0f} ms {(time.monotonic() - began) * 1000:>+8.0f}"
        self._say(f"{self._painted(times, _DIM)} {self._painted(sign, colour)} {text}")

    def _show_notes(self) -> None:
        for note in self._notes:
            self._say(f"{_INDENT} {self._painted(note, _DIM)}")
        self._notes.clear()

    def _failed(self, text: str, began: float, what: str, expected: object, seen: object) -> None:
        self._line("✗", _RED, f"step {self.steps}: {text}", began)
        self._show_notes()
        self._say(f"{_INDENT} {self._painted('did not hold:', _RED)} {what}")
        self._say(f"{_INDENT}   expected  {_interesting(expected)}")
        self._say(f"{_INDENT}   seen      {_interesting(seen)}")
