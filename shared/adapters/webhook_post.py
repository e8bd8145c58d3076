"""POSTs to subscribers' endpoints: CloudEvents, signed by Standard Webhooks, to public addresses only."""

import asyncio
import json
import math
import re
import ssl
import time
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.cookiejar import CookieJar, DefaultCookiePolicy

import httpx

from shared.adapters.addresses import AddressRefused, require_public, resolve
from shared.adapters.answers import retry_after
from shared.adapters.webhook_signatures import new_keys, signature_headers
from shared.domain.endpoints import Address, broken_rule, is_loopback
from shared.domain.events import alternative_subject, iso_z, sequence_text
from shared.domain.subscription import Attempt, Consent, Keys, Signing, Subscription

WEBHOOK_TIMEOUT = timedelta(seconds=15)  # In all, with name look-up; below LockDuration in local/servicebus.json.
ANSWER_BYTES = 2048
_CONNECT_TIMEOUT_SECONDS = 5.0
_ADDRESSES_TRIED = 4
VALIDATION_TYPE = "platform.events.validatesubscription"
TEST_TYPE = "no.altinn.correspondence.test"
_REQUESTS_PER_MINUTE = "600"
_RATE = re.compile(r"0*[1-9]\d{0,8}", re.ASCII)
_CONTENT_TYPE = "application/cloudevents+json"


