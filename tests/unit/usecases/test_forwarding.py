"""Forwarding to an e-mail address: once each, never twice, and looked after until it has arrived."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from shared.domain import forwarding as rules
from shared.domain.attachment import External
from shared.domain.correspondence import Status
from shared.domain.dialog import dialog_id
from shared.domain.errors import Refusal, Rejected, Unavailable
from shared.domain.facts import INTERNAL, FactType
from shared.domain.forwarded import LOOKS, Forwarding, ForwardingState
from shared.domain.identifiers import CorrespondenceId
from shared.ports import EmailOutcome
from shared.usecases import acting, forwarding, reading
from tests.builders import content, new_id
from tests.fakes.world import READER, SENDER, Crash, World
from tests.unit.usecases.stories import OWNER, RECIPIENT, facts_of, permit, published, refused, sent, state_of, stored

ADDRESS = "Ada@friend.example"
DOWN = Unavailable("email")


async def letter(world: World, *, read: bool = True, **changes: Any) -> CorrespondenceId:
    """A letter that may be forwarded, opened by its recipient, who alone has any right."""
    world.decisions.only = None
    id_ = await published(world, **({"allow_forwarding": True} | changes))
    permit(world, *RECIPIENT)
    if read:
        await reading.open_content(world.app, READER, id_)
        await world.settle()
    return id_


async def forwarded(world: World, id_: CorrespondenceId, address: str = ADDRESS, text: str = "") -> str:
    return await forwarding.forward(world.app, READER, id_, address, text)


def kept(world: World, id_: CorrespondenceId, forwarding_id: str) -> Forwarding:
    return world.correspondences.forwardings[id_, forwarding_id]


def only(world: World) -> Forwarding:
    """The one forwarding that there is."""
    (one,) = world.correspondences.forwardings.values()
    return one


async def soon(world: World) -> None:
    """What is due now has been done."""
    await world.advance(timedelta(seconds=1))


async def test_a_friend_gets_the_message_with_its_files() -> None:
    """The title as subject, the forwarder's words, the body as written, the files with name and type."""
    world = World()
    file = await stored(world, b"%PDF-1.7 bytes")
    words = content(title="Vedtak  om\nbarnehage")
    id_ = await letter(world, existing_attachments=(file,), content=words)
    forwarding_id = await forwarded(world, id_, f"  {ADDRESS} ", "Se her")
    (mail,) = world.email.sent
    assert (mail.operation_id, mail.to, mail.subject) == (forwarding_id, ADDRESS, "Vedtak om barnehage")
    assert mail.plain_text == f"Se her\n\n{rules.SEPARATOR}\n\n{words.body}"
    assert [(a.name, a.media_type, a.content) for a in mail.attachments] == [
        ("vedtak.pdf", "application/pdf", b"%PDF-1.7 bytes")
    ]
    assert mail.html is None


async def test_without_words_the_body_stands_alone() -> None:
    """Nothing separates it from nothing."""
    world = World()
    await forwarded(world, await letter(world))
    assert world.email.sent[0].plain_text == content().body


async def test_too_large_files_stay_and_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """One byte too many together, and the e-mail has links that need a login."""
    world = World()
    files = [await stored(world, b"%PDF-1.7 " + bytes(11), file_name=f"{n}.pdf") for n in range(2)]
    id_ = await letter(world, existing_attachments=tuple(files))
    monkeypatch.setattr(rules, "MAX_ATTACHED_BYTES", 40)
    await forwarded(world, id_)
    monkeypatch.setattr(rules, "MAX_ATTACHED_BYTES", 39)
    await forwarded(world, id_, "b@friend.example")
    whole, linked = world.email.sent
    assert len(whole.attachments) == 2
    assert linked.attachments == ()
    base = f"https://c.example/correspondence/api/v1/correspondence/{id_}/attachment"
    assert linked.plain_text.endswith("\n".join(f"{n}.pdf: {base}/{f}/download" for n, f in enumerate(files)))


async def test_what_lies_elsewhere_is_named() -> None:
    """With its address there, beside the files that go along."""
    world = World()
    there, here = [await stored(world, file_name=name) for name in ("there.pdf", "here.pdf")]
    id_ = await letter(world, existing_attachments=(there, here))
    partition = world.attachments.partitions[there]
    partition.state = replace(partition.state, stored=None, external=External("https://files.example.com/there.pdf"))
    await forwarded(world, id_)
    (mail,) = world.email.sent
    assert [file.name for file in mail.attachments] == ["here.pdf"]
    assert mail.plain_text.endswith("there.pdf: https://files.example.com/there.pdf")


