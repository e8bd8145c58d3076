"""Subscriptions to events, in and out. Source: Altinn Events' shapes, without what only apps have."""

import base64
import re
from typing import Annotated

from pydantic import AfterValidator

from shared.domain.errors import DomainError, Refusal
from shared.domain.facts import INTERNAL, FactType
from shared.domain.identifiers import PartyUrn, parse_recipient
from shared.domain.subscription import EVENT_TYPE_PREFIX, Subscription
from shared.schemas.base import Answer, Filled, Time, Wire

_RESOURCE = "urn:altinn:resource:"
_ALTERNATIVES = {"organisation": "urn:altinn:organization:identifier-no:", "person": "urn:altinn:person:identifier-no:"}
_EVENT_TYPES = frozenset(EVENT_TYPE_PREFIX + kind for kind in FactType if kind not in INTERNAL)
_CREDENTIALS = re.compile(r"[^/\\?#]*[/\\]{2}[^/\\?#]*@")


def _without_credentials(address: str) -> str:
    if _CREDENTIALS.match(address):
        raise ValueError("must not hold a user name or a password: credentials do not belong in the address")
    return address


def _event_type(name: str) -> str:
    """Blank means all types, as no filter does."""
    if name.strip() and name.strip() not in _EVENT_TYPES:
        raise ValueError(f"must be a type of event that is sent: {EVENT_TYPE_PREFIX} and the word for it")
    return name.strip()


class SubscriptionRequest(Wire):
    """A wish to be told: where, about which resource, and about whom or what only."""

    end_point: Annotated[Filled, AfterValidator(_without_credentials)]
    resource_filter: Filled
    source_filter: str | None = None
    subject_filter: str | None = None
    alternative_subject_filter: str | None = None
    type_filter: Annotated[str, AfterValidator(_event_type)] | None = None

    def resource(self) -> str:
        """The resource's id. Raises 7002 unless the filter is a resource URN, or when a source filter is given."""
        name = self.resource_filter.strip().removeprefix(_RESOURCE)
        if not self.resource_filter.strip().startswith(_RESOURCE) or not name or ":" in name:
            raise DomainError(Refusal.SUBSCRIPTION_INVALID, "resourceFilter must be urn:altinn:resource:<id>")
        if self.source_filter:
            raise DomainError(Refusal.SUBSCRIPTION_INVALID, "sourceFilter cannot be used together with resourceFilter")
        return name

    def subject(self) -> PartyUrn | None:
        """The party that events must be about, None for all. Raises 7002 when a filter names no party."""
        text = (self.subject_filter or "").strip() or self._alternative()
        if not text:
            return None
        party = parse_recipient(text)
        if party is None:
            raise DomainError(Refusal.SUBSCRIPTION_INVALID, "The subject filter does not name a party")
        return party

    def _alternative(self) -> str:
        """`/organisation/NNNNNNNNN` or `/person/NNNNNNNNNNN` as a URN."""
        text = (self.alternative_subject_filter or "").strip()
        kind, _, number = text.removeprefix("/").partition("/")
        if not text:
            return ""
        return _ALTERNATIVES[kind.lower()] + number if kind.lower() in _ALTERNATIVES else text


class SubscriptionAnswer(Answer):
    """A subscription to events. `secret` is in the answer to its creation only."""

    id: int
    end_point: str
    resource_filter: str
    source_filter: str | None = None
    subject_filter: str | None
    alternative_subject_filter: str | None = None
    type_filter: str | None
    consumer: str
    created_by: str
    created: Time
    validated: bool

    @classmethod
    def of(cls, one: Subscription) -> "SubscriptionAnswer":
        """Everything about it but its secret."""
        return cls.model_validate(_members(one))


class NewSubscriptionAnswer(SubscriptionAnswer):
    """A new subscription with the secret that signs its deliveries, in the form of Standard Webhooks."""

    secret: str

    @classmethod
    def of(cls, one: Subscription) -> "NewSubscriptionAnswer":
        """Everything about it."""
        secret = "whsec_" + base64.b64encode(one.secret).decode()
        return cls.model_validate(_members(one) | {"secret": secret})


class SubscriptionList(Answer):
    """All subscriptions of the caller."""

    count: int
    subscriptions: list[SubscriptionAnswer]


def _members(one: Subscription) -> dict[str, object]:
    return {
        "id": one.number,
        "end_point": one.endpoint,
        "resource_filter": _RESOURCE + one.resource_id,
        "subject_filter": one.subject_filter,
        "type_filter": one.type_filter,
        "consumer": one.consumer,
        "created_by": one.consumer,
        "created": one.created,
        "validated": one.validated,
    }
