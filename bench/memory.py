"""How much memory the app needs while files of different sizes go up, are scanned and come down."""

import shutil
import time
from collections.abc import Iterator
from pathlib import Path

from bench.report import Result, say
from local.demo import letters
from local.demo.client import Api, NotHeld, Services
from local.stack import Stack

TARGET_MIB = 16.0
MIB = 1 << 20
_CHUNK = b"0123456789abcdef" * (MIB // 16)
_RESET_PEAK = "5"  # Source: Linux, Documentation/filesystems/proc.rst, clear_refs.
_WARM_UP_MIB = 16
_ROOM = 4  # Storage keeps blocks, the committed blob, and what it has not yet collected.


def measure(sizes_mib: list[int]) -> list[Result]:
    """Move files of these sizes through one app, and compare its peak of memory for the largest and the smallest."""
    with Stack() as stack:
        needed = sum(sizes_mib) * MIB * _ROOM
        if shutil.disk_usage(stack.state).free < needed:
            print(f"\nMemory: left out, {needed // MIB} MiB of disk are needed.")
            return []
        agency = Services.of(stack).organisation(letters.AGENCY)
        app = stack.processes()["functions"].pid
        _move(agency, app, _WARM_UP_MIB)
        moved = [(size, *_move(agency, app, size)) for size in sizes_mib]
        agency.close()
    peaks = [
        Result(f"peak of memory, {size} MiB up, scanned and down", peak, "MiB", digits=1) for size, peak, _ in moved
    ]
    rates = [Result(f"{size} MiB up, scanned and down", took, "s", digits=1) for size, _, took in moved]
    growth = max(peak for _, peak, _ in moved) - moved[0][1]
    difference = Result(
        f"more for {sizes_mib[-1]} MiB than for {sizes_mib[0]} MiB", growth, "MiB", TARGET_MIB, digits=1
    )
    return say("Memory of the app's process", *peaks, difference, *rates)


def _move(agency: Api, pid: int, size_mib: int) -> tuple[float, float]:
    """Return the peak in MiB and the time in seconds of one file's way; the file is deleted in the end."""
    Path(f"/proc/{pid}/clear_refs").write_text(_RESET_PEAK, encoding="ascii")
    began = time.monotonic()
    id_ = agency.announce(letters.attachment(f"{size_mib}.txt"))
    answer = agency.upload(id_, _bytes(size_mib))
    if answer.status_code != 200:
        raise NotHeld("upload", 200, answer.text)
    agency.until_scanned(id_, seconds=600)
    received = agency.count(f"/attachment/{id_}/download")
    if received != size_mib * MIB:
        raise NotHeld("bytes that came down", size_mib * MIB, received)
    took = time.monotonic() - began
    peak = _peak_mib(pid)
    agency.call("DELETE", f"/attachment/{id_}")
    return peak, took


def _bytes(size_mib: int) -> Iterator[bytes]:
    for _ in range(size_mib):
        yield _CHUNK


def _peak_mib(pid: int) -> float:
    for line in Path(f"/proc/{pid}/status").read_text(encoding="ascii").splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) / 1024
    raise NotHeld("a peak of memory", "VmHWM", "none")
