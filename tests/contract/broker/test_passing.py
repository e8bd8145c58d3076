"""Messages that are dropped, expire or are passed on, as the synchronous client sees them."""

from datetime import UTC, datetime, timedelta

import pytest

from tests.contract.broker.clients import Clients, is_empty, message, take, texts, until

LETTERS = (
    "ttl-buried", "ttl-default", "ttl-dropped", "ttl-locked", "forwarding-refused", "ring-a",
)  # fmt: skip
RECEIVERS = ("unique", "unique-short", "ttl-dropped", "ttl-locked", "target", "forwarding-letters", "letters")
SENDERS = (
    "unique", "unique-short", "ttl-dropped", "ttl-locked", "ttl-buried", "ttl-default", "forwarding",
    "forwarding-letters", "forwarding-refused", "ring-a",
)  # fmt: skip
TOPICS = ("circle",)


def test_duplicates_are_dropped_within_the_window(clients: Clients) -> None:
    """A message with an id that was seen within the window is taken and dropped, scheduled ones included."""
    sender = clients.sender("unique")
    for body in ("first", "second"):
        sender.send_messages(message(body, message_id="same"))
    sender.schedule_messages(message("third", message_id="same"), datetime.now(UTC))
    sender.send_messages(message("other", message_id="else"))
    assert texts(take(clients.receiver("unique"), 2)) == ["first", "other"]


def test_duplicates_are_taken_after_the_window(clients: Clients) -> None:
    """Once the window has passed the same id is a new message."""
    sender, receiver = clients.sender("unique-short"), clients.receiver("unique-short")
    sender.send_messages(message("first", message_id="same"))

    def second_is_taken() -> bool:
        sender.send_messages(message("second", message_id="same"))
        return len(receiver.peek_messages(2, sequence_number=1)) == 2

    until(second_is_taken)


@pytest.mark.parametrize("queue", ["ttl-buried", "ttl-default"])
def test_expired_message_is_dead_lettered_if_asked(clients: Clients, queue: str) -> None:
    """A message that outlives its own or the queue's time to live becomes a dead letter, without any receiver."""
    brief = timedelta(seconds=1) if queue == "ttl-buried" else None
    clients.sender(queue).send_messages(message("brief", time_to_live=brief))
    assert take(clients.dead_letters(queue))[0].dead_letter_reason == "TTLExpiredException"


def test_expired_message_is_dropped_by_default(clients: Clients) -> None:
    """Where expired messages are not dead-lettered they are gone."""
    clients.sender("ttl-dropped").send_messages(message("brief", time_to_live=timedelta(seconds=1)))
    receiver = clients.receiver("ttl-dropped")
    until(lambda: is_empty(receiver))
    assert is_empty(clients.dead_letters("ttl-dropped"))


def test_locked_message_expires_once_it_is_let_go(clients: Clients) -> None:
    """A locked message outlives its time to live until its holder gives it back."""
    clients.sender("ttl-locked").send_messages(message("held", time_to_live=timedelta(seconds=1)))
    receiver = clients.receiver("ttl-locked")
    found = take(receiver, settle=False)[0]
    until(lambda: datetime.now(UTC) > found.expires_at_utc + timedelta(milliseconds=200))
    assert not is_empty(receiver)
    receiver.abandon_message(found)
    assert take(clients.dead_letters("ttl-locked"))[0].dead_letter_reason == "TTLExpiredException"


def test_forwarded_messages_arrive_at_the_target(clients: Clients) -> None:
    """A queue that forwards passes every message on, with its original number beside the new one."""
    clients.sender("forwarding").send_messages(message("onward"))
    assert texts(take(clients.receiver("target"))) == ["onward"]


def test_forwarded_dead_letters_name_their_source(clients: Clients) -> None:
    """Forwarded dead letters arrive at the target with reason and source."""
    clients.sender("forwarding-letters").send_messages(message("bad"))
    receiver = clients.receiver("forwarding-letters")
    receiver.abandon_message(take(receiver, settle=False)[0])
    letter = take(clients.receiver("letters"))[0]
    assert letter.dead_letter_reason == "MaxDeliveryCountExceeded"
    assert letter.dead_letter_source == "forwarding-letters"


def test_message_that_the_target_refuses_is_dead_lettered(clients: Clients) -> None:
    """Forwarding a message without session to a queue that requires one leaves it as a dead letter of the source."""
    clients.sender("forwarding-refused").send_messages(message("homeless"))
    assert texts(take(clients.dead_letters("forwarding-refused"))) == ["homeless"]


def test_forwarding_in_a_ring_ends_as_a_dead_letter(clients: Clients) -> None:
    """A message that was forwarded four times is dead-lettered where it then is."""
    clients.sender("ring-a").send_messages(message("round"))
    assert take(clients.dead_letters("ring-a"))[0].dead_letter_reason == "MaxTransferHopCountExceeded"


def test_dead_letters_do_not_go_round_for_ever(clients: Clients) -> None:
    """Dead letters that come back at once to where they were refused stay there after four rounds."""
    clients.topic_sender("circle").send_messages(message("without session"))
    letters = clients.subscriber("circle", "all", sub_queue="deadletter")
    assert take(letters)[0].dead_letter_reason == "Session ID is null"
    assert is_empty(letters)
