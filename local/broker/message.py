"""One message: the bytes that its sender wrote, kept untouched, and what the broker knows about it.

Source: OASIS AMQP 1.0, part 3.2 (message format); Service Bus adds its own message annotations.
"""

import uuid
from asyncio import TimerHandle
from collections.abc import Iterator, Set
from dataclasses import dataclass, field, replace
from enum import IntEnum
from typing import Final

from local.broker.decoding import DecodeError, decode
from local.broker.encoding import section
from local.broker.values import Int, Symbol, Uint, Value, timestamp

HEADER, DELIVERY_ANNOTATIONS, ANNOTATIONS, PROPERTIES, APPLICATION, DATA, SEQUENCE, VALUE, FOOTER = range(0x70, 0x79)
BATCH_FORMAT: Final = 0x80013700  # Every data section of such a message is one encoded message.
PROPERTY_NAMES: Final = (
    "message_id",
    "user_id",
    "to",
    "subject",
    "reply_to",
    "correlation_id",
    "content_type",
    "content_encoding",
    "absolute_expiry_time",
    "creation_time",
    "group_id",
    "group_sequence",
    "reply_to_group_id",
)
_SCHEDULED: Final = "x-opt-scheduled-enqueue-time"
_OWNED: Final = frozenset(
    {
        "x-opt-sequence-number",
        "x-opt-enqueue-sequence-number",
        "x-opt-enqueued-time",
        "x-opt-locked-until",
        "x-opt-lock-token",
        "x-opt-message-state",
        "x-opt-deadletter-source",
        _SCHEDULED,
    }
)


class State(IntEnum):
    """Where a message stands; the numbers are those of the annotation `x-opt-message-state`."""

    ACTIVE = 0
    DEFERRED = 1
    SCHEDULED = 2


@dataclass(slots=True)
class Message:
    """A message at rest in one entity. Times are seconds since the epoch, on the broker's movable clock.

    The lock is the exception: it is held in real time.
    """

    bare: bytes
    properties: list[Value] | None = None
    application: dict[str, Value] | None = None
    annotations: dict[Value, Value] = field(default_factory=dict)
    durable: bool | None = None
    priority: int | None = None
    ttl_ms: int | None = None
    scheduled_for: float | None = None
    state: State = State.ACTIVE
    sequence: int = 0
    enqueued_sequence: int = 0
    failed_deliveries: int = 0
    enqueued_at: float = 0.0
    expires_at: float | None = None
    dead_letter_source: str | None = None
    hops: int = 0  # Forwardings since the message last came to rest.
    lock_token: uuid.UUID | None = None
    locked_until: float | None = None
    lock_timer: TimerHandle | None = None

    @property
    def session_id(self) -> str | None:
        """The session that the message belongs to."""
        found = self.system("group_id")
        return found if isinstance(found, str) else None

    def system(self, name: str) -> Value:
        """Return the property `name` (one of PROPERTY_NAMES), or None."""
        index = PROPERTY_NAMES.index(name)
        return self.properties[index] if self.properties and len(self.properties) > index else None


def sections(raw: bytes) -> Iterator[tuple[int, Value, int]]:
    """Yield code, value and start of each section of an encoded message.

    Raises:
        DecodeError: when `raw` is no message.
    """
    at = 0
    while at < len(raw):
        start = at
        if raw[at] != 0:
            raise DecodeError("A message section has no descriptor")
        descriptor, at = decode(raw, at + 1)
        value, at = decode(raw, at)
        if not isinstance(descriptor, int):
            raise DecodeError("A message section has a descriptor that is no number")
        yield int(descriptor), value, start


def read_message(raw: bytes) -> Message:
    """Return the message that a sender encoded as `raw`.

    Raises:
        DecodeError: when `raw` is no message.
    """
    message, bare_from = Message(b""), None
    for code, value, start in sections(raw):
        if bare_from is None and code >= PROPERTIES:
            bare_from = start
        if code == HEADER:
            message.durable, message.priority, message.ttl_ms = (list(value) + [None] * 3)[:3]
        elif code == ANNOTATIONS:
            message.annotations = value or {}
        elif code == PROPERTIES:
            message.properties = value
        elif code == APPLICATION:
            message.application = value
        elif code >= DATA:
            break
    message.bare = raw[bare_from:] if bare_from is not None else b""
    when = message.annotations.get(_SCHEDULED)
    message.scheduled_for = int(when) / 1000 if when else None
    message.annotations = {key: value for key, value in message.annotations.items() if key not in _OWNED}
    return message


def read_batch(raw: bytes) -> list[Message]:
    """Return the messages of a transfer with the message format BATCH_FORMAT."""
    return [read_message(value) for code, value, _ in sections(raw) if code == DATA]


def with_changes(
    message: Message,
    application: dict[str, Value],
    system: dict[str, Value] | None = None,
    *,
    removed: Set[str] = frozenset(),
) -> Message:
    """Return a copy that has these application and system properties set, and `removed` application ones dropped."""
    merged = {key: value for key, value in (message.application or {}).items() if key not in removed} | application
    properties = list(message.properties or [])
    for name, value in (system or {}).items():
        index = PROPERTY_NAMES.index(name)
        properties += [None] * (index + 1 - len(properties))
        properties[index] = value
    body_from = next((start for code, _, start in sections(message.bare) if code >= DATA), len(message.bare))
    bare = (
        (section(PROPERTIES, properties) if properties else b"")
        + (section(APPLICATION, merged) if merged else b"")
        + message.bare[body_from:]
    )
    return replace(message, bare=bare, properties=properties or None, application=merged or None)


def arriving(message: Message) -> Message:
    """Return a copy as it arrives in another entity: unlocked, active, never delivered there."""
    return replace(
        message,
        state=State.ACTIVE,
        failed_deliveries=0,
        scheduled_for=None,
        expires_at=None,
        lock_token=None,
        locked_until=None,
        lock_timer=None,
    )


def wire(message: Message) -> bytes:
    """Return the message as a receiver gets it: header, annotations, and the sender's own bytes."""
    annotations = dict(message.annotations)
    annotations[Symbol("x-opt-sequence-number")] = message.sequence
    annotations[Symbol("x-opt-enqueue-sequence-number")] = message.enqueued_sequence
    annotations[Symbol("x-opt-enqueued-time")] = timestamp(message.enqueued_at)
    annotations[Symbol("x-opt-message-state")] = Int(message.state)
    if message.locked_until is not None:
        annotations[Symbol("x-opt-locked-until")] = timestamp(message.locked_until)
    if message.scheduled_for is not None:
        annotations[Symbol(_SCHEDULED)] = timestamp(message.scheduled_for)
    if message.dead_letter_source is not None:
        annotations[Symbol("x-opt-deadletter-source")] = message.dead_letter_source
    ttl = message.ttl_ms
    if message.expires_at is not None:
        ttl = Uint(min(int((message.expires_at - message.enqueued_at) * 1000), 0xFFFFFFFF))
    header = [message.durable, message.priority, ttl, None, Uint(message.failed_deliveries)]
    return section(HEADER, header) + section(ANNOTATIONS, annotations) + message.bare
