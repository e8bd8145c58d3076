"""Made-up journeys over the whole API in process, with every port in memory."""

import asyncio
import random
from collections.abc import AsyncIterator, Mapping
from datetime import datetime, timedelta
from functools import cache
from typing import Any
from unittest.mock import patch

import httpx
import pytest
from fastapi import FastAPI
from hypothesis import HealthCheck, settings
from hypothesis.stateful import run_state_machine_as_test

from functions.http import composition
from functions.http.api import build
from local.demo.client import form_fields
from shared.domain.identifiers import AttachmentId
from shared.domain.policy import Action, Issuer, Scope, Subject
from shared.domain.verdicts import Scan, Verdict
from shared.usecases import scanning, subscribing
from tests.builders import AGENCY, PERSON, RESOURCE
from tests.fakes.neighbours import FakeScanner
from tests.fakes.world import READER, SENDER, World
from tests.journeys import machine
from tests.journeys.machine import Driver, Journeys

_CROWD = 60
_BASE = "http://test/correspondence/api/v1"
_SUBJECTS = {machine.AGENCY: SENDER, machine.PERSON: READER}
_LISTENER = Subject(
    issuer=Issuer.ALTINN, scopes=frozenset({Scope.EVENTS_SUBSCRIBE}), party=AGENCY, organisation="310001007"
)
_BAD = b"a file that is malware"


class _Scanner(FakeScanner):
    """Finds the one file that is malware."""

    async def scan(self, chunks: AsyncIterator[bytes], *, id_: AttachmentId, etag: str, now: datetime) -> Verdict:
        found = b"".join([chunk async for chunk in chunks])
        return Verdict(etag, Scan.INFECTED if found == _BAD else Scan.CLEAN, "", now)


@cache
def _api() -> FastAPI:
    return build()


class InMemory:
    """A driver of the fake world; messages wait until somebody lets them arrive."""

    resource = str(RESOURCE)
    bad = _BAD
    scans_at_once = False

    def __init__(self) -> None:
        self.world = World(scanner=_Scanner())
        self.world.decisions.only = (
            *((action, PERSON) for action in (Action.READ, Action.READ_ATTACHMENT)),
            (Action.WRITE, AGENCY),
        )
        self.runner = asyncio.Runner()
        wish = subscribing.NewSubscription(endpoint="https://agency.example/letters", resource_id=RESOURCE)
        self.runner.run(subscribing.subscribe(self.world.app, _LISTENER, wish))

    def now(self) -> datetime:
        return self.world.now

    def call(self, method: str, path: str, who: str, **body: Any) -> httpx.Response:
        return self.runner.run(self._call(method, path, who, **body))

    async def _call(self, method: str, path: str, who: str, **body: Any) -> httpx.Response:
        async def subject_of(authorization: str | None) -> Subject | None:
            return _SUBJECTS.get((authorization or "").removeprefix("Bearer "))

        with (
            patch.object(composition, "the_app", lambda: self.world.app),
            patch.object(composition, "subject_of", subject_of),
        ):
            transport = httpx.ASGITransport(app=_api(), raise_app_exceptions=False)
            async with httpx.AsyncClient(transport=transport) as http:
                return await http.request(
                    method, _BASE + path, headers={"Authorization": f"Bearer {who}"}, **_sendable(body)
                )

    def advance(self, by: timedelta) -> None:
        self.runner.run(self.world.advance(by))

    def settle(self) -> None:
        self.runner.run(self.world.settle())
        self.advance(timedelta(0))

    def disturb(self, seed: int) -> None:
        chance, outbox = random.Random(seed), self.world.outbox
        queues: tuple[list[Any], ...] = (outbox.facts, outbox.agenda, outbox.deliveries)
        for queue in queues:
            if len(queue) < _CROWD:  # Twelve times half as much again would be more than is ever consumed.
                queue.extend(chance.sample(queue, len(queue) // 2))
            chance.shuffle(queue)

    def scan(self, file_id: str) -> None:
        self.runner.run(scanning.scan_attachment(self.world.app, AttachmentId(file_id)))

    def subjects(self, marker: str) -> list[str]:
        return [mail.subject for mail in self.world.email.sent if marker in mail.subject]

    def events(self, letter_id: str) -> list[tuple[str, str]]:
        posted = [event for _, event in self.world.webhooks.posted if event["resourceinstance"] == letter_id]
        return [(str(event["type"]).rpartition(".")[2], str(event["id"])) for event in posted]


def _sendable(body: Mapping[str, Any]) -> dict[str, Any]:
    if "form" not in body:
        return dict(body)
    parts: list[tuple[str, Any]] = [(name, (None, text)) for name, text in form_fields(body["form"]).items()]
    parts += [
        ("attachments", (f"{number}.txt", content, "application/octet-stream"))
        for number, content in enumerate(body["files"])
    ]
    return {"files": parts}


class _InMemoryJourneys(Journeys):
    def begin(self) -> Driver:
        return InMemory()


@pytest.mark.parametrize(
    ("runs", "steps"), [(25, 30), pytest.param(500, 50, marks=[pytest.mark.long, pytest.mark.timeout(3000)])]
)
def test_no_journey_breaks_a_promise(runs: int, steps: int) -> None:
    """Nothing is published early or with malware, nobody is told twice or for nothing, nothing is lost."""
    run_state_machine_as_test(  # type: ignore[no-untyped-call]
        _InMemoryJourneys,
        settings=settings(
            max_examples=runs,
            stateful_step_count=steps,
            deadline=None,
            derandomize=runs < 100,
            suppress_health_check=list(HealthCheck),
        ),
    )
