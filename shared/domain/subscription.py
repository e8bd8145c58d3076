"""A standing wish to be told about events, and each attempt to tell."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from shared.domain.facts import INTERNAL, Fact
from shared.domain.identifiers import PartyUrn, ResourceId, SubscriptionId

EVENT_TYPE_PREFIX = "no.altinn.correspondence."
LADDER = tuple(
    timedelta(seconds=s) for s in (10, 30, 60, 300, 600, 1800, 3600, 10800, 21600, 43200, 43200, 43200, 43200, 43200)
)
"""Waits between attempts: 10 s to 12 h, nearly 71 h in all. Source: Altinn Events' ladder, lengthened."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscription:
    """Who wants which events where. `secret` signs the deliveries (24 bytes or more). Empty filters match all."""

    id: SubscriptionId
    number: int
    resource_id: ResourceId
    endpoint: str
    consumer: PartyUrn
    owner_of_resource: bool
    created: datetime
    secret: bytes
    subject_filter: PartyUrn | None = None
    type_filter: str | None = None
    validated: bool = False
    active: bool = True


class DeliveryState(StrEnum):
    """Where the delivery of one event to one subscriber is."""

    WAITING = "waiting"
    DELIVERED = "delivered"
    GIVEN_UP = "given up"


@dataclass(frozen=True, slots=True)
class Delivery:
    """Where a delivery is after so many attempts."""

    state: DeliveryState
    attempts: int


@dataclass(frozen=True, slots=True)
class Attempt:
    """One POST to the endpoint: `status` 0 means that no answer came; `answer` its first 2 kB; took in ms."""

    number: int
    at: datetime
    status: int
    answer: str
    took_ms: int

    @property
    def succeeded(self) -> bool:
        """True for any 2xx."""
        return 200 <= self.status < 300


def matches(subscription: Subscription, fact: Fact) -> bool:
    """Is this fact for that subscriber? Never an internal one; others than the owner see their own subject only."""
    if fact.type in INTERNAL or not subscription.active or not subscription.validated:
        return False
    if subscription.resource_id != fact.resource_id:
        return False
    if not subscription.owner_of_resource and subscription.subject_filter != fact.subject:
        return False
    if subscription.subject_filter is not None and subscription.subject_filter != fact.subject:
        return False
    return subscription.type_filter in {None, EVENT_TYPE_PREFIX + fact.type}


def next_attempt(attempt: int, *, now: datetime, jitter: float) -> datetime | None:
    """When to try again after attempt number `attempt` (1 is the first); None when the ladder is used up.

    `jitter` in [0, 1) adds up to a tenth, so that many failures do not come back as one.
    """
    if attempt > len(LADDER):
        return None
    return now + LADDER[attempt - 1] * (1 + jitter / 10)
