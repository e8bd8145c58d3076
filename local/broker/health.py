"""Answers `GET /health` on the broker's own port, so that a start script can ask without speaking AMQP.

The official emulator answers the same on a port of its own.
"""

from typing import Final

_BODY: Final = b'{"status":"healthy","message":"Service is healthy."}'
_ANSWER: Final = (
    b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\n"
    b"Content-Length: " + str(len(_BODY)).encode() + b"\r\n\r\n" + _BODY
)


def answer(first_bytes: bytes) -> bytes | None:
    """Return an HTTP answer if a connection that began with these eight bytes asks for the health, else None."""
    return _ANSWER if first_bytes == b"GET /hea" else None
