"""Who asks, what they may do, and the proof that it was asked."""

from dataclasses import dataclass, field
from enum import StrEnum

from shared.domain.identifiers import PartyUrn, ResourceId


class Issuer(StrEnum):
    """The kinds of token issuers; which issuer is of which kind is a setting."""

    ALTINN = "altinn"
    MASKINPORTEN = "maskinporten"
    IDPORTEN = "idporten"
    DIALOGPORTEN = "dialogporten"
    ENTRA = "entra"


class Scope(StrEnum):
    """Scopes that mean something to us. Source: wire contract 1.6; EVENT_GRID is an application's role in Entra."""

    WRITE = "altinn:correspondence.write"
    READ = "altinn:correspondence.read"
    SERVICE_OWNER = "altinn:serviceowner"
    PORTAL = "altinn:portal/enduser"
    CONDITION_CHECK = "altinn:system/notifications.condition.check"
    FORWARD_CHECK = "altinn:correspondence.forward.check"
    EVENTS_SUBSCRIBE = "altinn:events.subscribe"
    MAINTENANCE = "altinn:correspondence.maintenance"
    EVENT_GRID = "AzureEventGridSecureWebhookSubscriber"


class Action(StrEnum):
    """What can be asked of a decision point about a resource."""

    READ = "read"
    WRITE = "write"
    READ_ATTACHMENT = "read-attachment"


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """Who is calling, as their token says.

    `organisation` is the nine digits of the consumer, `party` the URN that acts (organisation or person),
    `level` the authentication level 0 to 4, `dialog_actions` what a Dialogporten token allows on `dialog_id`.
    """

    issuer: Issuer
    scopes: frozenset[str] = frozenset()
    party: PartyUrn | None = None
    organisation: str | None = None
    level: int = 0
    dialog_id: str | None = None
    dialog_actions: frozenset[str] = frozenset()
    dialog_party: PartyUrn | None = None
    token_id: str = field(default="", repr=False)

    def has(self, scope: Scope) -> bool:
        """True when the token carries this scope."""
        return scope in self.scopes


@dataclass(frozen=True, slots=True)
class Permit:
    """Proof that a decision point allowed this, or that it is the service's own work. `rule` says why.

    Made by `shared/usecases/access.py` and `own_work` only; saving and opening content demand one.
    """

    action: Action
    resource_id: ResourceId
    rule: str


def own_work(action: Action, resource_id: ResourceId, part: str) -> Permit:
    """The permit of a consumer, a timer or a trigger: nobody outside asked. `part` names the function."""
    return Permit(action, resource_id, f"own work: {part}")
