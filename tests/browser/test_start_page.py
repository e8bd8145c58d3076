"""The start page of the local stack, as a person sees it in a browser."""

from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from tests.browser.chromium import NEEDED, rendered
from tests.stand_ins import stand_ins

pytestmark = NEEDED


@pytest.fixture
async def address(tmp_path: Path) -> AsyncIterator[str]:
    """The address of running stand-ins."""
    async with stand_ins(tmp_path) as context:
        yield context.base_url


async def test_the_start_page_leads_to_every_part(address: str, tmp_path: Path) -> None:
    """Mail, SMS, dialogs, hooks, clock and seeds are a click away, and each click finds a page."""
    page = await rendered(f"{address}/", tmp_path / "profile")
    for name in ("mail", "sms", "dialogs", "clock", "seeds"):
        assert name in page.lower()
    async with httpx.AsyncClient(base_url=address) as client:
        for path in ("/pages/mail", "/pages/sms", "/pages/dialogs", "/clock", "/seeds"):
            assert (await client.get(path)).status_code == 200, path
