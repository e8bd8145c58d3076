"""Signing keys of the issuers: made once per state folder, replaced on demand, old ones still published."""

import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from jwt.algorithms import OKPAlgorithm, RSAAlgorithm

from local import files
from local.services.issuers import ISSUERS, Issuer, IssuerKind

type Jwk = dict[str, Any]
type Claims = Mapping[str, Any]
_PRIVATE_MEMBERS = frozenset({"d", "p", "q", "dp", "dq", "qi", "oth", "key_ops"})


def new_private_jwk(algorithm: str) -> Jwk:
    """Return a new private key as a JWK with an id of its own: RSA of 2048 bits for RS256, Ed25519 for EdDSA."""
    if algorithm == "EdDSA":
        jwk = OKPAlgorithm.to_jwk(Ed25519PrivateKey.generate(), as_dict=True)
    else:
        jwk = RSAAlgorithm.to_jwk(generate_private_key(public_exponent=65537, key_size=2048), as_dict=True)
    return {**jwk, "kid": secrets.token_urlsafe(12), "use": "sig", "alg": algorithm}


def public_part(jwk: Jwk) -> Jwk:
    """Return the JWK without anything that must stay private."""
    return {name: value for name, value in jwk.items() if name not in _PRIVATE_MEMBERS}


class BadToken(Exception):
    """A token that this stack has not issued, or that has expired; the text says which."""


@dataclass(frozen=True, slots=True)
class KeyRing:
    """All keys of one stack, the newest of each issuer first."""

    path: Path
    keys: dict[str, list[Jwk]] = field(repr=False)

    @classmethod
    def of(cls, state: Path) -> "KeyRing":
        """Return the keys of a state folder, made when it has none."""
        path = state / "signing-keys.json"
        if not path.exists():
            fresh = {kind.value: [new_private_jwk(issuer.algorithm)] for kind, issuer in ISSUERS.items()}
            files.create_once(path, json.dumps(fresh))
        return cls(path, json.loads(path.read_text(encoding="utf-8")))

    def rotate(self, issuer: Issuer) -> None:
        """Sign with a new key from now on; tokens of the old one stay valid."""
        self.keys[issuer.kind].insert(0, new_private_jwk(issuer.algorithm))
        files.replace(self.path, json.dumps(self.keys))

    def public(self, *kinds: IssuerKind) -> Jwk:
        """Return the JWK set of these issuers, or of all."""
        return {"keys": [public_part(jwk) for kind in kinds or IssuerKind for jwk in self.keys[kind]]}

    def sign(self, issuer: Issuer, claims: Claims) -> str:
        """Return the token with these claims."""
        jwk = self.keys[issuer.kind][0]
        key = jwt.PyJWK(jwk)
        return jwt.encode(dict(claims), key.key, algorithm=issuer.algorithm, headers={"kid": jwk["kid"]})

    def verify(self, token: str, issuer: Issuer, *, name: str, now: float) -> dict[str, Any]:
        """Return the claims of a token of `issuer` whose `iss` is `name`, judged at `now` (seconds since 1970).

        Raises:
            BadToken: when key, signature, issuer or time do not fit.
        """
        try:
            kid = jwt.get_unverified_header(token).get("kid")
            key = next(jwt.PyJWK(public_part(jwk)) for jwk in self.keys[issuer.kind] if jwk["kid"] == kid)
            claims: dict[str, Any] = jwt.decode(
                token,
                key.key,
                algorithms=[issuer.algorithm],
                issuer=name,
                options={"verify_exp": False, "verify_nbf": False, "verify_iat": False, "verify_aud": False},
            )
        except (jwt.PyJWTError, StopIteration) as error:
            raise BadToken("The token is not one of this stack's.") from error
        if float(claims.get("exp", 0)) <= now:
            raise BadToken("The token has expired.")
        return claims
