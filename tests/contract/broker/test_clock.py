"""The movable clock: what follows it, and what does not."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from azure.servicebus import ServiceBusMessageState

from tests.contract.broker.clients import Clients, is_empty, message, take, texts, until

SENDERS = ("c-schedule", "c-ttl", "c-lock", "c-times")
RECEIVERS = ("c-schedule", "c-lock", "c-times")
LETTERS = ("c-ttl",)
DAY = timedelta(days=1)


def advance(path: Path, by: timedelta) -> datetime:
    """Move the clock forward, as a writer must: by renaming a complete file. Return what time it then is."""
    offset = timedelta(seconds=float(path.read_text()) if path.exists() else 0.0) + by
    fresh = path.with_suffix(".new")
    fresh.write_text(f"{offset.total_seconds():.3f}\n")
    fresh.replace(path)
    return datetime.now(UTC) + offset


def test_scheduled_message_comes_when_the_clock_moves(clients: Clients, clock_file: Path) -> None:
    """A message scheduled for tomorrow is delivered as soon as the clock says tomorrow."""
    tomorrow = advance(clock_file, timedelta(0)) + DAY
    clients.sender("c-schedule").schedule_messages(message("tomorrow"), tomorrow)
    receiver = clients.receiver("c-schedule")
    assert receiver.peek_messages(1, sequence_number=1)[0].state is ServiceBusMessageState.SCHEDULED
    advance(clock_file, DAY + timedelta(seconds=1))
    assert texts(take(receiver)) == ["tomorrow"]


def test_time_to_live_passes_when_the_clock_moves(clients: Clients, clock_file: Path) -> None:
    """A message outlives its time when the clock passes it, not when real time does."""
    clients.sender("c-ttl").send_messages(message("brief", time_to_live=timedelta(minutes=10)))
    advance(clock_file, timedelta(minutes=11))
    assert take(clients.dead_letters("c-ttl"))[0].dead_letter_reason == "TTLExpiredException"


def test_locks_run_in_real_time(clients: Clients, clock_file: Path) -> None:
    """Moving the clock does not end a lock, and its end is told in real time."""
    clients.sender("c-lock").send_messages([message("held"), message("next")])
    receiver = clients.receiver("c-lock")
    held = take(receiver, settle=False)[0]
    advance(clock_file, timedelta(minutes=30))
    assert texts(take(receiver)) == ["next"]
    assert timedelta(0) < held.locked_until_utc - datetime.now(UTC) <= timedelta(minutes=1)
    receiver.complete_message(held)
    assert is_empty(receiver)


def test_enqueued_time_is_the_clocks(clients: Clients, clock_file: Path) -> None:
    """Messages carry the moved time; a file that is no number leaves the clock where it was."""
    receiver = clients.receiver("c-times")
    ahead = advance(clock_file, DAY)

    def enqueued() -> Any:
        clients.sender("c-times").send_messages(message("x"))
        return take(receiver)[0].enqueued_time_utc

    until(lambda: enqueued() > ahead)
    clock_file.write_text("soon")
    assert enqueued() > ahead
