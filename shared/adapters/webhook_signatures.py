"""Keys and signatures of Standard Webhooks: HMAC-SHA256 (v1), or Ed25519 (v1a). Source: its specification."""

import base64
import hashlib
import hmac
import secrets
from collections.abc import Sequence
from datetime import datetime
from typing import assert_never

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from shared.domain.subscription import Keys, Signing

_SECRET_BYTES = 32


def new_keys(signing: Signing) -> Keys:
    """Keys that nobody has had."""
    secret = secrets.token_bytes(_SECRET_BYTES)
    match signing:
        case Signing.HMAC:
            return Keys(secret)
        case Signing.ED25519:
            return Keys(secret, Ed25519PrivateKey.from_private_bytes(secret).public_key().public_bytes_raw())
        case other:
            assert_never(other)


def signature_headers(
    signing: Signing, keys: Sequence[bytes], event_id: str, body: bytes, now: datetime
) -> dict[str, str]:
    """The headers of a delivery, with one signature over `id.timestamp.body` by each of the secret keys."""
    timestamp = str(int(now.timestamp()))
    signed = b".".join((event_id.encode(), timestamp.encode(), body))
    signatures = " ".join(_signature(signing, key, signed) for key in keys)
    return {"webhook-id": event_id, "webhook-timestamp": timestamp, "webhook-signature": signatures}


def _signature(signing: Signing, key: bytes, signed: bytes) -> str:
    match signing:
        case Signing.HMAC:
            return "v1," + _base64(hmac.digest(key, signed, hashlib.sha256))
        case Signing.ED25519:
            return "v1a," + _base64(Ed25519PrivateKey.from_private_bytes(key).sign(signed))
        case other:
            assert_never(other)


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode()
