"""The port Correspondences: what both the fake and the table do."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from shared.domain.correspondence import (
    AttachmentUse,
    BodyFormat,
    Correspondence,
    CorrespondenceChange,
    ExternalReference,
    ReferenceType,
    ReplyOption,
    Status,
)
from shared.domain.errors import Conflict
from shared.domain.forwarded import ForwardingState, reservation
from shared.domain.identifiers import AttachmentId, CorrespondenceId, PartyUrn
from shared.domain.notification import Medium, Notification, NotificationState, notification_id
from shared.domain.receiving import fetch, purge_by_sender
from shared.ports import Correspondences, Loaded
from tests.builders import AGENCY, BUSINESS, NOW, PERSON, content, notification_request
from tests.contract.storage.makers import PERMIT, fresh, initialised, new_correspondence, published


async def _created(port: Correspondences, **changes: object) -> Loaded[Correspondence]:
    change = initialised(**changes)
    assert await port.create(change, content(), PERMIT)
    loaded = await port.load(change.state.id)
    assert loaded is not None
    return loaded


def _notice(id_: str, state: NotificationState, number: int = 0) -> Notification:
    address = f"post{number}@example.no"
    return Notification(
        id=notification_id(id_, Medium.EMAIL, address, reminder=0),
        is_reminder=False,
        medium=Medium.EMAIL,
        address=address,
        recipient=BUSINESS,
        state=state,
        created=NOW + timedelta(seconds=number),
        changed=NOW,
    )


async def test_what_was_created_is_loaded_as_it_was(correspondences: Correspondences) -> None:
    """Every member of the root survives, whatever it holds."""
    change = initialised(
        senders_reference="ref/æ#?%'+\\ 🎉",
        due_date_time=NOW + timedelta(days=3),
        external_references=(ExternalReference(ReferenceType.DIALOG_ID, fresh()),),
        property_list={"a": "1", "b'": "2\n\x00"},
        reply_options=(ReplyOption("https://svar.example/", "Svar"), ReplyOption("https://svar.example/2")),
        notification=notification_request(send_reminder=True),
        attachments=(AttachmentUse(AttachmentId(fresh()), NOW), AttachmentUse(AttachmentId(fresh()))),
        idempotent_key=fresh(),
        is_confidential=True,
    )
    assert await correspondences.create(change, content(), PERMIT)
    loaded = await correspondences.load(change.state.id)
    assert loaded is not None
    assert loaded.state == change.state


async def test_a_forwarding_is_kept_with_the_root(correspondences: Correspondences) -> None:
    """Found by its id in its own partition, replaced by what is known later, and no notification."""
    loaded = await _created(correspondences)
    id_ = loaded.state.id
    wish = reservation(id_, "ada@friend.example", "Se her 🎉", PERSON, now=NOW)
    await correspondences.save(CorrespondenceChange(state=loaded.state, rows=(wish,)), loaded.etag, PERMIT)
    assert await correspondences.forwarding(id_, wish.id) == wish
    after = replace(wish, state=ForwardingState.DELIVERED)
    again = await correspondences.load(id_)
    assert again is not None
    await correspondences.save(CorrespondenceChange(state=again.state, rows=(after,)), again.etag, PERMIT)
    assert await correspondences.forwarding(id_, wish.id) == after
    assert await correspondences.forwarding(id_, fresh()) is None
    assert await correspondences.forwarding(CorrespondenceId(fresh()), wish.id) is None
    assert await correspondences.notifications(id_) == []


async def test_an_unknown_one_is_none(correspondences: Correspondences) -> None:
    """Nothing is there under an id that was never used."""
    id_ = CorrespondenceId(fresh())
    assert await correspondences.load(id_) is None
    assert await correspondences.content(id_, PERMIT) is None
    assert await correspondences.last_seen(id_, PERSON) is None
    assert not await correspondences.history(id_)
    assert not await correspondences.notifications(id_)


async def test_a_second_create_changes_nothing(correspondences: Correspondences) -> None:
    """The first one stays, and the second is told that it exists."""
    first = initialised()
    second = initialised(id=first.state.id, message_sender="Somebody else")
    assert await correspondences.create(first, content(), PERMIT)
    assert not await correspondences.create(second, content(title="Other"), PERMIT)
    loaded = await correspondences.load(first.state.id)
    body = await correspondences.content(first.state.id, PERMIT)
    assert loaded is not None and body is not None
    assert (loaded.state.message_sender, body.title) == ("Example Agency", "Vedtak")


@pytest.mark.parametrize("body", ["x" * 30_000, "æ" * 30_000, "🎉" * 30_000, "a🎉" * 15_000, "\ud800 alone", ""])
async def test_a_body_of_any_characters_is_kept(correspondences: Correspondences, body: str) -> None:
    """30,000 characters fit, also when each is two UTF-16 units; half a surrogate pair does no harm."""
    change = initialised()
    written = content(body=body, format=BodyFormat.HTML)
    assert await correspondences.create(change, written, PERMIT)
    assert await correspondences.content(change.state.id, PERMIT) == written


async def test_a_body_that_looks_like_a_batch_is_kept(correspondences: Correspondences) -> None:
    """Text that could be taken for the wire format of a transaction is only text."""
    body = "--changeset_1\r\nContent-Type: application/http\r\n\r\nPOST http://a.no/x HTTP/1.1\r\n\r\n{}--batch_1--"
    change = initialised()
    assert await correspondences.create(change, content(body=body), PERMIT)
    kept = await correspondences.content(change.state.id, PERMIT)
    assert kept is not None and kept.body == body


async def test_a_hundred_attachment_uses_fit(correspondences: Correspondences) -> None:
    """The most attachments that a correspondence can have lie in its root."""
    uses = tuple(AttachmentUse(AttachmentId(fresh()), NOW) for _ in range(100))
    loaded = await _created(correspondences, attachments=uses)
    assert loaded.state.attachments == uses


async def test_history_and_facts_come_in_order(correspondences: Correspondences) -> None:
    """They are numbered together, and facts can be read from a sequence on."""
    loaded = await _created(correspondences)
    await correspondences.save(published(loaded.state), loaded.etag, PERMIT)
    id_ = loaded.state.id
    history = await correspondences.history(id_)
    facts = await correspondences.facts(id_)
    assert [entry.status for entry in history] == [Status.INITIALIZED, Status.READY_FOR_PUBLISH, Status.PUBLISHED]
    assert sorted([e.sequence for e in history] + [f.sequence for f in facts]) == [1, 2, 3, 4, 5]
    assert await correspondences.facts(id_, after=facts[0].sequence) == facts[1:]
    assert not await correspondences.facts(id_, after=5)


async def test_a_stale_version_is_refused(correspondences: Correspondences) -> None:
    """Of two writers with the same version one succeeds; nothing of the other is kept."""
    loaded = await _created(correspondences)
    change = published(loaded.state)
    await correspondences.save(change, loaded.etag, PERMIT)
    with pytest.raises(Conflict):
        await correspondences.save(change, loaded.etag, PERMIT)
    assert len(await correspondences.history(loaded.state.id)) == 3


async def test_one_of_many_racing_writers_wins(correspondences: Correspondences) -> None:
    """Ten writers with the same version: one commit, nine conflicts."""
    loaded = await _created(correspondences)
    changes = [replace(published(loaded.state), state=replace(loaded.state, reminded=n)) for n in range(10)]
    outcomes = await asyncio.gather(
        *(correspondences.save(change, loaded.etag, PERMIT) for change in changes), return_exceptions=True
    )
    assert sorted(type(outcome).__name__ for outcome in outcomes) == ["Conflict"] * 9 + ["NoneType"]


async def test_saving_what_does_not_exist_is_a_conflict(correspondences: Correspondences) -> None:
    """A version of something else opens nothing."""
    loaded = await _created(correspondences)
    with pytest.raises(Conflict):
        await correspondences.save(initialised(), loaded.etag, PERMIT)


async def test_the_version_changes_with_every_save(correspondences: Correspondences) -> None:
    """Twenty saves one after the other, each under the version that the load before it gave."""
    loaded = await _created(correspondences)
    for number in range(20):
        change = CorrespondenceChange(state=replace(loaded.state, dialog_cursor=number))
        await correspondences.save(change, loaded.etag, PERMIT)
        again = await correspondences.load(loaded.state.id)
        assert again is not None
        assert again.state.dialog_cursor == number
        loaded = again


@pytest.mark.parametrize("party", [PERSON, PartyUrn("urn:altinn:person:legacy-selfidentified:o'n/æ#?%\\")])
async def test_a_look_is_noted_with_the_fetch(correspondences: Correspondences, party: PartyUrn) -> None:
    """The time of the look is the time of the change; other parties' looks are their own."""
    loaded = await _created(correspondences)
    await correspondences.save(published(loaded.state), loaded.etag, PERMIT)
    loaded = await correspondences.load(loaded.state.id) or loaded
    later = NOW + timedelta(minutes=1)
    change = fetch(loaded.state, party, last=None, now=later)
    assert change is not None
    await correspondences.save(change, loaded.etag, PERMIT, seen=party)
    assert await correspondences.last_seen(loaded.state.id, party) == later
    assert await correspondences.last_seen(loaded.state.id, BUSINESS) is None


