"""Marking as read, confirming, purging: who may, when, and what is said of it."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from shared.domain.correspondence import ExternalReference, ReferenceType, Status
from shared.domain.errors import Conflict, Refusal, Unavailable
from shared.domain.facts import FactType
from shared.domain.identifiers import CorrespondenceId
from shared.domain.policy import Scope
from shared.usecases import acting, reading
from tests.builders import AGENCY, NOW, PERSON, new_id
from tests.fakes.world import READER, SENDER, World
from tests.unit.usecases.stories import OWNER, RECIPIENT, facts_of, permit, published, refused, sent, state_of

UNKNOWN = CorrespondenceId(new_id("nobody"))
NO_SCOPES = replace(READER, scopes=frozenset())
BOTH_SCOPES = replace(READER, scopes=frozenset({Scope.READ, Scope.WRITE}))
EVERYTHING = (acting.mark_as_read, acting.confirm, acting.purge)


async def fetched(world: World, **changes: Any) -> CorrespondenceId:
    """A published letter that its recipient has looked at; nobody else has any right."""
    id_ = await published(world, **changes)
    permit(world, *RECIPIENT)
    await reading.overview(world.app, READER, id_)
    return id_


@pytest.mark.parametrize("act", EVERYTHING)
async def test_unknown_letters_then_strangers_are_refused(act: Any) -> None:
    """1001 before any question of access, then 4001."""
    world = World()
    id_ = await fetched(world)
    permit(world)
    assert await refused(act(world.app, READER, UNKNOWN)) is Refusal.CORRESPONDENCE_NOT_FOUND
    assert await refused(act(world.app, READER, id_)) is Refusal.NO_ACCESS


@pytest.mark.parametrize("act", EVERYTHING)
async def test_who_acts_must_be_known(act: Any) -> None:
    """4006 for a token that names nobody, 4002 for one the register does not know."""
    world = World()
    id_ = await fetched(world)
    assert await refused(act(world.app, replace(READER, party=None), id_)) is Refusal.CALLER_UNKNOWN
    world.registry.known.clear()
    assert await refused(act(world.app, READER, id_)) is Refusal.PARTY_UNKNOWN


@pytest.mark.parametrize("act", [acting.mark_as_read, acting.confirm])
async def test_a_sender_neither_reads_nor_confirms(act: Any) -> None:
    """4001: only a recipient does."""
    world = World()
    id_ = await fetched(world)
    permit(world, *OWNER)
    assert await refused(act(world.app, SENDER, id_)) is Refusal.NO_ACCESS


@pytest.mark.parametrize("act", [acting.mark_as_read, acting.confirm])
async def test_nothing_is_done_to_what_is_not_published(act: Any) -> None:
    """1001, as for one that does not exist."""
    world = World()
    id_ = await sent(world, requested_publish_time=NOW + timedelta(days=1))
    permit(world, *RECIPIENT)
    assert await refused(act(world.app, READER, id_)) is Refusal.CORRESPONDENCE_NOT_FOUND


async def test_marking_as_read_wants_a_look_first_and_happens_once() -> None:
    """1024 before, 1040 the second time."""
    world = World()
    id_ = await published(world)
    assert await refused(acting.mark_as_read(world.app, READER, id_)) is Refusal.READ_BEFORE_FETCHED
    await reading.overview(world.app, READER, id_)
    await acting.mark_as_read(world.app, READER, id_)
    assert await refused(acting.mark_as_read(world.app, READER, id_)) is Refusal.ALREADY_READ
    assert facts_of(world, id_).count(FactType.READ) == 1


async def test_confirming_wants_a_look_first_and_happens_once() -> None:
    """1025 before, 1041 the second time; the status is there when the call returns."""
    world = World()
    id_ = await published(world)
    assert await refused(acting.confirm(world.app, READER, id_)) is Refusal.CONFIRM_BEFORE_FETCHED
    await reading.overview(world.app, READER, id_)
    await acting.confirm(world.app, READER, id_)
    assert state_of(world, id_).status is Status.CONFIRMED
    assert await refused(acting.confirm(world.app, READER, id_)) is Refusal.ALREADY_CONFIRMED


async def test_a_recipient_purges_what_is_published() -> None:
    """1001 before, 1014 the second time."""
    world = World()
    early = await sent(world, requested_publish_time=NOW + timedelta(days=1))
    id_ = await fetched(world)
    assert await refused(acting.purge(world.app, READER, early)) is Refusal.CORRESPONDENCE_NOT_FOUND
    await acting.purge(world.app, READER, id_)
    assert Status.PURGED_BY_RECIPIENT in state_of(world, id_).ever
    assert await refused(acting.purge(world.app, READER, id_)) is Refusal.ALREADY_PURGED


async def test_what_must_be_confirmed_is_confirmed_before_its_purge() -> None:
    """1026 until then."""
    world = World()
    id_ = await fetched(world, is_confirmation_needed=True, due_date_time=NOW + timedelta(days=9))
    assert await refused(acting.purge(world.app, READER, id_)) is Refusal.PURGE_BEFORE_CONFIRMED
    await acting.confirm(world.app, READER, id_)
    await acting.purge(world.app, READER, id_)


async def test_a_sender_purges_until_publication() -> None:
    """Shown as purged by Altinn; 1013 once it is published."""
    world = World()
    early = await sent(world, requested_publish_time=NOW + timedelta(days=1))
    late = await published(world)
    permit(world, *OWNER)
    await acting.purge(world.app, SENDER, early)
    assert state_of(world, early).status is Status.PURGED_BY_ALTINN
    assert await refused(acting.purge(world.app, SENDER, late)) is Refusal.PURGE_AFTER_PUBLISH


async def test_a_transmission_is_not_purged() -> None:
    """1043, for the recipient as for the sender."""
    world = World()
    id_ = await fetched(world)
    kept = world.correspondences.partitions[id_]
    reference = ExternalReference(ReferenceType.DIALOG_ID, new_id("dialog"))
    kept.state = replace(kept.state, external_references=(reference,))
    assert await refused(acting.purge(world.app, READER, id_)) is Refusal.TRANSMISSION_NOT_PURGEABLE


@pytest.mark.parametrize(
    ("caller", "rights", "as_sender"),
    [
        (SENDER, OWNER, True),
        (NO_SCOPES, OWNER, True),
        (BOTH_SCOPES, (*OWNER, *RECIPIENT), True),
        (READER, (*OWNER, *RECIPIENT), False),
        (READER, RECIPIENT, False),
        (BOTH_SCOPES, RECIPIENT, False),
        (NO_SCOPES, RECIPIENT, False),
    ],
)
async def test_whose_rules_hold_follows_from_rights_and_scopes(caller: Any, rights: Any, as_sender: bool) -> None:
    """A sender is refused after publication with 1013, a recipient before it with 1001. Source: contract 6.3."""
    world = World()
    early = await sent(world, requested_publish_time=NOW + timedelta(days=1))
    late = await published(world)
    permit(world, *rights)
    refusing, done, number = (late, early, 1013) if as_sender else (early, late, 1001)
    assert (await refused(acting.purge(world.app, caller, refusing))).number == number
    await acting.purge(world.app, caller, done)
    expected = Status.PURGED_BY_ALTINN if as_sender else Status.PURGED_BY_RECIPIENT
    assert expected in state_of(world, done).ever


async def test_with_both_rights_and_no_scope_either_rule_may_permit() -> None:
    """As sender before, as recipient after publication; when both refuse, the sender's number is told."""
    world = World()
    early = await sent(world, requested_publish_time=NOW + timedelta(days=1))
    late = await published(world)
    needs = await published(world, is_confirmation_needed=True, due_date_time=NOW + timedelta(days=9))
    await acting.purge(world.app, NO_SCOPES, early)
    assert Status.PURGED_BY_ALTINN in state_of(world, early).ever
    await acting.purge(world.app, NO_SCOPES, late)
    assert Status.PURGED_BY_RECIPIENT in state_of(world, late).ever
    assert await refused(acting.purge(world.app, NO_SCOPES, needs)) is Refusal.PURGE_AFTER_PUBLISH


