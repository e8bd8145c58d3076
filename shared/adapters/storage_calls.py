"""What calls to Azure Storage have in common: they are counted, quiet, bounded in time, and fail in our words."""

import logging
import re
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import aiohttp
from azure.core.exceptions import AzureError, HttpResponseError
from azure.core.pipeline import PipelineRequest
from azure.core.pipeline.policies import SansIOHTTPPolicy
from azure.core.pipeline.transport import AioHttpTransport

from shared.domain.errors import Conflict, Rejected, Unavailable

CONNECT_SECONDS = 10
READ_SECONDS = 10
RETRIES = 3

silent = logging.getLogger("correspondence.storage.http")
"""For the SDK's own logging of requests: switched off, since the keys of entities hold parties' numbers."""
silent.disabled = True

operations: Counter[str] = Counter()
"""How many requests of each kind this process has sent to storage (`table.transaction`, `blob.get`…), retries too."""

_EXISTS = {"EntityAlreadyExists", "ResourceAlreadyExists", "TableAlreadyExists", "ContainerAlreadyExists"}
_CODE = re.compile(r'"code":\s*"(\w+)"')
_PASSING = {401, 403, 408, 409, 429}
"""Refusals that end by themselves: a role that is still spreading, a container that is being deleted, throttling."""


class Exists(Exception):
    """The thing to be inserted is there already."""


class Missing(Exception):
    """The thing to be read or changed is not there. `code` is the service's word for what is missing."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class CountingPolicy(SansIOHTTPPolicy[Any, Any]):
    """Counts every request in `operations`, and keeps the URLs of entities out of traces."""

    def __init__(self, service: str) -> None:
        self._service = service

    def on_request(self, request: PipelineRequest[Any]) -> None:
        """Count it. Tracing is off for tables: their URLs hold parties' numbers."""
        if self._service == "table":
            request.context.options["tracing_options"] = {"enabled": False}
            operations[f"table.{_table_kind(request.http_request.method, request.http_request.url)}"] += 1
        else:
            operations[f"{self._service}.{request.http_request.method.lower()}"] += 1


def new_transport(url: str) -> AioHttpTransport:
    """A transport with short timeouts. Needs a running loop.

    Idle connections are dropped before the server does it: Azurite closes them after 5 s, and a request that meets
    a closing connection has an unknown outcome.
    """
    idle_seconds = 4 if url.startswith("http:") else 30
    session = aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(keepalive_timeout=idle_seconds),
        cookie_jar=aiohttp.DummyCookieJar(),
        auto_decompress=False,
    )
    return AioHttpTransport(session=session, connection_timeout=CONNECT_SECONDS, read_timeout=READ_SECONDS)


@contextmanager
def translated(neighbour: str) -> Iterator[None]:
    """Turn the vendor's errors into Conflict, Exists, Missing, Rejected or Unavailable, each from its cause."""
    try:
        yield
    except HttpResponseError as error:
        raise _meaning(neighbour, error) from error
    except (AzureError, aiohttp.ClientError, TimeoutError, OSError) as error:
        raise Unavailable(neighbour) from error


def _meaning(neighbour: str, error: HttpResponseError) -> Exception:
    status = error.status_code or 0
    code = _code(error) or str(status)
    if status == 412:
        return Conflict(f"{neighbour}: {code}")
    if status == 409 and code in _EXISTS:
        return Exists(code)
    if status == 404:
        return Missing(code)
    if 400 <= status < 500 and status not in _PASSING:
        return Rejected(neighbour, code)
    return Unavailable(neighbour)


def _code(error: HttpResponseError) -> str:
    """The service's word for what is wrong; for an insert the library leaves it in the body."""
    raw = getattr(error, "error_code", None)
    if raw:
        return str(getattr(raw, "value", raw))
    try:
        found = _CODE.search(error.response.text()) if error.response is not None else None
    except (AttributeError, ValueError, AzureError):
        return ""
    return found[1] if found else ""


def _table_kind(method: str, url: str) -> str:
    path = url.split("?", 1)[0]
    if path.endswith("/$batch"):
        return "transaction"
    if path.endswith("/Tables"):
        return "create"
    if method == "GET":
        return "query" if path.endswith("()") else "get"
    return {"POST": "insert", "PUT": "put", "PATCH": "merge"}.get(method, method.lower())
