"""A webhook of the owner hears every event of the wire contract, as it says: about whom, from where, in order."""

from collections import Counter
from datetime import timedelta
from typing import Any

from shared.domain.errors import Rejected
from shared.domain.notification import Channel, ContactPoint, CustomRecipient, Medium
from shared.domain.notification_outcomes import DeliveryReport
from shared.domain.verdicts import Scan
from shared.usecases import acting, downloading, notifying, reading, scanning, webhooks
from shared.usecases.initialise import initialise
from tests.builders import (
    AGENCY,
    NOW,
    OTHER_AGENCY,
    PERSON,
    RESOURCE,
    message,
    new_attachment,
    notification_request,
    subscription,
    texts,
)
from tests.fakes.world import READER, SENDER, World
from tests.unit.usecases.stories import published, staged, stored

DAY = timedelta(days=1)
TOLD_OF_SENDER = {
    "attachmentinitialized": "attachment",
    "attachmentpublished": "attachment",
    "attachmentuploadfailed": "attachment",
    "attachmentexpired": "attachment",
    "attachmentdownloaded": "correspondence",
    "correspondenceinitialized": "correspondence",
    "correspondencepublishfailed": "correspondence",
    "correspondencereceiverread": "correspondence",
    "correspondencereceiverconfirmed": "correspondence",
    "correspondencepurged": "correspondence",
    "notificationcreated": "notification",
    "correspondencenotificationcreationfailed": "correspondence",
    "correspondencenotificationdelivered": "correspondence",
    "correspondencenotificationreminderdelivered": "correspondence",
    "correspondencenotificationfailed": "correspondence",
    "correspondencenotificationallfailed": "correspondence",
}
TOLD_OF_RECIPIENT = {
    "correspondencepublished": "correspondence",
    "correspondencereceiverneverread": "correspondence",
    "correspondencereceiverneverconfirmed": "correspondence",
}
"""Each event by its suffix, with the last part of its source. Source: wire contract 9.2."""


async def lived(world: World) -> None:
    """A letter that is read, confirmed and purged; one that nobody reads; files that are used, expire and fail."""
    await world.registry.put_contact(PERSON, ContactPoint(emails=("kari@a.example",)))
    file = await stored(world, expiration_in_days=2)
    due = {"due_date_time": NOW + 30 * DAY, "is_confirmation_needed": True}
    id_ = await published(world, existing_attachments=(file,), notification=notification_request(), **due)
    await reading.overview(world.app, READER, id_)
    await acting.mark_as_read(world.app, READER, id_)
    for _ in range(3):
        await downloading.download(world.app, READER, id_, file)
    await acting.confirm(world.app, READER, id_)
    await acting.purge(world.app, READER, id_)
    world.email.fail(Rejected("e-mail", "no such address"))
    await published(world, existing_attachments=(file,), notification=notification_request(), **due)
    await world.advance(31 * DAY)
    asked = message(recipients=(PERSON,), new_attachments=(new_attachment(),))
    made = await initialise(world.app, SENDER, asked, [await staged(world)])
    world.scanner.scan_result = Scan.INFECTED
    await scanning.scan_attachment(world.app, made.attachment_ids[0])
    await world.settle()
    await noticed(world)


async def noticed(world: World) -> None:
    """An e-mail that arrives while its SMS fails, and its reminder; and somebody whom no notice can reach."""
    await world.registry.put_contact(PERSON, ContactPoint(emails=("kari@a.example",), mobiles=("+4740000001",)))
    reminding = {"send_reminder": True, "reminder_channel": Channel.EMAIL, "reminder_texts": texts()}
    id_ = await published(world, notification=notification_request(channel=Channel.EMAIL_AND_SMS, **reminding))
    await world.advance(7 * DAY)
    for notice in await world.correspondences.notifications(id_):
        arrived = notice.medium is Medium.EMAIL
        await notifying.report(world.app, DeliveryReport(notification=notice.id, delivered=arrived, about=id_))
    unreachable = (CustomRecipient(party=OTHER_AGENCY),)
    await published(world, notification=notification_request(custom_recipients=unreachable))
    await world.settle()


def heard(world: World) -> list[dict[str, Any]]:
    """Every event that was posted, in order."""
    return [dict(event) for _, event in world.webhooks.posted]


async def told() -> list[dict[str, Any]]:
    """All that the owner's webhook heard of it."""
    world = World()
    await world.subscriptions.add(subscription(consumer=AGENCY))
    await lived(world)
    return heard(world)


async def test_every_event_says_whom_it_is_about_and_what() -> None:
    """Its subject is the sender, or the recipient of what was published; its source ends in what it concerns."""
    seen = set()
    for event in await told():
        kind = event["type"].removeprefix("no.altinn.correspondence.")
        leaf = TOLD_OF_SENDER.get(kind) or TOLD_OF_RECIPIENT[kind]
        assert event["subject"] == (AGENCY if kind in TOLD_OF_SENDER else PERSON), kind
        assert event["source"] == f"https://c.example/correspondence/api/v1/{leaf}", kind
        assert event["resource"] == f"urn:altinn:resource:{RESOURCE}"
        seen.add(kind)
    assert seen == TOLD_OF_SENDER.keys() | TOLD_OF_RECIPIENT.keys()


async def test_every_event_is_told_once_with_an_id_and_a_place_of_its_own() -> None:
    """A file that is downloaded three times is told of once; numbers go up within each letter and each file."""
    events = await told()
    assert len({event["id"] for event in events}) == len(events)
    assert {len(event["sequence"]) for event in events} == {10}
    counts = Counter(event["type"].rpartition(".")[2] for event in events)
    assert counts["attachmentdownloaded"] == 1
    assert counts["correspondencepublished"] == 4
    by_letter: dict[str, list[str]] = {}
    for event in events:
        by_letter.setdefault(event["resourceinstance"], []).append(event["sequence"])
    for sequences in by_letter.values():
        assert sequences == sorted(set(sequences))


async def test_a_second_telling_is_word_for_word_the_first() -> None:
    """Whoever tells it, and however often: the event is made of the fact that was stored."""
    world = World()
    await world.subscriptions.add(subscription(consumer=AGENCY))
    await lived(world)
    first = {event["id"]: event for event in heard(world)}
    world.webhooks.posted.clear()
    world.deliveries.kept.clear()
    for partitions in (world.correspondences.partitions, world.attachments.partitions):
        for id_, partition in partitions.items():
            for fact in partition.facts:
                await webhooks.fan_out(world.app, RESOURCE, fact.aggregate, id_, fact.sequence)
    await world.settle()
    assert {event["id"]: event for event in heard(world)} == first
