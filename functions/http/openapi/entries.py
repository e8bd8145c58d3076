"""What is said of every described operation, of all aggregates."""

from collections.abc import Mapping

from functions.http.openapi import attachments, correspondences, deliveries, subscriptions, templates
from functions.http.openapi.entry import STUCK, Entry, Example
from shared.domain.errors import Refusal

_OF_THE_SERVICE: Mapping[str, Entry] = {
    "health": Entry(examples=(Example(summary="It is ready"),), also={500: "Settings are at fault, and named"}),
    "list_stuck": Entry(examples=(Example(summary="A message that could not be handled"),), addition=True),
    "resubmit_stuck": Entry(
        examples=(Example(summary="It is tried again", path={"stuckId": STUCK}),),
        refusals=(Refusal.NOT_STUCK, Refusal.NOT_READABLE),
        addition=True,
    ),
    "healthz": Entry(examples=(Example(summary="It is there"),)),
}

ENTRIES: Mapping[str, Entry] = {
    **correspondences.ENTRIES,
    **attachments.ENTRIES,
    **subscriptions.ENTRIES,
    **deliveries.ENTRIES,
    **templates.ENTRIES,
    **_OF_THE_SERVICE,
}
"""By the operation's id. An operation that is not hidden and not here fails a test that says what to add."""
