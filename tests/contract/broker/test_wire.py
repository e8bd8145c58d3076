"""The protocol itself, with a client that does what the real one never does."""

import asyncio
import http.client
import socket
from pathlib import Path

import pytest

from local.broker import BrokerConfig, QueueConfig, Serving, serving
from local.broker.encoding import described_list, encode, section
from local.broker.message import APPLICATION, BATCH_FORMAT, DATA, FOOTER, PROPERTIES, sections
from local.broker.protocol import ACCEPTED, ATTACH, DETACH, DISPOSITION, FLOW, MODIFIED, REJECTED, TRANSFER, outcome
from local.broker.store import SqliteStore
from local.broker.values import Array, Byte, Char, Described, Float, Opaque, Short, Symbol, Ubyte, Uint, Ulong, Ushort
from tests.contract.broker.raw import RawClient, encoded


def bare(payload: bytes) -> bytes:
    """Return the part of a message that its sender wrote."""
    return payload[next(start for code, _, start in sections(payload) if code >= PROPERTIES) :]


def test_every_transfer_is_answered(broker: Serving) -> None:
    """However many transfers are on their way, and whatever ids they carry, each gets its own disposition."""
    with RawClient(broker.port) as raw:
        handle = raw.attach_sender("pipelined")
        ids = [raw.transfer(handle, encoded(b"x")) for _ in range(200)]
        ids += [raw.transfer(handle, encoded(b"x"), delivery_id=7) for _ in range(3)]
        answered = [raw.expect(DISPOSITION)[0] for _ in ids]
    assert [(int(fields[1]), fields[3], int(fields[4].descriptor)) for fields in answered] == [
        (number, True, ACCEPTED) for number in ids
    ]


def test_message_comes_back_byte_for_byte(broker: Serving) -> None:
    """What the sender wrote is delivered unchanged, types and footer included."""
    odd = {
        "a": Ubyte(1), "b": Ushort(2), "c": Uint(3), "d": Ulong(4), "e": Byte(-1), "f": Short(-2), "g": Float(1.5),
        "h": Char(65), "i": Opaque(0x84, b"12345678"), "j": Array([Symbol("x"), Symbol("y")]), "k": None,
        "l": Described(Ulong(99), ["deep", {"er": [True, b"\x00"]}]),
    }  # fmt: skip
    message = section(PROPERTIES, [b"binary id", None, "to"]) + section(APPLICATION, odd)
    message += section(DATA, b"1") + section(DATA, b"2" * 300) + section(FOOTER, {Symbol("f"): 1})
    with RawClient(broker.port) as raw:
        raw.transfer(raw.attach_sender("lossless"), message)
        raw.attach_receiver("lossless", credit=1)
        fields, payload = raw.expect(TRANSFER)
        assert len(fields[2]) == 16
        raw.settle(int(fields[1]), outcome(ACCEPTED))
        assert int(raw.expect(DISPOSITION)[0][4].descriptor) == ACCEPTED
    assert bare(payload) == message


def test_long_message_waits_for_the_window_of_the_peer(broker: Serving) -> None:
    """A message of many frames stops where the peer's window ends and goes on when it opens."""
    body = bytes(range(256)) * 20
    with RawClient(broker.port, max_frame=1024, window=2) as raw:
        handle = raw.attach_sender("many-frames")
        for start in range(0, len(body), 512):
            chunk = encoded(body)[start : start + 512]
            raw.transfer(handle, chunk, more=True, delivery_id=0)
        raw.transfer(handle, encoded(body)[len(body) :], delivery_id=0)
        raw.expect(DISPOSITION)
        reader = raw.attach_receiver("many-frames")
        raw.credit(reader, 1, window=2)
        payload, frames = b"", 0
        more = True
        while more:
            fields, chunk = raw.expect(TRANSFER)
            payload, frames, more = payload + chunk, frames + 1, bool(fields[5])
            if frames % 2 == 0:
                raw.credit(reader, 1, window=2, received=frames)
    assert frames > 5
    assert bare(payload) == encoded(body)


