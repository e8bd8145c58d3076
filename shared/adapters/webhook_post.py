"""POSTs to subscribers' endpoints: CloudEvents, signed by Standard Webhooks, to public addresses only."""

import asyncio
import base64
import hashlib
import hmac
import json
import time
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import httpx

from shared.adapters.addresses import Address, AddressRefused, require_public, resolve
from shared.domain.subscription import Attempt, Subscription

WEBHOOK_TIMEOUT = timedelta(seconds=15)  # In all, with name look-up; below LockDuration in local/servicebus.json.
ANSWER_BYTES = 2048
_CONNECT_TIMEOUT_SECONDS = 5.0
_ADDRESSES_TRIED = 4
VALIDATION_TYPE = "platform.events.validatesubscription"
_REQUESTS_PER_MINUTE = "600"
_CONTENT_TYPE = "application/cloudevents+json"


class HttpWebhooks:
    """The port `Webhooks`. Redirects are not followed, proxies of the environment not used."""

    def __init__(self, public_base_url: str, allow_private_hosts: bool = False) -> None:
        """`allow_private_hosts` permits http and any address: for local runs only."""
        self._base_url = public_base_url.rstrip("/")
        self._origin = httpx.URL(public_base_url).host
        self._allow_private_hosts = allow_private_hosts
        self._client: httpx.AsyncClient | None = None

    async def validate(self, subscription: Subscription) -> bool:
        """True when the endpoint consents: by the CloudEvents handshake, or else by a 2xx for a validation event.

        Consent in the handshake is in `WebHook-Allowed-Origin` only, never in the status. Never raises.
        """
        asked = {"WebHook-Request-Origin": self._origin, "WebHook-Request-Rate": _REQUESTS_PER_MINUTE}
        answer = await self._request("OPTIONS", subscription.endpoint, headers=asked)
        if answer.allowed_origin.lower() in {"*", self._origin.lower()}:
            return True
        now = datetime.now(UTC)
        event = {
            "specversion": "1.0",
            "id": str(uuid.uuid4()),
            "type": VALIDATION_TYPE,
            "time": now.isoformat(),
            "source": f"{self._base_url}/events/api/v1/subscriptions/{subscription.number}",
        }
        return (await self.post(subscription, event, attempt=1, now=now)).succeeded

    async def post(
        self, subscription: Subscription, event: Mapping[str, object], *, attempt: int, now: datetime
    ) -> Attempt:
        """Deliver one CloudEvent; every outcome is an Attempt. Status 0 means no answer, `answer` then says why.

        `now` is the time of the attempt; signature and duration go by real time, as receivers' clocks do.
        """
        body = json.dumps(event, separators=(",", ":"), ensure_ascii=False).encode()
        signed = signature_headers(subscription.secret, str(event["id"]), body, datetime.now(UTC))
        headers = {**signed, "Content-Type": _CONTENT_TYPE, "WebHook-Request-Origin": self._origin}
        begun = time.monotonic()
        answer = await self._request("POST", subscription.endpoint, headers=headers, content=body)
        took_ms = round((time.monotonic() - begun) * 1000)
        return Attempt(attempt, now, answer.status, answer.text, took_ms)

    async def close(self) -> None:
        """Close the client, if there is one."""
        if self._client is not None:
            await self._client.aclose()
            self._client = None

    async def _request(
        self, method: str, endpoint: str, *, headers: Mapping[str, str], content: bytes = b""
    ) -> "_Answer":
        try:
            async with asyncio.timeout(WEBHOOK_TIMEOUT.total_seconds()):
                target = await self._target(endpoint)
                return await self._exchange(method, target, headers, content)
        except AddressRefused:
            return _Answer("the address is not allowed")
        except (TimeoutError, httpx.TimeoutException):
            return _Answer("no answer in time")
        except (httpx.HTTPError, httpx.InvalidURL, OSError, ValueError):
            return _Answer("no connection")

    async def _target(self, endpoint: str) -> "_Target":
        """Resolve and judge the endpoint once; what was judged is what is connected to. Raises AddressRefused."""
        url = httpx.URL(endpoint)
        if not url.host or url.scheme not in ({"http", "https"} if self._allow_private_hosts else {"https"}):
            raise AddressRefused
        host = url.raw_host.decode("ascii")
        addresses = await resolve(host, url.port or (443 if url.scheme == "https" else 80))
        if not self._allow_private_hosts:
            require_public(addresses)
        return _Target(url, host, addresses[:_ADDRESSES_TRIED])

    async def _exchange(self, method: str, target: "_Target", headers: Mapping[str, str], content: bytes) -> "_Answer":
        """Ask the first address that takes a connection."""
        client = self._opened()
        for address in target.addresses:
            request = client.build_request(
                method,
                target.url.copy_with(host=str(address)),
                headers={**headers, "Host": target.url.netloc.decode("ascii")},
                content=content,
                extensions={"sni_hostname": target.host},  # The certificate is still checked against the name.
            )
            try:
                answer = await client.send(request, stream=True)
            except (httpx.ConnectError, httpx.ConnectTimeout):
                continue
            try:
                return _Answer(
                    await _beginning(answer), answer.status_code, answer.headers.get("WebHook-Allowed-Origin", "")
                )
            finally:
                await answer.aclose()
        return _Answer("no connection")

    def _opened(self) -> httpx.AsyncClient:
        if self._client is None:
            # No connection is kept: to the pool two names at one address are the same, to a certificate they are not.
            limits = httpx.Limits(max_connections=200, max_keepalive_connections=0)
            timeout = httpx.Timeout(WEBHOOK_TIMEOUT.total_seconds(), connect=_CONNECT_TIMEOUT_SECONDS)
            names = {"User-Agent": "correspondence-webhooks/1", "Accept-Encoding": "identity"}
            self._client = httpx.AsyncClient(
                limits=limits, timeout=timeout, headers=names, follow_redirects=False, trust_env=False
            )
        return self._client


@dataclass(frozen=True, slots=True)
class _Answer:
    """What came back: with status 0 nothing did, and the text says why."""

    text: str
    status: int = 0
    allowed_origin: str = ""


@dataclass(frozen=True, slots=True)
class _Target:
    """An endpoint and the addresses that were found, and judged, for its host."""

    url: httpx.URL
    host: str
    addresses: tuple[Address, ...]


def signature_headers(secret: bytes, event_id: str, body: bytes, now: datetime) -> dict[str, str]:
    """The headers of Standard Webhooks, scheme v1: HMAC-SHA256 over `id.timestamp.body`. Source: its specification."""
    timestamp = str(int(now.timestamp()))
    signed = b".".join((event_id.encode(), timestamp.encode(), body))
    signature = base64.b64encode(hmac.digest(secret, signed, hashlib.sha256)).decode()
    return {"webhook-id": event_id, "webhook-timestamp": timestamp, "webhook-signature": f"v1,{signature}"}


async def _beginning(answer: httpx.Response) -> str:
    """The first bytes of the body as text; the rest is never read."""
    read = bytearray()
    async for chunk in answer.aiter_raw():
        read += chunk[: ANSWER_BYTES - len(read)]
        if len(read) >= ANSWER_BYTES:
            break
    return read.decode("utf-8", errors="replace")
