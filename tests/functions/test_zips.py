"""All files of a letter as one ZIP, on the wire."""

import asyncio
import io
import zipfile
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import pytest

from functions.http.zips import zip_for_recipient
from shared.domain.errors import DomainError, Refusal
from shared.usecases import downloading
from shared.usecases.downloading import Download, DownloadAll
from tests import builders
from tests.functions.rim import ID, Rim

PATH = f"/correspondence/{ID}/attachments/downloadall"
MIB = 1024 * 1024
SWAPPED = DomainError(Refusal.ATTACHMENT_NOT_FOUND)


def file(name: str, content: bytes, *, step: int = 4 * MIB, **changes: Any) -> Download:
    """A file in pieces of this size."""

    async def read(start: int, length: int | None) -> AsyncIterator[bytes]:
        for at in range(start, len(content), step):
            await asyncio.sleep(0)
            yield content[at : at + step]

    attachment = builders.attachment(file_name=name, **changes)
    return Download(attachment, builders.stored(size=len(content)), read)


def failing(name: str, error: Exception) -> Download:
    """A file that cannot be read."""

    async def read(start: int, length: int | None) -> AsyncIterator[bytes]:
        raise error
        yield b""

    return Download(builders.attachment(file_name=name), builders.stored(), read)


async def test_the_zip_has_every_file_as_it_is(rim: Rim) -> None:
    """Stored, under names of their own, with the length said beforehand; every reader can open it."""
    files = (file("søknad.pdf", b"one", step=1), file("SØKNAD.PDF", b"two"), file("x" * 300 + ".txt", b"3" * 5000))
    rim.stub(downloading, "download_all", DownloadAll("vedtak.zip", files))
    answer = await rim.get(PATH, "idporten")
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/zip")
    assert answer.headers["content-length"] == str(len(answer.content))
    assert answer.headers["content-disposition"] == "attachment; filename=\"vedtak.zip\"; filename*=UTF-8''vedtak.zip"
    assert answer.headers["cache-control"] == "no-store"
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        assert archive.testzip() is None
        assert archive.namelist() == ["søknad.pdf", "SØKNAD(1).PDF", "x" * 251 + ".txt"]
        assert [archive.read(name) for name in archive.namelist()] == [b"one", b"two", b"3" * 5000]
        assert {entry.compress_type for entry in archive.infolist()} == {zipfile.ZIP_STORED}
        assert archive.infolist()[0].date_time == builders.NOW.timetuple()[:6]


async def test_a_file_older_than_zip_has_the_earliest_time(rim: Rim) -> None:
    """1980 instead of a failure."""
    old = file("a.pdf", b"x", created=datetime(1970, 1, 1, tzinfo=UTC))
    rim.stub(downloading, "download_all", DownloadAll("a.zip", (old,)))
    with zipfile.ZipFile(io.BytesIO((await rim.get(PATH, "recipient")).content)) as archive:
        assert archive.infolist()[0].date_time[0] == 1980


@pytest.mark.parametrize(
    "refusal",
    [Refusal.ATTACHMENT_PURGED, Refusal.ATTACHMENT_EXPIRED, Refusal.ZIP_TOO_LARGE, Refusal.NO_ACCESS],
)
async def test_a_refusal_has_its_number(rim: Rim, refusal: Refusal) -> None:
    """As a problem, not as a broken archive."""
    rim.stub(downloading, "download_all", DomainError(refusal))
    assert (await rim.get(PATH, "recipient")).json()["errorCode"] == refusal.number


async def test_a_fault_before_the_first_byte_still_has_a_status(rim: Rim) -> None:
    """The first file cannot be read: 404, not half an archive."""
    rim.stub(
        downloading,
        "download_all",
        DownloadAll("a.zip", (failing("a.pdf", SWAPPED), file("b.pdf", b"b"))),
    )
    assert (await rim.get(PATH, "recipient")).json()["errorCode"] == 2001


async def test_a_fault_in_the_middle_breaks_the_answer_off() -> None:
    """Shorter than it said: no client takes it for whole."""
    download = DownloadAll("a.zip", (file("a.pdf", b"a" * 100), failing("b.pdf", SWAPPED)))
    answer = await zip_for_recipient(download)
    taken = bytearray()
    with pytest.raises(DomainError):
        async for piece in answer.body_iterator:  # type: ignore[attr-defined]
            taken += piece
    assert 100 < len(taken) < int(answer.headers["content-length"])


async def test_the_next_files_are_read_ahead_and_never_too_many() -> None:
    """Eight small ones, or eight mebibytes."""
    begun: list[int] = []

    def noted(number: int, size: int) -> Download:
        async def read(start: int, length: int | None) -> AsyncIterator[bytes]:
            begun.append(number)
            yield bytes(size)

        return Download(builders.attachment(file_name=f"{number}.pdf"), builders.stored(size=size), read)

    for size, ahead in ((10, 8), (4 * MIB, 2), (9 * MIB, 1)):
        begun.clear()
        answer = await zip_for_recipient(DownloadAll("a.zip", tuple(noted(n, size) for n in range(20))))
        assert begun == list(range(ahead))
        total = sum([len(piece) async for piece in answer.body_iterator])  # type: ignore[attr-defined]
        assert total == int(answer.headers["content-length"])
        assert begun == list(range(20))


async def test_a_client_who_leaves_ends_the_reading() -> None:
    """What was begun ahead is given up."""
    ended: list[str] = []

    def held(name: str) -> Download:
        async def read(start: int, length: int | None) -> AsyncIterator[bytes]:
            try:
                if name != "0.pdf":
                    await asyncio.Event().wait()
                yield b"x" * 10
            finally:
                ended.append(name)

        return Download(builders.attachment(file_name=name), builders.stored(), read)

    answer = await zip_for_recipient(DownloadAll("a.zip", tuple(held(f"{n}.pdf") for n in range(3))))
    pieces = answer.body_iterator  # type: ignore[attr-defined]
    assert await anext(pieces)
    await pieces.aclose()
    for _ in range(20):
        await asyncio.sleep(0)
    assert {"1.pdf", "2.pdf"} <= set(ended)
