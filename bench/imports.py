"""How long a new process takes until the app is imported and indexed."""

import os
import statistics
import subprocess
import sys

from bench.report import Result, say
from local.addresses import ROOT

TARGET_SECONDS = 0.8
_FLOOR = """
import time
began = time.perf_counter()
import azure.functions, azurefunctions.extensions.http.fastapi, azurefunctions.extensions.bindings.blob
print(time.perf_counter() - began, 0)
"""
"""What every app with streamed HTTP and a blob client spends before its first own line."""

_PROGRAM = """
import time
began = time.perf_counter()
import function_app
functions = function_app.app.get_functions()
print(time.perf_counter() - began, len(functions))
"""


def measure(times: int) -> list[Result]:
    """Import and index the app in so many new processes, with an empty environment; the median counts.

    In turn with it the platform's own packages alone are imported: the floor that no app of this kind gets below.
    """
    took, floor, functions = [], [], 0
    for _ in range(times):
        seconds, functions = _once(_PROGRAM)
        took.append(seconds)
        floor.append(_once(_FLOOR)[0])
    median, least = statistics.median(took), statistics.median(floor)
    return say(
        f"Import and index of {functions} functions, median of {times} new processes",
        Result("import and index", median, "s", TARGET_SECONDS, digits=3),
        Result("fastest", min(took), "s", digits=3),
        Result("floor: the platform's packages alone", least, "s", digits=3),
        Result("import and index against the floor", median / least, "times", digits=2),
    )


def _once(program: str) -> tuple[float, int]:
    bare = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, env=bare, capture_output=True, text=True, timeout=120, check=True
    )
    seconds, functions = done.stdout.split()
    return float(seconds), int(functions)
