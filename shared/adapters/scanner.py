"""The built-in scanner of a local run: it knows one test file, and what it cannot see into is not clean."""

from collections.abc import AsyncIterator
from contextlib import closing
from datetime import datetime

from shared.adapters.archives import ArchiveKeeper, Bounds, NotSearched
from shared.domain.identifiers import AttachmentId
from shared.domain.verdicts import Scan, Verdict


def eicar_signature() -> bytes:
    """The EICAR test file's 68 bytes. Put together at run time, so that no scanner trips over this module."""
    return b"".join((b"X5O!P%@AP[4\\PZX54(P^)7CC)7}$", b"EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"))


class _Search:
    """Finds the test file in a stream, also across the borders of its pieces."""

    def __init__(self) -> None:
        self._wanted = eicar_signature()
        self._tail = b""

    def __call__(self, chunk: bytes) -> bool:
        window = self._tail + chunk
        self._tail = window[-(len(self._wanted) - 1) :]
        return self._wanted in window


class BuiltinScanner:
    """The port `Scanner`: finds the EICAR test file anywhere in the bytes, also in ZIP members. For local runs only.

    Memory does not depend on the size: an archive is spooled to disk, any other stream is not kept at all.
    """

    def __init__(self, bounds: Bounds = Bounds()) -> None:  # noqa: B008  A frozen value, never changed.
        """`bounds`: an archive beyond them is not scanned, and so never clean."""
        self._bounds = bounds

    async def scan(self, chunks: AsyncIterator[bytes], *, id_: AttachmentId, etag: str, now: datetime) -> Verdict:
        """Read to the end or to a finding. CLEAN only when every byte, also of every member, was searched."""
        try:
            found = await self._finds(chunks)
        except NotSearched as error:
            return Verdict(etag, Scan.NOT_SCANNED, str(error), now)
        if found:
            return Verdict(etag, Scan.INFECTED, "Eicar-Test-Signature", now)
        return Verdict(etag, Scan.CLEAN, "No threats found", now)

    async def _finds(self, chunks: AsyncIterator[bytes]) -> bool:
        search = _Search()
        with closing(ArchiveKeeper(self._bounds)) as archive:
            async for chunk in chunks:
                if search(chunk):
                    return True
                await archive.take(chunk)
            return await archive.finds(_Search)