async def test_notifications_are_one_row_each(correspondences: Correspondences) -> None:
    """A later state replaces the earlier one; they come oldest first."""
    loaded = await _created(correspondences)
    id_ = loaded.state.id
    sending = tuple(_notice(id_, NotificationState.SENDING, n) for n in (2, 0, 1))
    await correspondences.save(CorrespondenceChange(state=loaded.state, rows=sending), loaded.etag, PERMIT)
    loaded = await correspondences.load(id_) or loaded
    sent = _notice(id_, NotificationState.SENT, 1)
    await correspondences.save(CorrespondenceChange(state=loaded.state, rows=(sent,)), loaded.etag, PERMIT)
    assert list(await correspondences.notifications(id_)) == [sending[1], sent, sending[0]]


async def test_nothing_is_saved_or_opened_without_a_permit(correspondences: Correspondences) -> None:
    """Whoever comes without one is turned away, also where types are not checked."""
    change = initialised()
    nothing: object = None
    with pytest.raises(TypeError):
        await correspondences.create(change, content(), nothing)  # type: ignore[arg-type]
    loaded = await _created(correspondences)
    with pytest.raises(TypeError):
        await correspondences.save(published(loaded.state), loaded.etag, nothing)  # type: ignore[arg-type]
    with pytest.raises(TypeError):
        await correspondences.content(loaded.state.id, nothing)  # type: ignore[arg-type]
    assert await correspondences.load(change.state.id) is None


