"""The browser: what a page becomes in it, and what it asks the network for."""

import asyncio
import json
import shutil
import subprocess
from pathlib import Path

import pytest

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
NEEDED = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="chromium is not installed (make test installs it as root with apt)"),
]
"""The marks of every test that needs it."""

_QUIET = ("--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-sync")


async def rendered(url: str, profile: Path, *more: str) -> str:
    """The page's document after the browser has run it."""
    command = [str(CHROMIUM), "--headless", "--no-sandbox", *_QUIET, f"--user-data-dir={profile}", *more]
    ran = await asyncio.to_thread(
        subprocess.run, [*command, "--dump-dom", url], capture_output=True, text=True, timeout=90, check=True
    )
    return ran.stdout


async def asked_for(url: str, folder: Path) -> tuple[str, list[str]]:
    """The document, and the address of every request that the page itself made."""
    log = folder / "net.json"
    document = await rendered(url, folder / "profile", f"--log-net-log={log}")
    kept = json.loads(log.read_text(encoding="utf-8"))
    begun = kept["constants"]["logEventTypes"]["URL_REQUEST_START_JOB"]
    origin = "/".join(url.split("/")[:3])
    starts = [event["params"] for event in kept["events"] if event["type"] == begun and "params" in event]
    return document, [start["url"] for start in starts if start.get("initiator") == origin]
