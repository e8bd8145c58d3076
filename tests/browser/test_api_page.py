"""The page of the API in a browser that obeys its policy."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import pytest
from aiohttp import web

from functions.http.operation import BASE
from functions.http.operations import PAGE_POLICY
from local.addresses import HOST
from tests.browser.chromium import NEEDED, asked_for
from tests.functions.scene import scene, served

pytestmark = NEEDED
REPORTS = "/reports"
STRICTER = "/stricter"


@dataclass
class Shown:
    """The API on a port. Breaches of a policy are reported to it, and `/stricter` is the page without its styles."""

    http: httpx.AsyncClient
    reports: list[str] = field(default_factory=list)
    address: str = ""

    async def answer(self, request: web.Request) -> web.Response:
        if request.path == REPORTS:
            self.reports.append(await request.text())
            return web.Response(status=204)
        path = f"{BASE}/docs" if request.path == STRICTER else request.path
        answer = await self.http.request(request.method, path)
        headers = {name: text for name, text in answer.headers.items() if name != "content-length"}
        if policy := headers.get("content-security-policy"):
            policy = policy.replace("style-src 'self'", "style-src 'none'") if request.path == STRICTER else policy
            headers["content-security-policy"] = f"{policy}; report-uri {REPORTS}"
        return web.Response(status=answer.status_code, body=answer.content, headers=headers)


@pytest.fixture
async def shown() -> AsyncIterator[Shown]:
    """The API on a free port of this machine."""
    async with served(await scene()) as http:
        shown = Shown(http)
        app = web.Application()
        app.router.add_route("*", "/{path:.*}", shown.answer)
        runner = web.AppRunner(app, access_log=None)
        await runner.setup()
        await web.TCPSite(runner, HOST, 0).start()
        shown.address = f"http://{HOST}:{runner.addresses[0][1]}"
        try:
            yield shown
        finally:
            await runner.cleanup()


@pytest.mark.parametrize("path", ["/docs", "/swagger/index.html"])
async def test_the_page_keeps_its_policy_and_asks_nobody_else(shown: Shown, tmp_path: Path, path: str) -> None:
    """It stands there whole with its style sheet, and nothing of it is refused by the strictest policy."""
    document, asked = await asked_for(shown.address + BASE + path, tmp_path)
    assert 'id="initialise_correspondences"' in document
    assert {address for address in asked if not address.endswith("/favicon.ico")} == {
        f"{shown.address}{BASE}/docs/style.css"
    }
    assert shown.reports == []


async def test_a_breach_of_the_policy_would_be_seen(shown: Shown, tmp_path: Path) -> None:
    """Without leave for its style sheet the page is reported: silence above means something."""
    assert "style-src 'self'" in PAGE_POLICY
    await asked_for(shown.address + STRICTER, tmp_path)
    assert any("style-src" in report for report in shown.reports)
