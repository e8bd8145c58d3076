"""A message is accepted for all its recipients, or refused before anything of it exists."""

import hashlib
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from shared.domain.attachment import AttachmentStatus
from shared.domain.correspondence import ExternalReference, ReferenceType, ReplyOption, Status
from shared.domain.errors import Conflict, DomainError, Refusal, Unavailable
from shared.domain.identifiers import AttachmentId, PartyUrn, ResourceId, organisation
from shared.domain.notification import ContactPoint, CustomRecipient
from shared.domain.requests import Initialised
from shared.usecases import attachments
from shared.usecases.initialise import StagedFile, initialise
from tests.builders import (
    AGENCY,
    BUSINESS,
    NOW,
    OTHER_AGENCY,
    PERSON,
    RESOURCE,
    content,
    message,
    new_attachment,
    new_id,
    notification_request,
    texts,
)
from tests.fakes.world import SENDER, World
from tests.unit.usecases.stories import (
    CONTENT,
    file_of,
    permit,
    refused,
    sent,
    staged,
    state_of,
    stored,
    uploaded,
)

KEY = "7b6ad1f7-3c63-4b0e-9a3c-0d6f8a1b2c3d"


async def nothing_exists(world: World) -> bool:
    """No letter, no pointer to one, nobody told, no key taken."""
    return not (
        world.correspondences.partitions
        or world.mailboxes.pointers
        or world.outbox.facts
        or world.idempotency.requests
        or any(world.attachments.uses.values())
    )


def send(world: World, *files: StagedFile, **changes: Any) -> Any:
    """It is handed in by the agency."""
    return initialise(world.app, SENDER, message(**changes), files)


async def test_one_letter_for_each_recipient_in_their_order() -> None:
    """Each with the sender of the resource, pointed at from both mailboxes."""
    world = World()
    made: Initialised = await send(world, recipients=(PERSON, BUSINESS))
    assert [one.recipient for one in made.correspondences] == [PERSON, BUSINESS]
    assert {one.status for one in made.correspondences} == {Status.READY_FOR_PUBLISH}
    for one in made.correspondences:
        state = state_of(world, one.id)
        assert (state.sender, state.recipient) == (AGENCY, one.recipient)
        assert one.id in world.mailboxes.pointers
    assert not made.replayed
    assert made.attachment_ids == ()


async def test_many_recipients_are_all_served() -> None:
    """More than are worked on at once."""
    world = World()
    parties = tuple(organisation(f"{number:09d}") for number in range(120))
    for party in parties:
        world.registry.known[party] = replace(world.registry.known[BUSINESS], urn=party)
    made = await send(world, recipients=parties)
    assert tuple(one.recipient for one in made.correspondences) == parties


async def test_the_name_of_each_recipient_is_put_in() -> None:
    """Where the texts ask for it, in title case; a user who is known by an address has no name to show."""
    world = World()
    user = PartyUrn("urn:altinn:person:idporten-email:kari@person.example")
    world.registry.known[PERSON] = replace(world.registry.known[PERSON], name="KARI PRØVE")
    world.registry.known[user] = replace(world.registry.known[PERSON], urn=user)
    made = await send(world, recipients=(PERSON, BUSINESS, user), content=content(title="Til {{recipientName}}"))
    titles = [world.correspondences.contents[one.id].title for one in made.correspondences]
    assert titles == ["Til Kari Prøve", "Til Bedriften", "Til "]


