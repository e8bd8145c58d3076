"""What is refused is refused by number or path, and nothing of it exists afterwards."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import httpx
import pytest

from local.demo import letters
from local.demo.client import Api, Json, Services, eventually
from tests.e2e.seeing import number_of, paths_of

type Change = Callable[[Json], Json]


@dataclass(frozen=True, slots=True)
class Case:
    """How a valid request is spoilt, and how that is answered: a number, or a path."""

    name: str
    spoil: Change
    status: int = 400
    number: int | None = None
    path: str | None = None


def _recipients(*parties: str) -> Change:
    return lambda body: {**body, "recipients": list(parties)}


def _correspondence(**members: Any) -> Change:
    return lambda body: {**body, "correspondence": {**body["correspondence"], **members}}


def _content(**members: Any) -> Change:
    return lambda body: _correspondence(content={**body["correspondence"]["content"], **members})(body)


def _without(name: str) -> Change:
    return lambda body: {
        **body,
        "correspondence": {key: value for key, value in body["correspondence"].items() if key != name},
    }


PERSON = letters.letter(letters.KARI, reference="x")["recipients"][0]
CASES = (
    Case("a recipient of no form", _recipients("123"), path="Recipients[0]"),
    Case("a bare organisation number", _recipients("311001000"), path="Recipients[0]"),
    Case("a person with wrong check digits", _recipients("01838510059"), path="Recipients[0]"),
    Case("no recipient", _recipients(), path="Recipients"),
    Case("a recipient whom the register does not know", _recipients("0192:999999999"), 404, 1029),
    Case("the same recipient twice", _recipients(PERSON, "01838510058"), number=1006),
    Case("a reserved person alone", _recipients("12829010001"), 422, 1030),
    Case("an unknown resource", _correspondence(resourceId="no-such-resource"), number=1036),
    Case("a resource of another type", _correspondence(resourceId="example-access"), number=4010),
    Case("a resource of another agency", _correspondence(resourceId="second-letters"), 401, 4001),
    Case("a confidential resource without the flag", _correspondence(resourceId="example-confidential"), number=1060),
    Case("no content", _without("content"), path="Correspondence/Content"),
    Case("no sender's reference", _without("sendersReference"), path="Correspondence/SendersReference"),
    Case("an empty title", _content(messageTitle=""), path="Correspondence/Content/MessageTitle"),
    Case("a title in Markdown", _content(messageTitle="# Vedtak"), number=1002),
    Case("a body in HTML", _content(messageBody="<div>Vedtak</div>"), number=1003),
    Case("a body over 30,000", _content(messageBody="a" * 30_001), path="Correspondence/Content/MessageBody"),
    Case("an unknown language", _content(language="de"), number=1023),
    Case("a due date in the past", _correspondence(dueDateTime="2020-01-01T00:00:00Z"), number=1008),
    Case("confirmation without a due date", _correspondence(isConfirmationNeeded=True), number=1016),
    Case("a reply link without https", _correspondence(replyOptions=[{"linkURL": "http://x.example"}]), number=1035),
    Case(
        "an unknown attachment",
        lambda body: {**body, "existingAttachments": ["0" * 8 + "-0000-7000-8000-" + "0" * 12]},
        number=1007,
    ),
    Case("metadata of a file that does not come", lambda body: letters.with_files(body, "a.pdf"), number=1005),
    Case("notices without texts", _correspondence(notification={"notificationChannel": "EmailAndSms"}), number=3024),
    Case(
        "an idempotency key of zeros",
        lambda body: {**body, "idempotentKey": "00000000-0000-0000-0000-000000000000"},
        path="IdempotentKey",
    ),
)


def _nothing_exists(agency: Api, reference: str) -> None:
    assert agency.search(letters.LETTERS, sendersReference=reference) == []


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_bad_message_is_refused_and_nothing_exists(case: Case, agency: Api, kari: Api, reference: str) -> None:
    """Status, number and path are the contract's, and neither side finds a correspondence afterwards."""
    body = case.spoil(letters.letter(letters.KARI, reference=reference))
    answer = agency.send(body)
    problem = answer.json()
    assert answer.status_code == case.status, problem
    assert number_of(problem) == case.number, problem
    if case.path is not None:
        assert case.path in paths_of(problem)
    assert problem["traceId"]
    _nothing_exists(agency, reference)
    assert kari.search(letters.LETTERS, "Recipient", sendersReference=reference) == []


