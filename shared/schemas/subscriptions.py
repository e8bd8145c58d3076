"""Subscriptions to events, in and out. Source: Altinn Events' shapes, without what only apps have."""

import base64
import re
from typing import Annotated, ClassVar, Literal, Self

from pydantic import AfterValidator, BeforeValidator, Field
from pydantic import model_validator as validates

from shared.domain.errors import FieldError, InvalidRequest
from shared.domain.events import alternative_subject
from shared.domain.facts import INTERNAL, FactType
from shared.domain.identifiers import PartyUrn, ResourceId, parse_recipient
from shared.domain.subscription import (
    EVENT_TYPE_PREFIX,
    MOST_ON_A_PAGE,
    Attempt,
    LoggedAttempt,
    Signing,
    Subscription,
)
from shared.schemas.base import Additive, Answer, Filled, Flag, Number, Query, Time, Wire, in_lower_case

_RESOURCE = "urn:altinn:resource:"
_ALTERNATIVES = {"organisation": "urn:altinn:organization:identifier-no:", "person": "urn:altinn:person:identifier-no:"}
_EVENT_TYPES = frozenset(EVENT_TYPE_PREFIX + kind for kind in FactType if kind not in INTERNAL)
_RESOURCE_ID = re.compile(r"[a-z0-9_-]{1,255}", re.ASCII)


def _resource(name: str) -> str:
    id_ = name.strip().removeprefix(_RESOURCE)
    if not name.strip().startswith(_RESOURCE) or not _RESOURCE_ID.fullmatch(id_):
        raise ValueError(f"must be {_RESOURCE} and the id of a resource")
    return id_


def _no_source(source: str | None) -> str | None:
    if (source or "").strip():
        raise ValueError("cannot be used: resourceFilter says whose events are wanted")
    return None


def _no_subunits(wanted: bool) -> bool:
    if wanted:
        raise ValueError("must be false: subscribe for each sub-unit")
    return wanted


def _subject(text: str) -> str | None:
    """Blank means any subject, as no filter does."""
    if not text.strip():
        return None
    party = parse_recipient(text)
    if party is None:
        raise ValueError("must be the URN of an organisation, a person, or an ID-porten or self-identified user")
    return party


def _alternative_subject(text: str) -> str | None:
    kind, _, number = text.strip().removeprefix("/").partition("/")
    if not text.strip():
        return None
    party = parse_recipient(_ALTERNATIVES.get(kind.lower(), "") + number)
    if kind.lower() not in _ALTERNATIVES or party is None:
        raise ValueError("must be /organisation/ and nine digits, or /person/ and eleven")
    return party


def _event_type(name: str) -> str:
    """Blank means all types, as no filter does."""
    if name.strip() and name.strip() not in _EVENT_TYPES:
        raise ValueError(f"must be a type of event that is sent: {EVENT_TYPE_PREFIX} and the word for it")
    return name.strip()


ResourceUrn = Annotated[Filled, AfterValidator(_resource)]
"""`urn:altinn:resource:` and an id, of which the id is kept."""
PartyName = Annotated[str, AfterValidator(_subject)]
"""The URN of a party in its one form; None for blank text."""
EventType = Annotated[str, AfterValidator(_event_type)]
"""A type of event that is sent, or blank."""


class SubscriptionRequest(Wire):
    """A wish to be told: where, about which resource, and about whom or what only.

    Additions: `signing` chooses how deliveries are signed.
    """

    end_point: Filled
    resource_filter: ResourceUrn
    source_filter: Annotated[str | None, AfterValidator(_no_source)] = None
    subject_filter: PartyName | None = None
    alternative_subject_filter: Annotated[str, AfterValidator(_alternative_subject)] | None = None
    type_filter: EventType | None = None
    include_subunits: Annotated[Flag, AfterValidator(_no_subunits)] = False
    signing: Annotated[Literal["hmac", "ed25519"], BeforeValidator(in_lower_case)] = "hmac"

    @validates(mode="after")
    def _one_subject(self) -> Self:
        both = self.subject_filter and self.alternative_subject_filter
        if both and self.subject_filter != self.alternative_subject_filter:
            fault = "must name the party of subjectFilter, or be left out"
            raise InvalidRequest(FieldError("alternativeSubjectFilter", fault))
        return self

    @property
    def resource(self) -> ResourceId:
        """The id of the resource."""
        return ResourceId(self.resource_filter)

    @property
    def subject(self) -> PartyUrn | None:
        """The party that events must be about, None for all."""
        party = self.subject_filter or self.alternative_subject_filter
        return PartyUrn(party) if party else None

    @property
    def says_subject_in_old_form(self) -> bool:
        """True when the party is named as `/organisation/…` or `/person/…` only."""
        return bool(self.alternative_subject_filter) and not self.subject_filter


