"""One client's connection: SASL, open, frames in and out, keep-alive and close. No broker policy here.

Source: OASIS AMQP 1.0, part 2.3 (framing), 2.4 (connections) and 5.3 (SASL).
"""

from __future__ import annotations

import asyncio
import logging
import struct
from enum import Enum, auto
from typing import Protocol

from local.broker import protocol
from local.broker.decoding import DecodeError, decode
from local.broker.encoding import described_list
from local.broker.health import answer as health_answer
from local.broker.link import Link
from local.broker.protocol import AMQP_HEADER, EMPTY_FRAME, IDLE_TIMEOUT_MS, MAX_FRAME, SASL_HEADER, AmqpError, padded
from local.broker.session import Session
from local.broker.store import StoreFailed
from local.broker.values import Array, Described, Symbol, Ubyte, Uint, Ushort, Value

log = logging.getLogger(__name__)

_HEADER = struct.Struct(">IBBH")
_SASL_FRAME = 1
_MECHANISMS = ("MSSBCBS", "ANONYMOUS", "PLAIN", "EXTERNAL")


class Stage(Enum):
    """How far the opening of a connection has come."""

    HEADER = auto()
    SASL = auto()
    SASL_DONE = auto()
    AMQP = auto()


class Host(Protocol):
    """What a connection asks of the broker."""

    connections: set[Connection]

    def attach(self, link: Link) -> None:
        """Decide about a link. Raises AmqpError to refuse it."""

    def commit(self) -> None:
        """Make durable what this turn has changed, before its answers leave. Raises StoreFailed."""


