"""The public keys of token issuers: fetched when needed, kept, refreshed when they rotate."""

import asyncio
import time
from collections.abc import Callable
from typing import Any

import httpx
import jwt

from shared.domain.errors import Unavailable
from shared.telemetry import Log

type Keys = dict[str, Any]
"""Usable public keys by `kid`; a key without one is under the empty string."""

REFRESH_SECONDS = 12 * 3600.0
UNKNOWN_KEY_SECONDS = 30.0
_TIMEOUT_SECONDS = 10.0
_log = Log("tokens")


class IssuerKeys:
    """The keys of one issuer. `ticks` is a monotonic clock in seconds: keys age in real time."""

    def __init__(self, jwks_url: str, *, ticks: Callable[[], float] = time.monotonic) -> None:
        """Nothing is fetched before the first `find`."""
        self._jwks_url = jwks_url
        self._ticks = ticks
        self._turn = asyncio.Lock()
        self._keys: Keys = {}
        self._fetched: float | None = None
        self._asked: float | None = None

    async def find(self, kid: str | None) -> Any | None:
        """The key with this id, or the only key there is when the token names none; None when unknown.

        An id that is unknown causes a new fetch, at most one in 30 s; so does age, every 12 hours. While the issuer
        does not answer, the keys it gave before stay good. Raises Unavailable when it has never answered.
        """
        if self._is_old or (self._lookup(kid) is None and self._may_ask):
            async with self._turn:
                if self._is_old or (self._lookup(kid) is None and self._may_ask):
                    await self._refresh()
        if self._fetched is None:
            raise Unavailable("token keys")
        return self._lookup(kid)

    def _lookup(self, kid: str | None) -> Any | None:
        if kid is not None:
            return self._keys.get(kid)
        return next(iter(self._keys.values())) if len(self._keys) == 1 else None

    @property
    def _is_old(self) -> bool:
        never_or_long_ago = self._fetched is None or self._ticks() - self._fetched >= REFRESH_SECONDS
        return never_or_long_ago and (self._fetched is None or self._may_ask)

    @property
    def _may_ask(self) -> bool:
        return self._asked is None or self._ticks() - self._asked >= UNKNOWN_KEY_SECONDS

    async def _refresh(self) -> None:
        self._asked = self._ticks()
        try:
            async with httpx.AsyncClient(timeout=_TIMEOUT_SECONDS) as client:
                answer = await client.get(self._jwks_url)
            answer.raise_for_status()
            keys = _usable(answer.json())
        except (httpx.HTTPError, ValueError) as error:
            _log.warning("tokens.keys_not_fetched", error=type(error).__name__)
            return
        if keys:
            self._keys, self._fetched = keys, self._ticks()


def _usable(document: Any) -> Keys:
    """The signing keys of a JWK set; what we cannot read, and secret keys, are left out."""
    keys: Keys = {}
    for entry in document.get("keys", []) if isinstance(document, dict) else []:
        if not isinstance(entry, dict) or entry.get("use", "sig") != "sig" or entry.get("kty") == "oct":
            continue
        try:
            keys[str(entry.get("kid", ""))] = jwt.PyJWK(entry).key
        except jwt.PyJWTError:
            continue
    return keys