async def test_what_was_done_says_who_did_it() -> None:
    """In the history, and in the fact for the dialog."""
    world = World()
    id_ = await fetched(world)
    await acting.confirm(world.app, READER, id_)
    fact = world.correspondences.partitions[id_].facts[-1]
    assert (fact.type, fact.subject, fact.details["by"]) == (FactType.CONFIRMED, AGENCY, PERSON)
    history = await world.correspondences.history(id_)
    assert history[-1].party == PERSON


async def test_a_lost_race_is_decided_again_from_the_start() -> None:
    """Confirmed by another device in between: 1041, and one confirmation on record."""
    world = World()
    id_ = await fetched(world)

    async def confirmed() -> None:
        await acting.confirm(world.app, READER, id_)

    world.meanwhile["correspondences.save"] = confirmed
    assert await refused(acting.confirm(world.app, READER, id_)) is Refusal.ALREADY_CONFIRMED
    assert facts_of(world, id_).count(FactType.CONFIRMED) == 1


async def test_a_letter_that_vanishes_in_between_is_not_found() -> None:
    """1001 after the conflict."""
    world = World()
    id_ = await fetched(world)

    async def gone() -> None:
        del world.correspondences.partitions[id_]

    world.meanwhile["correspondences.save"] = gone
    assert await refused(acting.confirm(world.app, READER, id_)) is Refusal.CORRESPONDENCE_NOT_FOUND


async def test_a_race_that_is_always_lost_is_told_as_busy() -> None:
    """After eight tries; nothing is half done, and the next try succeeds."""
    world = World()
    id_ = await fetched(world)
    world.correspondences.fail(None, *(failure for _ in range(8) for failure in (Conflict("changed"), None)))
    with pytest.raises(Unavailable):
        await acting.confirm(world.app, READER, id_)
    await acting.confirm(world.app, READER, id_)
    assert facts_of(world, id_).count(FactType.CONFIRMED) == 1


async def test_a_broker_that_is_down_refuses_nothing() -> None:
    """The confirmation stands; the sweep tells of it."""
    world = World()
    id_ = await fetched(world)
    world.outbox.fail(Unavailable("service bus"))
    await acting.confirm(world.app, READER, id_)
    assert state_of(world, id_).status is Status.CONFIRMED
    await world.advance(timedelta(minutes=1))
    assert world.dialogs.activities
