"""How long a new process takes until the app is imported and indexed."""

import os
import statistics
import subprocess
import sys

from bench.report import Result, say
from local.addresses import ROOT

TARGET_SECONDS = 0.8
_PROGRAM = """
import time
began = time.perf_counter()
import function_app
functions = function_app.app.get_functions()
print(time.perf_counter() - began, len(functions))
"""


def measure(times: int) -> list[Result]:
    """Import and index the app in so many new processes, with an empty environment; the median counts."""
    took, functions = [], 0
    for _ in range(times):
        seconds, functions = _once()
        took.append(seconds)
    return say(
        f"Import and index of {functions} functions, median of {times} new processes",
        Result("import and index", statistics.median(took), "s", TARGET_SECONDS, digits=3),
        Result("fastest", min(took), "s", digits=3),
    )


def _once() -> tuple[float, int]:
    bare = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    done = subprocess.run(
        [sys.executable, "-c", _PROGRAM], cwd=ROOT, env=bare, capture_output=True, text=True, timeout=120, check=True
    )
    seconds, functions = done.stdout.split()
    return float(seconds), int(functions)