REFUSED: list[tuple[dict[str, Any], Refusal]] = [
    ({"resource_id": ResourceId("nowhere")}, Refusal.RESOURCE_UNKNOWN),
    ({"is_confidential": True}, Refusal.CONFIDENTIAL_FLAG_WRONG),
    ({"recipients": (BUSINESS, BUSINESS)}, Refusal.DUPLICATE_RECIPIENTS),
    ({"recipients": (BUSINESS, organisation("999999999"))}, Refusal.RECIPIENTS_UNKNOWN),
    ({"is_confirmation_needed": True}, Refusal.DUE_DATE_NEEDED),
    ({"due_date_time": NOW - timedelta(days=1)}, Refusal.DUE_DATE_IN_PAST),
    ({"content": content(title=" ")}, Refusal.TITLE_EMPTY),
    ({"message_sender": "<b>"}, Refusal.MESSAGE_SENDER_NOT_PLAIN_TEXT),
    (
        {"external_references": (ExternalReference(ReferenceType.TRANSMISSION_TYPE, "Information"),)},
        Refusal.TRANSMISSION_TYPE_WITHOUT_DIALOG,
    ),
    (
        {"external_references": (ExternalReference(ReferenceType.DIALOG_ID, new_id("dialog")),)},
        Refusal.DIALOG_UNKNOWN,
    ),
    ({"existing_attachments": (AttachmentId(new_id("no file")),)}, Refusal.EXISTING_ATTACHMENT_UNKNOWN),
    ({"new_attachments": (new_attachment(file_name="x.exe"),)}, Refusal.FILE_TYPE_NOT_ALLOWED),
    ({"new_attachments": (new_attachment(),)}, Refusal.FILES_DO_NOT_MATCH),
    ({"reply_options": (ReplyOption("http://x.example"),)}, Refusal.REPLY_OPTION_INVALID),
    (
        {"notification": notification_request(texts=texts(email_body=""))},
        Refusal.EMAIL_TEXTS_MISSING,
    ),
    (
        {
            "recipients": (BUSINESS, PERSON),
            "notification": notification_request(custom_recipients=(CustomRecipient(email="a@b.no"),)),
        },
        Refusal.CUSTOM_RECIPIENTS_NEED_ONE_RECIPIENT,
    ),
]
"""Messages and what is wrong with each."""


@pytest.mark.parametrize(("changes", "refusal"), REFUSED)
async def test_a_refused_message_leaves_nothing(changes: dict[str, Any], refusal: Refusal) -> None:
    """Whatever is wrong with it, also under a key."""
    world = World()
    assert await refused(send(world, **changes)) is refusal
    assert await refused(send(world, **changes, idempotent_key=KEY)) is refusal
    assert await nothing_exists(world)


async def test_faults_are_told_in_the_contracts_order() -> None:
    """Each one hides those after it."""
    world = World()
    wrong: dict[str, Any] = {
        "existing_attachments": (AttachmentId(new_id("no file")),),
        "content": content(title=" "),
        "due_date_time": NOW - timedelta(days=1),
        "recipients": (organisation("999999999"), organisation("999999999")),
    }
    found = [await refused(send(world, **wrong))]
    wrong["recipients"] = (organisation("999999999"),)
    found.append(await refused(send(world, **wrong)))
    for fault in ("recipients", "due_date_time", "content"):
        del wrong[fault]
        found.append(await refused(send(world, **wrong)))
    assert [refusal.number for refusal in found] == [1006, 1029, 1008, 1020, 1007]


async def test_access_is_asked_after_the_resource_and_before_its_type() -> None:
    """1036, then 4001, then 4010, then 4006 and 4002."""
    world = World()
    broker = replace(world.registry.resources[RESOURCE], id=ResourceId("broker"), type="BrokerService")
    world.registry.resources[broker.id] = broker
    permit(world)
    assert await refused(send(world, resource_id=ResourceId("nowhere"))) is Refusal.RESOURCE_UNKNOWN
    assert await refused(send(world, resource_id=broker.id)) is Refusal.NO_ACCESS
    world.decisions.only = None
    assert await refused(send(world, resource_id=broker.id)) is Refusal.RESOURCE_TYPE_CORRESPONDENCE
    nobody = replace(SENDER, party=None)
    assert await refused(initialise(world.app, nobody, message())) is Refusal.CALLER_UNKNOWN
    del world.registry.known[AGENCY]
    assert await refused(send(world)) is Refusal.PARTY_UNKNOWN


