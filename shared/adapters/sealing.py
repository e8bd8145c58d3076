"""Secrets at rest and tokens that are given away: AES-256-GCM under one key, bound to what they belong to."""

import base64
import binascii
import hmac
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


class Tokens:
    """Fulfils the port Seals, under a key of its own that is derived from this one (32 bytes)."""

    def __init__(self, key: bytes) -> None:
        self._key = hmac.digest(key, b"tokens that are given away", "sha256")

    def seal(self, text: str, *, belongs_to: str) -> str:
        """The text as a token for a URL."""
        return base64.urlsafe_b64encode(sealed(self._key, text.encode(), belongs_to)).decode().rstrip("=")

    def open(self, token: str, *, belongs_to: str) -> str | None:
        """The text of such a token, None for any other."""
        try:
            box = base64.b64decode(token + "=" * (-len(token) % 4), b"-_", validate=True)
            return opened(self._key, box, belongs_to).decode()
        except (SealBroken, binascii.Error, ValueError):
            return None
