"""The app as the Functions runtime sees it, indexed once in a process with an empty environment."""

import json
import subprocess
import sys
from typing import Any

import pytest

from tests.architecture.sources import ROOT

_INDEX = """
import json, function_app
functions = function_app.app.get_functions()
print(json.dumps([
    {"name": f.get_function_name(), "bindings": [b.get_dict_repr() for b in f.get_bindings()]} for f in functions
], default=str))
"""


@pytest.fixture(scope="session")
def functions() -> list[dict[str, Any]]:
    """Every Function with its bindings. Fails when the import needs anything of the environment."""
    done = subprocess.run(
        [sys.executable, "-c", _INDEX],
        cwd=ROOT, env={}, capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-2000:]
    indexed: list[dict[str, Any]] = json.loads(done.stdout.splitlines()[-1])
    return indexed
