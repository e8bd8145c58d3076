"""Opening, downloading, confirming, purging, by those who may, and refused to those who may not."""

from typing import Any

import pytest

from local.demo import letters
from local.demo.client import Api, Services, ids_of
from local.demo.receiving import statuses
from local.demo.story import sha256
from tests.e2e.seeing import dialog_when, events_when, number_of


def _published(agency: Api, *recipients: str, reference: str, **more: Any) -> str:
    (id_,) = agency.sent(letters.letter(*recipients, reference=reference, **more))
    agency.until_status(id_, "Published")
    return id_


def _refused(api: Api, method: str, path: str) -> tuple[int, int | None]:
    answer = api.call(method, path)
    return answer.status_code, number_of(answer.json())


def test_looking_is_fetched_and_opening_is_read(agency: Api, kari: Api, reference: str) -> None:
    """Fetched stands in the history only; Read shows as the status, with its time."""
    id_ = _published(agency, letters.KARI, reference=reference)
    assert kari.overview(id_)["status"] == "Published"
    assert "Fetched" in statuses(kari.details(id_))
    assert "vedtak" in kari.content(id_)
    seen = kari.overview(id_)
    assert seen["status"] == "Read"
    assert seen["read"]


def test_a_sender_leaves_no_trace_and_sees_no_content(agency: Api, reference: str) -> None:
    """After publication the sender sees the placeholder, and looking is not Fetched."""
    id_ = _published(agency, letters.KARI, reference=reference)
    assert agency.overview(id_)["content"] == {
        "language": "no",
        "messageTitle": "",
        "messageSummary": "",
        "messageBody": "",
        "attachments": [],
    }
    assert statuses(agency.details(id_)) == ["Initialized", "ReadyForPublish", "Published"]


def test_reading_and_confirming_need_a_look_first(agency: Api, kari: Api, reference: str) -> None:
    """1024 and 1025 before Fetched, 1040 and 1041 the second time."""
    id_ = _published(agency, letters.KARI, reference=reference)
    at = f"/correspondence/{id_}"
    assert _refused(kari, "POST", f"{at}/markasread") == (400, 1024)
    assert _refused(kari, "POST", f"{at}/confirm") == (400, 1025)
    kari.overview(id_)
    assert kari.call("POST", f"{at}/markasread").json() == id_
    assert kari.confirm(id_) == id_
    assert _refused(kari, "POST", f"{at}/markasread") == (400, 1040)
    assert _refused(kari, "POST", f"{at}/confirm") == (400, 1041)
    assert kari.overview(id_)["status"] == "Confirmed"


def test_what_the_recipient_does_is_told_in_the_dialog_and_by_webhook(
    agency: Api, kari: Api, services: Services, reference: str
) -> None:
    """Read and confirmed: once as an event to the sender, once in the dialog's log."""
    secret = agency.subscribe(services.hook_url(reference), letters.QUIET)["secret"]
    now = services.now()
    id_ = _published(agency, letters.KARI, reference=reference, resource=letters.QUIET, **letters.confirmation(now))
    kari.overview(id_)
    kari.content(id_)
    kari.content(id_)
    kari.confirm(id_)
    found = events_when(services, reference, secret, id_, "correspondencereceiverconfirmed")
    kinds = [event["type"].rsplit(".", 1)[-1] for event in found]
    assert kinds.count("correspondencereceiverread") == 1
    assert kinds.count("correspondencereceiverconfirmed") == 1
    dialog = dialog_when(services, agency, id_, "CorrespondenceConfirmed")
    assert [entry["type"] for entry in dialog["activities"]] == ["CorrespondenceOpened", "CorrespondenceConfirmed"]
    assert dialog["status"] == "NotApplicable"


def test_purging_removes_it_for_everybody(agency: Api, kari: Api, services: Services, reference: str) -> None:
    """Not before a needed confirmation; then it is gone, its dialog deleted, its sender told."""
    secret = agency.subscribe(services.hook_url(reference), letters.QUIET)["secret"]
    now = services.now()
    id_ = _published(agency, letters.KARI, reference=reference, resource=letters.QUIET, **letters.confirmation(now))
    at = f"/correspondence/{id_}"
    kari.overview(id_)
    assert _refused(kari, "DELETE", f"{at}/purge") == (400, 1026)
    kari.confirm(id_)
    dialog = dialog_when(services, agency, id_, "CorrespondenceConfirmed")
    assert kari.purge(id_) == id_
    assert _refused(kari, "GET", at) == (404, 1001)
    assert _refused(kari, "GET", f"{at}/content") == (404, 1001)
    assert _refused(agency, "GET", at) == (404, 1001)
    assert _refused(kari, "DELETE", f"{at}/purge") == (400, 1014)
    events_when(services, reference, secret, id_, "correspondencepurged")
    assert services.dialog(dialog["id"])["deletedAt"]


def test_a_sender_cannot_withdraw_what_is_published(agency: Api, reference: str) -> None:
    """1013."""
    id_ = _published(agency, letters.KARI, reference=reference)
    assert _refused(agency, "DELETE", f"/correspondence/{id_}/purge") == (400, 1013)


def test_an_unknown_id_is_not_found(kari: Api) -> None:
    """404 with 1001, before any question of access."""
    assert _refused(kari, "GET", "/correspondence/01900000-0000-7000-8000-000000000000") == (404, 1001)


