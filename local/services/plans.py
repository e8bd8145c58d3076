"""Planned misbehaviour: the next so many calls of a part, or of a hook, fail in a stated way."""

import asyncio
import json
from typing import Annotated

from aiohttp import web
from pydantic import BaseModel, ConfigDict, Field, StringConstraints
from pydantic.alias_generators import to_camel

from local.services.context import Context, context
from local.store import Store


class Plan(BaseModel):
    """How the next calls fail: after a delay, with this status, or (`lost`) done but with the answer cut off."""

    model_config = ConfigDict(extra="forbid", alias_generator=to_camel, frozen=True, strict=True)

    status: Annotated[int, Field(ge=200, le=599)] = 500
    times: Annotated[int, Field(ge=0, le=1_000_000)] = 1
    retry_after: Annotated[int, Field(ge=0)] | None = None
    delay_seconds: Annotated[float, Field(ge=0, le=600)] = 0
    lost: bool = False

    def headers(self) -> dict[str, str]:
        """Return the headers that go with the failure."""
        return {} if self.retry_after is None else {"Retry-After": str(self.retry_after)}


class Fault(Plan):
    """A plan for one of the stand-ins."""

    part: Annotated[str, StringConstraints(pattern="^(email|sms|dialogporten)$")]


def keep(store: Store, target: str, plan: Plan) -> None:
    """Make `plan` the plan of `target` in place of any other; no times ends it."""
    with store.transaction():
        store.run("DELETE FROM plans WHERE target = ?", target)
        if plan.times:
            document = plan.model_dump_json(by_alias=True)
            store.run("INSERT INTO plans (target, times, document) VALUES (?, ?, ?)", target, plan.times, document)


def take(store: Store, target: str) -> Plan | None:
    """Return the plan that holds for this call, and count the call; None when all is well."""
    with store.transaction():
        row = store.row("SELECT times, document FROM plans WHERE target = ?", target)
        if row is None:
            return None
        store.run("UPDATE plans SET times = times - 1 WHERE target = ?", target)
        store.run("DELETE FROM plans WHERE target = ? AND times < 1", target)
    fields = json.loads(row["document"])
    fields.pop("part", None)
    return Plan.model_validate(fields)


class Lost(Exception):
    """The call has been carried out, and its answer shall not arrive."""


async def misbehave(here: Context, part: str) -> Plan | None:
    """Wait as long as the part's plan says, and return the plan, or None when all is well."""
    plan = take(here.store, f"fault:{part}")
    if plan and plan.delay_seconds:
        await asyncio.sleep(plan.delay_seconds)
    return plan


async def post_fault(request: web.Request) -> web.Response:
    """Plan a fault."""
    fault = Fault.model_validate_json(await request.read())
    keep(context(request).store, f"fault:{fault.part}", fault)
    return web.json_response(text=fault.model_dump_json(by_alias=True))


async def get_faults(request: web.Request) -> web.Response:
    """Answer the faults still planned, with the times that are left."""
    rows = context(request).store.rows("SELECT times, document FROM plans WHERE target LIKE 'fault:%' ORDER BY target")
    return web.json_response([{**json.loads(row["document"]), "times": row["times"]} for row in rows])


ROUTES = (web.post("/faults", post_fault), web.get("/faults", get_faults))
