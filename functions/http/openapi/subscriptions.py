"""Examples and refusals of the operations on event subscriptions."""

from collections.abc import Mapping

from functions.http.openapi.entry import ACCESS, RESOURCE, Entry, Example
from shared.domain.errors import Refusal

_ONE = {"id": "1"}

ENTRIES: Mapping[str, Entry] = {
    "create_subscription": Entry(
        examples=(
            Example(
                summary="All events of a resource that is mine",
                json={
                    "endPoint": "https://agency.example/events",
                    "resourceFilter": "urn:altinn:resource:" + RESOURCE,
                    "typeFilter": "no.altinn.correspondence.correspondencereceiverread",
                },
            ),
        ),
        refusals=(
            Refusal.RESOURCE_UNKNOWN,
            *ACCESS,
            Refusal.SUBSCRIPTION_INVALID,
            Refusal.ENDPOINT_NOT_VALIDATED,
        ),
        addition=True,
    ),
    "list_subscriptions": Entry(examples=(Example(summary="All that are mine"),), refusals=ACCESS, addition=True),
    "get_subscription": Entry(
        examples=(Example(summary="One of mine", path=_ONE),),
        refusals=(Refusal.SUBSCRIPTION_NOT_FOUND, *ACCESS),
        addition=True,
    ),
    "delete_subscription": Entry(
        examples=(Example(summary="One of mine is ended", path=_ONE),),
        refusals=(Refusal.SUBSCRIPTION_NOT_FOUND, *ACCESS),
        addition=True,
    ),
}
"""By the operation's id."""
