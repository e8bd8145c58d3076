"""What Communication Services reports of a notice is seen and told, once, whenever it comes."""

from datetime import timedelta

import pytest

from shared.domain.errors import Rejected
from shared.domain.facts import FactType
from shared.domain.identifiers import CorrespondenceId
from shared.domain.notification import Channel, CustomRecipient, Failure, Medium, Notification, NotificationState
from shared.domain.notification_outcomes import DeliveryReport, tagged
from shared.usecases import notifying
from tests.builders import notification_request, texts
from tests.fakes.world import World
from tests.unit.usecases.stories import facts_of, published

TOLD = {
    FactType.NOTIFICATION_CREATED,
    FactType.NOTIFICATION_DELIVERED,
    FactType.REMINDER_DELIVERED,
    FactType.NOTIFICATION_FAILED,
    FactType.NOTIFICATION_ALL_FAILED,
    FactType.NOTIFICATION_CREATION_FAILED,
}


def told(world: World, id_: CorrespondenceId) -> list[FactType]:
    """The facts about notices, in order."""
    return [fact for fact in facts_of(world, id_) if fact in TOLD]


def notice(world: World, id_: CorrespondenceId, medium: Medium, *, reminder: bool = False) -> Notification:
    """The only one of this medium."""
    of_it = [n for n in world.correspondences.notices[id_].values() if (n.medium, n.is_reminder) == (medium, reminder)]
    return of_it[0]


async def report(world: World, one: Notification, failure: Failure | None = None, *, delivered: bool = False) -> None:
    await notifying.report(world.app, DeliveryReport(notification=one.id, delivered=delivered, failure=failure))


async def test_what_arrived_is_told_once() -> None:
    """The notice and its reminder with a fact each; a repeated report, and one that says less, change nothing."""
    world = World()
    request = notification_request(send_reminder=True, reminder_texts=texts())
    id_ = await published(world, notification=request)
    for _ in range(2):
        await report(world, notice(world, id_, Medium.EMAIL), delivered=True)
    await report(world, notice(world, id_, Medium.EMAIL), Failure.BOUNCED)
    assert notice(world, id_, Medium.EMAIL).state is NotificationState.DELIVERED
    await world.advance(timedelta(days=7))
    await report(world, notice(world, id_, Medium.EMAIL, reminder=True), delivered=True)
    assert told(world, id_) == [
        FactType.NOTIFICATION_CREATED,
        FactType.NOTIFICATION_DELIVERED,
        FactType.NOTIFICATION_CREATED,
        FactType.REMINDER_DELIVERED,
    ]


async def test_what_bounced_is_told_and_said() -> None:
    """One of two: failed. Both: all failed. Its failure stays on record."""
    world = World()
    id_ = await published(world, notification=notification_request(channel=Channel.EMAIL_AND_SMS))
    await report(world, notice(world, id_, Medium.EMAIL), Failure.BOUNCED)
    assert notice(world, id_, Medium.EMAIL).failure is Failure.BOUNCED
    assert told(world, id_)[-1] is FactType.NOTIFICATION_FAILED
    sms = notice(world, id_, Medium.SMS)
    assert tagged(world.sms.sent[0].tag) == (id_, sms.id)
    await notifying.report(world.app, DeliveryReport(notification=sms.id, delivered=False, about=id_))
    assert told(world, id_)[-1] is FactType.NOTIFICATION_ALL_FAILED


async def test_a_custom_recipient_that_cannot_be_reached_is_no_failure_of_all() -> None:
    """All failed is said of the correspondence's own recipient only."""
    world = World()
    custom = (CustomRecipient(email="kontor@example.no"),)
    request = notification_request(custom_recipients=custom, override_registered=True)
    id_ = await published(world, notification=request)
    await report(world, notice(world, id_, Medium.EMAIL), Failure.FILTERED_SPAM)
    assert told(world, id_) == [FactType.NOTIFICATION_CREATED, FactType.NOTIFICATION_FAILED]


async def test_a_refused_one_is_told_as_all_failed() -> None:
    """Nothing else was sent to this recipient."""
    world = World()
    world.email.fail(Rejected("email", "status 400"))
    id_ = await published(world, notification=notification_request())
    assert told(world, id_) == [FactType.NOTIFICATION_ALL_FAILED]


async def test_a_report_can_overtake_our_own_record() -> None:
    """It arrived, so it was created; the late answer of the call tells nothing a second time."""
    world = World()
    id_ = await _overtaken(world)
    (one,) = world.correspondences.notices[id_].values()
    assert one.state is NotificationState.DELIVERED
    assert told(world, id_) == [FactType.NOTIFICATION_CREATED, FactType.NOTIFICATION_DELIVERED]


async def _overtaken(world: World) -> CorrespondenceId:
    """A letter whose mail is reported as arrived before its sending has returned."""

    async def reported() -> None:
        for letter, notices in world.correspondences.notices.items():
            for one in list(notices.values()):
                about = CorrespondenceId(letter)
                await notifying.report(world.app, DeliveryReport(notification=one.id, delivered=True, about=about))

    world.meanwhile["email.send"] = reported
    return await published(world, notification=notification_request())


@pytest.mark.parametrize("about", [None, CorrespondenceId("0190f1e2-0000-7000-8000-000000000000")])
async def test_a_report_about_something_else_changes_nothing(about: CorrespondenceId | None) -> None:
    """Mail that somebody forwarded, mail of another installation."""
    world = World()
    id_ = await published(world, notification=notification_request())
    report = DeliveryReport(notification="6f2f2f2f-0000-4000-8000-000000000000", delivered=True, about=about)
    await notifying.report(world.app, report)
    await notifying.report(world.app, DeliveryReport(notification=report.notification, delivered=True, about=id_))
    assert told(world, id_) == [FactType.NOTIFICATION_CREATED]


@pytest.mark.parametrize("tag", ["", "/", "a/b", "0190f1e2-0000-7000-8000-000000000000", "x" * 10_000])
def test_a_tag_that_is_not_ours_is_none(tag: str) -> None:
    """Whoever else sends SMS from the same resource may tag them."""
    assert tagged(tag) is None
