"""The movable clock, and timers on it."""

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, cast

from local.host.clock import Clock
from local.host.dispatch import Dispatcher, Failed, pause
from local.host.functions import Function, Retry
from local.host.timers import NEVER, Status, Timer, parse_status

DAILY = "0 0 3 * * *"


class Runs:
    """Takes the place of the dispatcher: remembers what was run, and may do something while it runs."""

    def __init__(self) -> None:
        self.values: list[dict[str, Any]] = []
        self.meanwhile: list[Any] = []
        self.changed = asyncio.Event()

    async def run(self, function: Function, value: dict[str, Any], metadata: object = None) -> None:
        self.values.append(value)
        self.changed.set()
        if self.meanwhile:
            await self.meanwhile.pop(0)()

    async def count(self, number: int) -> None:
        async with asyncio.timeout(10):
            while len(self.values) < number:
                self.changed.clear()
                await self.changed.wait()


class Memory:
    """A status store in memory."""

    def __init__(self, status: Status | None = None) -> None:
        self.status = status

    async def read(self, function: str) -> Status | None:
        return self.status

    async def write(self, function: str, status: Status) -> None:
        self.status = status


def function(schedule: str, **trigger: Any) -> Function:
    return Function("f", "id", {"type": "timerTrigger", "name": "t", "schedule": schedule, **trigger}, (), None)


def timer(of: Function, runs: Runs, clock: Clock, store: Memory | None = None) -> Timer:
    return Timer(of, cast(Dispatcher, runs), clock, store)


async def test_clock_follows_its_file(tmp_path: Path) -> None:
    """Whoever waits is woken when the file moves the clock past the moment; nonsense in the file changes nothing."""
    path = tmp_path / "offset"
    clock = Clock(path)
    following = asyncio.create_task(clock.run())
    waiting = asyncio.create_task(clock.until(datetime.now(UTC) + timedelta(days=1)))
    path.write_text("nonsense")
    await asyncio.sleep(0.12)
    assert not waiting.done()
    path.write_text("90000.5\n")
    async with asyncio.timeout(5):
        await waiting
    assert clock.offset == timedelta(seconds=90000.5)
    following.cancel()


async def test_advance_fires_once(tmp_path: Path) -> None:
    """A clock moved over many occurrences fires a timer once, past due, and the next time at the next occurrence."""
    path, runs, store = tmp_path / "offset", Runs(), Memory()
    clock = Clock(path)
    daily = timer(function(DAILY), runs, clock, store)
    tasks = [asyncio.create_task(work) for work in (clock.run(), daily.run())]
    path.write_text(str(10 * 86400))
    await runs.count(1)
    await asyncio.sleep(0.15)
    assert [value["IsPastDue"] for value in runs.values] == [True]
    assert store.status is not None
    assert store.status.due > clock.now()
    path.write_text(str(11 * 86400))
    await runs.count(2)
    for task in tasks:
        task.cancel()


async def test_advance_during_a_run_is_not_lost(tmp_path: Path) -> None:
    """A timer that comes due again because the clock is moved while it runs fires once more."""
    path, runs = tmp_path / "offset", Runs()
    clock = Clock(path)

    async def move() -> None:
        path.write_text("200000")
        await clock.until(datetime.now(UTC) + timedelta(seconds=190000))

    runs.meanwhile = [move]
    of = function(DAILY, runOnStartup=True)
    path.write_text("100000")
    tasks = [asyncio.create_task(work) for work in (clock.run(), timer(of, runs, clock).run())]
    await runs.count(2)
    for task in tasks:
        task.cancel()


async def test_missed_occurrence_fires_on_start() -> None:
    """A stored status whose next occurrence has passed fires at once; one of a changed schedule does not."""
    now = datetime.now(UTC)
    due = (now - timedelta(hours=1)).replace(minute=0, second=0, microsecond=0)
    status = Status(NEVER, due, due - timedelta(hours=2))
    for schedule, fires in ((f"0 0 {due.hour} * * *", True), (f"0 30 {due.hour} * * *", False)):
        runs = Runs()
        task = asyncio.create_task(timer(function(schedule), runs, Clock(), Memory(status)).run())
        await asyncio.sleep(0.05)
        assert [value["IsPastDue"] for value in runs.values] == ([True] if fires else [])
        task.cancel()


async def test_failure_does_not_stop_a_timer() -> None:
    """A function that fails fires again at its next occurrence."""
    runs = Runs()

    async def fail() -> None:
        raise Failed

    runs.meanwhile = [fail]
    task = asyncio.create_task(timer(function("* * * * * *"), runs, Clock()).run())
    await runs.count(2)
    task.cancel()


async def test_frequent_schedules_are_not_monitored() -> None:
    """A schedule of more than once a minute, and one that asks for it, keeps no status."""
    for of in (function("*/2 * * * * *"), function(DAILY, useMonitor=False)):
        store = Memory()
        task = asyncio.create_task(timer(of, Runs(), Clock(), store).run())
        await asyncio.sleep(0.02)
        assert store.status is None
        task.cancel()


def test_status_survives_its_form() -> None:
    """A status is read as it was written; what is none is taken for none."""
    moment = datetime(2026, 1, 1, tzinfo=UTC)
    status = Status(NEVER, moment, moment)
    assert parse_status(str(status.document()).replace("'", '"').encode()) == status
    assert parse_status(b"{}") is None
    assert parse_status(b"\xff") is None


def test_pauses_between_retries() -> None:
    """A fixed policy waits the same each time; an exponential one doubles between its bounds."""
    fixed = Retry(3, timedelta(seconds=5), timedelta(), timedelta())
    growing = Retry(3, None, timedelta(seconds=3), timedelta(seconds=6))
    assert [pause(fixed, attempt).total_seconds() for attempt in (1, 2)] == [5, 5]
    assert [pause(growing, attempt).total_seconds() for attempt in (1, 2, 3)] == [3, 4, 6]