def test_client_that_does_not_read_leaves_messages_to_others(broker: Serving) -> None:
    """A full socket takes no more messages: the rest is delivered to who reads."""
    count, size = 60, 500_000
    with RawClient(broker.port) as raw, RawClient(broker.port) as deaf:
        handle = raw.attach_sender("paused")
        deaf.attach_receiver("paused", credit=count)
        for number in range(count):
            message = encoded(bytes(size))
            for start in range(0, len(message), 60_000):
                last = start + 60_000 >= len(message)
                raw.transfer(handle, message[start : start + 60_000], more=not last, delivery_id=number)
            raw.expect(DISPOSITION)
        raw.attach_receiver("paused", credit=1)
        assert raw.expect(TRANSFER)


def test_drain_uses_up_the_credit(broker: Serving) -> None:
    """A receiver that drains gets what there is and hears that its credit is gone."""
    with RawClient(broker.port) as raw:
        raw.transfer(raw.attach_sender("drained"), encoded(b"x"))
        raw.expect(DISPOSITION)
        reader = raw.attach_receiver("drained")
        raw.credit(reader, 10, drain=True)
        raw.expect(TRANSFER)
        flow = raw.expect(FLOW)[0]
    assert [int(flow[5]), int(flow[6])] == [10, 0]


def test_receiver_may_change_properties(broker: Serving) -> None:
    """Abandoning and dead-lettering with changed properties changes them on the message."""
    with RawClient(broker.port) as raw:
        raw.transfer(raw.attach_sender("modified"), section(APPLICATION, {"keep": 1, "change": 1}) + encoded(b"x"))
        raw.attach_receiver("modified", credit=5)
        first = raw.expect(TRANSFER)[0]
        raw.settle(int(first[1]), outcome(MODIFIED, True, False, {Symbol("change"): 2}))
        fields, payload = raw.expect(TRANSFER)
        assert _application(payload) == {"keep": 1, "change": 2}
        info = {Symbol("DeadLetterReason"): "r", Symbol("more"): "m"}
        error = Described(Ulong(0x1D), [Symbol("com.microsoft:dead-letter"), None, info])
        raw.settle(int(fields[1]), outcome(REJECTED, error))
        echo = raw.expect(DISPOSITION)[0][4]
        assert (int(echo.descriptor), echo.value) == (REJECTED, [])
        raw.attach_receiver("modified/$DeadLetterQueue", credit=1)
        _, payload = raw.expect(TRANSFER)
    assert _application(payload) == {"keep": 1, "change": 2, "more": "m", "DeadLetterReason": "r"}


def _application(payload: bytes) -> dict[str, object]:
    return next(value for code, value, _ in sections(payload) if code == APPLICATION)


def test_transactions_are_refused_with_the_reason(broker: Serving) -> None:
    """Attaching to a transaction coordinator says that there are no transactions."""
    with RawClient(broker.port) as raw:
        source, coordinator = Described(Ulong(0x28), ["x"]), Described(Ulong(0x30), [])
        raw.write(ATTACH, ["tx", Uint(0), False, Ubyte(0), Ubyte(0), source, coordinator])
        attach = raw.expect(ATTACH)[0]
        assert attach[6:7] in ([], [None])
        error = raw.expect(DETACH)[0][2]
    assert error.value[0] == "amqp:not-implemented" and "Transactions" in error.value[1]


def test_unknown_and_incomplete_operations_are_refused(broker: Serving) -> None:
    """The management node answers 501 to what it does not know and 400 to what lacks something."""
    with RawClient(broker.port) as raw:
        node = raw.management("errors")
        assert node("dance", {})[0] == 501
        assert node("renew-lock", {})[0] == 400
        assert node("update-disposition", {"disposition-status": "eaten", "lock-tokens": [_TOKEN]})[0] == 400
        assert node("update-disposition", {"disposition-status": "completed", "lock-tokens": [_TOKEN]})[0] == 410


