"""Microsoft Defender for Storage: it scans blobs where they lie, and tells by an event; its tags say so as well."""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from datetime import datetime, timedelta

from shared.domain.errors import Unavailable
from shared.domain.identifiers import AttachmentId
from shared.domain.scan_results import RESULT_TAG, ScanResult
from shared.domain.verdicts import Verdict

ASK_AGAIN_AFTER = timedelta(minutes=1)
"""The event usually comes within it."""

type Tags = Callable[[AttachmentId, str], Awaitable[Mapping[str, str]]]
"""The index tags of a blob at an ETag. Raises Conflict when other bytes lie there."""


class DefenderScanner:
    """The port `Scanner`, for when no event came: the verdict in the blob's index tags. Reads none of the bytes.

    Tags can be written by whoever may write tags; links for uploads must not allow it.
    """

    def __init__(self, tags: Tags) -> None:
        self._tags = tags

    async def scan(self, chunks: AsyncIterator[bytes], *, id_: AttachmentId, etag: str, now: datetime) -> Verdict:
        """The verdict about these very bytes. Raises Unavailable as long as there is none, and Conflict."""
        result = (await self._tags(id_, etag)).get(RESULT_TAG)
        if not result:
            raise Unavailable("malware scanner", retry_after=ASK_AGAIN_AFTER)
        return ScanResult(id_, etag, result).verdict(now=now)
