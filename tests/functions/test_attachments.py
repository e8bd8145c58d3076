"""Operations on attachments, and how bytes go in and out."""

import base64
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from functions.http.files import asked_range, disposition
from shared.domain.attachment import AttachmentStatus, External
from shared.domain.changes import HistoryEntry
from shared.domain.errors import DomainError, Refusal
from shared.usecases import attachments, downloading
from shared.usecases.attachments import AttachmentView
from shared.usecases.downloading import Download
from tests import builders
from tests.builders import NOW
from tests.functions.rim import FILE, ID, Rim

BYTES = b"0123456789"
BODY = {"Content-Type": "application/octet-stream"}


def view(**changes: object) -> AttachmentView:
    """A published file that one letter uses."""
    return AttachmentView(attachment=builders.attachment(id=FILE, **changes), correspondence_ids=(ID,))  # type: ignore[arg-type]


def download(name: str = "vedtak.pdf", error: Exception | None = None) -> Download:
    """Ten bytes in pieces of four."""

    async def read(start: int, length: int | None) -> AsyncIterator[bytes]:
        if error is not None:
            raise error
        data = BYTES[start:][:length]
        for at in range(0, len(data), 4):
            yield data[at : at + 4]

    return Download(builders.attachment(id=FILE, file_name=name), builders.stored(sha256="ab" * 32), read)


LINK = External("https://files.example.com/model.zip?a=1&b=2", "ab" * 32)


async def test_what_is_stored_elsewhere_is_shown_with_its_address(rim: Rim) -> None:
    """Of no other file is anything said about another place."""
    rim.stub(attachments, "overview", view(stored=None, external=LINK))
    body = (await rim.get(f"/attachment/{FILE}")).json()
    assert (body["dataLocationUrl"], body["dataLocationDigest"]) == (LINK.url, LINK.sha256)
    rim.stub(attachments, "overview", view())
    assert not {"dataLocationUrl", "dataLocationDigest"} & (await rim.get(f"/attachment/{FILE}")).json().keys()


async def test_a_download_of_what_is_stored_elsewhere_leads_there(rim: Rim) -> None:
    """For the recipient and the sender; the other host is not told where they come from."""
    rim.stub(downloading, "download", LINK)
    rim.stub(attachments, "download_as_sender", LINK)
    for path, caller in (
        (f"/correspondence/{ID}/attachment/{FILE}/download", "recipient"),
        (f"/attachment/{FILE}/download", "sender"),
    ):
        answer = await rim.get(path, caller)
        assert (answer.status_code, answer.headers["location"]) == (302, LINK.url)
        assert answer.headers["referrer-policy"] == "no-referrer"
        assert answer.content == b""


async def test_a_new_attachment_is_answered_with_its_id(rim: Rim) -> None:
    """As a JSON string; the resource loses its prefix."""
    rim.stub(attachments, "initialise_attachment", FILE)
    request = {"resourceId": "urn:altinn:resource:example-letters", "FILENAME": "a.pdf", "sendersReference": "r"}
    answer = await rim.post("/attachment", request)
    assert (answer.status_code, answer.json()) == (200, FILE)
    assert (rim.calls[0][1].resource_id, rim.calls[0][1].file_name) == ("example-letters", "a.pdf")


@pytest.mark.parametrize(
    ("member", "value"),
    [("checksum", "ABC"), ("checksum", "A" * 32), ("sendersReference", ""), ("resourceId", "a:b"), ("fileName", None)],
)
async def test_faulty_metadata_names_the_member(rim: Rim, member: str, value: object) -> None:
    """A checksum is 32 characters in lower case, a reference not blank, a resource without colons."""
    request = {"resourceId": "r", "fileName": "a.pdf", "sendersReference": "r", member: value}
    answer = await rim.post("/attachment", request)
    assert (answer.status_code, list(answer.json()["errors"])) == (400, [member[0].upper() + member[1:]])


