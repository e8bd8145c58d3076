"""Ranges of a stored file over the whole way: the header as it is asked, the answer as it is sent."""

import base64
import hashlib
import random

import pytest
from fastapi import Request, Response

from functions.http.files import bytes_for_recipient
from shared.domain.attachment import Stored
from shared.domain.identifiers import AttachmentId
from shared.ports import Blobs
from shared.usecases.downloading import Download
from tests import builders
from tests.contract.storage.makers import PERMIT, fresh

MIB = 1024 * 1024
SIZE = 9 * MIB + 123


def request(**headers: str) -> Request:
    """A request with these headers."""
    raw = [(name.replace("_", "-").lower().encode(), text.encode()) for name, text in headers.items()]
    return Request({"type": "http", "method": "GET", "path": "/", "headers": raw})


async def put(blobs: Blobs, content: bytes) -> Download:
    """The content, stored and ready to be read."""
    id_ = AttachmentId(fresh())
    async with blobs.upload(id_) as upload:
        await upload.write(content)
        stored: Stored = await upload.commit()
    attachment = builders.attachment(id=id_, file_name="a.pdf", stored=stored)
    return Download(
        attachment, stored, lambda start, length: blobs.read(id_, stored, PERMIT, start=start, length=length)
    )


async def body(answer: Response) -> bytes:
    return b"".join([piece async for piece in answer.body_iterator])  # type: ignore[attr-defined]


def asked(chance: random.Random) -> tuple[str, int, int]:
    """A header, and the first and last byte that it stands for; now and then a long range, or the end of the file."""
    length = chance.randint(1, 6 * MIB) if chance.random() < 0.02 else chance.randint(1, 70_000)
    match chance.randrange(4):
        case 0:
            return f"bytes=-{length}", SIZE - length, SIZE - 1
        case 1:
            return f"bytes={SIZE - length}-", SIZE - length, SIZE - 1
        case 2:
            return f"bytes={SIZE - length}-{SIZE + length}", SIZE - length, SIZE - 1
        case _:
            first = chance.randrange(SIZE)
            last = min(first + length, SIZE) - 1
            return f"bytes={first}-{last}", first, last


async def test_a_thousand_ranges_are_the_bytes(blobs: Blobs) -> None:
    """Each to the byte, with its length and its place; the digest is that of the whole."""
    content = random.Random(1).randbytes(SIZE)
    download, chance = await put(blobs, content), random.Random(2)
    digest = f"sha-256=:{base64.b64encode(hashlib.sha256(content).digest()).decode()}:"
    for _ in range(1000):
        header, first, last = asked(chance)
        answer = await bytes_for_recipient(download, request(range=header))
        assert await body(answer) == content[first : last + 1], header
        assert answer.status_code == 206
        assert answer.headers["content-range"] == f"bytes {first}-{last}/{SIZE}"
        assert answer.headers["content-length"] == str(last - first + 1)
        assert answer.headers["repr-digest"] == digest
        assert "content-digest" not in answer.headers


async def test_a_download_that_broke_off_goes_on_where_it_stopped(blobs: Blobs) -> None:
    """As long as it is the same version; else all of it comes again."""
    content = random.Random(3).randbytes(100_000)
    download = await put(blobs, content)
    first = await bytes_for_recipient(download, request())
    got = (await body(first))[:40_000]
    rest = await bytes_for_recipient(download, request(range="bytes=40000-", if_range=first.headers["etag"]))
    assert (rest.status_code, got + await body(rest)) == (206, content)
    other = await bytes_for_recipient(download, request(range="bytes=40000-", if_range='"other"'))
    assert (other.status_code, await body(other)) == (200, content)


@pytest.mark.parametrize("header", ["bytes=100-", "bytes=-0", "bytes=" + "9" * 100_000 + "-"])
async def test_a_range_outside_the_file_is_told_its_size(blobs: Blobs, header: str) -> None:
    """416, and not a byte."""
    download = await put(blobs, bytes(100))
    answer = await bytes_for_recipient(download, request(range=header))
    assert (answer.status_code, answer.headers["content-range"]) == (416, "bytes */100")
