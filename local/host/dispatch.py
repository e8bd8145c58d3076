"""Runs one occurrence of a trigger that is not HTTP: the function, its outputs, its retry policy, its time limit."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from local.host.front import report
from local.host.functions import TIMER, Function, Retry
from local.host.outputs import OutputFailed, Outputs
from local.host.worker import Call, InvocationFailed, Worker

# The real host honours the policy for timers; messages and blobs are redelivered by their source instead.
RETRYING = frozenset({TIMER})

log = logging.getLogger("host.dispatch")


class Failed(Exception):
    """The occurrence failed for good; it has been logged."""


class Dispatcher:
    """Runs functions for the listeners."""

    def __init__(self, worker: Worker, outputs: Outputs, timeout: timedelta | None) -> None:
        self._worker = worker
        self._outputs = outputs
        self._timeout_seconds = timeout.total_seconds() if timeout else None

    async def run(self, function: Function, value: Any, metadata: Mapping[str, Any] | None = None) -> None:
        """Run the function until it succeeds or its retries are used up.

        Raises:
            Failed: when it did not succeed.
        """
        retry = function.retry if function.trigger_type in RETRYING else None
        attempt = 0
        while True:
            call = Call(function, value, metadata or {}, attempt=attempt, attempts=retry.count if retry else 0)
            try:
                async with asyncio.timeout(self._timeout_seconds):
                    await self._outputs.write(function, await self._worker.invoke(call), call.metadata)
            except (InvocationFailed, OutputFailed, TimeoutError) as failure:
                reason = (
                    failure
                    if not isinstance(failure, TimeoutError)
                    else OutputFailed("the function ran past functionTimeout")
                )
                report(function, call.id, reason)
                if retry is None or (retry.count != -1 and attempt >= retry.count):
                    raise Failed from failure
                attempt += 1
                await asyncio.sleep(pause(retry, attempt).total_seconds())
            else:
                report(function, call.id)
                return


def pause(retry: Retry, attempt: int) -> timedelta:
    """Say how long to wait before retry `attempt`, counted from 1: fixed, or doubling between the policy's bounds."""
    if retry.fixed is not None:
        return retry.fixed
    return min(retry.maximum, max(retry.minimum, timedelta(seconds=2 ** min(attempt, 30))))


def warn_of_ignored_retries(functions: tuple[Function, ...]) -> None:
    """Say which functions carry a retry policy that their trigger does not honour."""
    for function in functions:
        if function.retry is not None and function.trigger_type not in RETRYING:
            log.warning(
                "%s: the retry policy is ignored, as a %s is redelivered by its source",
                function.name,
                function.trigger["type"],
            )
