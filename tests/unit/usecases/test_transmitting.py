"""Messages in a dialog that somebody else made: judged against it, added to it, and never its end."""

from datetime import timedelta
from typing import Any

import pytest

from shared.domain.correspondence import ExternalReference, ReferenceType, Status
from shared.domain.dialog import transmission_id
from shared.domain.errors import Refusal, Unavailable
from shared.domain.facts import FactType
from shared.domain.identifiers import CorrespondenceId, ResourceId
from shared.domain.notification import ContactPoint
from shared.domain.policy import Issuer, Subject
from shared.ports import KnownDialog, Resource
from shared.usecases import acting, reading
from tests.builders import AGENCY, BUSINESS, NOW, OTHER_AGENCY, PERSON, RESOURCE, new_id
from tests.fakes.world import READER, SENDER, World
from tests.unit.usecases.stories import facts_of, published, refused, sent, state_of, stored

FOREIGN = new_id("foreign")
REFERENCE = ExternalReference(ReferenceType.DIALOG_ID, FOREIGN)
APP = ResourceId("app_exa_form")
HOUR = timedelta(hours=1)


def world_with(**changes: Any) -> World:
    """A world in which an app of the agency has a dialog with the person."""
    world = World()
    world.registry.resources[APP] = Resource(id=APP, owner=AGENCY, owner_code="exa", type="AltinnApp")
    known = {"party": PERSON, "resource_id": APP, "owner_code": "exa"} | changes
    world.dialogs.foreign[FOREIGN] = KnownDialog(**known)
    return world


async def in_dialog(world: World, **changes: Any) -> CorrespondenceId:
    return await published(world, **({"external_references": (REFERENCE,)} | changes))


async def test_it_is_added_to_the_dialog_when_it_is_published() -> None:
    """Once, and no dialog of its own is made; overview names both."""
    world = world_with()
    id_ = await in_dialog(world, requested_publish_time=NOW + HOUR)
    assert not world.dialogs.transmissions
    await world.advance(HOUR)
    (body,) = world.dialogs.transmissions[FOREIGN]
    state = state_of(world, id_)
    assert body["id"] == state.transmission_id == transmission_id(state)
    assert not world.dialogs.dialogs
    assert state.dialog_id is None


async def test_opening_it_is_told_in_the_dialog() -> None:
    """By the transmission's id, once."""
    world = world_with()
    id_ = await in_dialog(world)
    await reading.open_content(world.app, READER, id_)
    await reading.open_content(world.app, READER, id_)
    await world.settle()
    (opened,) = world.dialogs.activities[FOREIGN]
    assert (opened["type"], opened["transmissionId"]) == ("TransmissionOpened", state_of(world, id_).transmission_id)


async def test_it_waits_for_its_files() -> None:
    """The transmission comes with the letter, and shows the file."""
    world = world_with()
    file = await stored(world)
    await in_dialog(world, existing_attachments=(file,))
    (body,) = world.dialogs.transmissions[FOREIGN]
    assert len(body["attachments"]) == 1  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("changes", "dialog", "refusal"),
    [
        ({"recipients": (PERSON, BUSINESS)}, {}, Refusal.TRANSMISSION_SEVERAL_RECIPIENTS),
        ({"recipients": (BUSINESS,)}, {}, Refusal.RECIPIENT_NOT_DIALOG_PARTY),
        ({}, {"resource_id": ResourceId("of-the-other")}, Refusal.DIALOG_OF_ANOTHER_OWNER),
        ({}, {"resource_id": ResourceId("unknown"), "owner_code": "sec"}, Refusal.DIALOG_OF_ANOTHER_OWNER),
        ({}, {"resource_id": ResourceId("unknown"), "owner_code": ""}, Refusal.DIALOG_OF_ANOTHER_OWNER),
        ({"external_references": (ExternalReference(ReferenceType.DIALOG_ID, "x"),)}, {}, Refusal.DIALOG_ID_NOT_A_GUID),
        (
            {"external_references": (ExternalReference(ReferenceType.DIALOG_ID, new_id("other")),)},
            {},
            Refusal.DIALOG_UNKNOWN,
        ),
    ],
)
async def test_a_dialog_that_does_not_take_it_refuses_it(
    changes: dict[str, Any], dialog: dict[str, Any], refusal: Refusal
) -> None:
    """With the contract's number, and nothing is kept."""
    world = world_with(**dialog)
    other = ResourceId("of-the-other")
    world.registry.resources[other] = Resource(id=other, owner=OTHER_AGENCY, owner_code="sec", type="AltinnApp")
    asked = {"external_references": (REFERENCE,)} | changes
    assert await refused(sent(world, **asked)) is refusal
    assert not world.correspondences.partitions


async def test_the_owner_is_known_by_its_code_where_the_dialogs_resource_is_unknown() -> None:
    """In any case of letters."""
    world = world_with(resource_id=ResourceId("unknown"), owner_code="EXA")
    await in_dialog(world)
    assert world.dialogs.transmissions


