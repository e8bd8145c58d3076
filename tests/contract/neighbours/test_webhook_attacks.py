"""Endpoints that mean harm: they get nothing but a signed event, and cost us no more than the time of an attempt."""

import asyncio
import gzip
import ipaddress
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from shared.adapters import webhook_post
from shared.adapters.addresses import Address
from shared.adapters.webhook_post import ANSWER_BYTES, HttpWebhooks
from shared.domain.subscription import Attempt
from tests.builders import NOW, subscription
from tests.contract.neighbours.certificates import Authority
from tests.contract.neighbours.receiving import receiving

BASE_URL = "https://correspondence.localhost"
EVENT = {"specversion": "1.0", "id": "5b0b3f0e-0000-5000-8000-000000000001", "type": "x"}
HERE, OUTSIDE, INSIDE = (ipaddress.ip_address(text) for text in ("127.0.0.1", "93.184.216.34", "10.0.0.8"))
TIMEOUT = webhook_post.WEBHOOK_TIMEOUT / 30

type Talk = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@asynccontextmanager
async def talking(talk: Talk, tls: ssl.SSLContext | None = None) -> AsyncIterator[int]:
    """The port of a server that talks as it likes once a request's head has come."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await reader.readuntil(b"\r\n\r\n")
            await talk(reader, writer)
        except (ConnectionError, asyncio.IncompleteReadError, ssl.SSLError):
            return
        finally:
            writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=tls)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        server.abort_clients()
        await server.wait_closed()


def saying(text: bytes) -> Talk:
    async def talk(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(text)
        await writer.drain()

    return talk


def on_and_on(beginning: bytes, piece: bytes, pause_seconds: float = 0) -> Talk:
    """Says its piece again and again, until it is cut off."""

    async def talk(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(beginning)
        while True:
            writer.write(piece)
            await writer.drain()
            await asyncio.sleep(pause_seconds)

    return talk


@pytest.fixture
async def webhooks(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[HttpWebhooks]:
    """Impatient, so that nobody waits long."""
    monkeypatch.setattr(webhook_post, "WEBHOOK_TIMEOUT", TIMEOUT)
    made = HttpWebhooks(BASE_URL, loopback_allowed=True)
    yield made
    await made.close()


@pytest.fixture
async def strict() -> AsyncIterator[HttpWebhooks]:
    """As in production."""
    made = HttpWebhooks(BASE_URL)
    yield made
    await made.close()


def leading(monkeypatch: pytest.MonkeyPatch, *answers: tuple[Address, ...]) -> list[str]:
    """Names lead to each of these in turn, and to the last one from then on. The names that were asked for."""
    asked: list[str] = []

    async def resolve(host: str, _port: int) -> tuple[Address, ...]:
        asked.append(host)
        return answers[min(len(asked), len(answers)) - 1]

    monkeypatch.setattr(webhook_post, "resolve", resolve)
    return asked


async def posted(webhooks: HttpWebhooks, endpoint: str) -> Attempt:
    return await webhooks.post(subscription(endpoint=endpoint), EVENT, attempt=1, now=NOW)


@pytest.mark.parametrize(
    "endpoint",
    ["http://agency.example/", "https://127.0.0.1/", "https://localhost/", "https://[::1]/", "https://10.0.0.8/", "x"],
)
async def test_the_rules_hold_when_subscribing_and_when_calling(endpoint: str, strict: HttpWebhooks) -> None:
    """The rule is named at first; later it is an attempt without an answer, and consent is none."""
    assert await strict.broken_rule(endpoint) is not None
    assert (await posted(strict, endpoint)).answer == "the address is not allowed"
    assert await strict.validate(subscription(endpoint=endpoint)) is None


@pytest.mark.parametrize("addresses", [(INSIDE,), (OUTSIDE, INSIDE), (INSIDE, OUTSIDE), (HERE,)])
async def test_a_name_that_leads_inside_is_refused(
    addresses: tuple[Address, ...], strict: HttpWebhooks, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One private address among public ones is enough."""
    leading(monkeypatch, addresses)
    assert await strict.broken_rule("https://agency.example/") == "must be on a host of which every address is public"
    assert (await posted(strict, "https://agency.example/")).answer == "the address is not allowed"


