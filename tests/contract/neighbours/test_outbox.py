"""The outbox against the embedded broker, and the fake one under the same suite."""

import asyncio
import json
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field

import pytest
from azure.servicebus import ServiceBusReceivedMessage
from azure.servicebus.aio import ServiceBusClient

from local.broker import BrokerConfig, QueueConfig, Serving, TopicConfig, serving
from shared.adapters.outbox import ServiceBusOutbox
from shared.adapters.outbox_messages import agenda_letter, fact_letter
from shared.domain.changes import Due, Task
from shared.domain.errors import Rejected, Unavailable
from shared.domain.facts import AggregateKind, Fact
from shared.domain.identifiers import SubscriptionId
from shared.ports import AgendaMessage, DeliveryMessage, Outbox
from shared.telemetry import trace_id
from tests.builders import NOW, RESOURCE, fact
from tests.fakes.neighbours import FakeOutbox

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"


def facts(count: int, *, first: int = 1) -> list[Fact]:
    return [fact(sequence=first + index) for index in range(count)]


def due(subject: str, *, key: str = "0:k", attempt: int = 0) -> AgendaMessage:
    return AgendaMessage(Due(Task.DISPATCH, subject, NOW, attempt), key, NOW)


def delivery(sequence: int) -> DeliveryMessage:
    return DeliveryMessage(SubscriptionId("s-1"), RESOURCE, AggregateKind.CORRESPONDENCE, "id-1", sequence)


@dataclass
class Reading:
    """The messages of one entity, taken off it."""

    connection_string: str
    held: list[ServiceBusReceivedMessage] = field(default_factory=list)

    async def take(self, entity: str, count: int) -> list[ServiceBusReceivedMessage]:
        """The next `count` messages, completed."""
        taken: list[ServiceBusReceivedMessage] = []
        async with ServiceBusClient.from_connection_string(self.connection_string) as client:
            receiver = (
                client.get_subscription_receiver(entity, "webhooks")
                if entity == "facts"
                else client.get_queue_receiver(entity)
            )
            async with receiver, asyncio.timeout(20):
                while len(taken) < count:
                    for message in await receiver.receive_messages(count - len(taken), max_wait_time=5):
                        await receiver.complete_message(message)
                        taken.append(message)
        return taken


@pytest.fixture
def reading(broker: Serving) -> Reading:
    """The broker's messages, none at first."""
    broker.purge()
    return Reading(broker.connection_string)


@pytest.fixture
async def outbox(broker: Serving, reading: Reading) -> AsyncIterator[ServiceBusOutbox]:
    """The real outbox on an empty broker."""
    made = ServiceBusOutbox(connection_string=broker.connection_string)
    yield made
    await made.close()


@pytest.fixture(params=["real", "fake"])
def either(request: pytest.FixtureRequest) -> Outbox:
    """The real outbox and the fake one."""
    real: Outbox = request.getfixturevalue("outbox")
    return real if request.param == "real" else FakeOutbox()


async def test_every_kind_is_taken(either: Outbox) -> None:
    """One call per kind is one send per kind, whatever the number of messages; an empty call sends nothing."""
    await either.send_facts(facts(3))
    await either.send_agenda([due("a"), due("b", key="0:l")])
    await either.send_deliveries([delivery(1)])
    await either.send_facts([])
    await either.send_agenda([])
    assert either.sends == 3  # type: ignore[attr-defined]


async def test_a_fact_arrives_as_it_was_sent(outbox: ServiceBusOutbox, reading: Reading) -> None:
    """Message id, properties, content type, body and trace of a fact are what consumers and filters go by."""
    token = trace_id.set(TRACE)
    try:
        await outbox.send_facts([fact()])
    finally:
        trace_id.reset(token)
    [message] = await reading.take("facts", 1)
    assert message.message_id == fact().id
    assert message.content_type == "application/json"
    assert message.application_properties == {
        b"kind": b"fact",
        b"aggregate": b"correspondence",
        b"type": b"correspondencepublished",
        b"resource": RESOURCE.encode(),
    }
    assert b"".join(message.body) == fact_letter(fact(), TRACE).body


