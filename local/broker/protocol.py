"""Names and numbers of the protocol, and how it says no.

Source: OASIS AMQP 1.0, part 2.7 (performatives) and 3.4 (delivery states); Service Bus' own error conditions.
"""

from typing import Final

from local.broker.values import Described, Symbol, Ulong, Value

OPEN, BEGIN, ATTACH, FLOW, TRANSFER, DISPOSITION, DETACH, END, CLOSE = range(0x10, 0x19)
SASL_MECHANISMS, SASL_INIT, SASL_OUTCOME = 0x40, 0x41, 0x44
ACCEPTED, REJECTED, RELEASED, MODIFIED = 0x24, 0x25, 0x26, 0x27
ERROR: Final = 0x1D
COORDINATOR: Final = 0x30
AMQP_HEADER: Final = b"AMQP\x00\x01\x00\x00"
SASL_HEADER: Final = b"AMQP\x03\x01\x00\x00"
EMPTY_FRAME: Final = b"\x00\x00\x00\x08\x02\x00\x00\x00"

MAX_FRAME: Final = 1 << 20  # What we offer; the peer's own limit rules what we send.
MAX_MESSAGE: Final = 1 << 20
MAX_BATCH: Final = 256 * 1024
WINDOW: Final = 1 << 20  # Frames.
IDLE_TIMEOUT_MS: Final = 240_000  # Service Bus' own value; the client sends an empty frame at half of it.
MAX_HANDLE: Final = 4095

NOT_FOUND: Final = "amqp:not-found"
NOT_ALLOWED: Final = "amqp:not-allowed"
NOT_IMPLEMENTED: Final = "amqp:not-implemented"
INTERNAL_ERROR: Final = "amqp:internal-error"
DECODE_ERROR: Final = "amqp:decode-error"
TOO_LARGE: Final = "amqp:link:message-size-exceeded"
FORCED: Final = "amqp:connection:forced"
ARGUMENT_ERROR: Final = "com.microsoft:argument-error"
TIMEOUT: Final = "com.microsoft:timeout"
MESSAGE_LOCK_LOST: Final = "com.microsoft:message-lock-lost"
MESSAGE_NOT_FOUND: Final = "com.microsoft:message-not-found"
SESSION_LOCK_LOST: Final = "com.microsoft:session-lock-lost"
SESSION_TAKEN: Final = "com.microsoft:session-cannot-be-locked"
ALREADY_EXISTS: Final = "com.microsoft:entity-already-exists"


class AmqpError(Exception):
    """What the broker refuses: a condition that the client turns into its exception, and a sentence."""

    def __init__(self, condition: str, description: str) -> None:
        super().__init__(f"{condition}: {description}")
        self.condition = condition
        self.description = description

    def value(self) -> Described:
        """Return the error for the wire, always of three fields: the client's sender reads the third without asking."""
        return Described(Ulong(ERROR), [Symbol(self.condition), self.description, None])


def outcome(code: int, *fields: Value) -> Described:
    """Return a delivery state."""
    return Described(Ulong(code), list(fields))


def rejected(error: AmqpError) -> Described:
    """Return the delivery state that says `error`."""
    return outcome(REJECTED, error.value())


def padded(fields: list[Value], size: int) -> list[Value]:
    """Return `fields` with the empty ones that the peer left out at the end."""
    return fields + [None] * (size - len(fields))
