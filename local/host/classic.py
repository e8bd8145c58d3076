"""Classic HTTP: the whole request goes to the runtime as one message, and the whole answer comes back as one."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from aiohttp import web

from local.host import protos
from local.host.worker import Outputs

_SAME_SITE = {1: "Lax", 2: "Strict", 3: "None"}


def rpc_request(request: web.Request, values: dict[str, str], body: bytes) -> protos.Message:
    """Shape a request as workers get it: lower-case names, repeated ones joined by commas, no empty query keys."""
    content = protos.TypedData(bytes=body) if body else protos.TypedData()
    http = protos.RpcHttp(
        method=request.method,
        url=f"{request.scheme}://{request.host}{request.raw_path}",
        headers=_joined((name.lower(), value) for name, value in request.headers.items()),
        params=values,
        query={name: value for name, value in _joined(request.query.items()).items() if value},
        body=content,
    )
    return protos.TypedData(http=http)


def rpc_route(request: web.Request, values: dict[str, str]) -> protos.Message:
    """Shape what a streamed request sends beside itself: its route values, since the rest travels over HTTP."""
    http = protos.RpcHttp(method=request.method, url=request.raw_path, params=values, body=protos.TypedData())
    return protos.TypedData(http=http)


async def read_body(request: web.Request) -> bytes:
    """Read the body, if its length is known: the real host hands over nothing of a chunked one in this mode."""
    return await request.read() if request.content_length else b""


def response(outputs: Outputs) -> web.Response:
    """Turn the function's return value into the answer; without one it is 204."""
    value = outputs.get("$return")
    if value is None:
        return web.Response(status=204)
    if value.WhichOneof("data") != "http":
        return _plain(protos.untyped(value))
    http = value.http
    answer = web.Response(
        status=int(http.status_code), body=protos.untyped(http.body) or b"", headers=dict(http.headers)
    )
    for cookie in http.cookies or ():
        _set_cookie(answer, cookie)
    return answer


def _plain(value: Any) -> web.Response:
    if isinstance(value, bytes):
        return web.Response(body=value)
    return web.Response(text=value if isinstance(value, str) else json.dumps(value))


def _set_cookie(answer: web.Response, cookie: Any) -> None:
    max_age = _value(cookie.max_age)
    answer.set_cookie(
        cookie.name,
        cookie.value,
        domain=_value(cookie.domain) or None,
        path=_value(cookie.path) or "",
        max_age=int(max_age) if max_age is not None else None,
        secure=bool(_value(cookie.secure)),
        httponly=bool(_value(cookie.http_only)),
        samesite=_SAME_SITE.get(getattr(cookie, "same_site", 0)),
    )


def _value(nullable: Any) -> Any:
    return getattr(nullable, "value", None)


def _joined(pairs: Iterable[tuple[str, str]]) -> dict[str, str]:
    joined: dict[str, str] = {}
    for name, value in pairs:
        joined[name] = f"{joined[name]},{value}" if name in joined else value
    return joined
