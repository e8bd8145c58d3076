"""The registry decision point: the seeds' policies, dialog tokens, levels, and documents that are not understood."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from local import seeding, seeds
from shared.adapters.decisions import SERVICE_OWNER_RULE, PolicyDecisions, PolicyUnclear, default_policy, parse_policy
from shared.domain.identifiers import PartyUrn, ResourceId, organisation, person
from shared.domain.policy import Action, Issuer, Scope, Subject
from shared.ports import Resource
from tests.builders import AGENCY, BUSINESS, OTHER_AGENCY, PERSON

STRANGER = person("05819910016")
EVERYBODY = [organisation(party.number) for party in seeds.PARTIES if len(party.number) == 9]
EVERYBODY += [person(party.number) for party in seeds.PARTIES if len(party.number) == 11]
WRITE, READ, OPEN = Action.WRITE, Action.READ, Action.READ_ATTACHMENT


async def seeded(id_: ResourceId) -> Mapping[str, object] | None:
    """The policy that a local stack has for this resource."""
    resource = seeds.resource(id_)
    return seeding.policy(resource) if resource else None


DECISIONS = PolicyDecisions(seeded)


def resource(id_: str) -> Resource:
    known = seeds.resource(id_)
    assert known is not None
    return seeding.registry_entry(known)


def caller(party: PartyUrn, **changes: Any) -> Subject:
    """An Altinn token of level 3 of this party."""
    number = party.rsplit(":", 1)[1]
    valid = Subject(issuer=Issuer.ALTINN, party=party, organisation=number if len(number) == 9 else None, level=3)
    return replace(valid, **changes)


def dialog(party: PartyUrn, acting: PartyUrn, **changes: Any) -> Subject:
    """A dialog token that lets `acting` read for `party`."""
    valid = Subject(
        issuer=Issuer.DIALOGPORTEN,
        party=acting,
        level=3,
        dialog_id="d",
        dialog_actions=frozenset({"read"}),
        dialog_party=party,
    )
    return replace(valid, **changes)


async def allowed(id_: str, action: Action, party: PartyUrn) -> set[PartyUrn]:
    """Who of everybody may do this with mail of `party`."""
    asked = {each: await DECISIONS.decide(caller(each), action, resource(id_), party) for each in EVERYBODY}
    return {each for each, rule in asked.items() if rule}


@pytest.mark.parametrize(
    "id_", ["example-letters", "example-confidential", "correspondence-bruksmonstertester-ressurs"]
)
async def test_open_letters(id_: str) -> None:
    """The owner writes; the recipient reads letter and attachments, and the manager also for the business."""
    assert await allowed(id_, WRITE, AGENCY) == {AGENCY}
    for action in (READ, OPEN):
        assert await allowed(id_, action, BUSINESS) == {BUSINESS, PERSON}
        assert await allowed(id_, action, STRANGER) == {STRANGER}
        assert await allowed(id_, action, PERSON) == {PERSON}


async def test_attachments_with_a_right_of_their_own() -> None:
    """The letter is read as any other, its attachments by the manager only."""
    assert await allowed("example-attachments", READ, BUSINESS) == {BUSINESS, PERSON}
    assert await allowed("example-attachments", READ, STRANGER) == {STRANGER}
    assert await allowed("example-attachments", OPEN, BUSINESS) == {PERSON}
    assert await allowed("example-attachments", OPEN, STRANGER) == set()


async def test_agencies_are_apart() -> None:
    """The second agency writes its own letters only; no agency reads what it sent."""
    assert await allowed("second-letters", WRITE, OTHER_AGENCY) == {OTHER_AGENCY}
    assert await allowed("example-letters", WRITE, AGENCY) == {AGENCY}
    assert AGENCY not in await allowed("example-letters", READ, BUSINESS)


async def test_a_service_owner_may_do_everything_with_its_own() -> None:
    """The scope and the owner's number are both needed, and the token must be one that can have the scope."""
    owner = caller(AGENCY, scopes=frozenset({Scope.SERVICE_OWNER}), level=0)
    for action in Action:
        assert await DECISIONS.decide(owner, action, resource("example-level4"), STRANGER) == SERVICE_OWNER_RULE
        assert await DECISIONS.decide(owner, action, resource("second-letters"), STRANGER) is None
        disguised = replace(owner, issuer=Issuer.IDPORTEN, party=None, organisation=None)
        assert await DECISIONS.decide(disguised, action, resource("example-letters"), STRANGER) is None


async def test_an_authentication_level_binds_readers() -> None:
    """Level 4 opens what asks for it, 3 does not; the owner's system writes with what it can have."""
    letters = resource("example-level4")
    assert await DECISIONS.decide(caller(STRANGER, level=4), READ, letters, STRANGER)
    for level in range(4):
        assert await DECISIONS.decide(caller(STRANGER, level=level), READ, letters, STRANGER) is None
    assert await DECISIONS.decide(caller(AGENCY), WRITE, letters, AGENCY)
    stricter = replace(resource("example-letters"), minimum_level=4)
    assert await DECISIONS.decide(caller(STRANGER), READ, stricter, STRANGER) is None


