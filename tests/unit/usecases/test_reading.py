"""Who sees what of a correspondence, when, and which traces a look leaves."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from shared.domain.attachment import REPLACED, AttachmentStatus
from shared.domain.correspondence import ReplyOption, Status
from shared.domain.dialog import dialog_id
from shared.domain.errors import DomainError, Refusal, Unavailable
from shared.domain.facts import FactType
from shared.domain.identifiers import AttachmentId, CorrespondenceId, ResourceId
from shared.domain.policy import Action, Issuer, Scope, Subject
from shared.usecases import acting, downloading, reading
from tests.builders import NOW, PERSON, RESOURCE, new_id, notification_request
from tests.fakes.world import READER, SENDER, World
from tests.unit.usecases.stories import (
    CONTENT,
    OWNER,
    RECIPIENT,
    facts_of,
    file_of,
    permit,
    published,
    read_all,
    refused,
    sent,
    state_of,
    stored,
)

UNKNOWN = CorrespondenceId(new_id("nobody"))
LOOKS: tuple[Callable[..., Awaitable[Any]], ...] = (
    reading.overview,
    reading.details,
    reading.open_content,
    reading.open_page,
)
WRITER = replace(READER, scopes=frozenset({Scope.READ, Scope.WRITE}))
"""A recipient whose token could send mail too, for somebody else."""


@pytest.fixture
def world() -> World:
    """Everybody may do everything until a test says otherwise."""
    return World()


async def letter(world: World, **changes: Any) -> CorrespondenceId:
    """A published letter; from then on only its recipient is let in."""
    world.decisions.only = None
    id_ = await published(world, **changes)
    permit(world, *RECIPIENT)
    return id_


@pytest.mark.parametrize("look", LOOKS)
async def test_what_does_not_exist_is_not_found_whoever_asks(world: World, look: Any) -> None:
    """1001 comes before any question of access."""
    permit(world)
    assert await refused(look(world.app, READER, UNKNOWN)) is Refusal.CORRESPONDENCE_NOT_FOUND
    assert not world.decisions.asked


@pytest.mark.parametrize("look", LOOKS)
async def test_a_stranger_has_no_access(world: World, look: Any) -> None:
    """4001 for a letter that exists and is not theirs, also when the resource has gone."""
    id_ = await letter(world)
    permit(world)
    assert await refused(look(world.app, READER, id_)) is Refusal.NO_ACCESS
    world.registry.resources.clear()
    assert await refused(look(world.app, READER, id_)) is Refusal.NO_ACCESS


@pytest.mark.parametrize("look", LOOKS)
@pytest.mark.parametrize("caller", [READER, WRITER], ids=["reader", "with a write scope"])
async def test_nothing_unpublished_reaches_a_recipient(world: World, look: Any, caller: Subject) -> None:
    """1001 before the publish time, with whatever scopes; the sender's own look is another matter."""
    id_ = await sent(world, requested_publish_time=NOW + timedelta(days=1))
    permit(world, *RECIPIENT)
    assert await refused(look(world.app, caller, id_)) is Refusal.CORRESPONDENCE_NOT_FOUND
    assert await world.correspondences.last_seen(id_, PERSON) is None


@pytest.mark.parametrize("look", LOOKS)
@pytest.mark.parametrize("caller", [READER, WRITER], ids=["reader", "with a write scope"])
async def test_nothing_purged_reaches_a_recipient(world: World, look: Any, caller: Subject) -> None:
    """1001 once it was purged, even when it shows a higher status."""
    id_ = await letter(world, existing_attachments=(await stored(world),))
    await downloading.download(world.app, READER, id_, state_of(world, id_).attachments[0].id)
    await acting.purge(world.app, READER, id_)
    assert state_of(world, id_).status is Status.ATTACHMENTS_DOWNLOADED
    assert await refused(look(world.app, caller, id_)) is Refusal.CORRESPONDENCE_NOT_FOUND


@pytest.mark.parametrize("look", LOOKS)
async def test_what_is_due_is_published_before_its_recipient_looks(world: World, look: Any) -> None:
    """Nobody comes too early when the sweep is late."""
    id_ = await sent(world, requested_publish_time=NOW + timedelta(days=1))
    permit(world, *RECIPIENT)
    world.now += timedelta(days=1)
    await look(world.app, READER, id_)
    assert Status.PUBLISHED in state_of(world, id_).ever


