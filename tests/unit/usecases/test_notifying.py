"""Notices go out once to everybody who is to have one, and to nobody else."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from shared.domain.errors import Conflict, Rejected, Unavailable
from shared.domain.facts import FactType
from shared.domain.identifiers import CorrespondenceId, PartyUrn
from shared.domain.notification import Channel, ContactPoint, CustomRecipient, Failure, NotificationState
from shared.ports import Party
from shared.usecases import acting, lifecycle, notifying, reading
from tests.builders import AGENCY, BUSINESS, NOW, PERSON, RESOURCE, new_id, notification_request, texts
from tests.fakes.world import READER, World
from tests.unit.usecases.stories import facts_of, published, sent

WEEK = timedelta(days=7)
KARI = "kari@person.example"
DOWN = Unavailable("email", retry_after=timedelta(seconds=5))


def wanted(**changes: Any) -> dict[str, Any]:
    """A notice by e-mail with a reminder by e-mail."""
    request = {"send_reminder": True, "reminder_texts": texts(email_subject="Påminnelse")} | changes
    return {"notification": notification_request(**request)}


def mails(world: World) -> list[tuple[str, str]]:
    """To whom, with which subject."""
    return [(mail.to, mail.subject) for mail in world.email.sent]


def notices(world: World, id_: CorrespondenceId) -> dict[str, NotificationState]:
    """Where each notice of the letter is, by address."""
    return {notice.address: notice.state for notice in world.correspondences.notices[id_].values()}


async def ready(world: World, **changes: Any) -> CorrespondenceId:
    """A letter that is published, while its notices have not been worked on."""
    id_ = await sent(world, **changes)
    await lifecycle.look(world.app, id_)
    world.outbox.facts.clear()
    return id_


async def test_a_notice_goes_out_at_publication_and_a_reminder_a_week_later() -> None:
    """Each told to the sender with an event of its own, about the notice."""
    world = World()
    id_ = await published(world, **wanted())
    assert mails(world) == [(KARI, "Ny post")]
    await world.advance(WEEK - timedelta(seconds=1))
    assert len(world.email.sent) == 1
    await world.advance(timedelta(seconds=1))
    assert mails(world) == [(KARI, "Ny post"), (KARI, "Påminnelse")]
    facts = [f for f in world.correspondences.partitions[id_].facts if f.type is FactType.NOTIFICATION_CREATED]
    assert [fact.details["reminder"] for fact in facts] == ["false", "true"]
    assert {fact.item for fact in facts} == set(world.correspondences.notices[id_])


@pytest.mark.parametrize("done", ["read", "confirmed", "purged"])
async def test_nobody_is_reminded_of_what_is_done(done: str) -> None:
    """Opened, confirmed or purged: no reminder."""
    world = World()
    id_ = await published(world, **wanted())
    if done == "read":
        await reading.open_content(world.app, READER, id_)
    else:
        await reading.overview(world.app, replace(READER, scopes=frozenset()), id_)
        await (acting.confirm if done == "confirmed" else acting.purge)(world.app, READER, id_)
    await world.settle()
    await world.advance(WEEK)
    assert len(world.email.sent) == 1


async def test_nothing_is_sent_where_nothing_was_asked_for() -> None:
    """No notice wanted, no reminder wanted, no such letter, no text left."""
    world = World()
    await published(world)
    await published(world, notification=notification_request())
    await notifying.notify(world.app, CorrespondenceId(new_id("nobody")))
    empty = await ready(world, **wanted())
    world.correspondences.contents.clear()
    await notifying.notify(world.app, empty)
    await world.advance(WEEK)
    assert len(world.email.sent) == 1


async def test_nothing_is_sent_before_publication() -> None:
    """A message that comes too early does nothing."""
    world = World()
    id_ = await sent(world, **wanted(), requested_publish_time=NOW + WEEK)
    await notifying.notify(world.app, id_)
    assert not world.email.sent
    assert not world.correspondences.notices[id_]


@pytest.mark.parametrize(
    ("channel", "addresses"),
    [
        (Channel.EMAIL, {KARI}),
        (Channel.SMS, {"+4740000001"}),
        (Channel.EMAIL_PREFERRED, {KARI}),
        (Channel.SMS_PREFERRED, {"+4740000001"}),
        (Channel.EMAIL_AND_SMS, {KARI, "+4740000001"}),
    ],
)
async def test_each_channel_reaches_where_it_says(channel: Channel, addresses: set[str]) -> None:
    """The reminder by its own channel, or else by the same one."""
    world = World()
    id_ = await published(world, **wanted(channel=channel))
    assert set(notices(world, id_)) == addresses
    await world.advance(WEEK)
    assert {mail.to for mail in world.email.sent} | {sms.to for sms in world.sms.sent} == addresses
    other = World()
    await published(other, **wanted(channel=channel, reminder_channel=Channel.SMS))
    other.email.sent.clear()
    other.sms.sent.clear()
    await other.advance(WEEK)
    assert not other.email.sent
    assert [sms.to for sms in other.sms.sent] == ["+4740000001"]


async def test_custom_recipients_are_told_besides_or_instead() -> None:
    """By address, or by number through the register; nobody twice."""
    custom = (
        CustomRecipient(email="kontor@example.no"),
        CustomRecipient(party=BUSINESS),
        CustomRecipient(email="KONTOR@example.no"),
        CustomRecipient(party=AGENCY),
    )
    world = World()
    await published(world, **wanted(custom_recipients=custom))
    assert {to.lower() for to, _ in mails(world)} == {KARI, "kontor@example.no", "post@business.example"}
    assert len(world.email.sent) == 3
    other = World()
    await published(other, **wanted(custom_recipients=custom, override_registered=True))
    assert {to.lower() for to, _ in mails(other)} == {"kontor@example.no", "post@business.example"}


async def test_who_is_reserved_is_not_told_unless_it_is_ignored() -> None:
    """Neither as custom recipient nor, reserved since, with a reminder."""
    reserved = ContactPoint(emails=(KARI,), reserved=True)
    custom = (CustomRecipient(party=PERSON),)
    for ignores in (False, True):
        world = World()
        world.registry.contact_points[PERSON] = reserved
        await published(world, **wanted(custom_recipients=custom), recipients=(BUSINESS,), ignore_reservation=ignores)
        assert {to for to, _ in mails(world)} == {"post@business.example", *([KARI] if ignores else [])}
    world = World()
    await published(world, **wanted())
    world.registry.contact_points[PERSON] = reserved
    await world.advance(WEEK)
    assert len(world.email.sent) == 1


async def test_who_cannot_be_reached_fails_nothing() -> None:
    """The letter is published; nothing is sent, which its sender is told, and sees; and it stays so."""
    world = World()
    known = dict(world.registry.contact_points)
    world.registry.contact_points.clear()
    id_ = await published(world, **wanted())
    (notice,) = world.correspondences.notices[id_].values()
    assert (notice.address, notice.recipient) == ("", PERSON)
    assert (notice.state, notice.failure) == (NotificationState.FAILED, Failure.RECIPIENT_NOT_IDENTIFIED)
    world.registry.contact_points |= known
    await notifying.notify(world.app, id_)
    assert not world.email.sent
    assert FactType.PUBLISHED in facts_of(world, id_)
    assert facts_of(world, id_).count(FactType.NOTIFICATION_CREATION_FAILED) == 1


async def test_names_come_from_the_registers_as_far_as_they_know_them() -> None:
    """The sender's own name for itself comes first; unknown ones are left empty."""
    body = "$sendersName$|$correspondenceRecipientName$|$resourceName$"
    world = World()
    await published(world, notification=notification_request(texts=texts(email_body=body)), message_sender="Vi")
    await published(world, notification=notification_request(texts=texts(email_body=body)))
    id_ = await ready(world, notification=notification_request(texts=texts(email_body=body)))
    world.registry.known.clear()
    world.registry.resources.clear()
    await notifying.notify(world.app, id_)
    assert [mail.plain_text for mail in world.email.sent] == [
        "Vi|Kari Prøve|Brev",
        "Etaten|Kari Prøve|Brev",
        f"||{RESOURCE}",
    ]