async def test_files_that_do_not_match_are_told_after_access_and_names_and_before_expiry() -> None:
    """4001, then 2013, then 1005, then 2017; no file of the form is kept."""
    world = World()
    file = await staged(world, "a.pdf")
    permit(world)
    wrong: dict[str, Any] = {"new_attachments": (new_attachment(file_name="x.exe", expiration_in_days=0),)}
    assert await refused(send(world, file, **wrong)) is Refusal.NO_ACCESS
    world.decisions.only = None
    assert await refused(send(world, file, **wrong)) is Refusal.FILE_TYPE_NOT_ALLOWED
    wrong["new_attachments"] = (new_attachment(file_name="b.pdf", expiration_in_days=0),)
    assert await refused(send(world, file, **wrong)) is Refusal.FILES_DO_NOT_MATCH
    assert await refused(send(world, file)) is Refusal.FILES_DO_NOT_MATCH
    wrong["new_attachments"] = (new_attachment(file_name="a.pdf", expiration_in_days=0),)
    assert await refused(send(world, file, **wrong)) is Refusal.EXPIRATION_TOO_SHORT
    assert await nothing_exists(world)
    assert not world.attachments.partitions


async def test_a_confidential_resource_wants_the_flag() -> None:
    """1060 without it; 1068 for forwarding from a resource that asks for a level."""
    world = World()
    resource = world.registry.resources[RESOURCE]
    world.registry.resources[RESOURCE] = replace(resource, confidential=True)
    assert await refused(send(world)) is Refusal.CONFIDENTIAL_FLAG_MISSING
    world.registry.resources[RESOURCE] = replace(resource, minimum_level=3)
    assert await refused(send(world, allow_forwarding=True)) is Refusal.FORWARDING_NEEDS_LEVEL_0


async def test_unknown_recipients_are_named_to_the_caller_and_to_nobody_else() -> None:
    """The detail lists them; the text of the exception, which is logged, does not."""
    world = World()
    with pytest.raises(DomainError) as caught:
        await send(world, recipients=(organisation("999999999"),))
    assert "999999999" in caught.value.detail
    assert "999999999" not in str(caught.value)


async def test_one_reserved_recipient_refuses_the_message_and_many_do_not() -> None:
    """1030 alone; among others it is accepted as Reserved, and nobody is told of it."""
    world = World()
    world.registry.contact_points[PERSON] = ContactPoint(reserved=True)
    assert await refused(send(world, recipients=(PERSON,))) is Refusal.RECIPIENT_RESERVED
    assert await nothing_exists(world)
    made = await send(world, recipients=(PERSON, BUSINESS))
    assert [one.status for one in made.correspondences] == [Status.RESERVED, Status.READY_FOR_PUBLISH]
    ignoring = await send(world, recipients=(PERSON,), ignore_reservation=True)
    assert ignoring.correspondences[0].status is Status.READY_FOR_PUBLISH


async def test_a_reservation_register_that_does_not_answer_refuses() -> None:
    """1032, unless nobody wants to know; organisations are not asked about."""
    world = World()

    async def down() -> None:
        raise Unavailable("register")

    world.meanwhile["registry.contacts"] = down
    assert await refused(send(world, recipients=(PERSON,))) is Refusal.RESERVATION_LOOKUP_FAILED
    world.meanwhile["registry.contacts"] = down
    assert (await send(world, recipients=(PERSON,), ignore_reservation=True)).correspondences
    assert (await send(world, recipients=(BUSINESS,))).correspondences


async def test_existing_files_are_used_and_linked_by_every_letter() -> None:
    """With an expiry of their own where the file has one."""
    world = World()
    file, brief = await stored(world), await stored(world, expiration_in_days=3)
    made = await send(world, recipients=(PERSON, BUSINESS), existing_attachments=(file, brief))
    assert made.attachment_ids == (file, brief)
    for one in made.correspondences:
        assert [use.expires for use in state_of(world, one.id).attachments] == [None, NOW + timedelta(days=3)]
        assert one.id in world.attachments.uses[file]


async def test_files_that_cannot_be_used_are_refused() -> None:
    """1018 not scanned yet or being deleted, 1017 of another sender, 1069 too large to forward."""
    world = World()
    file = await uploaded(world)
    assert await refused(send(world, existing_attachments=(file,))) is Refusal.ATTACHMENT_NOT_PUBLISHED
    other = await stored(world)
    kept = world.attachments.partitions[other]
    kept.state = replace(kept.state, closing=True)
    assert await refused(send(world, existing_attachments=(other,))) is Refusal.ATTACHMENT_NOT_PUBLISHED
    kept.state = replace(kept.state, closing=False, sender=OTHER_AGENCY)
    assert await refused(send(world, existing_attachments=(other,))) is Refusal.ATTACHMENT_OF_ANOTHER_SENDER
    assert kept.state.stored is not None
    kept.state = replace(kept.state, sender=AGENCY, stored=replace(kept.state.stored, size=10_000_001))
    too_large = send(world, existing_attachments=(other,), allow_forwarding=True)
    assert await refused(too_large) is Refusal.FORWARDING_TOO_LARGE
    assert await nothing_exists(world)


