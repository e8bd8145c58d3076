"""Keys of partitions and rows: what may stand in them, and how they sort."""

import hashlib
import re
from datetime import UTC, datetime, timedelta

from shared.adapters.months import in_utc

_NOT_PLAIN = re.compile(r"[^A-Za-z0-9\-_.:@]")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_LATEST = 10**17  # Microseconds; the year 5138.


def escape(text: str) -> str:
    """The text as it can stand in a key: every sign with a meaning there (`/ \\ # ? %`…) as `~` and its hex bytes."""
    return _NOT_PLAIN.sub(lambda match: "".join(f"~{byte:02x}" for byte in match[0].encode()), text)


def spread(id_: str) -> str:
    """The partition of an aggregate: four hex digits of its hash in front spread ids that grow with time."""
    return f"{hashlib.sha256(id_.encode()).hexdigest()[:4]}-{id_}"


def shard_of(text: str, shards: int) -> int:
    """Which of so many shards this belongs to; always the same one."""
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:4], "big") % shards


def short_hash(text: str) -> str:
    """32 hex digits that stand for a text of any length."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:32]


def reversed_time(at: datetime, *, earlier: int = 0) -> str:
    """17 digits that sort the newest first, for the time so many microseconds earlier.

    Exact from 1970 to 5138; times beyond are taken for the nearest of these.
    """
    micros = (in_utc(at) - _EPOCH) // timedelta(microseconds=1) - earlier
    return f"{min(max(_LATEST - micros, 0), _LATEST - 1):017d}"


def time_of(reversed_: str) -> datetime:
    """The time that `reversed_time` made these digits of."""
    return _EPOCH + timedelta(microseconds=_LATEST - int(reversed_))


def after_prefix(prefix: str) -> str:
    """The first key that sorts after all keys with this prefix."""
    return prefix[:-1] + chr(ord(prefix[-1]) + 1)
