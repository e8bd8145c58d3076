"""The fields of `multipart/form-data` as the body they stand for. Source: wire contract 2.4."""

import re
from collections.abc import Iterable
from typing import Any

from shared.domain.errors import FieldError, InvalidRequest
from shared.schemas.requests import InitializeCorrespondences

MAX_DEPTH = 10
FILES = "attachments"

_PROPERTIES = re.compile(
    r"correspondence\.propertylist(?:\.(.+)|\[(.+?)\](?:\.(key|value))?)", re.IGNORECASE | re.DOTALL
)
_STEP = re.compile(r"\.?([^.\[\]]+)|\[(\d{1,4})\]", re.ASCII)

Tree = dict[Any, Any]


def is_file_field(name: str) -> bool:
    """True for the field that carries files, in any case, with or without the prefix."""
    return _unprefixed(name).lower() == FILES


def read_form(fields: Iterable[tuple[str, str]]) -> InitializeCorrespondences:
    """The request that the fields spell. Raises InvalidRequest that lists every fault.

    Empty values are null, unknown names are ignored, and of a single value given twice the first counts.
    """
    body = InitializeCorrespondences.read(as_body(fields))
    notification = body.correspondence.notification
    if notification is not None and not notification.has_known_template:
        fault = FieldError("correspondence.notification.notificationTemplate", "is not a known template")
        raise InvalidRequest(fault)
    return body


def as_body(fields: Iterable[tuple[str, str]]) -> Tree:
    """The tree of objects and lists that the names describe; names are lower case, but for property keys."""
    root: Tree = {}
    properties: dict[str, str] = {}
    pairs: dict[str, Tree] = {}
    for full_name, text in fields:
        name = _unprefixed(full_name)
        if match := _PROPERTIES.fullmatch(name):
            _keep_property(properties, pairs, match, text)
            continue
        steps = _steps(name)
        if steps:
            _put(root, steps, text or None)
    properties |= {pair["key"]: pair.get("value", "") for pair in pairs.values() if pair.get("key")}
    if properties and isinstance(inner := root.setdefault("correspondence", {}), dict):
        inner["propertylist"] = properties
    body = _with_lists(root)
    return body if isinstance(body, dict) else {}


def _unprefixed(name: str) -> str:
    head, dot, rest = name.partition(".")
    return rest if dot and head.strip().lower() == "request" else name


def _keep_property(properties: dict[str, str], pairs: dict[str, Tree], match: re.Match[str], text: str) -> None:
    dotted, bracketed, member = match.groups()
    if member:
        pairs.setdefault(bracketed, {})[member.lower()] = text
    elif text:
        properties.setdefault(dotted or bracketed, text)


def _steps(name: str) -> list[str | int]:
    """`Recipients[0]` → recipients, 0. Empty when the name is no path, or too deep for any body of ours."""
    steps: list[str | int] = []
    position = 0
    while position < len(name):
        match = _STEP.match(name, position)
        if match is None or len(steps) == MAX_DEPTH:
            return []
        steps.append(int(match[2]) if match[2] else match[1].strip().lower())
        position = match.end()
    return steps


def _put(tree: Tree, steps: list[str | int], value: str | None) -> None:
    for step in steps[:-1]:
        below = tree.setdefault(step, {})
        if not isinstance(below, dict):
            return
        tree = below
    last = steps[-1]
    if last in tree and isinstance(last, str) and last in _REPEATABLE:
        held = tree[last]
        tree[last] = {0: held, 1: value} if not isinstance(held, dict) else held | {max(held, default=-1) + 1: value}
    else:
        tree.setdefault(last, value)


_REPEATABLE = frozenset({"recipients", "existingattachments"})
"""Lists of plain values: they may also be given by repeating the name without an index."""


def _with_lists(node: object) -> object:
    """Turn what is indexed into lists, in the order of the indexes."""
    if not isinstance(node, dict):
        return node
    if node and all(isinstance(key, int) for key in node):
        return [_with_lists(node[key]) for key in sorted(node)]
    return {
        key: [value] if key in _REPEATABLE and isinstance(value, str) else _with_lists(value)
        for key, value in node.items()
        if isinstance(key, str)
    }
