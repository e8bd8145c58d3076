"""A sweep costs what is due, however much is stored: storage operations and rows, counted on the way out."""

import json
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import unquote

import pytest
from azure.core.pipeline.transport import AioHttpTransport

from bench.sweep import store_reminders
from shared.adapters.agenda import AgendaTable
from shared.adapters.tables import Tables
from shared.domain.changes import Due, Task
from tests.builders import NOW, new_id
from tests.servers import azurite

WEEK = timedelta(days=7)
DUE = 10
SHARDS = 2


class Counting(AioHttpTransport):
    """Counts the queries of the agenda, and the rows in their answers."""

    def __init__(self) -> None:
        super().__init__()
        self.queries = self.rows = 0

    async def send(self, request: Any, **kwargs: Any) -> Any:
        response = await super().send(request, **kwargs)
        if request.method == "GET" and "/agenda()" in unquote(request.url):
            await response.load_body()
            self.queries += 1
            self.rows += len(json.loads(response.body())["value"])
        return response


@pytest.fixture
def storage() -> Iterator[str]:
    """An emulator with nothing in it."""
    with azurite() as connection:
        yield connection


async def swept(connection: str, now: datetime) -> tuple[int, int, int]:
    """What a sweep by a new process finds then; its queries, and the rows that they bring."""
    counting = Counting()
    tables = Tables(connection_string=connection, transport=counting)
    found = await AgendaTable(tables, shards=SHARDS).due(now=now)
    await tables.close()
    return len(found), counting.queries, counting.rows


async def grown(connection: str, stored: int) -> None:
    """None due costs a query for each shard and brings nothing; ten due cost the same with ten stored as with all."""
    tables = Tables(connection_string=connection)
    agenda = AgendaTable(tables, shards=SHARDS)
    for number in range(DUE):
        await agenda.put(Due(Task.REMIND, new_id(f"due {number}"), NOW), now=NOW - WEEK)
    before = NOW - timedelta(minutes=1)
    alone = await swept(connection, before), await swept(connection, NOW)
    assert alone == ((0, SHARDS, 0), (DUE, SHARDS, DUE))
    await store_reminders(connection, AgendaTable(tables, shards=SHARDS), stored, NOW + timedelta(minutes=1))
    await tables.close()
    assert (await swept(connection, before), await swept(connection, NOW)) == alone


async def test_two_thousand_reminders_cost_a_sweep_nothing(storage: str) -> None:
    """Until they are due."""
    await grown(storage, 2_000)


@pytest.mark.long
async def test_a_hundred_thousand_reminders_cost_a_sweep_nothing(storage: str) -> None:
    """Either."""
    await grown(storage, 100_000)
