"""All files of a letter at once: who gets them, and what is noted."""

from dataclasses import replace
from datetime import timedelta

import pytest

from shared.domain.attachment import AttachmentStatus
from shared.domain.correspondence import Status
from shared.domain.errors import Refusal
from shared.domain.facts import FactType
from shared.domain.identifiers import CorrespondenceId, ResourceId
from shared.usecases import acting, downloading
from tests.builders import NOW, PERSON, RESOURCE, content, new_id
from tests.fakes.world import READER, World
from tests.unit.usecases.stories import (
    RECIPIENT,
    facts_of,
    permit,
    published,
    read_all,
    refused,
    sent,
    state_of,
    stored,
)

OTHER = ResourceId("example-files")


@pytest.fixture
def world() -> World:
    """Everybody may do everything until a test says otherwise."""
    return World()


async def with_files(world: World, count: int = 2, **changes: object) -> CorrespondenceId:
    """A published letter with so many files; from then on only its recipient is let in."""
    files = [await stored(world, b"%PDF-1.7 " + str(n).encode(), file_name=f"{n}.pdf") for n in range(count)]
    id_ = await published(world, existing_attachments=tuple(files), **changes)
    permit(world, *RECIPIENT)
    return id_


async def test_all_files_are_given_in_order_and_noted_once(world: World) -> None:
    """One status each time; of every file it is told the first time."""
    id_ = await with_files(world, 3, content=content(title="Mitt vedtak"))
    for _ in range(2):
        found = await downloading.download_all(world.app, READER, id_)
        contents = [await read_all(file.read(0, None)) for file in found.files]
        assert contents == [b"%PDF-1.7 0", b"%PDF-1.7 1", b"%PDF-1.7 2"]
        assert found.zip_name == "mitt-vedtak.zip"
    history = await world.correspondences.history(id_)
    noted = [entry for entry in history if entry.status == Status.ATTACHMENTS_DOWNLOADED]
    assert [(entry.text, entry.party) for entry in noted] == [("All attachments have been downloaded", PERSON)] * 2
    assert facts_of(world, id_).count(FactType.ATTACHMENT_DOWNLOADED) == 3


async def test_what_was_told_before_is_not_told_again(world: World) -> None:
    """One file alone, then all of them."""
    id_ = await with_files(world)
    await downloading.download(world.app, READER, id_, state_of(world, id_).attachments[1].id)
    await downloading.download_all(world.app, READER, id_)
    files = [
        fact.details["attachment"] for fact in await world.correspondences.facts(id_) if fact.details.get("attachment")
    ]
    assert sorted(files) == sorted(use.id for use in state_of(world, id_).attachments)


async def test_a_hundred_files_are_told_in_two_transactions(world: World) -> None:
    """No change holds more than a transaction takes."""
    id_ = await with_files(world, 100)
    before = world.correspondences.partitions[id_].version
    await downloading.download_all(world.app, READER, id_)
    assert facts_of(world, id_).count(FactType.ATTACHMENT_DOWNLOADED) == 100
    assert world.correspondences.partitions[id_].version == before + 2


async def test_a_letter_without_files_has_no_zip(world: World) -> None:
    """2001."""
    id_ = await published(world)
    assert await refused(downloading.download_all(world.app, READER, id_)) is Refusal.ATTACHMENT_NOT_FOUND


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        (AttachmentStatus.PURGED, Refusal.ATTACHMENT_PURGED),
        (AttachmentStatus.EXPIRED, Refusal.ATTACHMENT_EXPIRED),
        (AttachmentStatus.FAILED, Refusal.ATTACHMENT_NOT_FOUND),
        (None, Refusal.ATTACHMENT_NOT_FOUND),
    ],
)
async def test_one_file_that_cannot_be_had_refuses_all(
    world: World, status: AttachmentStatus | None, expected: Refusal
) -> None:
    """With its own number, and nothing is noted."""
    id_ = await with_files(world, 3)
    second = state_of(world, id_).attachments[1].id
    if status is None:
        del world.attachments.partitions[second]
    else:
        kept = world.attachments.partitions[second]
        kept.state = replace(kept.state, status=status)
    assert await refused(downloading.download_all(world.app, READER, id_)) is expected
    assert Status.ATTACHMENTS_DOWNLOADED not in state_of(world, id_).ever


async def test_a_use_that_has_expired_refuses_all(world: World) -> None:
    """2020."""
    files = [await stored(world), await stored(world, expiration_in_days=1)]
    id_ = await published(world, existing_attachments=tuple(files))
    world.now = NOW + timedelta(days=1)
    assert await refused(downloading.download_all(world.app, READER, id_)) is Refusal.ATTACHMENT_EXPIRED


@pytest.mark.parametrize(("size", "fits"), [(1_000_000_000, True), (1_000_000_001, False)])
async def test_two_gigabytes_are_the_most(world: World, size: int, fits: bool) -> None:
    """2023 beyond, whatever the order of the files."""
    id_ = await with_files(world)
    for use, its_size in zip(state_of(world, id_).attachments, (1_000_000_000, size), strict=True):
        kept = world.attachments.partitions[use.id]
        assert kept.state.stored is not None
        kept.state = replace(kept.state, stored=replace(kept.state.stored, size=its_size))
    if fits:
        assert len((await downloading.download_all(world.app, READER, id_)).files) == 2
    else:
        assert await refused(downloading.download_all(world.app, READER, id_)) is Refusal.ZIP_TOO_LARGE


async def test_a_zip_needs_the_right_to_the_message_and_to_every_file(world: World) -> None:
    """4001 when one is missing; the files' own resource is asked for."""
    world.registry.resources[OTHER] = replace(world.registry.resources[RESOURCE], id=OTHER)
    files = [await stored(world), await stored(world, resource_id=OTHER)]
    id_ = await published(world, existing_attachments=tuple(files))
    for pairs in ((), RECIPIENT[:1], RECIPIENT[1:]):
        permit(world, *pairs)
        assert await refused(downloading.download_all(world.app, READER, id_)) is Refusal.NO_ACCESS
    permit(world, *RECIPIENT)
    await downloading.download_all(world.app, READER, id_)
    del world.registry.resources[OTHER]
    assert await refused(downloading.download_all(world.app, READER, id_)) is Refusal.NO_ACCESS


async def test_no_zip_of_what_is_not_there_to_see(world: World) -> None:
    """1001: unknown, not yet published, purged."""
    unknown = CorrespondenceId(new_id("nobody"))
    assert await refused(downloading.download_all(world.app, READER, unknown)) is Refusal.CORRESPONDENCE_NOT_FOUND
    file = await stored(world)
    later = await sent(world, requested_publish_time=NOW + timedelta(days=1), existing_attachments=(file,))
    permit(world, *RECIPIENT)
    assert await refused(downloading.download_all(world.app, READER, later)) is Refusal.CORRESPONDENCE_NOT_FOUND
    world.decisions.only = None
    id_ = await with_files(world)
    await acting.purge(world.app, READER, id_)
    assert await refused(downloading.download_all(world.app, READER, id_)) is Refusal.CORRESPONDENCE_NOT_FOUND
