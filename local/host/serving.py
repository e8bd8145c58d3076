"""Puts the host together: the worker, the HTTP front, and a listener for every trigger."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import logging
import os
import signal
from collections.abc import Coroutine, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from aiohttp import web

from local.host import cron
from local.host import keys as key_files
from local.host.admin import Admin
from local.host.blobs import BlobTriggers, from_events
from local.host.clock import Clock
from local.host.connections import Connections, opened
from local.host.dispatch import Dispatcher, warn_of_ignored_retries
from local.host.front import MAX_HEADER_BYTES, MAX_LINE_BYTES, Front, application, route
from local.host.functions import SUPPORTED, Function
from local.host.outputs import Outputs
from local.host.polling import BlobScanner
from local.host.queues import trigger_listener
from local.host.servicebus import Listener, Options
from local.host.settings import STORAGE, HostSettings, connection_string
from local.host.streaming import upstream_of
from local.host.timers import BlobStatusStore, FileStatusStore, StatusStore, Timer
from local.host.worker import Worker

DRAIN_SECONDS = 0.5
CHUNK_BYTES = 256 * 1024

log = logging.getLogger("host")


class PortInUse(Exception):
    """Something else listens on the port."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where the host serves, and the files it follows."""

    host: str
    port: int
    state: Path | None = None
    keys: Path | None = None
    clock_offset: Path | None = None


@dataclass(slots=True)
class Host:
    """The parts that listeners are made of."""

    settings: HostSettings
    functions: tuple[Function, ...]
    worker: Worker
    connections: Connections
    clock: Clock
    dispatcher: Dispatcher
    blobs: BlobTriggers
    state: Path | None

    def listeners(self) -> list[Coroutine[Any, Any, None]]:
        """Make the endless work of every trigger that is not HTTP.

        Raises:
            BadSettings, BadSchedule: when a binding cannot be served.
        """
        work = [self.clock.run()]
        if self.blobs.functions:
            work.append(self.blobs.listener.run())
        for function in self.functions:
            match function.trigger_type:
                case "timertrigger":
                    work.append(Timer(function, self.dispatcher, self.clock, self._statuses()).run())
                case "servicebustrigger":
                    options = Options.read(self.settings.extension("serviceBus"))
                    work.append(Listener(function, self.dispatcher, self.connections, options).run())
                case "queuetrigger":
                    section = self.settings.extension("queues")
                    work.append(trigger_listener(function, self.dispatcher, self.connections, section).run())
                case "blobtrigger" if not from_events(function):
                    work.append(BlobScanner(function, self.blobs, self.connections, self.settings.host_id).run())
        return work

    def _statuses(self) -> StatusStore | None:
        if os.environ.get(STORAGE):
            return BlobStatusStore(self.connections, self.settings.host_id)
        return FileStatusStore(self.state / "timers") if self.state else None


async def serve(settings: HostSettings, functions: tuple[Function, ...], worker: Worker, place: Place) -> None:
    """Serve until SIGTERM or SIGINT.

    Raises:
        PortInUse: when the port is taken.
        BadSettings, BadSchedule, BadRoute: when a function cannot be served.
    """
    require_connections(functions, os.environ)
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    warn_of_ignored_retries(functions)
    for function in functions:
        if function.trigger_type not in SUPPORTED:
            log.error("%s: this host has no %s; the function never runs", function.name, function.trigger["type"])
    async with opened(os.environ) as connections:
        outputs = Outputs(connections)
        dispatcher = Dispatcher(worker, outputs, settings.function_timeout)
        blobs = BlobTriggers(functions, dispatcher, connections, settings.extension("blobs"), settings.host_id)
        host = Host(settings, functions, worker, connections, Clock(place.clock_offset), dispatcher, blobs, place.state)
        async with _listening(host, outputs, place):
            tasks = [asyncio.create_task(_never_ending(work)) for work in host.listeners()]
            print(f"READY http://{place.host}:{place.port} functions={len(functions)} pid={os.getpid()}", flush=True)
            await stop.wait()
            for task in tasks:
                task.cancel()
            await asyncio.wait(tasks, timeout=DRAIN_SECONDS * 2)


def verify(settings: HostSettings, functions: tuple[Function, ...]) -> None:
    """Read every schedule and route, as serving would.

    Raises:
        BadSchedule, BadRoute: when one cannot be read.
    """
    for function in functions:
        match function.trigger_type:
            case "timertrigger":
                cron.parse(str(function.trigger["schedule"]))
            case "httptrigger":
                route(function, settings.route_prefix)


def require_connections(functions: tuple[Function, ...], environ: Mapping[str, str]) -> None:
    """Look for the connections of all triggers, so that a missing one ends the start rather than one function.

    Raises:
        BadSettings: naming the connection.
    """
    for function in functions:
        match function.trigger_type:
            case "blobtrigger":
                connection_string(None, environ)
                connection_string(function.trigger.get("connection"), environ)
            case "queuetrigger" | "servicebustrigger":
                connection_string(function.trigger.get("connection"), environ)


@contextlib.asynccontextmanager
async def _listening(host: Host, outputs: Outputs, place: Place) -> Any:
    keys = key_files.load(place.keys)
    upstream = upstream_of(host.worker)
    front = Front(host.worker, host.functions, outputs, prefix=host.settings.route_prefix, keys=keys, upstream=upstream)
    admin = Admin(
        host.functions, host.dispatcher, host.blobs, host.connections, keys=keys, host_id=host.settings.host_id
    )
    runner = web.AppRunner(
        application(front, admin.routes()),
        access_log=None,
        handler_cancellation=True,  # A client that goes away ends the forwarding at once, whatever it waits for.
        auto_decompress=False,
        max_line_size=MAX_LINE_BYTES,
        max_field_size=MAX_HEADER_BYTES,
        shutdown_timeout=DRAIN_SECONDS,
    )
    await runner.setup()
    try:
        await _bind(runner, place)
        yield
    finally:
        await runner.cleanup()
        if upstream:
            await upstream.close()


async def _bind(runner: web.AppRunner, place: Place) -> None:
    site = web.TCPSite(runner, place.host, place.port)
    try:
        await site.start()
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            raise PortInUse(f"port {place.port} on {place.host} is in use") from error
        raise


async def _never_ending(work: Coroutine[Any, Any, None]) -> None:
    """Run a listener; one that dies of a fault nobody foresaw is shouted, and the others go on."""
    try:
        await work
    except Exception:
        log.exception("a listener has died; its function is no longer triggered")
        raise
