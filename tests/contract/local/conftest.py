"""One server of stand-ins, over a state folder that the tests of this folder share."""

from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
from aiohttp import web

from local.addresses import HOST
from local.services.app import make_app
from local.services.context import Context
from local.stack import free_port_base

DIALOGS = "/dialogporten/api/v1/serviceowner/dialogs"


@pytest.fixture(scope="session")
async def here(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Context]:
    """What the running server of stand-ins holds."""
    context = Context.of(free_port_base(), tmp_path_factory.mktemp("state"))
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


@pytest.fixture
async def own(tmp_path: Path) -> AsyncIterator[tuple[Context, httpx.AsyncClient]]:
    """A server with a state folder of its own, for tests that move the clock."""
    context = Context.of(free_port_base(), tmp_path)
    runner = web.AppRunner(make_app(context), access_log=None)
    await runner.setup()
    await web.TCPSite(runner, HOST, context.addresses.services).start()
    async with httpx.AsyncClient(base_url=context.base_url, timeout=20) as client:
        yield context, client
    await runner.cleanup()


@pytest.fixture
async def provider(http: httpx.AsyncClient) -> dict[str, str]:
    """The headers of a caller of Dialogporten."""
    query = {"orgNo": "310001007", "scopes": "altinn:serviceowner digdir:dialogporten.serviceprovider"}
    answer = await http.get("/token/enterprise", params=query)
    return {"Authorization": f"Bearer {answer.text}"}
