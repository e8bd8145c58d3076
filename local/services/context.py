"""What every stand-in is given: store, clock, keys and addresses."""

from dataclasses import dataclass
from pathlib import Path

from aiohttp import web

from local.addresses import Addresses
from local.clock import OffsetClock
from local.services.issuers import ISSUERS, Issuer, IssuerKind
from local.services.keys import Claims, KeyRing
from local.settings import Secrets, clock_offset_file, load_secrets
from local.store import Store


@dataclass(frozen=True, slots=True)
class Context:
    """The held resources of the server of stand-ins."""

    addresses: Addresses
    store: Store
    clock: OffsetClock
    keys: KeyRing
    secrets: Secrets

    @classmethod
    def of(cls, port_base: int, state: Path) -> "Context":
        """Open everything that the state folder holds, and make what is missing."""
        return cls(
            addresses=Addresses(port_base),
            store=Store(state / "services.db"),
            clock=OffsetClock(clock_offset_file(state)),
            keys=KeyRing.of(state),
            secrets=load_secrets(state),
        )

    @property
    def base_url(self) -> str:
        """The stand-ins' base URL, which the issuers' names begin with."""
        return self.addresses.services_url

    def verify(self, token: str, kind: IssuerKind) -> Claims:
        """Return the claims of a token of this issuer.

        Raises:
            BadToken: when it is none, or has expired by the stack's clock.
        """
        issuer: Issuer = ISSUERS[kind]
        return self.keys.verify(token, issuer, name=issuer.name(self.base_url), now=self.clock.now().timestamp())


CONTEXT = web.AppKey("context", Context)


def context(request: web.Request) -> Context:
    """Return what the server was given."""
    return request.app[CONTEXT]
