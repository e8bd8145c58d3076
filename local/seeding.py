"""Writes the seeds into the registry table. Twice is as good as once: `python -m local.seeding CONNECTION`."""

import asyncio
import sys
from collections.abc import Iterator

from local import seeds
from local.seeds import Part, Rule, Subject
from shared.adapters.registry import RegistryTable
from shared.adapters.tables import Tables
from shared.clock import system_clock
from shared.domain.identifiers import PartyUrn, ResourceId
from shared.domain.notification import ContactPoint, Escalation, EscalationWay
from shared.ports import Party, Resource, Unit

_ACTIONS = {
    ("write", Part.MESSAGE): "write",
    ("read", Part.MESSAGE): "read",
    ("read", Part.ATTACHMENTS): "read-attachment",
}
_AT_ONCE = 8

LINK_HOSTS = {"310001007": ("files.example.com",)}
"""Where a sender may store content that messages point to."""


async def seed(storage_connection: str) -> None:
    """Every seeded party, contact point, resource and policy is in the table, as the seeds say now.

    Raises Unavailable when the storage does not answer.
    """
    tables = Tables(connection_string=storage_connection, endpoint="", credential=None)
    registry = RegistryTable(tables, system_clock)
    turn = asyncio.Semaphore(_AT_ONCE)

    async def put_party(party: seeds.Party) -> None:
        async with turn:
            urn = PartyUrn(party.urn)
            await registry.put_party(Party(urn=urn, uuid=str(party.uuid), party_id=party.party_id, name=party.name))
            if (contact := contact_point(party.contact)) != ContactPoint():
                await registry.put_contact(urn, contact)
            if (held := roles(party)) != Unit():
                await registry.put_unit(urn, held)
            if hosts := LINK_HOSTS.get(party.number):
                await registry.put_link_hosts(urn, hosts)

    async def put_resource(resource: seeds.Resource) -> None:
        async with turn:
            await registry.put_resource(registry_entry(resource))
            await registry.put_policy(ResourceId(resource.id), policy(resource))

    try:
        await asyncio.gather(*map(put_party, seeds.PARTIES), *map(put_resource, seeds.RESOURCES))
    finally:
        await tables.close()


def contact_point(contact: seeds.Contact) -> ContactPoint:
    """Where the party can be reached, as the register would say."""
    return ContactPoint(
        emails=(contact.email,) if contact.email else (),
        mobiles=(contact.mobile,) if contact.mobile else (),
        reserved=contact.reserved,
    )


def roles(party: seeds.Party) -> Unit:
    """The roles that somebody holds in the party, as the register would say."""
    return Unit(roles=frozenset(role.code for role in seeds.ROLES if role.organisation == party.number))


def registry_entry(resource: seeds.Resource) -> Resource:
    """The resource as the registry would say. Raises KeyError when its owner is not seeded."""
    owner = {party.number: party for party in seeds.PARTIES}[resource.owner]
    title, days = resource.title, resource.printed_after_days
    return Resource(
        id=ResourceId(resource.id),
        owner=PartyUrn(owner.urn),
        owner_code=owner.org_code or "",
        type=resource.type,
        titles={"nb": title.nb, "nn": title.nn, "en": title.en},
        confidential=resource.confidential,
        minimum_level=resource.minimum_level,
        escalation=None if days is None else Escalation(EscalationWay.PRINT, days),
    )


def policy(resource: seeds.Resource) -> dict[str, object]:
    """The resource's rules as a policy document of version 1, see `shared.adapters.decisions`."""
    rules = [written for rule in resource.rules for written in _written(rule)]
    return {"version": 1, "minimumLevel": resource.minimum_level, "rules": rules}


def _written(rule: Rule) -> Iterator[dict[str, object]]:
    """A seeded rule as rules of the document: one for each subject, and one for each role somebody holds.

    A recipient among the few that `only` names is written as that party acting for itself.
    """
    actions = [_ACTIONS[rule.action, part] for part in rule.parts if (rule.action, part) in _ACTIONS]
    for subject in rule.subjects:
        match subject:
            case Subject.OWNER:
                yield {"name": rule.id, "actions": actions, "who": {"is": "owner"}}
            case Subject.RECIPIENT if rule.only:
                for number in rule.only:
                    yield {"name": rule.id, "actions": actions, "who": {"person": number, "for": number}}
            case Subject.RECIPIENT:
                yield {"name": rule.id, "actions": actions, "who": {"is": "recipient"}}
            case Subject.ROLE_HOLDER:
                for role in seeds.ROLES:
                    if not rule.only or role.person in rule.only:
                        who = {"person": role.person, "for": role.organisation}
                        yield {"name": f"{rule.id} ({role.code})", "actions": actions, "who": who}


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("usage: python -m local.seeding STORAGE_CONNECTION")
    asyncio.run(seed(sys.argv[1]))
