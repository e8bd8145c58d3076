"""Whatever is sent, nothing fails and nothing is answered that the description does not say."""

from collections.abc import Callable

import pytest

from functions.http.api import OPERATIONS, build
from functions.http.operation import Operation
from tests.functions.made_up import fuzz, in_process

SHOWN = [operation for operation in OPERATIONS if not operation.hidden]
MANY = 20_000
A_FEW = 16


def weight(operation: Operation) -> int:
    """What takes more can go wrong in more ways; what takes nothing is soon known."""
    takes_ids = "{" in operation.path
    return takes_ids + 3 * (operation.query is not None) + 5 * (operation.consumes is not None)


def share(operation: Operation) -> int:
    """How many of the many are for this operation; all shares together are at least as many."""
    weights = sum(map(weight, SHOWN))
    return max(A_FEW, -(-MANY * weight(operation) // weights))


def id_of(operation: Operation) -> str:
    return operation.id


@pytest.mark.parametrize("operation", SHOWN, ids=id_of)
def test_a_few_made_up_requests_are_answered_as_described(operation: Operation) -> None:
    """A short run; the long one finds more."""
    with in_process() as target:
        assert fuzz(build().openapi(), operation, target, A_FEW).total() >= 1


@pytest.mark.long
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("operation", SHOWN, ids=id_of)
def test_twenty_thousand_made_up_requests_are_answered_as_described(
    operation: Operation, record_property: Callable[[str, object], None]
) -> None:
    """All operations together; each gets its share."""
    with in_process() as target:
        sent = fuzz(build().openapi(), operation, target, share(operation))
    record_property("statuses", dict(sent))
    assert sent.total() >= share(operation) or not weight(operation)
