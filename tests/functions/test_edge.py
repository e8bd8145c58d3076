"""The rim of every operation: who is let in, in which order things are refused, and in which words."""

import json
import logging
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from functions.http.edge import STATUS
from functions.http.operation import Policy, admits, must_be_exchanged
from shared.domain.errors import (
    Conflict,
    DomainError,
    ErrorKind,
    FieldError,
    InvalidRequest,
    Refusal,
    Rejected,
    Unavailable,
)
from shared.usecases import acting, initialise, reading, searching
from shared.usecases.searching import Found
from tests.functions.rim import CALLERS, ID, Rim, letter

ADMITTED = {
    Policy.PUBLIC: set(CALLERS),
    Policy.SENDER: {"sender", "owner-maskinporten"},
    Policy.RECIPIENT: {"recipient", "reading-dialog"},
    Policy.SENDER_OR_RECIPIENT: {
        "sender",
        "owner-maskinporten",
        "recipient",
        "reading-dialog",
        "reading-maskinporten",
    },
    Policy.DOWNLOAD: {"recipient", "portal", "idporten", "reading-dialog", "other-dialog"},
    Policy.NOTIFICATION_CHECK: {"checker"},
    Policy.FORWARD_CHECK: {"forward-checker"},
    Policy.SUBSCRIBER: {"subscriber"},
    Policy.MAINTENANCE: {"maintainer"},
    Policy.SCAN_RESULTS: {"event-grid"},
    Policy.NOTIFICATION_REPORTS: {"event-grid"},
}


@pytest.mark.parametrize("policy", Policy)
def test_each_policy_admits_exactly_its_callers(policy: Policy) -> None:
    """A policy goes by the issuer's kind and the scopes, as the wire contract lists them."""
    assert {name for name, subject in CALLERS.items() if admits(policy, subject)} == ADMITTED[policy]


def test_every_kind_of_refusal_has_a_status() -> None:
    """No refusal can fall through to a 500 by mistake."""
    assert set(STATUS) == set(ErrorKind)


async def test_a_missing_or_invalid_token_is_401_with_a_challenge(rim: Rim) -> None:
    """Both look the same from outside, and say which scheme is wanted."""
    for who in ("", "unknown"):
        answer = await rim.get(f"/correspondence/{ID}", who)
        assert (answer.status_code, answer.headers["www-authenticate"], answer.content) == (401, "Bearer", b"")


async def test_a_token_without_the_scope_is_403(rim: Rim) -> None:
    """An insufficient token is told so without a body."""
    answer = await rim.get(f"/correspondence/{ID}", "nobody")
    assert (answer.status_code, answer.content) == (403, b"")


async def test_a_raw_maskinporten_token_is_told_to_be_exchanged(rim: Rim) -> None:
    """Where only Altinn's own tokens count, the problem says what to do."""
    assert must_be_exchanged(Policy.RECIPIENT, CALLERS["reading-maskinporten"])
    answer = await rim.send("POST", f"/correspondence/{ID}/confirm", "reading-maskinporten")
    assert answer.status_code == 403
    assert "exchanged" in answer.json()["detail"]


async def test_refusals_come_in_the_contract_s_order(rim: Rim) -> None:
    """Token, scope, Accept, Content-Type, binding: the first fault is told."""
    faulty = {"Accept": "text/html", "Content-Type": "text/plain"}
    path, nonsense = "/correspondence", b"{"
    assert (await rim.send("POST", path, "", headers=faulty, content=nonsense)).status_code == 401
    assert (await rim.send("POST", path, "recipient", headers=faulty, content=nonsense)).status_code == 403
    not_acceptable = await rim.send("POST", path, headers=faulty, content=nonsense)
    assert (not_acceptable.status_code, not_acceptable.headers["content-type"].partition(";")[0]) == (406, "text/plain")
    assert "application/json" in not_acceptable.text
    assert (await rim.send("POST", path, headers={"Content-Type": "text/plain"}, content=nonsense)).status_code == 415
    assert (
        await rim.send("POST", path, headers={"Content-Type": "application/json"}, content=nonsense)
    ).status_code == 400


