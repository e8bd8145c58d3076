"""The port Idempotency: what both the fake and the table do."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from shared.domain.errors import Conflict
from shared.ports import Idempotency, KeyedRequest
from tests.builders import AGENCY, NOW, OTHER_AGENCY
from tests.contract.storage.makers import fresh

LATER = NOW + timedelta(minutes=5)


def _request(**changes: object) -> KeyedRequest:
    valid = KeyedRequest(owner=AGENCY, key=fresh(), digest="d" * 64, created=NOW, in_flight_until=LATER)
    return replace(valid, **changes)  # type: ignore[arg-type]


async def test_the_first_goes_on_and_the_second_is_told(idempotency: Idempotency) -> None:
    """The second gets what the first wrote, under the version to take it over with."""
    request = _request()
    assert await idempotency.find(AGENCY, request.key) is None
    assert await idempotency.begin(request) is None
    existing = await idempotency.begin(replace(request, digest="e" * 64))
    assert existing is not None
    assert existing.state == request
    assert await idempotency.find(AGENCY, request.key) == request


async def test_of_many_at_once_one_goes_on(idempotency: Idempotency) -> None:
    """Ten begins with one key."""
    request = _request()
    outcomes = await asyncio.gather(*(idempotency.begin(request) for _ in range(10)))
    assert [outcome is None for outcome in outcomes].count(True) == 1


async def test_a_key_belongs_to_its_owner(idempotency: Idempotency) -> None:
    """Another owner may use the same key."""
    request = _request()
    assert await idempotency.begin(request) is None
    assert await idempotency.begin(replace(request, owner=OTHER_AGENCY)) is None


@pytest.mark.parametrize("response", ["{}", "å" * 30_000, "🎉" * 20_000, "x" * 200_000])
async def test_a_response_of_any_length_is_kept(idempotency: Idempotency, response: str) -> None:
    """Short ones in the table, long ones beside it; stored twice is stored once."""
    request = _request()
    await idempotency.begin(request)
    await idempotency.finish(AGENCY, request.key, response)
    await idempotency.finish(AGENCY, request.key, response)
    assert await idempotency.find(AGENCY, request.key) == replace(request, response=response)
    existing = await idempotency.begin(request)
    assert existing is not None
    assert existing.state.response == response


async def test_one_takes_over(idempotency: Idempotency) -> None:
    """Of two who saw the same flight end, one goes on, until a new time."""
    request = _request()
    await idempotency.begin(request)
    existing = await idempotency.begin(request)
    assert existing is not None
    until = LATER + timedelta(minutes=5)
    assert await idempotency.take_over(existing, until=until)
    assert not await idempotency.take_over(existing, until=until)
    assert await idempotency.find(AGENCY, request.key) == replace(request, in_flight_until=until)


async def test_what_was_finished_meanwhile_is_not_taken_over(idempotency: Idempotency) -> None:
    """The response that came late stays."""
    request = _request()
    await idempotency.begin(request)
    existing = await idempotency.begin(request)
    assert existing is not None
    await idempotency.finish(AGENCY, request.key, "{}")
    assert not await idempotency.take_over(existing, until=LATER)
    assert await idempotency.find(AGENCY, request.key) == replace(request, response="{}")


async def test_what_was_taken_over_or_answered_is_not_forgotten(idempotency: Idempotency) -> None:
    """Whoever was refused late leaves the request to who goes on with it, and to its answer."""
    request = _request()
    await idempotency.begin(request)
    existing = await idempotency.begin(request)
    assert existing is not None
    until = LATER + timedelta(minutes=5)
    assert await idempotency.take_over(existing, until=until)
    await idempotency.forget(request)
    assert await idempotency.find(AGENCY, request.key) == replace(request, in_flight_until=until)
    await idempotency.finish(AGENCY, request.key, "{}")
    await idempotency.forget(replace(request, in_flight_until=until))
    assert await idempotency.find(AGENCY, request.key) is not None


async def test_a_forgotten_key_may_be_used_again(idempotency: Idempotency) -> None:
    """Forgetting twice is fine; finishing or taking over what was forgotten is not."""
    request = _request()
    await idempotency.begin(request)
    existing = await idempotency.begin(request)
    assert existing is not None
    await idempotency.forget(request)
    await idempotency.forget(request)
    assert not await idempotency.take_over(existing, until=LATER)
    with pytest.raises(Conflict):
        await idempotency.finish(AGENCY, request.key, "{}")
    assert await idempotency.begin(request) is None