def test_a_body_that_is_no_json_is_a_fault_of_the_whole(agency: Api) -> None:
    """The path is `$`."""
    answer = agency.call("POST", "/correspondence", content=b"{", headers={"Content-Type": "application/json"})
    assert answer.status_code == 400
    assert paths_of(answer.json()) == ["$"]


def test_a_form_is_not_taken_where_json_is_expected(agency: Api, reference: str) -> None:
    """415, and 415 the other way round."""
    assert agency.call("POST", "/correspondence", data={"a": "b"}).status_code == 415
    body = letters.letter(letters.KARI, reference=reference)
    assert agency.call("POST", "/correspondence/upload", json=body).status_code == 415


def test_an_answer_that_the_client_does_not_take_is_not_acceptable(agency: Api) -> None:
    """406 for an Accept that names neither JSON nor everything."""
    assert agency.call("GET", "/correspondence", headers={"Accept": "text/html"}).status_code == 406


def test_an_id_that_is_no_guid_is_a_bad_request(agency: Api) -> None:
    """400, not 404."""
    assert agency.call("GET", "/correspondence/not-a-guid").status_code == 400


def test_over_100_attachments_are_refused(agency: Api, reference: str) -> None:
    """1038 for existing ones and for files of a form, and nothing exists."""
    id_ = agency.announce(letters.attachment("a.txt"))
    agency.upload(id_, b"a")
    agency.until_scanned(id_)
    body = letters.letter(letters.KARI, reference=reference)
    answer = agency.send(letters.with_attachments(body, *[id_] * 101))
    assert (answer.status_code, number_of(answer.json())) == (400, 1038)
    names = [f"{position}.txt" for position in range(101)]
    answer = agency.send_form(letters.with_files(body, *names), [(name, b"a") for name in names])
    assert (answer.status_code, number_of(answer.json())) == (400, 1038)
    _nothing_exists(agency, reference)


@pytest.mark.parametrize(
    ("name", "number"), [("program.exe", 2013), ("a:b.pdf", 2012), ("CON.txt", 2021), ("a" * 252 + ".pdf", 2011)]
)
def test_a_file_name_that_is_not_allowed_is_refused(agency: Api, reference: str, name: str, number: int) -> None:
    """By the same number when it is announced and when it comes in a form."""
    answer = agency.call("POST", "/attachment", json=letters.attachment(name))
    assert (answer.status_code, number_of(answer.json())) == (400, number)
    body = letters.with_files(letters.letter(letters.KARI, reference=reference), name)
    answer = agency.send_form(body, [(name, b"text")])
    assert (answer.status_code, number_of(answer.json())) == (400, number)
    _nothing_exists(agency, reference)


def test_an_empty_file_is_refused(agency: Api, reference: str) -> None:
    """2004, raw and in a form; the attachment can still be uploaded."""
    id_ = agency.announce(letters.attachment("a.txt"))
    answer = agency.upload(id_, b"")
    assert (answer.status_code, number_of(answer.json())) == (400, 2004)
    body = letters.with_files(letters.letter(letters.KARI, reference=reference), "a.txt")
    answer = agency.send_form(body, [("a.txt", b"")])
    assert (answer.status_code, number_of(answer.json())) == (400, 2004)
    _nothing_exists(agency, reference)
    assert agency.upload(id_, b"text").status_code == 200
    agency.until_scanned(id_)


def test_a_file_with_another_digest_is_refused(agency: Api, reference: str) -> None:
    """2008; the attachment is Failed, and no correspondence can use it."""
    id_ = agency.announce(letters.attachment("a.txt", content=b"what was meant"))
    answer = agency.upload(id_, b"what came")
    assert (answer.status_code, number_of(answer.json())) == (400, 2008)
    assert agency.attachment(id_)["status"] == "Failed"
    body = letters.with_attachments(letters.letter(letters.KARI, reference=reference), id_)
    answer = agency.send(body)
    assert (answer.status_code, number_of(answer.json())) == (400, 1018)
    _nothing_exists(agency, reference)


def test_a_file_may_be_uploaded_once(agency: Api) -> None:
    """2005 for the second time."""
    id_ = agency.announce(letters.attachment("a.txt"))
    assert agency.upload(id_, b"text").status_code == 200
    answer = agency.upload(id_, b"text")
    assert (answer.status_code, number_of(answer.json())) == (400, 2005)


