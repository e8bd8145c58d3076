"""Who may hear of events: asked when they subscribe, and again before anything leaves for them."""

from shared.domain.errors import DomainError, Refusal
from shared.domain.identifiers import PartyUrn, organisation
from shared.domain.policy import Action, Subject
from shared.domain.subscription import Reader, Subscription
from shared.ports import App, Resource


async def may_hear(app: App, subscription: Subscription) -> bool:
    """True while what let it be made still holds: that the consumer owns the resource, or may read for the subject.

    Unknown means denied.
    """
    resource = await app.registry.resource(subscription.resource_id)
    if resource is None:
        return False
    if subscription.owner_of_resource:
        return resource.owner == subscription.consumer
    reader = subscription.reader
    return reader is not None and await _may_read(app, reader.subject, resource, subscription.subject_filter)


async def admitted(app: App, caller: Subject, resource: Resource, subject: PartyUrn | None) -> Reader | None:
    """None for the owner of the resource; else the reader, who may read for this subject. Raises 4001, 4006."""
    if resource.owner == consumer_of(caller):
        return None
    reader = Reader(caller.issuer, caller.party, caller.organisation, caller.level)
    if not await _may_read(app, reader.subject, resource, subject):
        raise DomainError(Refusal.NO_ACCESS)
    return reader


def consumer_of(caller: Subject) -> PartyUrn:
    """Whose the caller's subscriptions are. Raises 4006 for a token that names nobody."""
    if caller.organisation is not None:
        return organisation(caller.organisation)
    if caller.party is None:
        raise DomainError(Refusal.CALLER_UNKNOWN)
    return caller.party


async def _may_read(app: App, reader: Subject, resource: Resource, subject: PartyUrn | None) -> bool:
    return subject is not None and await app.decisions.decide(reader, Action.READ, resource, subject) is not None