class HttpWebhooks:
    """The port `Webhooks`. Redirects are not followed, proxies of the environment not used."""

    def __init__(
        self, public_base_url: str, *, loopback_allowed: bool = False, trusted: ssl.SSLContext | None = None
    ) -> None:
        """`loopback_allowed` permits this machine, by http too: for local runs only.

        `trusted` has the certificates to trust, None those that the world trusts.
        """
        self._base_url = public_base_url.rstrip("/")
        self._origin = httpx.URL(public_base_url).host
        self._loopback_allowed = loopback_allowed
        self._trusted = trusted
        self._client: httpx.AsyncClient | None = None

    async def new_keys(self, signing: Signing) -> Keys:
        """Keys that nobody has had."""
        return new_keys(signing)

    async def broken_rule(self, endpoint: str) -> str | None:
        """What this endpoint breaks, by its form or by where its name leads; None when it may be called.

        A name that leads nowhere breaks nothing: nobody is there to consent.
        """
        try:
            async with asyncio.timeout(WEBHOOK_TIMEOUT.total_seconds()):
                await self._target(endpoint)
        except AddressRefused as refused:
            return refused.rule
        except (TimeoutError, OSError, ValueError):
            return None
        return None

    async def validate(self, subscription: Subscription) -> Consent | None:
        """The endpoint's consent: by the CloudEvents handshake, or else by a 2xx for a validation event. Never raises.

        Consent in the handshake is in its headers only, never in the status; as a rate was asked for, one must be
        allowed. Source: CloudEvents' HTTP webhook specification, section 4.
        """
        asked = {"WebHook-Request-Origin": self._origin, "WebHook-Request-Rate": _REQUESTS_PER_MINUTE}
        answer = await self._request("OPTIONS", subscription.endpoint, headers=asked)
        if consent := self._consent(answer.headers):
            return consent
        event = self._own_event(VALIDATION_TYPE, subscription)
        attempt = await self.post(subscription, event, attempt=1, now=datetime.now(UTC))
        return Consent() if attempt.succeeded else None

    async def post_test(self, subscription: Subscription, *, now: datetime) -> Attempt:
        """Deliver an event that stands for nothing, as every other is delivered, with all its members."""
        subject = subscription.subject_filter or subscription.consumer
        event = self._own_event(TEST_TYPE, subscription) | {
            "resource": f"urn:altinn:resource:{subscription.resource_id}",
            "resourceinstance": str(subscription.number),
            "subject": subject,
            "alternativesubject": alternative_subject(subject),
            "sequence": sequence_text(0),
            "data": None,
        }
        return await self.post(subscription, event, attempt=1, now=now)

    async def post(
        self, subscription: Subscription, event: Mapping[str, object], *, attempt: int, now: datetime
    ) -> Attempt:
        """Deliver one CloudEvent; every outcome is an Attempt. Status 0 means no answer, `answer` then says why.

        `now` is the time of the attempt; signature and duration go by real time, as receivers' clocks do.
        """
        body = json.dumps(event, separators=(",", ":"), ensure_ascii=False).encode()
        secrets = subscription.secrets_at(now)
        signed = signature_headers(subscription.signing, secrets, str(event["id"]), body, datetime.now(UTC))
        headers = {**signed, "Content-Type": _CONTENT_TYPE, "WebHook-Request-Origin": self._origin}
        begun = time.monotonic()
        answer = await self._request("POST", subscription.endpoint, headers=headers, content=body)
        took_ms = round((time.monotonic() - begun) * 1000)
        wait = retry_after(answer.headers) or timedelta()
        return Attempt(attempt, now, answer.status, answer.text, took_ms, math.ceil(wait.total_seconds()))

    def _own_event(self, type_: str, subscription: Subscription) -> dict[str, object]:
        """An event about the subscription itself. Source: Altinn Events, the validation of an endpoint."""
        return {
            "specversion": "1.0",
            "id": str(uuid.uuid4()),
            "type": type_,
            "time": iso_z(datetime.now(UTC)),
            "source": f"{self._base_url}/events/api/v1/subscriptions/{subscription.number}",
        }

    def _consent(self, headers: Mapping[str, str]) -> Consent | None:
        """What the headers of a handshake allow. They name our origin or everybody, and a rate or any."""
        if headers.get("WebHook-Allowed-Origin", "").strip().lower() not in {"*", self._origin.lower()}:
            return None
        rate = headers.get("WebHook-Allowed-Rate", "").strip()
        if rate == "*":
            return Consent()
        return Consent(int(rate)) if _RATE.fullmatch(rate) else None

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
        if rule := broken_rule(endpoint, loopback_allowed=self._loopback_allowed):
            raise AddressRefused(rule)
        url = httpx.URL(endpoint)
        host = url.raw_host.decode("ascii")
        addresses = await resolve(host, url.port or (443 if url.scheme == "https" else 80))
        if not (self._loopback_allowed and all(is_loopback(str(address)) for address in addresses)):
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
                return _Answer(await _beginning(answer), answer.status_code, answer.headers)
            finally:
                await answer.aclose()
        return _Answer("no connection")

    def _opened(self) -> httpx.AsyncClient:
        if self._client is None:
            # No connection is kept: to the pool two names at one address are the same, to a certificate they are not.
            limits = httpx.Limits(max_connections=200, max_keepalive_connections=0)
            timeout = httpx.Timeout(WEBHOOK_TIMEOUT.total_seconds(), connect=_CONNECT_TIMEOUT_SECONDS)
            names = {"User-Agent": "correspondence-webhooks/1", "Accept-Encoding": "identity"}
            names["Cache-Control"] = "no-store"  # The endpoint may hold an access token.
            no_cookies = CookieJar(DefaultCookiePolicy(allowed_domains=()))  # Strangers share an address.
            self._client = httpx.AsyncClient(
                limits=limits,
                timeout=timeout,
                headers=names,
                cookies=no_cookies,
                follow_redirects=False,
                trust_env=False,
                verify=self._trusted or True,
            )
        return self._client


@dataclass(frozen=True, slots=True)
class _Answer:
    """What came back: with status 0 nothing did, and the text says why."""

    text: str
    status: int = 0
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Target:
    """An endpoint and the addresses that were found, and judged, for its host."""

    url: httpx.URL
    host: str
    addresses: tuple[Address, ...]


async def _beginning(answer: httpx.Response) -> str:
    """The first bytes of the body as text; the rest is never read."""
    read = bytearray()
    async for chunk in answer.aiter_raw():
        read += chunk[: ANSWER_BYTES - len(read)]
        if len(read) >= ANSWER_BYTES:
            break
    return read.decode("utf-8", errors="replace")
