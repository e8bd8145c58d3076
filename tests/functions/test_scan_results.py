"""The webhook for results of scans: who may call it, what it understands, what it answers."""

import copy
import json
from typing import Any

import pytest

from functions.http import composition
from shared.domain.errors import DomainError, Refusal
from shared.domain.policy import Issuer, Scope, Subject
from shared.domain.scan_results import ScanResult
from shared.domain.verdicts import Scan
from shared.usecases import scanning
from tests.builders import NOW
from tests.functions.rim import FILE, Rim

PATH = "/webhooks/malwarescanresults"
SECRET = "s" * 32
EVENT: dict[str, Any] = {
    "id": "52d00da0-8f1a-4c3c-aa2c-24831967356b",
    "topic": "/subscriptions/0/resourceGroups/1/providers/Microsoft.EventGrid/topics/scans",
    "subject": f"storageAccounts/files/containers/attachments/blobs/{FILE}",
    "data": {
        "correlationId": "52d00da0-8f1a-4c3c-aa2c-24831967356b",
        "blobUri": f"https://files.blob.core.windows.net/attachments/{FILE}",
        "eTag": '"0x8DB4C9327B08CBF"',
        "scanFinishedTimeUtc": "2026-05-04T11:31:54.0481279Z",
        "scanResultType": "No threats found",
        "scanResultDetails": None,
    },
    "eventType": "Microsoft.Security.MalwareScanningResult",
    "dataVersion": "1.0",
    "metadataVersion": "1",
    "eventTime": "2026-05-04T11:31:54.0481279Z",
}
HANDSHAKE = {
    "id": "1",
    "eventType": "Microsoft.EventGrid.SubscriptionValidationEvent",
    "data": {"validationCode": "the-code", "validationUrl": "https://eventgrid.example/validate"},
}


def event(**data: Any) -> dict[str, Any]:
    changed = copy.deepcopy(EVENT)
    changed["data"] |= data
    return changed


@pytest.fixture(autouse=True)
def known_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    """The secret that is known."""
    teller = Subject(issuer=Issuer.ENTRA, scopes=frozenset({Scope.EVENT_GRID}))
    monkeypatch.setattr(composition, "subject_by_secret", lambda _, secret: teller if secret == SECRET else None)


async def told(rim: Rim, body: object, who: str = "event-grid") -> tuple[int, str]:
    answer = await rim.post(PATH, body, who)
    return answer.status_code, answer.text


@pytest.mark.parametrize("wrapped", [True, False])
@pytest.mark.parametrize(
    ("kind", "details", "scan", "reason"),
    [
        ("No threats found", None, Scan.CLEAN, "No threats found"),
        ("no threats FOUND", None, Scan.CLEAN, "no threats FOUND"),
        ("Malicious", {"malwareNamesFound": ["DOS/EICAR"], "sha256": "27"}, Scan.INFECTED, "Malicious: DOS/EICAR"),
        ("Error", {"errorMessage": "SAM259201"}, Scan.NOT_SCANNED, "SAM259201"),
        ("Not scanned", {"notScannedReason": "SAM259206: too large"}, Scan.NOT_SCANNED, "SAM259206: too large"),
        ("Scan timed out", None, Scan.NOT_SCANNED, "Scan timed out"),
        ("No threats found, maybe", None, Scan.NOT_SCANNED, "No threats found, maybe"),
        ("", None, Scan.NOT_SCANNED, "No result"),
    ],
)
async def test_a_result_is_recorded(
    rim: Rim, kind: str, details: object, scan: Scan, reason: str, wrapped: bool
) -> None:
    """About the blob and the version that the event names; only the exact clean result is clean."""
    rim.stub(scanning, "record_result")
    body: object = event(scanResultType=kind, scanResultDetails=details)
    assert (await told(rim, [body] if wrapped else body))[0] == 200
    [(result,)] = rim.calls
    assert (result.blob_name, result.etag) == (FILE, "0x8DB4C9327B08CBF")
    verdict = result.verdict(now=NOW)
    assert (verdict.etag, verdict.scan, verdict.reason) == ("0x8DB4C9327B08CBF", scan, reason)


