"""Operations for those who run it, and for those who write clients: health, the API's description, preflights."""

import json
import re
from typing import Any

from fastapi import HTTPException, Request, Response
from fastapi.responses import HTMLResponse
from fastapi.routing import APIRoute

from functions.http import composition, cors
from functions.http.answering import body
from functions.http.operation import BASE, JSON, Endpoint, Operation, Policy
from shared.schemas.health import Health

TAG = "Operations"
ANY_PATH = BASE + "/{path:path}"
PAGE_STYLE = BASE + "/docs/style.css"
PAGE_POLICY = "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
"""The page may load its own style sheet and nothing else: no script, no picture, no other host."""


async def health() -> Response:
    """Whether the app can be composed of its settings; if not, which of them are at fault."""
    fault = composition.settings_fault()
    if fault is None:
        return body(Health(status="Healthy", message="The service is ready"))
    return body(Health(status="Unhealthy", message=fault), 500)


async def healthz() -> Response:
    """Whether the process answers at all."""
    return body(Health(status="Healthy", message="The service is running"))


async def openapi(request: Request) -> Response:
    """The description of the API."""
    return Response(json.dumps(request.app.openapi()), media_type=JSON)


async def openapi_of_upstream(request: Request) -> Response:
    """The same, where upstream's API has its own."""
    return await openapi(request)


async def api_page(request: Request) -> Response:
    """The description of the API, to be read."""
    from functions.http.openapi.page import page

    headers = {"Content-Security-Policy": PAGE_POLICY, "Referrer-Policy": "no-referrer"}
    return HTMLResponse(page(request.app.openapi()), headers=headers)


async def api_page_of_upstream(request: Request) -> Response:
    """The same, where upstream's API has its page."""
    return await api_page(request)


async def api_page_style() -> Response:
    """What the page looks like."""
    from functions.http.openapi.page import style

    return Response(style(), media_type="text/css; charset=utf-8")


async def preflight(request: Request) -> Response:
    """What a page of another origin may do here."""
    return Response(status_code=204, headers=cors.preflight_headers(request.headers.get("origin")))


async def no_such_operation(request: Request) -> Response:
    """Which methods a known path takes; of an unknown one, that it is none."""
    path = request.scope["path"].rstrip("/")
    routes = [route for route in request.app.routes if isinstance(route, APIRoute) and route.path != ANY_PATH]
    known = [route for route in routes if re.match(route.path_regex.pattern, path, re.IGNORECASE)]
    allowed = {method for route in known for method in route.methods or ()}
    if not allowed:
        raise HTTPException(404)
    raise HTTPException(405, headers={"Allow": ", ".join(sorted({*allowed, "OPTIONS"}))})


def _public(
    endpoint: Endpoint, path: str, *, method: str = "GET", answer: Any = None, also: tuple[str, ...] = ()
) -> Operation:
    """Open to everybody, for any Accept; described when it answers with a model."""
    return Operation(
        endpoint=endpoint,
        method=method,
        path=path,
        policy=Policy.PUBLIC,
        tag=TAG,
        produces=None,
        answer=answer,
        hidden=answer is None,
        also=also,
    )


OPERATIONS = (
    _public(health, "/health", answer=Health),
    _public(healthz, "/healthz", answer=Health),
    _public(openapi, BASE + "/openapi.json"),
    _public(openapi_of_upstream, BASE + "/swagger/v1/swagger.json"),
    _public(api_page, BASE + "/docs"),
    _public(api_page_of_upstream, BASE + "/swagger/index.html"),
    _public(api_page_style, PAGE_STYLE),
    _public(preflight, ANY_PATH, method="OPTIONS"),
    _public(no_such_operation, ANY_PATH, also=("POST", "PUT", "PATCH", "DELETE")),
)
"""Every operation with what it states."""
