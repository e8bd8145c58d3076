"""Compiles a SQL filter to a predicate over messages.

Source: Service Bus documentation, Subscription Rule SQL Filter Syntax.
"""

import uuid
from collections.abc import Callable

from local.broker.message import Message
from local.broker.sql_tokens import Kind, Reader, SqlError
from local.broker.sql_values import (
    SYSTEM_NAMES,
    Expression,
    both,
    calculate,
    compare,
    either,
    equal,
    like,
    negate,
    user_property,
)
from local.broker.values import Value

__all__ = ["SqlError", "compile_filter", "expression", "property_name"]


def compile_filter(text: str) -> Callable[[Message], bool]:
    """Return whether-it-matches of a filter; unknown does not match.

    Raises:
        SqlError: when the text is no filter.
    """
    reader = Reader(text)
    predicate = _disjunction(reader)
    if not reader.at_end():
        raise reader.fault("expected AND, OR or the end")
    return lambda message: predicate(message) is True


def property_name(reader: Reader) -> tuple[str, str]:
    """Take a property; return its scope ('sys' or 'user') and its name. Raises SqlError."""
    if reader.here.kind is not Kind.NAME:
        raise reader.fault("expected a property")
    name = reader.take().text
    if not reader.takes("."):
        return "user", name
    if reader.here.kind not in (Kind.NAME, Kind.KEYWORD):
        raise reader.fault("expected the name of a property")
    rest = reader.take().text
    match name.lower():
        case "sys":
            if rest.lower() not in SYSTEM_NAMES:
                raise SqlError(f"sys.{rest} is no property of a message; there are {', '.join(SYSTEM_NAMES)}.")
            return "sys", SYSTEM_NAMES[rest.lower()]
        case "user":
            return "user", rest
        case _:
            raise SqlError(f"'{name}' is no scope; use sys or user.")


def _disjunction(reader: Reader) -> Expression:
    left = _conjunction(reader)
    while reader.takes("OR"):
        left = _joined(either, left, _conjunction(reader))
    return left


def _conjunction(reader: Reader) -> Expression:
    left = _negation(reader)
    while reader.takes("AND"):
        left = _joined(both, left, _negation(reader))
    return left


def _joined(join: Callable[[Value, Value], Value], left: Expression, right: Expression) -> Expression:
    return lambda message: join(left(message), right(message))


def _negation(reader: Reader) -> Expression:
    if reader.takes("NOT"):
        inner = _negation(reader)
        return lambda message: negate(inner(message))
    return _predicate(reader)


def _predicate(reader: Reader) -> Expression:
    if reader.takes("EXISTS"):
        reader.expect("(")
        found = _property(reader)
        reader.expect(")")
        return lambda message: found(message) is not None
    left = expression(reader)
    if reader.takes("IS"):
        wanted = not reader.takes("NOT")
        reader.expect("NULL")
        return lambda message: (left(message) is None) == wanted
    negated = bool(reader.takes("NOT"))
    if reader.takes("IN"):
        return _negated(_membership(reader, left), negated)
    if reader.takes("LIKE"):
        return _negated(_likeness(reader, left), negated)
    if negated:
        raise reader.fault("expected IN or LIKE")
    sign = reader.takes("=", "<>", "!=", "<=", ">=", "<", ">")
    if not sign:
        return left
    right = expression(reader)
    return lambda message: compare(sign, left(message), right(message))


def _negated(inner: Expression, negated: bool) -> Expression:
    return (lambda message: negate(inner(message))) if negated else inner


def _membership(reader: Reader, left: Expression) -> Expression:
    reader.expect("(")
    choices = [expression(reader)]
    while reader.takes(","):
        choices.append(expression(reader))
    reader.expect(")")

    def contains(message: Message) -> Value:
        value = left(message)
        if value is None:
            return None
        return any(equal(value, choice(message)) for choice in choices)

    return contains


def _likeness(reader: Reader, left: Expression) -> Expression:
    pattern = expression(reader)
    escape = expression(reader) if reader.takes("ESCAPE") else (lambda _message: None)
    return lambda message: like(left(message), pattern(message), escape(message))


def expression(reader: Reader) -> Expression:
    """Take an expression: sums of products of values. Raises SqlError."""
    left = _product(reader)
    while sign := reader.takes("+", "-"):
        left = _calculated(sign, left, _product(reader))
    return left


def _product(reader: Reader) -> Expression:
    left = _signed(reader)
    while sign := reader.takes("*", "/", "%"):
        left = _calculated(sign, left, _signed(reader))
    return left


def _calculated(sign: str, left: Expression, right: Expression) -> Expression:
    return lambda message: calculate(sign, left(message), right(message))


def _signed(reader: Reader) -> Expression:
    if reader.takes("-"):
        inner = _signed(reader)
        return lambda message: calculate("-", 0, inner(message))
    if reader.takes("+"):
        return _signed(reader)
    if reader.takes("("):
        inner = _disjunction(reader)
        reader.expect(")")
        return inner
    return _value(reader)


def _value(reader: Reader) -> Expression:
    constant: Value
    match reader.here.kind:
        case Kind.NUMBER:
            text = reader.take().text
            constant = int(text) if text.isdigit() else float(text)
        case Kind.TEXT:
            constant = reader.take().text
        case Kind.KEYWORD if reader.here.text in ("TRUE", "FALSE", "NULL"):
            constant = {"TRUE": True, "FALSE": False, "NULL": None}[reader.take().text]
        case Kind.NAME:
            return _property_or_call(reader)
        case _:
            raise reader.fault("expected a value")
    return lambda _message: constant


def _property_or_call(reader: Reader) -> Expression:
    name = reader.here.text.lower()
    found = _property(reader)
    if not reader.takes("("):
        return found
    if name == "newid":
        reader.expect(")")
        return lambda _message: uuid.uuid4()
    if name not in ("p", "property"):
        raise SqlError(f"'{name}' is no function; there are newid, property and p.")
    argument = expression(reader)
    reader.expect(")")
    return lambda message: user_property(str(argument(message)))(message)


def _property(reader: Reader) -> Expression:
    scope, name = property_name(reader)
    return user_property(name) if scope == "user" else (lambda message: message.system(name))
