"""SQL filters and actions."""

import pytest

from local.broker.encoding import section
from local.broker.message import APPLICATION, DATA, PROPERTIES, Message, read_message
from local.broker.sql_action import compile_action
from local.broker.sql_filter import SqlError, compile_filter

SAMPLE = read_message(
    section(PROPERTIES, ["id-1", None, "to", "Invoice", None, "c-1", None, None, None, None, "s-1"])
    + section(APPLICATION, {"n": 5, "kind": "zebra", "ok": True, "half": 0.5, "odd name": "x", "zero": 0})
    + section(DATA, b"body")
)


@pytest.mark.parametrize(
    "text",
    [
        "1 = 1", "n = 5", "N = 5", "n <> 4", "n != 4", "n > 4 AND n < 6", "n >= 5 and n <= 5", "sys.Label = 'Invoice'",
        "sys.label LIKE 'Inv%'", "SYS.MessageId = 'id-1'", "user.kind = 'zebra'", "kind LIKE '_ebra'",
        "kind NOT LIKE 'a%'", "kind IN ('a', 'zebra')", "n NOT IN (1, 2)", "missing IS NULL", "n IS NOT NULL",
        "EXISTS(n)", "NOT EXISTS(missing)", "EXISTS (user.n) AND NOT n = 6", "ok", "ok = TRUE", "NOT (ok = FALSE)",
        "n + 1 = 6", "n * 2 - 1 = 9", "n / 2 = 2", "-7 / 2 = -3", "-7 % 2 = -1", "n % 2 = 1", "half * 2 = 1",
        "1.5e1 = 15", "-n = -5", "+n = 5", "'it''s' = 'it''s'", "[odd name] = 'x'", '"odd name" = \'x\'',
        "kind + '!' = 'zebra!'", "p('n') = 5", "property('kind') = 'zebra'", "newid() IS NOT NULL",
        "'50%' LIKE '50!%' ESCAPE '!'", "n = 4 OR missing = 1 OR n = 5", "n > 4.5", "zero = 0", "sys.SessionId = 's-1'",
    ],
)  # fmt: skip
def test_filter_matches(text: str) -> None:
    """The filter takes the sample."""
    assert compile_filter(text)(SAMPLE)


@pytest.mark.parametrize(
    "text",
    [
        "n = 6", "missing = 1", "NOT missing = 1", "missing <> 1", "missing IN (1)", "missing NOT IN (1)",
        "missing LIKE '%'", "missing > 1 AND n = 5", "n = 5 AND missing = 1", "NOT (n = 5 OR missing = 1)", "n = '5'",
        "n > 'a'", "ok = 1", "n / 0 = 1", "n % 0 = 1", "kind LIKE 'zebr'", "sys.Label = 'invoice'", "NULL = NULL", "n",
        "kind LIKE 'z.*'", "kind - 'a' = 1", "sys.ReplyTo IS NOT NULL", "FALSE",
    ],
)  # fmt: skip
def test_filter_does_not_match(text: str) -> None:
    """The filter leaves the sample: what is unknown does not match."""
    assert not compile_filter(text)(SAMPLE)


@pytest.mark.parametrize(
    "text",
    ["", "n =", "n = 5 5", "(n = 5", "sys.Nothing = 1", "other.n = 1", "n NOT = 5", "n IN 5", "'open", "what(1)", "; n",
     "n = 5;", "LIKE 'x'", "n BETWEEN 1 AND 2"],
)  # fmt: skip
def test_filter_is_refused(text: str) -> None:
    """What is no filter is refused with a place."""
    with pytest.raises(SqlError):
        compile_filter(text)


def changed(action: str) -> Message:
    """Return the sample as read again after the action."""
    return read_message(compile_action(action)(SAMPLE).bare)


def test_action_sets_and_removes() -> None:
    """Statements change application and system properties in order; the body stays, the original too."""
    found = changed("SET sys.Label = 'new'; SET N = n + 1; SET double = n * 2; REMOVE kind; REMOVE sys.To;")
    assert found.system("subject") == "new" and found.system("to") is None and found.system("message_id") == "id-1"
    assert found.application == {"N": 6, "double": 12, "ok": True, "half": 0.5, "odd name": "x", "zero": 0}
    assert found.bare.endswith(section(DATA, b"body"))
    assert SAMPLE.application is not None and SAMPLE.application["n"] == 5


def test_action_makes_properties_where_there_are_none() -> None:
    """A message without any property gets those that an action sets."""
    plain = read_message(section(DATA, b"x"))
    found = read_message(compile_action("SET a = 1; SET sys.ReplyToSessionId = 'r'")(plain).bare)
    assert found.application == {"a": 1} and found.system("reply_to_group_id") == "r"


@pytest.mark.parametrize("text", ["", "SET", "SET a", "SET a = 1 SET b = 2", "DROP a", "REMOVE 1", "SET sys.Age = 1"])
def test_action_is_refused(text: str) -> None:
    """What is no action is refused."""
    with pytest.raises(SqlError):
        compile_action(text)
