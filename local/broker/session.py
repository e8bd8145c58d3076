"""One session of a connection: links, windows, transfers and dispositions.

Source: OASIS AMQP 1.0, part 2.5 (sessions).
"""

from __future__ import annotations

import logging
from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from local.broker.decoding import DecodeError
from local.broker.encoding import described_list
from local.broker.link import Link
from local.broker.protocol import (
    BEGIN,
    DISPOSITION,
    FLOW,
    INTERNAL_ERROR,
    MAX_HANDLE,
    MAX_MESSAGE,
    TOO_LARGE,
    WINDOW,
    AmqpError,
    outcome,
    padded,
    rejected,
)
from local.broker.protocol import DECODE_ERROR as DECODE
from local.broker.protocol import RELEASED as RELEASED_STATE
from local.broker.values import Described, Uint, Ushort, Value

if TYPE_CHECKING:
    from local.broker.connection import Connection

log = logging.getLogger(__name__)

_CREDIT = 1000
_RENEW_CREDIT_BELOW = 500


@dataclass(slots=True)
class _Arriving:
    """A message of which not all frames have come."""

    delivery_id: int
    message_format: int
    settled: bool = False
    size: int = 0
    payload: bytearray = field(default_factory=bytearray)

    def add(self, payload: bytes) -> None:
        """Keep the bytes, as long as the message is not too large; count them in any case."""
        self.size += len(payload)
        if self.size <= MAX_MESSAGE:
            self.payload += payload


