"""What is known about deliveries, about the endpoints they go to, and about the events there are."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from shared.domain.circuit import Circuit
from shared.domain.delivery import Delivery
from shared.domain.facts import AggregateKind
from shared.domain.identifiers import ResourceId, SubscriptionId
from shared.domain.subscription import Attempt, DeliveryState, LoggedAttempt


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryQuery:
    """Which deliveries of a subscription: in a state, of a type of fact, of events that happened in [since, until)."""

    state: DeliveryState | None = None
    type: str | None = None
    since: datetime | None = None
    until: datetime | None = None


class Deliveries(Protocol):
    """The log of deliveries, by subscription."""

    async def put(self, delivery: Delivery, attempt: Attempt | None = None) -> Delivery | None:
        """Keep where it stands and its latest attempt, in one operation. Done twice is done once.

        Of one that has ended, what was lined up behind it is returned, and nothing can line up any more.
        """

    async def line_up(self, delivery: Delivery, *, behind: str) -> bool:
        """Keep where it stands, and that it waits for the event `behind` to end.

        False, and nothing is kept, when that has ended.
        """

    async def begin_again(self, delivery: Delivery) -> None:
        """Keep where it stands after it had ended; others may line up behind it again."""

    async def get(self, subscription: SubscriptionId, event: str) -> Delivery | None:
        """Where this delivery stands, or None when nothing is known of it."""

    async def attempts(self, subscription: SubscriptionId, event: str) -> Sequence[Attempt]:
        """Every attempt to deliver this event to that subscriber, in order."""

    async def latest(self, subscription: SubscriptionId, *, limit: int) -> Sequence[LoggedAttempt]:
        """The latest attempts of all its deliveries, newest first."""

    async def waiting(self, subscription: SubscriptionId, *, most: int) -> int:
        """How many of its deliveries wait for their next attempt; at most `most` are counted."""

    async def page(
        self, subscription: SubscriptionId, query: DeliveryQuery, *, after: str = "", limit: int = 100
    ) -> tuple[Sequence[Delivery], str]:
        """Those that match, of the newest event first, from behind the cursor `after`; and the cursor to go on from.

        An empty cursor means that there are no more.
        """


class Circuits(Protocol):
    """The circuits of endpoints."""

    async def get(self, endpoint: str) -> Circuit:
        """The endpoint's; a second old at most. A healthy one for an endpoint that is not known."""

    async def change(self, endpoint: str, decide: Callable[[Circuit], Circuit]) -> Circuit:
        """Save what `decide` makes of it as it is now, and return that; decided again when others were faster."""


@dataclass(frozen=True, slots=True)
class FeedEntry:
    """A fact as the feed knows it; what it says is read from its aggregate. `cursor` is its place in the feed."""

    aggregate: AggregateKind
    aggregate_id: str
    sequence: int
    cursor: str = ""


class Feed(Protocol):
    """All facts of a resource in the order in which they became known."""

    async def add(self, resource_id: ResourceId, entry: FeedEntry, event: str, *, now: datetime) -> None:
        """The fact stands in the feed, once, however often this is done, and never where readers have been already."""

    async def page(
        self, resource_id: ResourceId, *, after: str = "", since: datetime | None = None, until: datetime, limit: int
    ) -> Sequence[FeedEntry]:
        """At most `limit` that became known in [since, until), from behind the cursor `after`, in their order."""
