"""What ClamAV's daemon says, and what a daemon that misbehaves comes to."""

import asyncio
import tracemalloc
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import pytest

from shared.adapters import clamd
from shared.adapters.clamd import ClamdScanner, meaning
from shared.domain.errors import Unavailable
from shared.domain.identifiers import AttachmentId
from shared.domain.verdicts import Scan, Verdict
from tests.builders import NOW, new_id

FILE = AttachmentId(new_id("file"))
type Daemon = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@pytest.mark.parametrize(
    ("answer", "scan"),
    [
        ("stream: OK", Scan.CLEAN),
        ("stream: Eicar-Test-Signature.UNOFFICIAL FOUND", Scan.INFECTED),
        ("stream: Heuristics.Phishing.Email FOUND", Scan.INFECTED),
        ("stream: Heuristics.Limits.Exceeded.MaxFileSize FOUND", Scan.NOT_SCANNED),
        ("stream: Heuristics.Limits.Exceeded.MaxScanTime FOUND", Scan.NOT_SCANNED),
        ("stream: Heuristics.Encrypted.Zip FOUND", Scan.NOT_SCANNED),
        ("INSTREAM size limit exceeded. ERROR", Scan.NOT_SCANNED),
        ("stream: Can't allocate memory ERROR", Scan.NOT_SCANNED),
        ("UNKNOWN COMMAND", Scan.NOT_SCANNED),
        ("COMMAND READ TIMED OUT", Scan.NOT_SCANNED),
        ("OK", Scan.NOT_SCANNED),
        ("stream: ok", Scan.NOT_SCANNED),
        ("stream: OK and more", Scan.NOT_SCANNED),
        ("1: stream: OK", Scan.NOT_SCANNED),
        ("PONG", Scan.NOT_SCANNED),
        ("", Scan.NOT_SCANNED),
    ],
)
def test_only_the_exact_clean_answer_is_clean(answer: str, scan: Scan) -> None:
    """Whatever else it says is a finding or no verdict at all; and there is always a reason."""
    assert meaning(answer)[0] is scan
    assert meaning(answer)[1]


@asynccontextmanager
async def daemon(serve: Daemon) -> AsyncIterator[ClamdScanner]:
    """A daemon that does as it likes with every connection."""
    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    host, port = server.sockets[0].getsockname()
    try:
        yield ClamdScanner(f"{host}:{port}", max_bytes=2_000_000_000)
    finally:
        server.close()
        await server.wait_closed()


async def command(reader: asyncio.StreamReader) -> bytes:
    return await reader.readuntil(b"\0")


async def endless() -> AsyncIterator[bytes]:
    for _ in range(64):
        yield bytes(1024 * 1024)


async def scanned(scanner: ClamdScanner) -> Verdict:
    return await scanner.scan(endless(), id_=FILE, etag="0x1", now=NOW)


def breaking_off(*, alive: bool, words: bytes = b"") -> Daemon:
    """Reads a little of the bytes, says this, and resets the connection; answers a ping or not."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked = await command(reader)
        if asked == b"zPING\0":
            writer.write(b"PONG\0" if alive else b"")
            writer.close()
            return
        await reader.readexactly(1000)
        writer.write(words)
        await writer.drain()
        writer.transport.abort()

    return serve


async def test_a_reset_by_a_daemon_that_lives_is_not_scanned() -> None:
    """It did not want these bytes, and would not the next time."""
    async with daemon(breaking_off(alive=True)) as scanner:
        assert (await scanned(scanner)).scan is Scan.NOT_SCANNED


async def test_a_reset_by_a_daemon_that_does_not_live_is_asked_again() -> None:
    """Nothing is known about the bytes."""
    async with daemon(breaking_off(alive=False)) as scanner:
        with pytest.raises(Unavailable):
            await scanned(scanner)


async def test_an_answer_in_the_middle_of_the_bytes_is_heard() -> None:
    """It is the reason; never a clean one."""
    async with daemon(breaking_off(alive=True, words=b"INSTREAM size limit exceeded. ERROR\0")) as scanner:
        assert (await scanned(scanner)).scan is Scan.NOT_SCANNED


async def test_ok_before_the_end_of_the_bytes_is_not_clean() -> None:
    """A daemon that has not read everything cannot know."""
    async with daemon(breaking_off(alive=True, words=b"stream: OK\0")) as scanner:
        assert (await scanned(scanner)).scan is Scan.NOT_SCANNED


async def test_an_answer_without_end_is_no_verdict() -> None:
    """Nor does it fill the memory."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if await command(reader) == b"zPING\0":
            writer.write(b"PONG\0")
        else:
            writer.write(b"stream: " + b"x" * 100_000)
            await reader.read()
        writer.close()

    async with daemon(serve) as scanner:
        assert (await scanned(scanner)).scan is Scan.NOT_SCANNED


async def test_a_daemon_that_hangs_is_asked_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whether it stops reading or never answers: time runs out."""
    monkeypatch.setattr(clamd, "WRITE_TIMEOUT", clamd.WRITE_TIMEOUT / 600)
    monkeypatch.setattr(clamd, "ANSWER_TIMEOUT", clamd.ANSWER_TIMEOUT / 6000)
    held = asyncio.Event()

    async def stops_reading(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if await command(reader) == b"zPING\0":
            writer.write(b"PONG\0")
        else:
            await held.wait()
        writer.close()

    async def never_answers(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if await command(reader) == b"zPING\0":
            writer.write(b"PONG\0")
        else:
            while not held.is_set() and await reader.read(1024 * 1024):
                pass
            await held.wait()
        writer.close()

    for serve in (stops_reading, never_answers):
        async with daemon(serve) as scanner:
            with pytest.raises(Unavailable):
                await scanned(scanner)
            held.set()
        held.clear()


async def test_memory_stays_flat() -> None:
    """64 MB go through with less than 8 MB held, on both sides of the connection together."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await command(reader)
        while size := int.from_bytes(await reader.readexactly(4)):
            while size:
                size -= len(await reader.read(min(size, 64 * 1024)))
        writer.write(b"stream: OK\0")
        await writer.drain()
        writer.close()

    tracemalloc.start()
    try:
        async with daemon(serve) as scanner:
            said = await scanned(scanner)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert said.scan is Scan.CLEAN
    assert peak < 8 * 1024 * 1024
