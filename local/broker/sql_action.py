"""Compiles the SQL action of a rule: what it sets and removes on the copy that its subscription gets.

Source: Service Bus documentation, Subscription Rule SQL Action Syntax.
"""

from collections.abc import Callable

from local.broker.message import Message, with_changes
from local.broker.sql_filter import expression, property_name
from local.broker.sql_tokens import Reader, SqlError
from local.broker.values import Value

type Change = Callable[[Message], Message]


def compile_action(text: str) -> Change:
    """Return what applies the action to a message and gives the changed copy; later statements see earlier ones.

    Raises:
        SqlError: when the text is no action.
    """
    reader, changes = Reader(text), []
    while not reader.at_end():
        changes.append(_statement(reader))
        if not reader.takes(";") and not reader.at_end():
            raise reader.fault("expected ; or the end")
    if not changes:
        raise SqlError("the action is empty.")

    def apply(message: Message) -> Message:
        for change in changes:
            message = change(message)
        return message

    return apply


def _statement(reader: Reader) -> Change:
    if reader.takes("SET"):
        scope, name = property_name(reader)
        reader.expect("=")
        value = expression(reader)
        return lambda message: _set(message, scope, name, value(message))
    if reader.takes("REMOVE"):
        scope, name = property_name(reader)
        return lambda message: _removed(message, scope, name)
    raise reader.fault("expected SET or REMOVE")


def _set(message: Message, scope: str, name: str, value: Value) -> Message:
    if scope == "sys":
        return with_changes(message, {}, {name: None if value is None else str(value)})
    return with_changes(message, {name: value}, removed=_spellings(message, name))


def _removed(message: Message, scope: str, name: str) -> Message:
    if scope == "sys":
        return with_changes(message, {}, {name: None})
    return with_changes(message, {}, removed=_spellings(message, name))


def _spellings(message: Message, name: str) -> set[str]:
    """Return the application properties that differ from `name` by case at most."""
    return {key for key in message.application or {} if key.lower() == name.lower()}
