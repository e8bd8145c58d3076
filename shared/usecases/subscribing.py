"""Event subscriptions: who may hear what, made known at once."""

import os
from collections.abc import Sequence
from dataclasses import dataclass, replace

from shared.domain.errors import DomainError, Refusal
from shared.domain.identifiers import PartyUrn, ResourceId, SubscriptionId, organisation, uuid7
from shared.domain.policy import Action, Subject
from shared.domain.subscription import Subscription
from shared.ports import App
from shared.usecases.access import ask, find_resource

_SECRET_BYTES = 32  # Source: Standard Webhooks, 24 to 64 random bytes.


@dataclass(frozen=True, slots=True, kw_only=True)
class NewSubscription:
    """What a subscriber asks for. Without a subject filter only the resource's owner may have it."""

    endpoint: str
    resource_id: ResourceId
    subject_filter: PartyUrn | None = None
    type_filter: str | None = None


async def subscribe(app: App, caller: Subject, new: NewSubscription) -> Subscription:
    """The subscription is active: its endpoint consented. Raises 1036, 4001, 4006, 7003.

    The owner of a resource hears everything about it; others only what is about a subject they may read for.
    """
    consumer = _consumer(caller)
    resource = await find_resource(app, new.resource_id)
    owns = resource.owner == consumer
    if not owns and (
        new.subject_filter is None or await ask(app, caller, Action.READ, resource.id, new.subject_filter) is None
    ):
        raise DomainError(Refusal.NO_ACCESS)
    now = app.clock()
    wish = Subscription(
        id=SubscriptionId(uuid7(now, os.urandom(10))),
        number=0,
        resource_id=resource.id,
        endpoint=new.endpoint,
        consumer=consumer,
        owner_of_resource=owns,
        created=now,
        secret=os.urandom(_SECRET_BYTES),
        subject_filter=new.subject_filter,
        type_filter=new.type_filter,
    )
    if not await app.webhooks.validate(wish):
        raise DomainError(Refusal.ENDPOINT_NOT_VALIDATED)
    kept = await app.subscriptions.add(replace(wish, validated=True))
    if kept.active and kept.validated:
        return kept
    revived = replace(kept, active=True, validated=True)  # the endpoint had ended it, and has consented anew
    await app.subscriptions.save(revived)
    return revived


async def subscriptions(app: App, caller: Subject) -> Sequence[Subscription]:
    """All that the caller made. Raises 4006."""
    return await app.subscriptions.of_consumer(_consumer(caller))


async def subscription(app: App, caller: Subject, number: int) -> Subscription:
    """One that the caller made. Raises 7001, 4001 for somebody else's."""
    found = await app.subscriptions.get(number)
    if found is None:
        raise DomainError(Refusal.SUBSCRIPTION_NOT_FOUND)
    if found.consumer != _consumer(caller):
        raise DomainError(Refusal.NO_ACCESS)
    return found


async def unsubscribe(app: App, caller: Subject, number: int) -> None:
    """Nothing more is delivered. Raises 7001, 4001."""
    await app.subscriptions.remove(await subscription(app, caller, number))


def _consumer(caller: Subject) -> PartyUrn:
    if caller.organisation is not None:
        return organisation(caller.organisation)
    if caller.party is None:
        raise DomainError(Refusal.CALLER_UNKNOWN)
    return caller.party
