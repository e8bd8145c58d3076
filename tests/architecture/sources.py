"""The source files, read once, and what they import."""

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
DEPLOYED = ("function_app.py", "functions", "shared")


@cache
def tree(path: Path) -> ast.Module:
    """The parsed file."""
    return ast.parse(path.read_text(encoding="utf-8"), str(path))


def modules(*places: str) -> list[Path]:
    """Every Python file below these places of the repository."""
    found = [ROOT / place for place in places]
    return sorted(path for each in found for path in ([each] if each.is_file() else each.rglob("*.py")))


def name_of(path: Path) -> str:
    """The path as it is known in the repository."""
    return path.relative_to(ROOT).as_posix()


def imports(path: Path) -> Iterator[str]:
    """The full names of what the file imports, wherever in it; with `from a import b` both `a` and `a.b`."""
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module or ""
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def importers(package: str, *places: str) -> set[str]:
    """The files below these places that import the package or something in it."""
    return {
        name_of(path)
        for path in modules(*places)
        if any(name == package or name.startswith(package + ".") for name in imports(path))
    }