async def test_html_goes_out_as_html() -> None:
    """With a plain form beside it."""
    world = World()
    await published(world, notification=notification_request(texts=texts(email_is_html=True, email_body="<b>Hei</b>")))
    assert world.email.sent[0].html is not None


async def test_what_is_refused_for_good_is_told_as_failed() -> None:
    """The other notices go out; nothing is tried again."""
    world = World()
    world.email.fail(Rejected("email", "status 400"))
    id_ = await published(world, **wanted(channel=Channel.EMAIL_AND_SMS))
    assert notices(world, id_) == {KARI: NotificationState.FAILED, "+4740000001": NotificationState.SENT}
    assert facts_of(world, id_).count(FactType.NOTIFICATION_FAILED) == 1
    await notifying.notify(world.app, id_)
    assert world.email.calls == 1


async def test_what_cannot_be_sent_now_waits_on_the_agenda() -> None:
    """The others go out at once; the attempts count on, under the same operation id."""
    world = World()
    world.email.fail(DOWN, DOWN)
    id_ = await published(world, **wanted(channel=Channel.EMAIL_AND_SMS))
    assert notices(world, id_) == {KARI: NotificationState.SENDING, "+4740000001": NotificationState.SENT}
    await world.advance(timedelta(minutes=1))
    await world.advance(timedelta(minutes=1))
    assert notices(world, id_)[KARI] is NotificationState.SENT
    assert world.email.calls == 3
    assert world.sms.calls == 1
    assert len({mail.operation_id for mail in world.email.sent}) == 1