@pytest.mark.parametrize(
    "token",
    [
        "",
        "no.token.atall",
        "eyJhbGciOiJub25lIn0.eyJpc3MiOiJodHRwOi8vMTI3LjAuMC4xIn0.",
    ],
    ids=["none", "garbage", "unsigned"],
)
def test_without_a_valid_token_nobody_gets_in(agency: Api, token: str, reference: str) -> None:
    """401, and nothing exists."""
    stranger = Api(agency.url, token)
    assert stranger.send(letters.letter(letters.KARI, reference=reference)).status_code == 401
    assert stranger.call("GET", "/correspondence").status_code == 401
    stranger.close()
    _nothing_exists(agency, reference)


def test_an_expired_token_is_refused(agency: Api, services: Services, reference: str) -> None:
    """401."""
    token = services.token("enterprise", orgNo=letters.AGENCY, scopes="altinn:correspondence.write", ttl="-60")
    assert Api(agency.url, token).send(letters.letter(letters.KARI, reference=reference)).status_code == 401


def test_a_token_of_another_key_is_refused(agency: Api, reference: str) -> None:
    """401 when a character of the signature is changed."""
    head, _, signature = agency.token.rpartition(".")
    changed = f"{head}.{'B' if signature[0] == 'A' else 'A'}{signature[1:]}"
    assert Api(agency.url, changed).send(letters.letter(letters.KARI, reference=reference)).status_code == 401


def test_the_wrong_scope_is_forbidden(services: Services, agency: Api, kari: Api, reference: str) -> None:
    """403: a reader cannot send, and a sender cannot read a body."""
    reader = services.organisation(letters.AGENCY, "altinn:correspondence.read")
    body = letters.letter(letters.KARI, reference=reference)
    assert reader.send(body).status_code == 403
    assert kari.send(body).status_code == 403
    (id_,) = agency.sent(body)
    agency.until_status(id_, "Published")
    assert agency.call("GET", f"/correspondence/{id_}/content").status_code == 403
    assert agency.call("POST", f"/correspondence/{id_}/confirm").status_code == 403


def test_another_agency_cannot_send_in_the_owners_name(other_agency: Api, agency: Api, reference: str) -> None:
    """401 with 4001, and nothing exists."""
    answer = other_agency.send(letters.letter(letters.KARI, reference=reference))
    assert (answer.status_code, number_of(answer.json())) == (401, 4001)
    _nothing_exists(agency, reference)


def test_malware_fails_the_attachment_and_its_message(
    agency: Api, kari: Api, services: Services, reference: str
) -> None:
    """The recipient never sees it, finds it or hears of it."""
    notice = letters.notice(reference)
    body = letters.with_files(letters.letter(letters.KARI, reference=reference, notification=notice), "a.txt")
    answer: httpx.Response = agency.send_form(body, [("a.txt", b"before " + letters.eicar() + b" after")])
    assert answer.status_code == 200
    made = answer.json()
    id_, file = made["correspondences"][0]["correspondenceId"], made["attachmentIds"][0]
    assert "Malware" in agency.until_scanned(file, "Failed")["statusText"]
    assert file in agency.until_status(id_, "Failed")["statusText"]
    assert kari.call("GET", f"/correspondence/{id_}").status_code == 404
    assert kari.call("GET", f"/correspondence/{id_}/content").status_code == 404
    assert kari.download(id_, file).status_code == 404
    assert id_ not in kari.search(letters.LETTERS, "Recipient", sendersReference=reference)
    assert [mail for mail in services.mail() if reference in mail["subject"]] == []
    refused = agency.send(letters.with_attachments(letters.letter(letters.KARI, reference=reference), file))
    assert number_of(refused.json()) == 1018


def test_malware_in_a_zip_is_found(agency: Api) -> None:
    """The members of an archive are searched, too."""
    import io
    import zipfile

    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("inner.txt", letters.eicar())
    id_ = agency.announce(letters.attachment("a.zip"))
    assert agency.upload(id_, held.getvalue()).status_code == 200
    agency.until_scanned(id_, "Failed")


def test_one_reserved_person_among_several_gets_nothing(agency: Api, services: Services, reference: str) -> None:
    """The request is accepted; the reserved one's correspondence fails, the other one is published."""
    answer = agency.send(letters.letter("12829010001", letters.KARI, reference=reference))
    assert answer.status_code == 200
    reserved, open_ = answer.json()["correspondences"]
    assert reserved["status"] == "Reserved"
    agency.until_status(open_["correspondenceId"], "Published")
    eventually("the reserved one fails", lambda: agency.status(reserved["correspondenceId"]), lambda s: s == "Failed")
    assert services.mail("rita@person.example") == []
