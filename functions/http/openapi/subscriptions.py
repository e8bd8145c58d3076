"""Examples and refusals of the operations on event subscriptions."""

from collections.abc import Mapping

from functions.http.openapi.entry import ACCESS, RESOURCE, Entry, Example
from shared.domain.errors import Refusal

_ONE = {"id": "1"}
_OF_ONE = (Refusal.SUBSCRIPTION_NOT_FOUND, *ACCESS)


def _one(summary: str, *refusals: Refusal) -> Entry:
    """What is done with one subscription."""
    return Entry(examples=(Example(summary=summary, path=_ONE),), refusals=(*_OF_ONE, *refusals), addition=True)


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
            Example(
                summary="What is about me, signed so that the public key verifies it",
                json={
                    "endPoint": "https://agency.example/mine",
                    "resourceFilter": "urn:altinn:resource:" + RESOURCE,
                    "alternativeSubjectFilter": "/organisation/310001007",
                    "signing": "ed25519",
                },
            ),
        ),
        refusals=(
            Refusal.RESOURCE_UNKNOWN,
            *ACCESS,
            Refusal.ENDPOINT_NOT_VALIDATED,
        ),
        addition=True,
    ),
    "list_subscriptions": Entry(
        examples=(
            Example(summary="All that are mine"),
            Example(summary="The first of them", query={"limit": "1"}),
        ),
        refusals=ACCESS,
        addition=True,
    ),
    "get_subscription": Entry(
        examples=(Example(summary="One of mine", path=_ONE),),
        refusals=_OF_ONE,
        addition=True,
    ),
    "delete_subscription": Entry(
        examples=(Example(summary="One of mine is ended", path=_ONE),),
        refusals=_OF_ONE,
        addition=True,
    ),
    "rotate_subscription_secret": _one("A new secret for one of mine"),
    "pause_subscription": _one("Nothing for now"),
    "resume_subscription": _one("And on again", Refusal.RESOURCE_UNKNOWN, Refusal.ENDPOINT_NOT_VALIDATED),
    "test_subscription": _one("An event to try it with"),
    "get_subscription_health": _one("How one of mine fares"),
}
"""By the operation's id."""
