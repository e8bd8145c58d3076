"""What a search finds: whose box, which side, which filters; at once and page by page."""

from collections.abc import Awaitable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from shared.domain.correspondence import Status
from shared.domain.errors import InvalidRequest, Refusal
from shared.domain.facts import FactType
from shared.domain.identifiers import CorrespondenceId, ResourceId
from shared.domain.policy import Action, Issuer, Subject
from shared.ports import Party
from shared.usecases import acting, reading, searching
from shared.usecases.searching import CAP, Found, Role, Search
from tests.builders import AGENCY, BUSINESS, NOW, OTHER_AGENCY, PERSON, RESOURCE, new_id
from tests.fakes.world import READER, SENDER, World
from tests.unit.usecases.stories import OWNER, RECIPIENT, facts_of, permit, published, refused, sent

KEY = "7b6ad1f7-3c63-4b0e-9a3c-0d6f8a1b2c3d"
MINUTE = timedelta(minutes=1)


@pytest.fixture
def world() -> World:
    """Everybody may do everything until a test says otherwise."""
    return World()


def received(**changes: Any) -> Search:
    """The person's received letters of the resource."""
    return replace(Search(resource_id=RESOURCE, role=Role.RECIPIENT, on_behalf_of=PERSON), **changes)


def outgoing(**changes: Any) -> Search:
    """The agency's letters of the resource."""
    return received(**({"role": Role.SENDER, "on_behalf_of": None} | changes))


async def found(world: World, search: Search, caller: Subject = READER) -> list[CorrespondenceId]:
    """The ids that the caller finds."""
    return list((await searching.search(world.app, caller, search)).ids)


async def invalid(call: Awaitable[object]) -> str:
    """The parameter at fault."""
    with pytest.raises(InvalidRequest) as caught:
        await call
    (fault,) = caught.value.faults
    return fault.path


async def letters(world: World, count: int, **changes: Any) -> list[CorrespondenceId]:
    """So many published letters, newest first."""
    times = [NOW - n * MINUTE for n in range(count)]
    return [await published(world, **{"requested_publish_time": at} | changes) for at in times]


async def test_a_search_finds_ones_own(world: World) -> None:
    """As recipient, as sender, as either; without `on_behalf_of` the caller's own box."""
    id_ = await published(world)
    other = await published(world, recipients=(BUSINESS,))
    assert await found(world, received()) == [id_]
    assert await found(world, received(on_behalf_of=None)) == [id_]
    assert await found(world, received(role=Role.SENDER)) == []
    for role in (Role.SENDER, Role.BOTH):
        assert set(await found(world, outgoing(role=role), SENDER)) == {id_, other}


async def test_either_side_is_one_list_newest_first(world: World) -> None:
    """Received and sent letters of one party by their publish times; what it sent to itself stands there once."""
    mixed = []
    for n, recipient in enumerate((PERSON, AGENCY, BUSINESS, AGENCY)):
        mixed.append(await published(world, recipients=(recipient,), requested_publish_time=NOW - n * MINUTE))
    world.registry.known[OTHER_AGENCY] = Party(urn=OTHER_AGENCY, uuid="u", party_id=9, name="Andre")
    world.registry.resources[RESOURCE] = replace(world.registry.resources[RESOURCE], owner=OTHER_AGENCY)
    from_others = await published(world, recipients=(AGENCY,), requested_publish_time=NOW - MINUTE / 2)
    expected = [mixed[0], from_others, *mixed[1:]]
    assert await found(world, outgoing(role=Role.BOTH), SENDER) == expected
    assert await found(world, outgoing(role=Role.RECIPIENT), SENDER) == [from_others, mixed[1], mixed[3]]
    assert await walked(world, outgoing(role=Role.BOTH, limit=2), SENDER) == expected


async def test_one_right_is_enough_to_search_and_none_is_too_few(world: World) -> None:
    """Read or write for that party; else 4001, also for an unknown resource."""
    id_ = await published(world)
    for action in (Action.READ, Action.WRITE):
        permit(world, (action, PERSON))
        assert await found(world, received()) == [id_]
    permit(world, (Action.READ, BUSINESS))
    for search in (received(), received(idempotent_key=KEY), received(altinn2_id=7), received(limit=1)):
        assert await refused(searching.search(world.app, READER, search)) is Refusal.NO_ACCESS
    unknown = received(resource_id=ResourceId("nowhere"))
    assert await refused(searching.search(world.app, READER, unknown)) is Refusal.NO_ACCESS


