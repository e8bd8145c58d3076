"""Who may import whom, and who reads the environment."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

from tests.architecture.sources import DEPLOYED, ROOT, importers, imports, modules, name_of, tree

DOMAIN_NEVER = {"asyncio", "io", "logging", "os", "pathlib", "random", "secrets", "socket", "subprocess", "time"}


def test_the_arrows_between_the_rooms_hold() -> None:
    """Every contract of import-linter is kept."""
    done = subprocess.run(
        [Path(sys.executable).with_name("lint-imports"), "--no-cache"],
        cwd=ROOT, capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-3000:]


@pytest.mark.parametrize("path", modules("shared/domain"), ids=name_of)
def test_the_domain_imports_the_standard_library_only(path: Path) -> None:
    """And of it nothing that reads a clock, a file, chance or the system."""
    allowed = (sys.stdlib_module_names - DOMAIN_NEVER) | {"shared"}
    assert {name.split(".")[0] for name in imports(path)} <= allowed
    assert all(name.startswith("shared.domain") for name in imports(path) if name.startswith("shared"))


@pytest.mark.parametrize("path", modules("shared/domain"), ids=name_of)
def test_the_domain_never_asks_what_time_it_is(path: Path) -> None:
    """`now` is given, and so is whatever must be different each time."""
    asked = {node.attr for node in ast.walk(tree(path)) if isinstance(node, ast.Attribute)}
    assert not asked & {"now", "utcnow", "today", "uuid1", "uuid4"}


def test_each_vendor_has_one_door() -> None:
    """Functions are declared at the rim, tables are known by one adapter; Service Bus by two, one of which sends."""
    assert {place.split("/")[0] for place in importers("azure.functions", *DEPLOYED)} <= {
        "functions",
        "function_app.py",
    }
    assert importers("azure.servicebus", *DEPLOYED) == {"shared/adapters/dead_letters.py", "shared/adapters/outbox.py"}
    assert importers("azure.data.tables", *DEPLOYED) == {"shared/adapters/tables.py"}


def test_no_room_but_the_local_stack_and_the_tests_knows_the_local_stack() -> None:
    """It is never deployed."""
    assert importers("local", *DEPLOYED) == set()
    assert importers("tests", *DEPLOYED, "local") == set()


def test_only_the_settings_read_the_environment() -> None:
    """Neither `os.environ` nor `os.getenv` stands anywhere else."""
    readers = {
        name_of(path)
        for path in modules(*DEPLOYED)
        for node in ast.walk(tree(path))
        if (isinstance(node, ast.Attribute) and node.attr in {"environ", "environb", "getenv", "getenvb"})
        or (isinstance(node, ast.ImportFrom) and node.module == "os")
    }
    assert readers <= {"shared/config.py"}
