"""A small client of the app and of the stand-ins, for the demonstration and for tests. It speaks HTTP only."""

import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Self

import httpx

type Json = dict[str, Any]

BASE = "/correspondence/api/v1"
RESOURCE_URN = "urn:altinn:resource:"
SENDS = "altinn:correspondence.write altinn:events.subscribe"
"""Scopes of an agency that sends and is told of events."""
READS = "altinn:correspondence.read"
"""Scope of a recipient."""
_TIMEOUT = httpx.Timeout(60, connect=5)
_POLL_SECONDS = 0.05


class NotHeld(Exception):
    """Something that should be true is not: what it is, what was expected, what was seen."""

    def __init__(self, what: str, expected: object, seen: object) -> None:
        """Keep the three for whoever reports them."""
        super().__init__(f"{what}: expected {expected}, seen {seen}")
        self.what, self.expected, self.seen = what, expected, seen


def expect(what: str, expected: object, seen: object) -> None:
    """Return when the two are equal.

    Raises:
        NotHeld: when they are not.
    """
    if expected != seen:
        raise NotHeld(what, expected, seen)


def eventually[T](
    what: str, look: Callable[[], T], holds: Callable[[T], object], *, seconds: float = 20, every: float = _POLL_SECONDS
) -> T:
    """Look again and again until it holds, and return what was seen then.

    Raises:
        NotHeld: when it does not hold within `seconds`; it names what was seen last.
    """
    deadline = time.monotonic() + seconds
    while not holds(seen := look()):
        if time.monotonic() > deadline:
            raise NotHeld(what, f"within {seconds:g} s", seen)
        time.sleep(every)
    return seen


def _ok(answer: httpx.Response, status: int = 200) -> httpx.Response:
    if answer.status_code != status:
        method, path = answer.request.method, answer.request.url.path
        raise NotHeld(f"{method} {path}", status, f"{answer.status_code} {answer.text[:500]}")
    return answer


