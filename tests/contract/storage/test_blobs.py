"""The port Blobs: what both the fake and the real container do, and how the real one uploads."""

import hashlib
import tracemalloc
from contextlib import aclosing
from dataclasses import replace

import pytest

from shared.adapters.blobs import BlobStore
from shared.domain.attachment import Stored
from shared.domain.errors import Conflict, Unavailable
from shared.domain.identifiers import AttachmentId
from shared.ports import Blobs
from tests.contract.storage.faults import FaultyTransport
from tests.contract.storage.makers import PERMIT, fresh

MIB = 1024 * 1024


def _bytes(size: int, seed: str = "") -> bytes:
    """So many bytes that differ from place to place."""
    block = hashlib.shake_256(seed.encode()).digest(min(size, 99_991))
    return (block * (size // max(len(block), 1) + 1))[:size]


async def _put(blobs: Blobs, id_: AttachmentId, content: bytes, *, step: int = 300_000) -> Stored:
    async with blobs.upload(id_) as upload:
        for start in range(0, len(content), step):
            await upload.write(content[start : start + step])
        return await upload.commit()


async def _get(blobs: Blobs, id_: AttachmentId, stored: Stored, start: int = 0, length: int | None = None) -> bytes:
    return b"".join([piece async for piece in blobs.read(id_, stored, PERMIT, start=start, length=length)])


@pytest.mark.parametrize("size", [0, 1, 4 * MIB, 8 * MIB, 8 * MIB + 1, 17 * MIB + 5])
async def test_what_was_committed_is_read(blobs: Blobs, size: int) -> None:
    """Of any size, with both digests, under the ETag that lies there."""
    id_, content = AttachmentId(fresh()), _bytes(size)
    stored = await _put(blobs, id_, content)
    assert (stored.size, stored.sha256) == (size, hashlib.sha256(content).hexdigest())
    assert stored.md5 == hashlib.md5(content, usedforsecurity=False).hexdigest()
    assert await blobs.current(id_) == replace(stored, sha256="")
    assert '"' not in stored.etag
    assert await _get(blobs, id_, stored) == content


async def test_pieces_are_of_four_mebibytes_at_most(blobs: Blobs) -> None:
    """Nine mebibytes come as three pieces."""
    id_ = AttachmentId(fresh())
    stored = await _put(blobs, id_, _bytes(9 * MIB))
    assert [len(piece) async for piece in blobs.read(id_, stored, PERMIT)] == [4 * MIB, 4 * MIB, MIB]


async def test_any_range_is_read(blobs: Blobs) -> None:
    """To the byte, over pieces; an empty one is empty; one outside the file is a mistake of the caller."""
    id_, content = AttachmentId(fresh()), _bytes(9 * MIB)
    stored = await _put(blobs, id_, content)
    for start, length in (
        (0, 1),
        (4 * MIB - 1, 2),
        (MIB, 7 * MIB),
        (9 * MIB - 1, 1),
        (5, None),
        (9 * MIB, None),
        (3, 0),
    ):
        end = len(content) if length is None else start + length
        assert await _get(blobs, id_, stored, start, length) == content[start:end]
    for start, length in ((-1, 1), (0, 9 * MIB + 1), (9 * MIB + 1, None), (5, -1)):
        with pytest.raises(ValueError, match="outside"):
            blobs.read(id_, stored, PERMIT, start=start, length=length)


async def test_swapped_bytes_are_never_served(blobs: Blobs) -> None:
    """Whoever puts other bytes there, before or while they are read: Conflict."""
    id_ = AttachmentId(fresh())
    stored = await _put(blobs, id_, _bytes(13 * MIB))
    async with aclosing(blobs.read(id_, stored, PERMIT)) as pieces:  # type: ignore[type-var]
        assert await anext(pieces)
        await _put(blobs, id_, _bytes(13 * MIB, "other"))
        with pytest.raises(Conflict):
            _ = [piece async for piece in pieces]
    with pytest.raises(Conflict):
        await _get(blobs, id_, stored)


async def test_deleted_bytes_are_a_conflict_to_read(blobs: Blobs) -> None:
    """Deleting twice is fine; nothing lies there afterwards."""
    id_ = AttachmentId(fresh())
    stored = await _put(blobs, id_, b"content")
    await blobs.delete(id_)
    await blobs.delete(id_)
    assert await blobs.current(id_) is None
    with pytest.raises(Conflict):
        await _get(blobs, id_, stored)


async def test_only_the_very_bytes_are_deleted(blobs: Blobs) -> None:
    """What was put there meanwhile stays; the bytes that are meant go; none at all is fine."""
    id_ = AttachmentId(fresh())
    old = await _put(blobs, id_, b"old")
    new = await _put(blobs, id_, b"new")
    await blobs.delete(id_, etag=old.etag)
    assert await _get(blobs, id_, new) == b"new"
    await blobs.delete(id_, etag=new.etag)
    await blobs.delete(id_, etag=new.etag)
    assert await blobs.current(id_) is None


async def test_an_upload_that_is_left_leaves_nothing(blobs: Blobs) -> None:
    """A caller who goes away, or fails in the middle: no blob."""
    id_ = AttachmentId(fresh())
    async with blobs.upload(id_) as upload:
        await upload.write(_bytes(9 * MIB))
    with pytest.raises(ConnectionResetError):
        await _cut(blobs, id_)
    assert await blobs.current(id_) is None


async def test_an_upload_that_is_left_keeps_what_was_there(blobs: Blobs) -> None:
    """The earlier bytes are still served, under their ETag."""
    id_ = AttachmentId(fresh())
    stored = await _put(blobs, id_, b"the first")
    with pytest.raises(ConnectionResetError):
        await _cut(blobs, id_)
    assert await _get(blobs, id_, stored) == b"the first"


async def test_nothing_is_read_without_a_permit(blobs: Blobs) -> None:
    """It is refused at the call, before anybody reads."""
    nothing: object = None
    with pytest.raises(TypeError):
        blobs.read(AttachmentId("x"), Stored("e", 1, "", ""), nothing)  # type: ignore[arg-type]


async def test_of_two_uploads_side_by_side_neither_mixes_with_the_other(store: BlobStore) -> None:
    """The one that commits last either replaces the whole or is told; the bytes are always one upload's."""
    id_ = AttachmentId(fresh())
    one, two = _bytes(9 * MIB, "one"), _bytes(9 * MIB, "two")
    async with store.upload(id_) as first, store.upload(id_) as second:
        await first.write(one)
        await second.write(two)
        stored = await first.commit()
        assert await _get(store, id_, stored) == one
        try:
            stored = await second.commit()
        except Conflict:
            assert await _get(store, id_, stored) == one
        else:
            assert await _get(store, id_, stored) == two


async def test_a_block_that_does_not_arrive_fails_the_upload(store: BlobStore, blob_faults: FaultyTransport) -> None:
    """It is Unavailable after a few tries, and nothing is committed."""
    id_ = AttachmentId(fresh())
    await _put(store, id_, b"the container is there")
    await store.delete(id_)
    for _ in range(20):
        blob_faults.refuse(lambda method, url: method == "PUT")
    with pytest.raises(Unavailable):
        await _put(store, id_, _bytes(20 * MIB))
    blob_faults.clear()
    assert await store.current(id_) is None


async def test_a_lost_answer_to_the_commit_is_asked_for_again(store: BlobStore, blob_faults: FaultyTransport) -> None:
    """The same blocks committed a second time are the same bytes, and the ETag is the one that lies there."""
    id_, content = AttachmentId(fresh()), _bytes(9 * MIB)
    blob_faults.lose_answer(lambda method, url: method == "PUT" and "comp=blocklist" in url)
    stored = await _put(store, id_, content)
    assert await store.current(id_) == replace(stored, sha256="")
    assert await _get(store, id_, stored) == content


async def test_memory_does_not_grow_with_the_file(store: BlobStore) -> None:
    """Sixty-four mebibytes go up and come down in less memory than they are."""
    id_, chunk = AttachmentId(fresh()), _bytes(MIB)
    await _put(store, id_, chunk)
    tracemalloc.start()
    try:
        async with store.upload(id_) as upload:
            for _ in range(64):
                await upload.write(chunk)
            stored = await upload.commit()
        size = 0
        async for piece in store.read(id_, stored, PERMIT):
            size += len(piece)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert size == stored.size == 64 * MIB
    assert peak < 60 * MIB


async def _cut(blobs: Blobs, id_: AttachmentId) -> None:
    async with blobs.upload(id_) as upload:
        await upload.write(_bytes(9 * MIB, "cut"))
        raise ConnectionResetError
