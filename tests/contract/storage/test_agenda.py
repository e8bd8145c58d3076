"""The port Agenda: what both the fake and the table do, and what the table's low-water mark does."""

from datetime import datetime, timedelta

import pytest

from shared.adapters.agenda import AgendaTable
from shared.adapters.tables import Tables
from shared.domain.changes import Due, Task
from shared.domain.errors import Unavailable
from shared.ports import Agenda
from tests.builders import NOW
from tests.contract.storage.faults import FaultyTransport, anything
from tests.contract.storage.makers import fresh

SECOND = timedelta(seconds=1)


def _due(at: datetime = NOW, subject: str = "", attempt: int = 0) -> Due:
    return Due(Task.DISPATCH, subject or fresh(), at, attempt)


async def test_what_is_due_comes_oldest_first(agenda: Agenda) -> None:
    """Up to now and including now, over minutes, days and shards; what lies ahead does not come."""
    dues = [_due(NOW - timedelta(seconds=n * 37)) for n in range(12)] + [_due(NOW - timedelta(days=400)), _due(NOW)]
    for due in dues:
        await agenda.put(due, now=NOW)
    for ahead in (timedelta(microseconds=1), SECOND, timedelta(days=30)):
        await agenda.put(_due(NOW + ahead), now=NOW)
    found = [entry.due for entry in await agenda.due(now=NOW)]
    assert sorted(found, key=lambda d: d.subject) == sorted(dues, key=lambda d: d.subject)
    assert [d.at for d in found] == sorted(d.at for d in dues)
    assert [entry.due for entry in await agenda.due(now=NOW, limit=3)] == found[:3]


async def test_an_entry_is_kept_as_it_was(agenda: Agenda) -> None:
    """Whatever signs its subject has; with its attempt and the time of its writing."""
    due = Due(Task.DELIVER, "sub:res/æ#?:%'+\\:correspondence:x:3", NOW - SECOND, 7)
    put = await agenda.put(due, now=NOW)
    assert list(await agenda.due(now=NOW)) == [put]
    assert (put.due, put.written) == (due, NOW)
    await agenda.drop(put.key)
    await agenda.drop(put.key)
    assert not await agenda.due(now=NOW)


async def test_equal_entries_are_one(agenda: Agenda) -> None:
    """Written twice, found once; another task or time is another entry."""
    due = _due()
    await agenda.put(due, now=NOW)
    await agenda.put(due, now=NOW)
    await agenda.put(Due(Task.PUBLISH, due.subject, due.at), now=NOW)
    await agenda.put(Due(due.task, due.subject, due.at - SECOND), now=NOW)
    assert len(await agenda.due(now=NOW)) == 3


async def test_a_redated_entry_keeps_when_it_was_written(agenda: Agenda) -> None:
    """The new one is due later; the old one stays until it is dropped."""
    old = await agenda.put(_due(attempt=2), now=NOW - SECOND)
    new = await agenda.redate(old, to=NOW + timedelta(minutes=10))
    assert (new.written, new.due.attempt, new.due.subject) == (old.written, 2, old.due.subject)
    assert list(await agenda.due(now=NOW)) == [old]
    await agenda.drop(old.key)
    assert not await agenda.due(now=NOW)
    assert list(await agenda.due(now=NOW + timedelta(minutes=10))) == [new]
    assert list(await agenda.ahead()) == [new]


async def test_people_see_what_lies_ahead(agenda: Agenda) -> None:
    """The next entries in order, due or not, as many as asked for."""
    put = [await agenda.put(_due(NOW + timedelta(days=n)), now=NOW) for n in (5, -5, 1)]
    assert [entry.key for entry in await agenda.ahead()] == [put[1].key, put[2].key, put[0].key]
    assert [entry.key for entry in await agenda.ahead(limit=2)] == [put[1].key, put[2].key]


class _Time:
    """Seconds that grow when a test says so."""

    def __init__(self) -> None:
        self.seconds = 1000.0

    def __call__(self) -> float:
        return self.seconds

    def pass_by(self, span: timedelta) -> timedelta:
        self.seconds += span.total_seconds()
        return span


def _queries(faults: FaultyTransport) -> list[str]:
    return faults.urls("GET")


