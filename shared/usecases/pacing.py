"""A pace for every endpoint, in this process: a few deliveries at once, and no more a minute than it takes."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from weakref import WeakKeyDictionary

AT_ONCE = 4
"""POSTs that one endpoint answers at a time; an instance takes twice as many messages (`host.json`)."""

SLOW_SECONDS = 0.5
"""An endpoint that has been busy for so long is not waited for."""

_MINUTE = 60.0


@dataclass(slots=True)
class _Lane:
    users: int = 0  # Under way and waiting: while there is one the lane is kept, or a second one would let in more.
    begun: dict[object, float] = field(default_factory=dict)
    sent: deque[float] = field(default_factory=deque)
    freed: asyncio.Condition = field(default_factory=asyncio.Condition)


_lanes: WeakKeyDictionary[asyncio.AbstractEventLoop, dict[str, _Lane]] = WeakKeyDictionary()


@asynccontextmanager
async def place(endpoint: str, *, rate_per_minute: int | None = None) -> AsyncIterator[bool]:
    """True when this delivery may go out now; False when it had better wait elsewhere.

    It waits here only while the endpoint answers quickly, so that a slow one takes no more than its few places.
    """
    loop = asyncio.get_running_loop()
    lanes = _lanes.setdefault(loop, {})
    lane = lanes.setdefault(endpoint, _Lane())
    ticket = object()
    lane.users += 1
    try:
        yield await _entered(lane, ticket, loop.time, rate_per_minute)
    finally:
        lane.users -= 1
        if not lane.users and not lane.sent:
            lanes.pop(endpoint, None)
        if lane.begun.pop(ticket, None) is not None:
            async with lane.freed:
                lane.freed.notify()


async def _entered(lane: _Lane, ticket: object, clock: Callable[[], float], rate: int | None) -> bool:
    async with lane.freed:
        while len(lane.begun) >= AT_ONCE:
            patience = min(lane.begun.values()) + SLOW_SECONDS - clock()
            try:
                async with asyncio.timeout(max(patience, 0)):
                    await lane.freed.wait()
            except TimeoutError:
                return False
        if not _within(lane, clock(), rate):
            return False
        lane.begun[ticket] = clock()
        return True


def _within(lane: _Lane, now: float, rate: int | None) -> bool:
    """Count this one among the last minute's, unless they are as many as may be."""
    while lane.sent and now - lane.sent[0] >= _MINUTE:
        lane.sent.popleft()
    if rate is None:
        return True
    if len(lane.sent) >= rate:
        return False
    lane.sent.append(now)
    return True
