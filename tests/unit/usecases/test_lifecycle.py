"""What follows from the state of a letter and its files, whatever came first and however often it is looked at."""

from dataclasses import replace
from datetime import timedelta

import pytest

from shared.domain.attachment import AttachmentStatus
from shared.domain.changes import Task
from shared.domain.correspondence import Status, never
from shared.domain.errors import Conflict, Unavailable
from shared.domain.facts import AggregateKind, FactType
from shared.domain.identifiers import AttachmentId, CorrespondenceId
from shared.domain.notification import ContactPoint
from shared.domain.verdicts import Scan
from shared.usecases import acting, attachments, lifecycle, reading, releasing, scanning
from shared.usecases.initialise import initialise
from tests.builders import BUSINESS, NOW, PERSON, message, new_id
from tests.fakes.world import READER, SENDER, World
from tests.unit.usecases.stories import (
    OWNER,
    RECIPIENT,
    facts_of,
    file_of,
    permit,
    published,
    refused,
    sent,
    state_of,
    stored,
    uploaded,
)

HOUR = timedelta(hours=1)
RESERVED = ContactPoint(emails=("kari@person.example",), reserved=True)


async def test_what_has_no_files_is_published_at_once() -> None:
    """And once, however often it is looked at; the mailbox shows its title from then on."""
    world = World()
    id_ = await published(world)
    await lifecycle.care(world.app, AggregateKind.CORRESPONDENCE, id_)
    assert facts_of(world, id_).count(FactType.PUBLISHED) == 1
    assert world.mailboxes.title_of(id_) == "Vedtak"


async def test_looking_at_what_is_not_there_does_nothing() -> None:
    """Neither a letter, nor a file, nor a due date, nor a pointer to mend."""
    world = World()
    nobody = new_id("nobody")
    await lifecycle.care(world.app, AggregateKind.CORRESPONDENCE, nobody)
    await lifecycle.care(world.app, AggregateKind.ATTACHMENT, nobody)
    await lifecycle.pass_due_date(world.app, CorrespondenceId(nobody))
    await lifecycle.repair_mailboxes(world.app, CorrespondenceId(nobody))
    await releasing.close(world.app, AttachmentId(nobody))
    assert not world.mailboxes.pointers


async def test_a_letter_waits_for_its_time() -> None:
    """Looking at it too early changes nothing, with files or without."""
    world = World()
    file = await stored(world)
    ids = [
        await published(world, requested_publish_time=NOW + HOUR),
        await published(world, requested_publish_time=NOW + HOUR, existing_attachments=(file,)),
    ]
    assert {state_of(world, id_).status for id_ in ids} == {Status.READY_FOR_PUBLISH}
    await world.advance(HOUR)
    assert {state_of(world, id_).status for id_ in ids} == {Status.PUBLISHED}


async def test_a_letter_fails_with_the_file_it_needs() -> None:
    """A file that is missing, purged or expired: told to the sender, with the reason."""
    for lost in (None, AttachmentStatus.PURGED, AttachmentStatus.EXPIRED):
        world = World()
        file = await stored(world)
        id_ = await sent(world, existing_attachments=(file,))
        kept = world.attachments.partitions[file]
        if lost is None:
            del world.attachments.partitions[file]
        else:
            kept.state = replace(kept.state, status=lost, status_text="gone")
        await world.settle()
        assert state_of(world, id_).status is Status.FAILED
        assert FactType.PUBLISH_FAILED in facts_of(world, id_)


@pytest.mark.parametrize("scan", [Scan.CLEAN, Scan.INFECTED, Scan.NOT_SCANNED])
async def test_a_verdict_decides_for_every_letter_that_waits(scan: Scan) -> None:
    """Only a clean one publishes; published letters keep their state whatever is found later."""
    world = World()
    world.scanner.scan_result = scan
    file = await uploaded(world)
    kept = world.attachments.partitions[file]
    stored_state = kept.state
    kept.state = replace(stored_state, status=AttachmentStatus.PUBLISHED)
    made = await initialise(world.app, SENDER, message(recipients=(PERSON, BUSINESS), existing_attachments=(file,)))
    kept.state = stored_state
    await world.settle()
    assert {state_of(world, one.id).status for one in made.correspondences} == {Status.READY_FOR_PUBLISH}
    await scanning.scan_attachment(world.app, file)
    await world.settle()
    expected = Status.PUBLISHED if scan is Scan.CLEAN else Status.FAILED
    assert {state_of(world, one.id).status for one in made.correspondences} == {expected}


