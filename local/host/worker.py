"""Runs Microsoft's Functions runtime on a thread and an event loop of its own, and calls it.

The runtime keeps its state in module globals, so a process holds one app. On a loop of its own, a function that blocks
never stops the host. What the host touches of the runtime beyond its public calls is gathered here and nowhere else.
"""

from __future__ import annotations

import asyncio
import importlib
import logging
import os
import socket
import sys
import threading
import time
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from local.host import protos
from local.host.functions import HTTP, Function, from_metadata
from local.host.settings import disabled

START_SECONDS = 20.0
# Long enough for the worker's server to pick up its answer; then the runtime's record of the request is only a leak.
FORGET_SECONDS = 1.0

Outputs = Mapping[str, protos.Message]


class IndexingFailed(Exception):
    """The app cannot be served; the message holds the whole reason, traceback included."""


class InvocationFailed(Exception):
    """The function raised. `reason` is the exception in one line, `trace` its traceback."""

    def __init__(self, reason: str, trace: str) -> None:
        super().__init__(reason)
        self.reason = reason
        self.trace = trace


@dataclass(frozen=True, slots=True)
class Call:
    """One invocation: the trigger's value, its metadata, and which try it is of how many."""

    function: Function
    value: Any
    metadata: Mapping[str, Any] = field(default_factory=dict)
    id: str = field(default_factory=lambda: str(uuid.uuid4()))
    trace_parent: str = ""
    attempt: int = 0
    attempts: int = 0


Done = Callable[[Outputs | InvocationFailed], None]


