"""Reads Bicep: what a file declares, as far as the tests of the infrastructure ask for it."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

import tree_sitter_bicep
from tree_sitter import Language, Node, Parser

_SECURE = re.compile(r"@secure\(\)")


@cache
def _parser() -> Parser:
    return Parser(Language(tree_sitter_bicep.language()))


@dataclass(frozen=True, slots=True)
class Resource:
    """A declared resource: its symbol, its type with the version, its name as it is written."""

    symbol: str
    type: str
    name: str
    existing: bool


@dataclass(frozen=True, slots=True)
class Parameter:
    """A declared parameter."""

    name: str
    has_default: bool
    secure: bool


class Bicep:
    """One file."""

    def __init__(self, text: str) -> None:
        self.text = text
        self._root = _parser().parse(text.encode()).root_node

    def faults(self) -> list[str]:
        """What cannot be read, by its line."""
        return [
            f"line {node.start_point[0] + 1}: {_text(node)[:60]!r}" for node in _walk(self._root) if _is_fault(node)
        ]

    def resources(self) -> list[Resource]:
        """Every resource, nested ones too."""
        return [_resource(node) for node in _walk(self._root) if node.type == "resource_declaration"]

    def parameters(self) -> list[Parameter]:
        """Every parameter."""
        found = []
        for node in _walk(self._root):
            if node.type == "parameter_declaration":
                text = _text(node)
                name = re.search(r"param\s+(\w+)", text)
                assert name is not None
                before = node.prev_sibling
                decorated = text + (_text(before) if before is not None and before.type == "decorators" else "")
                found.append(Parameter(name[1], " = " in text.partition("param ")[2], bool(_SECURE.search(decorated))))
        return found

    def outputs(self) -> dict[str, str]:
        """What the file gives away: the expression of each output."""
        return dict(re.findall(r"(?m)^output (\w+) \w+ = (.+)$", self.text))

    def keys_of(self, variable: str) -> set[str]:
        """The members of an object that a variable or a member of this name is set to."""
        for node in _walk(self._root):
            if node.type in {"variable_declaration", "object_property"}:
                names = [child for child in node.children if child.type in {"identifier", "property_identifier"}]
                objects = [child for child in node.children if child.type == "object"]
                if names and objects and _text(names[0]) == variable:
                    return {_text(prop.children[0]) for prop in objects[0].children if prop.type == "object_property"}
        raise KeyError(variable)

    def strings(self) -> list[str]:
        """Every text in quotes, without them."""
        return [_text(node)[1:-1] for node in _walk(self._root) if node.type == "string"]


def _resource(node: Node) -> Resource:
    head = re.search(r"resource\s+(\w+)\s+'([^']+)'\s*(existing)?", _text(node))
    assert head is not None
    name = re.search(r"(?m)^\s+name:\s*(.+)$", _text(node))
    return Resource(head[1], head[2], name[1] if name else "", existing=bool(head[3]))


def _walk(node: Node) -> Iterator[Node]:
    yield node
    for child in node.children:
        yield from _walk(child)


def _is_fault(node: Node) -> bool:
    return node.type == "ERROR" or node.is_missing


def _text(node: Node) -> str:
    return (node.text or b"").decode()
