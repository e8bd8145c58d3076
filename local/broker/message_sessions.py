"""Message sessions of one queue: who holds which, who waits for one, and the state that consumers keep there.

Source: Service Bus documentation, Message sessions.
"""

from __future__ import annotations

import time
from asyncio import TimerHandle
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from local.broker import settling
from local.broker.protocol import (
    MESSAGE_LOCK_LOST,
    SESSION_LOCK_LOST,
    SESSION_TAKEN,
    TIMEOUT,
    AmqpError,
)
from local.broker.store import Note
from local.broker.values import Described, Symbol

if TYPE_CHECKING:
    import uuid

    from local.broker.link import Link
    from local.broker.message import Message
    from local.broker.queues import Queue

FILTER: Final = "com.microsoft:session-filter"
_LOCKED_UNTIL: Final = "com.microsoft:locked-until-utc"
_EPOCH_TICKS: Final = 621_355_968_000_000_000  # 1970-01-01 in .NET's count of 100 ns since the year 1.
_SOURCE_FIELDS: Final = 11
_SOURCE_FILTER: Final = 7


@dataclass(slots=True)
class _Held:
    """A session that a link holds, until `until` in real time."""

    link: Link
    until: float
    timer: TimerHandle


@dataclass(slots=True)
class _Waiting:
    """A link that takes any session."""

    link: Link
    timer: TimerHandle


class MessageSessions:
    """The sessions of one queue."""

    def __init__(self, queue: Queue) -> None:
        self._queue = queue
        self._loop = queue.services.loop
        self._seconds = queue.config.lock.total_seconds()
        self._held: dict[str, _Held] = {}
        self._waiting: list[_Waiting] = []
        self._states: dict[str, tuple[bytes, float]] = {}

    # Granting --------------------------------------------------------------------------------------------------------

    def accept(self, link: Link, session_id: str) -> None:
        """Give the session to the link and answer its attach.

        Raises:
            AmqpError: when another link holds it.
        """
        if session_id in self._held:
            text = f"The session '{session_id}' cannot be accepted: it is locked by another receiver."
            raise AmqpError(SESSION_TAKEN, text)
        until = time.time() + self._seconds
        timer = self._loop.call_later(self._seconds, self._run_out, session_id)
        self._held[session_id] = _Held(link, until, timer)
        link.session_id = session_id
        self._queue.links.append(link)
        fields = list(link.source.value) + [None] * (_SOURCE_FIELDS - len(link.source.value))
        fields[_SOURCE_FILTER] = {Symbol(FILTER): session_id}
        ticks = int(until * 10_000_000) + _EPOCH_TICKS
        source = Described(link.source.descriptor, fields)
        link.attach(source=source, properties={Symbol(_LOCKED_UNTIL): ticks})
        self._queue.wake()

    def wait(self, link: Link, seconds: float) -> None:
        """Give the link the next free session that has messages; refuse it after `seconds`."""

        def give_up() -> None:
            if self._stop_waiting(link):
                link.refuse(AmqpError(TIMEOUT, "No session became available within the time to wait."))

        self._waiting.append(_Waiting(link, self._loop.call_later(seconds, give_up)))
        self._queue.wake()

    def grant_waiting(self) -> None:
        """Give free sessions to waiting links, the one with the oldest message first."""
        for waiting in list(self._waiting):
            oldest: Message | None = None
            for session_id in self._queue.ready_sessions():
                message = None if session_id in self._held else self._queue.next_ready(session_id)
                if message is not None and (oldest is None or message.sequence < oldest.sequence):
                    oldest = message
            if oldest is None or oldest.session_id is None:
                return
            self._stop_waiting(waiting.link)
            self.accept(waiting.link, oldest.session_id)

    def _stop_waiting(self, link: Link) -> bool:
        found = [waiting for waiting in self._waiting if waiting.link is link]
        for waiting in found:
            waiting.timer.cancel()
            self._waiting.remove(waiting)
        return bool(found)

    # Holding ---------------------------------------------------------------------------------------------------------

    def until(self, session_id: str | None) -> float | None:
        """Return until when the session is held, None when it is not."""
        held = self._held.get(session_id) if session_id is not None else None
        return held.until if held else None

    def held_until(self, session_id: str | None) -> float:
        """Return until when the session is held. Raises AmqpError when nobody holds it."""
        until = self.until(session_id)
        if until is None:
            raise AmqpError(SESSION_LOCK_LOST, "The session lock has expired; accept the session again.")
        return until

    def held(self, token: uuid.UUID) -> Message:
        """Return the message that the token locks; where there are sessions, a lost lock is a lost session.

        Raises:
            AmqpError: when the lock is lost.
        """
        try:
            return self._queue.locks.held(token)
        except AmqpError as error:
            if self._queue.has_sessions and error.condition == MESSAGE_LOCK_LOST:
                raise AmqpError(SESSION_LOCK_LOST, error.description) from error
            raise

    def renew(self, session_id: str) -> float:
        """Hold the session and its messages for another full period; return until when. Raises AmqpError."""
        self.held_until(session_id)
        held = self._held[session_id]
        held.timer.cancel()
        held.timer = self._loop.call_later(self._seconds, self._run_out, session_id)
        held.until = time.time() + self._seconds
        for message in self._queue.locks.of_session(session_id):
            message.locked_until = held.until
        return held.until

    def detached(self, link: Link) -> None:
        """Free what the link held, or stop its waiting; closing a session counts no failed delivery."""
        self._stop_waiting(link)
        session_id = link.session_id
        if session_id is not None and session_id in self._held and self._held[session_id].link is link:
            for message in self._free(session_id):
                settling.offer_again(self._queue, message)

    def _run_out(self, session_id: str) -> None:
        link = self._held[session_id].link
        for message in self._free(session_id):
            settling.failed(self._queue, message)
        link.detach(AmqpError(SESSION_LOCK_LOST, "The session lock has expired; accept the session again."))

    def _free(self, session_id: str) -> list[Message]:
        """Let go of the session; return its messages that were locked, now unlocked."""
        held = self._held.pop(session_id)
        held.timer.cancel()
        if held.link in self._queue.links:
            self._queue.links.remove(held.link)
        messages = list(self._queue.locks.of_session(session_id))
        for message in messages:
            self._queue.locks.unlock(message)
        self._queue.wake()
        return messages

    # State -----------------------------------------------------------------------------------------------------------

    def state(self, session_id: str) -> bytes | None:
        """Return what consumers keep in the session."""
        return self._states.get(session_id, (None, 0.0))[0]

    def set_state(self, session_id: str, state: bytes | None) -> None:
        """Keep `state` in the session; None clears it."""
        if state is None:
            self._states.pop(session_id, None)
            self._queue.services.store.note(Note.SESSION, self._queue.name, session_id, None)
            return
        now = self._queue.services.clock.now()
        self._states[session_id] = (state, now)
        self._queue.services.store.note(Note.SESSION, self._queue.name, session_id, [state, now])

    def restore_state(self, session_id: str, state: bytes, changed_at: float) -> None:
        """Take back a state from the store."""
        self._states[session_id] = (state, changed_at)

    def names(self, *, changed_after: float | None = None) -> list[str]:
        """Return the sessions with messages or state; or those whose state changed after a time."""
        if changed_after is not None:
            return sorted(name for name, (_, changed) in self._states.items() if changed > changed_after)
        having = {message.session_id for message in self._queue.shelf.messages.values()}
        return sorted({name for name in having if name is not None} | set(self._states))

    def purge(self) -> None:
        """Forget all states; links keep their sessions."""
        for session_id in list(self._states):
            self.set_state(session_id, None)
