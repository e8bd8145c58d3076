"""Examples and refusals of the operations on deliveries and the feed."""

from collections.abc import Mapping

from functions.http.openapi.entry import ACCESS, EVENT, RESOURCE, Entry, Example
from shared.domain.errors import Refusal

_ONE = {"id": "1"}
_EVENT = {**_ONE, "eventId": EVENT}
_OF_ONE = (Refusal.SUBSCRIPTION_NOT_FOUND, *ACCESS)
_FEED = {"resource": "urn:altinn:resource:" + RESOURCE}

ENTRIES: Mapping[str, Entry] = {
    "list_deliveries": Entry(
        examples=(
            Example(summary="The latest", path=_ONE),
            Example(summary="Those that failed", path=_ONE, query={"state": "given up"}),
        ),
        refusals=_OF_ONE,
        addition=True,
    ),
    "get_delivery": Entry(
        examples=(Example(summary="What became of one event", path=_EVENT),),
        refusals=(*_OF_ONE, Refusal.DELIVERY_NOT_FOUND),
        addition=True,
    ),
    "replay_delivery": Entry(
        examples=(Example(summary="One event again", path=_EVENT),),
        refusals=(*_OF_ONE, Refusal.SUBSCRIPTION_ENDED, Refusal.DELIVERY_NOT_FOUND),
        addition=True,
    ),
    "replay_deliveries": Entry(
        examples=(
            Example(summary="All that failed", path=_ONE, json={"failed": True}),
            Example(
                summary="An hour",
                path=_ONE,
                json={"from": "2026-12-01T12:00:00Z", "to": "2026-12-01T13:00:00Z"},
            ),
        ),
        refusals=(*_OF_ONE, Refusal.SUBSCRIPTION_ENDED),
        addition=True,
    ),
    "read_feed": Entry(
        examples=(Example(summary="The first events of my resource", query={**_FEED, "limit": "3"}),),
        refusals=(Refusal.RESOURCE_UNKNOWN, *ACCESS),
        addition=True,
    ),
}
"""By the operation's id."""
