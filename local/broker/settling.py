"""What becomes of a message once it was delivered, or was not in time.

Source: Service Bus documentation, Message transfers, locks, and settlement; Dead-letter queues.
"""

from __future__ import annotations

import logging
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from local.broker.message import Message, State, arriving, with_changes
from local.broker.protocol import NOT_ALLOWED, AmqpError

if TYPE_CHECKING:
    import uuid

    from local.broker.queues import Queue
    from local.broker.values import Value

log = logging.getLogger(__name__)

REASON: Final = "DeadLetterReason"
DESCRIPTION: Final = "DeadLetterErrorDescription"
MAX_HOPS: Final = 4


def complete(queue: Queue, token: uuid.UUID) -> None:
    """Remove the message. Raises AmqpError when the lock is lost, as all of these do."""
    message = queue.sessions.held(token)
    queue.locks.unlock(message)
    queue.shelf.drop(message)


def release(queue: Queue, token: uuid.UUID) -> None:
    """Let the message be delivered again, as if it had not been."""
    message = queue.sessions.held(token)
    queue.locks.unlock(message)
    offer_again(queue, message)


def abandon(queue: Queue, token: uuid.UUID, changes: dict[str, Value] | None = None) -> None:
    """Count a failed delivery and let the message be delivered again, or dead-letter it."""
    message = _changed(queue, token, changes)
    failed(queue, message)


def defer(queue: Queue, token: uuid.UUID, changes: dict[str, Value] | None = None) -> None:
    """Set the message aside: from now on it is received by its sequence number only."""
    message = _changed(queue, token, changes)
    message.state = State.DEFERRED
    message.failed_deliveries += 1
    queue.shelf.put(message)


def dead_letter(
    queue: Queue,
    token: uuid.UUID,
    reason: str | None,
    description: str | None,
    changes: dict[str, Value] | None = None,
) -> None:
    """Move the message to the dead-letter queue."""
    if queue.dead_letters is None:
        raise AmqpError(NOT_ALLOWED, "A message of a dead-letter queue cannot be dead-lettered.")
    bury(queue, _changed(queue, token, changes), reason, description)


def _changed(queue: Queue, token: uuid.UUID, changes: dict[str, Value] | None) -> Message:
    """Return the message, unlocked, with application properties that the receiver has changed."""
    message = queue.sessions.held(token)
    queue.locks.unlock(message)
    if changes:
        message = with_changes(message, changes)
        queue.shelf.put(message)
    return message


def failed(queue: Queue, message: Message) -> None:
    """Count a failed delivery of an unlocked message; offer it again, or dead-letter it at the limit."""
    message.failed_deliveries += 1
    if queue.dead_letters is not None and message.failed_deliveries >= queue.config.max_delivery_count:
        text = f"Message could not be consumed after {message.failed_deliveries} delivery attempts."
        bury(queue, message, "MaxDeliveryCountExceeded", text)
        return
    queue.shelf.put(message)
    offer_again(queue, message)


def offer_again(queue: Queue, message: Message) -> None:
    """Let an unlocked message be delivered again; a deferred one stays aside."""
    if message.state is State.ACTIVE and message.sequence in queue.shelf.messages:
        queue.offer(message)


def expire(queue: Queue, message: Message) -> None:
    """Dead-letter or remove a message that has outlived its time."""
    if queue.config.dead_letter_on_expiry and queue.dead_letters is not None:
        bury(queue, message, "TTLExpiredException", "The message expired and was dead lettered.")
    else:
        queue.shelf.drop(message)


def bury(queue: Queue, message: Message, reason: str | None, description: str | None) -> None:
    """Move an unlocked message to the dead-letter queue, or to where dead letters are forwarded."""
    queue.shelf.drop(message)
    told = {key: value for key, value in ((REASON, reason), (DESCRIPTION, description)) if value is not None}
    letter = replace(arriving(with_changes(message, told)), failed_deliveries=message.failed_deliveries)
    target = queue.config.forward_dead_letters_to
    if target and message.hops < MAX_HOPS:
        onward = replace(letter, dead_letter_source=queue.name, failed_deliveries=0, hops=message.hops + 1)
        try:
            queue.services.forward(target, onward)
        except AmqpError as error:
            log.warning("broker.forward_refused", extra={"entity": queue.name, "condition": error.condition})
        else:
            return
    assert queue.dead_letters is not None
    queue.dead_letters.enqueue(letter)


def forward(queue: Queue, target: str, message: Message) -> None:
    """Pass the message on; what the target refuses, or has travelled too far, becomes a dead letter here."""
    if message.hops >= MAX_HOPS:
        text = f"A message may be forwarded {MAX_HOPS} times at most."
        bury(queue, message, "MaxTransferHopCountExceeded", text)
        return
    try:
        queue.services.forward(target, replace(arriving(message), hops=message.hops + 1))
    except AmqpError as error:
        bury(queue, message, error.condition, error.description)
