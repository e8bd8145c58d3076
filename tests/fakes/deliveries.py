"""In-memory deliveries, circuits of endpoints, and feed."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from shared.domain.circuit import HEALTHY, Circuit
from shared.domain.delivery import Delivery, logged
from shared.domain.identifiers import ResourceId, SubscriptionId
from shared.domain.subscription import Attempt, DeliveryState, LoggedAttempt
from shared.ports import DeliveryQuery, FeedEntry
from tests.fakes.switch import Switched

type _Key = tuple[SubscriptionId, str]


@dataclass
class FakeDeliveries(Switched):
    """Fulfils the port Deliveries."""

    kept: dict[_Key, Delivery] = field(default_factory=dict)
    logged: dict[_Key, list[Attempt]] = field(default_factory=dict)
    lines: dict[tuple[SubscriptionId, str, int], LoggedAttempt] = field(default_factory=dict)
    behind: dict[_Key, str] = field(default_factory=dict)
    ended: set[_Key] = field(default_factory=set)

    async def put(self, delivery: Delivery, attempt: Attempt | None = None) -> Delivery | None:
        self._ask()
        key = delivery.subscription, delivery.event
        self.kept[key] = delivery
        if attempt is not None:
            attempts = self.logged.setdefault(key, [])
            self.lines[*key, attempt.number] = logged(delivery, attempt)
            attempts[:] = [*(a for a in attempts if a.number != attempt.number), attempt]
        if not delivery.is_settled:
            return None
        self.ended.add(key)
        return self.kept.get((delivery.subscription, self.behind.get(key, "")))

    async def line_up(self, delivery: Delivery, *, behind: str) -> bool:
        self._ask()
        place = delivery.subscription, behind
        if place in self.ended:
            return False
        self.behind[place] = delivery.event
        self.kept[delivery.subscription, delivery.event] = delivery
        return True

    async def begin_again(self, delivery: Delivery) -> None:
        self._ask()
        key = delivery.subscription, delivery.event
        self.kept[key] = delivery
        self.behind.pop(key, None)
        self.ended.discard(key)

    async def get(self, subscription: SubscriptionId, event: str) -> Delivery | None:
        self._ask()
        return self.kept.get((subscription, event))

    async def attempts(self, subscription: SubscriptionId, event: str) -> Sequence[Attempt]:
        self._ask()
        return sorted(self.logged.get((subscription, event), []), key=lambda attempt: attempt.number)

    async def latest(self, subscription: SubscriptionId, *, limit: int) -> Sequence[LoggedAttempt]:
        self._ask()
        lines = [line for (of, _, _), line in self.lines.items() if of == subscription]
        return sorted(lines, key=lambda line: line.at, reverse=True)[:limit]

    async def waiting(self, subscription: SubscriptionId, *, most: int) -> int:
        self._ask()
        states = [kept.state for (of, _), kept in self.kept.items() if of == subscription]
        return min(states.count(DeliveryState.WAITING), most)

    async def page(
        self, subscription: SubscriptionId, query: DeliveryQuery, *, after: str = "", limit: int = 100
    ) -> tuple[Sequence[Delivery], str]:
        self._ask()
        mine = sorted((d for (of, _), d in self.kept.items() if of == subscription), key=_place)
        found = [d for d in mine if _answers(d, query) and f"{_place(d)[0]}:{d.event}" > after][:limit]
        cursor = f"{_place(found[-1])[0]}:{found[-1].event}" if len(found) == limit else ""
        return found, cursor


@dataclass
class FakeCircuits(Switched):
    """Fulfils the port Circuits."""

    kept: dict[str, Circuit] = field(default_factory=dict)

    async def get(self, endpoint: str) -> Circuit:
        self._ask()
        return self.kept.get(endpoint, HEALTHY)

    async def change(self, endpoint: str, decide: Callable[[Circuit], Circuit]) -> Circuit:
        self._ask()
        self.kept[endpoint] = decide(self.kept.get(endpoint, HEALTHY))
        return self.kept[endpoint]


@dataclass
class FakeFeed(Switched):
    """Fulfils the port Feed."""

    kept: dict[tuple[ResourceId, str], tuple[datetime, FeedEntry]] = field(default_factory=dict)

    async def add(self, resource_id: ResourceId, entry: FeedEntry, event: str, *, now: datetime) -> None:
        self._ask()
        cursor = f"{now.astimezone(UTC):%Y%m%d%H%M%S%f}:{event}"
        self.kept.setdefault((resource_id, event), (now, replace(entry, cursor=cursor)))

    async def page(
        self, resource_id: ResourceId, *, after: str = "", since: datetime | None = None, until: datetime, limit: int
    ) -> Sequence[FeedEntry]:
        self._ask()
        found = [
            entry
            for (resource, _), (at, entry) in self.kept.items()
            if resource == resource_id and entry.cursor > after and at < until and (since is None or at >= since)
        ]
        return sorted(found, key=lambda entry: entry.cursor)[:limit]


def _place(delivery: Delivery) -> tuple[str, str]:
    return f"{10**17 - round(delivery.happened.timestamp() * 1_000_000):017d}", delivery.event


def _answers(delivery: Delivery, query: DeliveryQuery) -> bool:
    return (
        (query.state is None or delivery.state is query.state)
        and (query.type is None or delivery.type == query.type)
        and (query.since is None or delivery.happened >= query.since)
        and (query.until is None or delivery.happened < query.until)
    )
