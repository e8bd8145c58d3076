"""Secrets at rest: AES-256-GCM under one key, bound to what they belong to."""

import secrets

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

_NONCE_BYTES = 12


class SealBroken(Exception):
    """A sealed secret was made under another key, belongs to something else, or was changed."""


def sealed(key: bytes, secret: bytes, belongs_to: str) -> bytes:
    """The secret, to be opened with the same key (32 bytes) and the same owner only."""
    nonce = secrets.token_bytes(_NONCE_BYTES)
    return nonce + AESGCM(key).encrypt(nonce, secret, belongs_to.encode())


def opened(key: bytes, box: bytes, belongs_to: str) -> bytes:
    """The secret in a box of `sealed`. Raises SealBroken."""
    try:
        return AESGCM(key).decrypt(box[:_NONCE_BYTES], box[_NONCE_BYTES:], belongs_to.encode())
    except (InvalidTag, ValueError) as error:
        raise SealBroken from error
