"""A queue, a subscription, or the dead-letter queue of one of them: arrival, delivery and looking in."""

from __future__ import annotations

import heapq
import uuid
from dataclasses import replace
from typing import Final

from local.broker import settling
from local.broker.config import QueueConfig
from local.broker.link import Link
from local.broker.locks import Locks
from local.broker.message import Message, State, wire
from local.broker.message_sessions import MessageSessions
from local.broker.protocol import MAX_MESSAGE, MESSAGE_NOT_FOUND, NOT_ALLOWED, AmqpError
from local.broker.rules import DEFAULT_RULE, Rule, compile_rule
from local.broker.shelf import Services, Shelf

DEAD_LETTERS: Final = "$DeadLetterQueue"


class Queue:
    """One entity that can be received from."""

    def __init__(self, name: str, config: QueueConfig, services: Services, *, is_dead_letters: bool = False) -> None:
        self.name = name
        self.config = config
        self.services = services
        self.is_dead_letters = is_dead_letters
        self.has_sessions = config.requires_session and not is_dead_letters
        self.shelf = Shelf(name, services, None if is_dead_letters else config.duplicate_window)
        self.locks = Locks(services.loop, config.lock.total_seconds(), lambda message: settling.failed(self, message))
        self.sessions = MessageSessions(self)
        self.rules: list[Rule] = [compile_rule(rule) for rule in config.rules or (DEFAULT_RULE,)]
        self.links: list[Link] = []
        self.dead_letters: Queue | None = None
        if not is_dead_letters:
            self.dead_letters = Queue(f"{name}/{DEAD_LETTERS}", config, services, is_dead_letters=True)
        self._ready: dict[str | None, list[int]] = {}  # Heaps of sequence numbers, by session (None without sessions).
        self._turn = 0
        self._pump_is_due = False

    # Arrival ---------------------------------------------------------------------------------------------------------

    def accept(self, messages: list[Message]) -> None:
        """Take messages that somebody sent, all or none; duplicates are dropped.

        Raises:
            AmqpError: when one lacks the session that this queue requires.
        """
        if self.has_sessions and any(message.session_id is None for message in messages):
            raise AmqpError(NOT_ALLOWED, "The queue requires sessions; set the session id of every message.")
        now = self.services.clock.now()
        for message in messages:
            if self.shelf.is_duplicate(message):
                continue
            if message.scheduled_for is not None and message.scheduled_for > now:
                self.shelf.schedule(message)
            else:
                self.enqueue(message)

    def schedule(self, message: Message) -> int:
        """Keep the message for its time; return the number that cancels it. Raises AmqpError as `accept` does."""
        if self.has_sessions and message.session_id is None:
            raise AmqpError(NOT_ALLOWED, "The queue requires sessions; set the session id of every message.")
        return self.shelf.next_sequence() if self.shelf.is_duplicate(message) else self.shelf.schedule(message)

    def enqueue(self, message: Message) -> None:
        """Make the message available now: here, or where this queue forwards to."""
        if self.config.forward_to and not self.is_dead_letters:
            settling.forward(self, self.config.forward_to, message)
            return
        message.sequence = self.shelf.next_sequence()
        message.enqueued_sequence = message.enqueued_sequence or message.sequence
        message.state = State.ACTIVE
        if not self.is_dead_letters:
            message.enqueued_at = self.services.clock.now()
            seconds = self.config.time_to_live.total_seconds()
            if message.ttl_ms:
                seconds = min(seconds, message.ttl_ms / 1000)
            message.expires_at = message.enqueued_at + seconds
        self.shelf.put(message)
        if self.has_sessions and message.session_id is None:
            settling.bury(self, message, "Session ID is null", "The entity requires sessions; the message has none.")
        else:
            self.offer(message)

    def offer(self, message: Message) -> None:
        """Let an unlocked message be delivered."""
        message.hops = 0
        if message.expires_at is not None and not self.is_dead_letters:
            self.shelf.due(message.expires_at, message.sequence)
        heapq.heappush(self._ready.setdefault(self._key(message), []), message.sequence)
        self.wake()

    def _key(self, message: Message) -> str | None:
        return message.session_id if self.has_sessions else None

    def run_due(self, now: float) -> None:
        """Activate what was scheduled until `now`, and expire what has outlived its time."""
        for message in self.shelf.take_due(now):
            if message.state is State.SCHEDULED:
                self.shelf.drop(message)
                self.enqueue(replace(message, enqueued_sequence=0))
            elif message.state is State.ACTIVE and message.lock_token is None and not self.is_dead_letters:
                settling.expire(self, message)

    # Delivery --------------------------------------------------------------------------------------------------------

    def wake(self) -> None:
        """Deliver what can be delivered, at the end of this turn."""
        if not self._pump_is_due:
            self._pump_is_due = True
            self.services.loop.call_soon(self.pump)

    def pump(self) -> None:
        """Deliver what can be delivered, one message to each receiver in turn."""
        self._pump_is_due = False
        if self.has_sessions:
            self.sessions.grant_waiting()
        idle = 0
        while self.links and idle < len(self.links):
            self._turn = (self._turn + 1) % len(self.links)
            link = self.links[self._turn]
            message = self.next_ready(link.session_id) if link.can_send() else None
            if message is None:
                idle += 1
            else:
                idle = 0
                self._deliver(link, message)
        for link in self.links:
            if link.drain and link.credit and link.session.has_room():
                link.drained()

    def next_ready(self, key: str | None) -> Message | None:
        """Return the oldest message that may be delivered (of one session, where there are sessions)."""
        heap = self._ready.get(key)
        while heap:
            message = self.shelf.messages.get(heap[0])
            if message is None or message.state is not State.ACTIVE or message.lock_token is not None:
                heapq.heappop(heap)
            elif message.expires_at is not None and message.expires_at <= self.services.clock.now():
                heapq.heappop(heap)
                settling.expire(self, message)
            else:
                return message
        self._ready.pop(key, None)
        return None

    def ready_sessions(self) -> list[str]:
        """Return the sessions that may have messages to deliver."""
        return [key for key in self._ready if key is not None]

    def _deliver(self, link: Link, message: Message) -> None:
        heapq.heappop(self._ready[self._key(message)])
        if link.settles_at_once:
            raw = wire(message)
            self.shelf.drop(message)
            link.send(raw, uuid.uuid4().bytes_le)
            return
        token = self.locks.lock(message, until=self.sessions.until(link.session_id))
        link.send(wire(message), token.bytes_le, reference=token)

    # Looking in ------------------------------------------------------------------------------------------------------

    def receive_deferred(self, sequences: list[int], *, delete: bool) -> list[tuple[bytes, uuid.UUID | None]]:
        """Return deferred messages, locked with the token beside them, or removed when `delete`.

        Raises:
            AmqpError: when one is not deferred or is locked; then none is taken.
        """
        found = [self.shelf.messages.get(sequence) for sequence in sequences]
        taken: list[tuple[bytes, uuid.UUID | None]] = []
        deferred = [message for message in found if message and message.state is State.DEFERRED]
        if len(deferred) < len(sequences) or any(message.lock_token for message in deferred):
            raise AmqpError(MESSAGE_NOT_FOUND, "At least one of the messages is not deferred here, or is locked.")
        for message in deferred:
            if delete:
                taken.append((wire(message), None))
                self.shelf.drop(message)
            else:
                until = self.sessions.held_until(message.session_id) if self.has_sessions else None
                token = self.locks.lock(message, until=until)
                taken.append((wire(message), token))
        return taken

    def peek(self, start: int, count: int, session_id: str | None = None) -> list[bytes]:
        """Return up to `count` messages from the sequence number `start` on, whatever their state."""
        found: list[bytes] = []
        size = 0
        for sequence, message in self.shelf.messages.items():
            if sequence < start or (session_id is not None and message.session_id != session_id):
                continue
            raw = wire(message)
            size += len(raw)
            if found and size > MAX_MESSAGE:
                break
            found.append(raw)
            if len(found) >= count:
                break
        return found

    # Restart and tests -----------------------------------------------------------------------------------------------

    def resume(self) -> None:
        """Offer and schedule again what the store gave back."""
        for message in list(self.shelf.messages.values()):
            if message.state is State.ACTIVE:
                self.offer(message)
            elif message.state is State.SCHEDULED and message.scheduled_for is not None:
                self.shelf.due(message.scheduled_for, message.sequence)

    def purge(self) -> None:
        """Forget every message, lock, seen id and session state; links stay."""
        self.locks.clear()
        self.shelf.purge()
        self.sessions.purge()
        self._ready.clear()
        if self.dead_letters is not None:
            self.dead_letters.purge()
