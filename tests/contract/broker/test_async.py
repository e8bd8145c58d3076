"""The asynchronous client: the same broker, many things at a time."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
from azure.servicebus import NEXT_AVAILABLE_SESSION, ServiceBusMessage, ServiceBusReceivedMessage, ServiceBusReceiveMode
from azure.servicebus.aio import AutoLockRenewer, ServiceBusClient, ServiceBusReceiver
from azure.servicebus.exceptions import MessageLockLostError

from local.broker import Serving
from tests.contract.broker.clients import PATIENCE_SECONDS


async def take(receiver: ServiceBusReceiver, count: int = 1, *, settle: bool = True) -> list[ServiceBusReceivedMessage]:
    """Receive exactly `count` messages before a deadline, and complete them unless told not to."""
    found: list[ServiceBusReceivedMessage] = []
    async with asyncio.timeout(PATIENCE_SECONDS):
        while len(found) < count:
            found += await receiver.receive_messages(max_message_count=count - len(found), max_wait_time=1)
    if settle:
        await asyncio.gather(*(receiver.complete_message(message) for message in found))
    return found


def texts(messages: list[ServiceBusReceivedMessage]) -> list[str]:
    """Return the bodies as text."""
    return [str(message) for message in messages]


async def test_messages_are_received_and_completed_together(aclient: ServiceBusClient) -> None:
    """Ten completions at a time on one receiver all succeed, and nothing is left."""
    async with aclient.get_queue_sender("a-basic") as sender, aclient.get_queue_receiver("a-basic") as receiver:
        await sender.send_messages([ServiceBusMessage(str(number)) for number in range(10)])
        assert texts(await take(receiver, 10)) == [str(number) for number in range(10)]
        assert await receiver.peek_messages(1, sequence_number=1) == []


async def test_abandon_bury_defer_and_schedule(aclient: ServiceBusClient) -> None:
    """Each way to settle does what its name says."""
    letters = aclient.get_queue_receiver("a-bury", sub_queue="deadletter", max_wait_time=2)
    async with (
        aclient.get_queue_sender("a-bury") as sender,
        aclient.get_queue_receiver("a-bury", max_wait_time=2) as receiver,
        letters,
    ):
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


async def test_lost_lock_is_told(aclient: ServiceBusClient) -> None:
    """Who settles after the lock ran out hears it from the broker, whatever the client's own clock says."""
    async with (
        aclient.get_queue_sender("a-expire-lock") as sender,
        aclient.get_queue_receiver("a-expire-lock", max_wait_time=5) as receiver,
    ):
        await sender.send_messages(ServiceBusMessage("slow"))
        first = (await take(receiver, settle=False))[0]
        second = (await take(receiver))[0]
        first._expiry = datetime.now(UTC) + timedelta(minutes=1)
        with pytest.raises(MessageLockLostError):
            await receiver.complete_message(first)
        assert second.delivery_count == 1


async def test_renewer_moves_the_end_of_a_lock(aclient: ServiceBusClient) -> None:
    """Renewing moves the end of a lock, and so does the client's renewer by itself."""
    async with (
        aclient.get_queue_sender("a-renew") as sender,
        aclient.get_queue_receiver("a-renew", max_wait_time=2) as receiver,
    ):
        await sender.send_messages(ServiceBusMessage("long"))
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


async def test_receive_and_delete(aclient: ServiceBusClient) -> None:
    """What is received in receive-and-delete mode is gone at once."""
    mode = ServiceBusReceiveMode.RECEIVE_AND_DELETE
    async with (
        aclient.get_queue_sender("a-delete") as sender,
        aclient.get_queue_receiver("a-delete", receive_mode=mode) as receiver,
    ):
        await sender.send_messages(ServiceBusMessage("x"))
        assert texts(await take(receiver, settle=False)) == ["x"]
        assert await receiver.peek_messages(1, sequence_number=1) == []


