"""Processes of a stack: started so that they cannot outlive it, and recognised again after it was killed.

A process id alone proves nothing, since the system gives it out again; together with the time at which
the process began it names one process for good.
"""

import ctypes
import fcntl
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO

from local import files

_PR_SET_PDEATHSIG = 1
_LIBC = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None
_GONE_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class Identity:
    """One process, and no other that may have its number later."""

    pid: int
    began: str

    @classmethod
    def of(cls, pid: int) -> "Identity | None":
        """Return the identity of a living process, or None when there is none; a zombie does not live."""
        began = _began_on_linux(pid) if sys.platform == "linux" else _began_elsewhere(pid)
        return cls(pid, began) if began else None

    def lives(self) -> bool:
        """Tell whether this very process still runs."""
        return Identity.of(self.pid) == self

    def signal(self, number: signal.Signals) -> None:
        """Send a signal to this very process, or do nothing when it has gone."""
        if self.lives():
            try:
                os.kill(self.pid, number)
            except ProcessLookupError:
                return


def _began_on_linux(pid: int) -> str | None:
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
        boot = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
    except OSError:
        return None
    fields = stat.rpartition(")")[2].split()
    return None if fields[0] in {"Z", "X"} else f"{boot}:{fields[19]}"


def _began_elsewhere(pid: int) -> str | None:
    asked = subprocess.run(["ps", "-o", "lstart=", "-p", str(pid)], capture_output=True, text=True, check=False)
    return asked.stdout.strip() or None


def _bound_to(parent: int) -> Callable[[], None]:
    """Return what a child does before it becomes another program: it dies with `parent` and leaves Ctrl-C to it."""

    def bind() -> None:
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        if _LIBC is not None:
            _LIBC.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
            if os.getppid() != parent:  # It died between the fork and the call above.
                os._exit(1)

    return bind


def spawn(command: list[str], environment: Mapping[str, str], folder: Path) -> subprocess.Popen[str]:
    """Start a child in this process group. Call it from the main thread: a child dies with the thread that made it."""
    return subprocess.Popen(
        command,
        env=dict(environment),
        cwd=folder,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        preexec_fn=_bound_to(os.getpid()),  # noqa: PLW1509  it takes no lock: two system calls and a signal
    )


def wait_gone(processes: Iterable[Identity], seconds: float = _GONE_SECONDS) -> bool:
    """Wait until none of these processes lives; tell whether that came true in time."""
    left, deadline = list(processes), time.monotonic() + seconds
    while (left := [one for one in left if one.lives()]) and time.monotonic() < deadline:
        time.sleep(0.02)
    return not left


@dataclass(frozen=True, slots=True)
class Record:
    """Which processes a supervisor has started, kept beside the state so that the next one can end what is left."""

    path: Path

    @classmethod
    def of(cls, state: Path) -> "Record":
        """Return the record of a state folder."""
        return cls(state / "processes.json")

    def write(self, supervisor: Identity, children: Mapping[str, Identity]) -> None:
        """Note who runs now."""
        found = {name: asdict(child) for name, child in children.items()}
        files.replace(self.path, json.dumps({"supervisor": asdict(supervisor), "children": found}))

    def children(self) -> dict[str, Identity]:
        """Return the children noted last; none when nothing was noted."""
        if not self.path.exists():
            return {}
        noted = json.loads(self.path.read_text(encoding="utf-8"))["children"]
        return {name: Identity(**child) for name, child in noted.items()}

    def end_leftovers(self) -> list[str]:
        """End every noted child that still runs, and return the names of those; nothing else is touched."""
        left = {name: child for name, child in self.children().items() if child.lives()}
        for child in left.values():
            child.signal(signal.SIGKILL)
        wait_gone(left.values())
        self.path.unlink(missing_ok=True)
        return list(left)


class Lock:
    """The right to run a stack over a state folder; the system takes it back when its holder dies, however it dies."""

    def __init__(self, state: Path) -> None:
        """Name the lock; nobody holds it yet."""
        self._path = state / "lock"
        self._file: IO[str] | None = None

    def take(self) -> bool:
        """Take the lock, or tell that somebody else has it."""
        files.private_folder(self._path.parent)
        file = self._path.open("a", encoding="ascii")
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.close()
            return False
        self._file = file
        return True

    def release(self) -> None:
        """Give the lock back."""
        if self._file is not None:
            self._file.close()
            self._file = None
