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
import azure.functions, azurefunctions.extensions.http.fastapi{more}
print(time.perf_counter() - began, 0)
"""
"""What every app spends before its first own line: with streamed HTTP, and with a blob client besides."""

_STREAMED_HTTP = _FLOOR.format(more="")
_WITH_BLOBS = _FLOOR.format(more=", azurefunctions.extensions.bindings.blob")

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
    took, http, floor, functions = [], [], [], 0
    for _ in range(times):
        seconds, functions = _once(_PROGRAM)
        took.append(seconds)
        http.append(_once(_STREAMED_HTTP)[0])
        floor.append(_once(_WITH_BLOBS)[0])
    median, least = statistics.median(took), statistics.median(floor)
    return say(
        f"Import and index of {functions} functions, median of {times} new processes",
        Result("import and index", median, "s", TARGET_SECONDS, digits=3),
        Result("fastest", min(took), "s", digits=3),
        Result("floor: the platform's packages for streamed HTTP alone", statistics.median(http), "s", digits=3),
        Result("floor: the same with the blob binding", least, "s", digits=3),
        Result("import and index against the floor", median / least, "times", digits=2),
    )


def _once(program: str) -> tuple[float, int]:
    bare = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, env=bare, capture_output=True, text=True, timeout=120, check=True
    )
    seconds, functions = done.stdout.split()
    return float(seconds), int(functions)
