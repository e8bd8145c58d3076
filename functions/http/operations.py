"""Operations for those who run it, and for those who write clients: health, the API's description, preflights."""

import json

from fastapi import Request, Response
from fastapi.responses import HTMLResponse, JSONResponse

from functions.http import composition, cors
from functions.http.operation import BASE, Operation, Policy

TAG = "Operations"
_PAGE = f"""<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Correspondence API</title></head>
<body><h1>Correspondence API</h1>
<p>The API is described in OpenAPI: <a href="{BASE}/openapi.json">openapi.json</a>.</p></body></html>
"""


async def health() -> Response:
    """Whether the app can be composed of its settings; if not, which of them are at fault."""
    fault = composition.settings_fault()
    if fault is None:
        return JSONResponse({"status": "Healthy", "message": "The service is ready"})
    return JSONResponse({"status": "Unhealthy", "message": fault}, 500)


async def healthz() -> Response:
    """Whether the process answers at all."""
    return JSONResponse({"status": "Healthy", "message": "The service is running"})


async def openapi(request: Request) -> Response:
    """The description of the API."""
    return Response(json.dumps(request.app.openapi()), media_type="application/json")


async def api_page() -> Response:
    """A page that leads to the description."""
    return HTMLResponse(_PAGE)


async def preflight(request: Request) -> Response:
    """What a page of another origin may do here."""
    return Response(status_code=204, headers=cors.preflight_headers(request.headers.get("origin")))


OPERATIONS = (
    Operation(endpoint=health, method="GET", path="/health", policy=Policy.PUBLIC, tag=TAG, produces=None),
    Operation(endpoint=healthz, method="GET", path="/healthz", policy=Policy.PUBLIC, tag=TAG, produces=None),
    Operation(
        endpoint=openapi,
        method="GET",
        path=BASE + "/openapi.json",
        policy=Policy.PUBLIC,
        tag=TAG,
        produces=None,
        hidden=True,
    ),
    Operation(
        endpoint=api_page,
        method="GET",
        path=BASE + "/swagger/index.html",
        policy=Policy.PUBLIC,
        tag=TAG,
        produces=None,
        hidden=True,
    ),
    Operation(
        endpoint=preflight,
        method="OPTIONS",
        path=BASE + "/{path:path}",
        policy=Policy.PUBLIC,
        tag=TAG,
        produces=None,
        hidden=True,
    ),
)
"""Every operation with what it states."""
