"""ClamAV's daemon, asked over TCP or a Unix socket: INSTREAM, the bytes as they come.

The daemon must run with `AlertExceedsMax yes`: without it, it calls a file beyond its limits OK.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from datetime import datetime, timedelta

from shared.adapters.archives import ArchiveKeeper, Bounds, NotSearched, Search
from shared.domain.errors import Unavailable
from shared.domain.identifiers import AttachmentId
from shared.domain.verdicts import Scan, Verdict

CONNECT_TIMEOUT = timedelta(seconds=10)
WRITE_TIMEOUT = timedelta(seconds=60)  # For one piece: a daemon that writes to a slow disk holds the stream up.
ANSWER_TIMEOUT = timedelta(minutes=10)  # Above MaxScanTime in clamd.conf, two minutes by default.
_LAST_WORDS_WITHIN = timedelta(seconds=1)
PIECE = 1024 * 1024
_LONGEST_ANSWER = 4096
_DEPTH = 16  # Below MaxRecursion, 17 by default.
_CLEAN = "stream: OK"
_NOT_LOOKED_INTO = ("Heuristics.Limits.Exceeded", "Heuristics.Encrypted")
_BROKEN_OFF = (OSError, TimeoutError, asyncio.IncompleteReadError, asyncio.LimitOverrunError)
_NEIGHBOUR = "malware scanner"

type _Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]


class ClamdScanner:
    """The port `Scanner`. One connection for each scan; memory does not depend on the size."""

    def __init__(self, address: str, *, max_bytes: int) -> None:
        """`address`: `host:port`, or the path of a Unix socket, which begins with a slash.

        `max_bytes`: no more than the daemon's MaxFileSize. Of a file in an archive that is larger when unpacked the
        daemon scans the beginning and calls it OK, so that archives are unpacked here as well, and counted.
        """
        self._address = address
        self._bounds = Bounds(archive_bytes=max_bytes, unpacked_bytes=max_bytes, depth=_DEPTH, encrypted=True)

    async def scan(self, chunks: AsyncIterator[bytes], *, id_: AttachmentId, etag: str, now: datetime) -> Verdict:
        """Send the bytes to their end or to an early answer. CLEAN only when the daemon says exactly OK.

        Raises Unavailable when it does not answer, or broke off and does not live any more; a daemon that lives and
        broke off did not want these bytes. What the bytes' own source raises goes through.
        """
        with closing(ArchiveKeeper(self._bounds)) as archive:
            try:
                said = await self._ask(_kept(chunks, archive))
                scan, reason = meaning(said)
                if scan is Scan.CLEAN:
                    await archive.finds(_nothing)
            except NotSearched as error:
                scan, reason = Scan.NOT_SCANNED, f"The scanner could not look into all of it ({error})"
        return Verdict(etag, scan, reason, now)

    async def _ask(self, chunks: AsyncIterator[bytes]) -> str:
        """What the daemon says about all of these bytes; nothing when it broke off without a word."""
        async with _connected(self._address) as (reader, writer):
            writer.write(b"zINSTREAM\0")
            answer = asyncio.create_task(_answer_of(reader))
            try:
                is_sent = await _pour(chunks, writer, answer)
                said = await _said(answer, ANSWER_TIMEOUT)
            except _BROKEN_OFF as error:
                is_sent = False
                said = await _last_words(answer) or await self._silence(error)
            finally:
                answer.cancel()
                await asyncio.gather(answer, return_exceptions=True)
        return said if is_sent or said != _CLEAN else ""  # Who has not read all of it cannot know.

    async def _silence(self, cause: Exception) -> str:
        """Nothing was said. Raises Unavailable when it was no break, or the daemon does not answer a ping either."""
        async with _connected(self._address) as (reader, writer):
            writer.write(b"zPING\0")
            try:
                async with asyncio.timeout(CONNECT_TIMEOUT.total_seconds()):
                    alive = await _answer_of(reader) == "PONG"
            except _BROKEN_OFF:
                alive = False
        if isinstance(cause, TimeoutError) or not alive:
            raise Unavailable(_NEIGHBOUR) from cause
        return ""


def meaning(answer: str) -> tuple[Scan, str]:
    """What the daemon's answer means, and its reason in words. Only the exact clean answer is clean."""
    said = answer.removeprefix("stream: ")
    if answer == _CLEAN:
        return Scan.CLEAN, "No threats found"
    if answer.startswith("INSTREAM size limit exceeded"):
        return Scan.NOT_SCANNED, "The file is larger than the scanner takes"
    if not said.endswith(" FOUND"):
        return Scan.NOT_SCANNED, "The scanner gave no verdict"
    name = "".join(filter(str.isprintable, said.removesuffix(" FOUND")))[:200]
    if name.startswith(_NOT_LOOKED_INTO):
        return Scan.NOT_SCANNED, f"The scanner could not look into all of it ({name})"
    return Scan.INFECTED, name


async def _kept(chunks: AsyncIterator[bytes], archive: ArchiveKeeper) -> AsyncIterator[bytes]:
    async for chunk in chunks:
        await archive.take(chunk)
        yield chunk


def _nothing() -> Search:
    """A search for nothing: what it goes through has been unpacked."""
    return lambda chunk: False


async def _pour(chunks: AsyncIterator[bytes], writer: asyncio.StreamWriter, answer: "asyncio.Task[str]") -> bool:
    """Send every byte, and the end of them. False when the daemon has answered before."""
    async for chunk in chunks:
        for start in range(0, len(chunk), PIECE):
            if answer.done():
                return False
            piece = memoryview(chunk)[start : start + PIECE]
            writer.write(len(piece).to_bytes(4))
            writer.write(piece)
            async with asyncio.timeout(WRITE_TIMEOUT.total_seconds()):
                await writer.drain()
    writer.write(bytes(4))
    return True


async def _said(answer: "asyncio.Task[str]", within: timedelta) -> str:
    """The answer, which goes on being waited for when time runs out: TimeoutError."""
    done, _ = await asyncio.wait([answer], timeout=within.total_seconds())
    if not done:
        raise TimeoutError
    return answer.result()


async def _last_words(answer: "asyncio.Task[str]") -> str:
    """What the daemon said before it broke off, or nothing."""
    try:
        return await _said(answer, _LAST_WORDS_WITHIN)
    except _BROKEN_OFF:
        return ""


async def _answer_of(reader: asyncio.StreamReader) -> str:
    answer = await reader.readuntil(b"\0")
    return answer[:-1].decode("utf-8", "replace").strip()


@asynccontextmanager
async def _connected(address: str) -> AsyncIterator[_Streams]:
    """A connection to the daemon, gone at the end. Raises Unavailable when there is none to be had."""
    try:
        async with asyncio.timeout(CONNECT_TIMEOUT.total_seconds()):
            reader, writer = await _open(address)
    except OSError as error:  # Includes the timeout.
        raise Unavailable(_NEIGHBOUR) from error
    try:
        yield reader, writer
    finally:
        writer.transport.abort()  # Closing would wait until the daemon has read what it may never read.


async def _open(address: str) -> _Streams:
    if address.startswith("/"):
        return await asyncio.open_unix_connection(address, limit=_LONGEST_ANSWER)
    host, _, port = address.rpartition(":")
    return await asyncio.open_connection(host.strip("[]"), int(port), limit=_LONGEST_ANSWER)
