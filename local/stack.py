"""A whole stack for tests and for the demonstration: start it, kill it, start it again."""

import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Self

from local.addresses import PORTS, ROOT, Addresses
from local.preflight import is_free
from local.processes import Identity, Record, wait_gone
from local.supervisor import is_ready

# Below the ports that systems hand out to clients, so that no connection of anybody's takes one of ours meanwhile.
_LOWEST, _HIGHEST = 10_000, 30_000
_TRIES = 200
_LAST_LINES = 40


class StackFailed(Exception):
    """The stack did not become ready; the text ends with the last lines of its log."""


def free_port_base() -> int:
    """Return the first port of a block of which no port is in use.

    Raises:
        StackFailed: when none was found.
    """
    for _ in range(_TRIES):
        base = random.randrange(_LOWEST, _HIGHEST, 10)
        if all(is_free(base + step) for step in range(PORTS)):
            return base
    raise StackFailed("No block of free ports was found.")


class Stack:
    """`with Stack() as stack:` runs a stack on free ports, over a state folder that it removes in the end.

    With `state` the folder is the caller's and stays. `functions=False` leaves the app out, `app` is the
    folder of another app; `settings` are app settings that replace those of the local stack. `storage_in_memory` is for
    a great many rows: storage is empty when the stack starts again.
    """

    def __init__(
        self,
        *,
        port_base: int | None = None,
        state: Path | None = None,
        functions: bool = True,
        app: Path | None = None,
        settings: Mapping[str, str] | None = None,
        storage_in_memory: bool = False,
    ) -> None:
        """Choose ports and folder; nothing runs yet."""
        self._owns_state = state is None
        self.state = Path(tempfile.mkdtemp(prefix="correspondence-")) if state is None else state.resolve()
        self.addresses = Addresses(free_port_base() if port_base is None else port_base)
        self.log = self.state / "stack.log"
        self._functions = functions
        self._app = app
        self._settings = dict(settings or {})
        self._storage_in_memory = storage_in_memory
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def port_base(self) -> int:
        """The first port of the stack."""
        return self.addresses.port_base

    @property
    def functions_url(self) -> str:
        """Base URL of the app."""
        return self.addresses.functions_url

    @property
    def services_url(self) -> str:
        """Base URL of the stand-ins."""
        return self.addresses.services_url

    def start(self, timeout_seconds: float = 120) -> None:
        """Start the stack and return once it is ready.

        Raises:
            StackFailed: when it ends, or is not ready in time.
        """
        self.state.mkdir(parents=True, exist_ok=True)
        command = [sys.executable, "-m", "local", "up", "--stop-with-parent"]
        command += ["--port-base", str(self.port_base), "--state", str(self.state)]
        command += [] if self._functions else ["--no-functions"]
        command += ["--storage-in-memory"] if self._storage_in_memory else []
        command += ["--app", str(self._app)] if self._app else []
        command += [word for name, value in self._settings.items() for word in ("--setting", f"{name}={value}")]
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        deadline = time.monotonic() + timeout_seconds
        while not is_ready(self.addresses, functions=self._functions):
            if self._process.poll() is not None or time.monotonic() > deadline:
                self.stop()
                raise StackFailed(f"The stack did not become ready.\n{self._last_lines()}")
            time.sleep(0.1)

    def _last_lines(self) -> str:
        lines = self.log.read_text(encoding="utf-8", errors="replace").splitlines()
        return "\n".join(lines[-_LAST_LINES:])

    def processes(self) -> dict[str, Identity]:
        """Return the processes of all parts, without the supervisor."""
        return Record.of(self.state).children()

    def stop(self) -> int | None:
        """Stop the stack as Ctrl-C does, and return its exit code, or None when it does not run."""
        if self._process is None:
            return None
        self._process.terminate()
        try:
            code = self._process.wait(10)
        except subprocess.TimeoutExpired:
            self.kill()
            code = -signal.SIGKILL
        self._process = None
        return code

    def kill(self) -> None:
        """Kill every process of the stack at once, as a power cut does; `start` begins again with what is left."""
        if self._process is None:
            return
        children = list(self.processes().values())
        self._process.kill()
        for child in children:
            child.signal(signal.SIGKILL)
        self._process.wait()
        self._process = None
        wait_gone(children)

    def __enter__(self) -> Self:
        """Start the stack."""
        try:
            self.start()
        except StackFailed:
            self._remove()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop the stack, and remove its folder when it is the stack's own."""
        self.stop()
        self._remove()

    def _remove(self) -> None:
        if self._owns_state:
            shutil.rmtree(self.state, ignore_errors=True)
