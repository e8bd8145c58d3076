"""What becomes due is found, put on the queue, done, and only then dropped."""

from datetime import timedelta

import pytest

from shared.domain import publishing
from shared.domain.changes import Due, Task
from shared.domain.correspondence import Status
from shared.domain.errors import DomainError, Refusal, Unavailable
from shared.domain.facts import AggregateKind, FactType
from shared.domain.identifiers import SubscriptionId
from shared.domain.policy import Action, own_work
from shared.ports import AgendaMessage, DeliveryMessage
from shared.usecases import agenda, delivering
from shared.usecases.saving import NewCorrespondence, create_correspondences
from tests.builders import AGENCY, NOW, PERSON, RESOURCE, content, correspondence, new_id, notification_request
from tests.fakes.world import World
from tests.unit.usecases.stories import facts_of, published, sent, state_of, uploaded

LATER = timedelta(hours=1)


async def entry(world: World, task: Task, subject: str, *, attempt: int = 0) -> None:
    """Something became due right now."""
    await world.agenda.put(Due(task, subject, world.now, attempt), now=world.now)


async def test_a_sweep_with_nothing_due_does_nothing() -> None:
    """Zero entries, zero messages."""
    world = World()
    await world.agenda.put(Due(Task.PUBLISH, new_id("c"), NOW + LATER), now=NOW)
    assert await agenda.sweep(world.app) == 0
    assert not world.outbox.agenda


async def test_a_sweep_takes_all_that_is_due_in_pages() -> None:
    """However many there are; each has a message with the time it was due and the key to drop."""
    world = World()
    for number in range(501):
        await world.agenda.put(Due(Task.CATCH_UP, f"dialog:{new_id(str(number))}", NOW), now=NOW)
    assert await agenda.sweep(world.app) == 501
    assert len(world.outbox.agenda) == 501
    assert {message.due.at for message in world.outbox.agenda} == {NOW}
    assert {message.key for message in world.outbox.agenda} == set(world.agenda.entries)


async def test_an_entry_whose_message_was_lost_comes_again() -> None:
    """After ten minutes at the earliest, fifteen at the latest, and it is still known when it was written."""
    world = World()
    await entry(world, Task.PUBLISH, new_id("c"))
    await agenda.sweep(world.app)
    world.outbox.agenda.clear()
    world.now += timedelta(minutes=10) - timedelta(microseconds=1)
    assert await agenda.sweep(world.app) == 0
    world.now += timedelta(minutes=5, microseconds=1)
    assert await agenda.sweep(world.app) == 1
    assert world.outbox.agenda[0].written == NOW


async def test_a_broker_that_is_down_makes_no_more_entries_of_one() -> None:
    """Sweep after sweep fails, and the agenda grows by one entry and not by one each time."""
    world = World()
    await entry(world, Task.PUBLISH, new_id("c"))
    for _ in range(20):
        world.outbox.fail(Unavailable("service bus"))
        with pytest.raises(Unavailable):
            await agenda.sweep(world.app)
        world.now += timedelta(seconds=10)
    assert len(world.agenda.entries) == 2


async def test_what_is_done_is_dropped() -> None:
    """The entry of the message, and no other one."""
    world = World()
    id_ = await sent(world, requested_publish_time=NOW + LATER)
    await world.settle()
    await world.advance(LATER)
    assert state_of(world, id_).status is Status.PUBLISHED
    assert not world.agenda.entries


async def test_it_is_due_when_the_sweeper_says_so() -> None:
    """A consumer whose clock is behind publishes what the sweeper found due, instead of dropping the entry."""
    world = World()
    id_ = await sent(world, requested_publish_time=NOW + LATER)
    world.now += LATER
    await agenda.sweep(world.app)
    world.now -= timedelta(seconds=1)
    await agenda.act(world.app, world.outbox.agenda[0])
    assert state_of(world, id_).status is Status.PUBLISHED


async def test_an_entry_outlives_the_commit_it_was_written_before() -> None:
    """Swept before the letter is there it stays: one for a reserved recipient has nothing else to bring it up."""
    world = World()
    change = publishing.initialise(correspondence(), party=AGENCY, ready=True, reserved=True, now=NOW)

    async def sweep() -> None:
        assert await agenda.sweep(world.app) == 1
        await agenda.act(world.app, world.outbox.agenda.pop())

    world.meanwhile["correspondences.create"] = sweep
    permit = own_work(Action.WRITE, RESOURCE, "test")
    new = NewCorrespondence(change, content())
    assert await create_correspondences(world.app, [new], permit, now=NOW) == [True]
    assert state_of(world, change.state.id).status is Status.RESERVED
    await world.advance(timedelta(minutes=15))
    assert state_of(world, change.state.id).status is Status.FAILED
    assert not world.agenda.entries


