"""The messages of one entity: their numbers, what falls due when, and which ids have been seen.

Every change goes to the store in the same turn.
"""

import asyncio
import heapq
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta

from local.broker.clock import Clock
from local.broker.message import Message, State
from local.broker.protocol import MESSAGE_NOT_FOUND, AmqpError
from local.broker.store import Note, Store
from local.broker.values import Value


@dataclass(frozen=True, slots=True)
class Services:
    """What every entity needs of the broker."""

    loop: asyncio.AbstractEventLoop
    clock: Clock
    store: Store
    arm: Callable[[float], None]  # Wakes the broker's timer at a time of the movable clock.
    forward: Callable[[str, Message], None]  # To the entity of that name. Raises AmqpError.


class Shelf:
    """Holds the messages of one entity, in order of their sequence numbers."""

    def __init__(self, name: str, services: Services, duplicate_window: timedelta | None = None) -> None:
        self.name = name
        self.services = services
        self.messages: dict[int, Message] = {}
        self._next_sequence = 1
        self._window = duplicate_window.total_seconds() if duplicate_window else 0.0
        self._seen: dict[Value, float] = {}
        self._due: list[tuple[float, int]] = []

    def next_sequence(self) -> int:
        """Return a number that this entity has never given before, restarts included."""
        sequence = self._next_sequence
        self._next_sequence += 1
        self.services.store.note(Note.COUNTER, self.name, None, self._next_sequence)
        return sequence

    def put(self, message: Message) -> None:
        """Keep the message as it now is."""
        self.messages[message.sequence] = message
        self.services.store.save(self.name, message)

    def drop(self, message: Message) -> None:
        """Forget the message."""
        if self.messages.pop(message.sequence, None) is not None:
            self.services.store.delete(self.name, message.sequence)

    # Time ------------------------------------------------------------------------------------------------------------

    def due(self, when: float, sequence: int) -> None:
        """Have the message looked at when the movable clock reaches `when`."""
        heapq.heappush(self._due, (when, sequence))
        if len(self._due) > 2 * len(self.messages) + 1024:
            self._due = [item for item in self._due if item[1] in self.messages]
            heapq.heapify(self._due)
        self.services.arm(when)

    def next_due(self) -> float | None:
        """Return when something falls due next."""
        return self._due[0][0] if self._due else None

    def take_due(self, now: float) -> list[Message]:
        """Return the messages that have fallen due and are still here."""
        found = []
        while self._due and self._due[0][0] <= now:
            message = self.messages.get(heapq.heappop(self._due)[1])
            if message is not None:
                found.append(message)
        return found

    def schedule(self, message: Message) -> int:
        """Keep the message for its time; return the number that cancels it."""
        message = replace(message, state=State.SCHEDULED, enqueued_at=self.services.clock.now())
        if message.scheduled_for is None:
            message.scheduled_for = message.enqueued_at
        message.sequence = message.enqueued_sequence = self.next_sequence()
        self.put(message)
        self.due(message.scheduled_for, message.sequence)
        return message.sequence

    def cancel(self, sequence: int) -> None:
        """Forget a scheduled message.

        Raises:
            AmqpError: when there is no such message, or no longer.
        """
        message = self.messages.get(sequence)
        if message is None or message.state is not State.SCHEDULED:
            raise AmqpError(MESSAGE_NOT_FOUND, f"No message with the sequence number {sequence} is scheduled.")
        self.drop(message)

    # Duplicates ------------------------------------------------------------------------------------------------------

    def is_duplicate(self, message: Message) -> bool:
        """Return whether the message's id was seen within the window; remember it. The window runs in real time."""
        message_id = message.system("message_id")
        if not self._window or message_id is None:
            return False
        now = time.time()
        while self._seen and next(iter(self._seen.values())) <= now - self._window:
            self._forget_seen(next(iter(self._seen)))
        if message_id in self._seen:
            return True
        self._seen[message_id] = now
        self.services.store.note(Note.SEEN, self.name, message_id, now)
        return False

    def _forget_seen(self, message_id: Value) -> None:
        del self._seen[message_id]
        self.services.store.note(Note.SEEN, self.name, message_id, None)

    # Restart and tests -----------------------------------------------------------------------------------------------

    def restore(self, message: Message) -> None:
        """Take back a message from the store."""
        self.messages[message.sequence] = message
        self._next_sequence = max(self._next_sequence, message.sequence + 1)

    def restore_counter(self, next_sequence: int) -> None:
        """Go on counting where the last run stopped."""
        self._next_sequence = max(self._next_sequence, next_sequence)

    def restore_seen(self, seen: dict[Value, float]) -> None:
        """Take back the seen ids, oldest first."""
        self._seen = dict(sorted(seen.items(), key=lambda item: item[1]))

    def purge(self) -> None:
        """Forget every message and seen id; go on counting."""
        for message in list(self.messages.values()):
            self.drop(message)
        for message_id in list(self._seen):
            self._forget_seen(message_id)
        self._due.clear()
