"""How the real host presents a Service Bus message to a function: its body and the trigger metadata beside it."""

from __future__ import annotations

import json
import uuid
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from azure.servicebus import ServiceBusReceivedMessage

from local.host.protos import Message, quoted, untyped


def body(message: ServiceBusReceivedMessage) -> str | bytes:
    """Give the body as text when it is UTF-8, else as bytes."""
    content = message.body
    data = content if isinstance(content, bytes) else b"".join(content)
    try:
        return data.decode()
    except UnicodeDecodeError:
        return data


def bodies(messages: Sequence[ServiceBusReceivedMessage]) -> list[str] | list[bytes]:
    """Give the bodies of a batch, all as text, or all as bytes when one is no text."""
    found = [body(message) for message in messages]
    if all(isinstance(item, str) for item in found):
        return [str(item) for item in found]
    return [item.encode() if isinstance(item, str) else item for item in found]


def metadata(message: ServiceBusReceivedMessage) -> dict[str, Any]:
    """Give the metadata of one message; what the message does not carry is None and is left out later.

    The SDK counts earlier deliveries, the real host this one too, hence the one that is added.
    """
    properties = {_text(name): _plain(value) for name, value in (message.application_properties or {}).items()}
    return {
        "MessageId": message.message_id,
        "ContentType": message.content_type,
        "CorrelationId": message.correlation_id,
        "Subject": message.subject,
        "Label": message.subject,
        "To": message.to,
        "ReplyTo": message.reply_to,
        "ReplyToSessionId": message.reply_to_session_id,
        "SessionId": message.session_id,
        "PartitionKey": message.partition_key,
        "DeliveryCount": (message.delivery_count or 0) + 1,
        "SequenceNumber": message.sequence_number,
        "EnqueuedSequenceNumber": message.enqueued_sequence_number,
        "LockToken": str(message.lock_token) if message.lock_token else None,
        "DeadLetterSource": message.dead_letter_source,
        "DeadLetterReason": message.dead_letter_reason,
        "DeadLetterErrorDescription": message.dead_letter_error_description,
        "EnqueuedTimeUtc": _time(message.enqueued_time_utc),
        "EnqueuedTime": _time(message.enqueued_time_utc),
        "ExpiresAtUtc": _time(message.expires_at_utc),
        "ExpiresAt": _time(message.expires_at_utc),
        "LockedUntil": _time(message.locked_until_utc),
        "ApplicationProperties": properties,
        "UserProperties": properties,
    }


def by_hand() -> dict[str, Any]:
    """Give the metadata of a message that nobody sent: what a function run by hand sees."""
    return {
        "MessageId": str(uuid.uuid4()),
        "DeliveryCount": 1,
        "SequenceNumber": 0,
        "EnqueuedTimeUtc": _time(datetime.now(UTC)),
        "LockToken": str(uuid.UUID(int=0)),
        "ApplicationProperties": {},
        "UserProperties": {},
    }


def batch_metadata(messages: Sequence[ServiceBusReceivedMessage]) -> dict[str, Any]:
    """Give the metadata of a batch: each name with `Array` behind it, and one value per message."""
    rows = [metadata(message) for message in messages]
    arrays = {f"{name}Array": [_unwrapped(row[name]) for row in rows] for name in rows[0]}
    # As JSON: a list of texts would travel as a collection, which the runtime's converter expects for bodies only.
    return {name: Message(json=json.dumps(values)) for name, values in arrays.items()}


def _unwrapped(value: Any) -> Any:
    return untyped(value) if isinstance(value, Message) else value


def _time(moment: datetime | None) -> Message | None:
    return quoted(moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")) if moment else None


def _text(value: str | bytes) -> str:
    return value.decode(errors="replace") if isinstance(value, bytes) else value


def _plain(value: Any) -> Any:
    if isinstance(value, bytes):
        return _text(value)
    if isinstance(value, datetime):
        return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    return value if isinstance(value, (str, int, float, bool, type(None))) else str(value)
