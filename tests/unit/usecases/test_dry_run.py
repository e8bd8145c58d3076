"""A dry run says what would come of a message, and nothing of it exists afterwards."""

import copy
import hashlib
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from shared.domain.correspondence import ReplyOption, Status
from shared.domain.dry_run import DryRun
from shared.domain.errors import DomainError, Refusal
from shared.domain.notification import Channel, ContactPoint, CustomRecipient, Medium, Template
from shared.usecases import idempotency
from shared.usecases.dry_run import dry_run
from shared.usecases.initialise import initialise
from shared.usecases.judging import SentFile
from tests.builders import AGENCY, BUSINESS, NOW, PERSON, content, message, new_attachment, notification_request, texts
from tests.fakes.world import SENDER, World
from tests.unit.usecases.stories import CONTENT, permit, refused, staged, stored
from tests.unit.usecases.test_initialise import KEY, REFUSED

KEPT = ("correspondences", "attachments", "mailboxes", "agenda", "idempotency", "outbox", "blobs", "email", "sms")


def kept(world: World) -> list[object]:
    """All that a real one would write, send or tell; not how often it was asked."""
    return [{**copy.deepcopy(vars(getattr(world, name))), "calls": None} for name in KEPT]


async def run(world: World, *files: SentFile, **changes: Any) -> DryRun:
    """A dry run by the agency that leaves everything as it was, whether it is refused or not."""
    before = kept(world)
    try:
        return await dry_run(world.app, SENDER, message(**changes), files)
    finally:
        assert kept(world) == before


@pytest.mark.parametrize(("changes", "refusal"), REFUSED)
async def test_it_is_refused_as_the_real_one_would_be(changes: dict[str, Any], refusal: Refusal) -> None:
    """With the same number, also under a key; and nothing is written for it."""
    world = World()
    assert await refused(run(world, **changes)) is refusal
    assert await refused(run(world, **changes, idempotent_key=KEY)) is refusal


async def test_nobody_without_access_learns_anything() -> None:
    """4001 before any recipient is looked at."""
    world = World()
    permit(world)
    assert await refused(run(world, recipients=(PERSON, PERSON))) is Refusal.NO_ACCESS


async def test_each_recipient_with_status_and_contact_points() -> None:
    """In the order of the request; one who is reserved would get nothing and be told nothing."""
    world = World()
    world.registry.contact_points[PERSON] = ContactPoint(emails=("kari@person.example",), reserved=True)
    outcome = await run(world, recipients=(PERSON, BUSINESS), notification=notification_request())
    person, business = outcome.letters
    assert (person.recipient, person.status, person.notices) == (PERSON, Status.RESERVED, ())
    assert (business.recipient, business.status) == (BUSINESS, Status.READY_FOR_PUBLISH)
    assert (business.has_email, business.has_mobile) == (True, False)
    assert (outcome.sender, outcome.publish_time, outcome.existing) == (AGENCY, NOW, ())


async def test_the_texts_are_shown_as_each_recipient_would_see_them() -> None:
    """With the name put in where it is asked for; else the message's own texts say it once. Links of replies too."""
    world = World()
    named = await run(world, recipients=(PERSON, BUSINESS), content=content(body="Hei, {{recipientName}}."))
    assert [one.content.body for one in named.letters if one.content] == ["Hei, Kari Prøve.", "Hei, Bedriften."]
    options = tuple(ReplyOption(f"https://reply.example/{number}", None) for number in range(4))
    same = await run(world, reply_options=options)
    assert same.letters[0].content is None
    assert "https://reply.example/3" in same.content.body


async def test_every_notice_is_shown_as_it_would_arrive() -> None:
    """By each channel and for the reminder too, keywords filled in, with an address that only its owner knows again."""
    world = World()
    wish = notification_request(
        channel=Channel.EMAIL_AND_SMS,
        texts=texts(email_subject="Til $correspondenceRecipientName$"),
        send_reminder=True,
        reminder_channel=Channel.SMS_PREFERRED,
        reminder_texts=texts(sms_body="Påminnelse om $messageTitle$"),
    )
    (letter,) = (await run(world, recipients=(PERSON,), notification=wish)).letters
    shown = [(notice.medium, notice.address, notice.is_reminder) for notice in letter.notices]
    assert shown == [
        (Medium.EMAIL, "k***@person.example", False),
        (Medium.SMS, "*********01", False),
        (Medium.SMS, "*********01", True),
    ]
    assert letter.notices[0].subject == "Til Kari Prøve"
    assert letter.notices[2].body == "Påminnelse om Vedtak"
    assert {notice.language for notice in letter.notices} == {"nb"}


