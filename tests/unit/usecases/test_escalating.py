"""What nobody opens after the reminder is reminded of again, or printed, as the resource's policy says."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from shared.domain.facts import FactType
from shared.domain.identifiers import CorrespondenceId
from shared.domain.notification import ContactPoint, Escalation, EscalationWay
from shared.usecases import acting, reading
from tests.builders import BUSINESS, PERSON, RESOURCE, notification_request, subscription, texts
from tests.fakes.world import READER, World
from tests.unit.usecases.stories import published

WEEK = timedelta(days=7)
PRINT, AGAIN = Escalation(EscalationWay.PRINT, 5), Escalation(EscalationWay.REMINDER, 5)
WANTED: dict[str, Any] = {
    "notification": notification_request(send_reminder=True, reminder_texts=texts(email_subject="Påminnelse"))
}


def world_with(policy: Escalation | None) -> World:
    """Letters of the resource are followed up so."""
    world = World()
    world.registry.resources[RESOURCE] = replace(world.registry.resources[RESOURCE], escalation=policy)
    return world


def printed(world: World, id_: CorrespondenceId) -> int:
    """How often it was asked for on paper."""
    return sum(fact.type is FactType.PRINT_DUE for fact in world.correspondences.partitions[id_].facts)


async def test_a_second_reminder_follows_the_first() -> None:
    """Five days after it, in the same words, under an id of its own; there is no third."""
    world = world_with(AGAIN)
    await published(world, **WANTED)
    for days, mails in ((7, 2), (4, 2), (1, 3), (60, 3)):
        await world.advance(timedelta(days=days))
        assert len(world.email.sent) == mails, days
    assert [mail.subject for mail in world.email.sent] == ["Ny post", "Påminnelse", "Påminnelse"]
    assert len({mail.operation_id for mail in world.email.sent}) == 3


async def test_a_second_reminder_goes_where_the_recipient_is_reached_by_then() -> None:
    """Not to the address of the first one."""
    world = world_with(AGAIN)
    await published(world, **WANTED)
    await world.advance(WEEK)
    world.registry.contact_points[PERSON] = ContactPoint(emails=("new@person.example",))
    await world.advance(WEEK)
    assert [mail.to for mail in world.email.sent][2:] == ["new@person.example"]


async def test_a_print_service_hears_of_it_once() -> None:
    """Five days after the reminder, however often it is looked at; the owner's subscribers are told, no one else."""
    world = world_with(PRINT)
    await world.subscriptions.add(subscription(type_filter="no.altinn.correspondence.correspondenceprintdue"))
    id_ = await published(world, **WANTED)
    for days, times in ((7, 0), (4, 0), (1, 1), (60, 1)):
        await world.advance(timedelta(days=days))
        assert printed(world, id_) == times, days
    assert len(world.email.sent) == 2
    assert [event["type"].rpartition(".")[2] for _, event in world.webhooks.posted] == ["correspondenceprintdue"]


async def _read(world: World, id_: CorrespondenceId) -> None:
    await reading.open_content(world.app, READER, id_)


async def _confirmed(world: World, id_: CorrespondenceId) -> None:
    await reading.overview(world.app, READER, id_)
    await acting.confirm(world.app, READER, id_)


async def _archived(world: World, id_: CorrespondenceId) -> None:
    await reading.overview(world.app, READER, id_)
    await acting.archive(world.app, READER, id_)


async def _purged(world: World, id_: CorrespondenceId) -> None:
    await reading.overview(world.app, READER, id_)
    await acting.purge(world.app, READER, id_)


@pytest.mark.parametrize("policy", [PRINT, AGAIN])
@pytest.mark.parametrize("done", [_read, _confirmed, _archived, _purged])
@pytest.mark.parametrize("when", [1, 8])
async def test_nothing_follows_when_it_is_done(
    policy: Escalation, done: Callable[[World, CorrespondenceId], Awaitable[None]], when: int
) -> None:
    """Before the reminder or after it."""
    world = world_with(policy)
    id_ = await published(world, **WANTED)
    await world.advance(timedelta(days=when))
    await done(world, id_)
    await world.settle()
    mails = len(world.email.sent)
    await world.advance(timedelta(days=60))
    assert len(world.email.sent) == mails
    assert not printed(world, id_)


@pytest.mark.parametrize("policy", [PRINT, AGAIN])
async def test_what_asked_for_no_reminder_is_not_followed_up(policy: Escalation) -> None:
    """The policy is about reminders."""
    world = world_with(policy)
    id_ = await published(world, notification=notification_request())
    await published(world, recipients=(BUSINESS,))
    await world.advance(timedelta(days=60))
    assert len(world.email.sent) == 1
    assert not printed(world, id_)


@pytest.mark.parametrize("policy", [PRINT, AGAIN])
async def test_a_policy_that_was_taken_back_asks_for_nothing(policy: Escalation) -> None:
    """Also for letters that were published under it."""
    world = world_with(policy)
    id_ = await published(world, **WANTED)
    world.registry.resources[RESOURCE] = replace(world.registry.resources[RESOURCE], escalation=None)
    await world.advance(timedelta(days=60))
    assert len(world.email.sent) == 2
    assert not printed(world, id_)
