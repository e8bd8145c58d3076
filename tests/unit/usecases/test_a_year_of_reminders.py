"""A whole year, hour by hour: each reminder in its time, none where there is nothing to be reminded of, none twice."""

import random
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from shared.domain.identifiers import CorrespondenceId
from shared.domain.notification import Channel, Medium, notification_id
from shared.ports import EmailMessage
from shared.usecases import acting, reading
from tests.builders import notification_request, texts
from tests.fakes.neighbours import FakeEmail, FakeSms
from tests.fakes.world import READER, World
from tests.unit.usecases.stories import published

OSLO = ZoneInfo("Europe/Oslo")
HOUR, WEEK = timedelta(hours=1), timedelta(hours=168)
SWEEP = HOUR
YEAR = 2028
"""It has a leap day; the clocks go forward on 26 March and back on 29 October."""

EMAIL, MOBILE = "kari@person.example", "+4740000001"
REQUEST = notification_request(channel=Channel.EMAIL_AND_SMS, send_reminder=True, reminder_texts=texts())
SPECIAL = [
    (2, 28),
    (2, 29),
    (3, 1),
    (3, 19),
    (3, 25),
    (3, 26),
    (3, 27),
    (10, 22),
    (10, 28),
    (10, 29),
    (10, 30),
    (12, 24),
]
ENDINGS = ("read", "confirmed", "archived", "purged", "withdrawn from sight", "nothing", "nothing", "nothing")


@dataclass
class TimedEmail(FakeEmail):
    """Knows when each mail was sent first."""

    world: World = field(default_factory=World)
    at: dict[str, datetime] = field(default_factory=dict)

    async def send(self, message: EmailMessage) -> None:
        await super().send(message)
        self.at.setdefault(message.operation_id, self.world.now)


@dataclass
class TimedSms(FakeSms):
    """Knows when each SMS was sent first."""

    world: World = field(default_factory=World)
    at: dict[str, datetime] = field(default_factory=dict)

    async def send(self, operation_id: str, to: str, text: str, *, first_sent: datetime, tag: str = "") -> None:
        await super().send(operation_id, to, text, first_sent=first_sent, tag=tag)
        self.at.setdefault(operation_id, self.world.now)


@dataclass
class Told:
    """A letter, when it was published, and when its recipient was done with it, if ever."""

    id: CorrespondenceId
    at: datetime
    ending: str
    done: datetime | None = None

    def reminder(self, medium: Medium) -> str:
        return notification_id(self.id, medium, EMAIL if medium is Medium.EMAIL else MOBILE, reminder=1)


def days(chance: random.Random) -> set[datetime]:
    """When letters are published: at 02:30 on days that matter, and at any hour of many others."""
    at_half_past_two = {datetime(YEAR, month, day, 2, 30, tzinfo=OSLO) for month, day in SPECIAL}
    first = datetime(YEAR, 1, 1, tzinfo=OSLO)
    return at_half_past_two | {first + timedelta(minutes=chance.randrange(350 * 24 * 60)) for _ in range(120)}


async def end(world: World, letter: Told) -> None:
    """The recipient does with it what they do; what they only look at is not done with."""
    app, id_ = world.app, letter.id
    await reading.overview(app, READER, id_)
    deeds: dict[str, Callable[..., Awaitable[Any]]] = {
        "read": acting.mark_as_read,
        "confirmed": acting.confirm,
        "archived": acting.archive,
        "purged": acting.purge,
        "withdrawn from sight": acting.purge,
    }
    await deeds[letter.ending](app, READER, id_)
    letter.done = world.now


async def lived() -> tuple[World, TimedEmail, TimedSms, list[Told]]:
    """The year passes; letters are published and opened at their times, and work is looked for once an hour."""
    chance = random.Random(YEAR)
    world = World(now=datetime(YEAR, 1, 1, tzinfo=OSLO).astimezone(ZoneInfo("UTC")))
    mail, sms = TimedEmail(world=world), TimedSms(world=world)
    world.email, world.sms = mail, sms
    coming = sorted(days(chance))
    letters: list[Told] = []
    endings: list[tuple[datetime, Told]] = []
    while world.now.astimezone(OSLO).year == YEAR:
        next_hour = world.now + HOUR
        while coming and coming[0] < next_hour:
            world.now = max(world.now, coming.pop(0).astimezone(world.now.tzinfo))
            letter = Told(await published(world, notification=REQUEST), world.now, chance.choice(ENDINGS))
            letters.append(letter)
            if letter.ending != "nothing":
                endings.append((world.now + timedelta(minutes=chance.randrange(14 * 24 * 60)), letter))
        for entry in [entry for entry in endings if entry[0] < next_hour]:
            endings.remove(entry)
            world.now = max(world.now, entry[0])
            await end(world, entry[1])
        await world.advance(next_hour - world.now)
    return world, mail, sms, letters


def in_daytime(at: datetime) -> bool:
    """True from 9 to 17 in Oslo."""
    return 9 <= at.astimezone(OSLO).hour < 17


async def test_a_year_of_reminders() -> None:
    """168 hours after publishing and within a sweep, an SMS in the next daytime, over both changes of the clocks."""
    _, mail, sms, letters = await lived()
    assert len(letters) > 100
    reminded = Counter[str]()
    for letter in letters:
        due = letter.at + WEEK
        sent = mail.at.get(letter.reminder(Medium.EMAIL))
        if letter.done is not None and letter.done < due:
            assert sent is None, letter
            assert letter.reminder(Medium.SMS) not in sms.at
            continue
        assert sent is not None, letter
        assert due <= sent <= due + SWEEP, letter
        reminded[letter.ending] += 1
        texted = sms.at.get(letter.reminder(Medium.SMS))
        if texted is None:  # It waited for the day, and by then there was nothing to be reminded of.
            assert letter.done is not None
            assert not in_daytime(sent)
            continue
        assert due <= texted <= due + timedelta(hours=17)
        assert letter.done is None or texted <= letter.done
    assert reminded["nothing"] > 30
    assert all(in_daytime(at) for at in sms.at.values())
    assert len(mail.sent) == len(mail.at)
    assert max(Counter(message.operation_id for message in mail.sent).values()) == 1
    assert max(Counter(message.operation_id for message in sms.sent).values()) == 1
