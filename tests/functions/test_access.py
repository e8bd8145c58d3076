"""The access table is what the API does, and misses nothing: no operation, no caller, no state."""

import pytest

from functions.http.api import OPERATIONS
from functions.http.operation import Operation, Policy
from tests.functions.asking import answered
from tests.functions.states import FILES, LETTERS
from tests.functions.table_access import ACCESS

CALLERS = {"sender", "recipient", "both", "other", "none"}


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.id)
async def test_every_caller_is_answered_as_the_table_says(operation: Operation) -> None:
    """In every state."""
    said = ACCESS[operation.id]
    assert [(who, state, await answered(operation, who, state)) for who, state, _ in said] == said


def test_the_table_has_every_operation_and_no_other() -> None:
    """A new operation says who may call it."""
    assert ACCESS.keys() == {operation.id for operation in OPERATIONS}


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.id)
def test_the_table_of_an_operation_is_full(operation: Operation) -> None:
    """Every caller in every state, once; what is open to all is asked without a token and with one."""
    told = [(who, state) for who, state, _ in ACCESS[operation.id]]
    callers, states = {who for who, _ in told}, {state for _, state in told}
    assert callers >= ({"other", "none"} if operation.policy is Policy.PUBLIC else CALLERS)
    assert states >= _states(operation)
    assert sorted(told) == sorted((who, state) for who in callers for state in states)


def _states(operation: Operation) -> set[str]:
    if "{correspondenceId}" in operation.path:
        return {"unknown", *LETTERS}
    if "{attachmentId}" in operation.path:
        return {"unknown", *FILES}
    if "{stuckId}" in operation.path:
        return {"unknown"}
    return {"unknown", "active"} if "{id}" in operation.path else {"any"}