async def test_a_reminder_that_cannot_be_sent_now_waits_as_well() -> None:
    """And stays away when the letter is read meanwhile; what became of it is not known."""
    world = World()
    id_ = await published(world, **wanted())
    await world.advance(timedelta(hours=1))  # The outcome of the first one is asked for.
    world.email.fail(DOWN)
    await world.advance(WEEK)
    assert len(world.email.sent) == 1
    await reading.open_content(world.app, READER, id_)
    await world.advance(timedelta(minutes=1))
    assert len(world.email.sent) == 1
    states = [n.state for n in await world.correspondences.notifications(id_)]
    assert states == [NotificationState.SENT, NotificationState.UNKNOWN]
    assert FactType.NOTIFICATION_FAILED not in facts_of(world, id_)


async def test_a_notice_keeps_the_address_that_it_was_begun_with() -> None:
    """Whatever the register says later: nobody gets a second one, not even when it is looked at again."""
    world = World()
    world.email.fail(DOWN)
    id_ = await published(world, **wanted())
    world.registry.contact_points[PERSON] = ContactPoint(emails=("ny@person.example",))
    await world.advance(timedelta(minutes=1))
    await notifying.notify(world.app, id_)
    assert notices(world, id_) == {KARI: NotificationState.SENT}
    assert [to for to, _ in mails(world)] == [KARI]


async def test_a_notice_begun_to_somebody_who_is_reserved_by_now_is_left_unknown() -> None:
    """It is not tried again, and never shown as being sent for ever; nor is another one begun."""
    world = World()
    world.email.fail(DOWN)
    id_ = await published(world, **wanted())
    world.registry.contact_points[PERSON] = ContactPoint(emails=(KARI,), reserved=True)
    await world.advance(timedelta(minutes=1))
    assert notices(world, id_) == {KARI: NotificationState.UNKNOWN}
    assert not world.email.sent


async def test_after_a_day_an_outcome_that_is_not_known_stays_unknown() -> None:
    """It is not sent again, and told as failed."""
    world = World()
    world.email.fail(DOWN)
    id_ = await ready(world, **wanted())
    await notifying.notify(world.app, id_)
    world.now += timedelta(hours=24, seconds=1)
    await notifying.notify(world.app, id_)
    assert notices(world, id_)[KARI] is NotificationState.UNKNOWN
    assert not world.email.sent
    assert FactType.NOTIFICATION_FAILED in facts_of(world, id_)


async def test_that_it_was_sent_is_better_known_than_unknown() -> None:
    """One worker gives up a notice while another one sends it: sent is what counts, and nothing after it."""
    world = World()
    id_ = await ready(world, **wanted())

    async def given_up() -> None:
        world.registry.contact_points[PERSON] = ContactPoint(emails=(KARI,), reserved=True)
        await notifying.notify(world.app, id_)
        assert notices(world, id_)[KARI] is NotificationState.UNKNOWN

    world.meanwhile["email.send"] = given_up
    await notifying.notify(world.app, id_)
    assert notices(world, id_)[KARI] is NotificationState.SENT
    await notifying.notify(world.app, id_)
    assert notices(world, id_)[KARI] is NotificationState.SENT


async def test_a_last_look_stops_what_is_no_longer_wanted() -> None:
    """Purged between the first look and the claim: nothing is sent."""
    world = World()
    id_ = await ready(world, **wanted())

    async def purged() -> None:
        await acting.purge(world.app, READER, id_)

    world.meanwhile["correspondences.save"] = purged
    await notifying.notify(world.app, id_)
    assert not world.email.sent
    assert not world.correspondences.notices[id_]


