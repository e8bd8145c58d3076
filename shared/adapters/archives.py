"""Looking into ZIP archives, and into archives in archives, within fixed bounds."""

import asyncio
import lzma
import zipfile
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from tempfile import SpooledTemporaryFile
from typing import IO

MAGIC = (b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08")
_MEMORY_BYTES = 8 * 1024 * 1024  # A spool above it goes on on the disk.
_CHUNK_BYTES = 1024 * 1024
_MAGIC_BYTES = 4
_ENCRYPTED = 0x1  # Bit 0 of a member's flags.

type Search = Callable[[bytes], bool]
"""Is fed the pieces of one stream in order; true once it has found something."""


@dataclass(frozen=True, slots=True)
class Bounds:
    """How far an archive is looked into."""

    archive_bytes: int = 2_000_000_000
    unpacked_bytes: int = 2_000_000_000
    members: int = 10_000
    depth: int = 3
    encrypted: bool = False
    """True: what is encrypted is passed over."""


class NotSearched(Exception):
    """Some part of the archive could not be looked into; the text says why and names no member."""


def spool() -> IO[bytes]:
    """A file of our own for an archive: zip needs to seek. In memory while it is small."""
    return SpooledTemporaryFile(max_size=_MEMORY_BYTES)


def is_archive(beginning: bytes) -> bool:
    """True when a stream that begins so (at least four bytes) is a ZIP file, as far as its beginning tells."""
    return beginning.startswith(MAGIC)


class ArchiveKeeper:
    """Sees a stream go by, and keeps it in a file when it is an archive. Any other stream is not kept at all."""

    def __init__(self, bounds: Bounds) -> None:
        self._bounds = bounds
        self._beginning = b""
        self._size = 0
        self._file: IO[bytes] | None = None

    async def take(self, chunk: bytes) -> None:
        """One piece goes by. Raises NotSearched for an archive beyond the bounds."""
        self._size += len(chunk)
        if self._file is not None:
            await asyncio.to_thread(self._file.write, chunk)
        elif len(self._beginning) < _MAGIC_BYTES:
            self._beginning += chunk
            if is_archive(self._beginning):
                self._file = spool()
                self._file.write(self._beginning)
        if self._file is not None and self._size > self._bounds.archive_bytes:
            raise NotSearched("archive too large")

    async def finds(self, new_search: Callable[[], Search]) -> bool:
        """The stream has ended: True when a member of the archive holds what is searched for. Raises NotSearched."""
        if self._file is None:
            return False
        self._file.seek(0)
        return await asyncio.to_thread(ArchiveSearch(new_search, self._bounds).finds, self._file)

    def close(self) -> None:
        """Nothing is kept any more."""
        if self._file is not None:
            self._file.close()


class ArchiveSearch:
    """Searches every member of an archive. One instance per archive, since it counts what was unpacked."""

    def __init__(self, new_search: Callable[[], Search], bounds: Bounds) -> None:
        """`new_search` gives a fresh search for every member."""
        self._new_search = new_search
        self._bounds = bounds
        self._unpacked = 0
        self._members = 0

    def finds(self, archive: IO[bytes]) -> bool:
        """True when any member, at any depth, holds what is searched for. Blocks: call it in a thread.

        Raises NotSearched when nothing was found but not everything was seen.
        """
        return self._finds(archive, depth=1)

    def _finds(self, archive: IO[bytes], *, depth: int) -> bool:
        if depth > self._bounds.depth:
            raise NotSearched("archives nested too deeply")
        unseen: NotSearched | None = None
        try:
            with zipfile.ZipFile(archive) as opened:
                for member in opened.infolist():
                    try:
                        if self._member_finds(opened, member, depth):
                            return True
                    except NotSearched as error:
                        unseen = error  # A finding in a later member outweighs it.
        except (zipfile.BadZipFile, zlib.error, lzma.LZMAError, EOFError, OSError, ValueError) as error:
            raise NotSearched("broken archive") from error
        if unseen is not None:
            raise unseen
        return False

    def _member_finds(self, opened: zipfile.ZipFile, member: zipfile.ZipInfo, depth: int) -> bool:
        self._members += 1
        if self._members > self._bounds.members:
            raise NotSearched("too many files in the archive")
        if member.flag_bits & _ENCRYPTED:
            if self._bounds.encrypted:
                return False
            raise NotSearched("encrypted archive")
        try:
            stream = opened.open(member)
        except (NotImplementedError, RuntimeError) as error:
            raise NotSearched("unknown compression") from error
        with stream, spool() as inner:
            return self._stream_finds(stream, inner, depth)

    def _stream_finds(self, stream: IO[bytes], inner: IO[bytes], depth: int) -> bool:
        search = self._new_search()
        nested: bool | None = None  # Known with the first piece.
        while chunk := stream.read(_CHUNK_BYTES):
            self._unpacked += len(chunk)
            if self._unpacked > self._bounds.unpacked_bytes:
                raise NotSearched("archive too large when unpacked")
            if search(chunk):
                return True
            nested = is_archive(chunk) if nested is None else nested
            if nested:
                inner.write(chunk)
        if not nested:
            return False
        inner.seek(0)
        return self._finds(inner, depth=depth + 1)