async def test_a_local_run_reaches_itself_and_nothing_else_inside(
    webhooks: HttpWebhooks, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The setting frees loopback, not the network around."""
    leading(monkeypatch, (HERE,), (INSIDE,), (HERE, INSIDE))
    assert await webhooks.broken_rule("https://agency.example/") is None
    assert await webhooks.broken_rule("https://agency.example/") is not None
    assert await webhooks.broken_rule("https://agency.example/") is not None


async def test_a_name_that_leads_nowhere_breaks_no_rule(strict: HttpWebhooks, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody is there to consent, which is said instead."""

    async def resolve(_host: str, _port: int) -> tuple[Address, ...]:
        raise OSError

    monkeypatch.setattr(webhook_post, "resolve", resolve)
    assert await strict.broken_rule("https://agency.example/") is None
    assert await strict.validate(subscription(endpoint="https://agency.example/")) is None


async def test_a_name_that_is_bound_anew_is_judged_anew(strict: HttpWebhooks, monkeypatch: pytest.MonkeyPatch) -> None:
    """Public while it was asked about, inside when it is called: nothing is sent."""
    asked = leading(monkeypatch, (OUTSIDE,), (HERE,))
    async with receiving() as endpoint:
        port = endpoint.url.rsplit(":", 1)[1]
        assert await strict.broken_rule(f"https://agency.example:{port}/") is None
        assert (await posted(strict, f"https://agency.example:{port}/")).answer == "the address is not allowed"
        assert (len(asked), endpoint.requests) == (2, [])


async def test_the_judged_address_is_called_and_the_name_still_certified(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The name is looked up once per call, and the certificate must be for it, by an authority that is trusted."""
    authority, stranger = Authority(tmp_path), Authority(tmp_path)
    asked = leading(monkeypatch, (HERE,))
    good = saying(b"HTTP/1.1 204 No Content\r\n\r\n")
    sender = HttpWebhooks(BASE_URL, loopback_allowed=True, trusted=authority.trusted)
    cases = [
        (authority.server("agency.example"), 204),
        (authority.server("other.example"), 0),
        (stranger.server("agency.example"), 0),
        (None, 0),
    ]
    for tls, status in cases:
        async with talking(good, tls) as port:
            assert (await posted(sender, f"https://agency.example:{port}/")).status == status
    await sender.close()
    assert asked == ["agency.example"] * len(cases)


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_no_redirect_leads_inside(status: int, webhooks: HttpWebhooks) -> None:
    """Neither when the endpoint is validated nor when it is told."""
    async with receiving() as inside, receiving(status, Location=inside.url) as endpoint:
        assert await webhooks.validate(subscription(endpoint=endpoint.url)) is None
        assert (await posted(webhooks, endpoint.url)).status == status
        assert inside.requests == []


@pytest.mark.parametrize(
    "encoded",
    [
        gzip.compress(bytes(20_000_000)),
        gzip.compress(gzip.compress(bytes(20_000_000))),
        b"not gzip at all",
    ],
)
async def test_nothing_is_unpacked(encoded: bytes, webhooks: HttpWebhooks) -> None:
    """What is kept of a compressed answer is its first bytes as they came."""
    head = f"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: {len(encoded)}\r\n\r\n".encode()
    async with talking(saying(head + encoded)) as port:
        attempt = await posted(webhooks, f"http://127.0.0.1:{port}/")
    assert attempt.status == 200
    assert attempt.answer == encoded[:ANSWER_BYTES].decode(errors="replace")


OK = b"HTTP/1.1 200 OK\r\n"


@pytest.mark.parametrize(
    ("talk", "status"),
    [
        (on_and_on(OK + b"Transfer-Encoding: chunked\r\n\r\n", b"1000\r\n" + b"a" * 0x1000 + b"\r\n"), 200),
        (on_and_on(OK + b"\r\n", b"a" * 1000), 200),
        (on_and_on(OK + b"Content-Length: 9" + b"9" * 15 + b"\r\n\r\n", b"a" * 1000), 200),
        (on_and_on(OK + b"Content-Length: 100\r\n\r\n", b"a", 0.05), 0),
        (on_and_on(OK, b"X: y\r\n"), 0),
        (on_and_on(OK, b"X", 0), 0),
        (on_and_on(OK, b"X: y\r\n", 0.05), 0),
        (on_and_on(b"", b"HTTP/1.1 100 Continue\r\n\r\n", 0.01), 0),
        (on_and_on(b"", b"HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n", 0.01), 0),
        (on_and_on(b"HT", b"", 0.05), 0),
        (on_and_on(OK + b"Transfer-Encoding: chunked\r\n\r\n", b"", 0.05), 0),
        (saying(b""), 0),
        (saying(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: upgrade\r\n\r\n"), 0),
        (saying(b"SSH-2.0-OpenSSH_9\r\n"), 0),
        (saying(b"HTTP/1.1 20 OK\r\n\r\n"), 0),
        (saying(b"HTTP/1.1 OK\r\n\r\n"), 0),
        (saying(OK + b"Content-Length: 1\r\nContent-Length: 2\r\n\r\nab"), 0),
        (saying(OK + b"Content-Length: 100\r\n\r\ncut off"), 0),
        (saying(OK + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n"), 0),
        (saying(OK + b"X: \x00\r\n\r\n"), 0),
        (saying(b"\x00" * 1000), 0),
    ],
)
async def test_whatever_it_says_the_attempt_ends(talk: Talk, status: int, webhooks: HttpWebhooks) -> None:
    """In the time of an attempt, with 2 kB kept at most; what is no answer is status 0."""
    async with asyncio.timeout(30), talking(talk) as port:
        attempt = await posted(webhooks, f"http://127.0.0.1:{port}/")
    assert attempt.status == status
    assert len(attempt.answer.encode()) <= ANSWER_BYTES


async def test_no_cookie_goes_from_one_endpoint_to_another(webhooks: HttpWebhooks) -> None:
    """Nor back to the one who set it: hosts behind one address are strangers."""
    async with receiving(Set_Cookie="session=hemmelig; Path=/") as endpoint:
        await posted(webhooks, endpoint.url)
        await posted(webhooks, endpoint.url)
        assert "cookie" not in endpoint.last.headers


async def test_no_proxy_of_the_environment_is_asked(webhooks: HttpWebhooks, monkeypatch: pytest.MonkeyPatch) -> None:
    """It would be told whom we tell."""
    async with receiving() as proxy, receiving() as endpoint:
        for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
            monkeypatch.setenv(name, proxy.url)
        assert (await posted(webhooks, endpoint.url)).succeeded
        assert (len(endpoint.requests), proxy.requests) == (1, [])
