"""A rim to test with: tokens are names of callers, uploads are kept in memory, use cases are stood in for by name."""

import hashlib
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import httpx

from shared.domain.attachment import Stored
from shared.domain.policy import Issuer, Scope, Subject
from shared.ports import Rules, Upload
from tests.builders import AGENCY, NOW, PERSON

BASE = "/correspondence/api/v1"
ID = "01912345-0000-7000-8000-000000000001"
FILE = "01912345-0000-7000-8000-000000000002"


def caller(issuer: Issuer = Issuer.ALTINN, *scopes: str, **members: Any) -> Subject:
    """Somebody with a token of this issuer and these scopes."""
    return Subject(issuer=issuer, scopes=frozenset(scopes), party=AGENCY, organisation="310001007", **members)


CALLERS = {
    "sender": caller(Issuer.ALTINN, Scope.WRITE),
    "recipient": Subject(issuer=Issuer.ALTINN, scopes=frozenset({Scope.READ}), party=PERSON),
    "reading-maskinporten": caller(Issuer.MASKINPORTEN, Scope.READ),
    "owner-maskinporten": caller(Issuer.MASKINPORTEN, Scope.WRITE, Scope.SERVICE_OWNER),
    "writing-maskinporten": caller(Issuer.MASKINPORTEN, Scope.WRITE),
    "checker": caller(Issuer.MASKINPORTEN, Scope.CONDITION_CHECK),
    "forward-checker": caller(Issuer.MASKINPORTEN, Scope.FORWARD_CHECK),
    "subscriber": caller(Issuer.ALTINN, Scope.EVENTS_SUBSCRIBE),
    "portal": caller(Issuer.ALTINN, Scope.PORTAL),
    "idporten": caller(Issuer.IDPORTEN),
    "reading-dialog": caller(Issuer.DIALOGPORTEN, dialog_actions=frozenset({"read"})),
    "other-dialog": caller(Issuer.DIALOGPORTEN, dialog_actions=frozenset({"write"})),
    "maintainer": caller(Issuer.MASKINPORTEN, Scope.MAINTENANCE),
    "event-grid": Subject(issuer=Issuer.ENTRA, scopes=frozenset({Scope.EVENT_GRID})),
    "other-application": Subject(issuer=Issuer.ENTRA),
    "nobody": caller(Issuer.ALTINN),
}
"""Who the bearer token of each name stands for."""


@dataclass
class FakeUpload:
    """Keeps what was written; visible only when committed."""

    name: str
    data: bytearray = field(default_factory=bytearray)
    committed: bool = False
    ended: bool = False

    async def write(self, chunk: bytes) -> None:
        self.data += chunk

    async def flush(self) -> str:
        return hashlib.sha256(self.data).hexdigest()

    async def commit(self) -> Stored:
        self.committed = True
        return Stored("0x1", len(self.data), "", hashlib.sha256(self.data).hexdigest())


@dataclass
class FakeBlobs:
    """All uploads ever begun."""

    uploads: list[FakeUpload] = field(default_factory=list)

    def upload(self, id_: str) -> AbstractAsyncContextManager[Upload]:
        return self._upload(id_)

    @asynccontextmanager
    async def _upload(self, id_: str) -> AsyncIterator[Upload]:
        upload = FakeUpload(id_)
        self.uploads.append(upload)
        try:
            yield upload
        finally:
            upload.ended = True


@dataclass
class FakeApp:
    """What the rim itself takes from the app; the rest is for the use cases, which are stood in for."""

    blobs: FakeBlobs = field(default_factory=FakeBlobs)
    rules: Rules = field(default_factory=lambda: Rules(public_base_url="https://correspondence.test"))

    def clock(self) -> datetime:
        return NOW


Stub = Callable[..., None]


@dataclass
class Rim:
    """The API over ASGI, with what it was called with."""

    http: httpx.AsyncClient
    app: FakeApp
    stub: Stub
    calls: list[tuple[Any, ...]]

    async def get(self, path: str, who: str = "sender", **headers: str) -> httpx.Response:
        return await self.send("GET", path, who, headers=headers)

    async def post(self, path: str, json: object, who: str = "sender") -> httpx.Response:
        return await self.send("POST", path, who, json=json)

    async def send(
        self, method: str, path: str, who: str = "sender", *, headers: dict[str, str] | None = None, **body: Any
    ) -> httpx.Response:
        """`path` after the base of the API, or from the root."""
        url = path if path.startswith(("/health", "/events", "/operations", BASE)) else BASE + path
        token = {"Authorization": f"Bearer {who}"} if who else {}
        named = {name.replace("_", "-"): value for name, value in (headers or {}).items()}
        return await self.http.request(method, url, headers=token | named, **body)


def letter(**changes: Any) -> dict[str, Any]:
    """The least that a request must hold, in the wire's names; `changes` replace members of the correspondence."""
    correspondence = {
        "resourceId": "example-letters",
        "sendersReference": "ref-1",
        "content": {"language": "nb", "messageTitle": "Vedtak", "messageBody": "Et *vedtak*."},
    }
    return {"correspondence": correspondence | changes, "recipients": ["0192:311001000"]}
