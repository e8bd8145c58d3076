"""Queues, as the synchronous client sees them."""

import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from azure.servicebus import AutoLockRenewer, ServiceBusMessageState, ServiceBusReceiveMode
from azure.servicebus.exceptions import MessageLockLostError, MessageNotFoundError, ServiceBusError

from tests.contract.broker.clients import Clients, is_empty, message, take, texts, until

LETTERS = ("abandon", "bury", "limit-lock")
RECEIVERS = (
    "batch", "types", "abandon", "bury", "defer", "expire-lock", "limit-lock", "renew", "schedule", "big", "relink",
    "release", "peek", "deferred-lock",
)  # fmt: skip
SENDERS = (*RECEIVERS, "delete", "iterate")


def soon(seconds: float = 1.0) -> datetime:
    """Return a time shortly ahead."""
    return datetime.now(UTC) + timedelta(seconds=seconds)


def test_batch_arrives_in_order(clients: Clients) -> None:
    """The messages of a batch arrive in the order in which they were added, and are gone once completed."""
    batch = clients.sender("batch").create_message_batch()
    for number in range(20):
        batch.add_message(message(str(number)))
    clients.sender("batch").send_messages(batch)
    assert texts(take(clients.receiver("batch"), 20)) == [str(number) for number in range(20)]
    assert is_empty(clients.receiver("batch"))


def test_properties_arrive_as_they_were_sent(clients: Clients) -> None:
    """Every kind of property comes back with its type and value."""
    when = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
    sent = {"int": 7, "float": 1.5, "text": "å", "flag": True, "id": uuid.uuid4(), "when": when}
    clients.sender("types").send_messages(
        message("x", application_properties=sent, subject="s", correlation_id="c", content_type="t", reply_to="r")
    )
    found = take(clients.receiver("types"))[0]
    expected = {**sent, "when": int(when.timestamp() * 1000)}
    assert {key.decode(): _plain(value) for key, value in found.application_properties.items()} == {
        key: _plain(value) for key, value in expected.items()
    }
    assert (found.subject, found.correlation_id, found.content_type, found.reply_to) == ("s", "c", "t", "r")


def _plain(value: object) -> object:
    return value.decode() if isinstance(value, bytes) else value


def test_abandoned_message_counts_and_ends_as_dead_letter(clients: Clients) -> None:
    """Each abandon adds one to the delivery count; at the limit the message is dead-lettered with the reason."""
    clients.sender("abandon").send_messages(message("poison"))
    receiver = clients.receiver("abandon")
    for count in range(3):
        found = take(receiver, settle=False)[0]
        assert found.delivery_count == count
        receiver.abandon_message(found)
    letter = take(clients.dead_letters("abandon"))[0]
    assert (letter.dead_letter_reason, letter.delivery_count) == ("MaxDeliveryCountExceeded", 3)
    assert is_empty(receiver)


def test_dead_letter_carries_reason_and_properties(clients: Clients) -> None:
    """A dead letter keeps its properties and says why it is there; it can be completed but not buried again."""
    clients.sender("bury").send_messages(message("bad", application_properties={"keep": 7}))
    receiver, letters = clients.receiver("bury"), clients.dead_letters("bury")
    receiver.dead_letter_message(take(receiver, settle=False)[0], reason="why", error_description="because")
    letter = take(letters, settle=False)[0]
    assert (letter.dead_letter_reason, letter.dead_letter_error_description) == ("why", "because")
    assert letter.application_properties[b"keep"] == 7
    with pytest.raises(ServiceBusError):
        letters.dead_letter_message(letter, reason="again")
    assert until(lambda: letters.peek_messages(1, sequence_number=1))


def test_deferred_message_is_received_by_number_only(clients: Clients) -> None:
    """A deferred message is not delivered, shows its state, and is received by its number until it is settled."""
    clients.sender("defer").send_messages(message("later"))
    receiver = clients.receiver("defer")
    found = take(receiver, settle=False)[0]
    receiver.defer_message(found)
    assert receiver.receive_messages(max_wait_time=0.3) == []
    assert receiver.peek_messages(1, sequence_number=1)[0].state is ServiceBusMessageState.DEFERRED
    again = receiver.receive_deferred_messages(found.sequence_number)[0]
    assert str(again) == "later" and again.lock_token is not None
    receiver.complete_message(again)
    assert is_empty(receiver)


def test_missing_deferred_message_is_not_found(impatient: Clients) -> None:
    """Receiving an unknown sequence number says that there is no such message."""
    with pytest.raises(MessageNotFoundError):
        impatient.receiver("errors").receive_deferred_messages([4711])


def test_expired_lock_redelivers_and_refuses_the_late_holder(clients: Clients) -> None:
    """When a lock runs out the message is delivered again, counted, and the first holder can no longer settle it."""
    clients.sender("expire-lock").send_messages(message("slow"))
    receiver = clients.receiver("expire-lock")
    first = take(receiver, settle=False)[0]
    second = take(receiver, settle=False)[0]
    receiver.complete_message(second)
    assert (first.delivery_count, second.delivery_count) == (0, 1)
    with pytest.raises(MessageLockLostError):
        receiver.complete_message(first)
    first._expiry = soon(60)  # A client whose clock is off asks the broker, which must refuse as well.
    with pytest.raises(MessageLockLostError):
        receiver.complete_message(first)
    assert is_empty(receiver)


