"""A client that speaks bare AMQP, for what the real client never does."""

import contextlib
import itertools
import socket
import struct
import uuid
from collections.abc import Callable
from types import TracebackType
from typing import Any, Self

from local.broker.decoding import decode
from local.broker.encoding import described_list, section
from local.broker.message import APPLICATION, DATA, PROPERTIES, VALUE, read_message, sections
from local.broker.protocol import AMQP_HEADER, ATTACH, BEGIN, DISPOSITION, FLOW, OPEN, SASL_HEADER, SASL_INIT, TRANSFER
from local.broker.values import Described, Symbol, Ubyte, Uint, Ulong

TIMEOUT_SECONDS = 10.0
SOURCE, TARGET = 0x28, 0x29

type Frame = tuple[int, list[Any], bytes]


class RawClient:
    """One connection with one session, opened like the real client's."""

    def __init__(self, port: int, *, max_frame: int = 65536, window: int = 1000) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port), TIMEOUT_SECONDS)
        self._input = self.socket.makefile("rb")
        self._handles = itertools.count()
        self._ids = itertools.count()
        self.socket.sendall(SASL_HEADER)
        assert self._input.read(8) == SASL_HEADER
        self.read()
        self.write(SASL_INIT, [Symbol("ANONYMOUS")], kind=1)
        self.read()
        self.socket.sendall(AMQP_HEADER)
        assert self._input.read(8) == AMQP_HEADER
        self.write(OPEN, ["raw", "localhost", Uint(max_frame)])
        self.write(BEGIN, [None, Uint(0), Uint(window), Uint(1000)])
        self.expect(OPEN)
        self.expect(BEGIN)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """Cut the connection."""
        with contextlib.suppress(OSError):
            self.socket.shutdown(socket.SHUT_RDWR)
        self._input.close()
        self.socket.close()

    def write(self, code: int, fields: list[Any], payload: bytes = b"", *, kind: int = 0) -> None:
        """Send one frame."""
        body = described_list(code, fields) + payload
        self.socket.sendall(struct.pack(">IBBH", 8 + len(body), 2, kind, 0) + body)

    def read(self) -> Frame:
        """Return the next frame that is not empty: its code, its fields and its payload."""
        while True:
            head = self._input.read(8)
            if len(head) < 8:
                raise ConnectionError("The broker has closed the connection")
            size, offset = struct.unpack(">IB", head[:5])
            body = self._input.read(size - 8)[(offset - 2) * 4 :]
            if body:
                performative, at = decode(body)
                return int(performative.descriptor), performative.value, body[at:]

    def expect(self, code: int) -> tuple[list[Any], bytes]:
        """Skip to the next frame of this code and return its fields and payload."""
        while True:
            found, fields, payload = self.read()
            if found == code:
                return fields, payload

    def attach_sender(self, address: str) -> int:
        """Attach a sending link and return its handle, once there is credit."""
        handle = self._attach(False, address)
        self.expect(FLOW)
        return handle

    def attach_receiver(self, address: str, *, credit: int = 0) -> int:
        """Attach a receiving link with so much credit and return its handle."""
        handle = self._attach(True, address)
        if credit:
            self.credit(handle, credit)
        return handle

    def credit(self, handle: int, credit: int, *, window: int = 1000, drain: bool = False, received: int = 0) -> None:
        """Give a receiving link credit, and the session a window."""
        fields = [Uint(received), Uint(window), Uint(0), Uint(1000), Uint(handle), Uint(0), Uint(credit), None, drain]
        self.write(FLOW, fields)

    def _attach(self, receives: bool, address: str) -> int:
        handle = next(self._handles)
        ends = [Described(Ulong(SOURCE), [address]), Described(Ulong(TARGET), [address])]
        name = str(uuid.uuid4())
        self.write(ATTACH, [name, Uint(handle), receives, Ubyte(0), Ubyte(1 if receives else 0), *ends])
        self.expect(ATTACH)
        return handle

    def transfer(self, handle: int, raw: bytes, *, more: bool = False, delivery_id: int | None = None) -> int:
        """Send one transfer frame, unsettled; return its delivery id."""
        delivery_id = next(self._ids) if delivery_id is None else delivery_id
        self.write(TRANSFER, [Uint(handle), Uint(delivery_id), b"tag", Uint(0), False, more], raw)
        return delivery_id

    def settle(self, delivery_id: int, state: Described) -> None:
        """Settle a message that was received, and ask for the echo."""
        self.write(DISPOSITION, [True, Uint(delivery_id), Uint(delivery_id), False, state])

    def management(self, entity: str) -> Callable[[str, dict[str, Any]], tuple[int, Any]]:
        """Return what asks the entity's management node and gives status and body."""
        address = f"{entity}/$management"
        sender, receiver = self.attach_sender(address), self.attach_receiver(address, credit=100)
        assert sender != receiver

        def ask(operation: str, body: dict[str, Any]) -> tuple[int, Any]:
            properties = [uuid.uuid4(), None, None, None, address]
            named = {"operation": f"com.microsoft:{operation}"}
            raw = section(PROPERTIES, properties) + section(APPLICATION, named) + section(VALUE, body)
            self.transfer(sender, raw)
            _, payload = self.expect(TRANSFER)
            answer = next((value for code, value, _ in sections(payload) if code == VALUE), None)
            return int((read_message(payload).application or {})["statusCode"]), answer

        return ask


def encoded(body: bytes) -> bytes:
    """Return a message with this body."""
    return section(DATA, body)
