"""Bearer tokens: who signed them, whether they hold now, and who acts by them."""

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any

import jwt
from jwt.types import Options

from shared.adapters.token_claims import subject_of
from shared.adapters.token_keys import IssuerKeys
from shared.config import TokenIssuer
from shared.domain.policy import Subject

_LONGEST_TOKEN = 16_384
_UNVERIFIED: Options = {"verify_signature": False}
# Times are judged below by our own clock; audiences only where the issuer's setting names one. Source: contract 1.6.
_SIGNATURE_ONLY: Options = {
    "verify_signature": True,
    "verify_exp": False,
    "verify_nbf": False,
    "verify_iat": False,
    "verify_aud": False,
    "verify_iss": False,
    "verify_sub": False,
    "verify_jti": False,
}


class InvalidToken(Exception):
    """The token is not to be trusted; the text says why and holds nothing of the token."""


class TokenVerifier:
    """Verifies tokens of the configured issuers. Keys are fetched at the first token and follow their rotation."""

    def __init__(self, issuers: Iterable[TokenIssuer], clock: Callable[[], datetime]) -> None:
        """`clock` is the time that `exp`, `nbf` and `iat` are judged by, without leeway."""
        self._issuers = {issuer.issuer: (issuer, IssuerKeys(issuer.jwks_url)) for issuer in issuers}
        self._clock = clock

    async def verify(self, token: str) -> Subject:
        """The subject of the token. Raises InvalidToken, and Unavailable while an issuer's keys were never fetched."""
        header, name = _peek(token)
        if name not in self._issuers:
            raise InvalidToken("unknown issuer")
        issuer, keys = self._issuers[name]
        if header.get("alg") not in issuer.algorithms:
            raise InvalidToken("algorithm not allowed")
        kid = header.get("kid")
        key = await keys.find(kid if isinstance(kid, str) else None)
        if key is None:
            raise InvalidToken("unknown key")
        claims = _verified(token, key, issuer.algorithms)
        self._require_current(claims)
        if issuer.audience and issuer.audience not in _audiences(claims):
            raise InvalidToken("for somebody else")
        return subject_of(issuer.kind, claims)

    def _require_current(self, claims: dict[str, Any]) -> None:
        now = self._clock().timestamp()
        expires = _seconds(claims, "exp")
        if expires is None:
            raise InvalidToken("no expiry")
        if expires <= now:
            raise InvalidToken("expired")
        for name in ("nbf", "iat"):
            if (begins := _seconds(claims, name)) is not None and begins > now:
                raise InvalidToken("not valid yet")


def _peek(token: str) -> tuple[dict[str, Any], str]:
    """The header and the issuer that a token claims, before anything of it is believed."""
    if len(token) > _LONGEST_TOKEN:
        raise InvalidToken("too long")
    try:
        header = jwt.get_unverified_header(token)
        issuer = jwt.decode(token, options=_UNVERIFIED).get("iss")
    except (jwt.PyJWTError, ValueError) as error:
        raise InvalidToken("malformed") from error
    return header, issuer if isinstance(issuer, str) else ""


def _verified(token: str, key: Any, algorithms: tuple[str, ...]) -> dict[str, Any]:
    try:
        return jwt.decode(token, key, algorithms=list(algorithms), options=_SIGNATURE_ONLY)
    except (jwt.PyJWTError, TypeError, ValueError) as error:  # A key of another kind than the algorithm is a TypeError.
        raise InvalidToken("signature does not hold") from error


def _audiences(claims: dict[str, Any]) -> list[Any]:
    value = claims.get("aud")
    return value if isinstance(value, list) else [value]


def _seconds(claims: dict[str, Any], name: str) -> float | None:
    value = claims.get(name)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise InvalidToken(f"{name} is no time")
    return float(value)
