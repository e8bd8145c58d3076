"""The host's own pages: running a function by hand, status, the list of functions, and the webhook for blob events."""

from __future__ import annotations

import asyncio
import json
import logging
import time
from importlib.metadata import version
from typing import Any

from aiohttp import web
from azure.core.exceptions import AzureError

from local.host.blobs import BlobTriggers, Sighting, locate
from local.host.connections import Connections
from local.host.dispatch import Dispatcher, Failed
from local.host.front import Handler
from local.host.functions import HTTP, SERVICE_BUS, TIMER, Function
from local.host.keys import Keys
from local.host.messages import by_hand

VALIDATION = "Microsoft.EventGrid.SubscriptionValidationEvent"
CREATED = "Microsoft.Storage.BlobCreated"

log = logging.getLogger("host.admin")


class Admin:
    """Answers `/admin/…` and `/runtime/webhooks/blobs`."""

    def __init__(
        self,
        functions: tuple[Function, ...],
        dispatcher: Dispatcher,
        blobs: BlobTriggers,
        connections: Connections,
        *,
        keys: Keys,
        host_id: str,
    ) -> None:
        self._functions = {function.name.lower(): function for function in functions}
        self._dispatcher = dispatcher
        self._blobs = blobs
        self._connections = connections
        self._keys = keys
        self._host_id = host_id
        self._started = time.monotonic()
        self._runs: set[asyncio.Task[None]] = set()

    def routes(self) -> list[tuple[str, str, Handler]]:
        """Give method, path and handler of each page."""
        return [
            ("POST", "/runtime/webhooks/blobs", self.webhook),
            ("POST", "/admin/functions/{name}", self.run),
            ("GET", "/admin/functions", self.functions),
            ("GET", "/admin/host/status", self.status),
        ]

    async def run(self, request: web.Request) -> web.Response:
        """Start a function without HTTP trigger by `{"input": …}`: 202; 404 for an unknown one, 400 for an HTTP one."""
        if not self._keys.opens_admin(request):
            return web.Response(status=401)
        function = self._functions.get(request.match_info["name"].lower())
        if function is None:
            return web.Response(status=404)
        document = await _json(request)
        if function.trigger_type == HTTP or not isinstance(document, dict):
            return web.Response(status=400)
        task = asyncio.create_task(self._run(function, document))
        self._runs.add(task)
        task.add_done_callback(self._runs.discard)
        return web.Response(status=202)

    async def functions(self, request: web.Request) -> web.Response:
        """List the functions with their bindings."""
        if not self._keys.opens_admin(request):
            return web.Response(status=401)
        listed = [
            {"name": function.name, "config": {"bindings": [dict(function.trigger), *map(dict, function.outputs)]}}
            for function in self._functions.values()
        ]
        return web.json_response(listed)

    async def status(self, request: web.Request) -> web.Response:
        """Say that the host runs, and for how long in milliseconds."""
        if not self._keys.opens_admin(request):
            return web.Response(status=401)
        uptime = int((time.monotonic() - self._started) * 1000)
        runtime = version("azure-functions-runtime")
        return web.json_response({"id": self._host_id, "state": "Running", "version": runtime, "processUptime": uptime})

    async def webhook(self, request: web.Request) -> web.Response:
        """Take blob events: the handshake is answered, each created blob goes to the internal queue, then 202."""
        if not self._keys.opens_webhook(request):
            return web.Response(status=401)
        identity = request.query.get("functionName", "")
        function = self._blobs.functions.get(identity)
        if function is None:
            return web.Response(status=404)
        document = await _json(request)
        events = [
            event for event in (document if isinstance(document, list) else [document]) if isinstance(event, dict)
        ]
        if events and events[0].get("eventType") == VALIDATION:
            return web.json_response({"validationResponse": events[0]["data"]["validationCode"]})
        account = self._connections.blobs(function.trigger.get("connection")).url
        try:
            for event in events:
                if event.get("eventType", event.get("type")) == CREATED:
                    await self._blobs.announce(_sighting(identity, event, account))
        except (KeyError, ValueError, TypeError):
            return web.Response(status=400)
        except (AzureError, OSError) as error:
            log.warning("a blob event could not be queued: %s", type(error).__name__)
            return web.Response(status=503)
        return web.Response(status=202)

    async def _run(self, function: Function, document: dict[str, Any]) -> None:
        value, metadata = document.get("input", ""), document.get("metadata") or {}
        if function.trigger_type == TIMER and not isinstance(value, dict):
            value = {"Schedule": {}, "ScheduleStatus": {}, "IsPastDue": False}
        if function.trigger_type == SERVICE_BUS:
            metadata = by_hand() | metadata
        try:
            await self._dispatcher.run(function, value, metadata)
        except Failed:
            log.debug("%s failed when run by hand", function.name)


def _sighting(identity: str, event: dict[str, Any], account: str) -> Sighting:
    container, name = locate(event["data"]["url"], account)
    return Sighting(identity, container, name, str(event["data"]["eTag"]).strip('"'))


async def _json(request: web.Request) -> Any:
    try:
        return json.loads(await request.read() or b"null")
    except ValueError:
        return None
