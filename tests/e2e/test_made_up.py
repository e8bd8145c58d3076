"""Made-up requests over the running stack: the real storage, tokens and transport keep to the description, too."""

import pytest
import requests
from schemathesis import Response

from functions.http.api import OPERATIONS, build
from functions.http.operation import Operation, Policy
from local.demo import letters
from local.demo.client import Api, Services
from tests.functions.made_up import IN_THE_SCENE, Target, fuzz

EACH = 40
CALLS_ELSEWHERE = {"create_subscription"}
"""It calls the address that it is given, and made-up addresses are nobody's to call."""
OVER_THE_STACK = [one for one in OPERATIONS if not one.hidden and one.id not in CALLS_ELSEWHERE]


def id_of(operation: Operation) -> str:
    return operation.id


@pytest.fixture
def target(services: Services, agency: Api, kari: Api, reference: str) -> Target:
    """The running app, with a letter that Kari has looked at and its file."""
    file = agency.announce({"resourceId": letters.LETTERS, "fileName": "vedtak.pdf", "sendersReference": reference})
    agency.upload(file, b"%PDF-1.7 vedtak").raise_for_status()
    agency.until_scanned(file)
    message = letters.with_attachments(letters.letter(letters.KARI, reference=reference), file)
    (letter,) = agency.sent(message)
    agency.until_status(letter, "Published")
    kari.overview(letter)
    session = requests.Session()
    session.trust_env = False

    def send(request: requests.PreparedRequest) -> Response:
        return Response.from_requests(session.send(request, timeout=60), verify=False)

    by_kari = dict.fromkeys((Policy.RECIPIENT, Policy.SENDER_OR_RECIPIENT, Policy.DOWNLOAD), kari.token)
    tokens = {Policy.SENDER: agency.token, Policy.SUBSCRIBER: agency.token, **by_kari}
    there = {**IN_THE_SCENE, "correspondenceId": (letter,), "attachmentId": (file,), "existingAttachments": ([file],)}
    return Target(services.functions_url, tokens, there, send, has_one_line)


def has_one_line(request: requests.PreparedRequest) -> bool:
    """The server of the platform's worker answers 404 to a path of several lines, before any function is called."""
    return "%0A" not in (request.url or "")


@pytest.mark.long
@pytest.mark.timeout(900)
@pytest.mark.parametrize("operation", OVER_THE_STACK, ids=id_of)
def test_made_up_requests_are_answered_as_described(operation: Operation, target: Target) -> None:
    """Every operation but the one that calls elsewhere."""
    assert fuzz(build().openapi(), operation, target, EACH).total() >= 1
