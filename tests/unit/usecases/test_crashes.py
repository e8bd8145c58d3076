"""A crash between any two calls of a neighbour loses nothing and sends nothing twice."""

from collections import Counter
from datetime import timedelta

import pytest

from shared.domain.correspondence import Correspondence, Status
from shared.domain.dialog import dialog_id
from shared.domain.errors import DomainError, Unavailable
from shared.domain.notification import Channel
from shared.domain.requests import Initialised
from shared.usecases import acting, reading
from shared.usecases.initialise import initialise
from tests.builders import AGENCY, BUSINESS, NOW, PERSON, RESOURCE, message, notification_request, subscription, texts
from tests.fakes.world import READER, SENDER, Crash, World

KEY = "7b6ad1f7-3c63-4b0e-9a3c-0d6f8a1b2c3d"
CALLS = 360
"""More calls than the story makes; those beyond its end crash nothing."""


def letter() -> object:
    """One letter to two recipients under a key, with notices and a reminder."""
    request = notification_request(channel=Channel.EMAIL_AND_SMS, send_reminder=True, reminder_texts=texts())
    confirmed = {"is_confirmation_needed": True, "due_date_time": NOW + timedelta(days=30)}
    return message(recipients=(PERSON, BUSINESS), notification=request, idempotent_key=KEY, digest="d", **confirmed)


async def subscribed(world: World) -> None:
    """The agency listens to its resource."""
    wish = subscription(resource_id=RESOURCE, consumer=AGENCY, owner_of_resource=True, validated=True)
    await world.subscriptions.add(wish)


async def story(world: World) -> Initialised:
    """Sent, published, opened and confirmed by the person; the business never looks; eight days pass."""
    made = await initialise(world.app, SENDER, letter())  # type: ignore[arg-type]
    await world.settle()
    await world.advance(timedelta(minutes=20))
    first = made.correspondences[0].id
    await reading.open_content(world.app, READER, first)
    state = await world.correspondences.load(first)
    assert state is not None
    if Status.CONFIRMED not in state.state.ever:
        await acting.confirm(world.app, READER, first)
    await world.settle()
    await world.advance(timedelta(days=8))
    await world.advance(timedelta(minutes=1))
    return made


async def told(world: World) -> Initialised:
    """The story, begun again by everybody concerned after each crash."""
    for _ in range(5):
        try:
            return await story(world)
        except (Crash, Unavailable, DomainError):
            await world.crasher.restart()
            world.now += timedelta(minutes=6)
            await world.settle()
            await world.advance(timedelta(minutes=20))
    raise AssertionError("it crashed again and again")


def told_in_dialog(world: World, letter: Correspondence) -> Counter[str]:
    """How many activities of each type the letter's dialog shows."""
    return Counter(str(activity["type"]) for activity in world.dialogs.activities[dialog_id(letter)])


def check(world: World, made: Initialised) -> None:
    """Two letters, each published once, notified once where it can be; one reminder, to who never looked."""
    assert len(world.correspondences.partitions) == 2
    states = {one.recipient: world.correspondences.partitions[one.id].state for one in made.correspondences}
    assert states[PERSON].status is Status.CONFIRMED
    assert states[BUSINESS].status is Status.PUBLISHED
    mails = Counter(mail.to for mail in world.email.sent)
    assert mails == {"kari@person.example": 1, "post@business.example": 2}
    assert Counter(sms.to for sms in world.sms.sent) == {"+4740000001": 1}
    assert len(world.dialogs.dialogs) == 2
    of_person, of_business = (told_in_dialog(world, states[party]) for party in (PERSON, BUSINESS))
    assert of_person == {"Information": 2, "CorrespondenceOpened": 1, "CorrespondenceConfirmed": 1}
    assert of_business == {"Information": 2}
    assert set(world.dialogs.closed) == {dialog_id(states[PERSON])}
    types = Counter((event["resourceinstance"], event["type"]) for _, event in world.webhooks.posted)
    assert {kind.rsplit(".", 1)[1] for _, kind in types} == {
        "correspondenceinitialized",
        "correspondencepublished",
        "correspondencereceiverread",
        "correspondencereceiverconfirmed",
        "notificationcreated",
    }
    ids = {event["id"]: (event["resourceinstance"], event["type"]) for _, event in world.webhooks.posted}
    assert len(set(ids.values())) == len(ids), "the same event under two ids"
    assert not world.outbox.facts
    assert not world.outbox.agenda


async def test_the_story_without_a_crash() -> None:
    """Told without a crash it ends as it should, in fewer calls than are crashed at below."""
    world = World()
    await subscribed(world)
    check(world, await told(world))
    assert world.crasher.calls < CALLS


@pytest.mark.parametrize("after_the_call", [False, True], ids=["before the call", "after the call"])
@pytest.mark.parametrize("fails", [False, True], ids=["a crash", "a failure"])
@pytest.mark.parametrize("left", range(CALLS))
async def test_a_crash_or_failure_anywhere_changes_nothing(left: int, fails: bool, after_the_call: bool) -> None:
    """Whichever call the process dies at, or fails, before or after it is carried out, the story ends the same."""
    world = World()
    await subscribed(world)
    world.crasher.left, world.crasher.after_the_call, world.crasher.fails = left, after_the_call, fails
    check(world, await told(world))
