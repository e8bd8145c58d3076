"""What a link may be attached to, and what then happens on it.

Source: Service Bus documentation, AMQP 1.0 protocol guide.
"""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Final

from local.broker import settling
from local.broker.link import Link
from local.broker.message import BATCH_FORMAT, read_batch, read_message
from local.broker.message_sessions import FILTER
from local.broker.namespace import Entity, Namespace, path_of
from local.broker.protocol import (
    ACCEPTED,
    COORDINATOR,
    MAX_BATCH,
    MODIFIED,
    NOT_ALLOWED,
    NOT_IMPLEMENTED,
    REJECTED,
    RELEASED,
    AmqpError,
    outcome,
    padded,
    rejected,
)
from local.broker.queues import Queue
from local.broker.requests import CBS, MANAGEMENT, RequestNode
from local.broker.topics import Topic
from local.broker.values import Described, Symbol, Uint, Value

if TYPE_CHECKING:
    from collections.abc import Mapping

_CREDIT: Final = 1000
_SESSION_WAIT_SECONDS: Final = 65.0
_SOURCE_FILTER: Final = 7


class Writing:
    """A link on which a client sends messages to a queue or topic."""

    def __init__(self, entity: Entity) -> None:
        self._entity = entity

    def arrived(self, link: Link, raw: bytes, message_format: int) -> Described:
        """Take a message, or a batch of them as a whole."""
        self._entity.accept(read_batch(raw) if message_format == BATCH_FORMAT else [read_message(raw)])
        return outcome(ACCEPTED)

    def credited(self, link: Link) -> None:
        """Do nothing: the client sends here."""

    def settled(self, link: Link, reference: Value, state: Described | None) -> Described:
        """Do nothing: nothing is sent on this link."""
        return state or outcome(ACCEPTED)

    def detached(self, link: Link) -> None:
        """Do nothing: what was sent is stored."""


class Reading:
    """A link on which a client receives messages of a queue."""

    def __init__(self, queue: Queue) -> None:
        self._queue = queue

    def arrived(self, link: Link, raw: bytes, message_format: int) -> Described:
        """Refuse: the client receives here. Raises AmqpError."""
        raise AmqpError(NOT_ALLOWED, "This link receives; nothing can be sent on it.")

    def credited(self, link: Link) -> None:
        """Deliver what the client now wants."""
        self._queue.wake()

    def detached(self, link: Link) -> None:
        """Deliver no more. Message locks live on; a session is free at once."""
        self._queue.sessions.detached(link)
        if link in self._queue.links:
            self._queue.links.remove(link)

    def settled(self, link: Link, reference: Value, state: Described | None) -> Described:
        """Do what the client decided; the answer echoes it, or is a rejection that says why it could not be done."""
        token: uuid.UUID = reference
        code = int(state.descriptor) if state is not None else RELEASED
        fields = padded(list(state.value or []) if state is not None else [], 3)
        try:
            if code == ACCEPTED:
                settling.complete(self._queue, token)
            elif code == REJECTED:
                self._reject(token, fields[0])
                return outcome(REJECTED)  # Without an error: with one it would mean "could not be done".
            elif code == MODIFIED:
                self._modify(token, failed=bool(fields[0]), here=bool(fields[1]), changes=_named(fields[2]))
            else:
                settling.release(self._queue, token)
        except AmqpError as error:
            return rejected(error)
        return state or outcome(RELEASED)

    def _reject(self, token: uuid.UUID, error: Described | None) -> None:
        fields = padded(list(error.value) if error is not None else [], 3)
        told = _named(fields[2])
        reason = told.pop(settling.REASON, None) or (str(fields[0]) if fields[0] is not None and not told else None)
        description = told.pop(settling.DESCRIPTION, None) or fields[1]
        settling.dead_letter(self._queue, token, reason, description, told)

    def _modify(self, token: uuid.UUID, *, failed: bool, here: bool, changes: dict[str, Value]) -> None:
        if here:
            settling.defer(self._queue, token, changes)
        elif failed:
            settling.abandon(self._queue, token, changes)
        else:
            settling.release(self._queue, token)


def _named(values: Mapping[Value, Value] | None) -> dict[str, Value]:
    return {str(key): value for key, value in (values or {}).items()}


class Attaching:
    """Decides about the links of one broker."""

    def __init__(self, namespace: Namespace) -> None:
        self._namespace = namespace
        self._nodes: dict[str, RequestNode] = {}

    def attach(self, link: Link) -> None:
        """Attach the link to what it names; one that wants any message session waits.

        Raises:
            AmqpError: when there is no such thing, or it cannot be used that way.
        """
        terminus = link.source if link.is_source else link.target
        if terminus is None or int(terminus.descriptor) == COORDINATOR:
            raise AmqpError(NOT_IMPLEMENTED, "Transactions are not supported by this broker.")
        path = path_of(terminus.value[0] if terminus.value else None)
        if path.lower() == CBS or path.lower().endswith(MANAGEMENT):
            self._node(path).attach(link)
            return
        entity = self._namespace.find(path)
        if link.is_source:
            self._attach_reader(link, entity)
        else:
            self._attach_writer(link, entity)

    def _node(self, path: str) -> RequestNode:
        key = path.lower()
        if key not in self._nodes:
            entity = None if key == CBS else self._namespace.find(path[: -len(MANAGEMENT)])
            self._nodes[key] = RequestNode(entity)
        return self._nodes[key]

    def _attach_writer(self, link: Link, entity: Entity) -> None:
        if isinstance(entity, Queue) and (entity.is_dead_letters or self._namespace.is_subscription(entity)):
            raise AmqpError(NOT_ALLOWED, f"Messages cannot be sent to '{entity.name}'.")
        link.endpoint = Writing(entity)
        link.attach(properties={Symbol("com.microsoft:max-message-batch-size"): Uint(MAX_BATCH)})
        link.grant(_CREDIT)

    def _attach_reader(self, link: Link, entity: Entity) -> None:
        if isinstance(entity, Topic):
            raise AmqpError(NOT_ALLOWED, "A topic has no receivers; receive from one of its subscriptions.")
        if entity.config.forward_to and not entity.is_dead_letters:
            raise AmqpError(NOT_ALLOWED, f"'{entity.name}' forwards its messages to '{entity.config.forward_to}'.")
        filters = padded(list(link.source.value), _SOURCE_FILTER + 1)[_SOURCE_FILTER] or {}
        if FILTER in filters:
            self._attach_session_reader(link, entity, filters[FILTER])
            return
        if entity.has_sessions:
            raise AmqpError(NOT_ALLOWED, f"'{entity.name}' requires sessions; create a session receiver.")
        link.endpoint = Reading(entity)
        link.attach()
        entity.links.append(link)

    def _attach_session_reader(self, link: Link, queue: Queue, session_id: Value) -> None:
        if not queue.has_sessions:
            raise AmqpError(NOT_ALLOWED, f"'{queue.name}' has no sessions; create a receiver without one.")
        link.endpoint = Reading(queue)
        if isinstance(session_id, Described):
            session_id = session_id.value
        if session_id is not None:
            queue.sessions.accept(link, str(session_id))
            return
        milliseconds = link.properties.get("com.microsoft:timeout")
        queue.sessions.wait(link, int(milliseconds) / 1000 if milliseconds else _SESSION_WAIT_SECONDS)
