"""The stuck list: what gets onto it, what leaves it, and trying again."""

import json
from dataclasses import replace
from datetime import timedelta

import pytest

from functions.servicebus.dead_letters import work_of
from shared.adapters.outbox_messages import agenda_letter, delivery_letter, fact_letter
from shared.domain.attachment import AttachmentStatus
from shared.domain.changes import Due, Task
from shared.domain.correspondence import Status
from shared.domain.errors import Refusal, Unavailable
from shared.domain.facts import AggregateKind
from shared.domain.identifiers import SubscriptionId
from shared.domain.stuck import StuckKind
from shared.ports import AgendaMessage, DeadLetter, DeliveryMessage
from shared.usecases import stuck
from shared.usecases.scanning import scan_attachment
from tests.builders import NOW, PERSON, RESOURCE, fact, new_id
from tests.fakes.world import World
from tests.unit.usecases.stories import file_of, published, refused, sent, state_of, stored, uploaded

MINUTE = timedelta(minutes=1)
ALWAYS = [Unavailable("scanner")] * 200


async def test_a_scan_that_waits_for_long_is_listed_until_it_is_done() -> None:
    """Not in the first five minutes; with the reason; and gone once there is a verdict."""
    world = World()
    world.scanner.fail(*ALWAYS)
    file = await uploaded(world)
    await scan_attachment(world.app, file)
    await world.advance(4 * MINUTE)
    assert not (await stuck.listed(world.app)).items
    await world.advance(6 * MINUTE)
    (item,) = (await stuck.listed(world.app)).items
    assert (item.kind, item.about, item.since) == (StuckKind.SCAN, file, NOW)
    assert "not answered" in item.reason
    world.scanner.failures.clear()
    await world.advance(20 * MINUTE)
    assert file_of(world, file).status is AttachmentStatus.PUBLISHED
    assert not (await stuck.listed(world.app)).items
    assert not world.stuck.items


async def test_a_stuck_scan_can_be_tried_at_once() -> None:
    """It leaves the list, and comes back when it fails again."""
    world = World()
    world.scanner.fail(*ALWAYS)
    file = await uploaded(world)
    await world.advance(10 * MINUTE)
    (item,) = (await stuck.listed(world.app)).items
    await stuck.resubmit(world.app, item.id)
    assert not world.stuck.items
    await world.advance(timedelta())
    (again,) = (await stuck.listed(world.app)).items
    assert again.id == item.id
    world.scanner.failures.clear()
    await stuck.resubmit(world.app, item.id)
    await world.advance(timedelta())
    assert file_of(world, file).status is AttachmentStatus.PUBLISHED


async def test_a_publication_that_is_overdue_is_listed_until_it_is_done() -> None:
    """Because its file has no verdict; published, it leaves the list."""
    world = World()
    file = await stored(world)
    letter = await sent(world, existing_attachments=(file,), requested_publish_time=NOW + 60 * MINUTE)
    kept = world.attachments.partitions[file]
    ready = kept.state
    kept.state = replace(ready, status=AttachmentStatus.INITIALIZED, stored=None, scan=None)
    await world.settle()
    await world.advance(61 * MINUTE)
    assert Status.PUBLISHED not in state_of(world, letter).ever
    await world.advance(10 * MINUTE)
    found = {item.kind: item for item in (await stuck.listed(world.app)).items}
    assert found[StuckKind.PUBLICATION].about == letter
    assert found[StuckKind.PUBLICATION].since == NOW + 60 * MINUTE
    kept.state = ready
    await stuck.resubmit(world.app, found[StuckKind.PUBLICATION].id)
    await world.advance(timedelta())
    assert Status.PUBLISHED in state_of(world, letter).ever
    assert StuckKind.PUBLICATION not in {item.kind for item in (await stuck.listed(world.app)).items}


async def test_what_is_published_in_time_is_never_watched() -> None:
    """No entry of the agenda is left of it."""
    world = World()
    letter = await sent(world, requested_publish_time=NOW + 60 * MINUTE)
    await world.settle()
    await world.advance(61 * MINUTE)
    assert Status.PUBLISHED in state_of(world, letter).ever
    assert not [entry for entry in world.agenda.entries.values() if "overdue" in entry.due.subject]


async def test_the_list_is_read_in_parts() -> None:
    """The oldest first, and whether there may be more."""
    world = World()
    for minute in (3, 1, 2):
        world.dead_letters.letters.append(letter_of("agenda", b"?", minute=minute))
    assert await stuck.collect(world.app, work_of) == 3
    view = await stuck.listed(world.app, limit=2)
    assert [item.since for item in view.items] == [NOW + MINUTE, NOW + 2 * MINUTE]
    assert view.more
    assert not (await stuck.listed(world.app, limit=4)).more


