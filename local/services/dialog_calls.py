"""What every call to the Dialogporten stand-in goes through: bearer, planned faults, body, dialog, revision."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from aiohttp import web

from local.services import dialog_store, plans
from local.services.context import Context, context
from local.services.dialog_changes import Change
from local.services.dialog_fields import Judging
from local.services.dialog_store import Document
from local.services.grants import bearer
from local.services.issuers import IssuerKind
from local.services.keys import BadToken, Claims
from local.services.problems import Problem, of_entity

PREFIX = "/dialogporten/api/v1/serviceowner/dialogs"
SERVICE_PROVIDER = "digdir:dialogporten.serviceprovider"
CORRESPONDENCE = "digdir:dialogporten.correspondence"
CONDITION_CHECK = "altinn:system/notifications.condition.check"


@dataclass(frozen=True, slots=True)
class Call:
    """A call that may go on."""

    here: Context
    consumer: str
    change: Change
    judging: Judging
    lost: bool = False

    def answered(self, response: web.Response) -> web.Response:
        """Return the response, or let it get lost as planned."""
        if self.lost:
            raise plans.Lost
        return response


def _claims(here: Context, token: str) -> Claims:
    for kind in (IssuerKind.ALTINN, IssuerKind.MASKINPORTEN):
        try:
            return here.verify(token, kind)
        except BadToken:
            continue
    raise Problem(401, headers={"WWW-Authenticate": 'Bearer error="invalid_token"'})


def query(request: web.Request) -> Mapping[str, str]:
    """Return the query with names in lower case, since Dialogporten does not mind their case."""
    return {name.lower(): value for name, value in request.query.items()}


async def admit(request: web.Request, *scopes: str) -> Call:
    """Return the call when its bearer token is ours and has one of the scopes.

    Raises:
        Problem: 401, 403, or what was planned.
    """
    here = context(request)
    try:
        token = bearer(request)
    except BadToken as error:
        raise Problem(401, headers={"WWW-Authenticate": "Bearer"}) from error
    claims = _claims(here, token)
    held = str(claims.get("scope", "")).split()
    wanted = scopes or (SERVICE_PROVIDER,)
    if "consumer" not in claims or not any(scope in held for scope in wanted):
        raise Problem(403, {"Scope": [f"The token needs one of the scopes {', '.join(wanted)}."]})
    plan = await plans.misbehave(here, "dialogporten")
    if plan and not plan.lost and plan.status >= 400:
        raise Problem(plan.status, headers=plan.headers())
    now = here.clock.now()
    return Call(
        here=here,
        consumer=claims["consumer"]["ID"].removeprefix("0192:"),
        change=Change(now, silent=query(request).get("issilentupdate", "").lower() == "true"),
        judging=Judging(now, longer=CORRESPONDENCE in held),
        lost=bool(plan and plan.lost),
    )


async def json_body(request: web.Request) -> Any:
    """Return the parsed body.

    Raises:
        Problem: 400 when it is no JSON.
    """
    try:
        return json.loads(await request.read())
    except ValueError as error:
        raise of_entity(400, "Body", "The body is no JSON.") from error


def dialog_of(request: web.Request, call: Call) -> Document:
    """Return the dialog in the path, soft-deleted or not.

    Raises:
        Problem: 404 when there is none.
    """
    dialog = dialog_store.find(call.here.store, request.match_info["id"])
    if dialog is None:
        raise of_entity(
            404, "Dialog", f"Entity 'Dialog' with the following key(s) was not found: ({request.match_info['id']})."
        )
    return dialog


def living(dialog: Document) -> Document:
    """Return the dialog unless it is soft-deleted.

    Raises:
        Problem: 410 when it is.
    """
    if dialog["deletedAt"]:
        raise of_entity(410, "Dialog", f"Entity 'Dialog' with the following key(s) is removed: ({dialog['id']}).")
    return dialog


def match(request: web.Request, revision: str) -> None:
    """Make sure that the caller means this revision, when it names one.

    Raises:
        Problem: 412 when it means another.
    """
    wanted = request.headers.get("If-Match", "").strip()
    if wanted and wanted.removeprefix("W/").strip('"').lower() != revision:
        raise Problem(412)


def no_content(revision: str) -> web.Response:
    """Return 204 with the new revision."""
    return web.Response(status=204, headers={"ETag": revision})
