"""Forwarding over HTTP: what goes in, what comes out, and who may ask."""

import pytest

from shared.domain.errors import DomainError, Refusal
from shared.usecases import forwarding
from tests.functions.rim import FILE, ID, Rim

PATH = f"/correspondence/{ID}/forward"


async def test_forwarding_answers_its_own_id(rim: Rim) -> None:
    """Not the correspondence's; as a JSON string. Members in any case, the text may be null or left out."""
    rim.stub(forwarding, "forward", FILE)
    for body in ({"forwardTo": "a@b.no", "forwardingText": "Se"}, {"FORWARDTO": "a@b.no", "forwardingtext": None}):
        answer = await rim.post(PATH, body, "recipient")
        assert (answer.status_code, answer.json()) == (200, FILE)
    assert [call[1:] for call in rim.calls] == [(ID, "a@b.no", "Se"), (ID, "a@b.no", "")]


@pytest.mark.parametrize("body", [{}, {"forwardTo": None}, {"forwardTo": 7}, {"forwardTo": "a@b\0.no"}, [], "a@b.no"])
async def test_a_body_without_an_address_is_a_validation_problem(rim: Rim, body: object) -> None:
    """It names the member."""
    rim.stub(forwarding, "forward", FILE)
    answer = await rim.post(PATH, body, "recipient")
    assert answer.status_code == 400
    assert answer.json()["errors"]
    assert not rim.calls


async def test_what_is_no_json_is_415_or_400(rim: Rim) -> None:
    """By its type, then by its text."""
    answer = await rim.send("POST", PATH, "recipient", content=b"a@b.no")
    assert answer.status_code == 415
    answer = await rim.send("POST", PATH, "recipient", content=b"{", headers={"Content-Type": "application/json"})
    assert answer.status_code == 400


@pytest.mark.parametrize(
    ("refusal", "status", "number"),
    [
        (Refusal.FORWARDING_NOT_ALLOWED, 400, 1063),
        (Refusal.ALREADY_FORWARDED, 400, 1064),
        (Refusal.FORWARD_BEFORE_READ, 400, 1065),
        (Refusal.FORWARDING_TEXT_TOO_LONG, 400, 1066),
        (Refusal.FORWARDING_TEXT_NOT_PLAIN_TEXT, 400, 1067),
        (Refusal.EMAIL_INVALID, 400, 3011),
        (Refusal.FORWARD_ADDRESS_TOO_LONG, 400, 3027),
        (Refusal.FORWARDING_FAILED, 500, 3028),
        (Refusal.NO_ACCESS, 401, 4001),
    ],
)
async def test_refusals_have_their_status_and_number(rim: Rim, refusal: Refusal, status: int, number: int) -> None:
    """As the wire contract has them."""
    rim.stub(forwarding, "forward", DomainError(refusal))
    answer = await rim.post(PATH, {"forwardTo": "a@b.no"}, "recipient")
    assert (answer.status_code, answer.json()["errorCode"]) == (status, number)


async def test_only_recipients_forward(rim: Rim) -> None:
    """Others are 403, nobody is 401."""
    rim.stub(forwarding, "forward", FILE)
    for who, status in (("sender", 403), ("portal", 403), ("reading-dialog", 200), ("", 401)):
        assert (await rim.post(PATH, {"forwardTo": "a@b.no"}, who)).status_code == status


async def test_the_check_wants_its_scope(rim: Rim) -> None:
    """And says yes or no."""
    rim.stub(forwarding, "may_forward", True)
    for who, status in (("forward-checker", 200), ("recipient", 403), ("checker", 403), ("", 401)):
        answer = await rim.get(PATH + "/check", who)
        assert answer.status_code == status
    assert (await rim.get(PATH + "/check", "forward-checker")).json() == {"allowForwarding": True}
