"""Altinn Events, the publisher's side. No retries of its own: the agenda does that."""

import json
from collections.abc import Awaitable, Callable, Mapping

import httpx

from shared.adapters.answers import refusal
from shared.domain.errors import Unavailable

_EVENTS = "/events/api/v1/events"
_MEMBERS = frozenset(
    {
        *("specversion", "id", "type", "time", "resource", "resourceinstance", "source", "subject"),
        *("alternativesubject", "data"),
    }
)
"""What upstream's events have. Source: wire contract 9.1."""
_TIMEOUT_SECONDS = 20.0
_NEIGHBOUR = "altinn events"


class AltinnEvents:
    """The port `EventSink`.

    Raises Unavailable (with the wait, when one was named) for 401, 408, 429, 5xx and when no answer comes, and Rejected
    with the status for any other refusal.
    """

    def __init__(self, base_url: str, token: Callable[[], Awaitable[str]]) -> None:
        """`base_url` ends before `/events/api/v1`; `token` gives the bearer token for each call."""
        self._url = base_url.rstrip("/") + _EVENTS
        self._token = token
        self._client: httpx.AsyncClient | None = None

    async def publish(self, event: Mapping[str, object]) -> None:
        """It has the event, in upstream's members only."""
        told = {name: value for name, value in event.items() if name in _MEMBERS}
        if self._client is None:
            self._client = httpx.AsyncClient(timeout=_TIMEOUT_SECONDS)
        headers = {"Authorization": f"Bearer {await self._token()}", "Content-Type": "application/cloudevents+json"}
        try:
            answer = await self._client.post(self._url, headers=headers, content=json.dumps(told, ensure_ascii=False))
        except httpx.HTTPError:
            raise Unavailable(_NEIGHBOUR) from None
        if not answer.is_success:
            raise refusal(_NEIGHBOUR, answer.status_code, answer.headers)

    async def close(self) -> None:
        """Close the client, if there is one."""
        if self._client is not None:
            await self._client.aclose()
            self._client = None
