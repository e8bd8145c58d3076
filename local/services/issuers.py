"""The four issuers of tokens, each with keys of its own."""

from dataclasses import dataclass
from enum import StrEnum


class IssuerKind(StrEnum):
    """Whose tokens they are."""

    ALTINN = "altinn"
    MASKINPORTEN = "maskinporten"
    IDPORTEN = "idporten"
    DIALOGPORTEN = "dialogporten"


@dataclass(frozen=True, slots=True)
class Issuer:
    """Where an issuer is found below the stand-ins' base URL, and what it signs with."""

    kind: IssuerKind
    path: str
    jwks_path: str
    metadata_path: str
    algorithm: str = "RS256"

    def name(self, base_url: str) -> str:
        """Return the value of `iss` in its tokens."""
        return base_url + self.path

    def jwks_url(self, base_url: str) -> str:
        """Return where its public keys are."""
        return base_url + self.jwks_path


AUTHORIZE_PATH = "/idporten.no/authorize"
LOGIN_TOKEN_PATH = "/idporten.no/token"
_OPENID = "/altinn/authentication/api/v1/openid/"

ISSUERS: dict[IssuerKind, Issuer] = {
    issuer.kind: issuer
    for issuer in (
        Issuer(
            IssuerKind.ALTINN,
            _OPENID,
            f"{_OPENID}.well-known/openid-configuration/jwks",
            f"{_OPENID}.well-known/openid-configuration",
        ),
        Issuer(
            IssuerKind.MASKINPORTEN,
            "/maskinporten.no/",
            "/maskinporten.no/jwk",
            "/maskinporten.no/.well-known/oauth-authorization-server",
        ),
        Issuer(
            IssuerKind.IDPORTEN,
            "/idporten.no",
            "/idporten.no/jwks.json",
            "/idporten.no/.well-known/openid-configuration",
        ),
        Issuer(
            IssuerKind.DIALOGPORTEN,
            "/dialogporten/api/v1",
            "/dialogporten/api/v1/.well-known/jwks.json",
            "/dialogporten/api/v1/.well-known/oauth-authorization-server",
            algorithm="EdDSA",
        ),
    )
}
