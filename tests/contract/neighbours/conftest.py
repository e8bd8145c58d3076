"""One server of stand-ins and one broker, shared by the tests of this folder."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import httpx
import pytest
from aiohttp import web

from local.addresses import HOST
from local.broker import Serving, serving
from local.services.app import make_app
from local.services.context import Context
from local.stack import free_port_base

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture(scope="session")
async def here(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Context]:
    """What the running server of stand-ins holds."""
    context = Context.of(free_port_base(), tmp_path_factory.mktemp("neighbours"))
    runner = web.AppRunner(make_app(context), access_log=None)
    await runner.setup()
    await web.TCPSite(runner, HOST, context.addresses.services).start()
    yield context
    await runner.cleanup()


@pytest.fixture
async def http(here: Context) -> AsyncIterator[httpx.AsyncClient]:
    """A client of the stand-ins."""
    async with httpx.AsyncClient(base_url=here.base_url, timeout=20) as client:
        yield client


@pytest.fixture(scope="session")
def broker() -> Iterator[Serving]:
    """A broker with the entities of the local stack."""
    with serving(ROOT / "local" / "servicebus.json") as running:
        yield running
