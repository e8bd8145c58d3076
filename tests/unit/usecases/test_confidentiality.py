"""Confidential letters: only on resources for them, and only to organisations where somebody answers for them."""

from datetime import timedelta

import pytest

from shared.domain.correspondence import Status
from shared.domain.errors import DomainError, Refusal
from shared.domain.facts import FactType
from shared.domain.identifiers import organisation
from shared.ports import Party, Resource, Unit
from shared.usecases.confidentiality import RESPONSIBLE, without_responsible
from tests.builders import AGENCY, BUSINESS, NOW, PERSON, RESOURCE
from tests.fakes.world import World
from tests.unit.usecases.stories import facts_of, published, refused, sent, state_of

HOUR = timedelta(hours=1)
HEAD_OFFICE = organisation("312001012")
LED = Unit(roles=frozenset({"daglig-leder"}))


def confidential(**changes: bool) -> World:
    """A world whose resource is for confidential letters."""
    world = World()
    kind = {"confidential": True} | changes
    world.registry.resources[RESOURCE] = Resource(
        id=RESOURCE,
        owner=AGENCY,
        owner_code="exa",
        type="CorrespondenceService",
        confidential=kind["confidential"],
        explicitly_delegated=kind.get("explicitly_delegated", False),
    )
    return world


@pytest.mark.parametrize("confidential_resource", [True, False])
async def test_an_explicitly_delegated_resource_takes_both_kinds(confidential_resource: bool) -> None:
    """Each letter says for itself; elsewhere letter and resource must agree."""
    world = confidential(confidential=confidential_resource, explicitly_delegated=True)
    for flag in (True, False):
        assert state_of(world, await published(world, is_confidential=flag)).status is Status.PUBLISHED
    world = confidential(confidential=confidential_resource)
    wrong = Refusal.CONFIDENTIAL_FLAG_MISSING if confidential_resource else Refusal.CONFIDENTIAL_FLAG_WRONG
    assert await refused(sent(world, is_confidential=not confidential_resource)) is wrong


@pytest.mark.parametrize("role", sorted(RESPONSIBLE))
async def test_any_role_that_answers_for_the_organisation_will_do(role: str) -> None:
    """In itself, or in the main unit of a sub-unit."""
    world = World()
    world.registry.known_units[BUSINESS] = Unit(roles=frozenset({role, "regnskapsforer"}))
    assert await without_responsible(world.app, [BUSINESS, PERSON]) == []
    world.registry.known_units = {BUSINESS: Unit(main_unit=HEAD_OFFICE), HEAD_OFFICE: Unit(roles=frozenset({role}))}
    assert await without_responsible(world.app, [BUSINESS]) == []


async def test_an_organisation_without_anybody_gets_no_confidential_letter() -> None:
    """1044 names them all, and nothing is kept; persons answer for themselves."""
    world = confidential()
    world.registry.known[HEAD_OFFICE] = Party(urn=HEAD_OFFICE, uuid="0000-9", party_id=9, name="Hovedkontoret")
    world.registry.known_units[BUSINESS] = Unit(roles=frozenset({"regnskapsforer"}))
    with pytest.raises(DomainError) as caught:
        await sent(world, recipients=(BUSINESS, PERSON, HEAD_OFFICE), is_confidential=True)
    assert caught.value.refusal is Refusal.RECIPIENT_LACKS_ROLES
    assert BUSINESS in caught.value.detail
    assert HEAD_OFFICE in caught.value.detail
    assert PERSON not in caught.value.detail
    assert not world.correspondences.partitions


async def test_nobody_asks_for_roles_when_it_is_not_confidential() -> None:
    """Any organisation gets an open letter."""
    world = World()
    id_ = await published(world, recipients=(BUSINESS,))
    assert state_of(world, id_).status is Status.PUBLISHED


@pytest.mark.parametrize("still_led", [True, False])
async def test_roles_are_asked_again_when_its_time_comes(still_led: bool) -> None:
    """An organisation that has lost them meanwhile gets nothing, and the sender is told why."""
    world = confidential()
    world.registry.known_units[BUSINESS] = LED
    id_ = await sent(world, recipients=(BUSINESS,), is_confidential=True, requested_publish_time=NOW + HOUR)
    world.registry.known_units[BUSINESS] = LED if still_led else Unit()
    await world.advance(HOUR)
    state = state_of(world, id_)
    assert state.status is (Status.PUBLISHED if still_led else Status.FAILED)
    assert (FactType.PUBLISH_FAILED in facts_of(world, id_)) is not still_led
    assert still_led or state.status_text == Refusal.RECIPIENT_LACKS_ROLES.text