async def test_a_recipients_look_is_fetched_once_in_fifteen_seconds(world: World) -> None:
    """Overview and content are debounced together; details never."""
    id_ = await letter(world)
    for _ in range(2):
        await reading.overview(world.app, READER, id_)
        await reading.open_content(world.app, READER, id_)
    await reading.details(world.app, READER, id_)
    world.now += timedelta(seconds=15)
    await reading.overview(world.app, READER, id_)
    history = await world.correspondences.history(id_)
    assert [entry.status for entry in history].count(Status.FETCHED) == 3


@pytest.mark.parametrize("look", LOOKS)
async def test_a_token_that_could_send_leaves_no_trace(world: World, look: Any) -> None:
    """Not a look, and not a reading."""
    id_ = await letter(world)
    before = state_of(world, id_)
    await look(world.app, WRITER, id_)
    assert state_of(world, id_) == before


@pytest.mark.parametrize("look", LOOKS)
async def test_a_recipient_whom_the_register_forgot_cannot_be_noted(world: World, look: Any) -> None:
    """4002: who looked must be said."""
    id_ = await letter(world)
    del world.registry.known[PERSON]
    assert await refused(look(world.app, READER, id_)) is Refusal.PARTY_UNKNOWN


@pytest.mark.parametrize("look", LOOKS)
async def test_a_token_that_names_nobody_cannot_be_noted(world: World, look: Any) -> None:
    """4006: who looked must be said."""
    id_ = await letter(world)
    assert await refused(look(world.app, replace(READER, party=None), id_)) is Refusal.CALLER_UNKNOWN


async def test_opening_is_reading_the_first_time(world: World) -> None:
    """One event however often it is opened; the body goes out as it may be shown."""
    id_ = await letter(world)
    assert await reading.open_content(world.app, READER, id_) == "Et *vedtak*."
    await reading.open_content(world.app, READER, id_)
    assert facts_of(world, id_).count(FactType.READ) == 1
    assert state_of(world, id_).status is Status.READ


async def test_opening_the_page_is_reading_too(world: World) -> None:
    """With the title and the language of the letter."""
    id_ = await letter(world)
    page = await reading.open_page(world.app, READER, id_)
    assert page == reading.Page("nb", "Vedtak", "<p>Et *vedtak*.</p>")
    assert state_of(world, id_).status is Status.READ


@pytest.mark.parametrize(("number", "shown"), [(3, False), (4, True)])
async def test_replies_without_buttons_are_in_the_body(world: World, number: int, shown: bool) -> None:
    """In the overview and when it is opened, not in the details; up to three are left to the dialog."""
    options = tuple(ReplyOption(f"https://agency.example/{n}", "Svar") for n in range(number))
    id_ = await letter(world, reply_options=options)
    view = await reading.overview(world.app, READER, id_)
    assert view.content is not None
    assert view.content.body == view.shown_body == await reading.open_content(world.app, READER, id_)
    assert ("https://agency.example/3" in view.shown_body) is shown
    assert (await reading.details(world.app, READER, id_)).shown_body == "Et *vedtak*."


async def test_a_sender_sees_the_body_as_it_was_sent(world: World) -> None:
    """Before publication, with as many replies as you like."""
    options = tuple(ReplyOption(f"https://agency.example/{n}") for n in range(4))
    id_ = await sent(world, reply_options=options, requested_publish_time=NOW + timedelta(hours=1))
    permit(world, *OWNER)
    assert (await reading.overview(world.app, SENDER, id_)).shown_body == "Et *vedtak*."


async def test_looking_is_not_reading(world: World) -> None:
    """Overview and details leave the status as it is."""
    id_ = await letter(world)
    view = await reading.overview(world.app, READER, id_)
    assert view.content is not None
    assert view.shown_body == "Et *vedtak*."
    await reading.details(world.app, READER, id_)
    assert state_of(world, id_).status is Status.PUBLISHED


async def test_a_sender_cannot_open_the_body(world: World) -> None:
    """4001: only a recipient opens."""
    id_ = await published(world)
    permit(world, *OWNER)
    assert await refused(reading.open_content(world.app, SENDER, id_)) is Refusal.NO_ACCESS


async def test_a_body_that_is_not_there_is_not_found(world: World) -> None:
    """1001 for a partition without its content row."""
    id_ = await letter(world)
    world.correspondences.contents.clear()
    assert await refused(reading.open_content(world.app, READER, id_)) is Refusal.CORRESPONDENCE_NOT_FOUND


async def test_a_letter_purged_while_it_is_opened_is_not_found(world: World) -> None:
    """1001, and no reading on record after the purge."""
    id_ = await letter(world)

    async def purged() -> None:
        await acting.purge(world.app, READER, id_)

    world.meanwhile["correspondences.last_seen"] = purged
    assert await refused(reading.open_content(world.app, READER, id_)) is Refusal.CORRESPONDENCE_NOT_FOUND
    assert not state_of(world, id_).ever & {Status.READ, Status.FETCHED}


