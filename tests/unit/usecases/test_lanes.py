"""Bulks take turns; single letters do not wait for them."""

import asyncio

import pytest

from shared.usecases import lanes


async def held(recipients: int, began: list[str], name: str, until: asyncio.Event) -> None:
    """A turn that lasts until the event."""
    async with lanes.turn(recipients):
        began.append(name)
        await until.wait()


async def test_a_single_letter_never_waits_for_bulks() -> None:
    """However many stand in line."""
    began, until = list[str](), asyncio.Event()
    async with asyncio.TaskGroup() as tasks:
        for number in range(lanes.TURNS_AT_ONCE + 3):
            tasks.create_task(held(500, began, f"bulk {number}", until))
        await asyncio.sleep(0)
        await asyncio.wait_for(held(1, began, "single", _set()), 5)
        assert began == [*(f"bulk {number}" for number in range(lanes.TURNS_AT_ONCE)), "single"]
        until.set()
    assert len(began) == lanes.TURNS_AT_ONCE + 4


async def test_bulks_take_turns() -> None:
    """Whoever has had a turn stands at the end of the line again."""
    order: list[str] = []

    async def bulk(name: str) -> None:
        for _ in range(3):
            async with lanes.turn(500):
                order.append(name)
                await asyncio.sleep(0)

    names = [f"bulk {number}" for number in range(lanes.TURNS_AT_ONCE * 2)]
    await asyncio.gather(*map(bulk, names))
    assert sorted(order[: len(names)]) == names


async def test_a_turn_ends_when_it_fails() -> None:
    """The next one in line is not kept out."""
    for _ in range(lanes.TURNS_AT_ONCE + 1):
        with pytest.raises(ValueError, match="broken"):
            async with lanes.turn(2):
                raise ValueError("broken")


def _set() -> asyncio.Event:
    event = asyncio.Event()
    event.set()
    return event
