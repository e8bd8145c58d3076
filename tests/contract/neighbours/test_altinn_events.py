"""The client of Altinn Events against servers that answer as it does, and as it should not."""

import json
from typing import Any

import pytest
from aiohttp import web

from shared.adapters.altinn_events import AltinnEvents
from shared.domain.errors import Rejected, Unavailable
from shared.domain.events import cloud_event
from tests.builders import fact
from tests.contract.neighbours.answering import answering

EVENT = cloud_event(fact(), base_url="https://c.example")
UPSTREAM = {
    *("specversion", "id", "type", "time", "resource", "resourceinstance", "source", "subject"),
    *("alternativesubject", "data"),
}


async def token() -> str:
    return "a-token"


async def told(status: int, **headers: str) -> list[tuple[str, Any, dict[str, Any]]]:
    """What a server that answers this was sent."""
    calls: list[tuple[str, Any, dict[str, Any]]] = []

    async def answer(request: web.Request) -> web.Response:
        calls.append((request.path, request.headers, json.loads(await request.read())))
        return web.Response(status=status, headers=headers)

    async with answering(answer) as url:
        client = AltinnEvents(url + "/", token)
        try:
            await client.publish(EVENT)
        finally:
            await client.close()
    return calls


async def test_the_event_is_posted_as_a_cloud_event() -> None:
    """With our token, and the members that upstream's events have, no more and no less."""
    ((path, headers, body),) = await told(200)
    assert path == "/events/api/v1/events"
    assert headers["Content-Type"] == "application/cloudevents+json"
    assert headers["Authorization"] == "Bearer a-token"
    assert body.keys() == UPSTREAM
    assert all(EVENT[name] == value for name, value in body.items())


@pytest.mark.parametrize("status", [401, 408, 429, 500, 503])
async def test_what_may_succeed_later_is_unavailable(status: int) -> None:
    """With the wait that was asked for."""
    with pytest.raises(Unavailable) as caught:
        await told(status, **{"Retry-After": "7"})
    assert caught.value.retry_after is not None
    assert caught.value.retry_after.total_seconds() == 7


@pytest.mark.parametrize("status", [400, 403, 404, 302])
async def test_what_never_succeeds_is_rejected(status: int) -> None:
    """With the status, and nothing of the answer."""
    with pytest.raises(Rejected) as caught:
        await told(status)
    assert caught.value.reason == f"status {status}"


async def test_nobody_there_is_unavailable() -> None:
    """The connection is refused."""
    async with answering(lambda _: None) as url:  # type: ignore[arg-type, return-value]
        pass
    client = AltinnEvents(url, token)
    with pytest.raises(Unavailable):
        await client.publish(EVENT)
    await client.close()