async def test_an_upload_reaches_the_use_case_as_a_stream(rim: Rim) -> None:
    """With its length when that is known, None when it is sent in chunks."""
    seen: list[tuple[int | None, bytes]] = []

    async def taking(
        _caller: object, _id: str, chunks: AsyncIterator[bytes], *, content_length: int | None
    ) -> AttachmentView:
        seen.append((content_length, b"".join([chunk async for chunk in chunks])))
        return view(status=AttachmentStatus.UPLOAD_PROCESSING)

    async def chunked() -> AsyncIterator[bytes]:
        yield b"01234"
        yield b"56789"

    rim.stub(attachments, "upload", taking)
    for content in (BYTES, chunked()):
        answer = await rim.send("POST", f"/attachment/{FILE}/upload", headers=BODY, content=content)
        assert (answer.status_code, answer.json()["status"]) == (200, "UploadProcessing")
    assert seen == [(10, BYTES), (None, BYTES)]


async def test_an_upload_must_say_that_it_is_bytes(rim: Rim) -> None:
    """Another type is 415; none at all is taken for bytes."""
    rim.stub(attachments, "upload", view())
    refused = await rim.send("POST", f"/attachment/{FILE}/upload", headers={"Content-Type": "text/plain"}, content=b"x")
    assert refused.status_code == 415
    assert (await rim.send("POST", f"/attachment/{FILE}/upload", content=b"x")).status_code == 200


async def test_an_upload_past_the_server_s_limit_is_413(rim: Rim) -> None:
    """The setting for one request holds for files, too, and the answer names the other ways."""
    rim.app.rules = replace(rim.app.rules, max_request_bytes=5)
    answer = await rim.send("POST", f"/attachment/{FILE}/upload", headers=BODY, content=BYTES)
    assert (answer.status_code, answer.json()["errorCode"]) == (413, 7004)


async def test_the_overview_of_a_file_has_the_contract_s_members(rim: Rim) -> None:
    """With the letters that use it, and its type on the wire."""
    rim.stub(attachments, "overview", view(is_encrypted=True))
    body = (await rim.get(f"/attachment/{FILE}")).json()
    assert list(body) == [
        "resourceId", "sender", "fileName", "displayName", "isEncrypted", "checksum", "sendersReference",
        "expirationInDays", "attachmentId", "status", "statusText", "statusChanged", "correspondenceIds", "dataType",
    ]  # fmt: skip
    assert (body["correspondenceIds"], body["dataType"], body["displayName"]) == ([ID], "application/pdf", None)
    assert body["isEncrypted"] is True


async def test_details_of_a_file_fall_back_to_its_name(rim: Rim) -> None:
    """`displayName` is the file name when none was given; the history is there."""
    history = (HistoryEntry(1, "Initialized", "Initialized", NOW),)
    rim.stub(attachments, "details", replace(view(), history=history))
    body = (await rim.get(f"/attachment/{FILE}/details")).json()
    assert body["displayName"] == "vedtak.pdf"
    assert [entry["status"] for entry in body["statusHistory"]] == ["Initialized"]


async def test_a_deleted_file_is_answered_with_nothing(rim: Rim) -> None:
    """204 without a body."""
    rim.stub(attachments, "delete")
    answer = await rim.send("DELETE", f"/attachment/{FILE}")
    assert (answer.status_code, answer.content) == (204, b"")


async def test_a_recipient_gets_the_bytes_with_type_name_and_digests(rim: Rim) -> None:
    """The whole file: length, strong validator, both digests, and the word that ranges may be asked for."""
    rim.stub(downloading, "download", download())
    answer = await rim.get(f"/correspondence/{ID}/attachment/{FILE}/download", "idporten")
    digest = f"sha-256=:{base64.b64encode(bytes.fromhex('ab' * 32)).decode()}:"
    assert (answer.status_code, answer.content) == (200, BYTES)
    assert answer.headers["content-disposition"] == "inline; filename*=UTF-8''vedtak.pdf"
    assert (answer.headers["content-type"], answer.headers["content-length"]) == ("application/pdf", "10")
    assert (answer.headers["etag"], answer.headers["accept-ranges"]) == ('"0x8DE"', "bytes")
    assert answer.headers["content-digest"] == answer.headers["repr-digest"] == digest
    assert answer.headers["cache-control"] == "no-store"