@pytest.mark.parametrize("task", [Task.PUBLISH, Task.REMIND, Task.ESCALATE, Task.DUE_DATE])
async def test_an_entry_for_a_letter_that_never_came_ends(task: Task) -> None:
    """When it is old enough it is dropped, and nothing else happens."""
    world = World()
    await entry(world, task, new_id("never"))
    await world.advance(timedelta(minutes=16))
    await world.advance(timedelta(minutes=16))
    assert not world.agenda.entries


async def test_a_refusal_ends_an_entry() -> None:
    """What can never be done is not tried for ever."""
    world = World()
    id_ = await sent(world, requested_publish_time=NOW + LATER)

    async def gone() -> None:
        raise DomainError(Refusal.CORRESPONDENCE_NOT_FOUND)

    await entry(world, Task.DUE_DATE, id_)
    await agenda.sweep(world.app)
    world.meanwhile["correspondences.load"] = gone
    world.now += timedelta(minutes=16)
    await agenda.act(world.app, world.outbox.agenda[0])
    assert [e.due.task for e in world.agenda.entries.values()] == [Task.PUBLISH]


async def test_what_fails_unexpectedly_stays() -> None:
    """The message comes again, and so does the entry."""
    world = World()
    await entry(world, Task.CATCH_UP, "unheard-of:x")
    await agenda.sweep(world.app)
    with pytest.raises(ValueError, match="unheard-of"):
        await agenda.act(world.app, world.outbox.agenda[0])
    assert world.agenda.entries


async def test_a_dispatch_pointer_sends_what_was_committed_and_not_told() -> None:
    """A broker that was down when the letter came gets its facts from the sweep; then the pointer goes."""
    world = World()
    world.outbox.fail(Unavailable("service bus"))
    id_ = await sent(world)
    assert not world.outbox.facts
    await world.advance(timedelta(minutes=1))
    assert state_of(world, id_).status is Status.PUBLISHED
    assert not world.agenda.entries


async def test_a_dispatch_pointer_without_a_commit_goes_after_fifteen_minutes() -> None:
    """Not before: the commit may be slow."""
    world = World()
    await entry(world, Task.DISPATCH, f"correspondence:{new_id('c')}:1")
    await entry(world, Task.DISPATCH, f"attachment:{new_id('a')}:1")
    await world.advance(timedelta(0))
    assert len(world.agenda.entries) == 2
    await world.advance(timedelta(minutes=16))
    assert not world.agenda.entries


async def test_a_late_delivery_is_sent_on_to_its_queue() -> None:
    """With its attempt; the entry goes as soon as the queue has it."""
    world = World()
    message = DeliveryMessage(
        SubscriptionId(new_id("s")), RESOURCE, AggregateKind.CORRESPONDENCE, new_id("c"), 4, attempt=3
    )
    due = Due(Task.DELIVER, delivering.delivery_subject(message), NOW, 3)
    await agenda.act(world.app, AgendaMessage(due, "", NOW))
    assert world.outbox.deliveries == [message]


async def test_a_due_date_that_passes_is_told() -> None:
    """Once, however often the entry comes."""
    world = World()
    id_ = await published(world, due_date_time=NOW + LATER, is_confirmation_needed=True)
    await world.advance(LATER)
    await entry(world, Task.DUE_DATE, id_)
    await world.advance(timedelta(0))
    facts = facts_of(world, id_)
    assert facts.count(FactType.NEVER_READ) == 1
    assert facts.count(FactType.NEVER_CONFIRMED) == 1


async def test_every_part_that_waits_is_resumed() -> None:
    """A walk over the users of a file, a scan, a notice, a dialog."""
    world = World()
    file = await uploaded(world)
    id_ = await published(world, notification=notification_request(), recipients=(PERSON,))
    world.email.sent.clear()
    world.correspondences.notices.clear()
    world.dialogs.dialogs.clear()
    for subject in (f"links:{file}:{id_}", f"scan:{file}", f"notify:{id_}:0", f"dialog:{id_}"):
        await entry(world, Task.CATCH_UP, subject)
    await world.advance(timedelta(0))
    assert await world.attachments.verdict(file, world.blobs.blobs[file][1].etag)
    assert [mail.to for mail in world.email.sent] == ["kari@person.example"]