class Connection(asyncio.Protocol):
    """The broker's end of one connection."""

    def __init__(self, host: Host) -> None:
        self.host = host
        self.peer_max_frame = 512
        self.is_full = False
        self._stage = Stage.HEADER
        self._incoming = bytearray()
        self._outgoing = bytearray()
        self._flushing = False
        self._closed = False
        self._sessions: dict[int, Session] = {}
        self._by_peer_channel: dict[int, Session] = {}
        self._keep_alive: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Start with a connected socket."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._loop = asyncio.get_running_loop()
        self.host.connections.add(self)

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the client. Its message locks live on until they expire."""
        self._closed = True
        self.host.connections.discard(self)
        if self._keep_alive:
            self._keep_alive.cancel()
        for session in list(self._sessions.values()):
            session.ended()
        self._sessions.clear()
        self._by_peer_channel.clear()

    def pause_writing(self) -> None:
        """Stop sending messages: the client reads more slowly than we write."""
        self.is_full = True

    def resume_writing(self) -> None:
        """Send messages again."""
        self.is_full = False
        for session in list(self._sessions.values()):
            session.wake()

    # Output: all frames of one loop turn leave in one write ----------------------------------------------------------

    def frame(self, channel: int, performative: bytes, payload: bytes = b"", *, kind: int = 0) -> None:
        """Queue one frame."""
        if self._closed:
            return
        size = _HEADER.size + len(performative) + len(payload)
        self._outgoing += _HEADER.pack(size, 2, kind, channel)
        self._outgoing += performative
        self._outgoing += payload
        self._flush_soon()

    def _flush_soon(self) -> None:
        if not self._flushing:
            self._flushing = True
            self._loop.call_soon(self._flush)

    def _flush(self) -> None:
        self._flushing = False
        try:
            self.host.commit()
        except StoreFailed:
            self._closed = True  # What could not be stored is not acknowledged: the client will send it again.
            self._transport.abort()
            return
        if self._outgoing and not self._closed:
            outgoing, self._outgoing = self._outgoing, bytearray()
            self._transport.write(outgoing)

    def close(self, error: AmqpError | None = None) -> None:
        """Say good-bye and close the socket, once."""
        if self._closed:
            return
        if self._stage is Stage.AMQP:
            self.frame(0, described_list(protocol.CLOSE, [error.value() if error else None]))
        self._flush()
        self._closed = True
        self._transport.close()

    # Input -----------------------------------------------------------------------------------------------------------

    def data_received(self, data: bytes) -> None:
        """Take what the client sent; bytes that are no AMQP end the connection."""
        self._incoming += data
        try:
            self._consume()
        except (DecodeError, LookupError, TypeError, ValueError, AttributeError, StopIteration, struct.error) as error:
            log.warning("broker.bad_frame", extra={"reason": type(error).__name__})
            self.close(AmqpError(protocol.DECODE_ERROR, "The frame cannot be read."))

    def _consume(self) -> None:
        buffer, at = bytes(self._incoming), 0
        while not self._closed and len(buffer) - at >= _HEADER.size:
            if self._stage in (Stage.HEADER, Stage.SASL_DONE):
                self._protocol_header(buffer[at : at + 8])
                at += 8
                continue
            size, offset, _, channel = _HEADER.unpack_from(buffer, at)
            if size < _HEADER.size or offset < 2 or size > MAX_FRAME + 512:
                raise DecodeError(f"A frame of {size} bytes is impossible")
            if len(buffer) - at < size:
                break
            body = buffer[at + offset * 4 : at + size]
            at += size
            if body:
                self._frame_received(channel, body)
        del self._incoming[:at]

    def _protocol_header(self, header: bytes) -> None:
        if header == SASL_HEADER and self._stage is Stage.HEADER:
            self._stage = Stage.SASL
            self._outgoing += SASL_HEADER
            mechanisms = Array(Symbol(name) for name in _MECHANISMS)
            self.frame(0, described_list(protocol.SASL_MECHANISMS, [mechanisms]), kind=_SASL_FRAME)
        elif header == AMQP_HEADER:
            self._stage = Stage.AMQP
            self._outgoing += AMQP_HEADER
            self._flush_soon()
        else:
            self._transport.write(health_answer(header) or SASL_HEADER)
            self._closed = True
            self._transport.close()

    def _frame_received(self, channel: int, body: bytes) -> None:
        performative, at = decode(body)
        if not isinstance(performative, Described):
            raise DecodeError("A frame without a performative")
        code, fields = int(performative.descriptor), performative.value
        if self._stage is Stage.AMQP:
            self._performative(channel, code, fields, body[at:])
        elif code == protocol.SASL_INIT:
            self._stage = Stage.SASL_DONE
            self.frame(0, described_list(protocol.SASL_OUTCOME, [Ubyte(0)]), kind=_SASL_FRAME)

    def _performative(self, channel: int, code: int, fields: list[Value], payload: bytes) -> None:
        session = self._by_peer_channel.get(channel)
        match code:
            case protocol.OPEN:
                self._opened(padded(fields, 10))
            case protocol.CLOSE:
                self.close()
            case protocol.BEGIN:
                self._begun(channel, fields)
            case _ if session is None:
                return  # The client has ended it already.
            case protocol.TRANSFER:
                session.on_transfer(fields, payload)
            case protocol.DISPOSITION:
                session.on_disposition(fields)
            case protocol.FLOW:
                session.on_flow(fields)
            case protocol.ATTACH:
                session.on_attach(fields)
            case protocol.DETACH:
                session.on_detach(fields)
            case protocol.END:
                self._ended(channel, session)

    def _opened(self, fields: list[Value]) -> None:
        self.peer_max_frame = min(int(fields[2] or MAX_FRAME), MAX_FRAME)
        answer = ["broker", None, Uint(MAX_FRAME), Ushort(255), Uint(IDLE_TIMEOUT_MS)]
        self.frame(0, described_list(protocol.OPEN, answer))
        if fields[4]:
            self._keep_alive_every(int(fields[4]) / 2000)

    def _begun(self, channel: int, fields: list[Value]) -> None:
        number = next(number for number in range(256) if number not in self._sessions)
        session = Session(self, number, channel, fields)
        self._sessions[number] = session
        self._by_peer_channel[channel] = session

    def _ended(self, channel: int, session: Session) -> None:
        session.ended()
        del self._sessions[session.channel]
        del self._by_peer_channel[channel]
        session.frame(described_list(protocol.END, []))

    def _keep_alive_every(self, seconds: float) -> None:
        """Send an empty frame at half of the time that the client lets pass without one."""

        def beat() -> None:
            self._outgoing += EMPTY_FRAME
            self._flush_soon()
            self._keep_alive_every(seconds)

        self._keep_alive = self._loop.call_later(seconds, beat)