async def test_competing_consumers_share_the_work(aclient: ServiceBusClient) -> None:
    """Four consumers of one queue get each of 400 messages exactly once."""
    seen: list[str] = []

    async def consume() -> None:
        async with aclient.get_queue_receiver("a-compete", max_wait_time=1, prefetch_count=10) as receiver:
            async for message in receiver:
                seen.append(str(message))
                await receiver.complete_message(message)

    async with aclient.get_queue_sender("a-compete") as sender:
        for batch in range(4):
            await sender.send_messages([ServiceBusMessage(f"{batch}-{number}") for number in range(100)])
    await asyncio.gather(*(consume() for _ in range(4)))
    assert len(seen) == len(set(seen)) == 400


async def test_one_sender_serves_many_tasks_behind_a_lock(aclient: ServiceBusClient) -> None:
    """Sixteen tasks that take turns on one sender get every message across exactly once.

    Without turns the client itself repeats transfers and loses track of their answers, whatever the broker does
    (test_wire shows that every transfer is answered); so the rule for callers is a lock, or one task that sends.
    """
    turn = asyncio.Lock()
    async with (
        aclient.get_queue_sender("a-shared") as sender,
        aclient.get_queue_receiver("a-shared", max_wait_time=2) as receiver,
    ):

        async def send(task: int) -> None:
            for number in range(5):
                async with turn:
                    await sender.send_messages(ServiceBusMessage(f"{task}-{number}"))

        async with asyncio.timeout(PATIENCE_SECONDS):
            await asyncio.gather(*(send(task) for task in range(16)))
        found = texts(await take(receiver, 80))
        assert len(set(found)) == 80
        assert await receiver.peek_messages(1, sequence_number=1) == []


async def test_tasks_with_senders_of_their_own_need_no_lock(aclient: ServiceBusClient) -> None:
    """Sixteen senders at a time reach every subscription of a topic with every message once."""

    async def send(task: int) -> None:
        async with aclient.get_topic_sender("a-topic") as sender:
            await sender.send_messages(ServiceBusMessage(str(task)))

    await asyncio.gather(*(send(task) for task in range(16)))
    for subscription in ("all", "other"):
        async with aclient.get_subscription_receiver("a-topic", subscription, max_wait_time=2) as receiver:
            assert sorted(texts(await take(receiver, 16)), key=int) == [str(task) for task in range(16)]


async def test_sessions_are_taken_by_several_receivers(aclient: ServiceBusClient) -> None:
    """Three receivers of any session get one session each, in order; state is kept."""
    seen: dict[str, list[str]] = {}

    async def consume() -> None:
        async with aclient.get_queue_receiver("a-s", session_id=NEXT_AVAILABLE_SESSION, max_wait_time=2) as receiver:
            seen[receiver.session.session_id] = texts(await take(receiver, 3))
            await receiver.session.set_state("done")
            assert await receiver.session.get_state() == b"done"
            await receiver.session.renew_lock()

    async with aclient.get_queue_sender("a-s") as sender:
        await sender.send_messages(
            [ServiceBusMessage(f"{name}{number}", session_id=name) for number in range(3) for name in "ABC"]
        )
        await asyncio.gather(consume(), consume(), consume())
    assert seen == {name: [f"{name}{number}" for number in range(3)] for name in "ABC"}


async def test_purge_forgets_everything(aclient: ServiceBusClient, broker: Serving) -> None:
    """After a purge nothing is left, and clients go on as before."""
    async with (
        aclient.get_queue_sender("a-types") as sender,
        aclient.get_queue_receiver("a-types", max_wait_time=1) as receiver,
    ):
        await sender.send_messages([ServiceBusMessage("old"), ServiceBusMessage("older")])
        await take(receiver, settle=False)
        await asyncio.to_thread(broker.purge)
        assert await receiver.peek_messages(1, sequence_number=1) == []
        await sender.send_messages(ServiceBusMessage("new"))
        assert texts(await take(receiver)) == ["new"]
