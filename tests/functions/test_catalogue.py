"""Every number that can be told is told over HTTP, in the words and with the status of the catalogue."""

import re
from collections import Counter
from typing import Any

import httpx
import pytest

from functions.http.operation import JSON
from functions.http.problems import PROBLEM
from shared.domain.errors import Refusal
from tests.fakes.world import World
from tests.functions.catalogue import ABSENT, CALLERS, CASES, STATUS, UNREACHABLE, send_message
from tests.functions.faults import FAULTS, Fault
from tests.functions.scene import served

OF = {number: status for status, numbers in STATUS.items() for number in numbers}
TITLES = {
    400: ("Bad Request", "rfc9110#section-15.5.1"),
    401: ("Unauthorized", "rfc9110#section-15.5.2"),
    404: ("Not Found", "rfc9110#section-15.5.5"),
    408: ("Request Timeout", "rfc9110#section-15.5.9"),
    409: ("Conflict", "rfc9110#section-15.5.10"),
    413: ("Content Too Large", "rfc9110#section-15.5.14"),
    422: ("Unprocessable Entity", "rfc9110#section-15.5.21"),
    500: ("Internal Server Error", "rfc9110#section-15.6.1"),
    502: ("Bad Gateway", "rfc9110#section-15.6.3"),
}
EXTRA = {Refusal.KEY_ALREADY_USED: {"correspondenceIds": []}}
"""Further members of a problem."""
TOLD_OTHERWISE = {Refusal.KEY_NOT_A_GUID, Refusal.TEMPLATE_OUT_OF_RANGE}
"""A fault of the request's form, and the bare text; each has a test of its own."""


def name_of(refusal: Refusal) -> str:
    return f"{refusal.number}-{refusal.name}"


@pytest.mark.parametrize("refusal", [r for r in (*FAULTS, *CASES) if r not in TOLD_OTHERWISE], ids=name_of)
async def test_a_refusal_is_told_with_its_number_status_and_words(refusal: Refusal) -> None:
    """The problem has the members of the wire contract, and no others than those that are listed."""
    answer, detail = await _provoked(refusal)
    assert answer.headers["content-type"] == PROBLEM
    body: dict[str, Any] = answer.json()
    status = OF[refusal.number]
    assert body.get("errorCode") == refusal.number, body
    assert re.fullmatch(r"00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}", body.pop("traceId"))
    assert re.fullmatch(detail if detail is not None else re.escape(refusal.text), body.pop("detail"))
    title, section = TITLES[status]
    assert answer.status_code == status
    assert body == {
        "type": f"https://tools.ietf.org/html/{section}",
        "title": title,
        "status": status,
        "code": f"CORR-{refusal.number:05}",
        "errorCode": refusal.number,
        **EXTRA.get(refusal, {}),
    }


async def test_a_template_outside_the_list_is_told_in_a_bare_text() -> None:
    """3023 in JSON: no problem, only the words."""
    answer, _ = await _provoked(Refusal.TEMPLATE_OUT_OF_RANGE)
    assert (answer.status_code, answer.json()) == (400, Refusal.TEMPLATE_OUT_OF_RANGE.text)
    assert answer.headers["content-type"] == JSON


async def test_an_empty_key_is_a_fault_of_the_form() -> None:
    """1033 has no number on the wire: its words are those of the fault."""
    async with served(World(), CALLERS) as http:
        answer = await send_message(http, Fault(members={"idempotentKey": "00000000-0000-0000-0000-000000000000"}))
    assert answer.status_code == 400
    assert answer.json()["code"] == "STD-00000"
    assert answer.json()["errors"] == {"IdempotentKey": [Refusal.KEY_NOT_A_GUID.text]}


def test_every_refusal_is_provoked_once_or_has_a_reason() -> None:
    """A new number is in one of the lists before it is in the product."""
    listed = Counter((*FAULTS, *CASES, *UNREACHABLE, Refusal.KEY_NOT_A_GUID))
    assert listed == Counter(Refusal)


def test_every_number_of_the_contract_is_ours_or_has_a_reason() -> None:
    """None is told with two statuses, and none means two things."""
    numbers = [refusal.number for refusal in Refusal]
    assert sorted([*numbers, *ABSENT]) == sorted(number for numbers in STATUS.values() for number in numbers)


async def _provoked(refusal: Refusal) -> tuple[httpx.Response, str | None]:
    if refusal in FAULTS:
        world, fault = World(), FAULTS[refusal]
        await fault.given(world)
        async with served(world, CALLERS) as http:
            return await send_message(http, fault), fault.detail
    case = CASES[refusal]
    async with served(await case.world(), CALLERS) as http:
        return await case.send(http), case.detail
