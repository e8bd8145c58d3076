"""Notices wait for what they have to wait for, and then go out: daytime, and a neighbour's pause."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from shared.domain.errors import Unavailable
from shared.domain.notification import Channel, NotificationState
from shared.domain.sending_hours import OSLO
from shared.ports import EmailMessage
from shared.usecases import acting, notifying
from tests.builders import notification_request, texts
from tests.fakes.neighbours import FakeEmail
from tests.fakes.world import READER, World
from tests.unit.usecases.stories import published

NIGHT = datetime(2026, 12, 1, 21, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
BOTH = notification_request(channel=Channel.EMAIL_AND_SMS, send_reminder=True, reminder_texts=texts())


async def test_an_sms_waits_for_the_morning_and_an_e_mail_does_not() -> None:
    """Also a reminder; nothing of it is on record as being sent before."""
    world = World(now=NIGHT)
    id_ = await published(world, notification=BOTH)
    assert (len(world.email.sent), len(world.sms.sent)) == (1, 0)
    assert {n.state for n in world.correspondences.notices[id_].values()} == {NotificationState.SENT}
    await world.advance(timedelta(hours=10, minutes=59))
    assert not world.sms.sent
    await world.advance(MINUTE)
    assert len(world.sms.sent) == 1
    await world.advance(timedelta(days=6, hours=13))
    assert (len(world.email.sent), len(world.sms.sent)) == (2, 1)
    await world.advance(timedelta(hours=11))
    assert (len(world.email.sent), len(world.sms.sent)) == (2, 2)
    assert all(9 <= sms.first_sent.astimezone(OSLO).hour < 17 for sms in world.sms.sent)


async def test_an_sms_that_waited_is_not_sent_when_it_is_no_longer_wanted() -> None:
    """Purged at night: nobody is woken for it, and nobody is told in the morning."""
    world = World(now=NIGHT)
    id_ = await published(world, notification=BOTH)
    await acting.purge(world.app, READER, id_)
    await world.advance(timedelta(days=1))
    assert not world.sms.sent


async def test_an_sms_that_waits_is_one_however_often_it_is_looked_at() -> None:
    """Neither the waiting SMS nor the e-mail beside it is doubled."""
    world = World(now=NIGHT)
    id_ = await published(world, notification=BOTH)
    for _ in range(3):
        await notifying.notify(world.app, id_)
    await world.advance(timedelta(hours=12))
    await notifying.notify(world.app, id_)
    assert (len(world.email.sent), len(world.sms.sent)) == (1, 1)


@dataclass
class Throttled(FakeEmail):
    """Takes ten mails in each minute of the world's clock, and says when it takes more."""

    world: World = field(default_factory=World)
    taken: dict[datetime, int] = field(default_factory=dict)
    refused: int = 0

    async def send(self, message: EmailMessage) -> None:
        minute = self.world.now.replace(second=0, microsecond=0)
        if self.taken.get(minute, 0) == 10:
            self.refused += 1
            raise Unavailable("email", retry_after=minute + MINUTE - self.world.now)
        self.taken[minute] = self.taken.get(minute, 0) + 1
        await super().send(message)


async def test_all_arrive_once_though_few_are_taken_at_a_time() -> None:
    """200 mails at ten a minute are there within the hour. One refusal a minute is enough for everybody to wait."""
    world = World()
    world.email = mail = Throttled(world=world)
    for _ in range(200):
        await published(world, notification=notification_request())
    assert len(mail.sent) == 10
    for _ in range(60):
        await world.advance(MINUTE / 2)
    assert len(mail.sent) == 200
    assert mail.calls == 200
    assert mail.refused <= 60
    assert max(mail.taken.values()) == 10
