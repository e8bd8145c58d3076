"""The built-in scanner: the test file wherever it is, and never clean without having seen everything."""

import tracemalloc
import zipfile
from collections.abc import AsyncIterator

import pytest

from shared.adapters.archives import Bounds
from shared.adapters.scanner import BuiltinScanner
from shared.domain.identifiers import AttachmentId
from shared.domain.verdicts import Scan
from tests.builders import NOW, new_id
from tests.wrappings import EICAR, encrypted, nested, zipped

ETAG = "0x8DE"
FILE = AttachmentId(new_id("file"))


async def pieces(content: bytes, size: int = 64 * 1024) -> AsyncIterator[bytes]:
    for start in range(0, len(content), size):
        yield content[start : start + size]


async def verdict(content: bytes, *, size: int = 64 * 1024, bounds: Bounds | None = None) -> Scan:
    said = await BuiltinScanner(bounds or Bounds()).scan(pieces(content, size), id_=FILE, etag=ETAG, now=NOW)
    assert (said.etag, said.at) == (ETAG, NOW)
    assert said.reason
    return said.scan


@pytest.mark.parametrize("content", [b"", b"PK", b"a", b"hello", EICAR[:-1], b"PK\x03", EICAR[1:] + EICAR[:-1]])
async def test_harmless_bytes_are_clean(content: bytes) -> None:
    """Also none at all, and parts of the test file."""
    assert await verdict(content) is Scan.CLEAN


@pytest.mark.parametrize("size", [1, 7, 67, 68, 69, 1000])
async def test_the_test_file_is_found_across_borders(size: int) -> None:
    """In the middle of other bytes, however they are cut."""
    assert await verdict(b"x" * 150 + EICAR + b"y" * 150, size=size) is Scan.INFECTED


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
@pytest.mark.parametrize("size", [3, 64 * 1024])
async def test_the_test_file_is_found_in_an_archive(method: int, size: int) -> None:
    """By any method of compression, in any member; an archive without it is clean."""
    big = b"0123456789" * 300 * (1 if size < 10 else 100)
    assert await verdict(zipped(b"a", big + EICAR + big, method=method), size=size) is Scan.INFECTED
    assert await verdict(zipped(b"a", big, b"", method=method), size=size) is Scan.CLEAN
    assert await verdict(zipped()) is Scan.CLEAN


@pytest.mark.parametrize(("depth", "found"), [(1, Scan.INFECTED), (3, Scan.INFECTED), (4, Scan.NOT_SCANNED)])
async def test_archives_in_archives_are_opened_three_deep(depth: int, found: Scan) -> None:
    """Deeper ones are not scanned, and so not clean."""
    assert await verdict(nested(EICAR, depth)) is found
    assert await verdict(nested(b"harmless", depth)) is (Scan.CLEAN if depth <= 3 else Scan.NOT_SCANNED)


@pytest.mark.parametrize(
    ("content", "bounds"),
    [
        (zipped(b"x" * 2000), Bounds(unpacked_bytes=1999)),
        (zipped(b"x" * 1500, b"y" * 1500), Bounds(unpacked_bytes=2999)),
        (zipped(bytes(range(256)) * 10), Bounds(archive_bytes=100)),
        (zipped(b"a", b"b", b"c"), Bounds(members=2)),
        (encrypted(b"secret"), Bounds()),
        (zipped(b"x" * 5000)[:-30], Bounds()),
        (b"PK\x03\x04" + b"no archive at all" * 10, Bounds()),
        (zipped(zipped(b"x" * 5000)[:-30]), Bounds()),
    ],
)
async def test_what_cannot_be_seen_is_not_scanned(content: bytes, bounds: Bounds) -> None:
    """Too large, too many, encrypted, cut off or no archive behind its sign: never clean."""
    assert await verdict(content, size=50, bounds=bounds) is Scan.NOT_SCANNED


async def test_a_damaged_member_is_not_scanned() -> None:
    """Bytes changed inside a compressed member do not pass."""
    damaged = bytearray(zipped(bytes(range(256)) * 50, method=zipfile.ZIP_STORED))
    damaged[500] ^= 0xFF
    assert await verdict(bytes(damaged)) is Scan.NOT_SCANNED


async def test_a_finding_outweighs_what_was_not_seen() -> None:
    """An encrypted or too deep member beside the test file: infected."""
    content = zipped(nested(b"x", 4), encrypted(b"x"), EICAR)
    assert await verdict(content) is Scan.INFECTED


async def test_memory_stays_flat() -> None:
    """64 MB go through with less than 4 MB held."""

    async def many() -> AsyncIterator[bytes]:
        for _ in range(64):
            yield bytes(1024 * 1024)

    tracemalloc.start()
    try:
        said = await BuiltinScanner().scan(many(), id_=FILE, etag=ETAG, now=NOW)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert said.scan is Scan.CLEAN
    assert peak < 4 * 1024 * 1024