class Session:
    """The broker's end of one session."""

    def __init__(self, connection: Connection, channel: int, peer_channel: int, fields: list[Value]) -> None:
        fields = padded(fields, 8)
        self.connection = connection
        self.channel = channel
        self.deliveries: dict[int, Link] = {}
        self._next_in = int(fields[1] or 0)
        self._remote_window = int(fields[2] or 0)
        self._next_transfer = 0
        self._next_delivery = 0
        self._links: dict[int, Link] = {}
        self._by_peer_handle: dict[int, Link] = {}
        self._arriving: dict[int, _Arriving] = {}
        self._waiting: deque[tuple[int, bytes, bytes]] = deque()  # Transfers for which the peer's window has no room.
        self.frame(described_list(BEGIN, [Ushort(peer_channel), Uint(0), Uint(WINDOW), Uint(WINDOW), Uint(MAX_HANDLE)]))

    # Sending ---------------------------------------------------------------------------------------------------------

    def frame(self, performative: bytes, payload: bytes = b"") -> None:
        """Write one frame on this session's channel."""
        self.connection.frame(self.channel, performative, payload)

    def has_room(self) -> bool:
        """Return whether a message may be sent now: window open, nothing waiting, socket not full."""
        return self._remote_window > 0 and not self._waiting and not self.connection.is_full

    def next_delivery_id(self) -> int:
        """Return a fresh delivery id."""
        delivery_id = self._next_delivery
        self._next_delivery = (delivery_id + 1) & 0xFFFFFFFF
        return delivery_id

    def transfer(self, handle: int, performative: bytes, payload: bytes) -> None:
        """Write one transfer frame as soon as the peer's window allows."""
        self._waiting.append((handle, performative, payload))
        self._write_waiting()

    def _write_waiting(self) -> None:
        while self._waiting and self._remote_window > 0:
            _, performative, payload = self._waiting.popleft()
            self._remote_window -= 1
            self._next_transfer = (self._next_transfer + 1) & 0xFFFFFFFF
            self.frame(performative, payload)

    def flow(self, link: Link | None = None) -> None:
        """Tell the peer our windows, and the credit of `link`."""
        fields: list[Value] = [Uint(self._next_in), Uint(WINDOW), Uint(self._next_transfer), Uint(WINDOW)]
        if link is not None:
            fields += [Uint(link.handle), Uint(link.delivery_count), Uint(link.credit), None, link.drain or None]
        self.frame(described_list(FLOW, fields))

    def wake(self) -> None:
        """Let every sending link try again."""
        self._write_waiting()
        for link in list(self._links.values()):
            if link.is_source and link.endpoint and link.attached:
                link.endpoint.credited(link)

    # Links -----------------------------------------------------------------------------------------------------------

    def forget(self, link: Link) -> None:
        """Drop a closed link; what it has not settled keeps its lock until that expires."""
        self._links.pop(link.handle, None)
        self._by_peer_handle.pop(link.peer_handle, None)
        self._arriving.pop(link.handle, None)
        self._waiting = deque(item for item in self._waiting if item[0] != link.handle)
        for delivery_id in link.unsettled:
            self.deliveries.pop(delivery_id, None)

    def ended(self) -> None:
        """Close every link without a word."""
        for link in list(self._links.values()):
            link.lost()
        self._links.clear()
        self._by_peer_handle.clear()
        self.deliveries.clear()
        self._waiting.clear()

    def on_attach(self, fields: list[Value]) -> None:
        """Answer an attach: accept, refuse, or keep it waiting for a message session."""
        handle = next(number for number in range(MAX_HANDLE + 1) if number not in self._links)
        link = Link(self, handle, fields)
        self._links[handle] = link
        self._by_peer_handle[link.peer_handle] = link
        try:
            self.connection.host.attach(link)
        except AmqpError as error:
            link.refuse(error)

    def on_detach(self, fields: list[Value]) -> None:
        """Answer a detach."""
        link = self._by_peer_handle.get(int(fields[0]))
        if link is None:
            return
        if link.endpoint:
            link.endpoint.detached(link)
        link.detach()

    # Receiving -------------------------------------------------------------------------------------------------------

    def on_flow(self, fields: list[Value]) -> None:
        """Take the peer's window and the credit it gives."""
        fields = padded(fields, 11)
        expected = int(fields[0]) if fields[0] is not None else 0
        self._remote_window = expected + int(fields[1]) - self._next_transfer
        self._write_waiting()
        if fields[4] is None:
            self.wake()
            return
        link = self._by_peer_handle.get(int(fields[4]))
        if link is None:
            return
        if link.is_source:
            link.credit = max(0, int(fields[5] or 0) + int(fields[6] or 0) - link.delivery_count)
            link.drain = bool(fields[8])
            if link.endpoint:
                link.endpoint.credited(link)
        elif fields[9]:
            self.flow(link)

    def on_transfer(self, fields: list[Value], payload: bytes) -> None:
        """Take one frame of a message; with its last one the message is done."""
        fields = padded(fields, 11)
        self._next_in = (self._next_in + 1) & 0xFFFFFFFF
        link = self._by_peer_handle.get(int(fields[0]))
        if link is None or link.is_source or link.endpoint is None:
            return
        arriving = self._arriving.get(link.handle)
        if arriving is None:
            arriving = self._arriving[link.handle] = _Arriving(int(fields[1]), int(fields[3] or 0))
        arriving.add(payload)
        arriving.settled = arriving.settled or bool(fields[4])
        if fields[5] and not fields[9]:
            return
        del self._arriving[link.handle]
        if not fields[9]:
            self._complete(link, arriving)

    def _complete(self, link: Link, arriving: _Arriving) -> None:
        link.delivery_count += 1
        link.credit -= 1
        state = self._outcome(link, arriving)
        if not arriving.settled:
            link.settle(arriving.delivery_id, state)
        if link.credit < _RENEW_CREDIT_BELOW and not link.closed:
            link.grant(_CREDIT)

    def _outcome(self, link: Link, arriving: _Arriving) -> Described:
        """Hand the message over. Refusals reject it: a detach would lose the condition on its way to the caller."""
        if arriving.size > MAX_MESSAGE:
            text = f"The message has {arriving.size} bytes; at most {MAX_MESSAGE} are taken."
            return rejected(AmqpError(TOO_LARGE, text))
        assert link.endpoint is not None
        try:
            return link.endpoint.arrived(link, bytes(arriving.payload), arriving.message_format)
        except AmqpError as error:
            return rejected(error)
        except DecodeError as error:
            return rejected(AmqpError(DECODE, str(error)))
        except Exception as error:  # One odd message must not take the connection of all others down.
            log.exception("broker.message_failed")
            return rejected(AmqpError(INTERNAL_ERROR, type(error).__name__))

    def on_disposition(self, fields: list[Value]) -> None:
        """Apply the peer's outcomes, and echo what was done: the client waits for it."""
        fields = padded(fields, 6)
        if not fields[0] or (fields[4] is None and not fields[3]):
            return
        first = int(fields[1])
        last = int(fields[2]) if fields[2] is not None else first
        for delivery_id in [number for number in self._outstanding(first, last) if number in self.deliveries]:
            link = self.deliveries.pop(delivery_id)
            reference = link.unsettled.pop(delivery_id)
            done = link.endpoint.settled(link, reference, fields[4]) if link.endpoint else outcome(RELEASED_STATE)
            if not fields[3]:
                echo = [False, Uint(delivery_id), Uint(delivery_id), True, done]
                self.frame(described_list(DISPOSITION, echo))

    def _outstanding(self, first: int, last: int) -> list[int]:
        if last - first < len(self.deliveries):
            return list(range(first, last + 1))
        return [number for number in self.deliveries if first <= number <= last]