@dataclass(frozen=True, slots=True)
class Api:
    """The app, called with one token. Methods that end with an answer's body demand the status of success."""

    url: str
    token: str = field(repr=False)
    _client: httpx.Client = field(default_factory=lambda: httpx.Client(timeout=_TIMEOUT, trust_env=False), repr=False)

    def call(self, method: str, path: str, **more: Any) -> httpx.Response:
        """Return the answer, whatever its status; `path` begins after `/correspondence/api/v1`."""
        headers = {"Authorization": f"Bearer {self.token}".strip(), **(more.pop("headers", None) or {})}
        start = "" if path.startswith("/events") else BASE
        return self._client.request(method, f"{self.url}{start}{path}", headers=headers, **more)

    def send(self, body: Json) -> httpx.Response:
        """Hand in a message as JSON."""
        return self.call("POST", "/correspondence", json=body)

    def send_form(self, body: Json, files: Iterable[tuple[str, bytes]]) -> httpx.Response:
        """Hand in a message with its files, or without any, as a form."""
        parts: list[tuple[str, Any]] = [(name, (None, text)) for name, text in form_fields(body).items()]
        parts += [("attachments", (name, content, "application/octet-stream")) for name, content in files]
        return self.call("POST", "/correspondence/upload", files=parts)

    def sent(self, body: Json) -> list[str]:
        """Hand in a message and return the ids of its correspondences, in the order of the recipients."""
        return ids_of(_ok(self.send(body)))

    def announce(self, body: Json) -> str:
        """Announce an attachment and return its id."""
        return str(_ok(self.call("POST", "/attachment", json=body)).json())

    def upload(self, attachment_id: str, content: bytes | Iterable[bytes]) -> httpx.Response:
        """Upload the bytes of an attachment; an iterable goes out as it comes, without a length."""
        return self.call(
            "POST",
            f"/attachment/{attachment_id}/upload",
            content=content,
            headers={"Content-Type": "application/octet-stream"},
        )

    def attachment(self, attachment_id: str) -> Json:
        """Return the state of an attachment."""
        found: Json = _ok(self.call("GET", f"/attachment/{attachment_id}")).json()
        return found

    def overview(self, id_: str) -> Json:
        """Return a correspondence as it stands."""
        found: Json = _ok(self.call("GET", f"/correspondence/{id_}")).json()
        return found

    def details(self, id_: str) -> Json:
        """Return a correspondence with its history."""
        found: Json = _ok(self.call("GET", f"/correspondence/{id_}/details")).json()
        return found

    def content(self, id_: str) -> str:
        """Open a correspondence and return its body."""
        return _ok(self.call("GET", f"/correspondence/{id_}/content")).text

    def confirm(self, id_: str) -> str:
        """Confirm that a correspondence was received."""
        return str(_ok(self.call("POST", f"/correspondence/{id_}/confirm")).json())

    def purge(self, id_: str) -> str:
        """Remove a correspondence."""
        return str(_ok(self.call("DELETE", f"/correspondence/{id_}/purge")).json())

    def download(self, id_: str, attachment_id: str, **headers: str) -> httpx.Response:
        """Download an attachment of a correspondence."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.call("GET", f"/correspondence/{id_}/attachment/{attachment_id}/download", headers=named)

    def count(self, path: str) -> int:
        """Download what is at a path without keeping it, and return the number of bytes."""
        headers = {"Authorization": f"Bearer {self.token}"}
        with self._client.stream("GET", f"{self.url}{BASE}{path}", headers=headers) as answer:
            if answer.status_code != 200:
                raise NotHeld(f"GET {path}", 200, answer.status_code)
            return sum(len(chunk) for chunk in answer.iter_raw())

    def search(self, resource: str, role: str = "Sender", **filters: str) -> list[str]:
        """Return the ids that a search finds, newest first."""
        query = {"resourceId": resource, "role": role, **filters}
        return list(_ok(self.call("GET", "/correspondence", params=query)).json()["ids"])

    def subscribe(self, endpoint: str, resource: str, **filters: str) -> Json:
        """Subscribe an endpoint to the events of a resource."""
        wish = {"endPoint": endpoint, "resourceFilter": RESOURCE_URN + resource, **filters}
        made: Json = _ok(self.call("POST", "/events/api/v1/subscriptions", json=wish), 201).json()
        return made

    def renew_secret(self, subscription: int) -> Json:
        """Have a subscription signed with a new secret, which the answer holds."""
        renewed: Json = _ok(self.call("POST", f"/events/api/v1/subscriptions/{subscription}/secret"), 200).json()
        return renewed

    def status(self, id_: str) -> str:
        """Return the status of a correspondence."""
        return str(self.overview(id_)["status"])

    def until_status(self, id_: str, status: str, *, seconds: float = 20) -> Json:
        """Wait until a correspondence has this status."""
        return eventually(f"status of {id_} {status}", lambda: self.overview(id_), _has(status), seconds=seconds)

    def until_scanned(self, attachment_id: str, status: str = "Published", *, seconds: float = 20) -> Json:
        """Wait until an attachment has this status."""
        what = f"status of attachment {attachment_id} {status}"
        return eventually(what, lambda: self.attachment(attachment_id), _has(status), seconds=seconds)

    def close(self) -> None:
        """Close the connections."""
        self._client.close()


def _has(status: str) -> Callable[[Json], bool]:
    return lambda body: body["status"] == status


def ids_of(answer: httpx.Response) -> list[str]:
    """Return the ids of the correspondences in the answer to a message."""
    return [one["correspondenceId"] for one in _ok(answer).json()["correspondences"]]


@dataclass(frozen=True, slots=True)
class Services:
    """The stand-ins: tokens, clock, mail, SMS, dialogs, webhooks."""

    url: str
    functions_url: str
    _client: httpx.Client = field(default_factory=lambda: httpx.Client(timeout=_TIMEOUT, trust_env=False), repr=False)

    @classmethod
    def of(cls, stack: Any) -> Self:
        """Return those of a running `local.stack.Stack`."""
        return cls(stack.services_url, stack.functions_url)

    def get(self, path: str, **query: str) -> Any:
        """Return the JSON at a path."""
        return _ok(self._client.get(f"{self.url}{path}", params=query)).json()

    def post(self, path: str, body: Json) -> Any:
        """Post JSON to a path and return the JSON that it answers."""
        return _ok(self._client.post(f"{self.url}{path}", json=body)).json()

    def token(self, kind: str, **query: str) -> str:
        """Return a token of this kind, `enterprise` or `personal`."""
        return _ok(self._client.get(f"{self.url}/token/{kind}", params=query)).text

    def organisation(self, number: str, scopes: str = SENDS) -> Api:
        """Return the app as this organisation calls it."""
        return Api(self.functions_url, self.token("enterprise", orgNo=number, scopes=scopes))

    def person(self, number: str, scopes: str = READS) -> Api:
        """Return the app as this person calls it."""
        return Api(self.functions_url, self.token("personal", pid=number, scopes=scopes))

    def advance(self, duration: str) -> Json:
        """Move the stack's clock forward by an ISO 8601 duration."""
        answer: Json = self.post("/clock", {"advance": duration})
        return answer

    def now(self) -> str:
        """Return the stack's time."""
        return str(self.get("/clock")["now"])

    def mail(self, to: str | None = None) -> list[Json]:
        """Return what was mailed, oldest first."""
        return list(self.get("/mail", **({"to": to} if to else {})))

    def sms(self, to: str | None = None) -> list[Json]:
        """Return what was sent by SMS, oldest first."""
        return list(self.get("/sms", **({"to": to} if to else {})))

    def dialog(self, id_: str) -> Json:
        """Return a dialog."""
        found: Json = self.get(f"/dialogs/{id_}")
        return found

    def dialogs(self, party: str) -> list[Json]:
        """Return the dialogs of a party."""
        return list(self.get("/dialogs", party=party))

    def hook_url(self, name: str) -> str:
        """Return the address of a webhook."""
        return f"{self.url}/hook/{name}"

    def hook(self, name: str) -> list[Json]:
        """Return every call of a webhook, oldest first."""
        return list(self.get(f"/hooks/{name}"))

    def fail_hook(self, name: str, status: int, times: int) -> None:
        """Make the next deliveries of a webhook fail."""
        self.post(f"/hooks/{name}", {"status": status, "times": times})

    def close(self) -> None:
        """Close the connections."""
        self._client.close()


def form_fields(body: Mapping[str, Any]) -> dict[str, str]:
    """Return a message as the fields of a form: `Correspondence.Content.MessageTitle`, `Recipients[0]`."""
    fields: dict[str, str] = {}

    def put(name: str, value: Any) -> None:
        match value:
            case None:
                return
            case Mapping():
                for key, inner in value.items():
                    step = key if name.endswith("PropertyList") else key[:1].upper() + key[1:]
                    put(f"{name}.{step}" if name else step, inner)
            case list():
                for position, inner in enumerate(value):
                    put(f"{name}[{position}]", inner)
            case bool():
                fields[name] = str(value).lower()
            case _:
                fields[name] = str(value)

    put("", body)
    return fields
