"""Addresses, paths and messages of the blob trigger."""

import pytest

from local.host.blobs import Sighting, locate, path_values, read_sighting
from local.host.queues import decode, encode


@pytest.mark.parametrize(
    ("url", "account", "found"),
    [
        ("http://127.0.0.1:1/acc/box/a/b%20c", "http://127.0.0.1:1/acc/", ("box", "a/b c")),
        ("https://x.blob.core.windows.net/box/a/b", "https://x.blob.core.windows.net/", ("box", "a/b")),
        ("http://127.0.0.1:1/acc/acc/acc/x", "http://127.0.0.1:1/acc", ("acc", "acc/x")),
    ],
)
def test_blob_is_located(url: str, account: str, found: tuple[str, str]) -> None:
    """Container and name are taken from an address, whether or not the account is part of the path."""
    assert locate(url, account) == found


@pytest.mark.parametrize("url", ["http://127.0.0.1:1/acc/box", "http://127.0.0.1:1/acc/", "nonsense"])
def test_address_without_blob_is_refused(url: str) -> None:
    """An address that names no blob is refused."""
    with pytest.raises(ValueError, match="names no blob"):
        locate(url, "http://127.0.0.1:1/acc")


@pytest.mark.parametrize(
    ("pattern", "path", "values"),
    [
        ("box/{name}", "box/a/b.txt", {"name": "a/b.txt"}),
        ("box/{folder}/{name}.txt", "box/a/b.txt", {"folder": "a", "name": "b"}),
        ("box/{name}.txt", "box/a.bin", None),
        ("box", "box/a", {}),
        ("box/{name}", "other/a", None),
    ],
)
def test_path_gives_values(pattern: str, path: str, values: dict[str, str] | None) -> None:
    """Placeholders of a trigger's path take their values from the blob's; a path that does not fit gives none."""
    assert path_values(pattern, path) == values


def test_sighting_survives_its_message() -> None:
    """A sighting is read as it was written, and anything else is none."""
    sighting = Sighting("Host.Functions.scan", "box", "a/ø", "0x8D")
    assert read_sighting(sighting.document()) == sighting
    for content in ("", "[]", "7", "{}", b"\xff"):
        assert read_sighting(content) is None


@pytest.mark.parametrize(
    ("content", "value"), [(encode(b"text"), "text"), (encode(b"\xff"), b"\xff"), ("no base64!", "no base64!")]
)
def test_queue_messages_are_decoded(content: str, value: str | bytes) -> None:
    """Queue messages are base64 by default; others are taken as they stand."""
    assert decode(content) == value