async def test_more_users_than_a_page_are_all_looked_at() -> None:
    """One page at a time, each further one by a message of its own."""
    world = World()
    file = await stored(world)
    ids = [CorrespondenceId(new_id(str(number))) for number in range(205)]
    for id_ in ids:
        await world.attachments.link(file, id_, at=NOW)
    await lifecycle.look_at_users(world.app, file)
    assert len(world.outbox.agenda) == 1
    await world.settle()
    assert not world.outbox.agenda


@pytest.mark.parametrize("party", ["sender", "recipient"])
async def test_who_left_the_register_gets_nothing(party: str) -> None:
    """A letter whose sender or recipient is unknown at its time fails."""
    world = World()
    id_ = await sent(world, requested_publish_time=NOW + HOUR)
    state = state_of(world, id_)
    del world.registry.known[state.sender if party == "sender" else state.recipient]
    await world.advance(HOUR)
    assert state_of(world, id_).status is Status.FAILED


async def test_who_reserved_in_the_meantime_gets_nothing_unless_it_is_ignored() -> None:
    """Asked again at publishing; organisations cannot be reserved."""
    world = World()
    later = NOW + HOUR
    kept = await sent(world, requested_publish_time=later, ignore_reservation=True)
    failed = await sent(world, requested_publish_time=later)
    business = await sent(world, requested_publish_time=later, recipients=(BUSINESS,))
    world.registry.contact_points[PERSON] = world.registry.contact_points[BUSINESS] = RESERVED
    await world.advance(HOUR)
    assert state_of(world, kept).status is Status.PUBLISHED
    assert state_of(world, failed).status is Status.FAILED
    assert state_of(world, business).status is Status.PUBLISHED


async def test_one_of_many_that_is_reserved_fails_when_its_time_comes() -> None:
    """Also when the reservation was lifted meanwhile; nobody is told anything before."""
    for lifted in (False, True):
        world = World()
        world.registry.contact_points[PERSON] = RESERVED
        made = await initialise(world.app, SENDER, message(recipients=(PERSON, BUSINESS)))
        id_ = made.correspondences[0].id
        assert made.correspondences[0].status is Status.RESERVED
        assert not facts_of(world, id_)
        if lifted:
            world.registry.contact_points[PERSON] = ContactPoint()
        await world.settle()
        await world.advance(timedelta(0))
        assert state_of(world, id_).status is Status.FAILED
        assert state_of(world, made.correspondences[1].id).status is Status.PUBLISHED


async def test_a_lost_race_is_decided_again() -> None:
    """Somebody else changed the letter in between: the look begins from the start."""
    world = World()
    id_ = await sent(world)

    async def changed() -> None:
        world.correspondences.partitions[id_].version += 1

    world.meanwhile["correspondences.save"] = changed
    await lifecycle.look(world.app, id_)
    assert state_of(world, id_).status is Status.PUBLISHED


async def test_a_lost_race_leaves_no_pointer() -> None:
    """Nothing was committed under it; the sweep would send everybody's facts again."""
    world = World()
    id_ = await sent(world)
    file = await uploaded(world)

    async def changed() -> None:
        world.correspondences.partitions[id_].version += 1
        world.attachments.partitions[file].version += 1

    for call, work in (
        ("correspondences.save", lifecycle.look(world.app, id_)),
        ("attachments.save", scanning.scan_attachment(world.app, file)),
    ):
        world.meanwhile[call] = changed
        await work
    assert Task.DISPATCH not in {entry.due.task for entry in world.agenda.entries.values()}


