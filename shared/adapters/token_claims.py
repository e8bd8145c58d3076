"""From the claims of a verified token to the subject that acts. Source: wire contract 1.6, 6.1 and 6.5."""

import json
from collections.abc import Mapping
from typing import Any

from shared.domain.identifiers import PartyKind, PartyUrn, organisation, parse_recipient, party_kind, party_number
from shared.domain.policy import Issuer, Subject

LEVELS: Mapping[str, int] = {
    "idporten-loa-high": 4,
    "idporten-loa-substantial": 3,
    "idporten-loa-low": 2,
    "selfregistered-email": 0,
}
"""Authentication level of each `acr`."""

_MASKINPORTEN_LEVEL = 3  # What Altinn's exchange gives to every Maskinporten token.
_SYSTEM_USER = "urn:altinn:systemuser"

type Claims = Mapping[str, Any]


def subject_of(issuer: Issuer, claims: Claims) -> Subject:
    """The subject of a token of this kind of issuer. Claims that make no sense are as if they were not there."""
    if issuer is Issuer.DIALOGPORTEN:
        return _dialog_subject(claims)
    if issuer is Issuer.ENTRA:  # Applications of our own tenant act for nobody.
        return Subject(issuer=issuer, scopes=_listed(claims.get("roles")), token_id=_text(claims, "jti"))
    individual = _person(issuer, claims)
    # In a person's token the consumer is whoever runs the client, and has nothing to do with what the person may do.
    number = None if individual else _consumer(claims)
    return Subject(
        issuer=issuer,
        scopes=_scopes(claims),
        party=individual or _system_user_owner(claims) or (organisation(number) if number else None),
        organisation=number,
        level=_level(issuer, claims),
        token_id=_text(claims, "jti"),
    )


def _dialog_subject(claims: Claims) -> Subject:
    dialog_party = _party(_text(claims, "p"))
    return Subject(
        issuer=Issuer.DIALOGPORTEN,
        scopes=_scopes(claims),
        party=_party(_text(claims, "c")) or dialog_party,
        organisation=_organisation_number(dialog_party),
        level=_whole(claims.get("l")) or 0,
        dialog_id=_text(claims, "i") or None,
        dialog_actions=frozenset(action.strip() for action in _text(claims, "a").split(";") if action.strip()),
        dialog_party=dialog_party,
        token_id=_text(claims, "jti"),
    )


def _scopes(claims: Claims) -> frozenset[str]:
    scope = claims.get("scope")
    return frozenset(scope.split()) if isinstance(scope, str) else _listed(scope)


def _listed(value: object) -> frozenset[str]:
    return frozenset(part for part in value if isinstance(part, str)) if isinstance(value, list) else frozenset()


def _person(issuer: Issuer, claims: Claims) -> PartyUrn | None:
    for name in ("c", "pid", "urn:altinn:person:identifier-no"):
        if (party := _party(_text(claims, name))) and party_kind(party) is not PartyKind.ORGANISATION:
            return party
    if issuer is Issuer.IDPORTEN and (address := _text(claims, "email")):
        return _party(f"{PartyKind.IDPORTEN_EMAIL}{address}")
    return None


def _system_user_owner(claims: Claims) -> PartyUrn | None:
    """Whose system user this is; its vendor is the consumer of the same token."""
    details = claims.get("authorization_details")
    for detail in details if isinstance(details, list) else []:
        if isinstance(detail, dict) and detail.get("type") == _SYSTEM_USER:
            return _iso_party(detail.get("systemuser_org"))
    return None


def _consumer(claims: Claims) -> str | None:
    """The nine digits of the organisation that the token was given to."""
    given = str(claims.get("urn:altinn:orgNumber") or "")
    party = _party(f"{PartyKind.ORGANISATION}{given}") if given else None
    return _organisation_number(party or _iso_party(claims.get("consumer")) or _party(_text(claims, "p")))


def _iso_party(value: object) -> PartyUrn | None:
    """The organisation of `{"authority": …, "ID": "0192:…"}`, which may come as JSON text too."""
    if isinstance(value, str):
        try:
            value = json.loads(value)
        except ValueError:
            return None
    identifier = value.get("ID") if isinstance(value, dict) else None
    return _party(identifier) if isinstance(identifier, str) and identifier.startswith("0192:") else None


def _level(issuer: Issuer, claims: Claims) -> int:
    stated = _whole(claims.get("urn:altinn:authlevel"))
    if stated is not None:
        return stated
    if (by_acr := LEVELS.get(_text(claims, "acr").lower())) is not None:
        return by_acr
    if issuer is Issuer.MASKINPORTEN:
        return _MASKINPORTEN_LEVEL
    return _whole(claims.get("l")) or 0


def _whole(value: object) -> int | None:
    """A level from 0 to 4, as a number or as text; anything else is none."""
    if isinstance(value, bool) or not isinstance(value, int | str):
        return None
    text = str(value)
    return int(text) if text in {"0", "1", "2", "3", "4"} else None


def _organisation_number(party: PartyUrn | None) -> str | None:
    if party is None or party_kind(party) is not PartyKind.ORGANISATION:
        return None
    return party_number(party)


def _party(text: str) -> PartyUrn | None:
    return parse_recipient(text) if text else None


def _text(claims: Claims, name: str) -> str:
    value = claims.get(name)
    return value if isinstance(value, str) else ""
