"""Streamed HTTP ("HTTP v2"): the request goes on to the worker's own server, and its answer back, chunk by chunk."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Mapping
from typing import Any

from aiohttp import (
    ClientConnectionError,
    ClientError,
    ClientResponse,
    ClientSession,
    ClientTimeout,
    DummyCookieJar,
    TCPConnector,
    web,
)
from multidict import CIMultiDict
from yarl import URL

from local.host.worker import InvocationFailed, Worker

INVOCATION_HEADER = "x-ms-invocation-id"
# The worker's server closes an idle connection after five seconds; ours must be the first to let go of it.
IDLE_SECONDS = 4.0
# How long the answer may still come once the function is known to have failed.
GRACE_SECONDS = 2.0
# Headers of one hop (RFC 9110, 7.6.1): each side of the proxy makes its own.
_HOP = frozenset(
    {"connection", "keep-alive", "proxy-connection", "transfer-encoding", "te", "trailer", "upgrade", "expect"}
    | {"proxy-authorization", "proxy-authenticate"}
)
_NO_DEFAULTS = ("User-Agent", "Accept", "Accept-Encoding", "Content-Type")

ANSWERED = "answered"

log = logging.getLogger("host.http")


class Upstream:
    """Forwards requests to the worker's server over connections that are reused."""

    def __init__(self, uri: str) -> None:
        self._uri = uri
        connector = TCPConnector(limit=0, keepalive_timeout=IDLE_SECONDS, force_close=False)
        self._session = ClientSession(
            connector=connector,
            cookie_jar=DummyCookieJar(),
            timeout=ClientTimeout(total=None, sock_connect=10),
            auto_decompress=False,
            skip_auto_headers=_NO_DEFAULTS,
        )

    async def close(self) -> None:
        """Close the connections."""
        await self._session.close()

    async def forward(
        self, request: web.Request, invocation: str, failed: asyncio.Future[InvocationFailed]
    ) -> web.StreamResponse:
        """Carry one request over and its answer back.

        When the client goes away this is cancelled and the worker's connection dropped: the app sees a disconnect.

        Raises:
            InvocationFailed: when the function failed and no answer came.
            ClientError: when the worker's server did not answer.
        """
        headers = end_to_end(request.headers)
        headers[INVOCATION_HEADER] = invocation
        expects = request.headers.get("Expect", "").lower() == "100-continue"
        sending = self._session.request(
            request.method,
            URL(self._uri + request.raw_path, encoded=True),
            headers=headers,
            data=_body(request, expects) if request.body_exists else None,
            expect100=expects and request.body_exists,
            allow_redirects=False,
        )
        upstream = await _first(asyncio.ensure_future(_answer(sending)), failed)
        async with upstream:
            return await _relay(request, upstream)


class Response(web.StreamResponse):
    """An answer whose headers are exactly the worker's: none is guessed."""


async def keep_exact(_request: web.BaseRequest, response: web.StreamResponse) -> None:
    """Signal handler: take away the content type that would otherwise be guessed for an answer without one."""
    if isinstance(response, Response) and "untyped" in response:
        response.headers.popall("Content-Type", None)


def end_to_end(headers: Mapping[str, str]) -> CIMultiDict[str]:
    """Copy all headers, repeated ones too, but those of one hop and those that `Connection` names."""
    named = {name.strip().lower() for name in headers.get("Connection", "").split(",")}
    return CIMultiDict(
        (name, value) for name, value in headers.items() if (low := name.lower()) not in _HOP and low not in named
    )


async def _answer(sending: Awaitable[ClientResponse]) -> ClientResponse:
    return await sending


async def _first(answer: asyncio.Task[ClientResponse], failed: asyncio.Future[InvocationFailed]) -> ClientResponse:
    """Wait for the answer, but not for ever once the function has failed."""
    try:
        awaited: set[asyncio.Future[Any]] = {answer, failed}
        await asyncio.wait(awaited, return_when=asyncio.FIRST_COMPLETED)
        if not answer.done():
            await asyncio.wait({answer}, timeout=GRACE_SECONDS)
        if not answer.done():
            raise failed.result()
        return await answer
    finally:
        if not answer.done():
            answer.cancel()


async def _body(request: web.Request, expects: bool) -> AsyncIterator[bytes]:
    if expects and ANSWERED not in request:
        await request.writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        request.writer.output_size = 0
    async for chunk in request.content.iter_any():
        yield chunk


async def _relay(request: web.Request, upstream: ClientResponse) -> web.StreamResponse:
    response = Response(status=upstream.status, reason=upstream.reason, headers=end_to_end(upstream.headers))
    if "Content-Type" not in upstream.headers:
        response["untyped"] = True
    request[ANSWERED] = True
    await response.prepare(request)
    try:
        if request.method != "HEAD":
            async for chunk in upstream.content.iter_any():
                await response.write(chunk)
        await response.write_eof()
    except (ClientError, ClientConnectionError):
        # The app broke off in the middle; only a dropped connection tells the client that the body is not complete.
        log.warning("the worker broke off its answer; dropping the client's connection")
        if request.transport is not None:
            request.transport.abort()
    return response


def upstream_of(worker: Worker) -> Upstream | None:
    """Give the way to the worker's server, or None when the app answers in the classic way."""
    return Upstream(worker.http_uri) if worker.http_uri else None