@pytest.mark.parametrize(
    ("accept", "status"),
    [("application/json;q=0.1", 200), ("*/*", 200), ("text/html, */*;q=0", 200), ("application/*", 406), ("", 200)],
)
async def test_accept_knows_exact_types_and_everything(rim: Rim, accept: str, status: int) -> None:
    """Weights are not looked at and partial wildcards are not understood."""
    rim.stub(acting, "confirm")
    answer = await rim.send("POST", f"/correspondence/{ID}/confirm", "recipient", headers={"Accept": accept})
    assert answer.status_code == status


async def test_a_refusal_of_the_domain_is_a_problem_with_its_number(rim: Rim) -> None:
    """Type, title, status, detail, code, errorCode and the caller's own trace."""
    rim.stub(reading, "overview", DomainError(Refusal.CORRESPONDENCE_NOT_FOUND))
    trace = "0af7651916cd43dd8448eb211c80319c"
    answer = await rim.get(f"/correspondence/{ID}", traceparent=f"00-{trace}-b7ad6b7169203331-01")
    body = answer.json()
    assert answer.headers["content-type"] == "application/problem+json"
    assert body.pop("traceId").startswith(f"00-{trace}-")
    assert body == {
        "type": "https://tools.ietf.org/html/rfc9110#section-15.5.5",
        "title": "Not Found",
        "status": 404,
        "detail": Refusal.CORRESPONDENCE_NOT_FOUND.text,
        "code": "CORR-01001",
        "errorCode": 1001,
    }


async def test_no_access_to_the_thing_is_401(rim: Rim) -> None:
    """The decision point's no is 401 with 4001, as upstream has it."""
    rim.stub(reading, "overview", DomainError(Refusal.NO_ACCESS))
    answer = await rim.get(f"/correspondence/{ID}")
    assert (answer.status_code, answer.json()["errorCode"]) == (401, 4001)


async def test_a_key_in_flight_says_when_to_come_back(rim: Rim) -> None:
    """The wait is a header; the body keeps to the contract's members."""
    rim.stub(initialise, "initialise", DomainError(Refusal.KEY_ALREADY_USED, extra={"retryAfter": 7}))
    answer = await rim.post("/correspondence", letter())
    assert (answer.status_code, answer.headers["retry-after"]) == (409, "7")
    assert "retryAfter" not in answer.json()


async def test_an_unknown_template_number_is_answered_with_a_bare_string(rim: Rim) -> None:
    """The wire contract has no problem object here."""
    answer = await rim.post("/correspondence", letter(notification={"notificationTemplate": 3}))
    assert (answer.status_code, answer.json()) == (400, Refusal.TEMPLATE_OUT_OF_RANGE.text)


async def test_faults_of_the_form_are_a_validation_problem(rim: Rim) -> None:
    """Every fault stands with its path in both forms; names begin with a capital."""
    request = letter()
    request["correspondence"]["content"] |= {"messageTitle": " ", "messageBody": None}
    request["recipients"] = []
    answer = await rim.post("/correspondence", request)
    body = answer.json()
    assert (answer.status_code, body["code"], body["title"]) == (400, "STD-00000", "Bad Request")
    assert set(body["errors"]) == {
        "Correspondence.Content.MessageTitle",
        "Correspondence.Content.MessageBody",
        "Recipients",
    }
    paths = [path for fault in body["validationErrors"] for path in fault["paths"]]
    assert "Correspondence/Content/MessageTitle" in paths
    assert {fault["code"] for fault in body["validationErrors"]} == {"CORR.VLD-00000"}


async def test_faults_found_after_binding_look_the_same(rim: Rim) -> None:
    """A use case may find faults of the form, too."""
    rim.stub(initialise, "initialise", InvalidRequest(FieldError("recipients[0]", "is wrong")))
    answer = await rim.post("/correspondence", letter())
    assert answer.json()["errors"] == {"Recipients[0]": ["recipients[0] is wrong"]}


async def test_a_body_that_is_no_json_is_a_fault_of_the_whole(rim: Rim) -> None:
    """It stands under `$`."""
    headers = {"Content-Type": "application/json"}
    answer = await rim.send("POST", "/correspondence", headers=headers, content=b'{"a":')
    assert list(answer.json()["errors"]) == ["$"]


