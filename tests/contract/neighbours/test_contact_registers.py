"""The registers of contact points against servers that answer as they do, as they should not, and not at all."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

import pytest
from aiohttp import web

from shared.adapters import contact_registers
from shared.adapters.contact_registers import OrganisationRegister, PersonRegister
from shared.domain.errors import Unavailable
from shared.domain.identifiers import organisation, person
from shared.domain.notification import ContactPoint
from tests.contract.neighbours.answering import answering

KARI, OLA, NOBODY = "26903848935", "24847110186", "01039012345"
AGENCY, BUSINESS = "310001007", "310002003"
type Register = PersonRegister | OrganisationRegister
type Answer = Callable[[list[str]], Any]

PERSONS: dict[str, dict[str, Any]] = {
    KARI: {
        "reservasjon": "NEI",
        "status": "AKTIV",
        "varslingsstatus": "KAN_VARSLES",
        "kontaktinformasjon": {"epostadresse": "kari@person.example", "mobiltelefonnummer": "+4799999901"},
    },
    OLA: {
        "reservasjon": "JA",
        "status": "AKTIV",
        "kontaktinformasjon": {"epostadresse": "ola@person.example", "mobiltelefonnummer": "+4799999902"},
    },
}


async def token() -> str:
    return "a-token"


@asynccontextmanager
async def register(kind: type[Register], answer: Answer) -> AsyncIterator[tuple[Register, list[tuple[str, Any]]]]:
    """A register at a server that answers so, and what it was asked."""
    calls: list[tuple[str, Any]] = []

    async def handle(request: web.Request) -> web.StreamResponse:
        assert request.headers["Authorization"] == "Bearer a-token"
        (numbers,) = (await request.json()).values()
        calls.append((request.path, await request.json()))
        answered = answer(numbers)
        if isinstance(answered, web.StreamResponse):
            return answered
        return web.Response(body=answered if isinstance(answered, bytes) else json.dumps(answered).encode())

    async with answering(handle) as url:
        made = kind(url, token)
        try:
            yield made, calls
        finally:
            await made.close()


def persons(numbers: list[str]) -> Any:
    """As the register of persons answers."""
    return {"personer": [{"personidentifikator": n} | PERSONS[n] for n in numbers if n in PERSONS]}


def organisations(numbers: list[str]) -> Any:
    """As the register of organisations answers: several addresses, null for none."""
    points: dict[str, dict[str, Any]] = {
        AGENCY: {"emailList": ["post@agency.example", "arkiv@agency.example"], "mobileNumberList": ["+4799999903"]},
        BUSINESS: {"emailList": None, "mobileNumberList": []},
    }
    return {"contactPointsList": [{"organizationNumber": n} | points[n] for n in numbers if n in points]}


async def test_persons() -> None:
    """Asked for by their numbers in one call; who is reserved has no addresses, who is not known is left out."""
    async with register(PersonRegister, persons) as (asked, calls):
        found = await asked.contacts([person(KARI), person(OLA), person(NOBODY), person(KARI)])
    assert found == {
        person(KARI): ContactPoint(("kari@person.example",), ("+4799999901",)),
        person(OLA): ContactPoint(reserved=True),
    }
    assert calls == [("/rest/v2/personer", {"personidentifikatorer": [KARI, OLA, NOBODY]})]


async def test_organisations() -> None:
    """All of their addresses; one without any is known all the same."""
    async with register(OrganisationRegister, organisations) as (asked, calls):
        found = await asked.contacts([organisation(AGENCY), organisation(BUSINESS)])
    assert found == {
        organisation(AGENCY): ContactPoint(("post@agency.example", "arkiv@agency.example"), ("+4799999903",)),
        organisation(BUSINESS): ContactPoint(),
    }
    path = "/profile/api/v1/correspondence/organizations/notificationaddresses/lookup"
    assert calls == [(path, {"organizationNumbers": [AGENCY, BUSINESS]})]


async def test_who_may_not_be_told_has_no_addresses() -> None:
    """Addresses that are too old for a notice, by the register's own word."""
    old = PERSONS[KARI] | {"varslingsstatus": "KAN_IKKE_VARSLES", "personidentifikator": KARI}
    async with register(PersonRegister, lambda _: {"personer": [old]}) as (asked, _):
        assert await asked.contacts([person(KARI)]) == {person(KARI): ContactPoint()}


