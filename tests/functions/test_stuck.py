"""The operators' operations on what is stuck."""

import pytest

from shared.domain.changes import Due, Task
from shared.domain.errors import DomainError, Refusal
from shared.domain.stuck import Stuck, StuckKind
from shared.usecases import stuck
from tests.builders import NOW
from tests.functions.rim import FILE, Rim

ITEM = Stuck(
    kind=StuckKind.SCAN, about=FILE, since=NOW, reason="no answer", again=Due(Task.CATCH_UP, f"scan:{FILE}", NOW)
)


async def test_what_is_stuck_is_listed(rim: Rim) -> None:
    """With id, kind, what it is about, since when, why, and whether it can be tried again."""
    rim.stub(stuck, "listed", stuck.StuckView((ITEM,), more=True))
    answer = await rim.get("/operations/stuck?limit=1", "maintainer")
    assert (answer.status_code, rim.calls) == (200, [({"limit": 1},)])
    assert answer.json() == {
        "items": [
            {
                "id": ITEM.id,
                "kind": "scan",
                "about": FILE,
                "since": NOW.isoformat(),
                "reason": "no answer",
                "resubmittable": True,
            }
        ],
        "more": True,
    }


async def test_one_of_them_is_tried_again(rim: Rim) -> None:
    """202; its refusals are problems."""
    rim.stub(stuck, "resubmit")
    answer = await rim.send("POST", f"/operations/stuck/{ITEM.id}/resubmit", "maintainer")
    assert (answer.status_code, rim.calls) == (202, [(ITEM.id,)])
    for refusal, status in ((Refusal.NOT_STUCK, 404), (Refusal.NOT_READABLE, 409)):
        rim.stub(stuck, "resubmit", DomainError(refusal))
        answer = await rim.send("POST", "/operations/stuck/x/resubmit", "maintainer")
        assert (answer.status_code, answer.json()["errorCode"]) == (status, refusal.number)


@pytest.mark.parametrize(("who", "status"), [("", 401), ("sender", 403), ("checker", 403), ("event-grid", 403)])
async def test_nobody_else_sees_it(rim: Rim, who: str, status: int) -> None:
    """Only a token of Maskinporten for maintenance."""
    assert (await rim.get("/operations/stuck", who)).status_code == status
    assert (await rim.send("POST", "/operations/stuck/x/resubmit", who)).status_code == status


@pytest.mark.parametrize("limit", ["0", "-1", "501", "x", ""])
async def test_a_limit_that_is_none_is_refused(rim: Rim, limit: str) -> None:
    """400 that names it."""
    answer = await rim.get(f"/operations/stuck?limit={limit}", "maintainer")
    assert answer.status_code == 400
    assert "limit" in answer.text