async def test_a_due_item_arrives_as_it_was_sent(outbox: ServiceBusOutbox, reading: Reading) -> None:
    """An agenda message has the id made of key and attempt."""
    await outbox.send_agenda([due("x:1", attempt=4)])
    [message] = await reading.take("agenda", 1)
    assert message.message_id == agenda_letter(due("x:1", attempt=4), "").message_id
    assert json.loads(b"".join(message.body))["attempt"] == 4


async def test_concurrent_calls_share_sends(outbox: ServiceBusOutbox, reading: Reading) -> None:
    """64 calls at once all succeed, each message arrives once, and far fewer batches leave than there were calls."""
    calls = [outbox.send_facts(facts(2, first=1 + 2 * index)) for index in range(64)]
    await asyncio.gather(*calls)
    assert outbox.sends < 32
    arrived = await reading.take("facts", 128)
    assert {message.message_id for message in arrived} == {each.id for each in facts(128)}


async def test_a_big_call_is_split_by_batch_size(outbox: ServiceBusOutbox, reading: Reading) -> None:
    """Messages beyond one batch go as several, in order; the call returns when all of them are accepted."""
    size = 60_000
    await outbox.send_agenda([due("x" * size, key=f"0:{number}") for number in range(12)])
    assert 1 < outbox.sends < 12
    arrived = await reading.take("agenda", 12)
    assert [json.loads(b"".join(message.body))["key"] for message in arrived] == [f"0:{n}" for n in range(12)]


async def test_a_message_above_the_limit_fails_its_own_call_only(outbox: ServiceBusOutbox, reading: Reading) -> None:
    """An impossible message is Rejected; the calls gathered with it succeed."""
    results = await asyncio.gather(
        outbox.send_agenda([due("first", key="0:1")]),
        outbox.send_agenda([due("x" * 3_000_000, key="0:2")]),
        outbox.send_agenda([due("last", key="0:3")]),
        return_exceptions=True,
    )
    assert [type(result) for result in results] == [type(None), Rejected, type(None)]
    arrived = await reading.take("agenda", 2)
    assert {json.loads(b"".join(message.body))["subject"] for message in arrived} == {"first", "last"}


async def test_nobody_listening_is_unavailable() -> None:
    """A broker that is not there makes every waiting call Unavailable."""
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
    connection = (
        f"Endpoint=sb://127.0.0.1:{port};SharedAccessKeyName=x;SharedAccessKey=eA==;UseDevelopmentEmulator=true;"
    )
    outbox = ServiceBusOutbox(connection_string=connection)
    results = await asyncio.gather(*(outbox.send_facts([fact()]) for _ in range(3)), return_exceptions=True)
    await outbox.close()
    assert [type(result) for result in results] == [Unavailable] * 3


async def test_it_comes_back_after_the_broker_did() -> None:
    """The same outbox sends again when the broker has gone and come back on the same port."""
    config = BrokerConfig((QueueConfig("agenda"),), (TopicConfig("facts", subscriptions=(QueueConfig("webhooks"),)),))
    with serving(config) as first:
        outbox = ServiceBusOutbox(connection_string=first.connection_string)
        await outbox.send_facts([fact()])
    with serving(config, port=first.port) as second:
        await _eventually(lambda: outbox.send_facts([fact(sequence=5)]))
        [message] = await Reading(second.connection_string).take("facts", 1)
        assert message.message_id == fact(sequence=5).id
        await outbox.close()


async def test_closing_gives_up_what_waits(outbox: ServiceBusOutbox) -> None:
    """A call under way when the outbox closes ends, with success or as Unavailable."""
    call = asyncio.ensure_future(outbox.send_facts([fact()]))
    await asyncio.sleep(0)
    await outbox.close()
    with pytest.raises(Unavailable):
        await asyncio.wait_for(call, 20)


async def _eventually(send: Callable[[], Awaitable[None]]) -> None:
    async with asyncio.timeout(60):
        while True:
            try:
                return await send()
            except Unavailable:
                await asyncio.sleep(0.1)
