"""Verdicts from the index tags of blobs, as Microsoft Defender for Storage writes them."""

from collections.abc import AsyncIterator

import pytest

from shared.adapters.blobs import ATTACHMENTS, BlobStore
from shared.adapters.defender import DefenderScanner
from shared.domain.attachment import Stored
from shared.domain.errors import Conflict, Unavailable
from shared.domain.identifiers import AttachmentId
from shared.domain.scan_results import RESULT_TAG
from shared.domain.verdicts import Scan
from tests.builders import NOW
from tests.contract.storage.makers import fresh


async def unread() -> AsyncIterator[bytes]:
    raise AssertionError("it is scanned where it lies")
    yield b""


async def put(store: BlobStore, id_: AttachmentId, content: bytes = b"letter") -> Stored:
    async with store.upload(id_) as upload:
        await upload.write(content)
        return await upload.commit()


async def tag(store: BlobStore, id_: AttachmentId, result: str) -> None:
    """What Defender does once it has scanned."""
    await store._blob(id_, ATTACHMENTS).set_blob_tags({RESULT_TAG: result, "Malware Scanning scan time UTC": "now"})


@pytest.mark.parametrize(
    ("result", "scan"),
    [
        ("No threats found", Scan.CLEAN),
        ("Malicious", Scan.INFECTED),
        ("Error", Scan.NOT_SCANNED),
        ("Not scanned", Scan.NOT_SCANNED),
        ("Scan timed out", Scan.NOT_SCANNED),
        ("anything", Scan.NOT_SCANNED),
    ],
)
async def test_the_tag_is_the_verdict(store: BlobStore, result: str, scan: Scan) -> None:
    """About the version of the bytes that was asked about; the bytes are not read."""
    id_ = AttachmentId(fresh())
    stored = await put(store, id_)
    await tag(store, id_, result)
    verdict = await DefenderScanner(store.tags).scan(unread(), id_=id_, etag=stored.etag, now=NOW)
    assert (verdict.etag, verdict.scan, verdict.reason) == (stored.etag, scan, result)


async def test_without_a_tag_it_has_not_been_scanned_yet(store: BlobStore) -> None:
    """It is asked again in a minute."""
    id_ = AttachmentId(fresh())
    stored = await put(store, id_)
    with pytest.raises(Unavailable) as caught:
        await DefenderScanner(store.tags).scan(unread(), id_=id_, etag=stored.etag, now=NOW)
    assert caught.value.retry_after


async def test_the_tag_of_other_bytes_is_no_verdict(store: BlobStore) -> None:
    """Replaced bytes lose their tags; asked about the old ones, or about none, it is a conflict."""
    id_ = AttachmentId(fresh())
    old = await put(store, id_)
    await tag(store, id_, "No threats found")
    new = await put(store, id_, b"other")
    scanner = DefenderScanner(store.tags)
    with pytest.raises(Conflict):
        await scanner.scan(unread(), id_=id_, etag=old.etag, now=NOW)
    with pytest.raises(Unavailable):
        await scanner.scan(unread(), id_=id_, etag=new.etag, now=NOW)
    with pytest.raises(Conflict):
        await scanner.scan(unread(), id_=AttachmentId(fresh()), etag=new.etag, now=NOW)
