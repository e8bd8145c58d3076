"""An upload in blocks: bytes of any number in flat memory, with both digests, visible only when committed."""

import asyncio
import hashlib
import secrets
from collections.abc import Awaitable, Callable

from shared.domain.attachment import Stored

BLOCK = 8 * 1024 * 1024
IN_FLIGHT = 3
_SMALL = 64 * 1024
"""Up to here hashing on the event loop is cheaper than a thread."""


class BlockUpload:
    """Fulfils the port Upload. For one writer: `write` is not called before the last call has returned.

    `stage` sends one block, `commit` makes a list of blocks the content and gives the ETag. Memory: one block that
    fills up and three that are sent.
    """

    def __init__(
        self,
        stage: Callable[[str, bytes], Awaitable[None]],
        commit: Callable[[list[str], bytes], Awaitable[str]],
    ) -> None:
        self._stage = stage
        self._commit = commit
        self._prefix = secrets.token_hex(8)  # Two uploads to one blob share the name space of uncommitted blocks.
        self._filling = bytearray()
        self._block_ids: list[str] = []
        self._sending: set[asyncio.Task[None]] = set()
        self._size = 0
        self._md5 = hashlib.md5(usedforsecurity=False)
        self._sha256 = hashlib.sha256()

    async def write(self, chunk: bytes) -> None:
        """Take some bytes; blocks of 8 MiB leave as they fill up, three in flight. Raises Unavailable."""
        rest = memoryview(chunk)
        while rest:
            part = rest[: BLOCK - len(self._filling)]
            self._filling += part
            rest = rest[len(part) :]
            if len(self._filling) == BLOCK:
                await self._send()

    async def flush(self) -> str:
        """Everything written so far is with the storage and no longer in memory; its SHA-256 in hex.

        Raises Unavailable when a block did not arrive.
        """
        if self._filling:
            await self._send()
        while self._sending:
            await self._one_sent()
        return self._sha256.hexdigest()

    async def commit(self) -> Stored:
        """Make the bytes the blob's content, with both digests, and say under which ETag.

        Raises Unavailable when a block or the commit did not arrive, Conflict when another upload was committed.
        """
        await self.flush()
        etag = await self._commit(self._block_ids, self._md5.digest())
        return Stored(etag, self._size, self._md5.hexdigest(), self._sha256.hexdigest())

    async def end(self) -> None:
        """Stop what is still being sent. Nothing can be seen of what was not committed."""
        for task in self._sending:
            task.cancel()
        await asyncio.gather(*self._sending, return_exceptions=True)
        self._sending.clear()

    async def _send(self) -> None:
        block, self._filling = bytes(self._filling), bytearray()
        if len(block) > _SMALL:
            await asyncio.to_thread(self._digest, block)
        else:
            self._digest(block)
        self._size += len(block)
        while len(self._sending) >= IN_FLIGHT:
            await self._one_sent()
        block_id = f"{self._prefix}-{len(self._block_ids):06d}"
        self._block_ids.append(block_id)
        self._sending.add(asyncio.create_task(self._sent(block_id, block)))

    async def _sent(self, block_id: str, block: bytes) -> None:
        await self._stage(block_id, block)

    async def _one_sent(self) -> None:
        """Wait until one has arrived; raises what it raised."""
        done, self._sending = await asyncio.wait(self._sending, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            task.result()

    def _digest(self, block: bytes) -> None:
        self._md5.update(block)
        self._sha256.update(block)
