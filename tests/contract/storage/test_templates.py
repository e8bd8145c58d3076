"""Templates of notices, kept in memory and in the table."""

import asyncio
import uuid
from datetime import datetime, timedelta

import pytest

from shared.adapters.tables import Tables
from shared.adapters.templates import ACTIVE_AGE, TemplateTable
from shared.domain.identifiers import ResourceId
from shared.domain.templates import Activations
from shared.ports import Templates
from tests.builders import NOW, notification_template


def fresh() -> ResourceId:
    return ResourceId(f"letters-{uuid.uuid4()}")


async def test_versions_are_numbered_for_each_resource(templates: Templates) -> None:
    """From 1 on, and found again as they were stored."""
    mine, other = fresh(), fresh()
    made = [await templates.add(notification_template(resource_id=mine)) for _ in range(3)]
    assert [one.version for one in made] == [1, 2, 3]
    assert (await templates.add(notification_template(resource_id=other))).version == 1
    assert await templates.get(mine, 2) == made[1]
    for version in (0, -1, 4, 10**9):
        assert await templates.get(mine, version) is None


async def test_versions_are_listed_newest_first(templates: Templates) -> None:
    """By pages; of this resource only."""
    mine = fresh()
    assert list(await templates.page(mine)) == []
    for _ in range(12):
        await templates.add(notification_template(resource_id=mine))
    assert [one.version for one in await templates.page(mine, limit=5)] == [12, 11, 10, 9, 8]
    assert [one.version for one in await templates.page(mine, before=8, limit=5)] == [7, 6, 5, 4, 3]
    assert [one.version for one in await templates.page(mine, before=3)] == [2, 1]
    assert list(await templates.page(mine, before=1)) == []


async def test_the_version_in_use(templates: Templates) -> None:
    """None at first; what was in use before is remembered."""
    mine = fresh()
    assert await templates.active(mine) is None
    assert await templates.activations(mine) == Activations()
    made = [await templates.add(notification_template(resource_id=mine)) for _ in range(2)]
    for one in made:
        await templates.change_activations(mine, lambda known, one=one: known.with_active(one.version))
        assert await templates.active(mine) == one
    assert await templates.activations(mine) == Activations((1, 2))
    await templates.change_activations(mine, Activations.rolled_back)
    assert await templates.active(mine) == made[0]
    await templates.change_activations(mine, Activations.rolled_back)
    assert await templates.active(mine) is None


async def test_a_decision_that_raises_changes_nothing(templates: Templates) -> None:
    """And is raised."""
    mine = fresh()

    def refuse(_: Activations) -> Activations:
        raise KeyError

    with pytest.raises(KeyError):
        await templates.change_activations(mine, refuse)
    assert await templates.activations(mine) == Activations()


async def test_many_at_once_lose_nothing(tables: Tables) -> None:
    """Each version has a number of its own; each activation is remembered."""
    mine, elsewhere = fresh(), [TemplateTable(tables, lambda: NOW) for _ in range(8)]
    made = await asyncio.gather(*(table.add(notification_template(resource_id=mine)) for table in elsewhere))
    assert sorted(one.version for one in made) == list(range(1, 9))
    await asyncio.gather(
        *(
            table.change_activations(mine, lambda known, one=one: known.with_active(one.version))
            for table, one in zip(elsewhere, made, strict=True)
        )
    )
    assert sorted((await elsewhere[0].activations(mine)).versions) == list(range(1, 9))


async def test_another_instance_goes_by_the_new_version_within_a_minute(tables: Tables) -> None:
    """Also when there was none before."""
    now = NOW

    def clock() -> datetime:
        return now

    mine, here, elsewhere = fresh(), TemplateTable(tables, clock), TemplateTable(tables, clock)
    assert await here.active(mine) is None
    made = await elsewhere.add(notification_template(resource_id=mine))
    await elsewhere.change_activations(mine, lambda known: known.with_active(1))
    assert await here.active(mine) is None
    now += ACTIVE_AGE + timedelta(seconds=1)
    assert await here.active(mine) == made
