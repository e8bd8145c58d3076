"""How long a sweep of the agenda takes beside 100,000 stored reminders, against the bare query of what is due.

Storage in the cloud finds what is due by its key. The emulator looks at every row whatever is asked, so that its own
query grows with the table: ours may not take longer beside it. What a sweep costs is counted, exactly, in a test.
"""

import asyncio
import statistics
import time
from collections import defaultdict
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from itertools import batched
from typing import Any

from azure.data.tables.aio import TableServiceClient

from bench.report import Result, say
from bench.transactions import Transactions
from local import settings
from local.stack import Stack
from shared.adapters.agenda import AgendaTable
from shared.adapters.tables import MAX_WRITES, Tables
from shared.domain.changes import Due, Task
from shared.domain.identifiers import derived_uuid7

MOST_TIMES = 1.2
_DUE = 10
_PER_HOUR = 20_000
_WEEK = timedelta(days=7)

type Call = Callable[[], Awaitable[object]]


def measure(stored: int, times: int) -> list[Result]:
    """Sweep so many times with none due and with ten due, before and after so many reminders are stored."""
    with Stack(functions=False, storage_in_memory=True) as stack:
        return asyncio.run(_measure(settings.storage_connection(stack.addresses), stored, times))


async def _measure(connection: str, stored: int, times: int) -> list[Result]:
    now = datetime.now(UTC)
    tables = Tables(connection_string=connection)
    agenda = AgendaTable(tables)
    entries = [
        await agenda.put(Due(Task.REMIND, _letter(now, f"due {number}"), now), now=now - _WEEK)
        for number in range(_DUE)
    ]
    partition, row = max(entry.key for entry in entries).split("|")
    due = f"PartitionKey ge '{partition.split(':')[0]}:' and PartitionKey le '{partition}' and RowKey le '{row}'"
    alone = await _sweeps(connection, agenda, now, due, times)
    await store_reminders(connection, agenda, stored, now + timedelta(minutes=1))
    among = await _sweeps(connection, agenda, now, due, times)
    await tables.close()
    return say(
        f"Sweep of the agenda, {_DUE} entries due, {stored} reminders stored",
        Result(f"{_DUE} due, nothing else stored", alone[1], "ms", digits=1),
        Result("none due", among[0], "ms", digits=1),
        Result(f"{_DUE} due", among[1], "ms", digits=1),
        Result(f"{_DUE} due, the bare query", among[2], "ms", digits=1),
        Result("sweep against the bare query", among[1] / among[2], "times", at_most=MOST_TIMES, digits=2),
    )


async def store_reminders(connection: str, agenda: AgendaTable, letters: int, first: datetime) -> None:
    """Reminders of so many letters, within an hour for each 20,000 of them, as the agenda writes them."""
    rows: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for number in range(letters):
        at = first + timedelta(hours=number / _PER_HOUR)
        row = agenda._row(Due(Task.REMIND, _letter(at, f"letter {number}"), at), first)
        rows[row.partition].append({"PartitionKey": row.partition, "RowKey": row.key, **row.columns})
    async with Transactions(connection, "agenda") as transactions:
        for partition in rows.values():
            await asyncio.gather(*(transactions.put(part) for part in batched(partition, MAX_WRITES, strict=False)))


def _letter(at: datetime, name: str) -> str:
    return derived_uuid7(at, name)


async def _sweeps(
    connection: str, agenda: AgendaTable, now: datetime, filters: str, times: int
) -> tuple[float, float, float]:
    """Median milliseconds with none due, with those that are due, and of the bare query of the same rows, in turn."""
    async with TableServiceClient.from_connection_string(connection) as service:
        table = service.get_table_client("agenda")

        async def bare() -> object:
            return [row async for row in table.query_entities(filters)]

        calls: tuple[Call, ...] = (
            lambda: agenda.due(now=now - timedelta(minutes=1)),
            lambda: agenda.due(now=now),
            bare,
        )
        took: list[list[float]] = [[], [], []]
        for _ in range(times):
            for call, into in zip(calls, took, strict=True):
                begun = time.perf_counter()
                await call()
                into.append((time.perf_counter() - begun) * 1000)
    none, due, least = (statistics.median(each) for each in took)
    return none, due, least
