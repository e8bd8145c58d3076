"""One link of a session, seen from the broker's side, and what it is attached to.

Source: OASIS AMQP 1.0, part 2.6 (links).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from local.broker.encoding import described_list
from local.broker.protocol import ATTACH, DETACH, DISPOSITION, MAX_MESSAGE, TRANSFER, AmqpError, padded
from local.broker.values import Described, Uint, Ulong, Value

if TYPE_CHECKING:
    from local.broker.session import Session

SETTLED = 1  # The sender's settle mode of receive-and-delete.
_TRANSFER_OVERHEAD = 64  # Frame header and performative; the tag has 16 bytes.


class Endpoint(Protocol):
    """What a link is attached to: a queue to read, an entity to write, or a request node."""

    def arrived(self, link: Link, raw: bytes, message_format: int) -> Described:
        """Take a message that the peer sent; return its outcome."""

    def credited(self, link: Link) -> None:
        """React to credit, or to room on the connection."""

    def settled(self, link: Link, reference: Value, state: Described | None) -> Described:
        """Apply the peer's outcome to what `reference` stands for; return what was done."""

    def detached(self, link: Link) -> None:
        """React to the end of the link."""


class Link:
    """One link. `is_source` is true where the broker sends to the peer."""

    def __init__(self, session: Session, handle: int, fields: list[Value]) -> None:
        fields = padded(fields, 14)
        self.session = session
        self.name: str = fields[0]
        self.peer_handle = int(fields[1])
        self.handle = handle
        self.is_source = bool(fields[2])
        self.sender_mode: Value = fields[3]
        self.receiver_mode: Value = fields[4]
        self.source: Value = fields[5]
        self.target: Value = fields[6]
        self.properties: dict[Value, Value] = fields[13] or {}
        self.endpoint: Endpoint | None = None
        self.session_id: str | None = None  # Of the message session that the link holds.
        self.credit = 0
        self.delivery_count = 0
        self.drain = False
        self.attached = False
        self.closed = False
        self.unsettled: dict[int, Value] = {}

    @property
    def settles_at_once(self) -> bool:
        """True where messages leave settled: receive-and-delete."""
        return self.sender_mode is not None and int(self.sender_mode) == SETTLED

    def can_send(self) -> bool:
        """Return whether the peer wants a message and the connection has room."""
        return self.attached and not self.closed and self.credit > 0 and self.session.has_room()

    def send(self, payload: bytes, tag: bytes, *, reference: Value = None) -> None:
        """Send one message, in as many frames as it needs; settled unless there is a `reference` to settle later."""
        delivery_id = self.session.next_delivery_id()
        self.credit -= 1
        self.delivery_count += 1
        settled = reference is None
        if not settled:
            self.unsettled[delivery_id] = reference
            self.session.deliveries[delivery_id] = self
        room = self.session.connection.peer_max_frame - _TRANSFER_OVERHEAD
        opening: list[Value] = [Uint(delivery_id), tag, Uint(0)]
        for start in range(0, max(len(payload), 1), room):
            more = start + room < len(payload)
            fields = [Uint(self.handle), *opening, settled, more]
            self.session.transfer(self.handle, described_list(TRANSFER, fields), payload[start : start + room])
            opening = [None, None, None]

    def drained(self) -> None:
        """Use up the credit: there is nothing more to send now."""
        self.delivery_count += self.credit
        self.credit = 0
        self.session.flow(self)
        self.drain = False

    def grant(self, credit: int) -> None:
        """Let the peer send `credit` messages."""
        self.credit = credit
        self.session.flow(self)

    def settle(self, delivery_id: int, state: Described) -> None:
        """Answer a message that the peer sent."""
        self.session.frame(described_list(DISPOSITION, [True, Uint(delivery_id), Uint(delivery_id), True, state]))

    def attach(self, *, source: Value = None, properties: dict[Value, Value] | None = None) -> None:
        """Accept the link. Both ends are echoed, byte for byte: the client compares."""
        self.attached = True
        self.session.frame(
            self._attach_frame(source or self.source, self.target, Ulong(MAX_MESSAGE), None, None, properties)
        )
        if self.is_source and self.credit and self.endpoint:
            self.endpoint.credited(self)

    def refuse(self, error: AmqpError) -> None:
        """Say no: an attach whose own end is null, then a detach with the error.

        With both ends echoed the client would take the link for open and lose the condition.
        """
        source, target = (None, self.target) if self.is_source else (self.source, None)
        self.session.frame(self._attach_frame(source, target))
        self.detach(error)

    def _attach_frame(self, source: Value, target: Value, *rest: Value) -> bytes:
        opening = [self.name, Uint(self.handle), not self.is_source, self.sender_mode, self.receiver_mode]
        initial_count = Uint(0) if self.is_source else None
        return described_list(ATTACH, [*opening, source, target, None, None, initial_count, *rest])

    def detach(self, error: AmqpError | None = None) -> None:
        """Close the link from our side, once."""
        if self.closed:
            return
        self.closed = True
        self.session.forget(self)
        fields = [Uint(self.handle), True, error.value() if error else None]
        self.session.frame(described_list(DETACH, fields))

    def lost(self) -> None:
        """Close the link without a word: the session or the connection has ended."""
        if self.closed:
            return
        self.closed = True
        if self.endpoint:
            self.endpoint.detached(self)