class SubscriptionPageQuery(Query):
    """Which page of the subscriptions. All of it is an addition to Altinn Events."""

    limit: Annotated[Number, Field(ge=1, le=MOST_ON_A_PAGE)] = MOST_ON_A_PAGE
    continuation_token: str | None = None


class SubscriptionAnswer(Additive):
    """A subscription to events. Additions: how it is signed, and whether it is paused or has ended."""

    additions: ClassVar[frozenset[str]] = frozenset({"publicKey", "ended", "secret", "previousSecretUntil"})

    id: int
    end_point: str
    resource_filter: str
    source_filter: str | None = None
    subject_filter: str | None
    alternative_subject_filter: str | None
    type_filter: str | None
    consumer: str
    created_by: str
    created: Time
    validated: bool
    active: bool
    paused: bool
    ended: str | None = None
    signing: Literal["hmac", "ed25519"]
    public_key: str | None = None
    previous_secret_until: Time | None = None
    secret: str | None = None

    @classmethod
    def of(cls, one: Subscription, *, with_secret: bool = False) -> "SubscriptionAnswer":
        """Everything about it; the secret only when it is told for the first time."""
        secret = _base64("whsec_", one.secret) if with_secret and one.signing is Signing.HMAC else None
        in_old_form = (
            alternative_subject(one.subject_filter) if one.subject_in_old_form and one.subject_filter else None
        )
        members = {
            "id": one.number,
            "end_point": one.endpoint,
            "resource_filter": _RESOURCE + one.resource_id,
            "subject_filter": None if in_old_form else one.subject_filter,
            "alternative_subject_filter": in_old_form,
            "type_filter": one.type_filter,
            "consumer": one.consumer,
            "created_by": one.consumer,
            "created": one.created,
            "validated": one.validated,
            "active": one.active,
            "paused": one.paused,
            "ended": one.ended,
            "signing": one.signing.value,
            "public_key": _base64("whpk_", one.public_key) if one.public_key else None,
            "previous_secret_until": one.previous_until,
            "secret": secret,
        }
        return cls.model_validate(members)


class SubscriptionList(Additive):
    """Subscriptions of the caller. `continuationToken`, an addition, leads to the next page and is not on the last."""

    additions: ClassVar[frozenset[str]] = frozenset({"continuationToken"})

    count: int
    subscriptions: list[SubscriptionAnswer]
    continuation_token: str | None = None


class TestAnswer(Answer):
    """What came of the test event: the status of the endpoint's answer, 0 when there was none."""

    __test__ = False

    succeeded: bool
    status: int
    took_ms: int
    answer: str

    @classmethod
    def of(cls, attempt: Attempt) -> "TestAnswer":
        """The attempt in words of the wire."""
        return cls(succeeded=attempt.succeeded, status=attempt.status, took_ms=attempt.took_ms, answer=attempt.answer)


class AttemptAnswer(Answer):
    """One attempt to deliver one event."""

    event: str
    attempt: int
    at: Time
    status: int
    took_ms: int
    state: Literal["delivered", "waiting", "given up"]

    @classmethod
    def of(cls, one: LoggedAttempt) -> "AttemptAnswer":
        """The line of the log in words of the wire."""
        members = {"event": one.event, "attempt": one.number, "at": one.at, "status": one.status}
        return cls.model_validate(members | {"took_ms": one.took_ms, "state": one.state.value})


class HealthAnswer(Answer):
    """How a subscription fares. `waiting` counts deliveries that wait for their next attempt, 1,000 at most."""

    active: bool
    paused: bool
    ended: str | None
    failures_in_a_row: int
    waiting: int
    rate_per_minute: int | None
    latest: list[AttemptAnswer]


def _base64(prefix: str, data: bytes) -> str:
    """In the form of Standard Webhooks."""
    return prefix + base64.b64encode(data).decode()
