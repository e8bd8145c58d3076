"""The HTTP front: finds the function of a request, checks its key, and runs it streamed or in the classic way."""

from __future__ import annotations

import asyncio
import logging
import uuid
from collections.abc import Awaitable, Callable, Iterable
from typing import Any

from aiohttp import ClientError, web

from local.host import classic
from local.host.functions import HTTP, Function
from local.host.keys import Keys
from local.host.outputs import OutputFailed, Outputs
from local.host.routes import ALL_METHODS, NO_METHOD_MATCHES_STATUS, Route, RouteTable, compile_template
from local.host.streaming import Upstream, keep_exact
from local.host.worker import Call, InvocationFailed, Worker
from local.host.worker import Outputs as Returned

# A request line and headers as Kestrel takes them; tokens in headers are long.
MAX_LINE_BYTES = 16 * 1024
MAX_HEADER_BYTES = 32 * 1024

log = logging.getLogger("host.http")


class Front:
    """Serves the app's HTTP functions. `upstream` is set when the app streams."""

    def __init__(
        self,
        worker: Worker,
        functions: Iterable[Function],
        outputs: Outputs,
        *,
        prefix: str,
        keys: Keys,
        upstream: Upstream | None,
    ) -> None:
        self._worker = worker
        self._outputs = outputs
        self._keys = keys
        self._upstream = upstream
        self._table = RouteTable(route(function, prefix) for function in functions if function.trigger_type == HTTP)
        self._background: set[asyncio.Task[Any]] = set()

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Answer one request: 404 without a function, 401 without its key, 500 when it fails."""
        found = self._table.find(request.method, request.raw_path.partition("?")[0])
        if found is None:
            return web.Response(status=NO_METHOD_MATCHES_STATUS)
        function, values = found
        if not self._keys.open(request, str(function.trigger.get("authLevel") or "FUNCTION"), function.name):
            return web.Response(status=401)
        invocation = str(uuid.uuid4())
        run = self._streamed if self._upstream else self._classic
        return await run(request, function, values, invocation)

    async def _classic(
        self, request: web.Request, function: Function, values: dict[str, str], invocation: str
    ) -> web.StreamResponse:
        value = classic.rpc_request(request, values, await classic.read_body(request))
        call = Call(function, value, id=invocation, trace_parent=request.headers.get("traceparent", ""))
        task = asyncio.create_task(self._whole(call, values))
        self._background.add(task)
        task.add_done_callback(self._background.discard)
        return await asyncio.shield(task)  # A client that goes away does not stop the function in this mode.

    async def _whole(self, call: Call, values: dict[str, str]) -> web.Response:
        try:
            returned = await self._worker.invoke(call)
            await self._outputs.write(call.function, returned, values)
        except (InvocationFailed, OutputFailed) as failure:
            report(call.function, call.id, failure)
            return web.Response(status=500)
        report(call.function, call.id)
        return classic.response(returned)

    async def _streamed(
        self, request: web.Request, function: Function, values: dict[str, str], invocation: str
    ) -> web.StreamResponse:
        assert self._upstream is not None
        loop = asyncio.get_running_loop()
        failed: asyncio.Future[InvocationFailed] = loop.create_future()

        def done(outcome: Returned | InvocationFailed) -> None:
            if isinstance(outcome, InvocationFailed):
                loop.call_soon_threadsafe(self._failed, request, function, invocation, outcome, failed)
                return
            report(function, invocation)
            if function.outputs and any(output["name"] in outcome for output in function.outputs):
                loop.call_soon_threadsafe(self._write, function, outcome, values)

        call = Call(
            function,
            classic.rpc_route(request, values),
            id=invocation,
            trace_parent=request.headers.get("traceparent", ""),
        )
        self._worker.submit(call, done)
        try:
            return await self._upstream.forward(request, invocation, failed)
        except (InvocationFailed, ClientError, OSError):
            self._worker.abandon(invocation)
            if not failed.done():
                log.exception("%s (Id=%s): the worker did not answer", function.name, invocation)
            return web.Response(status=500)
        except asyncio.CancelledError:
            self._worker.abandon(invocation)
            raise

    def _failed(
        self,
        request: web.Request,
        function: Function,
        invocation: str,
        failure: InvocationFailed,
        failed: asyncio.Future[InvocationFailed],
    ) -> None:
        transport = request.transport
        if transport is None or transport.is_closing():
            log.info("Executed 'Functions.%s' (client went away, Id=%s)", function.name, invocation)
        else:
            report(function, invocation, failure)
        if not failed.done():
            failed.set_result(failure)

    def _write(self, function: Function, returned: Returned, values: dict[str, str]) -> None:
        task = asyncio.ensure_future(self._write_outputs(function, returned, values))
        self._background.add(task)
        task.add_done_callback(self._background.discard)

    async def _write_outputs(self, function: Function, returned: Returned, values: dict[str, str]) -> None:
        try:
            await self._outputs.write(function, returned, values)
        except OutputFailed as failure:
            report(function, "-", failure)


def route(function: Function, prefix: str) -> Route[Function]:
    """Make the route of an HTTP function; a function that names no methods takes all."""
    template = "/".join(filter(None, (prefix, str(function.trigger.get("route") or function.name).strip("/"))))
    methods = frozenset(str(method).upper() for method in function.trigger.get("methods") or ALL_METHODS)
    return Route(compile_template(template), methods, function)


def report(function: Function, invocation: str, failure: Exception | None = None) -> None:
    """Log one invocation: a line when it succeeded, with its traceback when it failed."""
    if failure is None:
        log.info("Executed 'Functions.%s' (Succeeded, Id=%s)", function.name, invocation)
    else:
        trace = getattr(failure, "trace", "")
        log.error("Executed 'Functions.%s' (Failed, Id=%s) %s\n%s", function.name, invocation, failure, trace)


Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


def application(front: Front, own: Iterable[tuple[str, str, Handler]]) -> web.Application:
    """Make the server's application: the host's own pages first, the rest goes to the functions. Bodies have no cap."""
    server = web.Application(client_max_size=2**63 - 1)
    for method, path, handler in own:
        server.router.add_route(method, path, handler)
    server.router.add_route("*", "/{path:(?s:.*)}", front.handle, expect_handler=_asked_later)
    server.on_response_prepare.append(keep_exact)
    return server


async def _asked_later(_request: web.Request) -> None:
    """Do not answer `Expect: 100-continue` yet: that waits until the app asks for the body, so that it can refuse."""
