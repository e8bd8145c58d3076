"""In-memory registers: resources, parties, contact points and policies; subscriptions."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from shared.domain.errors import Conflict
from shared.domain.identifiers import PartyUrn, ResourceId, SubscriptionId
from shared.domain.notification import ContactPoint
from shared.domain.subscription import Subscription
from shared.ports import Party, Resource, Unit
from tests.fakes.switch import Switched

_FIRST = SubscriptionId("")


@dataclass
class FakeRegistry(Switched):
    """Fulfils the port Registry, and takes entries as the real table does."""

    resources: dict[ResourceId, Resource] = field(default_factory=dict)
    known: dict[PartyUrn, Party] = field(default_factory=dict)
    contact_points: dict[PartyUrn, ContactPoint] = field(default_factory=dict)
    known_units: dict[PartyUrn, Unit] = field(default_factory=dict)
    hosts: dict[PartyUrn, frozenset[str]] = field(default_factory=dict)
    policies: dict[ResourceId, Mapping[str, object]] = field(default_factory=dict)

    async def resource(self, id_: ResourceId) -> Resource | None:
        self._ask()
        return self.resources.get(id_)

    async def policy(self, id_: ResourceId) -> Mapping[str, object] | None:
        self._ask()
        return self.policies.get(id_)

    async def parties(self, urns: Iterable[PartyUrn]) -> Mapping[PartyUrn, Party]:
        self._ask()
        return {urn: self.known[urn] for urn in urns if urn in self.known}

    async def contacts(self, urns: Iterable[PartyUrn]) -> Mapping[PartyUrn, ContactPoint]:
        self._ask()
        return {urn: self.contact_points[urn] for urn in urns if urn in self.contact_points}

    async def units(self, urns: Iterable[PartyUrn]) -> Mapping[PartyUrn, Unit]:
        self._ask()
        return {urn: self.known_units[urn] for urn in urns if urn in self.known_units}

    async def link_hosts(self, sender: PartyUrn) -> frozenset[str]:
        self._ask()
        return self.hosts.get(sender, frozenset())

    async def put_resource(self, resource: Resource) -> None:
        self.resources[resource.id] = resource

    async def put_party(self, party: Party) -> None:
        self.known[party.urn] = party

    async def put_contact(self, urn: PartyUrn, contact: ContactPoint) -> None:
        self.contact_points[urn] = contact

    async def put_unit(self, urn: PartyUrn, unit: Unit) -> None:
        self.known_units[urn] = unit

    async def put_link_hosts(self, sender: PartyUrn, hosts: Iterable[str]) -> None:
        self.hosts[sender] = frozenset(host.lower() for host in hosts)

    async def put_policy(self, id_: ResourceId, policy: Mapping[str, object]) -> None:
        self.policies[id_] = policy


@dataclass
class FakeSubscriptions(Switched):
    """Fulfils the port Subscriptions."""

    kept: dict[tuple[ResourceId, SubscriptionId], Subscription] = field(default_factory=dict)
    numbers: int = 0

    async def add(self, subscription: Subscription) -> Subscription:
        self._ask()
        for existing in self.kept.values():
            if _wish(existing) == _wish(subscription):
                return existing
        self.numbers += 1
        added = replace(subscription, number=self.numbers)
        self.kept[added.resource_id, added.id] = added
        return added

    async def get(self, number: int) -> Subscription | None:
        self._ask()
        return next((s for s in self.kept.values() if s.number == number), None)

    async def load(self, resource_id: ResourceId, id_: SubscriptionId) -> Subscription | None:
        self._ask()
        return self.kept.get((resource_id, id_))

    async def of_resource(self, resource_id: ResourceId) -> Sequence[Subscription]:
        self._ask()
        return [s for s in self.kept.values() if s.resource_id == resource_id]

    async def of_consumer(
        self, consumer: PartyUrn, *, after: SubscriptionId = _FIRST, limit: int = 1000
    ) -> Sequence[Subscription]:
        self._ask()
        theirs = (s for s in self.kept.values() if s.consumer == consumer and s.id > after)
        return sorted(theirs, key=lambda s: s.id)[:limit]

    async def change(self, subscription: Subscription, decide: Callable[[Subscription], Subscription]) -> Subscription:
        self._ask()
        key = subscription.resource_id, subscription.id
        if key not in self.kept:
            raise Conflict("the subscription was removed")
        self.kept[key] = decide(self.kept[key])
        return self.kept[key]

    async def remove(self, subscription: Subscription) -> None:
        self._ask()
        self.kept.pop((subscription.resource_id, subscription.id), None)


def _wish(s: Subscription) -> tuple[str, ...]:
    return s.resource_id, s.consumer, s.endpoint, s.subject_filter or "", s.type_filter or "", s.signing
