"""Made-up journeys over the running stack: HTTP, storage, bus and clock as they are."""

import uuid
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, settings
from hypothesis.stateful import run_state_machine_as_test

from local.demo import hooks, letters
from local.demo.client import Api, Json, Services
from local.demo.settling import settle
from shared.adapters.scanner import eicar_signature
from tests.journeys import machine
from tests.journeys.machine import Driver, Journeys

_DOZENS = timedelta(hours=20)
"""Tokens are good for a day of the stack's clock."""


class OverHttp:
    """A driver of the stack; it scans and delivers by itself, so some rules have nothing to do."""

    resource = letters.LETTERS
    bad = eicar_signature()
    scans_at_once = True

    def __init__(self, services: Services) -> None:
        self.services = services
        self.hook = f"journeys-{uuid.uuid4().hex[:8]}"
        self._callers: dict[str, Api] = {}
        self._fresh_until = datetime.fromisoformat(services.now())
        self._mails: list[Json] | None = None
        self._secret = self._api(machine.AGENCY).subscribe(services.hook_url(self.hook), self.resource)["secret"]

    def now(self) -> datetime:
        return datetime.fromisoformat(self.services.now())

    def call(self, method: str, path: str, who: str, **body: Any) -> httpx.Response:
        self._mails = None
        api = self._api(who)
        if "form" in body:
            return api.send_form(body["form"], [(f"{n}.txt", content) for n, content in enumerate(body["files"])])
        return api.call(method, path, **body)

    def _api(self, who: str) -> Api:
        if self.now() >= self._fresh_until:
            self.close()
            self._fresh_until = self.now() + _DOZENS
            self._callers = {
                machine.AGENCY: self.services.organisation(letters.AGENCY),
                machine.PERSON: self.services.person(letters.KARI),
            }
        return self._callers[who]

    def advance(self, by: timedelta) -> None:
        self._mails = None
        self.services.advance(f"PT{int(by.total_seconds())}S")
        self.settle()

    def settle(self) -> None:
        self._mails = None
        settle(self.services, self._api(machine.AGENCY))

    def disturb(self, seed: int) -> None:
        """The bus of a stack cannot be told to."""

    def scan(self, file_id: str) -> None:
        """It has been scanned, or is being."""

    def subjects(self, marker: str) -> list[str]:
        if self._mails is None:
            self._mails = self.services.mail()
        return [mail["subject"] for mail in self._mails if marker in mail["subject"]]

    def events(self, letter_id: str) -> list[tuple[str, str]]:
        calls = hooks.deliveries(self.services.hook(self.hook))
        told = [hooks.verify(call, self._secret) for call in calls if letter_id in call["body"]]
        ids = {event["id"]: event["type"].rpartition(".")[2] for event in told}
        return [(kind, id_) for id_, kind in ids.items()]  # A leap of the clock may bring an event again, under its id.

    def close(self) -> None:
        for api in self._callers.values():
            api.close()


@pytest.fixture
def driver(services: Services) -> Iterator[OverHttp]:
    """The stack, with tokens of its own."""
    made = OverHttp(services)
    yield made
    made.close()


@pytest.mark.parametrize(
    ("runs", "steps"), [(1, 20), pytest.param(40, 30, marks=[pytest.mark.long, pytest.mark.timeout(3000)])]
)
def test_no_journey_breaks_a_promise(driver: OverHttp, runs: int, steps: int) -> None:
    """Nothing is published early or with malware, nobody is told twice or for nothing, nothing is lost."""

    class OnTheStack(Journeys):
        def begin(self) -> Driver:
            return driver

    run_state_machine_as_test(  # type: ignore[no-untyped-call]
        OnTheStack,
        settings=settings(
            max_examples=runs,
            stateful_step_count=steps,
            deadline=None,
            derandomize=runs == 1,
            suppress_health_check=list(HealthCheck),
        ),
    )
