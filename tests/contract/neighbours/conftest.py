"""One server of stand-ins and one broker, shared by the tests of this folder."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import httpx
import pytest

from local.broker import Serving, serving
from local.services.context import Context
from tests.stand_ins import stand_ins

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture(scope="session")
async def here(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Context]:
    """What the running server of stand-ins holds."""
    async with stand_ins(tmp_path_factory.mktemp("neighbours")) as context:
        yield context


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
