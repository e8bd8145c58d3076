"""Event subscriptions: who may hear what, made known at once."""

import os
from collections.abc import Sequence
from dataclasses import dataclass

from shared.domain.circuit import HEALTHY
from shared.domain.errors import DomainError, FieldError, InvalidRequest, Refusal
from shared.domain.identifiers import PartyUrn, ResourceId, SubscriptionId, uuid7
from shared.domain.policy import Subject
from shared.domain.subscription import MOST_ON_A_PAGE, Consent, Signing, Subscription, revived
from shared.ports import App
from shared.usecases.access import find_resource
from shared.usecases.hearing import admitted, consumer_of


@dataclass(frozen=True, slots=True, kw_only=True)
class NewSubscription:
    """What a subscriber asks for. Without a subject filter only the resource's owner may have it."""

    endpoint: str
    resource_id: ResourceId
    subject_filter: PartyUrn | None = None
    subject_in_old_form: bool = False
    type_filter: str | None = None
    signing: Signing = Signing.HMAC


@dataclass(frozen=True, slots=True)
class Subscribed:
    """A subscription that is active, and whether it was made now or is one that the caller has had."""

    subscription: Subscription
    is_new: bool


@dataclass(frozen=True, slots=True)
class SubscriptionPage:
    """Subscriptions in the order they were made; `continuation` leads to the next page, None after the last one."""

    subscriptions: Sequence[Subscription]
    continuation: str | None = None


async def subscribe(app: App, caller: Subject, new: NewSubscription) -> Subscribed:
    """The subscription is active: its endpoint consented. The same wish again is the same subscription.

    The owner of a resource hears everything about it; others only what is about a subject they may read for.
    Raises 1036, 4001, 4006, 7003, and InvalidRequest for an endpoint that may not be called.
    """
    consumer = consumer_of(caller)
    resource = await find_resource(app, new.resource_id)
    reader = await admitted(app, caller, resource, new.subject_filter)
    if rule := await app.webhooks.broken_rule(new.endpoint):
        raise InvalidRequest(FieldError("endPoint", rule))
    keys = await app.webhooks.new_keys(new.signing)
    now = app.clock()
    wish = Subscription(
        id=SubscriptionId(uuid7(now, os.urandom(10))),
        number=0,
        resource_id=resource.id,
        endpoint=new.endpoint,
        consumer=consumer,
        owner_of_resource=reader is None,
        created=now,
        secret=keys.secret,
        subject_filter=new.subject_filter,
        subject_in_old_form=new.subject_in_old_form,
        type_filter=new.type_filter,
        signing=new.signing,
        public_key=keys.public,
    )
    consent = await consented(app, wish)
    kept = await app.subscriptions.add(revived(wish, consent, reader))
    if kept.id == wish.id or (kept.active and kept.validated):
        return Subscribed(kept, kept.id == wish.id)
    again = await app.subscriptions.change(kept, lambda ended: revived(ended, consent, reader))
    return Subscribed(again, is_new=False)


async def consented(app: App, subscription: Subscription) -> Consent:
    """The endpoint's consent. Raises 7003."""
    consent = await app.webhooks.validate(subscription)
    if consent is None:
        raise DomainError(Refusal.ENDPOINT_NOT_VALIDATED)
    await app.circuits.change(subscription.endpoint, lambda _: HEALTHY)  # It has just answered.
    return consent


async def subscriptions(
    app: App, caller: Subject, *, limit: int = MOST_ON_A_PAGE, continuation: str | None = None
) -> SubscriptionPage:
    """A page of what the caller made. Raises 4006, and InvalidRequest for a continuation that is not theirs."""
    consumer = consumer_of(caller)
    bound_to = f"subscriptions {consumer}"
    after = app.seals.open(continuation, belongs_to=bound_to) if continuation is not None else ""
    if after is None:
        raise InvalidRequest(FieldError("continuationToken", "must be what the page before gave to the same caller"))
    found = await app.subscriptions.of_consumer(consumer, after=SubscriptionId(after), limit=limit + 1)
    page = found[:limit]
    goes_on = len(found) > limit
    return SubscriptionPage(page, app.seals.seal(page[-1].id, belongs_to=bound_to) if goes_on else None)


async def subscription(app: App, caller: Subject, number: int) -> Subscription:
    """One that the caller made. Raises 7001, 4001 for somebody else's."""
    found = await app.subscriptions.get(number)
    if found is None:
        raise DomainError(Refusal.SUBSCRIPTION_NOT_FOUND)
    if found.consumer != consumer_of(caller):
        raise DomainError(Refusal.NO_ACCESS)
    return found


async def unsubscribe(app: App, caller: Subject, number: int) -> None:
    """Nothing more is delivered. Raises 7001, 4001."""
    await app.subscriptions.remove(await subscription(app, caller, number))
