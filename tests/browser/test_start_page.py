"""The start page of the local stack, as a person sees it in a browser."""

import asyncio
import shutil
import subprocess
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
from aiohttp import web

from local.addresses import HOST
from local.services.app import make_app
from local.services.context import Context
from local.stack import free_port_base

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="chromium is not installed (make test installs it as root with apt)"),
]
QUIET = ("--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-sync")


@pytest.fixture
async def stand_ins(tmp_path: Path) -> AsyncIterator[str]:
    """The address of running stand-ins."""
    context = Context.of(free_port_base(), tmp_path)
    runner = web.AppRunner(make_app(context), access_log=None)
    await runner.setup()
    await web.TCPSite(runner, HOST, context.addresses.services).start()
    yield context.base_url
    await runner.cleanup()


async def rendered(url: str, profile: Path) -> str:
    """The page's document after the browser has run it."""
    command = [str(CHROMIUM), "--headless", "--no-sandbox", *QUIET, f"--user-data-dir={profile}", "--dump-dom", url]
    ran = await asyncio.to_thread(subprocess.run, command, capture_output=True, text=True, timeout=90, check=True)
    return ran.stdout


async def test_the_start_page_leads_to_every_part(stand_ins: str, tmp_path: Path) -> None:
    """Mail, SMS, dialogs, hooks, clock and seeds are a click away, and each click finds a page."""
    page = await rendered(f"{stand_ins}/", tmp_path / "profile")
    for name in ("mail", "sms", "dialogs", "clock", "seeds"):
        assert name in page.lower()
    async with httpx.AsyncClient(base_url=stand_ins) as client:
        for path in ("/pages/mail", "/pages/sms", "/pages/dialogs", "/clock", "/seeds"):
            assert (await client.get(path)).status_code == 200, path
