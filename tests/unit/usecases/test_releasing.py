"""Attachments expire with the last letter that uses them, and not before."""

from datetime import timedelta

import pytest

from shared.domain.attachment import AttachmentStatus
from shared.domain.changes import Task
from shared.domain.correspondence import Status
from shared.domain.errors import Refusal, Unavailable
from shared.domain.facts import FactType
from shared.domain.identifiers import AttachmentId, CorrespondenceId
from shared.usecases import acting, attachments, downloading, releasing
from shared.usecases.initialise import initialise
from tests.builders import BUSINESS, NOW, PERSON, message, new_attachment, new_id
from tests.fakes.world import READER, SENDER, World
from tests.unit.usecases.stories import facts_of, file_of, published, refused, sent, staged, state_of, stored

DAY = timedelta(days=1)
SECOND = timedelta(seconds=1)


async def lent(world: World, days: int = 2) -> AttachmentId:
    """A file that each letter has for two days."""
    return await stored(world, expiration_in_days=days)


def has_expired(world: World, file: AttachmentId) -> bool:
    """True when it is gone in every respect; never half."""
    gone = file_of(world, file).status is AttachmentStatus.EXPIRED
    assert gone is (file not in world.blobs.blobs)
    assert gone is (FactType.ATTACHMENT_EXPIRED in facts_of(world, file))
    return gone


async def test_a_file_expires_with_its_only_letter() -> None:
    """At its time to the second: downloads end, the bytes are gone, the sender is told once."""
    world = World()
    file = await lent(world)
    id_ = await published(world, existing_attachments=(file,))
    assert state_of(world, id_).attachments[0].expires == NOW + 2 * DAY
    await world.advance(2 * DAY - SECOND)
    assert not has_expired(world, file)
    await world.advance(SECOND)
    assert has_expired(world, file)
    assert facts_of(world, file).count(FactType.ATTACHMENT_EXPIRED) == 1
    assert await refused(downloading.download(world.app, READER, id_, file)) is Refusal.ATTACHMENT_EXPIRED
    assert await refused(attachments.download_as_sender(world.app, SENDER, file)) is Refusal.ATTACHMENT_EXPIRED
    assert await refused(attachments.delete(world.app, SENDER, file)) is Refusal.ATTACHMENT_EXPIRED_ALREADY
    assert state_of(world, id_).status is Status.PUBLISHED


async def test_a_letter_counts_from_the_day_it_is_published() -> None:
    """What is published later keeps its file longer."""
    world = World()
    file = await lent(world)
    id_ = await published(world, existing_attachments=(file,), requested_publish_time=NOW + 5 * DAY)
    assert state_of(world, id_).attachments[0].expires == NOW + 7 * DAY
    await world.advance(7 * DAY - SECOND)
    assert not has_expired(world, file)
    await world.advance(SECOND)
    assert has_expired(world, file)


async def test_a_shared_file_stays_for_whoever_has_it_longest() -> None:
    """The earlier letter's time ends for that letter only."""
    world = World()
    file = await lent(world)
    first = await published(world, existing_attachments=(file,))
    await world.advance(DAY)
    second = await published(world, existing_attachments=(file,))
    await world.advance(DAY)
    assert not has_expired(world, file)
    assert await refused(downloading.download(world.app, READER, first, file)) is Refusal.ATTACHMENT_EXPIRED
    assert await downloading.download(world.app, READER, second, file)
    await world.advance(DAY)
    assert has_expired(world, file)


async def test_a_purged_letter_keeps_no_file() -> None:
    """The longer one is thrown away: the file ends when its time would have, that of the other being over."""
    world = World()
    file = await lent(world)
    await published(world, existing_attachments=(file,))
    await world.advance(DAY)
    longer = await published(world, existing_attachments=(file,))
    await world.advance(DAY)
    await acting.purge(world.app, READER, longer)
    await world.settle()
    await world.advance(DAY)
    assert has_expired(world, file)


async def test_all_letters_of_a_request_end_with_one_entry() -> None:
    """However many recipients; files that come with the letter too, and what never expires has none."""
    world = World()
    file = await lent(world)
    for_ever = await stored(world)
    new = new_attachment(expiration_in_days=2)
    asked = message(recipients=(PERSON, BUSINESS), existing_attachments=(file, for_ever), new_attachments=(new,))
    made = await initialise(world.app, SENDER, asked, [await staged(world)])
    ends = [entry.due for entry in world.agenda.entries.values() if entry.due.task is Task.EXPIRE]
    assert {due.subject for due in ends} == {file, made.attachment_ids[0]}
    assert len(ends) == 2


async def test_a_file_is_not_lent_again_when_it_is_about_to_go() -> None:
    """1055 within six hours of its last use; before, and while nobody has used it, it is lent."""
    world = World()
    file = await lent(world, days=1)
    assert await sent(world, existing_attachments=(file,))
    await world.settle()
    world.now += timedelta(hours=18) - SECOND
    assert await sent(world, existing_attachments=(file,))
    other = await lent(world, days=1)
    await published(world, existing_attachments=(other,))
    world.now += timedelta(hours=18)
    assert await refused(sent(world, existing_attachments=(other,))) is Refusal.ATTACHMENT_EXPIRES_SOON
    await world.advance(timedelta(hours=6))
    assert await refused(sent(world, existing_attachments=(other,))) is Refusal.ATTACHMENT_NOT_PUBLISHED


async def test_a_file_of_very_many_letters_is_asked_about_cheaply() -> None:
    """While there are new ones, one of them answers for all."""
    world = World()
    file = await lent(world)
    for number in range(250):
        await world.attachments.link(file, CorrespondenceId(new_id(str(number), at=NOW + SECOND)), at=NOW)
    await world.advance(DAY)
    await published(world, existing_attachments=(file,))
    await world.advance(DAY)
    before = world.correspondences.calls
    await releasing.expire(world.app, file, due=world.now)
    assert world.correspondences.calls - before <= 2
    assert not has_expired(world, file)


async def test_a_letter_that_comes_in_between_keeps_the_file() -> None:
    """Between the question and the closing: the file is opened again."""
    world = World()
    file = await lent(world)
    await published(world, existing_attachments=(file,))

    async def linked() -> None:
        await world.attachments.link(file, CorrespondenceId(new_id("new", at=world.now)), at=world.now)

    world.meanwhile["attachments.save"] = linked
    world.now += 2 * DAY
    await releasing.expire(world.app, file, due=world.now)
    assert not has_expired(world, file)
    assert not file_of(world, file).closing


async def test_the_bytes_go_though_the_end_was_cut_off_before_them() -> None:
    """Whoever ended it crashed right after the commit: its fact brings the rest."""
    world = World()
    file = await lent(world)
    await published(world, existing_attachments=(file,))
    world.now += 2 * DAY
    world.blobs.fail(Unavailable("storage"))
    with pytest.raises(Unavailable):
        await releasing.expire(world.app, file, due=world.now)
    assert file in world.blobs.blobs
    await world.settle()
    assert has_expired(world, file)


async def test_looking_at_nothing_does_nothing() -> None:
    """An attachment that never was, or has failed."""
    world = World()
    await releasing.expire(world.app, AttachmentId(new_id("nothing")), due=NOW)
    await releasing.drop_bytes(world.app, AttachmentId(new_id("nothing")))
    file = await attachments.initialise_attachment(world.app, SENDER, new_attachment())
    await releasing.expire(world.app, file, due=NOW)
    assert file_of(world, file).status is AttachmentStatus.INITIALIZED