async def test_a_sender_sees_the_text_until_publication(world: World) -> None:
    """Afterwards neither text nor attachments, and the recipient's own doings are not in the history."""
    file = await stored(world)
    id_ = await sent(world, requested_publish_time=NOW + timedelta(hours=1), existing_attachments=(file,))
    permit(world, *OWNER)
    before = await reading.overview(world.app, SENDER, id_)
    assert before.content is not None
    assert [attachment.id for _, attachment in before.attachments] == [file]
    await world.settle()
    await world.advance(timedelta(hours=1))
    after = await reading.overview(world.app, SENDER, id_)
    assert (after.content, after.shown_body, after.attachments) == (None, None, ())


async def test_a_senders_history_hides_the_purge_and_the_letter_is_gone(world: World) -> None:
    """Details stay; the overview is 1001."""
    id_ = await letter(world)
    await acting.purge(world.app, READER, id_)
    permit(world, *OWNER)
    view = await reading.details(world.app, SENDER, id_)
    assert Status.PUBLISHED in {entry.status for entry in view.history}
    assert Status.PURGED_BY_RECIPIENT not in {entry.status for entry in view.history}
    assert await refused(reading.overview(world.app, SENDER, id_)) is Refusal.CORRESPONDENCE_NOT_FOUND


async def test_a_recipients_history_is_complete(world: World) -> None:
    """Every status in order, their own look included."""
    id_ = await letter(world)
    view = await reading.details(world.app, READER, id_)
    assert [entry.status for entry in view.history] == ["Initialized", "ReadyForPublish", "Published", "Fetched"]


async def test_notices_are_shown_where_they_were_asked_for(world: World) -> None:
    """Those of the letter; none where none was wanted."""
    with_notice = await letter(world, notification=notification_request())
    view = await reading.overview(world.app, READER, with_notice)
    assert [notice.address for notice in view.notifications] == ["kari@person.example"]
    assert (await reading.details(world.app, READER, with_notice)).owner_code == "exa"
    without = await letter(world)
    assert (await reading.overview(world.app, READER, without)).notifications == ()


def dialog_token(dialog: str | None) -> Subject:
    """A token of Dialogporten for this dialog."""
    return Subject(
        issuer=Issuer.DIALOGPORTEN,
        party=PERSON,
        level=3,
        dialog_id=dialog,
        dialog_actions=frozenset({"read"}),
        dialog_party=PERSON,
    )


@pytest.mark.parametrize("look", LOOKS)
async def test_a_dialogs_token_opens_its_own_letter_only(world: World, look: Any) -> None:
    """4001 with the token of another dialog of the same person, or of none."""
    id_, other = await letter(world), new_id("dialog")
    assert await refused(look(world.app, dialog_token(other), id_)) is Refusal.NO_ACCESS
    assert await refused(look(world.app, dialog_token(None), id_)) is Refusal.NO_ACCESS
    assert await look(world.app, dialog_token(dialog_id(state_of(world, id_))), id_)


async def with_file(world: World, **changes: Any) -> tuple[CorrespondenceId, AttachmentId]:
    """A published letter with a file."""
    file = await stored(world, **changes)
    return await letter(world, existing_attachments=(file,)), file


async def test_a_download_gives_the_bytes_and_is_noted_each_time(world: World) -> None:
    """A status each time, an event once; a part of the bytes can be read."""
    id_, file = await with_file(world)
    for _ in range(2):
        found = await downloading.download(world.app, READER, id_, file)
        assert await read_all(found.read(0, None)) == CONTENT
        assert await read_all(found.read(1, 3)) == CONTENT[1:4]
    history = [entry.status for entry in await world.correspondences.history(id_)]
    assert history.count(Status.ATTACHMENTS_DOWNLOADED) == 2
    assert facts_of(world, id_).count(FactType.ATTACHMENT_DOWNLOADED) == 1


async def test_a_file_the_letter_does_not_have_is_not_found(world: World) -> None:
    """2001 before any question of access, also for a file of another letter and one that has gone."""
    id_, file = await with_file(world)
    other = await letter(world)
    permit(world)
    assert await refused(downloading.download(world.app, READER, other, file)) is Refusal.ATTACHMENT_NOT_FOUND
    assert await refused(downloading.download(world.app, READER, UNKNOWN, file)) is Refusal.CORRESPONDENCE_NOT_FOUND
    world.attachments.partitions.clear()
    assert await refused(downloading.download(world.app, READER, id_, file)) is Refusal.ATTACHMENT_NOT_FOUND