_TOKEN = "00000000-0000-0000-0000-000000000001"


def test_batch_with_a_broken_part_is_refused_as_a_whole(broker: Serving) -> None:
    """Nothing of a batch is taken when one of its messages cannot be read."""
    with RawClient(broker.port) as raw:
        handle = raw.attach_sender("errors")
        batch = section(DATA, encoded(b"good")) + section(DATA, b"\x00\x53\x75\xa0\xff")
        raw.write(TRANSFER, [Uint(handle), Uint(0), b"tag", Uint(BATCH_FORMAT), False, False], batch)
        state = raw.expect(DISPOSITION)[0][4]
        assert int(state.descriptor) == REJECTED and state.value[0].value[0] == "amqp:decode-error"
        assert raw.management("errors")("peek-message", {"from-sequence-number": 0, "message-count": 1})[0] == 204


def test_what_cannot_be_stored_is_not_acknowledged(tmp_path: Path) -> None:
    """When the database refuses, the client loses its connection instead of getting an answer that is not true."""
    with serving(BrokerConfig((QueueConfig("q"),)), db=tmp_path / "db") as running:
        with RawClient(running.port) as raw:
            handle = raw.attach_sender("q")
            _on_loop(running, "ALTER TABLE messages RENAME TO hidden")
            raw.transfer(handle, encoded(b"x"))
            with pytest.raises(ConnectionError):
                raw.expect(DISPOSITION)
        _on_loop(running, "ALTER TABLE hidden RENAME TO messages")
        with RawClient(running.port) as raw:
            raw.transfer(raw.attach_sender("q"), encoded(b"x"))
            assert int(raw.expect(DISPOSITION)[0][4].descriptor) == ACCEPTED


def _on_loop(running: Serving, statement: str) -> None:
    """Run a statement on the broker's own connection to its database."""

    async def run() -> None:
        store = running._broker._store
        assert isinstance(store, SqliteStore)
        store._database.execute(statement)

    asyncio.run_coroutine_threadsafe(run(), running._loop).result(10)


@pytest.mark.parametrize(
    "garbage",
    [
        b"\x00\x00\x00\x07\x02\x00\x00\x00",
        b"\xff\xff\xff\xff\x02\x00\x00\x00",
        b"\x00\x00\x00\x0a\x02\x00\x00\x00\x99\x99",
        b"\x00\x00\x00\x0c\x02\x00\x00\x00" + encode("no"),
        b"\x00\x00\x00\x0c\x02\x00\x00\x00" + described_list(FLOW, []),
    ],
)
def test_garbage_ends_its_own_connection_only(broker: Serving, garbage: bytes) -> None:
    """Bytes that are no AMQP close the connection that sent them; others go on."""
    with RawClient(broker.port) as other, RawClient(broker.port) as raw:
        raw.socket.sendall(garbage)
        with pytest.raises(ConnectionError):
            while True:
                raw.read()
        assert other.management("errors")("peek-message", {"from-sequence-number": 0, "message-count": 1})[0] == 204


def test_other_protocols_are_shown_the_door(broker: Serving) -> None:
    """A peer that does not speak AMQP is told what is spoken here."""
    with socket.create_connection(("127.0.0.1", broker.port), 10) as peer:
        peer.sendall(b"SSH-2.0-x")
        assert peer.recv(8) == b"AMQP\x03\x01\x00\x00"


def test_health_is_answered_on_the_same_port(broker: Serving) -> None:
    """`GET /health` answers 200 without AMQP."""
    connection = http.client.HTTPConnection("127.0.0.1", broker.port, timeout=10)
    connection.request("GET", "/health")
    answer = connection.getresponse()
    assert (answer.status, b"healthy" in answer.read()) == (200, True)
