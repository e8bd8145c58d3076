"""One server of stand-ins, over a state folder that the tests of this folder share."""

from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from local.services.context import Context
from tests.stand_ins import stand_ins

DIALOGS = "/dialogporten/api/v1/serviceowner/dialogs"


@pytest.fixture(scope="session")
async def here(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Context]:
    """What the running server of stand-ins holds."""
    async with stand_ins(tmp_path_factory.mktemp("state")) as context:
        yield context


@pytest.fixture
async def http(here: Context) -> AsyncIterator[httpx.AsyncClient]:
    """A client of the stand-ins."""
    async with httpx.AsyncClient(base_url=here.base_url, timeout=20) as client:
        yield client


@pytest.fixture
async def own(tmp_path: Path) -> AsyncIterator[tuple[Context, httpx.AsyncClient]]:
    """A server with a state folder of its own, for tests that move the clock."""
    async with stand_ins(tmp_path) as context, httpx.AsyncClient(base_url=context.base_url, timeout=20) as client:
        yield context, client


@pytest.fixture
async def provider(http: httpx.AsyncClient) -> dict[str, str]:
    """The headers of a caller of Dialogporten."""
    query = {"orgNo": "310001007", "scopes": "altinn:serviceowner digdir:dialogporten.serviceprovider"}
    answer = await http.get("/token/enterprise", params=query)
    return {"Authorization": f"Bearer {answer.text}"}
