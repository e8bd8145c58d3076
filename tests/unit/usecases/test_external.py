"""Attachments whose content is stored elsewhere: links that are published at once, on hosts that the sender may use."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from shared.domain.attachment import NOT_SCANNED, AttachmentStatus, External
from shared.domain.correspondence import Correspondence, Status
from shared.domain.errors import Refusal
from shared.domain.facts import FactType
from shared.domain.identifiers import CorrespondenceId
from shared.domain.requests import NewAttachment
from shared.schemas.requests import digest
from shared.usecases import acting, attachments, downloading, scanning
from shared.usecases.initialise import StagedFile, initialise
from tests.builders import NOW, PERSON, message, new_attachment
from tests.fakes.world import READER, SENDER, World
from tests.unit.usecases.stories import chunks, facts_of, file_of, refused, staged, state_of, stored

KEY = "7b6ad1f7-3c63-4b0e-9a3c-0d6f8a1b2c3d"
URL = "https://files.example.com/large/model.zip?v=2"
SHA256 = "ab" * 32


@pytest.fixture
def world() -> World:
    """A service with nothing in it; the agency may point to one host."""
    return World()


def link(url: str = URL, **changes: Any) -> NewAttachment:
    """An entry that points elsewhere."""
    return new_attachment(file_name="model.zip", external=External(url, SHA256), **changes)


async def send(world: World, *entries: NewAttachment, files: tuple[StagedFile, ...] = (), **changes: Any) -> Any:
    """The agency sends a letter to the person with these attachments."""
    new = message(recipients=(PERSON,), new_attachments=entries, **changes)
    return await initialise(world.app, SENDER, replace(new, digest=digest(new)), files)


async def letter(world: World, *entries: NewAttachment, **changes: Any) -> Correspondence:
    """The same, and all that follows has been done."""
    made = await send(world, *entries, **changes)
    await world.settle()
    return state_of(world, made.correspondences[0].id)


async def test_a_letter_with_links_only_is_published_at_once(world: World) -> None:
    """There is nothing to upload and nothing to scan."""
    made = await send(world, link(), link())
    assert made.correspondences[0].status is Status.READY_FOR_PUBLISH
    await world.settle()
    state = state_of(world, made.correspondences[0].id)
    assert state.status is Status.PUBLISHED
    assert not world.blobs.blobs
    for use in state.attachments:
        file = file_of(world, use.id)
        assert (file.status, file.status_text) == (AttachmentStatus.PUBLISHED, NOT_SCANNED)
        assert (file.external, file.stored) == (External(URL, SHA256), None)
        assert facts_of(world, use.id) == [FactType.ATTACHMENT_PUBLISHED]


async def test_links_and_files_keep_their_order(world: World) -> None:
    """The letter waits for the scan of the file, not for the links around it."""
    file = await staged(world, "b.pdf")
    made = await send(world, link(), new_attachment(file_name="b.pdf"), link(), files=(file,))
    id_ = made.correspondences[0].id
    kinds = [file_of(world, use.id).external is not None for use in state_of(world, id_).attachments]
    assert kinds == [True, False, True]
    await world.settle()
    assert state_of(world, id_).status is Status.INITIALIZED
    await scanning.scan_attachment(world.app, file.attachment_id)
    await world.settle()
    assert state_of(world, id_).status is Status.PUBLISHED


async def test_a_link_needs_no_file_and_takes_none(world: World) -> None:
    """1005 for a file too many, as for one too few."""
    assert await refused(send(world, link(), files=(await staged(world),))) is Refusal.FILES_DO_NOT_MATCH
    assert await refused(send(world, link(), new_attachment())) is Refusal.FILES_DO_NOT_MATCH


@pytest.mark.parametrize(
    ("url", "refusal"),
    [
        ("http://files.example.com/x", Refusal.EXTERNAL_ADDRESS_INVALID),
        ("https://files.example.com@evil.example/x", Refusal.EXTERNAL_ADDRESS_INVALID),
        ("https://evil.example/x", Refusal.EXTERNAL_HOST_NOT_ALLOWED),
    ],
)
async def test_an_address_outside_the_list_is_refused(world: World, url: str, refusal: Refusal) -> None:
    """7010 or 7011, and nothing exists."""
    assert await refused(send(world, link(), link(url))) is refusal
    assert not world.correspondences.partitions
    assert not world.attachments.partitions


async def test_a_sender_without_hosts_sends_no_links(world: World) -> None:
    """7011; letters without links never ask."""
    world.registry.hosts.clear()
    assert await refused(send(world, link())) is Refusal.EXTERNAL_HOST_NOT_ALLOWED
    assert (await letter(world)).status is Status.PUBLISHED


async def test_a_recipient_is_led_to_the_content(world: World) -> None:
    """It is noted as any download is, and the link's own expiry holds."""
    state = await letter(world, link(expiration_in_days=1))
    (use,) = state.attachments
    assert await downloading.download(world.app, READER, state.id, use.id) == External(URL, SHA256)
    assert Status.ATTACHMENTS_DOWNLOADED in state_of(world, state.id).ever
    world.now += timedelta(days=2)
    assert await refused(downloading.download(world.app, READER, state.id, use.id)) is Refusal.ATTACHMENT_EXPIRED