async def test_a_dialog_may_be_named_in_any_form_of_a_guid() -> None:
    """It is looked up, and written to, by its one id."""
    world = world_with()
    await in_dialog(world, external_references=(ExternalReference(ReferenceType.DIALOG_ID, FOREIGN.upper()),))
    assert set(world.dialogs.transmissions) == {FOREIGN}


async def test_a_resource_of_an_app_takes_messages_in_dialogs_only() -> None:
    """4010 for a letter of its own; confidentiality is not asked of an app."""
    world = world_with()
    assert await refused(sent(world, resource_id=APP)) is Refusal.RESOURCE_TYPE_CORRESPONDENCE
    id_ = await in_dialog(world, resource_id=APP, is_confidential=True)
    assert state_of(world, id_).status is Status.PUBLISHED
    world.registry.resources[APP] = Resource(id=APP, owner=AGENCY, owner_code="exa", type="GenericAccessResource")
    refusal = await refused(sent(world, resource_id=APP, external_references=(REFERENCE,)))
    assert refusal is Refusal.RESOURCE_TYPE_CORRESPONDENCE


async def test_a_dialogporten_that_is_down_accepts_nothing() -> None:
    """Whether the dialog is there cannot be known: the caller is told to come again."""
    world = world_with()
    world.dialogs.fail(Unavailable("dialogporten"))
    with pytest.raises(Unavailable):
        await sent(world, external_references=(REFERENCE,))
    assert not world.correspondences.partitions


async def test_it_fails_when_the_dialog_has_gone_by_its_time() -> None:
    """Told to the sender with the reason; the dialog is left alone."""
    world = world_with()
    id_ = await in_dialog(world, requested_publish_time=NOW + HOUR)
    del world.dialogs.foreign[FOREIGN]
    await world.advance(HOUR)
    assert state_of(world, id_).status is Status.FAILED
    assert state_of(world, id_).status_text == Refusal.DIALOG_UNKNOWN.text
    assert facts_of(world, id_)[-1] is FactType.PUBLISH_FAILED
    assert not world.dialogs.transmissions


async def test_it_fails_when_its_resource_has_gone_by_its_time() -> None:
    """Nobody knows whose it is any more."""
    world = world_with()
    id_ = await in_dialog(world, requested_publish_time=NOW + HOUR)
    del world.registry.resources[RESOURCE]
    await world.advance(HOUR)
    assert state_of(world, id_).status_text == Refusal.RESOURCE_UNKNOWN.text


async def test_a_dialogporten_that_is_down_delays_it() -> None:
    """A recipient who comes meanwhile finds nothing yet, and leaves no second wait."""
    world = world_with()
    id_ = await sent(world, external_references=(REFERENCE,))
    world.dialogs.fail(*[Unavailable("dialogporten")] * 3)
    await world.settle()
    waiting = len(world.agenda.entries)
    assert await refused(reading.overview(world.app, READER, id_)) is Refusal.CORRESPONDENCE_NOT_FOUND
    assert len(world.agenda.entries) == waiting
    world.dialogs.failures.clear()
    await world.advance(timedelta(minutes=1))
    assert state_of(world, id_).status is Status.PUBLISHED
    assert world.dialogs.transmissions


async def test_failing_it_leaves_the_dialog_alone() -> None:
    """It is somebody else's; only ours are purged."""
    world = world_with()
    id_ = await in_dialog(world, requested_publish_time=NOW + HOUR)
    world.registry.contact_points[PERSON] = ContactPoint(reserved=True)
    await world.advance(HOUR)
    assert state_of(world, id_).status is Status.FAILED
    assert FOREIGN in world.dialogs.foreign
    assert not world.dialogs.deleted


async def test_it_cannot_be_purged() -> None:
    """1043 by either side, before and after it is published."""
    world = world_with()
    id_ = await in_dialog(world, requested_publish_time=NOW + HOUR)
    assert await refused(acting.purge(world.app, SENDER, id_)) is Refusal.TRANSMISSION_NOT_PURGEABLE
    await world.advance(HOUR)
    assert await refused(acting.purge(world.app, READER, id_)) is Refusal.TRANSMISSION_NOT_PURGEABLE


async def test_the_dialogs_token_opens_it() -> None:
    """The token of the dialog it is in; not of another one."""
    world = world_with()
    id_ = await in_dialog(world)
    for dialog, opens in ((FOREIGN, True), (new_id("another"), False)):
        caller = Subject(
            issuer=Issuer.DIALOGPORTEN,
            party=PERSON,
            dialog_id=dialog,
            dialog_party=PERSON,
            dialog_actions=frozenset({"read"}),
        )
        if opens:
            assert await reading.open_content(world.app, caller, id_)
        else:
            assert await refused(reading.open_content(world.app, caller, id_)) is Refusal.NO_ACCESS
