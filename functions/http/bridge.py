"""Each FastAPI operation as one HTTP-triggered Function, streamed both ways with back-pressure."""

import asyncio
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from urllib.parse import quote

import azure.functions as func
from azurefunctions.extensions.http.fastapi import Request, StreamingResponse
from fastapi import FastAPI
from fastapi.routing import APIRoute
from starlette.types import ASGIApp, Message, Scope

Handler = Callable[[Request], Awaitable[StreamingResponse]]

_KEPT = ("type", "http_version", "server", "client", "scheme", "method", "query_string", "headers")
_WAITING_PIECES = 2


def register(app: func.FunctionApp, api: FastAPI) -> None:
    """Every route of `api` is a Function named by its operation id, with exactly the route's methods.

    No route constraints: an id that is none is refused by the operation, not by the router. Anonymous towards the
    platform: who may call is the operation's policy.
    """
    for route in api.routes:
        if isinstance(route, APIRoute):
            template = re.sub(r"\{(\w+):path\}", r"{*\1}", route.path.lstrip("/"))
            add_route = app.route(template, methods=sorted(route.methods or ()), auth_level=func.AuthLevel.ANONYMOUS)
            app.function_name(route.name)(add_route(_handler(api, route.path_format)))


def _handler(api: ASGIApp, path_format: str) -> Handler:
    async def handler(req: Request) -> StreamingResponse:
        return await forward(api, req, path_format)

    return handler


async def forward(api: ASGIApp, request: Request, path_format: str) -> StreamingResponse:
    """Run `api` for this request and return when its answer begins; the body follows as it is made.

    While the body comes in, a client that goes away is seen by the app's next `receive`; while the answer goes out,
    it ends the app. An error that `api` raises is raised here once the answer to it has gone out, so that the
    invocation counts as failed.
    """
    exchange = _Exchange(request)
    exchange.begin(api, _scope_of(request, path_format))
    try:
        head = await exchange.head
    except asyncio.CancelledError:
        exchange.leave()
        raise
    if head["status"] >= 500:
        return await _failed(exchange, head)
    return _answer(head, exchange.pieces())


def _scope_of(request: Request, path_format: str) -> Scope:
    """The request as the app shall see it: its route is settled, so the path is spelled as the route has it."""
    values = {name: str(value) for name, value in request.path_params.items()}
    path = re.sub(r"\{(\w+)\}", lambda match: values.get(match[1], ""), path_format)
    scope = {key: request.scope[key] for key in _KEPT if key in request.scope}
    # From 2.4 on an app's answer is not ended by reading `receive`, which we answer ourselves.
    return scope | {
        "asgi": {"version": "3.0", "spec_version": "2.4"},
        "path": path,
        "raw_path": quote(path).encode(),
        "root_path": "",
    }


def _answer(head: Message, pieces: AsyncIterator[bytes]) -> StreamingResponse:
    response = StreamingResponse(pieces, status_code=head["status"])
    response.raw_headers = list(head["headers"])
    return response


async def _failed(exchange: "_Exchange", head: Message) -> StreamingResponse:
    """The answer to a failure. If the app raised it again, the answer is sent from here and the error goes on.

    A Function that raises has no say in what is answered: its request is, so this goes past it.
    """
    body = b"".join([piece async for piece in exchange.pieces()])
    try:
        await exchange.ended()
    except Exception:
        send = exchange.request._send
        await send(head)
        await send({"type": "http.response.body", "body": body, "more_body": False})
        raise

    async def whole() -> AsyncIterator[bytes]:
        yield body

    return _answer(head, whole())


@dataclass(slots=True)
class _Exchange:
    """One request on its way through the app; at most two pieces of the answer wait to be taken."""

    request: Request
    head: asyncio.Future[Message] = field(default_factory=lambda: asyncio.get_running_loop().create_future())
    queue: asyncio.Queue[bytes | None] = field(default_factory=lambda: asyncio.Queue(_WAITING_PIECES))
    left: asyncio.Event = field(default_factory=asyncio.Event)
    complete: bool = False
    task: asyncio.Task[None] | None = None

    def begin(self, api: ASGIApp, scope: Scope) -> None:
        """Start the app."""
        self.task = asyncio.create_task(self._run(api, scope))
        self.task.add_done_callback(self._settle)

    def leave(self) -> None:
        """The client is gone, or has everything: what still works for it ends."""
        self.left.set()
        if self.task is not None and not self.complete:
            self.task.cancel()

    async def ended(self) -> None:
        """Wait for the app's end. Raises what it raised."""
        if self.task is not None:
            await self.task

    async def pieces(self) -> AsyncIterator[bytes]:
        """The body, piece by piece. Raises what the app raised in the middle, so that the connection breaks off."""
        watcher = asyncio.create_task(self._watch())
        try:
            while (piece := await self.queue.get()) is not None:
                yield piece
            if not self.complete:
                await self.ended()
        finally:
            watcher.cancel()
            self.leave()

    async def _run(self, api: ASGIApp, scope: Scope) -> None:
        try:
            await api(scope, self._receive, self._send)
        finally:
            if not self.complete and not self.left.is_set() and self.head.done():
                await self.queue.put(None)

    async def _receive(self) -> Message:
        """The body of the request, until the answer begins; then only that the client is gone."""
        if not self.head.done():
            return await self.request.receive()
        await self.left.wait()
        return {"type": "http.disconnect"}

    async def _send(self, message: Message) -> None:
        if self.left.is_set():
            raise OSError("the client is gone")
        if message["type"] == "http.response.start":
            self.head.set_result(message)
        elif message["type"] == "http.response.body":
            if piece := message.get("body", b""):
                await self.queue.put(bytes(piece))
            if not message.get("more_body", False):
                self.complete = True
                await self.queue.put(None)

    async def _watch(self) -> None:
        """End the app when the client goes away while the answer goes out."""
        while (await self.request.receive())["type"] != "http.disconnect":
            pass
        self.leave()

    def _settle(self, task: asyncio.Task[None]) -> None:
        """An app that ended without an answer fails the invocation."""
        if (
            task.cancelled()
        ):  # Its traceback holds this exchange; without the circle the app's generators close at once.
            self.task = None
        error = None if task.cancelled() else task.exception()
        if not self.head.done():
            self.head.set_exception(error or RuntimeError("the operation gave no answer"))
