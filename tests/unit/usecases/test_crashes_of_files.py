"""A crash between any two calls of a neighbour leaves no letter without its files, and no file without a reason."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import timedelta

import pytest

from shared.domain.attachment import AttachmentStatus
from shared.domain.correspondence import Status
from shared.domain.dialog import dialog_id
from shared.domain.errors import DomainError, Refusal, Unavailable
from shared.domain.identifiers import AttachmentId, CorrespondenceId
from shared.domain.requests import Initialised
from shared.usecases import acting, attachments, downloading, releasing
from shared.usecases.initialise import initialise
from shared.usecases.scanning import scan_attachment
from tests.builders import AGENCY, BUSINESS, PERSON, RESOURCE, message, new_attachment, subscription
from tests.fakes.world import READER, SENDER, Crash, World
from tests.unit.usecases.stories import CONTENT, chunks, file_of, read_all, staged, state_of

FIRST = "7b6ad1f7-3c63-4b0e-9a3c-0d6f8a1b2c3d"
SECOND = "2f0d3c1e-5f0a-4f5a-8f55-9a43f5f7a0b1"
CALLS = 490
"""More calls than the story makes; those beyond its end crash nothing."""
WITHOUT_BYTES = {AttachmentStatus.INITIALIZED, AttachmentStatus.FAILED, AttachmentStatus.PURGED}


@dataclass
class Told:
    """What the sender and the blob events' queue remember over a crash."""

    file: AttachmentId | None = None
    scanned: set[str] = field(default_factory=set)
    letters: list[Initialised] = field(default_factory=list)
    downloads: list[bytes] = field(default_factory=list)


async def story(world: World, told: Told) -> None:
    """A file is uploaded and sent to two, another one travels with its letter; both are read, then purged."""
    file = await uploaded(world, told)
    await scan_new_bytes(world, told)
    existing = message(recipients=(PERSON, BUSINESS), existing_attachments=(file,), idempotent_key=FIRST, digest="1")
    first = await initialise(world.app, SENDER, existing)
    new = message(recipients=(PERSON,), new_attachments=(new_attachment(),), idempotent_key=SECOND, digest="2")
    second = await initialise(world.app, SENDER, new, [await staged(world, content=b"%PDF-1.7 new")])
    told.letters = [first, second]
    await scan_new_bytes(world, told)
    await world.advance(timedelta(minutes=20))
    for made in told.letters:
        await read(world, made.correspondences[0].id, told)
    await world.settle()
    await world.advance(timedelta(minutes=80))
    await world.advance(timedelta(minutes=1))


async def uploaded(world: World, told: Told) -> AttachmentId:
    """The bytes are there; the sender who got no answer asks again."""
    told.file = told.file or await attachments.initialise_attachment(world.app, SENDER, new_attachment())
    try:
        await attachments.upload(world.app, SENDER, told.file, chunks(), content_length=len(CONTENT))
    except DomainError as refusal:
        if refusal.refusal not in {Refusal.ALREADY_UPLOADED, Refusal.ATTACHMENT_LINKED}:
            raise
    return told.file


async def scan_new_bytes(world: World, told: Told) -> None:
    """Every event of new bytes is delivered until its function has ended well."""
    for id_, (_, stored) in list(world.blobs.blobs.items()):
        if stored.etag not in told.scanned:
            await scan_attachment(world.app, AttachmentId(id_))
            told.scanned.add(stored.etag)
    await world.settle()


async def read(world: World, id_: CorrespondenceId, told: Told) -> None:
    """The person takes the file and throws the letter away."""
    state = state_of(world, id_)
    if state.is_purged:
        return
    found = await downloading.download(world.app, READER, id_, state.attachments[0].id)
    told.downloads.append(await read_all(found.read(0, None)))
    await acting.purge(world.app, READER, id_)


async def lived_through(world: World) -> Told:
    """The story, begun again by everybody concerned after each crash."""
    told = Told()
    for _ in range(5):
        try:
            await story(world, told)
        except (Crash, Unavailable, DomainError):
            await world.crasher.restart()
            world.now += timedelta(minutes=6)
            await world.settle()
            await world.advance(timedelta(minutes=20))
        else:
            return told
    raise AssertionError("it crashed again and again")


async def check(world: World, told: Told) -> None:
    """Three letters with the files that were answered; the file that nobody uses any more is gone, the other stays."""
    first, second = told.letters
    assert len(world.correspondences.partitions) == 3
    for made in told.letters:
        for one in made.correspondences:
            state = state_of(world, one.id)
            assert Status.PUBLISHED in state.ever
            assert tuple(use.id for use in state.attachments) == made.attachment_ids
    assert first.attachment_ids == (told.file,)
    assert set(told.downloads) == {CONTENT, b"%PDF-1.7 new"}
    used, gone = first.attachment_ids[0], second.attachment_ids[0]
    assert file_of(world, used).status is AttachmentStatus.PUBLISHED
    assert world.blobs.blobs[used][0] == CONTENT
    assert set(world.attachments.uses[used]) == {first.correspondences[1].id}
    assert file_of(world, gone).status is AttachmentStatus.PURGED
    assert gone not in world.blobs.blobs
    unused = set(world.attachments.partitions) - {used, gone}
    assert len(unused) <= 1, "what a crashed try left"
    for id_ in unused:
        assert not await releasing.is_in_use(world.app, AttachmentId(id_))
        assert file_of(world, AttachmentId(id_)).status in WITHOUT_BYTES
    assert set(world.blobs.blobs) == {used}
    purged = {first.correspondences[0].id, second.correspondences[0].id}
    assert world.dialogs.deleted == {dialog_id(state_of(world, id_)) for id_ in purged}
    assert not world.agenda.entries
    check_events(world)


def check_events(world: World) -> None:
    """Each event has one id, and every file that was used was announced as scanned."""
    events = {str(event["id"]): (event["resourceinstance"], event["type"]) for _, event in world.webhooks.posted}
    downloads = {kind for kind in events.values() if str(kind[1]).endswith("attachmentdownloaded")}
    assert len(downloads) == 2
    repeated = [kind for kind, number in Counter(events.values()).items() if number > 1]
    assert not repeated, "the same event under two ids"
    assert not world.outbox.facts
    assert not world.outbox.agenda


async def subscribed() -> World:
    """The agency listens to its resource."""
    world = World()
    wish = subscription(resource_id=RESOURCE, consumer=AGENCY, owner_of_resource=True, validated=True)
    await world.subscriptions.add(wish)
    return world


async def test_the_story_without_a_crash() -> None:
    """Told without a crash it ends as it should, in fewer calls than are crashed at below."""
    world = await subscribed()
    await check(world, await lived_through(world))
    assert world.crasher.calls < CALLS


@pytest.mark.parametrize("after_the_call", [False, True], ids=["before the call", "after the call"])
@pytest.mark.parametrize("fails", [False, True], ids=["a crash", "a failure"])
@pytest.mark.parametrize("left", range(CALLS))
async def test_a_crash_or_failure_anywhere_changes_nothing(left: int, fails: bool, after_the_call: bool) -> None:
    """Whichever call the process dies at, or fails, before or after it is carried out, the story ends the same."""
    world = await subscribed()
    world.crasher.left, world.crasher.after_the_call, world.crasher.fails = left, after_the_call, fails
    await check(world, await lived_through(world))