def test_nobody_else_reads_it(agency: Api, una: Api, business: Api, other_agency: Api, reference: str) -> None:
    """401 with 4001 for another person, a business and another agency, and none of them finds it."""
    id_ = _published(agency, letters.KARI, reference=reference)
    for stranger in (una, business, other_agency):
        assert _refused(stranger, "GET", f"/correspondence/{id_}") == (401, 4001)
    assert _refused(una, "GET", f"/correspondence/{id_}/content") == (401, 4001)
    assert _refused(una, "POST", f"/correspondence/{id_}/confirm") == (401, 4001)
    assert una.search(letters.LETTERS, "Recipient", sendersReference=reference) == []


def test_whoever_runs_a_business_reads_for_it(agency: Api, business: Api, kari: Api, una: Api, reference: str) -> None:
    """The business itself and its manager; nobody else."""
    id_ = _published(agency, letters.BUSINESS, reference=reference)
    assert business.overview(id_)["content"]["messageTitle"] == f"Vedtak {reference}"
    assert "vedtak" in kari.content(id_)
    assert _refused(una, "GET", f"/correspondence/{id_}") == (401, 4001)


def test_attachments_can_need_a_right_of_their_own(agency: Api, business: Api, kari: Api, reference: str) -> None:
    """The business reads the message, and only its manager the files."""
    message = letters.letter(letters.BUSINESS, reference=reference, resource="example-attachments")
    content = letters.pdf(1000)
    answer = agency.send_form(letters.with_files(message, "a.pdf"), [("a.pdf", content)])
    (id_,) = ids_of(answer)
    (file,) = answer.json()["attachmentIds"]
    agency.until_status(id_, "Published")
    assert business.overview(id_)["content"]["messageTitle"]
    refused = business.download(id_, file)
    assert (refused.status_code, number_of(refused.json())) == (401, 4001)
    assert kari.download(id_, file).content == content


@pytest.fixture
def downloadable(agency: Api, reference: str) -> tuple[str, str, bytes]:
    """A published message with a file of 100,000 bytes: its id, the file's id and bytes."""
    content = letters.pdf(100_000)
    message = letters.with_files(letters.letter(letters.KARI, reference=reference), "vedtak øst.pdf")
    answer = agency.send_form(message, [("vedtak øst.pdf", content)])
    (id_,) = ids_of(answer)
    agency.until_status(id_, "Published")
    return id_, answer.json()["attachmentIds"][0], content


def test_a_download_gives_the_same_bytes(kari: Api, downloadable: tuple[str, str, bytes]) -> None:
    """With length, type, name, ETag and digest; never stored by caches."""
    id_, file, content = downloadable
    answer = kari.download(id_, file)
    assert sha256(answer.content) == sha256(content)
    headers = answer.headers
    assert headers["content-length"] == "100000"
    assert headers["content-type"] == "application/pdf"
    assert headers["content-disposition"] == "inline; filename*=UTF-8''vedtak%20%C3%B8st.pdf"
    assert headers["etag"].startswith('"')
    assert headers["content-digest"].startswith("sha-256=:")
    assert headers["cache-control"] == "no-store"


@pytest.mark.parametrize(
    ("wanted", "start", "end"), [("bytes=0-0", 0, 1), ("bytes=99990-", 99_990, 100_000), ("bytes=-10", 99_990, 100_000)]
)
def test_a_range_gives_a_part(
    kari: Api, downloadable: tuple[str, str, bytes], wanted: str, start: int, end: int
) -> None:
    """206 with the bytes asked for."""
    id_, file, content = downloadable
    answer = kari.download(id_, file, Range=wanted)
    assert answer.status_code == 206
    assert answer.content == content[start:end]
    assert answer.headers["content-range"] == f"bytes {start}-{end - 1}/100000"


def test_a_range_outside_the_file_cannot_be_satisfied(kari: Api, downloadable: tuple[str, str, bytes]) -> None:
    """416; with a stale If-Range all of it comes."""
    id_, file, content = downloadable
    assert kari.download(id_, file, Range="bytes=100000-").status_code == 416
    whole = kari.download(id_, file, Range="bytes=0-9", If_Range='"stale"')
    assert (whole.status_code, len(whole.content)) == (200, len(content))


def test_every_download_is_noted_and_told_once(
    agency: Api, kari: Api, downloadable: tuple[str, str, bytes], services: Services
) -> None:
    """A status each time, an activity in the dialog for the first."""
    id_, file, _ = downloadable
    kari.download(id_, file)
    kari.download(id_, file)
    assert statuses(kari.details(id_)).count("AttachmentsDownloaded") == 2
    dialog = dialog_when(services, agency, id_, "Information")
    assert [entry["type"] for entry in dialog["activities"]].count("Information") == 1


def test_a_sender_downloads_only_before_publication(agency: Api, downloadable: tuple[str, str, bytes]) -> None:
    """2016 once a correspondence with it is published."""
    _, file, _ = downloadable
    assert _refused(agency, "GET", f"/attachment/{file}/download") == (400, 2016)


def test_an_attachment_in_use_cannot_be_deleted(agency: Api, downloadable: tuple[str, str, bytes]) -> None:
    """2007; one that nobody uses goes with 204, and is refused afterwards."""
    _, file, _ = downloadable
    assert _refused(agency, "DELETE", f"/attachment/{file}") == (400, 2007)
    unused = agency.announce(letters.attachment("a.txt"))
    agency.upload(unused, b"text")
    agency.until_scanned(unused)
    assert agency.call("DELETE", f"/attachment/{unused}").status_code == 204
    assert _refused(agency, "DELETE", f"/attachment/{unused}") == (400, 2006)