async def test_a_sweep_is_one_query_per_shard(tables: Tables, faults: FaultyTransport) -> None:
    """Also when it finds nothing."""
    agenda = AgendaTable(tables, shards=3)
    await agenda.due(now=NOW)
    before = len(_queries(faults))
    await agenda.due(now=NOW)
    assert len(_queries(faults)) - before == 3


async def test_the_mark_follows_fifteen_minutes_behind(tables: Tables, faults: FaultyTransport) -> None:
    """A fresh process reads from the beginning; later sweeps begin at a sweep of 15 minutes before."""
    time = _Time()
    agenda = AgendaTable(tables, elapsed=time)
    now = datetime(2040, 1, 1, tzinfo=NOW.tzinfo)
    await _empty(agenda)
    for _ in range(17):
        await agenda.due(now=now)
        now += time.pass_by(timedelta(minutes=1))
    assert "0%3A%27" in _queries(faults)[-2]
    await agenda.due(now=now)
    assert "204001010001" in _queries(faults)[-1]


async def test_a_late_writer_is_found(tables: Tables) -> None:
    """An entry that is written 14 minutes late is found by the next sweep."""
    time = _Time()
    agenda = AgendaTable(tables, elapsed=time)
    await _empty(agenda)
    now = NOW
    for _ in range(60):
        await agenda.due(now=now)
        now += time.pass_by(timedelta(minutes=1))
    late = await agenda.put(_due(now - timedelta(minutes=14)), now=now)
    assert list(await agenda.due(now=now)) == [late]


async def test_the_mark_waits_for_the_oldest_that_lives(tables: Tables) -> None:
    """An entry that nobody drops is found by every sweep, for hours, and what is as old too."""
    time = _Time()
    agenda = AgendaTable(tables, elapsed=time)
    await _empty(agenda)
    old = await agenda.put(_due(), now=NOW)
    now = NOW
    for _ in range(6):
        now += time.pass_by(timedelta(hours=1))
        assert list(await agenda.due(now=now)) == [old]
    second = await agenda.put(_due(NOW + SECOND), now=now)
    assert list(await agenda.due(now=now)) == [old, second]


async def test_a_writer_is_found_though_the_clock_was_moved(tables: Tables) -> None:
    """The clock goes a week ahead between a writer's look at it and its writing: a sweep in between loses nothing."""
    time = _Time()
    agenda = AgendaTable(tables, elapsed=time)
    await _empty(agenda)
    for minute in range(60):
        await agenda.due(now=NOW + timedelta(minutes=minute))
        time.pass_by(timedelta(minutes=1))
    looked = NOW + timedelta(minutes=60)
    ahead = looked + timedelta(days=7)
    await agenda.due(now=ahead)
    time.pass_by(SECOND)
    await agenda.due(now=ahead)
    written = await agenda.put(_due(looked), now=looked)
    assert list(await agenda.due(now=ahead + SECOND)) == [written]


async def test_raising_the_shards_keeps_the_old_ones_read(tables: Tables) -> None:
    """What one shard took is found by four."""
    one = AgendaTable(tables, shards=1)
    await _empty(AgendaTable(tables, shards=4))
    put = {(await one.put(_due(NOW - n * SECOND), now=NOW)).key for n in range(8)}
    four = AgendaTable(tables, shards=4)
    put |= {(await four.put(_due(NOW - n * SECOND), now=NOW)).key for n in range(8)}
    assert {entry.key for entry in await four.due(now=NOW)} == put
    assert len({key[0] for key in put}) > 1


async def test_a_sweep_says_when_storage_is_down(tables: Tables, faults: FaultyTransport) -> None:
    """It is Unavailable, and the next one finds everything."""
    agenda = AgendaTable(tables)
    await _empty(agenda)
    put = await agenda.put(_due(), now=NOW)
    for _ in range(10):
        faults.refuse(anything)
    with pytest.raises(Unavailable):
        await agenda.due(now=NOW)
    faults.clear()
    assert list(await agenda.due(now=NOW)) == [put]


async def _empty(agenda: AgendaTable) -> None:
    for entry in await agenda.ahead(limit=1000):
        await agenda.drop(entry.key)