async def test_a_dialog_token_reads_for_its_party() -> None:
    """Dialogporten let them in: any reader of the dialog reads its party's mail, and that only."""
    letters = resource("example-letters")
    token = dialog(BUSINESS, STRANGER)
    assert await DECISIONS.decide(token, READ, letters, BUSINESS)
    assert await DECISIONS.decide(token, OPEN, letters, BUSINESS)
    assert await DECISIONS.decide(token, READ, letters, STRANGER) is None
    assert await DECISIONS.decide(token, READ, letters, PERSON) is None
    without = replace(token, dialog_actions=frozenset({"write", "read,urn:altinn:resource:x"}))
    assert await DECISIONS.decide(without, READ, letters, BUSINESS) is None


async def test_a_dialog_token_never_writes() -> None:
    """Not even for the owner's own dialog, whatever actions and scopes it lists."""
    everything = frozenset({"read", "write"})
    token = dialog(AGENCY, AGENCY, dialog_actions=everything, organisation="310001007", scopes=frozenset(Scope))
    assert await DECISIONS.decide(token, WRITE, resource("example-letters"), AGENCY) is None


async def test_a_dialog_token_does_not_widen_a_right_to_attachments() -> None:
    """Where attachments have a right of their own, the person behind the token must have it."""
    split = resource("example-attachments")
    assert await DECISIONS.decide(dialog(BUSINESS, STRANGER), OPEN, split, BUSINESS) is None
    assert await DECISIONS.decide(dialog(BUSINESS, PERSON), OPEN, split, BUSINESS)


@pytest.mark.parametrize(("level", "opens"), [(0, False), (3, False), (4, True)])
async def test_level_0_in_a_dialog_token_is_level_0(level: int, opens: bool) -> None:
    """A dialog token is held to the level it states, and 0 opens what asks for none."""
    token = dialog(STRANGER, STRANGER, level=level)
    assert bool(await DECISIONS.decide(token, READ, resource("example-level4"), STRANGER)) is opens
    assert await DECISIONS.decide(token, READ, resource("example-letters"), STRANGER)


async def test_nobody_is_nobody() -> None:
    """A token that names no party may do nothing, whatever its scopes."""
    nobody = Subject(issuer=Issuer.ALTINN, scopes=frozenset(Scope), level=4)
    for action in Action:
        assert await DECISIONS.decide(nobody, action, resource("example-letters"), BUSINESS) is None


async def test_no_policy_denies() -> None:
    """A resource without a document is closed to all but its service owner."""

    async def none(_: ResourceId) -> None:
        return None

    assert await PolicyDecisions(none).decide(caller(AGENCY), WRITE, resource("example-letters"), AGENCY) is None


UNCLEAR: list[dict[str, object]] = [
    {},
    {"version": 2, "rules": []},
    {"version": 1},
    {"version": 1, "rules": {}},
    {"version": 1, "rules": [], "minimumLevel": 5},
    {"version": 1, "rules": [], "minimumLevel": "4"},
    {"version": 1, "rules": ["x"]},
    {"version": 1, "rules": [{"name": "", "actions": ["read"], "who": {"is": "owner"}}]},
    {"version": 1, "rules": [{"name": "r", "actions": "read", "who": {"is": "owner"}}]},
    {"version": 1, "rules": [{"name": "r", "actions": ["erase"], "who": {"is": "owner"}}]},
    {"version": 1, "rules": [{"name": "r", "actions": ["read"], "who": {"is": "anybody"}}]},
    {"version": 1, "rules": [{"name": "r", "actions": ["read"], "who": {"is": "owner", "unless": "x"}}]},
    {"version": 1, "rules": [{"name": "r", "actions": ["read"], "who": {"person": "1", "for": "311001000"}}]},
    {"version": 1, "rules": [{"name": "r", "actions": ["read"], "who": {"is": "owner"}, "except": []}]},
    {"version": 1, "rules": [{"name": "r", "actions": ["read"]}]},
]


@pytest.mark.parametrize("document", UNCLEAR)
async def test_an_unclear_policy_denies_as_a_whole(document: dict[str, object]) -> None:
    """One part without meaning closes the resource, also to rules that are clear."""
    rules = document.get("rules")
    clear = {"name": "all", "actions": ["read"], "who": {"is": "recipient"}}
    mixed = {**document, "rules": [clear, *rules]} if isinstance(rules, list) and rules else document

    async def read(_: ResourceId) -> Mapping[str, object]:
        return mixed

    with pytest.raises(PolicyUnclear):
        parse_policy(mixed)
    assert await PolicyDecisions(read).decide(caller(PERSON), READ, resource("example-letters"), PERSON) is None


async def test_the_default_policy_is_what_most_want() -> None:
    """Owner writes, recipient reads, at the level that was asked for."""

    async def read(_: ResourceId) -> Mapping[str, object]:
        return default_policy(minimum_level=3)

    point, letters = PolicyDecisions(read), resource("example-letters")
    assert await point.decide(caller(AGENCY), WRITE, letters, AGENCY) == "owner-writes"
    assert await point.decide(caller(STRANGER), OPEN, letters, STRANGER) == "recipient-reads"
    assert await point.decide(caller(STRANGER, level=2), READ, letters, STRANGER) is None
    assert await point.decide(caller(STRANGER), READ, letters, BUSINESS) is None
