"""Message sessions, as the synchronous client sees them."""

from datetime import UTC, datetime, timedelta

import pytest
from azure.servicebus import NEXT_AVAILABLE_SESSION
from azure.servicebus.exceptions import (
    OperationTimeoutError,
    SessionCannotBeLockedError,
    SessionLockLostError,
)

from tests.contract.broker.clients import Clients, is_empty, message, refusals, take, texts, until

SENDERS = ("s-named", "s-next", "s-taken", "s-list", "s-order", "s-plain", "s-defer", "s-lost")


def test_named_session_gives_its_messages_in_order(clients: Clients) -> None:
    """A receiver of a session gets that session's messages only, in order."""
    clients.sender("s-named").send_messages([message(f"{name}{i}", session_id=name) for i in range(3) for name in "AB"])
    receiver = clients.receiver("s-named", session_id="B")
    assert texts(take(receiver, 3)) == ["B0", "B1", "B2"]
    assert texts(receiver.peek_messages(9, sequence_number=1)) == []


def test_next_available_session_is_the_oldest_free_one(clients: Clients) -> None:
    """Asking for any session gives the one with the oldest message that nobody holds."""
    clients.sender("s-next").send_messages([message(name, session_id=name) for name in ("first", "second")])
    one = clients.receiver("s-next", session_id=NEXT_AVAILABLE_SESSION, prefetch_count=0)
    assert texts(take(one)) == ["first"] and one.session.session_id == "first"
    two = clients.receiver("s-next", session_id=NEXT_AVAILABLE_SESSION, max_wait_time=3)
    assert texts(take(two)) == ["second"]


def test_session_that_is_held_is_refused(clients: Clients, impatient: Clients) -> None:
    """A session has one receiver at a time; it is free as soon as that one closes."""
    clients.sender("s-taken").send_messages(message("x", session_id="S"))
    with clients.client.get_queue_receiver("s-taken", session_id="S") as holder:
        assert texts(holder.receive_messages(max_wait_time=2)) == ["x"]
        with pytest.raises(SessionCannotBeLockedError):
            impatient.receiver("s-taken", session_id="S").receive_messages(max_wait_time=1)
    again = take(clients.receiver("s-taken", session_id="S"))[0]
    assert again.delivery_count == 0, "closing a session counts no failed delivery"


def test_no_session_with_messages_times_out(impatient: Clients) -> None:
    """Asking for any session of an empty queue ends after the time to wait."""
    receiver = impatient.receiver("s-none", session_id=NEXT_AVAILABLE_SESSION, max_wait_time=1)
    with pytest.raises(OperationTimeoutError):
        receiver.receive_messages()


def test_session_keeps_state_and_renews(clients: Clients) -> None:
    """State is kept per session and can be cleared; renewing moves the end of the lock."""
    receiver = clients.receiver("s-state", session_id="S")
    assert receiver.session.get_state() is None
    receiver.session.set_state("half done")
    assert receiver.session.get_state() == b"half done"
    before = receiver.session.locked_until_utc
    assert receiver.session.renew_lock() > before
    receiver.session.set_state(None)
    assert receiver.session.get_state() is None


def test_sessions_are_listed(clients: Clients) -> None:
    """Sessions with messages or state are listed; with a time, those whose state changed after it."""
    clients.sender("s-list").send_messages([message("x", session_id=name) for name in ("B", "A")])
    clients.receiver("s-list", session_id="C").session.set_state(b"x")
    assert list(clients.client.list_queue_sessions("s-list")) == ["A", "B", "C"]
    before = datetime.now(UTC) - timedelta(minutes=1)
    assert list(clients.client.list_queue_sessions("s-list", state_updated_after=before)) == ["C"]


def test_abandoned_message_stays_first_in_its_session(clients: Clients) -> None:
    """Within a session an abandoned message comes again before later ones."""
    clients.sender("s-order").send_messages([message(str(number), session_id="S") for number in range(2)])
    receiver = clients.receiver("s-order", session_id="S")
    receiver.abandon_message(take(receiver, settle=False)[0])
    assert texts(take(receiver, 2)) == ["0", "1"]


def test_deferred_message_of_a_session(clients: Clients) -> None:
    """A deferred message is received by its number on the receiver of its session."""
    clients.sender("s-defer").send_messages(message("later", session_id="S"))
    receiver = clients.receiver("s-defer", session_id="S")
    found = take(receiver, settle=False)[0]
    receiver.defer_message(found)
    again = receiver.receive_deferred_messages(found.sequence_number)[0]
    receiver.complete_message(again)
    assert is_empty(receiver)


def test_lost_session_loses_its_messages(clients: Clients, impatient: Clients) -> None:
    """When the session's lock runs out its messages cannot be settled, count a failure and go to the next holder."""
    clients.sender("s-lost").send_messages(message("x", session_id="S"))
    receiver = clients.receiver("s-lost", session_id="S")
    found = take(receiver, settle=False)[0]
    until(lambda: datetime.now(UTC) > receiver.session.locked_until_utc + timedelta(milliseconds=200))
    with pytest.raises(SessionLockLostError):
        receiver.complete_message(found)
    assert take(impatient.receiver("s-lost", session_id="S"))[0].delivery_count == 1


def test_sessions_and_plain_use_do_not_mix(clients: Clients, impatient: Clients) -> None:
    """A queue with sessions refuses plain messages and plain receivers; one without refuses session receivers."""
    refusals(
        lambda: clients.sender("s-plain").send_messages(message("homeless")),
        lambda: impatient.sender("s-plain").send_messages([message("x", session_id="S"), message("homeless")]),
        lambda: impatient.receiver("s-plain").receive_messages(max_wait_time=1),
        lambda: impatient.receiver("errors", session_id="S").receive_messages(max_wait_time=1),
    )
    assert list(clients.client.list_queue_sessions("s-plain")) == [], "a batch is refused as a whole"
