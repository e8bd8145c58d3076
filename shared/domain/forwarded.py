"""One forwarding of a correspondence by e-mail, as it is kept. The decisions are in `forwarding`."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from shared.domain.identifiers import CorrespondenceId, PartyUrn, derived_uuid5


class ForwardingState(StrEnum):
    """Where a forwarding is. `RESERVED` is saved before the call, so that a crash cannot send a second e-mail."""

    RESERVED = "reserved"
    SENT = "sent"
    DELIVERED = "delivered"
    FAILED = "failed"
    UNKNOWN = "unknown"


OPEN = frozenset({ForwardingState.RESERVED, ForwardingState.SENT})
LOOKS: Sequence[timedelta] = (
    *(timedelta(minutes=minutes) for minutes in (1, 3, 8, 15)),
    *(timedelta(hours=hours) for hours in (4, 8, 12, 16, 36, 48, 72)),
)
"""How long after the forwarding it is looked at, besides at once. Source: wire contract 7.7."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Forwarding:
    """One e-mail to somebody else. `id` is also the operation id of its sending: a repeated call sends nothing.

    `address` is as it was given, without spaces around it; `text` the forwarder's own words, maybe none.
    """

    id: str
    address: str
    text: str
    by: PartyUrn
    state: ForwardingState
    created: datetime
    changed: datetime


def reservation(
    correspondence: CorrespondenceId, address: str, text: str, by: PartyUrn, *, now: datetime
) -> Forwarding:
    """A wish to forward it, as it would be kept."""
    address = address.strip()
    return Forwarding(
        id=derived_uuid5(correspondence, f"forwarding:{digest(address)}:{now.isoformat()}"),
        address=address,
        text=text.strip(),
        by=by,
        state=ForwardingState.RESERVED,
        created=now,
        changed=now,
    )


def digest(address: str) -> str:
    """What stands for an address where it is only asked whether it is the same: whatever its case, spaces aside."""
    return hashlib.sha256(address.strip().lower().encode()).hexdigest()[:32]
