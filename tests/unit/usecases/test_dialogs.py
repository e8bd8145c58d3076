"""Dialogporten shows what has happened, in order, however often and late it is told."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from shared.domain.correspondence import ExternalReference, ReferenceType
from shared.domain.dialog import dialog_id
from shared.domain.errors import Rejected, Unavailable
from shared.domain.identifiers import CorrespondenceId
from shared.domain.notification import ContactPoint
from shared.usecases import acting, dialogs, downloading, lifecycle, reading
from tests.builders import NOW, PERSON, new_id, notification_request
from tests.fakes.world import READER, SENDER, World
from tests.unit.usecases.stories import published, sent, state_of, stored

DOWN = Unavailable("dialogporten")


def told(world: World, id_: CorrespondenceId) -> list[str]:
    """The types of the activities of the letter's dialog, in order."""
    return [str(activity["type"]) for activity in world.dialogs.activities.get(dialog_id(state_of(world, id_)), [])]


async def opened_and_confirmed(world: World, **changes: Any) -> CorrespondenceId:
    """A letter that its recipient has opened and confirmed; nothing of that was carried over yet."""
    changes = {"is_confirmation_needed": True, "due_date_time": NOW + timedelta(days=9)} | changes
    id_ = await published(world, **changes)
    await reading.open_content(world.app, READER, id_)
    await acting.confirm(world.app, READER, id_)
    return id_


async def test_a_dialog_is_made_with_the_letter() -> None:
    """Its id is known beforehand, and is on record afterwards; making it again makes no second one."""
    world = World()
    id_ = await published(world)
    state = state_of(world, id_)
    assert state.dialog_id == dialog_id(state)
    assert set(world.dialogs.dialogs) == {state.dialog_id}
    world.correspondences.partitions[id_].state = replace(state, dialog_id=None, dialog_cursor=0)
    await dialogs.carry_over(world.app, id_)
    assert set(world.dialogs.dialogs) == {state.dialog_id}


async def test_what_happened_is_told_in_order() -> None:
    """Opened, confirmed, deleted; the dialog waits for nothing any more."""
    world = World()
    id_ = await opened_and_confirmed(world)
    await acting.purge(world.app, READER, id_)
    await world.settle()
    assert told(world, id_) == ["CorrespondenceOpened", "CorrespondenceConfirmed", "DialogDeleted"]
    assert world.dialogs.closed == [dialog_id(state_of(world, id_))]
    assert world.dialogs.deleted == {dialog_id(state_of(world, id_))}


async def test_nothing_is_told_twice() -> None:
    """Doubled messages find the cursor where they would have put it."""
    world = World()
    id_ = await opened_and_confirmed(world)
    await world.settle()
    version = world.correspondences.partitions[id_].version
    for _ in range(3):
        await dialogs.carry_over(world.app, id_)
    assert told(world, id_) == ["CorrespondenceOpened", "CorrespondenceConfirmed"]
    assert world.correspondences.partitions[id_].version == version


@pytest.mark.parametrize("purged", [False, True])
@pytest.mark.parametrize("failing", range(8))
async def test_any_call_may_fail_and_nothing_is_left_out(failing: int, purged: bool) -> None:
    """Of a confirmation and of a purge, which take two calls, the second one too."""
    world = World()
    world.dialogs.fail(*[None] * failing, DOWN)
    id_ = await opened_and_confirmed(world)
    if purged:
        await acting.purge(world.app, READER, id_)
    await world.settle()
    await world.advance(timedelta(minutes=1))
    assert told(world, id_) == ["CorrespondenceOpened", "CorrespondenceConfirmed"] + ["DialogDeleted"] * purged
    assert set(world.dialogs.closed) == {dialog_id(state_of(world, id_))}
    assert world.dialogs.deleted == {dialog_id(state_of(world, id_)) for _ in range(purged)}


async def test_a_day_without_dialogporten_changes_nothing() -> None:
    """It is asked again through the agenda, and then told all of it in order."""
    world = World()
    world.dialogs.fail(*[DOWN] * 60)
    id_ = await opened_and_confirmed(world)
    await world.settle()
    assert not world.dialogs.dialogs
    for _ in range(24):
        await world.advance(timedelta(hours=1))
    world.dialogs.failures.clear()
    await world.advance(timedelta(hours=1))
    assert told(world, id_) == ["CorrespondenceOpened", "CorrespondenceConfirmed"]


async def test_what_was_told_before_a_failure_is_not_told_again() -> None:
    """The cursor stands where the call failed."""
    world = World()
    id_ = await opened_and_confirmed(world)
    world.dialogs.fail(None, DOWN)
    await dialogs.carry_over(world.app, id_)
    assert told(world, id_) == ["CorrespondenceOpened"]
    await world.advance(timedelta(minutes=1))
    assert told(world, id_) == ["CorrespondenceOpened", "CorrespondenceConfirmed"]


