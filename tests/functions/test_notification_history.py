"""A sender sees what was sent about a message, and no address that it did not have."""

from shared.domain.notification import Channel, Failure
from shared.domain.notification_outcomes import DeliveryReport
from shared.schemas.notification_history import NotificationHistory
from shared.usecases import acting, notifying, reading
from tests.builders import notification_request
from tests.fakes.world import READER, SENDER, World
from tests.unit.usecases.stories import facts_of, published


async def test_everything_is_there_with_masked_addresses() -> None:
    """A bounced e-mail and an SMS, after a purge as well; looking leaves no trace."""
    world = World()
    id_ = await published(world, notification=notification_request(channel=Channel.EMAIL_AND_SMS))
    bounced = world.email.sent[0].operation_id
    report = DeliveryReport(notification=bounced, delivered=False, failure=Failure.BOUNCED)
    await notifying.report(world.app, report)
    await acting.purge(world.app, READER, id_)
    before = facts_of(world, id_)
    history = NotificationHistory.of(id_, await reading.notifications(world.app, SENDER, id_))
    told = {(one.medium, one.masked_address, one.send_status.status) for one in history.notifications}
    assert told == {("Email", "k***@person.example", "Email_Failed_Bounced"), ("Sms", "*********01", "SMS_Accepted")}
    assert facts_of(world, id_) == before


async def test_who_could_not_be_reached_is_there_without_an_address() -> None:
    """With the reason."""
    world = World()
    world.registry.contact_points.clear()
    id_ = await published(world, notification=notification_request())
    (one,) = NotificationHistory.of(id_, await reading.notifications(world.app, SENDER, id_)).notifications
    assert (one.masked_address, one.send_status.status) == ("", "Email_Failed_RecipientNotIdentified")