async def test_nobody_asked_for_is_not_asked() -> None:
    """No call without a question."""
    async with register(PersonRegister, persons) as (asked, calls):
        assert await asked.contacts([]) == {}
    assert not calls


async def test_many_are_asked_for_in_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    """As many in each question as the register takes."""
    monkeypatch.setattr(contact_registers, "PERSONS_AT_ONCE", 2)
    async with register(PersonRegister, persons) as (asked, calls):
        assert len(await asked.contacts([person(n) for n in (KARI, NOBODY, OLA)])) == 2
    assert [call[1]["personidentifikatorer"] for call in calls] == [[KARI, NOBODY], [OLA]]


LIES: dict[str, Any] = {
    "another person": {"personer": [PERSONS[KARI] | {"personidentifikator": NOBODY}]},
    "nobody": {"personer": []},
}
UNUSABLE: dict[str, Any] = {
    "no JSON": b"<html>",
    "nothing": b"",
    "half": b'{"personer": [',
    "a list": [],
    "no list of persons": {"personer": None},
    "another member": {"people": []},
    "a number of another form": {"personer": [{"personidentifikator": 26903848935}]},
    "a reservation of another word": {"personer": [{"personidentifikator": KARI, "reservasjon": "KANSKJE"}]},
    "not in UTF-8": b'{"personer": ["\xff"]}',
}


@pytest.mark.parametrize("lie", LIES.values(), ids=LIES)
async def test_what_was_not_asked_for_is_not_believed(lie: Any) -> None:
    """Nobody is told where somebody else lives."""
    async with register(PersonRegister, lambda _: lie) as (asked, _):
        assert await asked.contacts([person(KARI)]) == {}


@pytest.mark.parametrize("answer", UNUSABLE.values(), ids=UNUSABLE)
async def test_a_broken_answer_is_none(answer: Any) -> None:
    """The register counts as unavailable, and the error holds nothing of what it said."""
    async with register(PersonRegister, lambda _: answer) as (asked, _):
        with pytest.raises(Unavailable) as caught:
            await asked.contacts([person(KARI)])
    assert KARI not in str(caught.value)
    assert caught.value.__cause__ is None


@pytest.mark.parametrize("status", [400, 401, 403, 404, 429, 500, 503])
async def test_a_refusal_is_asked_again_later(status: int) -> None:
    """Whatever its status: the fault is not the letter's. The wait that was asked for is kept."""
    refusal = web.Response(status=status, headers={"Retry-After": "7"})
    async with register(OrganisationRegister, lambda _: refusal) as (asked, _):
        with pytest.raises(Unavailable) as caught:
            await asked.contacts([organisation(AGENCY)])
    assert caught.value.retry_after == timedelta(seconds=7)


async def test_a_register_that_is_slow_or_away_is_unavailable(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is not waited for."""
    monkeypatch.setattr(contact_registers, "_TIMEOUT_SECONDS", 0.05)
    waiting = asyncio.Event()

    async def slow(_: web.Request) -> web.Response:
        await waiting.wait()
        return web.Response()

    async with answering(slow) as url:
        asked = PersonRegister(url, token)
        with pytest.raises(Unavailable):
            await asked.contacts([person(KARI)])
        waiting.set()
    with pytest.raises(Unavailable):
        await asked.contacts([person(KARI)])
    await asked.close()


ADDRESSES = (
    *("kari@person.example\r\nBcc: all@person.example", "kari@person.example\n", "kari", "", " ", "@person.example"),
    *("kari@person.example;ola@person.example", "a" * 10_000 + "@person.example", "<kari@person.example>"),
)


@pytest.mark.parametrize("address", ADDRESSES, ids=range(len(ADDRESSES)))
async def test_what_is_no_address_is_left_out(address: str) -> None:
    """The others of the same organisation are used; one with a line's end at its end is read without it."""
    point = {"organizationNumber": AGENCY, "emailList": [address, "post@agency.example"], "mobileNumberList": [address]}
    async with register(OrganisationRegister, lambda _: {"contactPointsList": [point]}) as (asked, _):
        found = (await asked.contacts([organisation(AGENCY)]))[organisation(AGENCY)]
    assert found.emails[-1] == "post@agency.example"
    assert set(found.emails) <= {"post@agency.example", "kari@person.example"}
    assert not found.mobiles