@pytest.mark.parametrize("call", ["attachments.link", "attachments.load_many"])
async def test_a_file_that_is_deleted_at_the_same_time_is_used_or_deleted_and_never_both(call: str) -> None:
    """Whoever comes second is refused: the message (1018) or the deletion (2007)."""
    world = World()
    file = await stored(world)
    deletions: list[Refusal | None] = []

    async def deleted() -> None:
        try:
            await attachments.delete(world.app, SENDER, file)
        except DomainError as refusal:
            deletions.append(refusal.refusal)
        else:
            deletions.append(None)

    async def later() -> None:
        world.meanwhile["attachments.load_many"] = deleted

    world.meanwhile["attachments.link"] = deleted if call == "attachments.link" else later
    try:
        made = await send(world, existing_attachments=(file,))
    except DomainError as refusal:
        assert refusal.refusal is Refusal.ATTACHMENT_NOT_PUBLISHED
        assert deletions == [None]
        assert not world.attachments.uses[file]
    else:
        assert deletions == [Refusal.ATTACHMENT_IN_USE]
        await world.settle()
        assert state_of(world, made.correspondences[0].id).status is Status.PUBLISHED


async def test_new_files_are_stored_and_wait_for_their_scan() -> None:
    """One attachment each, in the order of the metadata, shared by all letters, first in the list."""
    world = World()
    old = await stored(world)
    new = (new_attachment(expiration_in_days=5), new_attachment(file_name="kart.png", checksum=""))
    files = [await staged(world), await staged(world, "kart.png", b"\x89PNG")]
    made = await send(
        world, *reversed(files), recipients=(PERSON, BUSINESS), new_attachments=new, existing_attachments=(old,)
    )
    assert made.attachment_ids == (files[0].attachment_id, files[1].attachment_id, old)
    assert {one.status for one in made.correspondences} == {Status.INITIALIZED}
    assert file_of(world, files[1].attachment_id).status is AttachmentStatus.UPLOAD_PROCESSING
    assert world.blobs.blobs[files[0].attachment_id][0] == CONTENT
    uses = state_of(world, made.correspondences[1].id).attachments
    assert [use.expires for use in uses] == [NOW + timedelta(days=5), None, None]


async def test_a_file_with_a_wrong_checksum_refuses_the_message() -> None:
    """2008: no letter, the attachment is left as failed and its bytes are gone."""
    world = World()
    file = await staged(world)
    new = (new_attachment(checksum="0" * 32),)
    assert await refused(send(world, file, new_attachments=new)) is Refusal.CHECKSUM_MISMATCH
    assert file_of(world, file.attachment_id).status is AttachmentStatus.FAILED
    assert not world.blobs.blobs
    assert await nothing_exists(world)
    right = hashlib.md5(CONTENT, usedforsecurity=False).hexdigest().upper()
    assert await send(world, await staged(world), new_attachments=(new_attachment(checksum=right),))


@pytest.mark.parametrize("failure", [Unavailable("blobs"), Conflict("blobs")])
async def test_a_file_that_cannot_be_stored_refuses_the_message(failure: Exception) -> None:
    """2002, and the attachment says that it failed."""
    world = World()
    file = await staged(world)
    world.blobs.fail(failure)
    assert await refused(send(world, file, new_attachments=(new_attachment(),))) is Refusal.UPLOAD_FAILED
    assert file_of(world, file.attachment_id).status is AttachmentStatus.FAILED
    assert await nothing_exists(world)


