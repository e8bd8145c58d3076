"""Holding what a file is against what its name says. Decided with the scan, never at the upload. Source: design 4."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace

from shared.domain.attachment import Attachment, Stored
from shared.domain.file_types import examine
from shared.domain.policy import Permit
from shared.domain.signatures import Sample, compound_directory
from shared.domain.verdicts import Scan, Verdict
from shared.ports import App

_HEAD_BYTES = 64 * 1024
_TAIL_BYTES = 1024 * 1024  # The list of a ZIP archive of more than ten thousand files.
_DIRECTORY_BYTES = 64 * 1024

type _Read = Callable[[int, int], Awaitable[bytes]]


async def hold_against_name(
    app: App, attachment: Attachment, current: Stored | None, verdict: Verdict, permit: Permit
) -> Verdict:
    """A clean verdict, with what a reader should know of the content; MISNAMED when it contradicts the name.

    A verdict about other bytes than those that lie there (`current`) stays as it is: it publishes nothing.

    Of a file of any size, at most a mebibyte and some are read again, whatever scanner there is: some see the bytes
    without us. Raises Conflict when they were replaced, Unavailable.
    """
    if verdict.scan is not Scan.CLEAN or current is None or current.etag != verdict.etag:
        return verdict

    async def read(start: int, length: int) -> bytes:
        pieces = app.blobs.read(attachment.id, current, permit, start=start, length=length)
        return b"".join([piece async for piece in pieces])

    sample = await _sample(read, current.size)
    findings = await asyncio.to_thread(examine, attachment.file_name, sample)
    if findings.contradiction:
        return replace(verdict, scan=Scan.MISNAMED, reason=findings.contradiction)
    return replace(verdict, flags=findings.flags)


async def _sample(read: _Read, size: int) -> Sample:
    start = max(0, size - _TAIL_BYTES)
    tail = await read(start, size - start)
    head = tail[:_HEAD_BYTES] if start == 0 else await read(0, _HEAD_BYTES)
    at = compound_directory(head)
    if at is None or at >= size:
        return Sample(size, head, tail)
    length = min(_DIRECTORY_BYTES, size - at)
    directory = tail[at - start : at - start + length] if at >= start else await read(at, length)
    return Sample(size, head, tail, directory)
