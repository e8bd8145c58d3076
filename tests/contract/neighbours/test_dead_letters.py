"""Dead letters of a real bus: every queue and subscription, kept before they are removed."""

import asyncio
from collections.abc import Iterator

import pytest
from azure.servicebus.aio import ServiceBusClient

from functions.servicebus.dead_letters import work_of
from shared.adapters import dead_letters
from shared.adapters.dead_letters import QUEUES, SUBSCRIPTIONS, ServiceBusDeadLetters
from shared.adapters.outbox import FACTS, ServiceBusOutbox
from shared.domain.changes import Due, Task
from shared.domain.errors import Unavailable
from shared.domain.facts import FactType
from shared.ports import AgendaMessage, DeadLetter
from tests.builders import NOW, fact
from tests.buses import bus

pytestmark = pytest.mark.timeout(120)


@pytest.fixture(scope="module")
def connection() -> Iterator[str]:
    """A bus with the entities of the app."""
    with bus() as running:
        yield running


async def reject(connection: str, entity: str) -> None:
    """The consumer of the entity gives one message up."""
    async with ServiceBusClient.from_connection_string(connection) as client:
        receiver = (
            client.get_queue_receiver(entity) if entity in QUEUES else client.get_subscription_receiver(FACTS, entity)
        )
        async with receiver, asyncio.timeout(20):
            [message] = await receiver.receive_messages(1, max_wait_time=15)
            await receiver.dead_letter_message(message, reason="Tired", error_description="of trying")


async def taken(connection: str) -> list[DeadLetter]:
    found: list[DeadLetter] = []

    async def keep(letter: DeadLetter) -> None:
        found.append(letter)

    count = await ServiceBusDeadLetters(connection_string=connection).take(keep)
    assert count == len(found)
    return found


async def test_dead_letters_of_every_entity_are_taken_once(connection: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """With the reason, and readable; those that could not be kept stay where they are."""
    monkeypatch.setattr(dead_letters, "FIRST_WAIT", dead_letters.FIRST_WAIT / 4)
    outbox = ServiceBusOutbox(connection_string=connection)
    await outbox.send_agenda([AgendaMessage(Due(Task.REMIND, "x", NOW), "k", NOW)])
    await outbox.send_facts([fact(type=FactType.PUBLISHED), fact(type=FactType.INITIALIZED, sequence=2)])
    await outbox.close()
    wanted = ("agenda", *SUBSCRIPTIONS)
    for entity in wanted:
        await reject(connection, entity)

    async def fails(letter: DeadLetter) -> None:
        raise Unavailable("table storage")

    with pytest.raises(Unavailable):
        await ServiceBusDeadLetters(connection_string=connection).take(fails)
    found = await taken(connection)
    while len(found) < len(wanted):  # those that another reader had locked come back
        found += await taken(connection)
    assert sorted(letter.entity for letter in found) == sorted(wanted)
    assert {letter.reason for letter in found} == {"Tired: of trying"}
    assert all(work_of(letter) is not None for letter in found)
    assert not await taken(connection)


async def test_a_bus_that_is_down_is_unavailable() -> None:
    """The next run tries again."""
    nowhere = "Endpoint=sb://127.0.0.1:1;SharedAccessKeyName=k;SharedAccessKey=x;UseDevelopmentEmulator=true;"
    with pytest.raises(Unavailable):
        await taken(nowhere)
