"""Fixtures of the rim."""

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
import pytest_asyncio

from functions.http import composition
from functions.http.api import build
from shared.domain.policy import Subject
from tests.functions.rim import CALLERS, FakeApp, Rim


@pytest_asyncio.fixture
async def rim(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Rim]:
    """The whole API with a fake app; every use case must be stood in for by `rim.stub(module, name, answer)`."""
    app, calls = FakeApp(), list[tuple[Any, ...]]()

    async def subject_of(authorization: str | None) -> Subject | None:
        return CALLERS.get((authorization or "").removeprefix("Bearer "))

    def stub(module: object, name: str, answer: object = None) -> None:
        async def stands_in(_app: object, *args: object, **named: object) -> object:
            calls.append((*args, named) if named else args)
            if isinstance(answer, Exception):
                raise answer
            return await answer(*args, **named) if callable(answer) else answer

        monkeypatch.setattr(module, name, stands_in)

    monkeypatch.setattr(composition, "the_app", lambda: app)
    monkeypatch.setattr(composition, "subject_of", subject_of)
    transport = httpx.ASGITransport(app=build(), raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as http:
        yield Rim(http, app, stub, calls)
