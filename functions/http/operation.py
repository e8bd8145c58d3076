"""What an HTTP operation states about itself: its route, who may call it, what it takes and gives."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from fastapi import Response
from pydantic import BaseModel

from shared.domain.policy import Issuer, Scope, Subject

BASE = "/correspondence/api/v1"
JSON = "application/json"
TEXT = "text/plain"
HTML = "text/html"
FORM = "multipart/form-data"
BYTES = "application/octet-stream"
MAX_JSON_BYTES = 4 * 1024 * 1024  # A full body of the wire contract, every character escaped, is well below.

Endpoint = Callable[..., Awaitable[Response]]


class Policy(StrEnum):
    """Who may call an operation, by the issuer's kind and the scopes of the token. Source: wire contract 1.6."""

    PUBLIC = "Public"
    SENDER = "Sender"
    RECIPIENT = "Recipient"
    SENDER_OR_RECIPIENT = "SenderOrRecipient"
    DOWNLOAD = "Download"
    NOTIFICATION_CHECK = "NotificationCheck"
    FORWARD_CHECK = "CheckAllowForwarding"
    SUBSCRIBER = "Subscriber"
    MAINTENANCE = "Maintenance"
    SCAN_RESULTS = "ScanResults"
    NOTIFICATION_REPORTS = "NotificationReports"


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """One operation of the API and one Function, named `endpoint.__name__`.

    `produces` is what Accept must allow (None: not checked), or else one of `alternatives`; `consumes` is what
    Content-Type must be, `max_bytes` the most that a body is read to, besides the setting for all. `query` documents
    what the endpoint reads from the query. A GET that `leaves_trace` (it counts as looking, reading or
    downloading) takes no HEAD, which nobody means so; `also` are further methods.
    """

    endpoint: Endpoint
    method: str
    path: str
    policy: Policy
    tag: str
    produces: str | None = JSON
    alternatives: tuple[str, ...] = ()
    consumes: str | None = None
    max_bytes: int | None = MAX_JSON_BYTES
    answer: Any = None
    query: type[BaseModel] | None = None
    hidden: bool = False
    leaves_trace: bool = False
    also: tuple[str, ...] = ()

    @property
    def id(self) -> str:
        """The operation id, which is the Function's name."""
        return self.endpoint.__name__

    @property
    def methods(self) -> tuple[str, ...]:
        """Every method that it answers to."""
        head = ("HEAD",) if self.method == "GET" and not self.leaves_trace else ()
        return (self.method, *head, *self.also)

    @property
    def types(self) -> tuple[str, ...]:
        """The media types of a good answer, the usual one first; none when they are not the caller's to choose."""
        return (self.produces, *self.alternatives) if self.produces is not None else ()


BY_EVENT_GRID = frozenset({Policy.SCAN_RESULTS, Policy.NOTIFICATION_REPORTS})
"""Operations that Event Grid calls, with a token of Entra or with a secret of each."""


def admits(policy: Policy, caller: Subject) -> bool:
    """True when this token may call operations of this policy at all; what it may see is asked later."""
    return _RULES[policy](caller)


def must_be_exchanged(policy: Policy, caller: Subject) -> bool:
    """True when the token is a raw Maskinporten one and the operation takes it only after the exchange at Altinn."""
    return caller.issuer is Issuer.MASKINPORTEN and policy in {Policy.RECIPIENT, Policy.DOWNLOAD}


def _is_sender(caller: Subject) -> bool:
    match caller.issuer:
        case Issuer.ALTINN:
            return caller.has(Scope.WRITE)
        case Issuer.MASKINPORTEN:
            return caller.has(Scope.WRITE) and caller.has(Scope.SERVICE_OWNER)
        case _:
            return False


def _is_recipient(caller: Subject) -> bool:
    match caller.issuer:
        case Issuer.ALTINN:
            return caller.has(Scope.READ)
        case Issuer.DIALOGPORTEN:
            return "read" in caller.dialog_actions
        case _:
            return False


def _is_sender_or_recipient(caller: Subject) -> bool:
    """A raw Maskinporten token that can only read is enough here, unlike for a recipient's own operations."""
    raw_reader = caller.issuer is Issuer.MASKINPORTEN and caller.has(Scope.READ)
    return _is_sender(caller) or _is_recipient(caller) or raw_reader


def _may_download(caller: Subject) -> bool:
    if caller.issuer is Issuer.ALTINN:
        return caller.has(Scope.READ) or caller.has(Scope.PORTAL)
    return caller.issuer in {Issuer.DIALOGPORTEN, Issuer.IDPORTEN}


def _checks_notifications(caller: Subject) -> bool:
    return caller.issuer is Issuer.MASKINPORTEN and caller.has(Scope.CONDITION_CHECK)


def _checks_forwarding(caller: Subject) -> bool:
    return caller.has(Scope.FORWARD_CHECK)


def _subscribes(caller: Subject) -> bool:
    return caller.issuer in {Issuer.ALTINN, Issuer.MASKINPORTEN} and caller.has(Scope.EVENTS_SUBSCRIBE)


def _maintains(caller: Subject) -> bool:
    return caller.issuer is Issuer.MASKINPORTEN and caller.has(Scope.MAINTENANCE)


def _is_event_grid(caller: Subject) -> bool:
    return caller.issuer is Issuer.ENTRA and caller.has(Scope.EVENT_GRID)


_RULES: Mapping[Policy, Callable[[Subject], bool]] = {
    Policy.PUBLIC: lambda _: True,
    Policy.SENDER: _is_sender,
    Policy.RECIPIENT: _is_recipient,
    Policy.SENDER_OR_RECIPIENT: _is_sender_or_recipient,
    Policy.DOWNLOAD: _may_download,
    Policy.NOTIFICATION_CHECK: _checks_notifications,
    Policy.FORWARD_CHECK: _checks_forwarding,
    Policy.SUBSCRIBER: _subscribes,
    Policy.MAINTENANCE: _maintains,
    Policy.SCAN_RESULTS: _is_event_grid,
    Policy.NOTIFICATION_REPORTS: _is_event_grid,
}
