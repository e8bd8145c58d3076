"""The feed while many write and many read it at once: no reader misses an event, none sees one twice."""

import asyncio
import random
from datetime import datetime, timedelta

import pytest

from shared.adapters.feed import FeedTable
from shared.adapters.tables import Tables
from shared.domain.errors import Unavailable
from shared.domain.facts import AggregateKind
from shared.domain.identifiers import ResourceId
from shared.ports import FeedEntry
from shared.usecases.feeding import SETTLES_AFTER
from tests.builders import NOW
from tests.contract.storage.makers import fresh, resource

EVENTS, WRITERS, PAGES = 80, 6, (3, 100)


class Day:
    """Events that become known within minutes, each told of once or more often, in any order."""

    def __init__(self, tables: Tables, seed: int) -> None:
        self.chance = random.Random(seed)
        self.now = NOW
        self.resource: ResourceId = resource()
        self.feed = FeedTable(tables, elapsed=self.seconds)
        self.events = {fresh(): n for n in range(1, EVENTS + 1)}
        self.messages = [event for event in self.events for _ in range(self.chance.choice((1, 1, 2, 3)))]
        self.chance.shuffle(self.messages)
        self.written = False

    def seconds(self) -> float:
        """The writers' clock."""
        return self.now.timestamp()

    async def write(self) -> None:
        """Take messages until there are none. One in ten dies before all is written; its message comes again."""
        while self.messages:
            event = self.messages.pop()
            entry = FeedEntry(AggregateKind.CORRESPONDENCE, event, self.events[event])
            adding = asyncio.create_task(self.feed.add(self.resource, entry, event, now=self.now))
            if self.chance.random() < 0.1:
                await asyncio.wait([adding], timeout=self.chance.uniform(0, 0.004))
                adding.cancel()
            try:
                await adding
            except (asyncio.CancelledError, Unavailable):
                self.messages.insert(0, event)
            self.now += timedelta(seconds=self.chance.choice((0, 0.5, 1, 1.5)))
            if self.chance.random() < 0.05:
                self.messages.insert(0, event)  # Told of again, long after.

    async def follow(self, limit: int) -> list[str]:
        """What one reader gets from the beginning until nothing can come any more."""
        seen: list[str] = []
        cursor = ""
        while True:
            over = self.written
            page = await self._page(cursor, self.now - SETTLES_AFTER, limit)
            seen += [entry.aggregate_id for entry in page]
            cursor = page[-1].cursor if page else cursor
            if over and not page:
                return seen

    async def _page(self, cursor: str, until: datetime, limit: int) -> list[FeedEntry]:
        return list(await self.feed.page(self.resource, after=cursor, until=until, limit=limit))

    async def lived(self) -> list[list[str]]:
        """What the readers have got when the day is over."""
        readers = [asyncio.create_task(self.follow(limit)) for limit in PAGES]
        await asyncio.gather(*(self.write() for _ in range(WRITERS)))
        self.now += SETTLES_AFTER + timedelta(seconds=1)
        self.written = True
        return await asyncio.gather(*readers)


@pytest.mark.parametrize("seed", [1, 2, 3])
async def test_followers_see_each_event_once(tables: Tables, seed: int) -> None:
    """Though writers run at once, die halfway, repeat, and write late; and all readers see the same order."""
    day = Day(tables, seed)
    first, second = await day.lived()
    assert sorted(first) == sorted(day.events)
    assert first == second
