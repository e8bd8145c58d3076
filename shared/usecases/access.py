"""Asking the decision point: who may do what with the thing that was loaded. Unknown means denied."""

from dataclasses import dataclass

from shared.domain.correspondence import Correspondence
from shared.domain.dialog import dialog_id
from shared.domain.errors import DomainError, Refusal
from shared.domain.identifiers import PartyUrn, ResourceId
from shared.domain.policy import Action, Issuer, Permit, Scope, Subject
from shared.ports import App, Resource


@dataclass(frozen=True, slots=True)
class Roles:
    """In which roles a caller may see a correspondence; each is a permit or None. Source: wire contract 6.3."""

    recipient: Permit | None
    sender: Permit | None
    has_write_scope: bool

    @property
    def any(self) -> Permit:
        """Whichever permit there is. Raises 4001 when there is none."""
        permit = self.recipient or self.sender
        if permit is None:
            raise DomainError(Refusal.NO_ACCESS)
        return permit

    @property
    def acts_as_recipient(self) -> bool:
        """True when looking leaves a trace: recipient access, and a token that could not have sent it."""
        return self.recipient is not None and not self.has_write_scope

    @property
    def waits_for_publication(self) -> bool:
        """True when the recipient's side is all that the caller has: before publication there is nothing to see.

        A write scope does not change that: it may be for mail of their own. Source: design 10.
        """
        return self.acts_as_recipient or self.sender is None


async def find_resource(app: App, id_: ResourceId) -> Resource:
    """The resource. Raises 1036 when it is unknown."""
    resource = await app.registry.resource(id_)
    if resource is None:
        raise DomainError(Refusal.RESOURCE_UNKNOWN)
    return resource


async def ask(app: App, caller: Subject, action: Action, resource_id: ResourceId, party: PartyUrn) -> Permit | None:
    """A permit for this action for this party, or None."""
    resource = await app.registry.resource(resource_id)
    if resource is None:
        return None
    rule = await app.decisions.decide(caller, action, resource, party)
    return Permit(action, resource_id, rule) if rule is not None else None


async def require(app: App, caller: Subject, action: Action, resource_id: ResourceId, party: PartyUrn) -> Permit:
    """A permit for this action for this party. Raises 4001."""
    permit = await ask(app, caller, action, resource_id, party)
    if permit is None:
        raise DomainError(Refusal.NO_ACCESS)
    return permit


async def roles_of(app: App, caller: Subject, state: Correspondence) -> Roles:
    """The roles in which the caller may see this correspondence. Raises 4001 when there is none."""
    require_same_dialog(caller, state)
    roles = Roles(
        recipient=await ask(app, caller, Action.READ, state.resource_id, state.recipient),
        sender=await ask(app, caller, Action.WRITE, state.resource_id, state.sender),
        has_write_scope=caller.has(Scope.WRITE),
    )
    _ = roles.any
    return roles


def require_same_dialog(caller: Subject, state: Correspondence) -> None:
    """A dialog's token opens the letter of that dialog and no other one. Raises 4001."""
    if caller.issuer is Issuer.DIALOGPORTEN and caller.dialog_id != dialog_id(state):
        raise DomainError(Refusal.NO_ACCESS)


async def acting_party(app: App, caller: Subject) -> PartyUrn:
    """Who stands in the history. Raises 4006 when the token names nobody, 4002 when the register knows them not."""
    if caller.party is None:
        raise DomainError(Refusal.CALLER_UNKNOWN)
    if caller.party not in await app.registry.parties([caller.party]):
        raise DomainError(Refusal.PARTY_UNKNOWN)
    return caller.party
