"""All files of a correspondence as one ZIP, made while it goes out. Source: wire contract 12.3."""

import asyncio
import zipfile
from collections import deque
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import aclosing
from typing import IO, cast

from fastapi import Response
from fastapi.responses import StreamingResponse

from functions.http.files import begun, chained, disposition
from shared.domain.zip_names import entry_names, zip_bytes
from shared.usecases.downloading import Download, DownloadAll

ZIP = "application/zip"
_AHEAD_FILES = 8
_AHEAD_BYTES = 8 * 1024 * 1024  # What a big file that has begun holds: two pieces of 4 MiB.
_FILE_MODE = 0o644 << 16
_EARLIEST = (1980, 1, 1, 0, 0, 0)  # What a ZIP can say at the earliest.


async def zip_for_recipient(download: DownloadAll) -> Response:
    """The files as they are, none compressed, with the length known beforehand.

    The bytes of the first file are read before the answer begins, so that a fault still has a status.
    """
    names = entry_names([file.attachment.file_name for file in download.files])
    length = zip_bytes([(name, file.stored.size) for name, file in zip(names, download.files, strict=True)])
    pieces = aiter(_zipped(names, download.files))
    first = await anext(pieces)
    headers = {"Content-Disposition": disposition(download.zip_name), "Content-Length": str(length)}
    return StreamingResponse(chained(first, pieces), 200, headers, ZIP)


async def _zipped(names: Sequence[str], files: Sequence[Download]) -> AsyncIterator[bytes]:
    """The archive in pieces. Nothing but the headers is held besides the pieces on their way."""
    sink = _Sink()
    async with aclosing(_read_ahead(files)) as readers:
        with zipfile.ZipFile(cast("IO[bytes]", sink), "w", allowZip64=False) as archive:
            for name, file in zip(names, files, strict=True):
                reader = await anext(readers)
                with archive.open(_entry(name, file), "w") as entry:
                    async for piece in reader:
                        await asyncio.to_thread(entry.write, piece)  # its checksum is made there
                        for part in sink.taken():
                            yield part
    for part in sink.taken():
        yield part


def _entry(name: str, file: Download) -> zipfile.ZipInfo:
    made = file.attachment.created.timetuple()[:6]
    info = zipfile.ZipInfo(name, max(made, _EARLIEST))
    info.file_size = file.stored.size
    info.external_attr = _FILE_MODE
    return info


async def _read_ahead(files: Sequence[Download]) -> AsyncGenerator[AsyncIterator[bytes]]:
    """The bytes of each file in turn, those of the next few begun already, as long as they hold no more than 8 MiB."""
    waiting = deque(files)
    ahead: deque[tuple[int, asyncio.Task[AsyncIterator[bytes]]]] = deque()
    try:
        while waiting or ahead:
            while waiting and _has_room([held for held, _ in ahead], waiting[0]):
                file = waiting.popleft()
                ahead.append((_held(file), asyncio.create_task(begun(file, 0, None))))
            yield await ahead[0][1]
            ahead.popleft()
    finally:
        for _, task in ahead:
            task.cancel()
        await asyncio.gather(*(task for _, task in ahead), return_exceptions=True)


def _has_room(held: Sequence[int], file: Download) -> bool:
    return not held or (len(held) < _AHEAD_FILES and sum(held) + _held(file) <= _AHEAD_BYTES)


def _held(file: Download) -> int:
    return min(file.stored.size, _AHEAD_BYTES)


class _Sink:
    """Where the archive is written to: it can neither be sought nor read, and gives up what it has got."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []

    def write(self, part: bytes) -> int:
        self._parts.append(part)
        return len(part)

    def flush(self) -> None:
        """Nothing is kept back."""

    def taken(self) -> list[bytes]:
        """What was written since the last time."""
        parts, self._parts = self._parts, []
        return parts
