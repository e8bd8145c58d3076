"""What a consumer cannot do now is raised, slowly enough to outlast an outage."""

import asyncio

import pytest

from functions import edge
from shared.domain.errors import DomainError, Refusal, Unavailable


@pytest.fixture
def waits(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The waits, that take no time."""
    taken: list[float] = []
    pause = asyncio.sleep

    async def sleep(seconds: float) -> None:
        taken.append(seconds)
        await pause(0)

    monkeypatch.setattr(edge.asyncio, "sleep", sleep)
    return taken


async def fail(error: Exception, deliveries: int | None = None) -> None:
    """A function that ends with this error."""
    async with edge.traced("trace", deliveries):
        raise error


async def test_ten_deliveries_outlast_three_minutes(waits: list[float]) -> None:
    """The first is quick, none is longer than half a minute; without a count it is a few seconds."""
    for number in range(1, 11):
        with pytest.raises(Unavailable):
            await fail(Unavailable("storage"), number)
    assert waits[:3] == [1, 2, 4]
    assert max(waits) <= edge.SLOWEST_SECONDS
    assert sum(waits) > 180
    waits.clear()
    with pytest.raises(Unavailable):
        await fail(Unavailable("storage"))
    assert waits == [4]


async def test_a_refusal_ends_and_the_unexpected_does_not_wait(waits: list[float]) -> None:
    """The one is done, the other one is raised at once."""
    await fail(DomainError(Refusal.ATTACHMENT_NOT_FOUND))
    with pytest.raises(KeyError):
        await fail(KeyError("x"))
    assert not waits