async def test_one_letter_that_cannot_be_made_now_does_not_stop_the_others() -> None:
    """It is raised when all others are there; the repeat makes the missing one and no other."""
    world = World()
    keyed: dict[str, Any] = {"recipients": (PERSON, BUSINESS), "idempotent_key": KEY, "digest": "d"}
    world.correspondences.fail(Unavailable("tables"))
    with pytest.raises(Unavailable):
        await send(world, **keyed)
    assert len(world.correspondences.partitions) == 1
    world.now += timedelta(minutes=6)
    made = await send(world, **keyed)
    assert {one.id for one in made.correspondences} == set(world.correspondences.partitions)


async def test_a_repeat_with_files_uses_those_of_the_first_try() -> None:
    """Whichever of the letters the first try had made: all have the same files, and the answer names them."""
    world = World()
    keyed: dict[str, Any] = {
        "recipients": (PERSON, BUSINESS),
        "new_attachments": (new_attachment(),),
        "idempotent_key": KEY,
        "digest": "d",
    }
    first = await staged(world)
    world.correspondences.fail(Unavailable("tables"))
    with pytest.raises(Unavailable):
        await send(world, first, **keyed)
    world.now += timedelta(minutes=6)
    made = await send(world, await staged(world), **keyed)
    assert made.attachment_ids == (first.attachment_id,)
    for one in made.correspondences:
        assert [use.id for use in state_of(world, one.id).attachments] == [first.attachment_id]
    assert set(world.blobs.blobs) == {first.attachment_id}


async def test_of_two_that_run_at_the_same_time_the_letters_tell_which_files_count() -> None:
    """The slower one finds the letter made, and answers with its files."""
    world = World()
    keyed: dict[str, Any] = {"new_attachments": (new_attachment(),), "idempotent_key": KEY, "digest": "d"}
    slow, quick = await staged(world), await staged(world)
    made: list[Initialised] = []

    async def overtaken() -> None:
        world.now += timedelta(minutes=1)
        made.append(await send(world, quick, **keyed))

    world.meanwhile["correspondences.create"] = overtaken
    answer = await send(world, slow, **keyed)
    assert answer.attachment_ids == made[0].attachment_ids == (quick.attachment_id,)
    assert answer.correspondences == made[0].correspondences


async def test_a_writer_that_was_stopped_for_long_points_again_before_it_commits() -> None:
    """The sweep may have given the first pointer up by then; the facts are told all the same."""
    world = World()

    async def stopped() -> None:
        world.now += timedelta(minutes=20)

    world.meanwhile["mailboxes.point"] = stopped
    world.outbox.fail(Unavailable("service bus"))
    id_ = await sent(world)
    kept = [entry for entry in world.agenda.entries.values() if entry.written == world.now]
    assert len(kept) == 1
    await world.advance(timedelta(minutes=1))
    assert state_of(world, id_).status is Status.PUBLISHED


async def test_a_repeat_that_is_refused_keeps_what_the_first_try_may_have_made() -> None:
    """Its key stays taken and the file linked: a letter of the first try may need both."""
    world = World()
    file = await stored(world)
    keyed: dict[str, Any] = {"existing_attachments": (file,), "idempotent_key": KEY, "digest": "d"}
    world.correspondences.fail(Unavailable("tables"))
    with pytest.raises(Unavailable):
        await send(world, **keyed)
    world.now += timedelta(minutes=1)

    async def closing() -> None:
        kept = world.attachments.partitions[file]
        kept.state = replace(kept.state, closing=True)

    world.meanwhile["attachments.link"] = closing
    assert await refused(send(world, **keyed)) is Refusal.ATTACHMENT_NOT_PUBLISHED
    assert len(world.attachments.uses[file]) == 1
    assert (AGENCY, KEY) in world.idempotency.requests


async def test_a_repeat_that_finds_nothing_made_stores_its_own_files() -> None:
    """The first try had come no further than its key."""
    world = World()
    keyed: dict[str, Any] = {"new_attachments": (new_attachment(),), "idempotent_key": KEY, "digest": "d"}
    world.correspondences.fail(Unavailable("tables"))
    with pytest.raises(Unavailable):
        await send(world, await staged(world), **keyed)
    world.now += timedelta(minutes=1)
    file = await staged(world)
    made = await send(world, file, **keyed)
    assert made.attachment_ids == (file.attachment_id,)