async def test_a_race_that_is_always_lost_is_not_taken_for_done() -> None:
    """It raises, so that the message comes again."""
    world = World()
    id_ = await sent(world)
    world.correspondences.fail(*(failure for _ in range(8) for failure in (None, None, Conflict("changed"))))
    with pytest.raises(Unavailable):
        await lifecycle.look(world.app, id_)
    assert Status.PUBLISHED not in state_of(world, id_).ever
    await lifecycle.look(world.app, id_)
    assert Status.PUBLISHED in state_of(world, id_).ever


async def test_the_files_of_a_purged_letter_go_with_their_last_user() -> None:
    """Not before: the other letter still shows them."""
    world = World()
    file = await stored(world)
    made = await initialise(world.app, SENDER, message(recipients=(PERSON, BUSINESS), existing_attachments=(file,)))
    await world.settle()
    first, second = (one.id for one in made.correspondences)
    await acting.purge(world.app, READER, first)
    await world.settle()
    assert file_of(world, file).status is AttachmentStatus.PUBLISHED
    await acting.purge(world.app, READER, second)
    await world.settle()
    assert file_of(world, file).status is AttachmentStatus.PURGED
    assert file not in world.blobs.blobs


async def test_the_bytes_go_though_the_purge_was_cut_off_before_them() -> None:
    """Whoever purged the file crashed right after the commit: its fact brings the rest."""
    world = World()
    file = await stored(world)
    world.blobs.fail(Unavailable("storage"))
    with pytest.raises(Unavailable):
        await attachments.delete(world.app, SENDER, file)
    assert file in world.blobs.blobs
    await world.settle()
    assert file not in world.blobs.blobs


async def test_a_link_that_comes_in_between_keeps_the_file() -> None:
    """The last user goes while a new one comes: the file stays open."""
    world = World()
    file = await stored(world)
    id_ = await published(world, existing_attachments=(file,))

    async def linked() -> None:
        await world.attachments.link(file, CorrespondenceId(new_id("new")), at=world.now)

    world.meanwhile["attachments.save"] = linked
    await acting.purge(world.app, READER, id_)
    await world.settle()
    assert file_of(world, file).status is AttachmentStatus.PUBLISHED
    assert not file_of(world, file).closing


async def test_a_file_that_is_purged_by_two_is_purged_once() -> None:
    """The other one was faster: nothing more to do."""
    world = World()
    file = await stored(world)

    async def purged() -> None:
        await attachments.delete(world.app, SENDER, file)

    world.meanwhile["attachments.links"] = purged
    await releasing.close(world.app, file)
    await releasing.close(world.app, file)
    assert facts_of(world, file).count(FactType.ATTACHMENT_DELETED) == 1


async def test_a_link_without_a_letter_counts_for_fifteen_minutes() -> None:
    """A create that crashed after its link does not keep the file for ever; one that is under way does."""
    world = World()
    file = await stored(world)
    for number in range(101):
        await world.attachments.link(file, CorrespondenceId(new_id(str(number))), at=NOW)
    assert await releasing.is_in_use(world.app, file)
    world.now += timedelta(minutes=15)
    assert not await releasing.is_in_use(world.app, file)
    assert not world.attachments.uses[file]
    id_ = await published(world, existing_attachments=(file,))
    world.now += HOUR
    assert await releasing.is_in_use(world.app, file)
    assert state_of(world, id_)


async def test_a_link_of_a_letter_with_other_files_is_no_use() -> None:
    """A try that crashed had linked its own file; the repeat made the letter with another one."""
    world = World()
    ours, other = await stored(world), await stored(world)
    id_ = await published(world, existing_attachments=(other,))
    await world.attachments.link(ours, id_, at=world.now)
    world.now += HOUR
    assert not await releasing.is_in_use(world.app, ours)
    assert await releasing.is_in_use(world.app, other)


async def test_a_due_date_says_what_never_happened() -> None:
    """Never read, never confirmed; nothing for who did both, nor for what was never published."""
    world = World()
    due = NOW + timedelta(days=1)
    ignored = await published(world, due_date_time=due, is_confirmation_needed=True)
    done = await published(world, due_date_time=due, is_confirmation_needed=True)
    withdrawn = await sent(world, due_date_time=due, requested_publish_time=due)
    await acting.purge(world.app, SENDER, withdrawn)
    permit(world, *RECIPIENT)
    await reading.open_content(world.app, READER, done)
    await acting.confirm(world.app, READER, done)
    await world.advance(timedelta(days=1))
    assert {FactType.NEVER_READ, FactType.NEVER_CONFIRMED} <= set(facts_of(world, ignored))
    for id_ in (done, withdrawn):
        assert not {FactType.NEVER_READ, FactType.NEVER_CONFIRMED} & set(facts_of(world, id_))