async def test_several_results_are_all_recorded_and_the_first_refusal_is_answered(rim: Rim) -> None:
    """One that is refused holds no other up."""

    async def picky(result: ScanResult) -> None:
        if result.blob_name == "gone":
            raise DomainError(Refusal.ATTACHMENT_NOT_FOUND)

    rim.stub(scanning, "record_result", picky)
    uris = [f"https://files.example/attachments/{name}" for name in (FILE, "gone", FILE + "?x=1", FILE + "/")]
    status, text = await told(rim, [event(blobUri=uri) for uri in uris])
    assert (status, json.loads(text)["errorCode"]) == (404, 2001)
    assert [result.blob_name for (result,) in rim.calls] == [FILE, "gone", FILE, FILE]


@pytest.mark.parametrize("wrapped", [True, False])
async def test_the_handshake_is_answered(rim: Rim, wrapped: bool) -> None:
    """With the code it came with."""
    answer = await rim.post(PATH, [HANDSHAKE] if wrapped else HANDSHAKE, "event-grid")
    assert (answer.status_code, answer.json()) == (200, {"validationResponse": "the-code"})


@pytest.mark.parametrize(
    "body",
    [
        [],
        {},
        [[]],
        [None],
        "text",
        17,
        {"eventType": "Microsoft.Storage.BlobCreated", "data": {}},
        {"eventType": 5, "data": {}},
        {"eventType": EVENT["eventType"]},
        {"eventType": EVENT["eventType"], "data": []},
        {**HANDSHAKE, "data": {}},
        {**HANDSHAKE, "data": {"validationCode": ""}},
        event(blobUri=None),
        event(blobUri=5),
        event(correlationId=None),
        event(scanResultType=None),
        event(scanResultDetails="text"),
        event(eTag=5),
        event(blobUri="https://files.example/attachments/\x00"),
        [EVENT, {"eventType": "another"}],
    ],
)
async def test_what_is_no_event_is_refused_and_nothing_recorded(rim: Rim, body: object) -> None:
    """400 with a text that holds nothing of the body."""
    rim.stub(scanning, "record_result")
    answer = await rim.post(PATH, body, "event-grid")
    assert answer.status_code == 400
    assert answer.headers["content-type"].startswith("text/plain")
    assert answer.text
    assert not rim.calls


@pytest.mark.parametrize("content", [b"", b"{", b"\xff\xfe", b"[" * 100_000, b'{"eventType":'])
async def test_what_is_no_json_is_refused(rim: Rim, content: bytes) -> None:
    """400, however it is broken."""
    headers = {"Content_Type": "application/json"}
    answer = await rim.send("POST", PATH, "event-grid", headers=headers, content=content)
    assert answer.status_code == 400


async def test_details_must_be_there_but_may_be_null(rim: Rim) -> None:
    """As the wire contract says."""
    rim.stub(scanning, "record_result")
    without = event()
    del without["data"]["scanResultDetails"]
    assert (await told(rim, without))[0] == 400
    assert (await told(rim, event(scanResultDetails=None)))[0] == 200


@pytest.mark.parametrize("body", [EVENT, HANDSHAKE])
@pytest.mark.parametrize(
    ("who", "headers", "query", "status"),
    [
        ("", {}, "", 401),
        ("unknown", {}, "", 401),
        ("sender", {}, "", 403),
        ("other-application", {}, "", 403),
        ("event-grid", {}, "", 200),
        ("", {"X_Webhook_Secret": SECRET}, "", 200),
        ("", {}, f"?secret={SECRET}", 200),
        ("", {"X_Webhook_Secret": "wrong"}, "", 401),
        ("", {}, "?secret=wrong", 401),
        ("event-grid", {"X_Webhook_Secret": "wrong"}, "", 401),
        ("", {"X_Webhook_Secret": ""}, "?secret=", 401),
    ],
)
async def test_only_event_grid_is_heard(
    rim: Rim, body: object, who: str, headers: dict[str, str], query: str, status: int
) -> None:
    """By its token from Entra, or by the shared secret; the handshake too."""
    rim.stub(scanning, "record_result")
    answer = await rim.send("POST", PATH + query, who, headers=headers, json=body)
    assert answer.status_code == status


async def test_a_secret_opens_no_other_operation(rim: Rim) -> None:
    """It is not even looked at."""
    answer = await rim.get(f"/attachment/{FILE}", "", X_Webhook_Secret=SECRET)
    assert answer.status_code == 401