class Worker:
    """Holds the runtime's thread: `start()` once, then `submit()` or `invoke()`, `stop()` at the end."""

    def __init__(self, app: Path, *, host: str = "127.0.0.1") -> None:
        self._app = app
        self._host = host
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._serve, name="functions-worker", daemon=True)
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._runtime: Any = None
        self.http_uri: str | None = None

    def start(self) -> tuple[Function, ...]:
        """Import and index the app; give its functions without the disabled ones.

        Raises:
            IndexingFailed: when the app cannot be imported or indexed, or holds nothing to serve.
            BadSettings: when a binding names a setting that is missing.
        """
        self._thread.start()
        found = asyncio.run_coroutine_threadsafe(self._start(), self._loop).result()
        if self.http_uri:
            _await_listener(self.http_uri, self._thread)
        functions = tuple(from_metadata(metadata, os.environ) for metadata in found)
        return tuple(function for function in functions if not disabled(function.name, os.environ))

    def submit(self, call: Call, done: Done) -> None:
        """Start an invocation; `done` gets its outcome on the worker's thread."""
        self._loop.call_soon_threadsafe(self._spawn, call, done)

    async def invoke(self, call: Call) -> Outputs:
        """Run an invocation from the host's loop and give its outputs, the returned value as `$return`.

        A caller that is cancelled cancels the invocation.

        Raises:
            InvocationFailed: when the function raised.
        """
        loop = asyncio.get_running_loop()
        future: asyncio.Future[Outputs | InvocationFailed] = loop.create_future()

        def settle(outcome: Outputs | InvocationFailed) -> None:
            if not future.done():
                future.set_result(outcome)

        def done(outcome: Outputs | InvocationFailed) -> None:
            loop.call_soon_threadsafe(settle, outcome)

        self.submit(call, done)
        try:
            outcome = await future
        except asyncio.CancelledError:
            self.cancel(call.id)
            raise
        if isinstance(outcome, InvocationFailed):
            raise outcome
        return outcome

    def cancel(self, invocation: str) -> None:
        """Cancel an invocation that is running."""
        self._loop.call_soon_threadsafe(self._cancel, invocation)

    def abandon(self, invocation: str) -> None:
        """Cancel a streamed HTTP invocation unless its request has reached the worker's server."""
        self._loop.call_soon_threadsafe(self._loop.call_later, FORGET_SECONDS, self._cancel_unreached, invocation)

    def stop(self) -> None:
        """Cancel what still runs and end the thread; a function that blocks is left behind."""
        if not self._thread.is_alive():
            return
        logging.getLogger("uvicorn.error").disabled = True  # It would shout that it is being cancelled.
        asyncio.run_coroutine_threadsafe(_cancel_all(), self._loop)
        self._loop.call_soon_threadsafe(self._loop.call_later, 0.1, self._loop.stop)
        self._thread.join(1.0)

    def _serve(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.run_forever()

    async def _start(self) -> list[Any]:
        sys.path.insert(0, str(self._app))
        os.chdir(self._app)
        runtime: Any = importlib.import_module("azure_functions_runtime")
        self._runtime = runtime
        runtime.start_threadpool_executor()
        request = SimpleNamespace(
            worker_init_request=SimpleNamespace(capabilities={}, function_app_directory=str(self._app))
        )
        properties = {"protos": protos, "host": self._host}
        answer = await runtime.worker_init_request(SimpleNamespace(request=request, properties=properties))
        if answer.result.status != protos.StatusResult.Success:  # type: ignore[attr-defined]
            raise IndexingFailed(f"{answer.result.exception.message}\n{answer.result.exception.stack_trace}")
        self.http_uri = answer.capabilities.get("HttpUri")
        metadata = await runtime.functions_metadata_request(SimpleNamespace(request=SimpleNamespace()))
        found = list(metadata.function_metadata_results)
        if not found:
            raise IndexingFailed("the app has no functions: function_app.py is missing, or registers none")
        for function in found:
            load = SimpleNamespace(function_load_request=SimpleNamespace(function_id=function.function_id))
            await runtime.function_load_request(SimpleNamespace(request=load))
        self._refuse_unannotated(found)
        return found

    def _refuse_unannotated(self, found: list[Any]) -> None:
        """Refuse what streaming HTTP would index and then answer with 200 and the innards of the response."""
        if self.http_uri is None:
            return
        registry: Any = importlib.import_module("azure_functions_runtime.handle_event")._functions
        bare = []
        for metadata in found:
            info = registry.get_function(metadata.function_id)
            trigger = info.trigger_metadata or {}
            kind = info.input_types.get(trigger.get("param_name"))
            if str(trigger.get("type", "")).lower() == HTTP and kind is not None and kind.pytype is None:
                bare.append(metadata.name)
        if bare:
            raise IndexingFailed(
                f"HTTP functions without an annotated request under streaming HTTP: {', '.join(sorted(bare))}"
            )

    def _spawn(self, call: Call, done: Done) -> None:
        task = self._loop.create_task(self._run(call, done))
        self._tasks[call.id] = task
        task.add_done_callback(lambda _: self._tasks.pop(call.id, None))

    async def _run(self, call: Call, done: Done) -> None:
        request = SimpleNamespace(
            invocation_id=call.id,
            function_id=call.function.id,
            input_data=[protos.ParameterBinding(name=call.function.parameter, data=protos.typed(call.value))],
            trigger_metadata={name: protos.typed(value) for name, value in call.metadata.items() if value is not None},
            trace_context=SimpleNamespace(trace_parent=call.trace_parent, trace_state="", attributes={}),
            retry_context=SimpleNamespace(retry_count=call.attempt, max_retry_count=call.attempts, exception=None),
        )
        outcome: Outputs | InvocationFailed
        try:
            answer = await self._runtime.invocation_request(
                SimpleNamespace(request=SimpleNamespace(invocation_request=request))
            )
            outcome = _outcome(answer)
        except asyncio.CancelledError:
            outcome = InvocationFailed("the invocation was cancelled", "")
        except Exception as error:
            logging.getLogger("host.worker").exception("the runtime failed")
            outcome = InvocationFailed(f"{type(error).__name__}: {error}", "")
        done(outcome)
        if self.http_uri and call.function.trigger_type == HTTP:
            self._loop.call_later(FORGET_SECONDS, _requests().pop, call.id, None)

    def _cancel(self, invocation: str) -> None:
        if task := self._tasks.get(invocation):
            task.cancel()

    def _cancel_unreached(self, invocation: str) -> None:
        reference = _requests().get(invocation)
        if reference is None or not reference.http_request_available_event.is_set():
            self._cancel(invocation)


def _requests() -> dict[str, Any]:
    """The runtime's records of streamed requests, which it never drops by itself."""
    from azure_functions_runtime.http_v2 import http_coordinator

    records: dict[str, Any] = http_coordinator._context_references
    return records


def _outcome(answer: Any) -> Outputs | InvocationFailed:
    if answer.result.status != protos.StatusResult.Success:  # type: ignore[attr-defined]
        return InvocationFailed(answer.result.exception.message, answer.result.exception.stack_trace)
    outputs = {binding.name: binding.data for binding in answer.output_data}
    if answer.return_value is not None and answer.return_value.WhichOneof("data"):
        outputs["$return"] = answer.return_value
    return outputs


async def _cancel_all() -> None:
    for task in asyncio.all_tasks() - {asyncio.current_task()}:
        task.cancel()


def _await_listener(uri: str, thread: threading.Thread) -> None:
    """Wait until the worker's own HTTP server listens.

    Raises:
        IndexingFailed: when it does not, or when its thread has died because the port was taken.
    """
    host, port = uri.removeprefix("http://").rsplit(":", 1)
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and thread.is_alive():
        try:
            socket.create_connection((host, int(port)), 1.0).close()
        except OSError:
            time.sleep(0.01)
            continue
        if thread.is_alive():
            return
    raise IndexingFailed("the worker's own HTTP server did not start")