async def test_a_search_refuses_what_makes_no_sense(world: World) -> None:
    """1027 for bounds the wrong way round, 4006 for a token that names nobody."""
    backwards = received(published_after=NOW, published_before=NOW - timedelta(seconds=1))
    assert await refused(searching.search(world.app, READER, backwards)) is Refusal.FROM_AFTER_TO
    nobody = replace(READER, party=None)
    call = searching.search(world.app, nobody, received(on_behalf_of=None))
    assert await refused(call) is Refusal.CALLER_UNKNOWN


async def test_a_dialogs_token_lists_nothing(world: World) -> None:
    """4001: it opens the letter of its dialog, and tells of no other one."""
    await published(world)
    dialog = Subject(
        issuer=Issuer.DIALOGPORTEN,
        party=PERSON,
        level=3,
        dialog_id=new_id("d"),
        dialog_actions=frozenset({"read"}),
        dialog_party=PERSON,
    )
    assert await refused(searching.search(world.app, dialog, received())) is Refusal.NO_ACCESS


async def test_a_search_by_key_finds_what_its_owner_made_with_it(world: World) -> None:
    """Whatever the other filters say; nothing for another owner's key, or one never used."""
    id_ = await published(world, idempotent_key=KEY)
    world.registry.known[OTHER_AGENCY] = Party(urn=OTHER_AGENCY, uuid="u", party_id=9, name="Andre")
    by_key = outgoing(on_behalf_of=AGENCY, idempotent_key=KEY, published_before=NOW)
    assert await found(world, by_key, SENDER) == [id_]
    assert await found(world, replace(by_key, on_behalf_of=OTHER_AGENCY), SENDER) == []
    assert await found(world, replace(by_key, limit=1), SENDER) == [id_]


async def test_nothing_comes_from_altinn_2(world: World) -> None:
    """A number of the old platform finds nothing."""
    await published(world)
    assert await found(world, received(altinn2_id=42)) == []


async def test_searching_for_a_status_finds_what_ever_had_it(world: World) -> None:
    """Also after the next one, and nothing else; looks (Fetched) are not searched."""
    id_ = await published(world)
    await reading.open_content(world.app, READER, id_)
    for status in (Status.PUBLISHED, Status.READ):
        assert await found(world, received(status=status)) == [id_]
        assert await found(world, outgoing(status=status), SENDER) == [id_]
    for status in (Status.CONFIRMED, Status.FETCHED):
        assert await found(world, received(status=status)) == []
        assert await found(world, outgoing(status=status), SENDER) == []


async def test_what_came_before_publication_is_the_senders(world: World) -> None:
    """A published letter once was initialised: its sender finds it by that, its recipient does not."""
    id_ = await published(world)
    waiting = await sent(world, requested_publish_time=NOW + timedelta(days=1))
    assert await found(world, received()) == [id_]
    for status in (Status.INITIALIZED, Status.READY_FOR_PUBLISH, Status.FAILED):
        assert await found(world, received(status=status)) == []
    first = Status.READY_FOR_PUBLISH
    assert await found(world, outgoing(status=first), SENDER) == [waiting, id_]
    assert await found(world, outgoing(status=first, role=Role.BOTH), SENDER) == [waiting, id_]


async def test_what_was_purged_is_still_found(world: World) -> None:
    """By both sides, also by that status."""
    id_ = await published(world)
    await acting.purge(world.app, READER, id_)
    await world.settle()
    for status in (None, Status.PURGED_BY_RECIPIENT):
        assert await found(world, received(status=status)) == [id_]
        assert await found(world, outgoing(status=status), SENDER) == [id_]


async def test_bounds_and_references_narrow_a_search(world: World) -> None:
    """Bounds are exclusive; the sender's reference is exact, for both sides."""
    first, second = await letters(world, 2, senders_reference="Sak 1")
    for side, caller in ((received, READER), (outgoing, SENDER)):
        assert await found(world, side(published_after=NOW - MINUTE), caller) == [first]
        assert await found(world, side(published_before=NOW), caller) == [second]
        assert await found(world, side(published_after=NOW, published_before=NOW), caller) == []
        assert await found(world, side(senders_reference="Sak 1"), caller) == [first, second]
        assert await found(world, side(senders_reference="sak 1"), caller) == []


async def test_no_answer_holds_more_than_a_thousand(world: World) -> None:
    """The newest 1000, without a word about the rest."""
    await letters(world, 2)
    pointer = next(iter(world.mailboxes.pointers.values()))
    for n in range(CAP):
        state = replace(pointer.correspondence, id=CorrespondenceId(new_id(str(n))))
        world.mailboxes.pointers[state.id] = replace(pointer, correspondence=state)
    answer = await searching.search(world.app, READER, received())
    assert (len(answer.ids), answer.continuation) == (CAP, None)


