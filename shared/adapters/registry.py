"""The table `registry`: what is known of resources, parties and policies, for installations that keep it here."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta

from shared.adapters.documents import CHUNK_UNITS, columns, from_columns
from shared.adapters.kept import Kept
from shared.adapters.keys import escape
from shared.adapters.tables import Op, Row, Tables, Value, Write
from shared.domain.identifiers import PartyKind, PartyUrn, ResourceId, party_kind
from shared.domain.notification import ContactPoint
from shared.ports.neighbours import ContactRegister, LinkHosts, Party, Resource, Unit

RESOURCE_AGE = timedelta(minutes=10)
PARTY_AGE = timedelta(hours=24)
AT_ONCE = 20
"""Reads side by side."""


class RegistryTable:
    """Fulfils the port Registry. Only what is known is kept, so that a new entry is seen at once.

    Resources and policies are kept for 10 minutes, parties for 24 hours, the rest not at all.
    """

    def __init__(
        self,
        tables: Tables,
        clock: Callable[[], datetime],
        *,
        contact_registers: Mapping[PartyKind, ContactRegister] | None = None,
    ) -> None:
        """`contact_registers` are asked for the contact points of these kinds of parties; the table for the others."""
        self._table = tables.table("registry")
        self._contact_registers = contact_registers or {}
        self._resources = Kept[ResourceId, Resource](RESOURCE_AGE, clock)
        self._policies = Kept[ResourceId, Mapping[str, object]](RESOURCE_AGE, clock)
        self._parties = Kept[PartyUrn, Party](PARTY_AGE, clock)

    async def resource(self, id_: ResourceId) -> Resource | None:
        """The resource, or None when unknown."""
        return await self._resources.get(id_, lambda: self._read(Resource, "resource", id_))

    async def policy(self, id_: ResourceId) -> Mapping[str, object] | None:
        """The policy of a resource as it was put, or None when there is none."""

        async def read() -> Mapping[str, object] | None:
            row = await self._table.get("policy", escape(id_))
            return _policy_of(row) if row else None

        return await self._policies.get(id_, read)

    async def parties(self, urns: Iterable[PartyUrn]) -> Mapping[PartyUrn, Party]:
        """Those of them that the register knows. One operation each, up to 20 side by side."""

        async def one(urn: PartyUrn) -> Party | None:
            return await self._parties.get(urn, lambda: self._read(Party, "party", urn))

        return await _side_by_side(urns, one)

    async def contacts(self, urns: Iterable[PartyUrn]) -> Mapping[PartyUrn, ContactPoint]:
        """Contact points and reservations; a party without any is left out. Raises Unavailable."""
        asked: dict[PartyKind, list[PartyUrn]] = {}
        for urn in urns:
            asked.setdefault(party_kind(urn), []).append(urn)
        found = await asyncio.gather(*(self._contacts(kind, some) for kind, some in asked.items()))
        return {urn: contact for contacts in found for urn, contact in contacts.items()}

    async def units(self, urns: Iterable[PartyUrn]) -> Mapping[PartyUrn, Unit]:
        """What the register says of organisations; one of which it says nothing is left out."""
        return await _side_by_side(urns, lambda urn: self._read(Unit, "unit", urn))

    async def link_hosts(self, sender: PartyUrn) -> frozenset[str]:
        """The hosts that this sender may point to content on; none unless they were put."""
        found = await self._read(LinkHosts, "link-hosts", sender)
        return frozenset(found.names if found else ())

    async def put_resource(self, resource: Resource) -> None:
        """Add or replace a resource."""
        await self._put("resource", resource.id, columns(resource))
        self._resources.forget(resource.id)

    async def put_party(self, party: Party) -> None:
        """Add or replace a party."""
        await self._put("party", party.urn, columns(party))
        self._parties.forget(party.urn)

    async def put_contact(self, urn: PartyUrn, contact: ContactPoint) -> None:
        """Add or replace the contact points of a party."""
        await self._put("contact", urn, columns(contact))

    async def put_unit(self, urn: PartyUrn, unit: Unit) -> None:
        """Add or replace what the register says of an organisation."""
        await self._put("unit", urn, columns(unit))

    async def put_link_hosts(self, sender: PartyUrn, hosts: Iterable[str]) -> None:
        """Set or replace the hosts that a sender may point to content on."""
        await self._put("link-hosts", sender, columns(LinkHosts(tuple(sorted(host.lower() for host in hosts)))))

    async def put_policy(self, id_: ResourceId, policy: Mapping[str, object]) -> None:
        """Add or replace the policy of a resource: any JSON object."""
        text = json.dumps(policy, separators=(",", ":"))
        parts = range(0, len(text), CHUNK_UNITS)
        await self._put("policy", id_, {f"policy{n}": text[at : at + CHUNK_UNITS] for n, at in enumerate(parts)})
        self._policies.forget(id_)

    async def _contacts(self, kind: PartyKind, urns: Sequence[PartyUrn]) -> Mapping[PartyUrn, ContactPoint]:
        if (register := self._contact_registers.get(kind)) is not None:
            return await register.contacts(urns)
        return await _side_by_side(urns, lambda urn: self._read(ContactPoint, "contact", urn))

    async def _read[T](self, kind: type[T], partition: str, id_: str) -> T | None:
        row = await self._table.get(partition, escape(id_))
        return from_columns(kind, row.columns) if row else None

    async def _put(self, partition: str, id_: str, content: Mapping[str, Value]) -> None:
        await self._table.write_again(Write(Op.PUT, Row(partition, escape(id_), content)))


async def _side_by_side[T](
    urns: Iterable[PartyUrn], ask: Callable[[PartyUrn], Awaitable[T | None]]
) -> dict[PartyUrn, T]:
    turn = asyncio.Semaphore(AT_ONCE)

    async def one(urn: PartyUrn) -> T | None:
        async with turn:
            return await ask(urn)

    wanted = list(dict.fromkeys(urns))
    answers = await asyncio.gather(*(one(urn) for urn in wanted))
    return {urn: answer for urn, answer in zip(wanted, answers, strict=True) if answer is not None}


def _policy_of(row: Row) -> Mapping[str, object]:
    text = "".join(row.text(f"policy{number}") for number in range(len(row.columns)))
    policy = json.loads(text)
    if not isinstance(policy, dict):
        raise TypeError("a policy is a JSON object")
    return policy
