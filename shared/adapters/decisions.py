"""The `registry` decision point: policies are documents of our own table.

A policy document, version 1:

    {"version": 1,
     "minimumLevel": 0,
     "rules": [{"name": "owner-writes", "actions": ["write"], "who": {"is": "owner"}},
               {"name": "recipient-reads", "actions": ["read", "read-attachment"], "who": {"is": "recipient"}},
               {"name": "manager-reads", "actions": ["read"], "who": {"person": "01838510058", "for": "311001000"}}]}

- `owner`: the organisation that owns the resource. `recipient`: the party itself, and whoever Dialogporten let into
  that party's dialog. `person` with `for`: this person acting for that party, both by number.
- What no rule permits is denied, and so is everything under a document that is not understood as a whole.
- `minimumLevel` (0 to 4) binds everybody but the owner's system, which signs in by certificate and has no level above
  3 to reach. The higher one of document and resource counts. Level 0 in a dialog token is level 0: it opens what asks
  for no level, and nothing else.
- A service owner with the scope `altinn:serviceowner` may do everything with its own resources.
  Source: wire contract 6.1.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from shared.domain.identifiers import PartyUrn, ResourceId, organisation, parse_recipient
from shared.domain.policy import Action, Issuer, Scope, Subject
from shared.ports.neighbours import Resource
from shared.telemetry import Log

VERSION = 1
SERVICE_OWNER_RULE = "service owner"
_log = Log("decisions")

type PolicySource = Callable[[ResourceId], Awaitable[Mapping[str, object] | None]]


class Role(StrEnum):
    """Whom a rule lets in without naming them."""

    OWNER = "owner"
    RECIPIENT = "recipient"


@dataclass(frozen=True, slots=True)
class Person:
    """One person acting for one party."""

    person: PartyUrn
    party: PartyUrn


@dataclass(frozen=True, slots=True)
class Rule:
    """One line of a policy."""

    name: str
    actions: frozenset[Action]
    who: Role | Person


@dataclass(frozen=True, slots=True)
class Policy:
    """A policy document that was understood."""

    minimum_level: int
    rules: tuple[Rule, ...]


class PolicyUnclear(ValueError):
    """The document is not of version 1, or some part of it has no meaning in it."""


def default_policy(*, minimum_level: int = 0) -> dict[str, object]:
    """The document that most resources want: the owner writes, the recipient reads message and attachments."""
    return {
        "version": VERSION,
        "minimumLevel": minimum_level,
        "rules": [
            {"name": "owner-writes", "actions": ["write"], "who": {"is": "owner"}},
            {"name": "recipient-reads", "actions": ["read", "read-attachment"], "who": {"is": "recipient"}},
        ],
    }


def parse_policy(document: Mapping[str, object]) -> Policy:
    """The meaning of a document. Raises PolicyUnclear when any part of it has none."""
    rules = document.get("rules")
    level = document.get("minimumLevel", 0)
    if document.get("version") != VERSION or not isinstance(rules, list):
        raise PolicyUnclear("not a policy of version 1")
    if isinstance(level, bool) or not isinstance(level, int) or not 0 <= level <= 4:
        raise PolicyUnclear("minimumLevel")
    return Policy(level, tuple(_parse_rule(rule) for rule in rules))


class PolicyDecisions:
    """The port `Decisions`."""

    def __init__(self, policy: PolicySource) -> None:
        """`policy` reads the document of a resource, None when there is none."""
        self._policy = policy

    async def decide(self, subject: Subject, action: Action, resource: Resource, party: PartyUrn) -> str | None:
        """The name of the rule that permits it, or None."""
        if _is_service_owner(subject, resource):
            return SERVICE_OWNER_RULE
        if subject.issuer is Issuer.DIALOGPORTEN and not _dialog_allows(subject, action, party):
            return None
        if (document := await self._policy(resource.id)) is None:
            return None
        try:
            policy = parse_policy(document)
        except PolicyUnclear as error:
            _log.error("decisions.policy_unclear", error=error, resource=resource.id)
            return None
        level = max(policy.minimum_level, resource.minimum_level)
        for rule in policy.rules:
            is_sure_enough = rule.who is Role.OWNER or subject.level >= level
            if action in rule.actions and is_sure_enough and _lets_in(rule.who, subject, resource, party):
                return rule.name
        return None


def _lets_in(who: Role | Person, subject: Subject, resource: Resource, party: PartyUrn) -> bool:
    match who:
        case Role.OWNER:
            return subject.issuer is not Issuer.DIALOGPORTEN and resource.owner in _acting(subject)
        case Role.RECIPIENT:
            return party in _acting(subject)
        case Person():
            return subject.party == who.person and party == who.party


def _acting(subject: Subject) -> frozenset[PartyUrn]:
    """The parties that the subject is. For a dialog token that is the dialog's party, by Dialogporten's judgement."""
    if subject.issuer is Issuer.DIALOGPORTEN:
        return frozenset({subject.dialog_party} if subject.dialog_party else ())
    parties = {subject.party} if subject.party else set()
    if subject.organisation:
        parties.add(organisation(subject.organisation))
    return frozenset(parties)


def _dialog_allows(subject: Subject, action: Action, party: PartyUrn) -> bool:
    """A dialog token reads, for its own party, when it says so; it never writes. Source: wire contract 6.1, 6.2."""
    return action is not Action.WRITE and subject.dialog_party == party and "read" in subject.dialog_actions


def _is_service_owner(subject: Subject, resource: Resource) -> bool:
    return (
        subject.issuer in {Issuer.ALTINN, Issuer.MASKINPORTEN}
        and subject.has(Scope.SERVICE_OWNER)
        and subject.organisation is not None
        and organisation(subject.organisation) == resource.owner
    )


def _parse_rule(rule: object) -> Rule:
    if not isinstance(rule, dict) or not rule.keys() <= {"name", "actions", "who"}:
        raise PolicyUnclear("rule")
    name, actions = rule.get("name"), rule.get("actions")
    if not isinstance(name, str) or not name or not isinstance(actions, list):
        raise PolicyUnclear("rule")
    try:
        return Rule(name, frozenset(Action(action) for action in actions), _parse_who(rule.get("who")))
    except ValueError as error:
        raise PolicyUnclear(f"rule {name}") from error


def _parse_who(who: object) -> Role | Person:
    match who:
        case {"is": str(role), **rest} if not rest:
            return Role(role)
        case {"person": str(person), "for": str(party), **rest} if not rest:
            return Person(_party(person), _party(party))
        case _:
            raise PolicyUnclear("who")


def _party(number: str) -> PartyUrn:
    party = organisation(number) if len(number) == 9 and number.isdecimal() else parse_recipient(number)
    if party is None:
        raise PolicyUnclear("number")
    return party
