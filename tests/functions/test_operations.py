"""Health, and what every operation states about itself."""

from pathlib import Path

import pytest
from fastapi import FastAPI
from fastapi.routing import APIRoute

from functions.http import composition
from functions.http.api import OPERATIONS, build
from functions.http.operation import Policy
from shared.config import SettingsError
from tests.functions.rim import Rim

LISTED = Path(__file__).parent.parent / "architecture" / "functions.txt"
PUBLIC = {
    "health",
    "healthz",
    "openapi",
    "openapi_of_upstream",
    "api_page",
    "api_page_of_upstream",
    "api_page_style",
    "preflight",
    "no_such_operation",
}


async def test_the_app_is_healthy_when_it_can_be_composed(rim: Rim) -> None:
    """Both probes answer without a token."""
    for path in ("/health", "/healthz"):
        answer = await rim.get(path, "")
        assert (answer.status_code, answer.json()["status"]) == (200, "Healthy")


async def test_bad_settings_are_unhealthy_and_named(rim: Rim, monkeypatch: pytest.MonkeyPatch) -> None:
    """The message names the setting; the process itself still answers."""

    def broken() -> None:
        raise SettingsError("The settings cannot be used. TOKEN_ISSUERS: Field required")

    monkeypatch.setattr(composition, "the_app", broken)
    answer = await rim.get("/health", "")
    assert (answer.status_code, answer.json()["status"]) == (500, "Unhealthy")
    assert "TOKEN_ISSUERS" in answer.json()["message"]
    assert (await rim.get("/healthz", "")).status_code == 200


@pytest.fixture(scope="module")
def api() -> FastAPI:
    """The whole API."""
    return build()


def test_every_route_is_an_operation_that_states_its_policy(api: FastAPI) -> None:
    """No route comes about by itself, and the public ones are these."""
    assert [route.name for route in api.routes if isinstance(route, APIRoute)] == [o.id for o in OPERATIONS]
    assert len(api.routes) == len(OPERATIONS)
    assert {operation.id for operation in OPERATIONS if operation.policy is Policy.PUBLIC} == PUBLIC


def test_names_are_unique_and_listed() -> None:
    """The list is what is documented: one Function per operation, among the triggers."""
    names = [operation.id for operation in OPERATIONS]
    assert len(set(names)) == len(names)
    assert set(names) <= set(LISTED.read_text().split())
