"""The pace of an endpoint: four at once, no more a minute than it takes, and nobody waits for a slow one."""

import asyncio
import time
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from itertools import count

import pytest

from shared.usecases import pacing
from shared.usecases.pacing import AT_ONCE, SLOW_SECONDS

_names = count()


@pytest.fixture
def endpoint() -> str:
    """One that nothing was sent to."""
    return f"https://receiver-{next(_names)}.example/hook"


@pytest.fixture(autouse=True)
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The loop's clock, in seconds. It stands still, so that nothing is slow unless a test says so."""
    now = [time.monotonic()]
    monkeypatch.setattr(asyncio.BaseEventLoop, "time", lambda _: now[0])
    return now


async def may_go(endpoint: str, rate: int | None = None) -> bool:
    """A delivery that is answered at once."""
    async with pacing.place(endpoint, rate_per_minute=rate) as may:
        return may


@dataclass
class Receiver:
    """Answers all that is open at a time together, so that places come free together."""

    endpoint: str
    open: int = 0
    most: int = 0
    answered: int = 0
    closing: asyncio.Event = field(default_factory=asyncio.Event)

    async def post(self) -> None:
        """One delivery, in its place."""
        async with pacing.place(self.endpoint) as may:
            assert may
            self.open += 1
            self.most = max(self.most, self.open)
            await self.closing.wait()
            self.open -= 1
            self.answered += 1

    async def answer(self, many: int) -> None:
        """All that is open is answered together, again and again, until so many were."""
        while self.answered < many:
            for _ in range(20):
                await asyncio.sleep(0)
            self.closing.set()
            self.closing = asyncio.Event()


@pytest.mark.parametrize("many", [AT_ONCE, 3 * AT_ONCE + 1, 60])
async def test_no_more_than_four_are_under_way_at_once(endpoint: str, many: int) -> None:
    """However many come, and though places come free together while others arrive; each goes out."""
    receiver = Receiver(endpoint)

    async def arrive(turns: int) -> None:
        for _ in range(turns):
            await asyncio.sleep(0)
        await receiver.post()

    await asyncio.gather(receiver.answer(many), *(arrive(3 * n) for n in range(many)))
    assert (receiver.most, receiver.answered) == (AT_ONCE, many)


async def test_a_slow_endpoint_is_not_waited_for(endpoint: str, clock: list[float]) -> None:
    """While its four places are taken for longer than half a second others are turned away, and not those of others."""
    async with AsyncExitStack() as hung:
        for _ in range(AT_ONCE):
            assert await hung.enter_async_context(pacing.place(endpoint))
        clock[0] += SLOW_SECONDS
        assert not await may_go(endpoint)
        assert await may_go(endpoint + "/other")
    assert await may_go(endpoint)


@pytest.mark.parametrize("rate", [1, 5, 120])
async def test_no_more_go_out_in_a_minute_than_the_endpoint_allows(
    endpoint: str, clock: list[float], rate: int
) -> None:
    """In no minute, wherever it begins: a place comes free a minute after it was taken."""
    first = [await may_go(endpoint, rate) for _ in range(rate + 3)]
    assert first == [True] * rate + [False] * 3
    clock[0] += 55
    assert not await may_go(endpoint, rate)
    clock[0] += 6
    assert [await may_go(endpoint, rate) for _ in range(rate + 1)] == [True] * rate + [False]
    assert await may_go(endpoint + "/other", rate)


async def test_a_delivery_that_breaks_gives_its_place_back(endpoint: str) -> None:
    """Whatever is raised in it, cancelling too."""
    for raised in (ValueError, asyncio.CancelledError):
        for _ in range(2 * AT_ONCE):
            with pytest.raises(raised):
                async with pacing.place(endpoint):
                    raise raised
    assert await may_go(endpoint)


async def test_endpoints_that_rest_are_forgotten(endpoint: str) -> None:
    """Nothing is kept of one that nothing is under way to, and that has no rate to be counted for."""
    receiver = Receiver(endpoint)
    many = 3 * AT_ONCE
    await asyncio.gather(receiver.answer(many), *(receiver.post() for _ in range(many)))
    assert endpoint not in pacing._lanes[asyncio.get_running_loop()]