async def test_what_the_recipient_can_no_longer_download_is_not_sent() -> None:
    """A purged file stays out; the rest is forwarded."""
    world = World()
    gone, there = [await stored(world, file_name=name) for name in ("gone.pdf", "there.pdf")]
    id_ = await letter(world, existing_attachments=(gone, there))
    partition = world.attachments.partitions[gone]
    partition.state = replace(partition.state, status=type(partition.state.status).PURGED)
    await forwarded(world, id_)
    assert [file.name for file in world.email.sent[0].attachments] == ["there.pdf"]


async def test_it_is_forwarded_when_it_has_arrived() -> None:
    """The status, at the time of the wish; an entry in the dialog of who, what, where and with which words."""
    world = World()
    id_ = await letter(world)
    asked = world.now
    forwarding_id = await forwarded(world, id_, text="Se her")
    assert (kept(world, id_, forwarding_id).state, state_of(world, id_).status) == (ForwardingState.SENT, Status.READ)
    await soon(world)
    assert kept(world, id_, forwarding_id).state is ForwardingState.DELIVERED
    assert (state_of(world, id_).status, state_of(world, id_).status_changed) == (Status.FORWARDED, asked)
    assert (facts_of(world, id_).count(FactType.FORWARDED), FactType.FORWARDED in INTERNAL) == (1, True)
    *_, told = world.dialogs.activities[dialog_id(state_of(world, id_))]
    assert told["type"] == "Information"
    assert told["performedBy"] == {"actorType": "PartyRepresentative", "actorId": READER.party}
    assert "Kari Prøve videresendte «Vedtak» til Ada@friend.example: «Se her»" in str(told["description"])
    await world.advance(timedelta(days=4))
    assert facts_of(world, id_).count(FactType.FORWARDED) == 1
    assert len(world.email.sent) == 1


async def test_once_to_each_address() -> None:
    """1064, whatever its case, before and after it has arrived; another address is another matter."""
    world = World()
    id_ = await letter(world)
    first = await forwarded(world, id_)
    assert await refused(forwarded(world, id_, " ADA@FRIEND.EXAMPLE")) is Refusal.ALREADY_FORWARDED
    await soon(world)
    assert await refused(forwarded(world, id_)) is Refusal.ALREADY_FORWARDED
    assert await forwarded(world, id_, "bo@friend.example") != first
    other = await letter(world)
    assert await forwarded(world, other) != first
    assert len(world.email.sent) == 3


async def test_a_refused_mail_was_not_forwarded() -> None:
    """3028, and the address may be tried again, as a new sending."""
    world = World()
    id_ = await letter(world)
    world.email.fail(Rejected("email", "status 400"))
    assert await refused(forwarded(world, id_)) is Refusal.FORWARDING_FAILED
    assert only(world).state is ForwardingState.FAILED
    world.now += timedelta(seconds=1)
    again = await forwarded(world, id_)
    await soon(world)
    assert kept(world, id_, again).state is ForwardingState.DELIVERED
    await world.advance(timedelta(days=4))
    assert len(world.email.sent) == 1


async def test_a_mail_that_failed_on_its_way_may_be_sent_again() -> None:
    """No status, and the address is free."""
    world = World()
    id_ = await letter(world)
    world.email.ending = EmailOutcome.FAILED
    forwarding_id = await forwarded(world, id_)
    await soon(world)
    assert kept(world, id_, forwarding_id).state is ForwardingState.FAILED
    assert Status.FORWARDED not in state_of(world, id_).ever
    assert await forwarded(world, id_) != forwarding_id


async def test_a_neighbour_that_is_down_is_asked_again() -> None:
    """The wish is accepted; the e-mail goes out later, under the same id."""
    world = World()
    id_ = await letter(world)
    world.email.fail(DOWN, Unavailable("email", retry_after=timedelta(minutes=30)))
    forwarding_id = await forwarded(world, id_)
    await world.advance(LOOKS[0])
    assert kept(world, id_, forwarding_id).state is ForwardingState.RESERVED
    await world.advance(LOOKS[1])
    assert world.email.calls == 2
    await world.advance(timedelta(minutes=31))
    assert [mail.operation_id for mail in world.email.sent] == [forwarding_id]
    assert kept(world, id_, forwarding_id).state is ForwardingState.DELIVERED


async def test_what_never_ends_is_given_up() -> None:
    """Looked at twelve times in three days; the address stays taken, since it may have arrived."""
    world = World()
    id_ = await letter(world)
    world.email.ending = EmailOutcome.RUNNING
    forwarding_id = await forwarded(world, id_)
    await soon(world)
    for look in LOOKS:
        world.now = kept(world, id_, forwarding_id).created
        await world.advance(look)
    assert kept(world, id_, forwarding_id).state is ForwardingState.UNKNOWN
    assert not world.agenda.entries
    assert await refused(forwarded(world, id_)) is Refusal.ALREADY_FORWARDED