async def test_an_outcome_survives_lost_races() -> None:
    """Others change the letter while it is sent; the outcome is on record once."""
    world = World()
    id_ = await ready(world, **wanted())

    async def changed() -> None:
        world.correspondences.partitions[id_].version += 1

    async def later() -> None:
        world.meanwhile["correspondences.save"] = changed

    world.meanwhile["email.send"] = later
    await notifying.notify(world.app, id_)
    assert facts_of(world, id_).count(FactType.NOTIFICATION_CREATED) == 1


async def test_an_outcome_that_cannot_be_recorded_is_not_lost() -> None:
    """It raises, the message comes again, and nobody gets a second mail."""
    world = World()
    id_ = await ready(world, **wanted())

    async def failing() -> None:
        plan = [failure for _ in range(8) for failure in (None, None, Conflict("changed"))]
        world.correspondences.fail(*plan)

    world.meanwhile["email.send"] = failing
    with pytest.raises(Unavailable):
        await notifying.notify(world.app, id_)
    assert notices(world, id_)[KARI] is NotificationState.SENDING
    await notifying.notify(world.app, id_)
    assert notices(world, id_)[KARI] is NotificationState.SENT
    assert len(world.email.sent) == 1


async def test_a_letter_that_vanishes_while_it_is_told_of_ends_there() -> None:
    """There is nothing to record the outcome on."""
    world = World()
    id_ = await ready(world, **wanted())

    async def gone() -> None:
        del world.correspondences.partitions[id_]

    world.meanwhile["email.send"] = gone
    await notifying.notify(world.app, id_)
    assert id_ not in world.correspondences.partitions


async def test_whether_a_notice_may_still_go_out_can_be_asked() -> None:
    """As the contract's table has it: never for what is unknown, unpublished or purged; no reminder after reading."""
    world = World()
    unknown = CorrespondenceId(new_id("nobody"))
    early = await sent(world, **wanted(), requested_publish_time=NOW + WEEK)
    unread, read, purged = [await published(world, **wanted()) for _ in range(3)]
    await reading.open_content(world.app, READER, read)
    await acting.purge(world.app, READER, purged)
    answers = {
        id_: tuple([await notifying.may_send(world.app, id_, reminder=reminder) for reminder in (False, True)])
        for id_ in (unknown, early, unread, read, purged)
    }
    assert answers == {
        unknown: (False, False),
        early: (False, False),
        unread: (True, True),
        read: (True, False),
        purged: (False, False),
    }


async def test_nothing_personal_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    """Neither address, number, name nor text, whatever happens to the notice."""
    world = World()
    world.email.fail(DOWN, Rejected("email", "status 400"))
    world.sms.fail(Rejected("sms", "status 400"))
    with caplog.at_level("DEBUG"):
        await published(world, **wanted(channel=Channel.EMAIL_AND_SMS))
        await world.advance(timedelta(minutes=1))
    assert caplog.text
    for secret in (KARI, "+4740000001", "4740000001", "Kari", "Ny post", "Vedtak", PERSON.rpartition(":")[2]):
        assert secret not in caplog.text


async def test_a_register_that_is_down_delays_notices_and_loses_none() -> None:
    """Who is told is found out when the register answers; it is not asked before it wants to be."""
    world = World()
    id_ = await ready(world, **wanted())

    async def down() -> None:
        raise Unavailable("contact register", retry_after=timedelta(minutes=3))

    world.meanwhile["registry.contacts"] = down
    await notifying.notify(world.app, id_)
    await world.advance(timedelta(minutes=2))
    assert not world.email.sent
    await world.advance(timedelta(minutes=2))
    assert mails(world) == [(KARI, "Ny post")]


async def test_somebody_known_by_an_e_mail_address_is_told_there() -> None:
    """Unless the register says more of them."""
    user = PartyUrn("urn:altinn:person:idporten-email:una@person.example")
    world = World()
    world.registry.known[user] = Party(urn=user, uuid="u", party_id=9, name="una@person.example")
    await published(world, recipients=(user,), **wanted())
    assert [to for to, _ in mails(world)] == ["una@person.example"]
    world.registry.contact_points[user] = ContactPoint(emails=("una@work.example",))
    await published(world, recipients=(user,), **wanted())
    assert [to for to, _ in mails(world)][1:] == ["una@work.example"]