def test_expired_lock_of_the_last_delivery_buries(clients: Clients) -> None:
    """A lock that runs out is a failed delivery: at the limit the message is dead-lettered."""
    clients.sender("limit-lock").send_messages(message("x"))
    take(clients.receiver("limit-lock"), settle=False)
    assert take(clients.dead_letters("limit-lock"))[0].dead_letter_reason == "MaxDeliveryCountExceeded"


def test_renewed_lock_is_kept(clients: Clients) -> None:
    """Renewing moves the end of a lock, and the client's renewer keeps it beyond its length."""
    clients.sender("renew").send_messages(message("long"))
    receiver = clients.receiver("renew")
    found = take(receiver, settle=False)[0]
    before = found.locked_until_utc
    assert receiver.renew_message_lock(found) > before
    with AutoLockRenewer() as renewer:
        renewer.register(receiver, found, max_lock_renewal_duration=20)
        until(lambda: datetime.now(UTC) > before + timedelta(seconds=1))
        receiver.complete_message(found)
    assert found.auto_renew_error is None and is_empty(receiver)


def test_scheduled_messages_wait_and_can_be_cancelled(clients: Clients) -> None:
    """Scheduled messages are seen but not delivered before their time; a cancelled one never comes."""
    sender, receiver = clients.sender("schedule"), clients.receiver("schedule")
    first, second = sender.schedule_messages([message("1"), message("2")], soon())
    sender.cancel_scheduled_messages(second)
    sender.send_messages(message("3", scheduled_enqueue_time_utc=soon()))
    peeked = receiver.peek_messages(9, sequence_number=1)
    assert [item.state for item in peeked] == [ServiceBusMessageState.SCHEDULED] * 2
    assert peeked[0].sequence_number == first
    assert sorted(texts(take(receiver, 2))) == ["1", "3"]


def test_message_that_is_not_scheduled_cannot_be_cancelled(impatient: Clients) -> None:
    """Cancelling an unknown sequence number says that there is no such message."""
    with pytest.raises(MessageNotFoundError):
        impatient.sender("errors").cancel_scheduled_messages(4711)


def test_receive_and_delete_leaves_nothing(clients: Clients) -> None:
    """What is received in receive-and-delete mode is gone at once."""
    clients.sender("delete").send_messages([message("1"), message("2")])
    receiver = clients.receiver("delete", receive_mode=ServiceBusReceiveMode.RECEIVE_AND_DELETE)
    assert texts(take(receiver, 2, settle=False)) == ["1", "2"]
    assert is_empty(receiver)


def test_large_message_makes_the_round_trip(clients: Clients) -> None:
    """A message of 1000 KiB goes both ways unchanged."""
    body = bytes(range(256)) * 4000
    clients.sender("big").send_messages(message(body))
    assert b"".join(take(clients.receiver("big"))[0].body) == body


def test_receiver_is_an_iterator(clients: Clients) -> None:
    """Iterating over a receiver gives all messages and ends when none comes."""
    clients.sender("iterate").send_messages([message(str(number)) for number in range(5)])
    receiver, found = clients.receiver("iterate", max_wait_time=1), []
    for item in receiver:
        receiver.complete_message(item)
        found.append(str(item))
    assert found == ["0", "1", "2", "3", "4"]


def test_lock_survives_the_loss_of_the_link(clients: Clients) -> None:
    """A message is settled after its link is gone, over the management node: link loss releases nothing."""
    clients.sender("relink").send_messages(message("x"))
    receiver = clients.receiver("relink")
    found = take(receiver, settle=False)[0]
    receiver._close_handler()
    receiver._open()
    receiver.complete_message(found)
    assert is_empty(receiver)


def test_released_message_counts_no_delivery(clients: Clients) -> None:
    """Messages that a client had prefetched and gives back on closing are delivered elsewhere with the count 0."""
    clients.sender("release").send_messages([message(str(number)) for number in range(10)])
    with clients.client.get_queue_receiver("release", max_wait_time=2, prefetch_count=10) as first:
        take(first)
    rest = take(clients.receiver("release"), 9)
    assert [item.delivery_count for item in rest] == [0] * 9


def test_peek_shows_everything_and_takes_nothing(clients: Clients) -> None:
    """Peeking lists messages by their number, again and again, and honours where to begin."""
    clients.sender("peek").send_messages([message(str(number)) for number in range(3)])
    receiver = clients.receiver("peek")
    numbers = [item.sequence_number for item in receiver.peek_messages(9, sequence_number=1)]
    assert len(numbers) == 3 and numbers == sorted(numbers)
    assert texts(receiver.peek_messages(1, sequence_number=numbers[1])) == ["1"]
    assert len(take(receiver, 3)) == 3


def test_expired_lock_of_a_deferred_message_frees_it(clients: Clients, impatient: Clients) -> None:
    """A deferred message whose lock runs out can be received by its number again."""
    clients.sender("deferred-lock").send_messages(message("later"))
    receiver = clients.receiver("deferred-lock")
    found = take(receiver, settle=False)[0]
    receiver.defer_message(found)
    receiver.receive_deferred_messages(found.sequence_number)
    other = impatient.receiver("deferred-lock")

    def again() -> Any:
        try:
            return other.receive_deferred_messages(found.sequence_number)
        except MessageNotFoundError:  # Still locked.
            return []

    other.complete_message(until(again)[0])
    assert is_empty(receiver)
