"""A catcher of webhooks: keeps every call, and fails on purpose when told to."""

import asyncio
import json
from typing import Any

from aiohttp import web

from local.clock import as_exact_text
from local.services import plans
from local.services.context import Context, context
from local.services.plans import Plan


def _keep(request: web.Request, body: bytes, status: int) -> None:
    here = context(request)
    record = {
        "at": as_exact_text(here.clock.now()),
        "method": request.method,
        "path": request.path_qs,
        "headers": {name.lower(): value for name, value in request.headers.items()},
        "body": body.decode("utf-8", errors="replace"),
        "status": status,
    }
    name = request.match_info["name"]
    here.store.run("INSERT INTO hooks (name, document) VALUES (?, ?)", name, json.dumps(record))


async def handshake(request: web.Request) -> web.Response:
    """Consent to any sender at any rate."""
    _keep(request, await request.read(), 200)
    return web.Response(headers={"WebHook-Allowed-Origin": "*", "WebHook-Allowed-Rate": "*", "Allow": "OPTIONS, POST"})


async def delivery(request: web.Request) -> web.Response:
    """Take a delivery with 200, or with what was planned for it."""
    body = await request.read()
    plan = plans.take(context(request).store, f"hook:{request.match_info['name']}") or Plan(status=200)
    _keep(request, body, plan.status)
    await asyncio.sleep(plan.delay_seconds)
    if plan.lost:
        raise plans.Lost
    return web.Response(status=plan.status, headers=plan.headers())


def calls(here: Context, name: str) -> list[dict[str, Any]]:
    """Return all calls of a hook, oldest first."""
    rows = here.store.rows("SELECT document FROM hooks WHERE name = ? ORDER BY sequence", name)
    return [json.loads(row["document"]) for row in rows]


def names(here: Context) -> list[tuple[str, int]]:
    """Return the hooks that were called, each with its number of calls."""
    rows = here.store.rows("SELECT name, COUNT(*) AS calls FROM hooks GROUP BY name ORDER BY name")
    return [(row["name"], row["calls"]) for row in rows]


async def list_calls(request: web.Request) -> web.Response:
    """Answer all calls of a hook."""
    return web.json_response(calls(context(request), request.match_info["name"]))


async def plan_failures(request: web.Request) -> web.Response:
    """Make the next deliveries of a hook fail."""
    plan = Plan.model_validate_json(await request.read())
    plans.keep(context(request).store, f"hook:{request.match_info['name']}", plan)
    return web.json_response(text=plan.model_dump_json(by_alias=True))


ROUTES = (
    web.options("/hook/{name}", handshake),
    web.post("/hook/{name}", delivery),
    web.get("/hooks/{name}", list_calls),
    web.post("/hooks/{name}", plan_failures),
)
