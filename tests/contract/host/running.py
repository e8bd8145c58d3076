"""Runs what the host's tests need as child processes: the host itself and the storage emulator."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[3]
APPS = Path(__file__).parent / "apps"
PATIENCE_SECONDS = 30.0
KEY = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="


def eventually[T](look: Callable[[], T], *, seconds: float = PATIENCE_SECONDS) -> T:
    """Look again and again until there is something true; fail when there is nothing in time."""
    deadline = time.monotonic() + seconds
    while not (found := look()):
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {seconds} s: {look}")
        time.sleep(0.05)
    return found


def free_ports(count: int) -> list[int]:
    """Find ports that nobody listens on."""
    sockets = [socket.socket() for _ in range(count)]
    try:
        for each in sockets:
            each.bind(("127.0.0.1", 0))
        return [each.getsockname()[1] for each in sockets]
    finally:
        for each in sockets:
            each.close()


@dataclass(frozen=True)
class Notes:
    """The file in which the functions of an app write what happened."""

    path: Path

    def lines(self) -> list[str]:
        """Give all lines so far."""
        return self.path.read_text().splitlines() if self.path.exists() else []

    def of(self, function: str, **fields: Any) -> list[dict[str, Any]]:
        """Give what one function noted, as far as these fields are equal."""
        found = [json.loads(line) for line in self.lines()]
        wanted = {"function": function, **fields}
        return [entry for entry in found if all(entry.get(name) == value for name, value in wanted.items())]


@dataclass
class RunningHost:
    """A host process that is ready."""

    process: subprocess.Popen[str]
    url: str
    log: Path

    def stop(self, number: signal.Signals = signal.SIGTERM) -> int:
        """Stop it by a signal; give its exit code."""
        if self.process.poll() is None:
            self.process.send_signal(number)
        return self.process.wait(10)

    def memory_kib(self, field: str) -> int:
        """Read a memory figure of the process, such as VmHWM."""
        for line in Path(f"/proc/{self.process.pid}/status").read_text().splitlines():
            if line.startswith(field):
                return int(line.split()[1])
        raise AssertionError(field)


def command(app: str | Path, *options: str) -> list[str]:
    """Give the command line of a host for one of the sample apps."""
    return [sys.executable, "-m", "local.host", "--app", str(APPS / app), *options]


def environment(values: Mapping[str, str]) -> dict[str, str]:
    """Give the child's environment: ours and these values."""
    return {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1", **values}


@contextmanager
def running_host(
    app: str | Path,
    folder: Path,
    values: Mapping[str, str] | None = None,
    *,
    options: tuple[str, ...] = (),
    port: int | None = None,
) -> Iterator[RunningHost]:
    """Run a host on a free port as long as the block runs."""
    port = port or free_ports(1)[0]
    folder.mkdir(parents=True, exist_ok=True)
    log = folder / "host.log"
    with log.open("a") as output:
        process = subprocess.Popen(
            command(app, "--port", str(port), *options),
            env=environment(values or {}),
            stdout=output,
            stderr=output,
            text=True,
        )
    host = RunningHost(process, f"http://127.0.0.1:{port}", log)
    try:
        eventually(lambda: "READY" in log.read_text() or process.poll() is not None)
        assert process.poll() is None, log.read_text()
        yield host
    finally:
        if process.poll() is None:
            process.terminate()
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


@contextmanager
def running_azurite(folder: Path) -> Iterator[str]:
    """Run the storage emulator in memory; give its connection string."""
    blob, queue, table = free_ports(3)
    binary = ROOT / "node_modules" / ".bin" / "azurite"
    arguments = ["--blobPort", blob, "--queuePort", queue, "--tablePort", table]
    flags = ["--silent", "--skipApiVersionCheck", "--inMemoryPersistence", "--disableTelemetry"]
    with (folder / "azurite.log").open("w") as output:
        process = subprocess.Popen(
            [str(binary), *map(str, arguments), *flags], stdout=output, stderr=output, cwd=folder
        )
    try:
        for port in (blob, queue, table):
            eventually(lambda port=port: _listens(port) or process.poll() is not None)
        assert process.poll() is None, (folder / "azurite.log").read_text()
        endpoints = ";".join(
            f"{name}Endpoint=http://127.0.0.1:{port}/devstoreaccount1"
            for name, port in (("Blob", blob), ("Queue", queue), ("Table", table))
        )
        yield f"DefaultEndpointsProtocol=http;AccountName=devstoreaccount1;AccountKey={KEY};{endpoints};"
    finally:
        process.terminate()
        process.wait(10)


def _listens(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), 0.5).close()
    except OSError:
        return False
    return True
