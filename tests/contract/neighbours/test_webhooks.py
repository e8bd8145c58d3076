"""Webhooks against real endpoints, with an independent verifier of the signatures."""

import base64
import ipaddress
import json
import os
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from aiohttp import web
from standardwebhooks import Webhook, WebhookVerificationError

from local.services.context import Context
from shared.adapters import addresses, webhook_post
from shared.adapters.addresses import AddressRefused, require_public
from shared.adapters.webhook_post import ANSWER_BYTES, VALIDATION_TYPE, HttpWebhooks
from shared.domain.subscription import Consent, Subscription
from tests.builders import NOW, subscription
from tests.contract.neighbours.answering import answering
from tests.servers import free_ports

BASE_URL = "https://correspondence.localhost"
SECRET = os.urandom(32)
EVENT = {"specversion": "1.0", "id": "5b0b3f0e-0000-5000-8000-000000000001", "type": "x", "subject": "blåbær"}


@pytest.fixture
async def webhooks() -> AsyncIterator[HttpWebhooks]:
    """An adapter that may call 127.0.0.1."""
    made = HttpWebhooks(BASE_URL, loopback_allowed=True)
    yield made
    await made.close()


@pytest.fixture
async def strict() -> AsyncIterator[HttpWebhooks]:
    """An adapter as in production."""
    made = HttpWebhooks(BASE_URL)
    yield made
    await made.close()


def to(endpoint: str, **changes: Any) -> Subscription:
    return subscription(endpoint=endpoint, secret=SECRET, **changes)


async def test_a_delivery_is_a_signed_cloud_event(
    webhooks: HttpWebhooks, here: Context, http: httpx.AsyncClient
) -> None:
    """The body is the event as structured JSON, signed so that an independent library accepts it, under its own id."""
    now = datetime.now(UTC) + timedelta(days=7)  # a moved clock: receivers' clocks are not moved with it
    attempt = await webhooks.post(to(f"{here.base_url}/hook/signed"), EVENT, attempt=3, now=now)
    assert (attempt.number, attempt.at, attempt.status, attempt.succeeded) == (3, now, 200, True)
    [call] = (await http.get("/hooks/signed")).json()
    headers = call["headers"]
    verifier = Webhook("whsec_" + base64.b64encode(SECRET).decode())
    assert verifier.verify(call["body"], headers) == EVENT
    assert headers["webhook-id"] == EVENT["id"]
    assert headers["content-type"] == "application/cloudevents+json"
    assert headers["webhook-request-origin"] == "correspondence.localhost"
    with pytest.raises(WebhookVerificationError):
        verifier.verify(call["body"].replace("bl", "gr"), headers)


@pytest.mark.parametrize("status", [201, 202, 204, 302, 404, 410, 429, 500])
async def test_every_answer_is_an_attempt(status: int, webhooks: HttpWebhooks) -> None:
    """The status is noted as it came, redirects included, and none is followed."""
    calls: list[str] = []

    async def answer(request: web.Request) -> web.Response:
        calls.append(request.path)
        return web.Response(status=status, headers={"Location": "/elsewhere"}, text="" if status == 204 else "why")

    async with answering(answer) as url:
        attempt = await webhooks.post(to(f"{url}/hook"), EVENT, attempt=1, now=NOW)
    assert (attempt.status, attempt.succeeded) == (status, status < 300)
    assert calls == ["/hook"]