async def test_a_download_needs_the_right_to_the_message_and_to_the_file(world: World) -> None:
    """4001 when either is missing, and with another dialog's token."""
    id_, file = await with_file(world)
    for pair in RECIPIENT:
        permit(world, pair)
        assert await refused(downloading.download(world.app, READER, id_, file)) is Refusal.NO_ACCESS
    permit(world, *RECIPIENT)
    other = dialog_token(new_id("dialog"))
    assert await refused(downloading.download(world.app, other, id_, file)) is Refusal.NO_ACCESS


async def test_the_right_to_a_file_is_that_of_the_files_own_resource(world: World) -> None:
    """A file of another resource is asked about there."""
    elsewhere = replace(world.registry.resources[RESOURCE], id=ResourceId("elsewhere"))
    world.registry.resources[elsewhere.id] = elsewhere
    id_, file = await with_file(world, resource_id=elsewhere.id)
    world.decisions.asked.clear()
    await downloading.download(world.app, READER, id_, file)
    assert (Action.READ_ATTACHMENT, elsewhere.id) in {(a, resource.id) for _, a, resource, _ in world.decisions.asked}


async def test_no_file_of_an_unpublished_letter_is_given_out(world: World) -> None:
    """1001 until the publish time."""
    file = await stored(world)
    id_ = await sent(world, requested_publish_time=NOW + timedelta(days=1), existing_attachments=(file,))
    assert await refused(downloading.download(world.app, WRITER, id_, file)) is Refusal.CORRESPONDENCE_NOT_FOUND


async def test_a_use_that_has_expired_is_refused(world: World) -> None:
    """2020 from the use's own expiry on."""
    id_, file = await with_file(world, expiration_in_days=3)
    world.now += timedelta(days=3)
    assert await refused(downloading.download(world.app, READER, id_, file)) is Refusal.ATTACHMENT_EXPIRED


async def test_swapped_bytes_are_never_given_out(world: World) -> None:
    """2001 instead of what is there now; the file is withdrawn, its sender told, and the letter stays."""
    id_, file = await with_file(world)
    found = await downloading.download(world.app, READER, id_, file)
    world.blobs.swap(file, b"something else!")
    assert await refused(read_all(found.read(0, None))) is Refusal.ATTACHMENT_NOT_FOUND
    assert (file_of(world, file).status, file_of(world, file).status_text) == (AttachmentStatus.FAILED, REPLACED)
    assert facts_of(world, file)[-1] is FactType.ATTACHMENT_UPLOAD_FAILED
    version = world.attachments.partitions[file].version
    assert await refused(read_all(found.read(0, None))) is Refusal.ATTACHMENT_NOT_FOUND
    assert world.attachments.partitions[file].version == version, "said once"
    await world.settle()
    assert Status.FAILED not in state_of(world, id_).ever
    assert await refused(downloading.download(world.app, READER, id_, file)) is Refusal.ATTACHMENT_NOT_FOUND


async def test_bytes_that_are_purged_while_they_are_read_are_not_called_swapped(world: World) -> None:
    """The attachment stays as it is: purged."""
    id_, file = await with_file(world)
    found = await downloading.download(world.app, READER, id_, file)
    await acting.purge(world.app, READER, id_)
    await world.settle()
    assert file_of(world, file).status is AttachmentStatus.PURGED
    assert await refused(read_all(found.read(0, None))) is Refusal.ATTACHMENT_NOT_FOUND
    assert file_of(world, file).status is AttachmentStatus.PURGED


async def test_a_swap_that_cannot_be_noted_is_not_served_either(world: World) -> None:
    """The table is down: 2001, and the next reader notes it."""
    id_, file = await with_file(world)
    found = await downloading.download(world.app, READER, id_, file)
    world.blobs.swap(file, b"something else!")
    world.attachments.fail(Unavailable("table"))
    for status in (AttachmentStatus.PUBLISHED, AttachmentStatus.FAILED):
        assert await refused(read_all(found.read(0, None))) is Refusal.ATTACHMENT_NOT_FOUND
        assert file_of(world, file).status is status


async def test_refusals_hold_no_personal_data(world: World) -> None:
    """The text of the exception is a number and a name of ours."""
    id_ = await letter(world)
    permit(world)
    with pytest.raises(DomainError) as caught:
        await reading.overview(world.app, READER, id_)
    assert str(caught.value) == "4001 NO_ACCESS"