async def test_a_mailbox_forgets_the_title_of_what_was_purged() -> None:
    """The pointer stays, as does every status it ever had."""
    world = World()
    id_ = await published(world)
    await acting.purge(world.app, READER, id_)
    await world.settle()
    assert world.mailboxes.title_of(id_) == ""
    assert Status.PURGED_BY_RECIPIENT in world.mailboxes.pointers[id_].ever


async def test_registers_that_do_not_answer_are_asked_again() -> None:
    """The letter waits on the agenda, neither published nor failed; a message more or less makes no difference."""
    world = World()
    id_ = await sent(world)
    world.registry.down = True
    await lifecycle.look(world.app, id_)
    await lifecycle.look(world.app, id_, attempt=None)
    assert not state_of(world, id_).ever & {Status.PUBLISHED, Status.FAILED}
    world.registry.down = False
    world.outbox.facts.clear()
    await world.advance(timedelta(minutes=1))
    assert state_of(world, id_).status is Status.PUBLISHED
    assert await refused(acting.purge(world.app, SENDER, id_))


@pytest.mark.parametrize("withdrawn", [True, False])
async def test_a_mailbox_forgets_what_a_lost_race_has_left(withdrawn: bool) -> None:
    """Published and withdrawn, or failed, at once: the loser had put its status there before its commit."""
    world = World()
    id_ = await sent(world)

    async def first() -> None:
        if withdrawn:
            await acting.purge(world.app, SENDER, id_)
        else:
            world.registry.contact_points[PERSON] = RESERVED
            await lifecycle.look(world.app, id_)

    world.meanwhile["correspondences.save"] = first
    await lifecycle.look(world.app, id_)
    assert Status.PUBLISHED in world.mailboxes.pointers[id_].ever
    await world.settle()
    ever = world.mailboxes.pointers[id_].ever
    assert Status.PUBLISHED not in ever
    assert (Status.PURGED_BY_ALTINN if withdrawn else Status.FAILED) in ever


async def test_an_older_look_takes_nothing_away_from_a_mailbox() -> None:
    """The repair after the first fact meets the letter as it is by then, or as it was."""
    world = World()
    id_ = await sent(world)
    before = state_of(world, id_)
    await lifecycle.look(world.app, id_)
    after = world.mailboxes.pointers[id_].ever
    await world.app.mailboxes.merge(before, never=never(before))
    assert world.mailboxes.pointers[id_].ever == after


async def test_a_purge_takes_the_texts_away() -> None:
    """With its own commit; the history stays, and its sender still sees that it was withdrawn."""
    world = World()
    read_once, withdrawn = await published(world), await sent(world, requested_publish_time=NOW + HOUR)
    await acting.purge(world.app, READER, read_once)
    await acting.purge(world.app, SENDER, withdrawn)
    assert not world.correspondences.contents
    await world.settle()
    permit(world, *OWNER)
    view = await reading.details(world.app, SENDER, withdrawn)
    assert view.content is None
    assert [entry.status for entry in view.history] == [Status.INITIALIZED, Status.READY_FOR_PUBLISH]


async def test_what_is_due_when_it_is_published_is_published_first() -> None:
    """Publish time and due date may be the same; whichever entry is done first, it is said that nobody has read it."""
    world = World()
    id_ = await published(world, requested_publish_time=NOW + HOUR, due_date_time=NOW + HOUR)
    world.now += HOUR
    await lifecycle.pass_due_date(world.app, id_)
    assert facts_of(world, id_) == [FactType.INITIALIZED, FactType.PUBLISHED, FactType.NEVER_READ]
    subjects = {fact.type: fact.subject for fact in world.correspondences.partitions[id_].facts}
    assert subjects[FactType.NEVER_READ] == PERSON