async def test_only_the_beginning_of_an_answer_is_read(webhooks: HttpWebhooks) -> None:
    """An endless answer ends for us after 2 kB."""

    async def endless(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        with pytest.raises((ConnectionError, web.HTTPException)):
            while True:
                await response.write(b"\xc3\xa5" * 5000)
        return response

    async with answering(endless) as url:
        attempt = await webhooks.post(to(url), EVENT, attempt=1, now=NOW)
    assert attempt.status == 200
    assert len(attempt.answer.encode()) == ANSWER_BYTES
    assert set(attempt.answer) == {"å"}


async def test_no_answer_is_status_0(webhooks: HttpWebhooks, here: Context, http: httpx.AsyncClient) -> None:
    """Nobody there, a name that does not exist, a cut connection and an endpoint that is no URL: an Attempt each."""
    await http.post("/hooks/cut", json={"lost": True, "status": 500})
    dead = f"http://127.0.0.1:{free_ports(1)[0]}/"
    for endpoint in (dead, "http://nowhere.invalid/", f"{here.base_url}/hook/cut", "http://[::1", "https://", "x"):
        attempt = await webhooks.post(to(endpoint), EVENT, attempt=1, now=NOW)
        assert (attempt.status, attempt.succeeded) == (0, False)
        assert attempt.answer


async def test_a_slow_endpoint_is_given_up(webhooks: HttpWebhooks, monkeypatch: pytest.MonkeyPatch) -> None:
    """The time-out holds for the whole exchange, also when the answer drips."""
    monkeypatch.setattr(webhook_post, "WEBHOOK_TIMEOUT", webhook_post.WEBHOOK_TIMEOUT / 50)

    async def drip(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        import asyncio

        for _ in range(100):
            await response.write(b".")
            await asyncio.sleep(0.05)
        return response

    async with answering(drip) as url:
        attempt = await webhooks.post(to(url), EVENT, attempt=1, now=NOW)
    assert (attempt.status, attempt.answer) == (0, "no answer in time")


@pytest.mark.parametrize("allowed", ["*", "correspondence.localhost", "Correspondence.Localhost"])
async def test_the_handshake_is_enough(allowed: str, webhooks: HttpWebhooks) -> None:
    """Consent in WebHook-Allowed-Origin validates, whatever the status; nothing is posted."""
    calls: list[tuple[str, str, str]] = []

    async def consent(request: web.Request) -> web.Response:
        origin, rate = (request.headers[f"WebHook-Request-{name}"] for name in ("Origin", "Rate"))
        calls.append((request.method, origin, rate))
        return web.Response(status=405, headers={"WebHook-Allowed-Origin": allowed, "WebHook-Allowed-Rate": "*"})

    async with answering(consent) as url:
        assert await webhooks.validate(to(url)) == Consent()
    assert [(method, origin) for method, origin, _ in calls] == [("OPTIONS", "correspondence.localhost")]
    assert calls[0][2].isdigit()


@pytest.mark.parametrize(("status", "valid"), [(200, True), (204, True), (301, False), (403, False), (500, False)])
async def test_a_validation_event_is_the_fall_back(status: int, valid: bool, webhooks: HttpWebhooks) -> None:
    """Without consent in the handshake a signed validation event is posted, and 2xx consents."""
    posted: list[tuple[Any, Any]] = []

    async def only_post(request: web.Request) -> web.Response:
        if request.method == "OPTIONS":
            return web.Response(status=200, headers={"WebHook-Allowed-Origin": "somebody.example"})
        posted.append((await request.text(), dict(request.headers)))
        return web.Response(status=status)

    async with answering(only_post) as url:
        assert (await webhooks.validate(to(url)) is not None) is valid
    [(body, headers)] = posted
    event = Webhook(base64.b64encode(SECRET).decode()).verify(body, {k.lower(): v for k, v in headers.items()})
    assert event["type"] == VALIDATION_TYPE
    assert event["source"].endswith("/subscriptions/1")


async def test_nobody_there_does_not_consent(webhooks: HttpWebhooks) -> None:
    """Validation never raises."""
    assert not await webhooks.validate(to(f"http://127.0.0.1:{free_ports(1)[0]}/"))


@pytest.mark.parametrize(
    "endpoint",
    [
        "http://example.com/",
        "https://127.0.0.1/",
        "https://localhost/",
        "https://[::1]/",
        "https://10.0.0.8/",
        "ftp://a/",
    ],
)
async def test_private_endpoints_are_refused(endpoint: str, strict: HttpWebhooks) -> None:
    """Plain http and addresses inside are refused before anything is sent."""
    attempt = await strict.post(to(endpoint), EVENT, attempt=1, now=NOW)
    assert (attempt.status, attempt.answer) == (0, "the address is not allowed")
    assert not await strict.validate(to(endpoint))


async def test_a_name_that_points_inside_is_refused(strict: HttpWebhooks, monkeypatch: pytest.MonkeyPatch) -> None:
    """One private address among public ones is enough to refuse."""

    async def resolve(_host: str, _port: int) -> tuple[addresses.Address, ...]:
        return ipaddress.ip_address("93.184.216.34"), ipaddress.ip_address("192.168.1.1")

    monkeypatch.setattr(webhook_post, "resolve", resolve)
    attempt = await strict.post(to("https://subscriber.example/"), EVENT, attempt=1, now=NOW)
    assert attempt.answer == "the address is not allowed"


async def test_the_judged_address_is_the_one_connected_to(
    webhooks: HttpWebhooks, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The name is resolved once; the request goes to that address and still names the host."""
    resolved: list[str] = []
    hosts: list[str] = []

    async def resolve(host: str, _port: int) -> tuple[addresses.Address, ...]:
        resolved.append(host)
        return ipaddress.ip_address("::1"), ipaddress.ip_address("127.0.0.1")

    async def note(request: web.Request) -> web.Response:
        hosts.append(request.headers["Host"])
        return web.Response()

    monkeypatch.setattr(webhook_post, "resolve", resolve)
    async with answering(note) as url:
        port = url.rsplit(":", 1)[1]
        attempt = await webhooks.post(to(f"http://localhost:{port}/x"), EVENT, attempt=1, now=NOW)
    assert attempt.status == 200
    assert (resolved, hosts) == (["localhost"], [f"localhost:{port}"])


def test_one_address_inside_refuses_the_host() -> None:
    """And so does having none: nothing to judge is nothing to trust."""
    outside, inside = ipaddress.ip_address("93.184.216.34"), ipaddress.ip_address("10.0.0.1")
    require_public((outside,))
    for addresses_found in ((outside, inside), (inside, outside), ()):
        with pytest.raises(AddressRefused):
            require_public(addresses_found)


async def test_the_body_is_compact_utf_8(webhooks: HttpWebhooks) -> None:
    """What is signed is what is sent: compact JSON in UTF-8."""
    bodies: list[bytes] = []

    async def note(request: web.Request) -> web.Response:
        bodies.append(await request.read())
        return web.Response()

    async with answering(note) as url:
        await webhooks.post(to(url), EVENT, attempt=1, now=NOW)
    assert bodies == [json.dumps(EVENT, separators=(",", ":"), ensure_ascii=False).encode()]
