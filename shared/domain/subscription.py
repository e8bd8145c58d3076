"""A standing wish to be told about events, and each attempt to tell."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from shared.domain.facts import INTERNAL, Fact
from shared.domain.identifiers import PartyUrn, ResourceId, SubscriptionId
from shared.domain.policy import Issuer, Subject

EVENT_TYPE_PREFIX = "no.altinn.correspondence."


MOST_ON_A_PAGE = 1000
"""Subscriptions that are listed at once."""

SECRETS_OVERLAP = timedelta(hours=24)
"""How long a secret still signs beside the one that took its place."""


class Signing(StrEnum):
    """How deliveries are signed. Source: Standard Webhooks, its schemes v1 and v1a."""

    HMAC = "hmac"
    ED25519 = "ed25519"


@dataclass(frozen=True, slots=True)
class Keys:
    """What signs, 24 to 64 bytes, and for ED25519 what the signatures are verified with, 32 bytes."""

    secret: bytes
    public: bytes = b""


@dataclass(frozen=True, slots=True)
class Consent:
    """An endpoint's yes to deliveries: how many a minute it takes, None for any number."""

    rate_per_minute: int | None = None


@dataclass(frozen=True, slots=True)
class Reader:
    """Who subscribed, as far as a decision about them needs it: it is asked again for every delivery."""

    issuer: Issuer
    party: PartyUrn | None
    organisation: str | None
    level: int

    @property
    def subject(self) -> Subject:
        """The caller again, without the scopes of the token that they had."""
        return Subject(issuer=self.issuer, party=self.party, organisation=self.organisation, level=self.level)


class Ending(StrEnum):
    """Why a subscription ended without its consumer's word."""

    ENDPOINT_GONE = "the endpoint answered 410"
    ACCESS_LOST = "the right to hear of it was lost"
    FAILING = "the endpoint failed for days"


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscription:
    """Who wants which events where. `secret` signs the deliveries (24 bytes or more). Empty filters match all.

    `reader` is None for the owner of the resource. `previous_secret` signs too until `previous_until`. While it is
    `paused` its deliveries wait; `active` is False once it has ended, and `ended` says why.
    """

    id: SubscriptionId
    number: int
    resource_id: ResourceId
    endpoint: str
    consumer: PartyUrn
    owner_of_resource: bool
    created: datetime
    secret: bytes
    subject_filter: PartyUrn | None = None
    type_filter: str | None = None
    validated: bool = False
    active: bool = True
    subject_in_old_form: bool = False
    signing: Signing = Signing.HMAC
    public_key: bytes = b""
    previous_secret: bytes | None = None
    previous_until: datetime | None = None
    reader: Reader | None = None
    rate_per_minute: int | None = None
    paused: bool = False
    ended: Ending | None = None

    def secrets_at(self, now: datetime) -> tuple[bytes, ...]:
        """What signs a delivery now, the current secret first."""
        overlaps = self.previous_secret is not None and self.previous_until is not None and now < self.previous_until
        return (self.secret, self.previous_secret) if overlaps and self.previous_secret else (self.secret,)


class DeliveryState(StrEnum):
    """Where the delivery of one event to one subscriber is."""

    WAITING = "waiting"
    DELIVERED = "delivered"
    GIVEN_UP = "given up"


@dataclass(frozen=True, slots=True)
class Attempt:
    """One POST to the endpoint: `status` 0 means that no answer came; `answer` its first 2 kB; took in ms.

    `retry_after_seconds` is how long the endpoint wants to be left alone, 0 when it did not say.
    """

    number: int
    at: datetime
    status: int
    answer: str
    took_ms: int
    retry_after_seconds: int = 0

    @property
    def succeeded(self) -> bool:
        """True for any 2xx."""
        return 200 <= self.status < 300


@dataclass(frozen=True, slots=True, kw_only=True)
class LoggedAttempt:
    """A line of the log of a subscription's deliveries: which attempt for which event, and what became of it."""

    event: str
    number: int
    at: datetime
    status: int
    took_ms: int
    state: DeliveryState

    @property
    def succeeded(self) -> bool:
        """True when it delivered the event."""
        return self.state is DeliveryState.DELIVERED


def matches(subscription: Subscription, fact: Fact) -> bool:
    """Is this fact for that subscriber, now?"""
    return subscription.active and subscription.validated and is_about(subscription, fact)


def is_missed(subscription: Subscription, fact: Fact) -> bool:
    """Would this fact be for that subscriber, had it not been suspended? Then it can be replayed once it is resumed."""
    return subscription.ended is Ending.FAILING and is_about(subscription, fact)


def is_about(subscription: Subscription, fact: Fact) -> bool:
    """Is it what that subscriber asked for? Never an internal one; others than the owner see their own subject only."""
    if fact.type in INTERNAL:
        return False
    if subscription.resource_id != fact.resource_id:
        return False
    if not subscription.owner_of_resource and subscription.subject_filter != fact.subject:
        return False
    if subscription.subject_filter is not None and subscription.subject_filter != fact.subject:
        return False
    return subscription.type_filter in {None, EVENT_TYPE_PREFIX + fact.type}


def rotated(subscription: Subscription, keys: Keys, *, now: datetime) -> Subscription:
    """New keys sign; the secret before them goes on signing beside them for a day, and none before that.

    Source: Standard Webhooks, zero downtime secret rotation.
    """
    return replace(
        subscription,
        secret=keys.secret,
        public_key=keys.public,
        previous_secret=subscription.secret,
        previous_until=now + SECRETS_OVERLAP,
    )


def revived(subscription: Subscription, consent: Consent, reader: Reader | None) -> Subscription:
    """It is told of events from now on: its endpoint has consented, and who asks may hear them (None: the owner)."""
    return replace(
        subscription,
        reader=reader,
        owner_of_resource=reader is None,
        active=True,
        validated=True,
        paused=False,
        ended=None,
        rate_per_minute=consent.rate_per_minute,
    )


def ended(subscription: Subscription, why: Ending) -> Subscription:
    """It is told of nothing more."""
    return replace(subscription, active=False, ended=why)
