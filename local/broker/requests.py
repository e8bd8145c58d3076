"""Request nodes: `$cbs`, where any token is taken, and `<entity>/$management`.

A client attaches a pair of links; a request on one is answered on the other.
Source: Service Bus documentation, AMQP request-response-based operations; AMQP Management, working draft.
"""

from __future__ import annotations

import logging
import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from local.broker import management
from local.broker.encoding import section
from local.broker.message import APPLICATION, PROPERTIES, VALUE, Message, read_message, sections
from local.broker.namespace import Entity, path_of
from local.broker.protocol import (
    ACCEPTED,
    INTERNAL_ERROR,
    MESSAGE_LOCK_LOST,
    MESSAGE_NOT_FOUND,
    NOT_FOUND,
    NOT_IMPLEMENTED,
    SESSION_LOCK_LOST,
    AmqpError,
    outcome,
)
from local.broker.values import Described, Int, Symbol, Value

if TYPE_CHECKING:
    from local.broker.link import Link

log = logging.getLogger(__name__)

CBS: Final = "$cbs"
MANAGEMENT: Final = "/$management"
_CREDIT: Final = 1000
_STATUS: Final = {
    MESSAGE_LOCK_LOST: 410,
    SESSION_LOCK_LOST: 410,
    MESSAGE_NOT_FOUND: 404,
    NOT_FOUND: 404,
    NOT_IMPLEMENTED: 501,
    INTERNAL_ERROR: 500,
}
# How the status, its description and an error are named in answers: the two protocols differ.
_CBS_NAMES: Final = ("status-code", "status-description", "error-condition")
_MANAGEMENT_NAMES: Final = ("statusCode", "statusDescription", "errorCondition")


@dataclass(frozen=True, slots=True)
class Answer:
    """What a request gets back."""

    status: int
    description: str
    body: Value = None
    condition: str | None = None


class RequestNode:
    """One address that answers requests."""

    def __init__(self, entity: Entity | None) -> None:
        """Answer for the management of an entity, or for `$cbs` without one."""
        self._entity = entity
        self._links: list[Link] = []

    def attach(self, link: Link) -> None:
        """Take one link of a pair."""
        link.endpoint = self
        self._links.append(link)
        link.attach()
        if not link.is_source:
            link.grant(_CREDIT)

    def credited(self, link: Link) -> None:
        """Do nothing: answers are sent at once."""

    def settled(self, link: Link, reference: Value, state: Described | None) -> Described:
        """Do nothing: answers are sent settled."""
        return state or outcome(ACCEPTED)

    def detached(self, link: Link) -> None:
        """Forget the link."""
        if link in self._links:
            self._links.remove(link)

    def arrived(self, link: Link, raw: bytes, message_format: int) -> Described:
        """Answer a request."""
        request = read_message(raw)
        body = next((value for code, value, _ in sections(raw) if code == VALUE), None)
        answer = self._answer(request, body)
        reply_link = self._reply_link(link, request.system("reply_to"))
        if reply_link is not None:
            reply_link.send(self._encoded(request, answer), uuid.uuid4().bytes_le)
        return outcome(ACCEPTED)

    def _answer(self, request: Message, body: Value) -> Answer:
        if self._entity is None:
            return Answer(202, "Accepted")
        operation = str((request.application or {}).get("operation", ""))
        try:
            reply = management.perform(self._entity, operation, body if isinstance(body, dict) else {})
        except AmqpError as error:
            return Answer(_STATUS.get(error.condition, 400), error.description, None, error.condition)
        except (KeyError, TypeError, ValueError) as error:
            text = f"The request lacks what '{operation}' needs ({type(error).__name__})."
            return Answer(400, text, None, "com.microsoft:argument-error")
        return Answer(204, "No content") if reply is management.NOTHING else Answer(200, "OK", reply)

    def _encoded(self, request: Message, answer: Answer) -> bytes:
        code, description, condition = _CBS_NAMES if self._entity is None else _MANAGEMENT_NAMES
        application: dict[str, Value] = {code: Int(answer.status), description: answer.description}
        if answer.condition is not None:
            application[condition] = Symbol(answer.condition)
        correlation_id = request.system("correlation_id")
        if correlation_id is None:
            correlation_id = request.system("message_id")
        properties = [None, None, request.system("reply_to"), None, None, correlation_id]
        return section(PROPERTIES, properties) + section(APPLICATION, application) + section(VALUE, answer.body)

    def _reply_link(self, request_link: Link, reply_to: Value) -> Link | None:
        """Return the answering link: named by reply-to, else of the same session, else of the same connection."""
        connection = request_link.session.connection
        candidates = [link for link in self._links if link.is_source and link.session.connection is connection]
        named = [link for link in candidates if reply_to is not None and _target(link) == path_of(reply_to)]
        candidates = named or candidates
        near = [link for link in candidates if link.session is request_link.session] or candidates
        return near[-1] if near else None


def _target(link: Link) -> str:
    """Return the address of the peer's end; it may be an empty list."""
    return path_of(link.target.value[0]) if link.target is not None and link.target.value else ""
