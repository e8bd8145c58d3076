"""Our own bearer token: a JWT grant at Maskinporten, exchanged at Altinn where that is wanted."""

import asyncio
import json
import secrets
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import httpx
import jwt

from shared.adapters.answers import retry_after
from shared.domain.errors import Unavailable
from shared.telemetry import Log

_GRANT = "urn:ietf:params:oauth:grant-type:jwt-bearer"
_ASSERTION_LIFETIME = timedelta(seconds=100)  # Maskinporten takes 120 s at most.
_MARGIN = timedelta(seconds=60)
_TIMEOUT_SECONDS = 10.0
_NEIGHBOUR = "maskinporten"
_log = Log("maskinporten")


class MaskinportenTokens:
    """Call it for a token that is good for another minute at least; many callers at once cause one request."""

    def __init__(  # noqa: PLR0917  One argument per setting, in the order of the settings.
        self,
        token_url: str,
        exchange_url: str,
        client_id: str,
        jwk: str,
        scope: str,
        clock: Callable[[], datetime],
    ) -> None:
        """`jwk` is the private key as JSON, `scope` space-separated; without `exchange_url` nothing is exchanged."""
        self._token_url = token_url
        self._exchange_url = exchange_url
        self._client_id = client_id
        self._jwk = jwk
        self._scope = scope
        self._clock = clock
        self._turn = asyncio.Lock()
        self._token = ""
        self._fresh_until: datetime | None = None
        self._client: httpx.AsyncClient | None = None

    async def __call__(self) -> str:
        """The token. Raises Unavailable also when the grant is refused: the fault is ours, not the caller's message."""
        async with self._turn:
            if self._fresh_until is None or self._clock() >= self._fresh_until:
                self._token, self._fresh_until = await self._fetch()
            return self._token

    async def close(self) -> None:
        """Close the client, if there is one."""
        if self._client is not None:
            await self._client.aclose()
            self._client = None

    async def _fetch(self) -> tuple[str, datetime]:
        asked = self._clock()
        form = {"grant_type": _GRANT, "assertion": self._assertion(asked)}
        answer = await self._request("POST", self._token_url, data=form)
        token, lifetime = _granted(answer)
        if self._exchange_url:
            answer = await self._request("GET", self._exchange_url, headers={"Authorization": f"Bearer {token}"})
            token = answer.text.strip().strip('"')
        return token, _expiry(token, asked + lifetime) - _MARGIN

    def _assertion(self, now: datetime) -> str:
        key = jwt.PyJWK(json.loads(self._jwk))
        issued = int(now.timestamp())
        claims = {
            "aud": self._token_url.removesuffix("token"),  # Its issuer, with the slash at the end.
            "iss": self._client_id,
            "scope": self._scope,
            "iat": issued,
            "exp": issued + int(_ASSERTION_LIFETIME.total_seconds()),
            "jti": secrets.token_urlsafe(16),
        }
        headers = {"kid": key.key_id} if key.key_id else None
        return jwt.encode(claims, key.key, algorithm=key.algorithm_name, headers=headers)

    async def _request(self, method: str, url: str, **content: Any) -> httpx.Response:
        if self._client is None:
            self._client = httpx.AsyncClient(timeout=_TIMEOUT_SECONDS)
        try:
            answer = await self._client.request(method, url, **content)
        except httpx.HTTPError as error:
            raise Unavailable(_NEIGHBOUR) from error
        if answer.status_code != 200:
            _log.warning("maskinporten.refused", status=answer.status_code)
            raise Unavailable(_NEIGHBOUR, retry_after=retry_after(answer.headers))
        return answer


def _granted(answer: httpx.Response) -> tuple[str, timedelta]:
    try:
        body = answer.json()
        return str(body["access_token"]), timedelta(seconds=int(body.get("expires_in", 0)))
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise Unavailable(_NEIGHBOUR) from error


def _expiry(token: str, otherwise: datetime) -> datetime:
    """When this token says that it ends; it is not ours to verify, only to replace in time."""
    try:
        expires = jwt.decode(token, options={"verify_signature": False})["exp"]
        return datetime.fromtimestamp(float(expires), otherwise.tzinfo)
    except (jwt.PyJWTError, KeyError, TypeError, ValueError):
        return otherwise
