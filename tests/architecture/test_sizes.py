"""Modules and functions stay small enough to be read in one go."""

import ast
from pathlib import Path

import pytest

from tests.architecture.sources import DEPLOYED, modules, name_of, tree

MAX_MODULE_LINES = 300
MAX_FUNCTION_LINES = 40
MAX_POSITIONAL = 5
HOUSE = modules(*DEPLOYED, "local")


@pytest.mark.parametrize("path", HOUSE, ids=name_of)
def test_a_module_has_at_most_300_lines(path: Path) -> None:
    """A longer one is split by aggregate."""
    assert len(path.read_text(encoding="utf-8").splitlines()) <= MAX_MODULE_LINES


@pytest.mark.parametrize("path", HOUSE, ids=name_of)
def test_a_function_has_at_most_40_lines_and_5_parameters(path: Path) -> None:
    """From `def` to its end, its words included; optional parameters are keyword-only and come on top."""
    too_long, too_many = [], []
    for node in ast.walk(tree(path)):
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            continue
        if (node.end_lineno or 0) - node.lineno + 1 > MAX_FUNCTION_LINES:
            too_long.append(node.name)
        own = [a.arg for a in (*node.args.posonlyargs, *node.args.args) if a.arg not in {"self", "cls"}]
        if len(own) > MAX_POSITIONAL and node.name != "__init__":
            too_many.append(node.name)
    assert (too_long, too_many) == ([], [])