async def test_a_mail_nobody_remembers_is_unknown() -> None:
    """The status stays, and so does the reservation."""
    world = World()
    id_ = await letter(world)
    forwarding_id = await forwarded(world, id_)
    world.email.fail(Rejected("email", "status 404"))
    await soon(world)
    assert kept(world, id_, forwarding_id).state is ForwardingState.UNKNOWN
    assert state_of(world, id_).status is Status.READ


async def test_after_a_day_nothing_is_sent_late() -> None:
    """A repeated operation id might be a second e-mail by then."""
    world = World()
    id_ = await letter(world)
    world.email.fail(DOWN)
    forwarding_id = await forwarded(world, id_)
    await world.advance(timedelta(hours=25))
    assert kept(world, id_, forwarding_id).state is ForwardingState.UNKNOWN
    assert world.email.sent == []


async def test_a_purge_ends_it() -> None:
    """What was not sent yet is not sent, what arrives afterwards leaves no status, and no address or text is kept."""
    world = World()
    late, arriving = await letter(world), await letter(world)
    world.email.fail(DOWN)
    await forwarded(world, late)
    on_its_way = await forwarded(world, arriving)
    for id_ in (late, arriving):
        await acting.purge(world.app, READER, id_)
    await world.advance(LOOKS[0])
    assert [mail.operation_id for mail in world.email.sent] == [on_its_way]
    assert world.correspondences.forwardings == {}
    assert Status.FORWARDED not in state_of(world, arriving).ever


@pytest.mark.parametrize("after_the_call", [False, True])
@pytest.mark.parametrize("left", range(16))
async def test_a_crash_anywhere_sends_one_mail_at_most(left: int, after_the_call: bool) -> None:
    """Once the address is reserved the e-mail goes out once, whatever dies in between; before that, not at all."""
    world = World()
    id_ = await letter(world)
    world.crasher.left, world.crasher.after_the_call = left, after_the_call
    try:
        await forwarded(world, id_)
        world.crasher.left = None
    except Crash:
        await world.crasher.restart()
    await world.advance(timedelta(hours=1))
    reserved = bool(world.correspondences.forwardings)
    assert len(world.email.sent) == int(reserved)
    assert (Status.FORWARDED in state_of(world, id_).ever) is reserved
    assert not [entry for entry in world.agenda.entries.values() if "forward" in str(entry)]


async def test_refusals_come_in_the_contracts_order() -> None:
    """1001, 4001, 4006 and 4002; then 3011, 3027, 1063, 1066, 1067, 1065. Nothing is kept of any."""
    world = World()
    unknown, early = CorrespondenceId(new_id("nobody")), await sent(world, requested_publish_time=LATER)
    plain, unread = await letter(world, allow_forwarding=False), await letter(world, read=False)
    long = f"{'a' * 990}@friend.example"
    for id_, address, text, number in (
        (unknown, ADDRESS, "", 1001),
        (early, ADDRESS, "", 1001),
        (plain, "ada", "x" * 201, 3011),
        (plain, "", "", 3011),
        (plain, long, "x" * 201, 3027),
        (plain, ADDRESS, "x" * 201, 1063),
        (unread, ADDRESS, "x" * 201, 1066),
        (unread, ADDRESS, "😀" * 101, 1066),
        (unread, ADDRESS, "<b>x</b>", 1067),
        (unread, ADDRESS, "x" * 200, 1065),
    ):
        assert (await refused(forwarded(world, id_, address, text))).number == number
    world.registry.known.clear()
    assert await refused(forwarded(world, unread)) is Refusal.PARTY_UNKNOWN
    permit(world, *OWNER)
    assert await refused(forwarding.forward(world.app, SENDER, unread, ADDRESS, "")) is Refusal.NO_ACCESS
    assert not world.correspondences.forwardings
    assert not world.email.calls


LATER = World().now + timedelta(days=1)


async def test_the_check_says_what_the_sender_allows() -> None:
    """1001 for one that is unknown."""
    world = World()
    assert await forwarding.may_forward(world.app, await published(world, allow_forwarding=True))
    assert not await forwarding.may_forward(world.app, await published(world))
    unknown = CorrespondenceId(new_id("nobody"))
    assert await refused(forwarding.may_forward(world.app, unknown)) is Refusal.CORRESPONDENCE_NOT_FOUND
