"""The three-valued logic and the operators of SQL filters: None is what SQL calls unknown.

Source: Service Bus documentation, Subscription Rule SQL Filter Syntax.
"""

import math
import operator
import re
from collections.abc import Callable
from typing import Final

from local.broker.message import Message
from local.broker.values import Value

type Expression = Callable[[Message], Value]

_ORDER: Final[dict[str, Callable[[Value, Value], Value]]] = {
    "<": operator.lt,
    ">": operator.gt,
    "<=": operator.le,
    ">=": operator.ge,
}
# The .NET names of a message's properties, in lower case, and ours.
SYSTEM_NAMES: Final = {
    "messageid": "message_id",
    "correlationid": "correlation_id",
    "label": "subject",
    "subject": "subject",
    "to": "to",
    "replyto": "reply_to",
    "sessionid": "group_id",
    "replytosessionid": "reply_to_group_id",
    "contenttype": "content_type",
}


def user_property(name: str) -> Expression:
    """Return what reads an application property; case does not count unless two names differ by it only."""

    def read(message: Message) -> Value:
        application = message.application or {}
        if name in application:
            return application[name]
        lowered = name.lower()
        return next((value for key, value in application.items() if key.lower() == lowered), None)

    return read


def negate(value: Value) -> Value:
    """Return NOT value."""
    return None if value is None else not value


def both(left: Value, right: Value) -> Value:
    """Return left AND right."""
    if left is False or right is False:
        return False
    return None if left is None or right is None else bool(left and right)


def either(left: Value, right: Value) -> Value:
    """Return left OR right."""
    if left is True or right is True:
        return True
    return None if left is None or right is None else bool(left or right)


def equal(left: Value, right: Value) -> bool:
    """Return whether two known values are the same; true is not 1."""
    return isinstance(left, bool) == isinstance(right, bool) and bool(left == right)


def compare(sign: str, left: Value, right: Value) -> Value:
    """Return the comparison; values of kinds that have no order are unknown."""
    if left is None or right is None:
        return None
    if sign == "=":
        return equal(left, right)
    if sign in ("<>", "!="):
        return not equal(left, right)
    if isinstance(left, bool) or isinstance(right, bool):
        return None
    try:
        return bool(_ORDER[sign](left, right))
    except TypeError:
        return None


def calculate(sign: str, left: Value, right: Value) -> Value:
    """Return the sum, product and so on; texts can be added. What cannot be computed is unknown."""
    if left is None or right is None or isinstance(left, bool) or isinstance(right, bool):
        return None
    if isinstance(left, str) or isinstance(right, str):
        return left + right if sign == "+" and isinstance(left, str) and isinstance(right, str) else None
    if not isinstance(left, int | float) or not isinstance(right, int | float):
        return None
    return _number(sign, left, right)


def _number(sign: str, left: Value, right: Value) -> Value:
    whole = isinstance(left, int) and isinstance(right, int)
    try:
        match sign:
            case "+":
                return left + right
            case "-":
                return left - right
            case "*":
                return left * right
            case "/":
                return _truncated(left, right) if whole else left / right
            case _:
                return left - right * _truncated(left, right) if whole else math.fmod(left, right)
    except (ZeroDivisionError, OverflowError, ValueError):
        return None


def _truncated(left: int, right: int) -> int:
    """Return the quotient of whole numbers, rounded towards zero as in C#."""
    quotient = abs(left) // abs(right)
    return quotient if (left < 0) == (right < 0) else -quotient


def like(value: Value, pattern: Value, escape: Value) -> Value:
    """Return whether the text has the pattern: % is any text, _ one character."""
    if value is None or pattern is None:
        return None
    regex, index, text = "", 0, str(pattern)
    while index < len(text):
        character = text[index]
        if escape and character == escape and index + 1 < len(text):
            index += 1
            regex += re.escape(text[index])
        else:
            regex += {"%": ".*", "_": "."}.get(character) or re.escape(character)
        index += 1
    return re.fullmatch(regex, str(value), re.DOTALL) is not None