async def test_what_is_refused_for_good_is_passed_over() -> None:
    """The next fact is told."""
    world = World()
    id_ = await opened_and_confirmed(world)
    world.dialogs.fail(Rejected("dialogporten", "status 422"))
    await world.settle()
    assert told(world, id_) == ["CorrespondenceConfirmed"]


async def test_a_dialog_that_was_deleted_by_others_is_told_nothing() -> None:
    """No activity on what is gone."""
    world = World()
    id_ = await published(world)
    world.dialogs.deleted.add(dialog_id(state_of(world, id_)))
    await acting.purge(world.app, READER, id_)
    await world.settle()
    assert told(world, id_) == []


async def test_a_withdrawn_letter_leaves_no_dialog() -> None:
    """Also when the dialog is still being made while the letter is withdrawn and another worker finds none."""
    world = World()
    id_ = await sent(world, requested_publish_time=NOW + timedelta(days=1))

    async def withdrawn() -> None:
        await acting.purge(world.app, SENDER, id_)
        await dialogs.carry_over(world.app, id_)

    world.meanwhile["dialogs.create"] = withdrawn
    await dialogs.carry_over(world.app, id_)
    assert world.dialogs.deleted == set(world.dialogs.dialogs) == {dialog_id(state_of(world, id_))}
    await world.settle()
    assert told(world, id_) == ["DialogDeleted"]


async def test_a_failed_letter_leaves_no_dialog() -> None:
    """It is purged there, and nobody has seen it."""
    world = World()
    id_ = await published(world, requested_publish_time=NOW + timedelta(hours=1))
    assert world.dialogs.dialogs
    world.registry.contact_points[PERSON] = ContactPoint(reserved=True)
    await world.advance(timedelta(hours=1))
    assert not world.dialogs.dialogs
    assert state_of(world, id_)


async def test_a_dialog_of_somebody_else_is_never_touched() -> None:
    """A message in another dialog is not told of there."""
    world = World()
    id_ = await sent(world)
    kept = world.correspondences.partitions[id_]
    reference = ExternalReference(ReferenceType.DIALOG_ID, new_id("dialog"))
    kept.state = replace(kept.state, external_references=(reference,))
    await dialogs.carry_over(world.app, id_)
    assert not world.dialogs.dialogs


async def test_downloads_are_named_in_the_log() -> None:
    """By the file's shown name, or else its own; by its id when it is gone."""
    world = World()
    files = (await stored(world, display_name="Kartet"), await stored(world), await stored(world))
    id_ = await published(world, existing_attachments=files)
    for file in files:
        await downloading.download(world.app, READER, id_, file)
    del world.attachments.partitions[files[2]]
    await world.settle()
    words = [str(activity["description"]) for activity in world.dialogs.activities[dialog_id(state_of(world, id_))]]
    assert [name in text for name, text in zip(("Kartet", "vedtak.pdf", files[2]), words, strict=True)] == [True] * 3


async def test_looking_at_nothing_does_nothing() -> None:
    """Neither an unknown letter nor one without its text."""
    world = World()
    await dialogs.carry_over(world.app, CorrespondenceId(new_id("nobody")))
    await sent(world)
    world.correspondences.contents.clear()
    await world.settle()
    assert not world.dialogs.dialogs


async def test_two_workers_that_carry_over_at_once_tell_everything_once() -> None:
    """Whoever is later finds the cursor ahead of its own."""
    world = World()
    id_ = await opened_and_confirmed(world)

    async def another() -> None:
        await dialogs.carry_over(world.app, id_)

    world.meanwhile["dialogs.add_activity"] = another
    await dialogs.carry_over(world.app, id_)
    assert told(world, id_) == ["CorrespondenceOpened", "CorrespondenceConfirmed"]
    assert state_of(world, id_).dialog_cursor == state_of(world, id_).sequence


@pytest.mark.parametrize("failing", ["correspondences.content", "attachments.load_many"])
async def test_storage_that_is_down_is_a_reason_to_try_again(failing: str) -> None:
    """The dialog is made as soon as it answers."""
    world = World()
    id_ = await sent(world, notification=notification_request())
    await lifecycle.look(world.app, id_)

    async def down() -> None:
        raise Unavailable("storage")

    world.meanwhile[failing] = down
    await dialogs.carry_over(world.app, id_)
    assert not world.dialogs.dialogs
    await world.advance(timedelta(minutes=1))
    assert world.dialogs.dialogs
