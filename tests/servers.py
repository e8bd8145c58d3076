"""Real servers for tests, started as children on free ports, gone when the test is over."""

import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
ACCOUNT = "devstoreaccount1"
KEY = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="  # Azurite's own.
START_SECONDS = 60


def free_ports(count: int) -> list[int]:
    """So many TCP ports on 127.0.0.1 that nobody listens on now."""
    sockets = [socket.socket() for _ in range(count)]
    try:
        for each in sockets:
            each.bind(("127.0.0.1", 0))
        return [int(each.getsockname()[1]) for each in sockets]
    finally:
        for each in sockets:
            each.close()


def answers(port: int) -> bool:
    """True when something listens on this port of 127.0.0.1."""
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) == 0


@contextmanager
def azurite() -> Iterator[str]:
    """Azure's storage emulator: in a container where Docker answers, else from npm. Yields the connection string."""
    if docker_answers():
        with _azurite_container() as connection:
            yield connection
    else:
        with _azurite_child() as connection:
            yield connection


def connection_string(blob: int, queue: int, table: int) -> str:
    """The connection string of an emulator on these ports."""
    ends = {"Blob": blob, "Queue": queue, "Table": table}
    endpoints = "".join(f"{name}Endpoint=http://127.0.0.1:{port}/{ACCOUNT};" for name, port in ends.items())
    return f"DefaultEndpointsProtocol=http;AccountName={ACCOUNT};AccountKey={KEY};{endpoints}"


@contextmanager
def _azurite_child() -> Iterator[str]:
    ports = free_ports(3)
    with tempfile.TemporaryDirectory(prefix="azurite-") as folder:
        command = [str(ROOT / "node_modules" / ".bin" / "azurite")]
        command += ["--inMemoryPersistence", "--skipApiVersionCheck", "--silent", "--disableTelemetry"]
        for name, port in zip(("blob", "queue", "table"), ports, strict=True):
            command += [f"--{name}Host", "127.0.0.1", f"--{name}Port", str(port)]
        child = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=folder)
        with stopped(child):
            wait_for(child, ports)
            print(f"storage: Azurite from npm, ports {ports}")  # noqa: T201  says which emulator ran
            yield connection_string(*ports)


@contextmanager
def _azurite_container() -> Iterator[str]:
    from testcontainers.community.azurite import AzuriteContainer

    hosts = " ".join(f"--{name}Host 0.0.0.0" for name in ("blob", "queue", "table"))
    wanted = AzuriteContainer().with_command(f"azurite {hosts} --skipApiVersionCheck --silent --disableTelemetry")
    with wanted as container:
        print("storage: Azurite in a container")  # noqa: T201  says which emulator ran
        yield container.get_connection_string()


@cache
def docker_answers() -> bool:
    """True when there is a Docker engine to run the official emulators in."""
    try:
        return subprocess.run(["docker", "info"], capture_output=True, timeout=10, check=False).returncode == 0
    except (OSError, subprocess.TimeoutExpired):
        return False


@contextmanager
def stopped(child: "subprocess.Popen[bytes]") -> Iterator[None]:
    """The child is gone afterwards, killed when it does not end by itself."""
    try:
        yield
    finally:
        child.terminate()
        try:
            child.wait(10)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait(10)


def wait_for(child: "subprocess.Popen[bytes]", ports: list[int]) -> None:
    """Return when the child listens on all of these ports. Raises when it ended, or does not in time."""
    deadline = time.monotonic() + START_SECONDS
    while not all(answers(port) for port in ports):
        if child.poll() is not None:
            raise RuntimeError(f"the server ended with {child.returncode}")
        if time.monotonic() > deadline:
            raise TimeoutError("the server did not answer in time")
        time.sleep(0.05)