async def test_an_id_that_is_no_guid_is_400(rim: Rim) -> None:
    """Not 404: the route has no constraint."""
    answer = await rim.get("/correspondence/42")
    assert (answer.status_code, list(answer.json()["errors"])) == (400, ["CorrespondenceId"])


async def test_failing_neighbours_ask_for_patience(rim: Rim) -> None:
    """503 with Retry-After for what may succeed later, 502 for a final no."""
    for error, status, wait in (
        (Unavailable("table"), 503, "5"),
        (Unavailable("table", retry_after=timedelta(seconds=9)), 503, "9"),
        (Conflict(), 503, "1"),
        (Rejected("email", "no"), 502, None),
    ):
        rim.stub(reading, "overview", error)
        answer = await rim.get(f"/correspondence/{ID}")
        assert (answer.status_code, answer.headers.get("retry-after")) == (status, wait)


async def test_what_nobody_foresaw_is_a_500_that_tells_nothing(rim: Rim, caplog: pytest.LogCaptureFixture) -> None:
    """Neither answer nor log holds the error's text, which may hold personal data."""
    rim.stub(reading, "overview", ValueError("01838510058"))
    with caplog.at_level(logging.INFO, "correspondence"):
        answer = await rim.get(f"/correspondence/{ID}")
    assert (answer.status_code, answer.json()["detail"]) == (500, "")
    assert "01838510058" not in answer.text + caplog.text
    assert "ValueError" in caplog.text


async def test_one_line_is_logged_without_path_or_query(rim: Rim, caplog: pytest.LogCaptureFixture) -> None:
    """The operation's id stands for the path; a number in the query stays out of the log."""
    rim.stub(searching, "search", Found(()))
    with caplog.at_level(logging.INFO, "correspondence"):
        await rim.get("/correspondence?resourceId=r&role=Sender&onBehalfOf=01838510058")
    lines = [record.getMessage() for record in caplog.records if record.name == "correspondence.http"]
    assert len(lines) == 1
    event, _, members = lines[0].partition(" ")
    assert event == "http.answered"
    assert json.loads(members).keys() == {"trace", "method", "operation", "status", "ms"}
    assert "01838510058" not in caplog.text


async def test_every_answer_forbids_guessing_and_storing(rim: Rim) -> None:
    """Refusals and pages included."""
    for path, who in (("/healthz", ""), (f"/correspondence/{ID}", ""), ("/correspondence/42", "sender")):
        answer = await rim.get(path, who)
        assert (answer.headers["x-content-type-options"], answer.headers["cache-control"]) == ("nosniff", "no-store")


async def test_a_page_of_arbeidsflate_may_call_and_others_may_not(rim: Rim) -> None:
    """The preflight names methods and headers, and answers carry the origin, only for a known origin."""
    for origin, allowed in (("https://af.altinn.no", True), ("https://evil.example", False)):
        ask = {"Origin": origin, "Access-Control-Request-Method": "POST"}
        answer = await rim.send("OPTIONS", f"/correspondence/{ID}/confirm", "", headers=ask)
        assert answer.status_code == 204
        assert (answer.headers.get("access-control-allow-origin") == origin) is allowed
        assert ("access-control-allow-methods" in answer.headers) is allowed
        refused = await rim.send("GET", f"/correspondence/{ID}", "", headers={"Origin": origin})
        assert (refused.headers.get("access-control-allow-origin") == origin) is allowed


async def test_too_long_a_body_is_413_that_names_the_ways_out(rim: Rim) -> None:
    """Whether its length was said or only seen."""

    async def long_body() -> AsyncIterator[bytes]:
        for _ in range(6):
            yield b" " * 1024 * 1024

    headers = {"Content-Type": "application/json"}
    for content in (b" " * (5 * 1024 * 1024), long_body()):
        answer = await rim.send("POST", "/correspondence", headers=headers, content=content)
        assert (answer.status_code, answer.json()["errorCode"]) == (413, 7004)
        assert "upload-link" in answer.json()["detail"]


async def test_an_unknown_path_is_a_problem_too(rim: Rim) -> None:
    """The framework's own refusals have our body."""
    answer = await rim.get("/healthy")
    assert (answer.status_code, answer.json()["title"]) == (404, "Not Found")