@pytest.mark.parametrize("id_", ["", "x", "20260101000000-0123456789abcdef", "..", "20260101000000-0123456789ABCDEF"])
async def test_what_is_not_stuck_cannot_be_tried_again(id_: str) -> None:
    """7020."""
    assert await refused(stuck.resubmit(World().app, id_)) is Refusal.NOT_STUCK


def letter_of(entity: str, body: bytes, *, minute: int = 0) -> DeadLetter:
    return DeadLetter(
        entity=entity, message_id=f"m{minute}", body=body, reason="MaxDeliveryCountExceeded", at=NOW + minute * MINUTE
    )


FACT = fact()
DELIVERY = DeliveryMessage(SubscriptionId("s-1"), RESOURCE, AggregateKind.CORRESPONDENCE, new_id("c"), 3, 2)
AGENDA = AgendaMessage(Due(Task.REMIND, new_id("c"), NOW, 1), "0:k|r", NOW)


@pytest.mark.parametrize(
    ("entity", "body", "task", "subject"),
    [
        ("agenda", agenda_letter(AGENDA, "").body, Task.REMIND, AGENDA.due.subject),
        (
            "deliveries",
            delivery_letter(DELIVERY, "").body,
            Task.DELIVER,
            f"s-1:{RESOURCE}:correspondence:{DELIVERY.aggregate_id}:3",
        ),
        ("lifecycle", fact_letter(FACT, "").body, Task.CATCH_UP, f"care:{FACT.aggregate_id}:{FACT.aggregate}"),
        (
            "webhooks",
            fact_letter(FACT, "").body,
            Task.CATCH_UP,
            f"events:{FACT.aggregate_id}:{FACT.resource_id}:{FACT.aggregate}:{FACT.sequence}",
        ),
        ("dialogs", fact_letter(FACT, "").body, Task.CATCH_UP, f"dialog:{FACT.aggregate_id}"),
        ("notifications", fact_letter(FACT, "").body, Task.CATCH_UP, f"notify:{FACT.aggregate_id}:0"),
        ("projections", fact_letter(FACT, "").body, Task.CATCH_UP, f"mailboxes:{FACT.aggregate_id}"),
    ],
)
async def test_a_dead_letter_is_tried_again_where_it_failed(entity: str, body: bytes, task: Task, subject: str) -> None:
    """And nowhere else; it is listed with the broker's reason, and what the agenda makes of it does not fail."""
    world = World()
    world.dead_letters.letters.append(letter_of(entity, body))
    await stuck.collect(world.app, work_of)
    assert not world.dead_letters.letters
    (item,) = (await stuck.listed(world.app)).items
    assert (item.kind, item.reason) == (StuckKind.DEAD_LETTER, "MaxDeliveryCountExceeded")
    assert item.again is not None
    assert (item.again.task, item.again.subject) == (task, subject)
    await stuck.resubmit(world.app, item.id)
    await world.advance(timedelta())
    assert not world.stuck.items


@pytest.mark.parametrize(
    ("entity", "body"),
    [
        ("agenda", b""),
        ("agenda", b"{}"),
        ("agenda", b"\xff"),
        ("agenda", json.dumps({"v": 99}).encode()),
        ("lifecycle", agenda_letter(AGENDA, "").body),
        ("unknown", agenda_letter(AGENDA, "").body),
    ],
)
async def test_a_dead_letter_that_cannot_be_read_is_listed_and_not_tried(entity: str, body: bytes) -> None:
    """7021."""
    world = World()
    world.dead_letters.letters.append(letter_of(entity, body))
    await stuck.collect(world.app, work_of)
    (item,) = (await stuck.listed(world.app)).items
    assert item.again is None
    assert await refused(stuck.resubmit(world.app, item.id)) is Refusal.NOT_READABLE
    assert world.stuck.items


async def test_a_dead_letter_about_a_published_letter_changes_nothing_when_it_is_tried_again() -> None:
    """Everything it can ask for has been done already."""
    world = World()
    letter = await published(world, recipients=(PERSON,))
    before = state_of(world, letter)
    mails = len(world.email.sent)
    facts = world.correspondences.partitions[letter].facts
    for entity in ("lifecycle", "webhooks", "dialogs", "notifications", "projections"):
        world.dead_letters.letters.append(letter_of(entity, fact_letter(facts[-1], "").body))
    await stuck.collect(world.app, work_of)
    for item in (await stuck.listed(world.app)).items:
        await stuck.resubmit(world.app, item.id)
    await world.advance(timedelta())
    assert (state_of(world, letter), len(world.email.sent)) == (before, mails)
