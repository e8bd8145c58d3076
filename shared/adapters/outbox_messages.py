"""The bodies of our Service Bus messages. `shared/schemas/messages.py` reads them; a test holds the two together."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

from shared.domain.facts import Fact
from shared.ports.work import AgendaMessage, DeliveryMessage

VERSION = 1


@dataclass(frozen=True, slots=True)
class Letter:
    """One message to be sent: its id, its JSON body and the properties that a filter can see."""

    message_id: str
    body: bytes
    properties: Mapping[str, str] = field(default_factory=dict)


def fact_letter(fact: Fact, trace: str) -> Letter:
    """Point at a fact: a consumer reads the aggregate. The message id is the fact's id, also when it is repeated."""
    body = {
        "v": VERSION,
        "kind": "fact",
        "aggregate": fact.aggregate.value,
        "id": fact.aggregate_id,
        "sequence": fact.sequence,
        "type": fact.type.value,
        "resource": fact.resource_id,
        "trace": trace,
    }
    properties = {
        "kind": "fact",
        "aggregate": fact.aggregate.value,
        "type": fact.type.value,
        "resource": fact.resource_id,
    }
    return Letter(fact.id, _json(body), properties)


def agenda_letter(message: AgendaMessage, trace: str) -> Letter:
    """Ask for a due item. The message id is made of the entry's key (or its subject) and attempt."""
    due = message.due
    body = {
        "v": VERSION,
        "task": due.task.value,
        "subject": due.subject,
        "at": _text(due.at),
        "attempt": due.attempt,
        "key": message.key,
        "written": _text(message.written),
        "trace": trace,
    }
    properties = {"kind": "agenda", "type": due.task.value}
    return Letter(_digest(message.key or due.subject, str(due.attempt)), _json(body), properties)


def delivery_letter(message: DeliveryMessage, trace: str) -> Letter:
    """Ask for one event to go to one subscriber. The message id is made of both and the attempt."""
    body = {
        "v": VERSION,
        "subscription": message.subscription,
        "resource": message.resource_id,
        "aggregate": message.aggregate.value,
        "id": message.aggregate_id,
        "sequence": message.sequence,
        "attempt": message.attempt,
        "trace": trace,
    }
    properties = {"kind": "delivery", "type": "deliver", "resource": message.resource_id}
    identity = (message.subscription, message.aggregate_id, str(message.sequence), str(message.attempt))
    return Letter(_digest(*identity), _json(body), properties)


def _json(body: Mapping[str, object]) -> bytes:
    return json.dumps(body, separators=(",", ":"), ensure_ascii=False).encode()


def _text(at: datetime) -> str:
    return at.astimezone(UTC).isoformat()


def _digest(*parts: str) -> str:
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()
