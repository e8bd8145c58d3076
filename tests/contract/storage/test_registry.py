"""The port Registry: what both the fake and the table do, and for how long the table's answers are kept."""

from dataclasses import replace
from datetime import datetime, timedelta

from shared.adapters.registry import RegistryTable
from shared.adapters.storage_calls import operations
from shared.adapters.tables import Tables
from shared.domain.identifiers import PartyUrn
from shared.domain.notification import ContactPoint
from shared.ports import Party, Resource, Unit
from tests.builders import AGENCY, NOW
from tests.contract.storage.makers import fresh, resource
from tests.fakes.storage import FakeRegistry

type Port = RegistryTable | FakeRegistry


def _resource() -> Resource:
    titles = {"nb": "Brev", "en": "Letters"}
    return Resource(id=resource(), owner=AGENCY, owner_code="exa", type="CorrespondenceService", titles=titles)


def _party(number: int = 1) -> Party:
    urn = PartyUrn(f"urn:altinn:person:idporten-email:{number}+{fresh()}@example.no")
    return Party(urn=urn, uuid=fresh(), party_id=number, name="Åse 🎉 O'Neil")


async def test_what_was_put_is_known(registry: Port) -> None:
    """Resources, parties and policies as they were put; nothing about others."""
    entry, party = _resource(), _party()
    policy: dict[str, object] = {"rules": [{"id": "r1", "long": "æ" * 70_000}]}
    await registry.put_resource(entry)
    await registry.put_party(party)
    await registry.put_policy(entry.id, policy)
    assert await registry.resource(entry.id) == entry
    assert await registry.policy(entry.id) == policy
    assert await registry.parties([party.urn, _party().urn, party.urn]) == {party.urn: party}
    assert await registry.resource(resource()) is None
    assert await registry.policy(resource()) is None


async def test_what_the_register_says_of_units_is_asked_every_time(registry: Port) -> None:
    """Roles change, and decide who may be written to: nothing of it is kept."""
    main, sub = _party(), _party()
    held = Unit(roles=frozenset({"daglig-leder", "styreleder"}))
    await registry.put_unit(sub.urn, Unit(main_unit=main.urn))
    await registry.put_unit(main.urn, held)
    assert await registry.units([main.urn, sub.urn, _party().urn]) == {
        main.urn: held,
        sub.urn: Unit(main_unit=main.urn),
    }
    await registry.put_unit(main.urn, Unit())
    assert await registry.units([main.urn]) == {main.urn: Unit()}


async def test_a_sender_s_hosts_are_as_they_were_put_last(registry: Port) -> None:
    """In lower case; none for others, and none when they were taken away."""
    sender = _party().urn
    assert await registry.link_hosts(sender) == frozenset()
    await registry.put_link_hosts(sender, ["Files.Example.com", "b.example.com"])
    assert await registry.link_hosts(sender) == {"files.example.com", "b.example.com"}
    assert await registry.link_hosts(_party().urn) == frozenset()
    await registry.put_link_hosts(sender, [])
    assert await registry.link_hosts(sender) == frozenset()


async def test_many_parties_are_asked_together(registry: Port) -> None:
    """Fifty of them, in one call."""
    parties = [_party(number) for number in range(50)]
    for party in parties:
        await registry.put_party(party)
    assert await registry.parties(party.urn for party in parties) == {party.urn: party for party in parties}


async def test_what_is_new_is_seen_at_once(registry: Port) -> None:
    """That something was unknown is not kept; what was replaced here is seen here."""
    entry, party = _resource(), _party()
    assert await registry.resource(entry.id) is None
    assert await registry.parties([party.urn]) == {}
    await registry.put_resource(entry)
    await registry.put_party(party)
    assert await registry.resource(entry.id) == entry
    changed = replace(entry, confidential=True)
    await registry.put_resource(changed)
    assert await registry.resource(entry.id) == changed
    assert await registry.parties([party.urn]) == {party.urn: party}


async def test_contacts_and_reservations(registry: Port) -> None:
    """A party without an entry is left out; one that is reserved says so."""
    parties = [_party(number).urn for number in range(3)]
    contact = ContactPoint(emails=("a@example.no", "b@example.no"), mobiles=("+4799999999",))
    await registry.put_contact(parties[0], contact)
    await registry.put_contact(parties[1], ContactPoint(reserved=True))
    assert await registry.contacts(parties) == {parties[0]: contact, parties[1]: ContactPoint(reserved=True)}
    await registry.put_contact(parties[0], ContactPoint())
    assert (await registry.contacts(parties))[parties[0]] == ContactPoint()


class _Clock:
    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        return self.now


async def test_answers_are_kept_for_a_while(tables: Tables) -> None:
    """A resource and its policy for 10 minutes, a party for 24 hours, contact points not at all."""
    clock, entry, party = _Clock(), _resource(), _party()
    here, elsewhere = RegistryTable(tables, clock), RegistryTable(tables, clock)
    for register in (here, elsewhere):
        await register.put_resource(entry)
        await register.put_policy(entry.id, {"version": 1})
        await register.put_party(party)

    async def asked() -> int:
        operations.clear()
        await here.resource(entry.id)
        await here.policy(entry.id)
        await here.parties([party.urn])
        return operations.total()

    assert await asked() == 3
    assert await asked() == 0
    await elsewhere.put_policy(entry.id, {"version": 2})
    assert await here.policy(entry.id) == {"version": 1}
    clock.now += timedelta(minutes=10)
    assert await asked() == 2
    assert await here.policy(entry.id) == {"version": 2}
    clock.now += timedelta(hours=24)
    assert await asked() == 3
    operations.clear()
    await here.contacts([party.urn])
    await here.contacts([party.urn])
    assert operations.total() == 2
