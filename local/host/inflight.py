"""What a listener has running at the same time."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Coroutine
from typing import Any

log = logging.getLogger("host.inflight")


class InFlight:
    """The invocations of one listener that are running, at most `limit` of them."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._tasks: set[asyncio.Task[None]] = set()
        self._changed = asyncio.Event()

    async def free(self) -> int:
        """Wait until at least one more may start; say how many may."""
        while len(self._tasks) >= self._limit:
            self._changed.clear()
            await self._changed.wait()
        return self._limit - len(self._tasks)

    def start(self, work: Coroutine[Any, Any, None]) -> None:
        """Start one invocation."""
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._ended)

    async def stop(self) -> None:
        """Cancel what runs and wait until it has given back what it held."""
        running = set(self._tasks)
        for task in running:
            task.cancel()
        if running:
            await asyncio.wait(running)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        self._changed.set()
        if not task.cancelled() and (error := task.exception()):
            log.error("what came of an invocation could not be settled", exc_info=error)
