"""Archiving and marking as unread: labels of the recipient, in the details and in the dialog, and no status."""

from typing import Any

import pytest

from shared.domain.correspondence import Status
from shared.domain.dialog import dialog_id
from shared.domain.errors import Refusal
from shared.domain.facts import INTERNAL, FactType
from shared.domain.identifiers import CorrespondenceId
from shared.domain.labels import SystemLabel
from shared.usecases import acting, notifying, reading
from tests.builders import new_id, notification_request, texts
from tests.fakes.world import READER, SENDER, World
from tests.unit.usecases.stories import OWNER, RECIPIENT, facts_of, permit, published, refused, sent, state_of

LABELLING = (acting.archive, acting.unarchive, acting.mark_as_unread)
REMINDED = notification_request(send_reminder=True, reminder_texts=texts())


async def letter(world: World, **changes: Any) -> CorrespondenceId:
    """A published letter whose recipient alone has any right."""
    id_ = await published(world, **changes)
    permit(world, *RECIPIENT)
    return id_


async def label(world: World, id_: CorrespondenceId) -> SystemLabel:
    """What the recipient's details show."""
    return (await reading.details(world.app, READER, id_)).system_label


def in_dialog(world: World, id_: CorrespondenceId) -> dict[str, Any]:
    """What Dialogporten was told last."""
    return dict(world.dialogs.labels[dialog_id(state_of(world, id_))])


async def test_archived_and_taken_out_again() -> None:
    """The label comes and goes, the status stays, repeating says nothing."""
    world = World()
    id_ = await letter(world)
    assert await label(world, id_) is SystemLabel.DEFAULT
    for act, expected in ((acting.archive, SystemLabel.ARCHIVE), (acting.unarchive, SystemLabel.DEFAULT)):
        await act(world.app, READER, id_)
        await act(world.app, READER, id_)
        assert await label(world, id_) is expected
    assert facts_of(world, id_).count(FactType.LABELS_CHANGED) == 2
    assert state_of(world, id_).status is Status.PUBLISHED


async def test_unread_until_it_is_opened_again() -> None:
    """What nobody has read needs no mark; opening it takes the mark away, and it was read all the time."""
    world = World()
    id_ = await letter(world)
    await acting.mark_as_unread(world.app, READER, id_)
    assert await label(world, id_) is SystemLabel.DEFAULT
    await reading.open_content(world.app, READER, id_)
    await acting.mark_as_unread(world.app, READER, id_)
    assert await label(world, id_) is SystemLabel.MARKED_AS_UNOPENED
    assert state_of(world, id_).status is Status.READ
    await reading.open_content(world.app, READER, id_)
    assert await label(world, id_) is SystemLabel.DEFAULT
    assert facts_of(world, id_).count(FactType.READ) == 1


async def test_marking_as_read_takes_the_mark_away_once() -> None:
    """1040 only when there is no mark."""
    world = World()
    id_ = await letter(world)
    await reading.open_content(world.app, READER, id_)
    await acting.mark_as_unread(world.app, READER, id_)
    await acting.mark_as_read(world.app, READER, id_)
    assert await label(world, id_) is SystemLabel.DEFAULT
    assert await refused(acting.mark_as_read(world.app, READER, id_)) is Refusal.ALREADY_READ


async def test_an_archived_letter_keeps_its_mark() -> None:
    """The archive is what shows; taken out of it, the mark shows again."""
    world = World()
    id_ = await letter(world)
    await reading.open_content(world.app, READER, id_)
    await acting.mark_as_unread(world.app, READER, id_)
    await acting.archive(world.app, READER, id_)
    assert await label(world, id_) is SystemLabel.ARCHIVE
    await world.settle()
    assert in_dialog(world, id_)["addLabels"] == ["Archive", "MarkedAsUnopened"]
    await acting.unarchive(world.app, READER, id_)
    assert await label(world, id_) is SystemLabel.MARKED_AS_UNOPENED


async def test_the_dialog_has_the_labels() -> None:
    """Carried over by who put them there; a deleted dialog takes none, which stops nothing."""
    world = World()
    id_ = await letter(world)
    await acting.archive(world.app, READER, id_)
    await world.settle()
    assert in_dialog(world, id_) == {
        "addLabels": ["Archive"],
        "removeLabels": ["MarkedAsUnopened"],
        "performedBy": {"actorType": "PartyRepresentative", "actorId": READER.party},
    }
    await acting.unarchive(world.app, READER, id_)
    await acting.purge(world.app, READER, id_)
    await world.settle()
    assert world.dialogs.deleted == {dialog_id(state_of(world, id_))}


async def test_nobody_outside_is_told() -> None:
    """A label is the recipient's own business: no sender sees it, no subscriber hears of it."""
    assert FactType.LABELS_CHANGED in INTERNAL
    world = World()
    id_ = await letter(world)
    await acting.archive(world.app, READER, id_)
    await world.settle()
    permit(world, *OWNER)
    assert (await reading.details(world.app, SENDER, id_)).system_label is SystemLabel.DEFAULT


async def test_the_archived_is_not_reminded_of() -> None:
    """Unless it was taken out of the archive in time."""
    world = World()
    archived, taken_out = [await published(world, notification=REMINDED) for _ in range(2)]
    for id_ in (archived, taken_out):
        await acting.archive(world.app, READER, id_)
    await acting.unarchive(world.app, READER, taken_out)
    assert not await notifying.may_send(world.app, archived, reminder=True)
    assert await notifying.may_send(world.app, archived, reminder=False)
    await world.advance(world.rules.reminder_delay)
    assert [state_of(world, id_).reminded for id_ in (archived, taken_out)] == [0, 1]


@pytest.mark.parametrize("act", LABELLING)
async def test_who_may_not_is_refused(act: Any) -> None:
    """1001 for what is unknown, not published or purged; 4001 for senders."""
    world = World()
    unpublished = await sent(world, requested_publish_time=world.now + world.rules.reminder_delay)
    id_ = await published(world)
    permit(world, *OWNER)
    assert await refused(act(world.app, SENDER, id_)) is Refusal.NO_ACCESS
    permit(world, *RECIPIENT)
    await acting.purge(world.app, READER, id_)
    for hidden in (CorrespondenceId(new_id("nobody")), unpublished, id_):
        assert await refused(act(world.app, READER, hidden)) is Refusal.CORRESPONDENCE_NOT_FOUND
