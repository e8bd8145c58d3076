"""An endpoint of a subscriber that keeps what it is sent."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from aiohttp import web

from tests.contract.neighbours.answering import answering


@dataclass(frozen=True)
class Request:
    """One request: header names in lower case."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes


@dataclass
class Endpoint:
    """Answers every request with `status` and `headers`, and keeps it."""

    url: str = ""
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    requests: list[Request] = field(default_factory=list)

    @property
    def last(self) -> Request:
        """The latest request."""
        return self.requests[-1]


@asynccontextmanager
async def receiving(status: int = 200, **headers: str) -> AsyncIterator[Endpoint]:
    """A running endpoint; `headers` are those of its answers, `_` for `-`."""
    endpoint = Endpoint(status=status, headers={name.replace("_", "-"): value for name, value in headers.items()})

    async def keep(request: web.Request) -> web.Response:
        named = {name.lower(): value for name, value in request.headers.items()}
        endpoint.requests.append(Request(request.method, request.path_qs, named, await request.read()))
        return web.Response(status=endpoint.status, headers=endpoint.headers)

    async with answering(keep) as endpoint.url:
        yield endpoint
