"""What the broker refuses, and that the client hears which refusal it is."""

import pytest
from azure.servicebus.exceptions import MessageSizeExceededError, MessagingEntityNotFoundError

from tests.contract.broker.clients import Clients, message, refusals, take, texts

SENDERS = ("oversize", "ERRORS")
RECEIVERS = ("oversize", "Errors")


def test_unknown_entity_is_not_found(impatient: Clients) -> None:
    """Sending to, receiving from and managing an unknown entity says that it does not exist."""
    found = refusals(
        lambda: impatient.sender("nowhere").send_messages(message("x")),
        lambda: impatient.receiver("nowhere").receive_messages(max_wait_time=1),
        lambda: impatient.subscriber("plain", "nobody").receive_messages(max_wait_time=1),
    )
    assert [type(error) for error in found] == [MessagingEntityNotFoundError] * 3


def test_names_ignore_case(clients: Clients) -> None:
    """An entity is found whatever the case of its name."""
    clients.sender("ERRORS").send_messages(message("x"))
    assert texts(take(clients.receiver("Errors"))) == ["x"]


def test_oversize_is_refused_and_the_link_lives_on(clients: Clients) -> None:
    """A message above 1 MiB is refused as too large; the next one on the same link is taken."""
    sender = clients.sender("oversize")
    with pytest.raises(MessageSizeExceededError):
        sender.send_messages(message(b"x" * (1100 * 1024)))
    sender.send_messages(message("small"))
    assert texts(take(clients.receiver("oversize"))) == ["small"]


def test_topic_has_no_receiver(impatient: Clients) -> None:
    """Receiving from a topic, or from a queue that forwards, is refused with the reason."""
    topic, forwarding = refusals(
        lambda: impatient.receiver("plain").receive_messages(max_wait_time=1),
        lambda: impatient.receiver("forwarding").receive_messages(max_wait_time=1),
    )
    assert "subscriptions" in str(topic) and "forwards" in str(forwarding)


def test_nothing_is_sent_to_dead_letters_or_subscriptions(impatient: Clients) -> None:
    """Dead-letter queues and subscriptions are filled by the broker only."""
    found = refusals(
        lambda: impatient.sender("errors/$DeadLetterQueue").send_messages(message("x")),
        lambda: impatient.sender("plain/Subscriptions/all").send_messages(message("x")),
    )
    assert all("cannot be sent" in str(error) for error in found)