@pytest.mark.parametrize(
    ("language", "subject"),
    [("nb", "Ny melding i Altinn."), ("nn", "Ny melding i Altinn."), ("en", "New message in Altinn.")],
)
async def test_the_template_is_shown_in_the_language_of_the_message(language: str, subject: str) -> None:
    """As it would be sent."""
    wish = notification_request(template=Template.GENERIC, texts=texts(email_subject="", email_body="", sms_body=""))
    (letter,) = (await run(World(), notification=wish, content=content(language=language))).letters
    assert (letter.notices[0].subject, letter.notices[0].language) == (subject, language)


async def test_who_cannot_be_reached_is_seen() -> None:
    """No contact points, no notices."""
    world = World()
    world.registry.contact_points.clear()
    (letter,) = (await run(world, notification=notification_request())).letters
    assert (letter.has_email, letter.has_mobile, letter.notices) == (False, False, ())


async def test_custom_recipients_are_shown_too() -> None:
    """Those given by address, and those whom the registers know."""
    wish = notification_request(custom_recipients=(CustomRecipient(email="a@b.no"), CustomRecipient(party=PERSON)))
    (letter,) = (await run(World(), notification=wish)).letters
    assert {notice.address for notice in letter.notices} == {
        "p***@business.example",
        "k***@person.example",
        "a***@b.no",
    }


async def test_what_is_shown_is_what_is_sent() -> None:
    """The real one sends the same texts to the same number of addresses."""
    world = World()
    changes: dict[str, Any] = {
        "recipients": (PERSON, BUSINESS),
        "notification": notification_request(channel=Channel.EMAIL_AND_SMS, texts=texts(sms_body="$sendersName$")),
    }
    outcome = await run(world, **changes)
    await initialise(world.app, SENDER, message(**changes))
    await world.settle()
    notices = [notice for letter in outcome.letters for notice in letter.notices]
    assert sorted(n.body for n in notices if n.medium is Medium.SMS) == sorted(sms.text for sms in world.sms.sent)
    mails = [(n.subject, n.body) for n in notices if n.medium is Medium.EMAIL]
    assert sorted(mails) == sorted((mail.subject, mail.plain_text) for mail in world.email.sent)


async def test_files_are_judged_without_being_kept() -> None:
    """1005 for one that is missing, 2008 for other bytes than announced; new files would be waited for."""
    world = World()
    right = hashlib.md5(CONTENT, usedforsecurity=False).hexdigest()
    file = SentFile("vedtak.pdf", len(CONTENT), hashlib.sha256(CONTENT).hexdigest(), right)
    new = (new_attachment(checksum=right.upper()),)
    assert await refused(run(world, new_attachments=new)) is Refusal.FILES_DO_NOT_MATCH
    assert await refused(run(world, replace(file, md5="0" * 32), new_attachments=new)) is Refusal.CHECKSUM_MISMATCH
    assert (await run(world, file, new_attachments=new)).letters[0].status is Status.INITIALIZED
    old = await stored(world)
    assert (await run(world, existing_attachments=(old,))).letters[0].status is Status.READY_FOR_PUBLISH


async def test_a_key_that_was_used_is_told_as_the_real_one_would_tell_it() -> None:
    """What exists for the same request, 1034 for another one or one that is in flight; a dry run takes no key."""
    world = World()
    keyed: dict[str, Any] = {"idempotent_key": KEY, "digest": "d"}
    assert (await run(world, **keyed)).letters
    made = await initialise(world.app, SENDER, message(**keyed))
    outcome = await run(world, **keyed)
    assert (outcome.existing, outcome.letters) == (made.correspondences, ())
    with pytest.raises(DomainError) as caught:
        await run(world, **(keyed | {"digest": "other"}))
    assert caught.value.extra == {"correspondenceIds": [made.correspondences[0].id]}
    flying = World()
    await idempotency.begin(flying.app, AGENCY, message(**keyed), now=NOW)
    assert await refused(run(flying, **keyed)) is Refusal.KEY_ALREADY_USED
    flying.now += timedelta(minutes=10)
    assert (await run(flying, **keyed)).letters


async def test_a_form_under_a_key_is_known_again_by_the_bytes_of_its_files() -> None:
    """The dry run of a request that was made with files finds it."""
    world = World()
    file = await staged(world)
    keyed: dict[str, Any] = {"idempotent_key": KEY, "digest": "d", "new_attachments": (new_attachment(),)}
    made = await initialise(world.app, SENDER, message(**keyed), [file])
    same = SentFile(file.file_name, file.size, file.sha256)
    assert (await run(world, same, **keyed)).existing == made.correspondences
    assert await refused(run(world, replace(same, sha256="0" * 64), **keyed)) is Refusal.KEY_ALREADY_USED
