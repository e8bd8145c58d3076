"""The operations of `<entity>/$management`.

Source: Service Bus documentation, AMQP request-response-based operations.
"""

import uuid
from collections.abc import Callable
from typing import Any, Final

from local.broker import rule_records, settling
from local.broker.message import read_message
from local.broker.protocol import ARGUMENT_ERROR, NOT_ALLOWED, NOT_IMPLEMENTED, AmqpError
from local.broker.queues import Queue
from local.broker.store import Note
from local.broker.topics import Topic
from local.broker.values import Array, Int, Value, timestamp

type Body = dict[str, Any]

NOTHING: Final = object()  # The answer 204: there is nothing to list.
# What a client means by "no time given": DateTime.MaxValue of .NET, rounded as its AMQP library does.
_ANY_TIME: Final = 253_402_300_800_000
_DELETE_MODE: Final = 0


def perform(entity: Queue | Topic, operation: str, body: Body) -> Value:
    """Do the operation; return the body of the answer, or NOTHING.

    Raises:
        AmqpError: when it is unknown, or refused.
        KeyError, TypeError, ValueError: when the request lacks something.
    """
    name = operation.rpartition(":")[2]
    if name in _FOR_SENDERS:
        return _FOR_SENDERS[name](entity, body)
    if name not in _FOR_RECEIVERS:
        raise AmqpError(NOT_IMPLEMENTED, f"The operation '{operation}' is not supported by this broker.")
    if isinstance(entity, Topic):
        raise AmqpError(NOT_ALLOWED, f"A topic has no '{operation}'; use one of its subscriptions.")
    return _FOR_RECEIVERS[name](entity, body)


def _schedule(entity: Queue | Topic, body: Body) -> Value:
    messages = [read_message(item["message"]) for item in body["messages"]]
    return {"sequence-numbers": Array(entity.schedule(message) for message in messages)}


def _cancel(entity: Queue | Topic, body: Body) -> Value:
    for sequence in body["sequence-numbers"]:
        entity.shelf.cancel(int(sequence))
    return None


def _peek(entity: Queue | Topic, body: Body) -> Value:
    if isinstance(entity, Topic):
        return NOTHING
    found = entity.peek(int(body["from-sequence-number"]), int(body["message-count"]), body.get("session-id"))
    return {"messages": [{"message": raw} for raw in found]} if found else NOTHING


def _renew(queue: Queue, body: Body) -> Value:
    tokens = [_token(value) for value in body["lock-tokens"]]
    for token in tokens:
        queue.sessions.held(token)
    return {"expirations": Array(timestamp(queue.locks.renew(token)) for token in tokens)}


def _receive(queue: Queue, body: Body) -> Value:
    sequences = [int(number) for number in body["sequence-numbers"]]
    delete = int(body.get("receiver-settle-mode", 1)) == _DELETE_MODE
    messages: list[dict[str, Value]] = []
    for raw, token in queue.receive_deferred(sequences, delete=delete):
        messages.append({"message": raw} if token is None else {"message": raw, "lock-token": token})
    return {"messages": messages}


def _dispose(queue: Queue, body: Body) -> Value:
    changes = {str(key): value for key, value in (body.get("properties-to-modify") or {}).items()}
    for token in [_token(value) for value in body["lock-tokens"]]:
        match body["disposition-status"]:
            case "completed":
                settling.complete(queue, token)
            case "abandoned":
                settling.abandon(queue, token, changes)
            case "defered":  # So it is spelled on the wire.
                settling.defer(queue, token, changes)
            case "suspended":
                reason, description = body.get("deadletter-reason"), body.get("deadletter-description")
                settling.dead_letter(queue, token, reason, description, changes)
            case status:
                raise AmqpError(ARGUMENT_ERROR, f"'{status}' is no disposition status.")
    return None


def _renew_session(queue: Queue, body: Body) -> Value:
    return {"expiration": timestamp(queue.sessions.renew(body["session-id"]))}


def _get_state(queue: Queue, body: Body) -> Value:
    return {"session-state": queue.sessions.state(body["session-id"])}


def _set_state(queue: Queue, body: Body) -> Value:
    state = body.get("session-state")
    queue.sessions.held_until(body["session-id"])
    queue.sessions.set_state(body["session-id"], None if state is None else bytes(state))
    return None


def _list_sessions(queue: Queue, body: Body) -> Value:
    changed_after = int(body.get("last-updated-time", _ANY_TIME))
    names = queue.sessions.names(changed_after=None if changed_after >= _ANY_TIME else changed_after / 1000)
    skip, top = int(body.get("skip", 0)), int(body.get("top", 100))
    page = names[skip : skip + top]
    return {"skip": Int(skip + len(page)), "sessions-ids": Array(page)} if page else NOTHING


def _add_rule(queue: Queue, body: Body) -> Value:
    name, description = str(body["rule-name"]), body["rule-description"]
    queue.rules = rule_records.added(queue.rules, name, description)
    queue.services.store.note(Note.RULE, queue.name, name, description)
    return None


def _remove_rule(queue: Queue, body: Body) -> Value:
    name = str(body["rule-name"])
    queue.rules = rule_records.removed(queue.rules, name)
    queue.services.store.note(Note.RULE, queue.name, name, False)
    return None


def _list_rules(queue: Queue, body: Body) -> Value:
    skip, top = int(body.get("skip", 0)), int(body.get("top", 100))
    page = queue.rules[skip : skip + top]
    return {"rules": [{"rule-description": rule_records.described(rule)} for rule in page]} if page else NOTHING


def _token(value: Value) -> uuid.UUID:
    return value if isinstance(value, uuid.UUID) else uuid.UUID(str(value))


_FOR_SENDERS: Final[dict[str, Callable[[Queue | Topic, Body], Value]]] = {
    "schedule-message": _schedule,
    "cancel-scheduled-message": _cancel,
    "peek-message": _peek,
}
_FOR_RECEIVERS: Final[dict[str, Callable[[Queue, Body], Value]]] = {
    "renew-lock": _renew,
    "receive-by-sequence-number": _receive,
    "update-disposition": _dispose,
    "renew-session-lock": _renew_session,
    "get-session-state": _get_state,
    "set-session-state": _set_state,
    "get-message-sessions": _list_sessions,
    "add-rule": _add_rule,
    "remove-rule": _remove_rule,
    "enumerate-rules": _list_rules,
}
