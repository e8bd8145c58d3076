"""The seeds in a real registry table."""

from collections.abc import Iterator

import pytest

from local import seeding, seeds
from shared.adapters.registry import RegistryTable
from shared.adapters.tables import Tables
from shared.clock import system_clock
from shared.domain.identifiers import PartyUrn, ResourceId, organisation
from shared.domain.notification import ContactPoint
from tests.servers import azurite


@pytest.fixture(scope="module")
def storage() -> Iterator[str]:
    """An empty storage account."""
    with azurite() as connection:
        yield connection


async def test_seeding_twice_is_seeding_once(storage: str) -> None:
    """All that the seeds hold is found in the table: names, contact points, reservations, resources and policies."""
    await seeding.seed(storage)
    await seeding.seed(storage)
    tables = Tables(connection_string=storage, endpoint="", credential=None)
    registry = RegistryTable(tables, system_clock)
    urns = [PartyUrn(party.urn) for party in seeds.PARTIES]
    parties, contacts = await registry.parties(urns), await registry.contacts(urns)
    assert {urn: party.name for urn, party in parties.items()} == {party.urn: party.name for party in seeds.PARTIES}
    for party in seeds.PARTIES:
        known = contacts.get(PartyUrn(party.urn), ContactPoint())
        assert known == seeding.contact_point(party.contact)
    for resource in seeds.RESOURCES:
        assert await registry.resource(ResourceId(resource.id)) == seeding.registry_entry(resource)
        assert await registry.policy(ResourceId(resource.id)) == seeding.policy(resource)
    for number, hosts in seeding.LINK_HOSTS.items():
        assert await registry.link_hosts(organisation(number)) == set(hosts)
    await tables.close()
