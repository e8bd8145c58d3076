"""Keeps the parts of a stack running, in the foreground, until it is told to stop."""

import os
import signal
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterable
from dataclasses import dataclass, field
from types import FrameType

from local.addresses import Addresses
from local.parts import Part, Plan, parts
from local.preflight import answers
from local.processes import Identity, Record, spawn

_TICK_SECONDS = 0.1
_FIRST_PAUSE_SECONDS = 0.5
_LONGEST_PAUSE_SECONDS = 10.0
_STEADY_SECONDS = 30.0  # A part that ran this long has recovered; its next crash counts as the first again.
# Together below the five seconds that a stop may take.
_FIRST_GRACE_SECONDS = 2.0
_LAST_GRACE_SECONDS = 1.7


def say(text: str, part: str = "stack") -> None:
    """Print a line under the name of a part; without anybody who reads it, nothing happens."""
    try:
        sys.stdout.write(f"[{part}] {text}\n")
        sys.stdout.flush()
    except (BrokenPipeError, ValueError):
        return


def is_ready(addresses: Addresses, *, functions: bool) -> bool:
    """Tell whether every port of the stack answers and the app is healthy."""
    ports = (port for name, port in addresses.named().items() if functions or name != "functions")
    return all(map(answers, ports)) and (not functions or _is_healthy(f"{addresses.functions_url}/health"))


def _is_healthy(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=5) as response:
            return bool(response.status == 200)
    except (urllib.error.URLError, OSError, ValueError):
        return False


@dataclass(slots=True)
class _Child:
    part: Part
    process: subprocess.Popen[str] | None = None
    identity: Identity | None = None
    began: float = 0.0
    pause: float = _FIRST_PAUSE_SECONDS
    not_before: float = 0.0
    reader: threading.Thread | None = field(default=None)

    def start(self) -> None:
        self.process = spawn(self.part.command, self.part.environment, self.part.folder)
        self.identity = Identity.of(self.process.pid)
        self.began = time.monotonic()
        self.reader = threading.Thread(target=_relay, args=(self.process, self.part.name), daemon=True)
        self.reader.start()

    def startable(self) -> bool:
        return self.process is None and time.monotonic() >= self.not_before and all(map(answers, self.part.after))

    def note_end(self, code: int) -> None:
        steady = time.monotonic() - self.began > _STEADY_SECONDS
        self.pause = _FIRST_PAUSE_SECONDS if steady else self.pause
        self.not_before = time.monotonic() + self.pause
        say(f"{self.part.name} has ended ({_reason(code)}); it starts again in {self.pause:g} s.")
        self.pause = min(2 * self.pause, _LONGEST_PAUSE_SECONDS)
        self.process = self.identity = None


def _reason(code: int) -> str:
    return f"signal {signal.Signals(-code).name}" if code < 0 else f"exit code {code}"


def _relay(process: subprocess.Popen[str], name: str) -> None:
    if process.stdout is not None:
        for line in process.stdout:
            say(line.rstrip("\n"), name)


class Supervisor:
    """Starts the parts of a plan, starts them again when they end, and ends them all when it stops."""

    def __init__(self, plan: Plan, *, stop_with_parent: bool = False) -> None:
        """Prepare; nothing starts yet. With `stop_with_parent` the end of the parent process is a reason to stop."""
        self._plan = plan
        self._children = [_Child(part) for part in parts(plan)]
        self._record = Record.of(plan.state)
        self._stopping = threading.Event()
        self._parent = os.getppid() if stop_with_parent else None
        self._began = time.monotonic()
        self._announced = False

    def run(self) -> None:
        """Run until SIGINT, SIGTERM or SIGHUP, or until the parent is gone; then stop everything within 5 s."""
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self._on_signal)
        try:
            while not self._stopping.is_set():
                self._tend()
                if not self._announced and is_ready(self._plan.addresses, functions=self._plan.app is not None):
                    self._announce()
                self._stopping.wait(_TICK_SECONDS)
                if self._parent is not None and os.getppid() != self._parent:
                    say("What started the stack has ended; the stack stops.")
                    break
        finally:
            self._stop()

    def _on_signal(self, _number: int, _frame: FrameType | None) -> None:
        self._stopping.set()

    def _tend(self) -> None:
        changed = False
        for child in self._children:
            code = child.process.poll() if child.process else None
            if code is not None and not self._stopping.is_set():
                child.note_end(code)
                changed = True
            if not self._stopping.is_set() and child.startable():
                child.start()
                changed = True
        if changed:
            living = {child.part.name: child.identity for child in self._children if child.identity}
            supervisor = Identity.of(os.getpid())
            if supervisor:
                self._record.write(supervisor, living)

    def _announce(self) -> None:
        self._announced = True
        addresses = self._plan.addresses
        say(f"Ready after {time.monotonic() - self._began:.1f} s.")
        if self._plan.app:
            say(f"  App         {addresses.functions_url}/correspondence/api/v1  (/health, .../openapi.json)")
        say(f"  Start page  {addresses.services_url}/  (mail, SMS, dialogs, hooks, clock, tokens, seeds)")
        say(f"  Storage     ports {addresses.blob} blob, {addresses.queue} queue, {addresses.table} table")
        say(f"  Broker      port {addresses.broker}")
        say(f"  State       {self._plan.state}")
        say("Ctrl-C stops everything.")

    def _stop(self) -> None:
        say("Stopping.")
        _end([child for child in self._children if not child.part.keeps_data], _FIRST_GRACE_SECONDS)
        _end([child for child in self._children if child.part.keeps_data], _LAST_GRACE_SECONDS)
        self._record.path.unlink(missing_ok=True)
        say("Stopped.")


def _end(children: Iterable[_Child], grace_seconds: float) -> None:
    """Ask these children to end, and after the grace time make them."""
    running = [child.process for child in children if child.process and child.process.poll() is None]
    for process in running:
        process.terminate()
    deadline = time.monotonic() + grace_seconds
    for process in running:
        try:
            process.wait(max(0.0, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