async def pages(world: World, search: Search, caller: Subject = READER) -> list[Found]:
    """Every page of the search."""
    answers = [await searching.search(world.app, caller, search)]
    while answers[-1].continuation is not None:
        answers.append(
            await searching.search(world.app, caller, replace(search, continuation=answers[-1].continuation))
        )
    return answers


async def walked(world: World, search: Search, caller: Subject = READER) -> list[CorrespondenceId]:
    """The ids of all pages, one after the other."""
    return [id_ for page in await pages(world, search, caller) for id_ in page.ids]


async def test_pages_are_the_search_in_pieces(world: World) -> None:
    """Each as long as asked for, the last one without a continuation."""
    ids = await letters(world, 5)
    assert [list(page.ids) for page in await pages(world, received(limit=2))] == [ids[:2], ids[2:4], ids[4:]]
    assert await walked(world, outgoing(limit=2), SENDER) == ids


async def test_a_page_reads_a_bounded_part_of_the_box(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """A filter that matches little gives pages with little, or nothing, and where to go on."""
    monkeypatch.setattr(searching, "PAGE_ROWS", 2)
    ids = await letters(world, 5)
    await reading.open_content(world.app, READER, ids[4])
    answers = await pages(world, received(limit=2, status=Status.READ))
    assert [list(page.ids) for page in answers] == [[], [], [ids[4]]]
    assert await found(world, received(status=Status.READ)) == [ids[4]]


async def test_a_continuation_is_of_one_search_by_one_caller(world: World) -> None:
    """400 that names the parameter for any other search, caller or text; another size of page is fine."""
    ids = await letters(world, 4)
    token = (await searching.search(world.app, READER, received(limit=1))).continuation
    again = received(continuation=token)
    assert await found(world, replace(again, limit=2)) == ids[1:3]
    assert await found(world, again) == ids[1:]
    others = (
        replace(again, status=Status.READ),
        replace(again, role=Role.BOTH),
        replace(again, on_behalf_of=BUSINESS),
        replace(again, published_before=NOW),
        replace(again, senders_reference="ref-1"),
        replace(again, continuation=f"{token}A"),
        replace(again, continuation="é"),
    )
    for other in others:
        assert await invalid(searching.search(world.app, READER, other)) == "continuationToken"
    someone = replace(READER, party=BUSINESS)
    assert await invalid(searching.search(world.app, someone, again)) == "continuationToken"


async def test_a_list_comes_with_overviews_without_bodies(world: World) -> None:
    """Title and status of each, no body, and so no trace of a look."""
    ids = await letters(world, 2)
    permit(world, *RECIPIENT)
    for _ in range(2):
        answer = await searching.search(world.app, READER, received(with_overviews=True))
        assert [view.state.id for view in answer.overviews] == list(answer.ids) == ids
        assert {(view.content.title, view.shown_body) for view in answer.overviews if view.content} == {("Vedtak", "")}
    assert await world.correspondences.last_seen(ids[0], PERSON) is None
    assert FactType.READ not in facts_of(world, ids[0])
    permit(world, *OWNER)
    hidden = await searching.search(world.app, SENDER, outgoing(with_overviews=True))
    assert [view.content for view in hidden.overviews] == [None, None]


async def test_what_may_not_be_opened_has_no_overview(world: World) -> None:
    """Purged letters, and those of which the pointer knows more than the caller may see, are ids only."""
    kept, purged = await letters(world, 2)
    await acting.purge(world.app, READER, purged)
    answer = await searching.search(world.app, READER, received(with_overviews=True))
    assert (list(answer.ids), [view.state.id for view in answer.overviews]) == ([kept, purged], [kept])
    permit(world, (Action.WRITE, PERSON))
    answer = await searching.search(world.app, READER, received(with_overviews=True))
    assert (list(answer.ids), list(answer.overviews)) == ([kept, purged], [])


async def test_a_page_takes_a_hundred_overviews(world: World) -> None:
    """400 that names the limit for more."""
    call = searching.search(world.app, READER, received(with_overviews=True, limit=101))
    assert await invalid(call) == "limit"


async def test_a_search_at_once_gives_up_in_the_end(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """400 that tells the way out, when what matches lies too far apart."""
    monkeypatch.setattr(searching, "PATIENCE", timedelta())
    await published(world)
    assert await invalid(searching.search(world.app, READER, received())) == "limit"
    assert len(await found(world, received(limit=1))) == 1