async def test_ids_that_differ_in_case_only_are_two(correspondences: Correspondences) -> None:
    """Keys are compared sign by sign."""
    lower = new_correspondence()
    upper = CorrespondenceId(lower.id.upper())
    assert await correspondences.create(initialised(id=lower.id), content(), PERMIT)
    assert await correspondences.load(upper) is None


@pytest.mark.parametrize("forwardings", [1, 99])
async def test_a_purge_takes_every_forwarding_away(correspondences: Correspondences, forwardings: int) -> None:
    """No address and no words of whoever forwarded it are left, however many there were; those of others stay."""
    other, loaded = await _created(correspondences), await _created(correspondences)
    wishes = [
        reservation(loaded.state.id, f"{n}@friend.example", "Se her", PERSON, now=NOW) for n in range(forwardings)
    ]
    for number in range(0, forwardings, 50):
        rows = tuple(wishes[number : number + 50])
        await correspondences.save(CorrespondenceChange(state=loaded.state, rows=rows), loaded.etag, PERMIT)
        loaded = await correspondences.load(loaded.state.id) or loaded
    await correspondences.save(CorrespondenceChange(state=other.state, rows=(wishes[0],)), other.etag, PERMIT)
    await correspondences.save(purge_by_sender(loaded.state, AGENCY, now=NOW), loaded.etag, PERMIT)
    assert [await correspondences.forwarding(loaded.state.id, wish.id) for wish in wishes] == [None] * forwardings
    assert await correspondences.forwarding(other.state.id, wishes[0].id) == wishes[0]


async def test_a_purge_takes_the_content_away(correspondences: Correspondences) -> None:
    """In its own commit, and only then; the history stays."""
    change = initialised(requested_publish_time=NOW + timedelta(days=1))
    assert await correspondences.create(change, content(), PERMIT)
    loaded = await correspondences.load(change.state.id)
    assert loaded is not None
    purged = purge_by_sender(loaded.state, AGENCY, now=NOW)
    await correspondences.save(purged, loaded.etag, PERMIT)
    assert await correspondences.content(change.state.id, PERMIT) is None
    again = await correspondences.load(change.state.id)
    assert again is not None
    await correspondences.save(CorrespondenceChange(state=replace(again.state, dialog_cursor=9)), again.etag, PERMIT)
    assert len(await correspondences.history(change.state.id)) == 3
