"""The asynchronous client: the same broker, many things at a time."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from azure.servicebus import NEXT_AVAILABLE_SESSION, ServiceBusMessage, ServiceBusReceiveMode
from azure.servicebus.aio import AutoLockRenewer
from azure.servicebus.exceptions import MessageLockLostError

from local.broker import Serving
from tests.contract.broker.clients import PATIENCE_SECONDS, AsyncClients

QUEUES = ("a-basic", "a-bury", "a-expire-lock", "a-renew", "a-shared", "a-types")


async def take(receiver: Any, count: int = 1, *, settle: bool = True) -> list[Any]:
    """Receive exactly `count` messages before a deadline, and complete them unless told not to."""
    found: list[Any] = []
    async with asyncio.timeout(PATIENCE_SECONDS):
        while len(found) < count:
            found += await receiver.receive_messages(max_message_count=count - len(found), max_wait_time=1)
    if settle:
        await asyncio.gather(*(receiver.complete_message(message) for message in found))
    return found


def texts(messages: list[Any]) -> list[str]:
    """Return the bodies as text."""
    return [str(message) for message in messages]


async def test_messages_are_received_and_completed_together(aclients: AsyncClients) -> None:
    """Ten completions at a time on one receiver all succeed, and nothing is left."""
    receiver = aclients.receiver("a-basic")
    await aclients.sender("a-basic").send_messages([ServiceBusMessage(str(number)) for number in range(10)])
    assert texts(await take(receiver, 10)) == [str(number) for number in range(10)]
    assert await receiver.peek_messages(1, sequence_number=1) == []


async def test_abandon_bury_defer_and_schedule(aclients: AsyncClients) -> None:
    """Each way to settle does what its name says."""
    sender, receiver = aclients.sender("a-bury"), aclients.receiver("a-bury")
    letters = aclients.receiver("a-bury", sub_queue="deadletter")
    await sender.send_messages(ServiceBusMessage("poison"))
    for count in range(3):
        found = (await take(receiver, settle=False))[0]
        assert found.delivery_count == count
        await receiver.abandon_message(found)
    assert (await take(letters))[0].dead_letter_reason == "MaxDeliveryCountExceeded"
    await sender.send_messages(ServiceBusMessage("bad"))
    await receiver.dead_letter_message((await take(receiver, settle=False))[0], reason="r", error_description="d")
    letter = (await take(letters))[0]
    assert (letter.dead_letter_reason, letter.dead_letter_error_description) == ("r", "d")
    await sender.send_messages(ServiceBusMessage("later"))
    found = (await take(receiver, settle=False))[0]
    await receiver.defer_message(found)
    again = (await receiver.receive_deferred_messages(found.sequence_number))[0]
    await receiver.complete_message(again)
    at = datetime.now(UTC) + timedelta(seconds=1)
    first, _ = await sender.schedule_messages([ServiceBusMessage("1"), ServiceBusMessage("2")], at)
    await sender.cancel_scheduled_messages(first)
    assert texts(await take(receiver)) == ["2"]


async def test_lost_lock_is_told(aclients: AsyncClients) -> None:
    """Who settles after the lock ran out hears it from the broker, whatever the client's own clock says."""
    receiver = aclients.receiver("a-expire-lock")
    await aclients.sender("a-expire-lock").send_messages(ServiceBusMessage("slow"))
    first = (await take(receiver, settle=False))[0]
    second = (await take(receiver))[0]
    first._expiry = datetime.now(UTC) + timedelta(minutes=1)
    with pytest.raises(MessageLockLostError):
        await receiver.complete_message(first)
    assert second.delivery_count == 1


async def test_renewer_moves_the_end_of_a_lock(aclients: AsyncClients) -> None:
    """Renewing moves the end of a lock, and so does the client's renewer by itself."""
    receiver = aclients.receiver("a-renew")
    await aclients.sender("a-renew").send_messages(ServiceBusMessage("long"))
    found = (await take(receiver, settle=False))[0]
    before = found.locked_until_utc
    renewed = await receiver.renew_message_lock(found)
    assert renewed > before
    async with AutoLockRenewer() as renewer:
        renewer.register(receiver, found, max_lock_renewal_duration=20)
        async with asyncio.timeout(PATIENCE_SECONDS):
            while found.locked_until_utc == renewed:
                await asyncio.sleep(0.05)
        await receiver.complete_message(found)
    assert found.auto_renew_error is None


