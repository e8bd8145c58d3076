"""The bulk lane: requests with many recipients take turns, so that they never slow a single letter."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from weakref import WeakKeyDictionary

TOGETHER = 100
"""Recipients of one turn: their pointers fill whole transactions of Azure Tables, and a turn takes a second or two."""
TURNS_AT_ONCE = 2
_lanes: WeakKeyDictionary[asyncio.AbstractEventLoop, asyncio.Semaphore] = WeakKeyDictionary()


@asynccontextmanager
async def turn(recipients: int) -> AsyncIterator[None]:
    """A request with this many recipients may work on up to `TOGETHER` of them now.

    One with a single recipient never waits. The others wait for whoever came before, and after each turn stand at the
    end of the line again, so that of several bulks none waits for all of another. Source: design 9, the bulk lane.
    """
    if recipients == 1:
        yield
        return
    lane = _lanes.setdefault(asyncio.get_running_loop(), asyncio.Semaphore(TURNS_AT_ONCE))
    async with lane:
        yield
