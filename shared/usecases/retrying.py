"""Trying again later, where it can be seen: on the agenda, with back-off and jitter."""

import random
from dataclasses import replace
from datetime import timedelta

from shared.domain.changes import Due
from shared.domain.errors import Unavailable
from shared.ports import App
from shared.telemetry import Log

_FIRST = timedelta(seconds=2)
_LONGEST = timedelta(minutes=15)
_log = Log("retrying")


async def retry_later(app: App, due: Due, error: Unavailable) -> None:
    """The work is on the agenda again: after the neighbour's own wait, or 2 s doubling to 15 minutes with jitter."""
    wait = min(_LONGEST, _FIRST * 2 ** min(due.attempt, 12)) * random.uniform(0.75, 1.25)  # noqa: S311 (jitter)
    wait = max(wait, error.retry_after or timedelta())
    now = app.clock()
    await app.agenda.put(replace(due, at=now + wait, attempt=due.attempt + 1), now=now)
    _log.warning("work.retried_later", task=due.task, attempt=due.attempt, neighbour=error.neighbour)