async def test_receive_and_delete(aclients: AsyncClients) -> None:
    """What is received in receive-and-delete mode is gone at once."""
    receiver = aclients.receiver("a-delete", receive_mode=ServiceBusReceiveMode.RECEIVE_AND_DELETE)
    await aclients.sender("a-delete").send_messages(ServiceBusMessage("x"))
    assert texts(await take(receiver, settle=False)) == ["x"]
    assert await receiver.peek_messages(1, sequence_number=1) == []


async def test_competing_consumers_share_the_work(aclients: AsyncClients) -> None:
    """Four consumers of one queue get each of 400 messages exactly once."""
    seen: list[str] = []

    async def consume() -> None:
        async with aclients.client.get_queue_receiver("a-compete", max_wait_time=1, prefetch_count=10) as receiver:
            async for message in receiver:
                seen.append(str(message))
                await receiver.complete_message(message)

    for batch in range(4):
        messages = [ServiceBusMessage(f"{batch}-{number}") for number in range(100)]
        await aclients.sender("a-compete").send_messages(messages)
    await asyncio.gather(*(consume() for _ in range(4)))
    assert len(seen) == len(set(seen)) == 400


async def test_one_sender_serves_many_tasks_behind_a_lock(aclients: AsyncClients) -> None:
    """Sixteen tasks that take turns on one sender get every message across exactly once.

    Without turns the client itself repeats transfers and loses track of their answers, whatever the broker does
    (test_wire shows that every transfer is answered); so the rule for callers is a lock, or one task that sends.
    """
    turn = asyncio.Lock()
    sender, receiver = aclients.sender("a-shared"), aclients.receiver("a-shared")

    async def send(task: int) -> None:
        for number in range(5):
            async with turn:
                await sender.send_messages(ServiceBusMessage(f"{task}-{number}"))

    async with asyncio.timeout(PATIENCE_SECONDS):
        await asyncio.gather(*(send(task) for task in range(16)))
    assert len(set(texts(await take(receiver, 80)))) == 80
    assert await receiver.peek_messages(1, sequence_number=1) == []


async def test_tasks_with_senders_of_their_own_need_no_lock(aclients: AsyncClients) -> None:
    """Eight senders at a time reach every subscription of a topic with every message once."""

    async def send(task: int) -> None:
        async with aclients.client.get_topic_sender("a-topic") as sender:
            await sender.send_messages(ServiceBusMessage(str(task)))

    await asyncio.gather(*(send(task) for task in range(8)))

    async def receive(subscription: str) -> list[str]:
        async with aclients.client.get_subscription_receiver("a-topic", subscription, max_wait_time=2) as receiver:
            return sorted(texts(await take(receiver, 8)), key=int)

    assert list(await asyncio.gather(receive("all"), receive("other"))) == [[str(task) for task in range(8)]] * 2


async def test_sessions_are_taken_by_several_receivers(aclients: AsyncClients) -> None:
    """Three receivers of any session get one session each, in order; state is kept."""
    seen: dict[str, list[str]] = {}

    async def consume() -> None:
        async with aclients.client.get_queue_receiver(
            "a-s", session_id=NEXT_AVAILABLE_SESSION, max_wait_time=2
        ) as receiver:
            seen[receiver.session.session_id] = texts(await take(receiver, 3))
            await receiver.session.set_state("done")
            assert await receiver.session.get_state() == b"done"
            await receiver.session.renew_lock()

    await aclients.sender("a-s").send_messages(
        [ServiceBusMessage(f"{name}{number}", session_id=name) for number in range(3) for name in "ABC"]
    )
    await asyncio.gather(consume(), consume(), consume())
    assert seen == {name: [f"{name}{number}" for number in range(3)] for name in "ABC"}


async def test_purge_forgets_everything(aclients: AsyncClients, broker: Serving) -> None:
    """After a purge nothing is left, and clients go on as before."""
    sender, receiver = aclients.sender("a-types"), aclients.receiver("a-types")
    await sender.send_messages([ServiceBusMessage("old"), ServiceBusMessage("older")])
    await take(receiver, settle=False)
    await asyncio.to_thread(broker.purge)
    assert await receiver.peek_messages(1, sequence_number=1) == []
    await sender.send_messages(ServiceBusMessage("new"))
    assert texts(await take(receiver)) == ["new"]