async def test_a_zip_has_what_is_stored_here(world: World) -> None:
    """Links are left out of it and not noted; with links only there is nothing to put in."""
    file = await stored(world)
    state = await letter(world, link(), existing_attachments=(file,))
    found = await downloading.download_all(world.app, READER, state.id)
    assert [one.attachment.id for one in found.files] == [file]
    assert state_of(world, state.id).downloaded == {file}
    state = await letter(world, link())
    assert await refused(downloading.download_all(world.app, READER, state.id)) is Refusal.ATTACHMENT_NOT_FOUND


async def test_a_link_can_be_used_again(world: World) -> None:
    """Like any attachment that is published."""
    (use,) = (await letter(world, link())).attachments
    again = await letter(world, existing_attachments=(use.id,))
    assert again.status is Status.PUBLISHED
    assert [one.id for one in again.attachments] == [use.id]


async def test_nothing_can_be_uploaded_to_a_link(world: World) -> None:
    """2003 while a letter uses it; its sender is led to the content until it is published."""
    made = await send(world, link(), requested_publish_time=NOW + timedelta(days=1))
    (id_,) = made.attachment_ids
    assert await attachments.download_as_sender(world.app, SENDER, id_) == External(URL, SHA256)
    assert (
        await refused(attachments.upload(world.app, SENDER, id_, chunks(), content_length=None))
        is Refusal.ATTACHMENT_LINKED
    )


async def test_a_purged_letter_takes_its_links_along(world: World) -> None:
    """Nobody uses the link any more: it is purged too."""
    state = await letter(world, link())
    await acting.purge(world.app, READER, state.id)
    await world.settle()
    assert file_of(world, state.attachments[0].id).status is AttachmentStatus.PURGED


async def test_the_dialog_links_to_the_content(world: World) -> None:
    """Its reader goes there, while a file of ours is had from us."""
    file = await stored(world)
    state = await letter(world, link(), existing_attachments=(file,))
    dialog = next(iter(world.dialogs.dialogs.values()))
    urls = [entry["urls"][0]["url"] for entry in dialog["attachments"]]  # type: ignore[attr-defined]
    assert urls == [
        URL,
        f"https://c.example/correspondence/api/v1/correspondence/{state.id}/attachment/{file}/download",
    ]


async def test_a_repeated_request_makes_no_second_link(world: World) -> None:
    """The same key and request give the same answer."""
    first = await send(world, link(), idempotent_key=KEY)
    again = await send(world, link(), idempotent_key=KEY)
    assert again == replace(first, replayed=True)
    assert len(world.attachments.partitions) == 1
    assert await refused(send(world, link(URL + "&x"), idempotent_key=KEY)) is Refusal.KEY_ALREADY_USED


async def test_it_is_found_by_its_letter(world: World) -> None:
    """The sender sees which letters use the link."""
    state = await letter(world, link())
    view = await attachments.overview(world.app, SENDER, state.attachments[0].id)
    assert view.correspondence_ids == (CorrespondenceId(state.id),)
