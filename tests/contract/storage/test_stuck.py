"""The port StuckList: the fake and the table."""

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
import pytest_asyncio

from shared.adapters.stuck import StuckTable
from shared.adapters.tables import Tables
from shared.domain.changes import Due, Task
from shared.domain.stuck import Stuck, StuckKind
from shared.ports import StuckList
from tests.builders import NOW
from tests.contract.storage.makers import fresh
from tests.fakes.pointers import FakeStuckList

HOUR = timedelta(hours=1)


@pytest_asyncio.fixture(params=("fake", "azurite"))
async def stuck_list(request: pytest.FixtureRequest, tables: Tables) -> AsyncIterator[StuckList]:
    """The port StuckList, empty."""
    chosen: StuckList = FakeStuckList() if request.param == "fake" else StuckTable(tables)
    yield chosen
    for item in await chosen.oldest(limit=1000):
        await chosen.drop(item.id)


def item(hours: int = 0, *, reason: str = "æ reason", again: Due | None = None, about: str = "") -> Stuck:
    return Stuck(
        kind=StuckKind.DEAD_LETTER, about=about or fresh(), since=NOW + hours * HOUR, reason=reason, again=again
    )


async def test_items_are_kept_as_they_are(stuck_list: StuckList) -> None:
    """With and without a way to try them again."""
    for one in (item(), item(again=Due(Task.CATCH_UP, "scan:x", NOW, 3))):
        await stuck_list.put(one)
        assert await stuck_list.get(one.id) == one
    assert await stuck_list.get(item().id) is None


async def test_the_oldest_come_first(stuck_list: StuckList) -> None:
    """Up to the limit."""
    items = [item(hours) for hours in (5, -700, 0, 40)]
    for one in items:
        await stuck_list.put(one)
    in_order = sorted(items, key=lambda one: one.since)
    assert list(await stuck_list.oldest()) == in_order
    assert list(await stuck_list.oldest(limit=3)) == in_order[:3]


async def test_the_same_thing_is_there_once(stuck_list: StuckList) -> None:
    """With the latest reason; dropped twice, it is gone."""
    about = fresh()
    await stuck_list.put(item(about=about))
    await stuck_list.put(item(about=about, reason="another"))
    [kept] = await stuck_list.oldest()
    assert kept.reason == "another"
    for _ in range(2):
        await stuck_list.drop(kept.id)
    assert not await stuck_list.oldest()
