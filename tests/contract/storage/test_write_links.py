"""Links that write one blob, at the real storage: what they can do, and all that they cannot."""

import base64
import hashlib
from collections.abc import AsyncIterator
from datetime import timedelta

import httpx
import pytest

from shared.adapters.blobs import ATTACHMENTS, BlobStore
from shared.domain.identifiers import AttachmentId
from shared.ports import WriteLink
from tests.contract.storage.makers import PERMIT, fresh

CONTENT = b"%PDF-1.7 " + bytes(range(256)) * 4000
HEADERS = {"x-ms-blob-type": "BlockBlob"}
HOUR = timedelta(hours=1)


@pytest.fixture
async def http() -> AsyncIterator[httpx.AsyncClient]:
    """A client that knows nothing but the link."""
    async with httpx.AsyncClient(trust_env=False) as client:
        yield client


async def linked(store: BlobStore, *, lifetime: timedelta = HOUR) -> tuple[AttachmentId, WriteLink]:
    """A new blob's link."""
    id_ = AttachmentId(fresh())
    return id_, await store.write_link(id_, lifetime=lifetime)


async def put_block(http: httpx.AsyncClient, link: WriteLink, number: int, block: bytes) -> str:
    name = base64.b64encode(f"{number:06d}".encode()).decode()
    params = {**dict(httpx.URL(link.url).params), "comp": "block", "blockid": name}
    answer = await http.put(link.url, params=params, content=block)
    assert answer.status_code == 201
    return name


async def test_one_put_writes_the_blob(store: BlobStore, http: httpx.AsyncClient) -> None:
    """As often as it is used, until it expires."""
    id_, link = await linked(store)
    for content in (b"first", CONTENT):
        assert (await http.put(link.url, headers=HEADERS, content=content)).status_code == 201
    found = await store.current(id_)
    assert found is not None
    assert b"".join([piece async for piece in store.read(id_, found, PERMIT)]) == CONTENT


async def test_blocks_write_the_blob(store: BlobStore, http: httpx.AsyncClient) -> None:
    """In any order, put together by their list."""
    id_, link = await linked(store)
    parts = [CONTENT[start : start + 300_000] for start in range(0, len(CONTENT), 300_000)]
    names = {number: await put_block(http, link, number, parts[number]) for number in reversed(range(len(parts)))}
    listed = "".join(f"<Latest>{names[number]}</Latest>" for number in range(len(parts)))
    params = {**dict(httpx.URL(link.url).params), "comp": "blocklist"}
    answer = await http.put(link.url, params=params, content=f"<BlockList>{listed}</BlockList>")
    assert answer.status_code == 201
    found = await store.current(id_)
    assert found is not None
    digest = hashlib.sha256()
    async for piece in store.read(id_, found, PERMIT):
        digest.update(piece)
    assert digest.digest() == hashlib.sha256(CONTENT).digest()


async def test_it_writes_this_blob_and_does_nothing_else(store: BlobStore, http: httpx.AsyncClient) -> None:
    """It cannot read, delete, list, tag, or write another one."""
    id_, link = await linked(store)
    assert (await http.put(link.url, headers=HEADERS, content=CONTENT)).status_code == 201
    other = link.url.replace(id_, fresh())
    container, _, token = link.url.partition(f"/{id_}?")
    refused = [
        await http.get(link.url),
        await http.head(link.url),
        await http.delete(link.url),
        await http.put(other, headers=HEADERS, content=b"x"),
        await http.get(f"{container}?restype=container&comp=list&{token}"),
    ]
    assert {answer.status_code for answer in refused} <= {403, 404}
    found = await store.current(id_)
    assert found is not None
    assert found.size == len(CONTENT)


async def test_it_expires(store: BlobStore, http: httpx.AsyncClient) -> None:
    """By the storage's clock."""
    id_, link = await linked(store, lifetime=timedelta(seconds=-60))
    assert (await http.put(link.url, headers=HEADERS, content=CONTENT)).status_code == 403
    assert await store.current(id_) is None


async def test_what_is_discarded_leaves_no_block_behind(store: BlobStore, http: httpx.AsyncClient) -> None:
    """Neither blocks that were never committed nor the blob; done twice is done once."""
    id_, link = await linked(store)
    await put_block(http, link, 0, CONTENT)
    blob = store._blob(id_)
    assert len((await blob.get_block_list("all"))[1]) == 1
    for _ in range(2):
        await store.discard(id_)
    assert await store.current(id_) is None
    service = store._service
    assert service is not None
    names = [
        found.name
        async for found in service.get_container_client(ATTACHMENTS).list_blobs(include=["uncommittedblobs"])
        if found.name == id_
    ]
    assert names == []


async def test_the_address_is_in_no_text(store: BlobStore) -> None:
    """Whoever has it can write: it stays out of logs."""
    _, link = await linked(store)
    assert "sig=" in link.url
    assert "sig=" not in repr(link)
