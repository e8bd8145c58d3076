"""Who holds which message of one entity, and until when. Locks run in real time and are not kept over a restart."""

import time
import uuid
from asyncio import AbstractEventLoop
from collections.abc import Callable, Iterator

from local.broker.message import Message
from local.broker.protocol import MESSAGE_LOCK_LOST, AmqpError


class Locks:
    """The message locks of one entity."""

    def __init__(self, loop: AbstractEventLoop, seconds: float, on_expiry: Callable[[Message], None]) -> None:
        """Call `on_expiry` with each message whose lock has run out, once it is unlocked."""
        self._loop = loop
        self._seconds = seconds
        self._on_expiry = on_expiry
        self._held: dict[uuid.UUID, Message] = {}

    def lock(self, message: Message, *, until: float | None = None) -> uuid.UUID:
        """Lock the message and return the token; with `until`, somebody else (a session) ends the lock."""
        token = message.lock_token = uuid.uuid4()
        self._held[token] = message
        if until is None:
            message.locked_until = time.time() + self._seconds
            message.lock_timer = self._loop.call_later(self._seconds, self._run_out, token)
        else:
            message.locked_until = until
        return token

    def unlock(self, message: Message) -> None:
        """Take the lock away."""
        if message.lock_token is not None:
            self._held.pop(message.lock_token, None)
        if message.lock_timer is not None:
            message.lock_timer.cancel()
        message.lock_token = message.locked_until = message.lock_timer = None

    def held(self, token: uuid.UUID) -> Message:
        """Return the message that the token locks.

        Raises:
            AmqpError: when the lock has run out or the message is settled.
        """
        message = self._held.get(token)
        if message is None:
            text = "The lock supplied is invalid. Either the lock expired, or the message has already been removed."
            raise AmqpError(MESSAGE_LOCK_LOST, text)
        return message

    def renew(self, token: uuid.UUID) -> float:
        """Lock for another full period; return until when. Raises AmqpError when the lock is lost."""
        message = self.held(token)
        if message.lock_timer is not None:
            message.lock_timer.cancel()
            message.lock_timer = self._loop.call_later(self._seconds, self._run_out, token)
            message.locked_until = time.time() + self._seconds
        assert message.locked_until is not None
        return message.locked_until

    def of_session(self, session_id: str) -> Iterator[Message]:
        """Yield the locked messages of a session."""
        return iter([message for message in self._held.values() if message.session_id == session_id])

    def clear(self) -> None:
        """Take all locks away."""
        for message in list(self._held.values()):
            self.unlock(message)

    def _run_out(self, token: uuid.UUID) -> None:
        message = self._held.get(token)
        if message is not None:
            self.unlock(message)
            self._on_expiry(message)
