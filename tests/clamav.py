"""ClamAV's daemon for tests: a process of its own on a free port and a socket, with signatures made on the spot."""

import hashlib
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from shared.adapters.scanner import eicar_signature
from tests.servers import free_ports, stopped, wait_for

CLAMD = shutil.which("clamd") or shutil.which("clamd", path="/usr/sbin:/usr/local/sbin")
MISSING = "clamd is not installed (Debian: clamav-daemon)"
MAX_BYTES = 2_000_000
"""The most that this daemon takes in one stream."""


@dataclass(frozen=True, slots=True)
class Clamd:
    """A daemon that runs: where it listens, and its process."""

    tcp: str
    socket: str
    process: "subprocess.Popen[bytes]"


@contextmanager
def clamd() -> Iterator[Clamd]:
    """A daemon that knows the EICAR test file alone and anywhere in other bytes, and nothing else."""
    if CLAMD is None:
        raise FileNotFoundError(MISSING)
    (port,) = free_ports(1)
    with tempfile.TemporaryDirectory(prefix="clamd-") as name:
        folder = Path(name)
        _write_signatures(folder / "signatures")
        config = folder / "clamd.conf"
        config.write_text("".join(f"{key} {value}\n" for key, value in _settings(folder, port)), encoding="ascii")
        child = subprocess.Popen(
            [CLAMD, "--config-file", str(config)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=folder
        )
        with stopped(child):
            wait_for(child, [port])
            yield Clamd(f"127.0.0.1:{port}", str(folder / "clamd.sock"), child)


def _write_signatures(folder: Path) -> None:
    folder.mkdir()
    test_file = eicar_signature()
    md5 = hashlib.md5(test_file, usedforsecurity=False).hexdigest()
    (folder / "test.hdb").write_text(f"{md5}:{len(test_file)}:Eicar-Test-Signature\n", encoding="ascii")
    (folder / "test.ndb").write_text(f"Eicar-Test-Signature:0:*:{test_file.hex()}\n", encoding="ascii")


def _settings(folder: Path, port: int) -> Iterator[tuple[str, str]]:
    temporary = folder / "temporary"
    temporary.mkdir()
    yield "Foreground", "yes"
    yield "TCPSocket", str(port)
    yield "TCPAddr", "127.0.0.1"
    yield "LocalSocket", str(folder / "clamd.sock")
    yield "DatabaseDirectory", str(folder / "signatures")
    yield "TemporaryDirectory", str(temporary)
    yield "StreamMaxLength", str(MAX_BYTES)
    yield "MaxFileSize", str(MAX_BYTES)
    yield "MaxScanSize", str(4 * MAX_BYTES)
    yield "MaxRecursion", "6"
    yield "MaxFiles", "100"
    yield "AlertExceedsMax", "yes"
    yield "MaxThreads", "4"
