"""The national registers of contact points: one of persons (KRR), one of organisations (Altinn Profile)."""

import re
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping, Sequence
from itertools import batched
from typing import Annotated, Literal

import httpx
from pydantic import BaseModel, BeforeValidator, Field, ValidationError

from shared.adapters.answers import retry_after
from shared.domain.checks_notification import can_be_written_to
from shared.domain.errors import Unavailable
from shared.domain.identifiers import PartyUrn, organisation, party_number, person
from shared.domain.notification import ContactPoint

PERSONS_AT_ONCE = 1000
"""Persons in one question. Source: wire contract 6.6."""
_ORGANISATIONS_AT_ONCE = 100
_PERSONS = "/rest/v2/personer"
_ORGANISATIONS = "/profile/api/v1/correspondence/organizations/notificationaddresses/lookup"
_TIMEOUT_SECONDS = 2.0  # Source: wire contract 6.6.
_MOST_ADDRESSES = 50
_PHONE = re.compile(r"\+?[0-9][0-9 ]{3,19}")

type Token = Callable[[], Awaitable[str]]


def _nothing_as_empty(value: object) -> object:
    return [] if value is None else value


type _Texts = Annotated[list[str | None], BeforeValidator(_nothing_as_empty)]


class PersonRegister:
    """Contact points and reservations of persons. Source: the contact and reservation register, REST version 2.

    Who is reserved, and whom the register says may not be told, has no addresses.
    """

    def __init__(self, base_url: str, token: Token) -> None:
        """`base_url` ends before `/rest`; `token` gives a bearer token of Maskinporten, not exchanged."""
        self._asked = _Register("contact register", base_url + _PERSONS, token)

    async def contacts(self, urns: Iterable[PartyUrn]) -> Mapping[PartyUrn, ContactPoint]:
        """Of those asked for, those it knows. Raises Unavailable for any answer that is not to be relied on."""
        found: dict[PartyUrn, ContactPoint] = {}
        for some in batched(dict.fromkeys(urns), PERSONS_AT_ONCE, strict=False):
            answer = await self._asked.ask("personidentifikatorer", [party_number(urn) for urn in some], _Persons)
            said = {person(one.personidentifikator): one.contact_point() for one in answer.personer}
            found |= {urn: said[urn] for urn in some if urn in said}
        return found

    async def close(self) -> None:
        """Close the client, if there is one."""
        await self._asked.close()


class OrganisationRegister:
    """Addresses that organisations have given for notices, several each. Source: Altinn Profile."""

    def __init__(self, base_url: str, token: Token) -> None:
        """`base_url` ends before `/profile`; `token` gives Altinn's bearer token."""
        self._asked = _Register("profile", base_url + _ORGANISATIONS, token)

    async def contacts(self, urns: Iterable[PartyUrn]) -> Mapping[PartyUrn, ContactPoint]:
        """Of those asked for, those it knows. Raises Unavailable for any answer that is not to be relied on."""
        found: dict[PartyUrn, ContactPoint] = {}
        for some in batched(dict.fromkeys(urns), _ORGANISATIONS_AT_ONCE, strict=False):
            answer = await self._asked.ask("organizationNumbers", [party_number(urn) for urn in some], _Organisations)
            said = {organisation(one.organizationNumber): one.contact_point() for one in answer.contactPointsList}
            found |= {urn: said[urn] for urn in some if urn in said}
        return found

    async def close(self) -> None:
        """Close the client, if there is one."""
        await self._asked.close()


class _Register:
    """One question to one address. What it answers wrongly counts as no answer: nobody is told by a broken register."""

    def __init__(self, name: str, url: str, token: Token) -> None:
        self._name = name
        self._url = url
        self._token = token
        self._client: httpx.AsyncClient | None = None

    async def ask[T: BaseModel](self, member: str, numbers: Sequence[str], shape: type[T]) -> T:
        if self._client is None:
            self._client = httpx.AsyncClient(timeout=_TIMEOUT_SECONDS)
        headers = {"Authorization": f"Bearer {await self._token()}", "Accept": "application/json"}
        try:
            answer = await self._client.post(self._url, headers=headers, json={member: numbers})
        except httpx.HTTPError:
            raise Unavailable(self._name) from None
        if not answer.is_success:
            raise Unavailable(self._name, retry_after=retry_after(answer.headers))
        try:
            return shape.model_validate_json(answer.content)
        except ValidationError:
            raise Unavailable(self._name) from None  # Its text would hold what was answered.

    async def close(self) -> None:
        if self._client is not None:
            await self._client.aclose()
            self._client = None


class _PersonsAddresses(BaseModel):
    epostadresse: str | None = None
    mobiltelefonnummer: str | None = None


class _Person(BaseModel):
    personidentifikator: str = Field(pattern=r"^[0-9]{11}$")
    reservasjon: Literal["JA", "NEI"] | None = None
    varslingsstatus: str | None = None
    kontaktinformasjon: _PersonsAddresses | None = None

    def contact_point(self) -> ContactPoint:
        reserved = self.reservasjon == "JA"
        addresses = self.kontaktinformasjon
        if reserved or addresses is None or self.varslingsstatus == "KAN_IKKE_VARSLES":
            return ContactPoint(reserved=reserved)
        return _contact_point([addresses.epostadresse], [addresses.mobiltelefonnummer])


class _Persons(BaseModel):
    personer: list[_Person]


class _Organisation(BaseModel):
    organizationNumber: str = Field(pattern=r"^[0-9]{9}$")  # noqa: N815 (the register's own member)
    emailList: _Texts = Field(default_factory=list)  # noqa: N815
    mobileNumberList: _Texts = Field(default_factory=list)  # noqa: N815

    def contact_point(self) -> ContactPoint:
        return _contact_point(self.emailList, self.mobileNumberList)


class _Organisations(BaseModel):
    contactPointsList: list[_Organisation]  # noqa: N815


def _contact_point(emails: Iterable[str | None], mobiles: Iterable[str | None]) -> ContactPoint:
    """Those that can be used: what is no address (or a header of its own) is left out, one is there once."""
    return ContactPoint(
        emails=tuple(_usable(emails, can_be_written_to)),
        mobiles=tuple(_usable(mobiles, lambda number: _PHONE.fullmatch(number) is not None)),
    )


def _usable(texts: Iterable[str | None], is_one: Callable[[str], bool]) -> Iterator[str]:
    given = dict.fromkeys(text.strip() for text in texts if text)
    return (text for text, _ in zip(filter(is_one, given), range(_MOST_ADDRESSES), strict=False))