@pytest.mark.parametrize(
    ("headers", "status", "content"),
    [
        ({"Range": "bytes=2-5"}, 206, b"2345"),
        ({"Range": "bytes=8-"}, 206, b"89"),
        ({"Range": "bytes=-3"}, 206, b"789"),
        ({"Range": "bytes=5-99"}, 206, b"56789"),
        ({"Range": "bytes=10-"}, 416, b""),
        ({"Range": "bytes=0-1,4-5"}, 200, BYTES),
        ({"Range": "bytes=5-2"}, 200, BYTES),
        ({"Range": "BYTES = 2-5"}, 200, BYTES),
        ({"Range": "Bytes=2-5"}, 206, b"2345"),
        ({"Range": "items=2-5"}, 200, BYTES),
        ({"Range": "bytes=-"}, 200, BYTES),
        ({"Range": "bytes=--5"}, 200, BYTES),
        ({"Range": "bytes=2-5-7"}, 200, BYTES),
        ({"Range": "bytes=" + "0" * 5000 + "2-5"}, 206, b"2345"),
        ({"Range": "bytes=2-" + "9" * 5000}, 206, BYTES[2:]),
        ({"Range": "bytes=-" + "9" * 5000}, 206, BYTES),
        ({"Range": "bytes=" + "9" * 5000 + "-"}, 416, b""),
        ({"Range": "bytes=" + ",".join(["0-1"] * 20_000)}, 200, BYTES),
        ({"If-None-Match": '"0x8DE"'}, 304, b""),
        ({"If-None-Match": '"a", W/"0x8DE"', "Range": "bytes=2-5"}, 304, b""),
        ({"If-None-Match": "*"}, 304, b""),
        ({"If-None-Match": '"0x8DF"', "Range": "bytes=2-5"}, 206, b"2345"),
        ({"Range": "bytes=2-5", "If-Range": '"0x8DE"'}, 206, b"2345"),
        ({"Range": "bytes=2-5", "If-Range": '"other"'}, 200, BYTES),
        ({"Range": "bytes=2-5", "If-Range": 'W/"0x8DE"'}, 200, BYTES),
    ],
)
async def test_a_range_is_served_alone(rim: Rim, headers: dict[str, str], status: int, content: bytes) -> None:
    """One range of the same bytes; anything else means the whole file."""
    rim.stub(downloading, "download", download())
    path = f"/correspondence/{ID}/attachment/{FILE}/download"
    answer = await rim.send("GET", path, "portal", headers=headers)
    assert (answer.status_code, answer.content) == (status, content)
    if status == 304:
        assert answer.headers["etag"] == '"0x8DE"'
    if status == 206:
        assert answer.headers["content-range"].endswith("/10")
        assert "content-digest" not in answer.headers
        assert answer.headers["content-length"] == str(len(content))
    if status == 416:
        assert answer.headers["content-range"] == "bytes */10"


async def test_swapped_bytes_are_not_found(rim: Rim) -> None:
    """Nothing of them goes out: 2001 before the first byte."""
    rim.stub(downloading, "download", download(error=DomainError(Refusal.ATTACHMENT_NOT_FOUND)))
    answer = await rim.get(f"/correspondence/{ID}/attachment/{FILE}/download", "recipient")
    assert (answer.status_code, answer.json()["errorCode"]) == (404, 2001)


async def test_a_sender_gets_plain_bytes(rim: Rim) -> None:
    """No disposition, and no type that a browser would open."""
    rim.stub(attachments, "download_as_sender", download())
    answer = await rim.get(f"/attachment/{FILE}/download")
    assert (answer.content, answer.headers["content-type"]) == (BYTES, "application/octet-stream")
    assert "content-disposition" not in answer.headers


@pytest.mark.parametrize(
    ("name", "header"),
    [
        ("bilde.PNG", "inline; filename*=UTF-8''bilde.PNG"),
        ("søknad 1.txt", "attachment; filename=\"s_knad 1.txt\"; filename*=UTF-8''s%C3%B8knad%201.txt"),
    ],
)
def test_a_name_is_told_in_ascii_and_in_full(name: str, header: str) -> None:
    """Old clients read the one, new ones the other."""
    assert disposition(name) == header


def test_an_empty_file_satisfies_no_range() -> None:
    """Not even the last byte of nothing."""
    assert asked_range("bytes=0-", 0) == (0, 0)
    assert asked_range("bytes=-5", 0) == (0, 0)
    assert asked_range("bytes=-0", 10) == (10, 0)
