"""What stands in the tokens of Altinn, Maskinporten, ID-porten and Dialogporten."""

import secrets
import uuid
from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Any

from local import numbers, seeds

type Body = dict[str, Any]

LEVELS = {
    "idporten-loa-high": 4,
    "idporten-loa-substantial": 3,
    "idporten-loa-low": 2,
    "selfregistered-email": 0,
}
"""Authentication level of each `acr`."""

SERVICE_OWNER_SCOPE = "altinn:serviceowner"


@dataclass(frozen=True, slots=True)
class Organisation:
    """Whom an organisation's token speaks of."""

    number: str
    code: str | None = None
    supplier: str | None = None
    details: list[Body] | None = None
    client_id: str = field(default_factory=lambda: str(uuid.uuid4()))


@dataclass(frozen=True, slots=True)
class Person:
    """Whom a person's token speaks of, and how well the person was authenticated."""

    number: str
    acr: str = "idporten-loa-substantial"
    level: int = 3
    user_id: int | None = None
    party_id: int | None = None
    party_uuid: str | None = None
    user_name: str = ""


@dataclass(frozen=True, slots=True)
class Dialog:
    """What a dialog token lets its bearer do."""

    party: str
    dialog_id: str
    resource: str
    actions: str


def _iso_party(number: str) -> Body:
    return {"authority": "iso6523-actorid-upis", "ID": f"0192:{number}"}


def maskinporten(organisation: Organisation, scopes: Collection[str]) -> Body:
    """Return what Maskinporten says of an organisation."""
    body: Body = {
        "scope": " ".join(scopes),
        "client_id": organisation.client_id,
        "client_amr": "private_key_jwt",
        "token_type": "Bearer",
        "consumer": _iso_party(organisation.number),
    }
    if organisation.supplier:
        body |= {"supplier": _iso_party(organisation.supplier), "delegation_source": "https://altinn.example/"}
    if organisation.details:
        body["authorization_details"] = organisation.details
    return body


def altinn_organisation(organisation: Organisation, scopes: Collection[str]) -> Body:
    """Return what Altinn says of an organisation: `urn:altinn:org` only for a service owner that is known."""
    body = maskinporten(organisation, scopes) | {
        "sid": secrets.token_urlsafe(16),
        "urn:altinn:orgNumber": organisation.number,
        "urn:altinn:authenticatemethod": "maskinporten",
        "urn:altinn:authlevel": 3,
    }
    del body["client_amr"]
    seeded = seeds.party(organisation.number)
    code = organisation.code or (seeded.org_code if seeded else None)
    if code and SERVICE_OWNER_SCOPE in scopes:
        body["urn:altinn:org"] = code
    return body


def altinn_person(person: Person, scopes: Collection[str]) -> Body:
    """Return what Altinn says of a person; the ids are the register's unless others were asked for."""
    number = person.number
    party_id = person.party_id or numbers.party_id(number)
    return {
        "scope": " ".join(scopes),
        "token_type": "Bearer",
        "client_id": str(uuid.uuid4()),
        "sid": secrets.token_urlsafe(16),
        "acr": person.acr,
        "pid": number,
        "urn:altinn:person:identifier-no": number,
        "urn:altinn:userid": person.user_id or party_id - 30_000_000,
        "urn:altinn:username": person.user_name,
        "urn:altinn:partyid": party_id,
        "urn:altinn:party:uuid": person.party_uuid or str(numbers.party_uuid(number)),
        "urn:altinn:authenticatemethod": "BankID",
        "urn:altinn:authlevel": person.level,
    }


def idporten(person: Person, scopes: Collection[str]) -> Body:
    """Return what ID-porten says of a person."""
    return {
        "scope": " ".join(scopes),
        "token_type": "Bearer",
        "client_id": str(uuid.uuid4()),
        "sub": secrets.token_urlsafe(24),
        "sid": secrets.token_urlsafe(16),
        "pid": person.number,
        "acr": person.acr,
        "amr": ["BankID"],
    }


def dialog_token(subject: str, level: int, dialog: Dialog) -> Body:
    """Return what Dialogporten says of a party (its number) who has a dialog open."""
    return {
        "c": numbers.party_urn(subject),
        "l": level,
        "p": dialog.party,
        "s": dialog.resource,
        "i": dialog.dialog_id,
        "a": dialog.actions,
    }
