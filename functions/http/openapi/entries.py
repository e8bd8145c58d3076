"""What is said of every described operation, of all aggregates."""

from collections.abc import Mapping

from functions.http.openapi import attachments, correspondences, subscriptions
from functions.http.openapi.entry import Entry, Example

_OF_THE_SERVICE: Mapping[str, Entry] = {
    "health": Entry(examples=(Example(summary="It is ready"),), also={500: "Settings are at fault, and named"}),
    "healthz": Entry(examples=(Example(summary="It is there"),)),
}

ENTRIES: Mapping[str, Entry] = {
    **correspondences.ENTRIES,
    **attachments.ENTRIES,
    **subscriptions.ENTRIES,
    **_OF_THE_SERVICE,
}
"""By the operation's id. An operation that is not hidden and not here fails a test that says what to add."""
