"""How fast messages are accepted, through HTTP, against the floor: the same storage and bus calls and nothing else."""

import statistics
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from itertools import count

from bench import bulk
from bench.floor import Floor
from bench.report import Result, say
from local.demo import letters
from local.demo.client import Api, Services
from local.stack import Stack

_WARM_UP = 10
_PAUSE_SECONDS = 1.0  # Longer than what follows from one message takes.
_PAUSED = 15


def measure(times: int, at_once: int) -> list[Result]:
    """Measure the floor on a stack without the app, then messages on a whole stack; both on this machine, now."""
    with Stack(functions=False) as stack, _floor(stack) as floor:
        least = _measured(floor.create, times, at_once)
    with Stack() as stack:
        agency = Services.of(stack).organisation(letters.AGENCY)
        accepted = _measured(_sender(agency), times, at_once)
        alone_ms = _alone(_sender(agency))
        beside = bulk.beside(stack, agency, _sender(agency))
        agency.close()
    return say(
        f"{times} messages without attachments, one at a time and {at_once} at once",
        Result("create, p50, one after the other", accepted.p50_ms, "ms", digits=1),
        Result("create, p50, with a pause before each", alone_ms, "ms", digits=1),
        Result("floor, p50", least.p50_ms, "ms", digits=1),
        Result("create against floor, p50, one after the other", accepted.p50_ms / least.p50_ms, "times", digits=1),
        Result("create against floor, p50, with a pause", alone_ms / least.p50_ms, "times", digits=1),
        Result(f"create, p50, beside {bulk.RECIPIENTS} recipients", beside.p50_ms, "ms", digits=1),
        Result(f"create, slowest of {beside.count} beside them", beside.slowest_ms, "ms", digits=1),
        Result(f"create with {bulk.RECIPIENTS} recipients, beside these", beside.bulk_ms, "ms"),
        Result("create, rate", accepted.rate, "per s", digits=1),
        Result("floor, rate", least.rate, "per s", digits=1),
        Result("floor against create, rate", least.rate / accepted.rate, "times", digits=1),
    )


class _Speed:
    """Median of calls made one at a time, and the rate of calls made side by side."""

    def __init__(self, p50_ms: float, rate: float) -> None:
        self.p50_ms, self.rate = p50_ms, rate


def _alone(call: Callable[[], object]) -> float:
    """Median of calls that nothing competes with: what follows from the one before is done by then."""
    took = []
    for _ in range(_PAUSED):
        time.sleep(_PAUSE_SECONDS)
        began = time.perf_counter()
        call()
        took.append((time.perf_counter() - began) * 1000)
    return statistics.median(took)


def _measured(call: Callable[[], object], times: int, at_once: int) -> _Speed:
    for _ in range(_WARM_UP):
        call()
    took = []
    for _ in range(times):
        began = time.perf_counter()
        call()
        took.append((time.perf_counter() - began) * 1000)
    began = time.perf_counter()
    with ThreadPoolExecutor(at_once) as pool:
        list(pool.map(lambda _: call(), range(times)))
    return _Speed(statistics.median(took), times / (time.perf_counter() - began))


def _sender(agency: Api) -> Callable[[], object]:
    numbers = count()
    return lambda: agency.sent(letters.letter(letters.BUSINESS, reference=f"bench {next(numbers)}"))


@contextmanager
def _floor(stack: Stack) -> Iterator[Floor]:
    floor = Floor(stack.addresses)
    try:
        yield floor
    finally:
        floor.close()
