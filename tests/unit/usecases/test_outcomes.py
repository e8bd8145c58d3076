"""E-mails whose report does not come are asked for."""

from datetime import timedelta

import pytest

from shared.domain.errors import Rejected, Unavailable
from shared.domain.facts import FactType
from shared.domain.notification import NotificationState
from shared.domain.notification_outcomes import DeliveryReport
from shared.ports import EmailOutcome
from shared.usecases import notifying
from tests.fakes.world import World
from tests.unit.usecases.stories import facts_of, published
from tests.unit.usecases.test_notifying import DOWN, KARI, notices, wanted


async def test_an_e_mail_that_failed_without_a_report_is_found_out() -> None:
    """Half an hour later its sender hears of it; nobody asks again."""
    world = World()
    world.email.ending = EmailOutcome.FAILED
    id_ = await published(world, **wanted(send_reminder=False))
    await world.advance(timedelta(minutes=29))
    assert notices(world, id_) == {KARI: NotificationState.SENT}
    await world.advance(timedelta(minutes=1))
    assert notices(world, id_) == {KARI: NotificationState.FAILED}
    assert facts_of(world, id_)[-1] is FactType.NOTIFICATION_ALL_FAILED
    assert not world.agenda.entries


async def test_what_is_under_way_is_asked_for_again_and_at_last_left() -> None:
    """As long as Communication Services says so, later each time; what arrived by a report is not asked for."""
    world = World()
    world.email.ending = EmailOutcome.RUNNING
    id_ = await published(world, **wanted(send_reminder=False))
    for _ in range(60):
        await world.advance(timedelta(hours=1))
    assert notices(world, id_) == {KARI: NotificationState.SENT}
    assert not world.agenda.entries
    other = await published(world, **wanted(send_reminder=False))
    (told,) = world.correspondences.notices[other]
    await notifying.report(world.app, DeliveryReport(notification=told, delivered=True, about=other))
    world.email.fail(AssertionError())
    await world.advance(timedelta(hours=1))
    assert notices(world, other) == {KARI: NotificationState.DELIVERED}


@pytest.mark.parametrize("error", [DOWN, Rejected("email", "status 404")])
async def test_an_outcome_that_cannot_be_asked_for_changes_nothing(error: Exception) -> None:
    """A service that is down is asked again; one that has forgotten the e-mail is not."""
    world = World()
    id_ = await published(world, **wanted(send_reminder=False))
    world.email.ending = EmailOutcome.FAILED
    world.email.fail(error)
    await world.advance(timedelta(minutes=30))
    assert notices(world, id_) == {KARI: NotificationState.SENT}
    await world.advance(timedelta(hours=1))
    wanted_state = NotificationState.FAILED if isinstance(error, Unavailable) else NotificationState.SENT
    assert notices(world, id_) == {KARI: wanted_state}
