"""From claims to the subject: who acts, for which organisation, how surely."""

import json
from typing import Any

import pytest

from shared.adapters.token_claims import subject_of
from shared.domain.identifiers import PartyUrn, organisation
from shared.domain.policy import Issuer
from tests.builders import AGENCY, BUSINESS, PERSON

CONSUMER = {"authority": "iso6523-actorid-upis", "ID": "0192:310001007"}
SYSTEM_USER = [
    {
        "type": "urn:altinn:systemuser",
        "systemuser_id": ["0b3f8f4e-6a3c-4c0e-9d55-3c5d0c5f7a11"],
        "systemuser_org": {"authority": "iso6523-actorid-upis", "ID": "0192:311001000"},
    }
]


@pytest.mark.parametrize(
    ("claims", "party", "number"),
    [
        ({"consumer": CONSUMER}, AGENCY, "310001007"),
        ({"consumer": json.dumps(CONSUMER)}, AGENCY, "310001007"),
        ({"urn:altinn:orgNumber": "310001007"}, AGENCY, "310001007"),
        ({"urn:altinn:orgNumber": 310001007}, AGENCY, "310001007"),
        ({"urn:altinn:orgNumber": "311001000", "consumer": CONSUMER}, BUSINESS, "311001000"),
        ({"p": "urn:altinn:organization:identifier-no:310001007"}, AGENCY, "310001007"),
        ({"consumer": CONSUMER, "authorization_details": SYSTEM_USER}, BUSINESS, "310001007"),
        ({"pid": "01838510058"}, PERSON, None),
        ({"urn:altinn:person:identifier-no": "01838510058"}, PERSON, None),
        ({"c": "urn:altinn:person:identifier-no:01838510058"}, PERSON, None),
        ({"pid": "01838510058", "consumer": CONSUMER}, PERSON, None),
        ({}, None, None),
    ],
)
def test_who_acts(claims: dict[str, Any], party: PartyUrn | None, number: str | None) -> None:
    """A person alone; else a system user's organisation beside the consumer; else the consumer."""
    subject = subject_of(Issuer.ALTINN, claims)
    assert (subject.party, subject.organisation) == (party, number)


@pytest.mark.parametrize(
    "claims",
    [
        {"consumer": "not json"},
        {"consumer": {"ID": "310001007"}},
        {"consumer": {"ID": 5}},
        {"consumer": ["0192:310001007"]},
        {"pid": "12345678901"},
        {"pid": 1838510058},
        {"urn:altinn:orgNumber": "31000100"},
        {"c": "urn:something:else:1"},
        {"authorization_details": {"type": "urn:altinn:systemuser"}},
        {"authorization_details": [{"type": "other", "systemuser_org": {"ID": "0192:311001000"}}, 7]},
    ],
)
def test_claims_without_meaning_name_nobody(claims: dict[str, Any]) -> None:
    """What is malformed is as if it were not there."""
    subject = subject_of(Issuer.ALTINN, claims)
    assert (subject.party, subject.organisation) == (None, None)


@pytest.mark.parametrize(
    ("issuer", "claims", "level"),
    [
        (Issuer.ALTINN, {"urn:altinn:authlevel": 3}, 3),
        (Issuer.ALTINN, {"urn:altinn:authlevel": "4"}, 4),
        (Issuer.ALTINN, {"urn:altinn:authlevel": 0, "acr": "idporten-loa-high"}, 0),
        (Issuer.ALTINN, {"urn:altinn:authlevel": 9}, 0),
        (Issuer.ALTINN, {"urn:altinn:authlevel": True}, 0),
        (Issuer.IDPORTEN, {"acr": "idporten-loa-high"}, 4),
        (Issuer.IDPORTEN, {"acr": "idporten-loa-substantial"}, 3),
        (Issuer.IDPORTEN, {"acr": "idporten-loa-low"}, 2),
        (Issuer.IDPORTEN, {"acr": "selfregistered-email"}, 0),
        (Issuer.IDPORTEN, {"acr": "Level5"}, 0),
        (Issuer.MASKINPORTEN, {}, 3),
        (Issuer.DIALOGPORTEN, {"l": 4}, 4),
        (Issuer.DIALOGPORTEN, {}, 0),
    ],
)
def test_how_surely(issuer: Issuer, claims: dict[str, Any], level: int) -> None:
    """The stated level before the acr; what is unknown is 0."""
    assert subject_of(issuer, claims).level == level


@pytest.mark.parametrize(
    ("scope", "scopes"),
    [("a b", {"a", "b"}), (["a", "b", 5], {"a", "b"}), ("", set()), (None, set()), ({"a": 1}, set())],
)
def test_scopes_as_text_and_as_list(scope: object, scopes: set[str]) -> None:
    """Both forms are read; anything else has no scopes."""
    assert subject_of(Issuer.ALTINN, {"scope": scope}).scopes == scopes


def test_an_email_user_of_idporten_is_named_by_the_address() -> None:
    """Self-registered users have no number; nobody else is named by an address."""
    claims = {"acr": "selfregistered-email", "email": "Una@Person.example"}
    assert subject_of(Issuer.IDPORTEN, claims).party == "urn:altinn:person:idporten-email:una@person.example"
    assert subject_of(Issuer.ALTINN, claims).party is None


def test_a_dialog_token() -> None:
    """Who reads (c), for whom (p), in which dialog (i), and what is allowed (a)."""
    claims = {
        "c": "urn:altinn:person:identifier-no:01838510058",
        "p": "urn:altinn:organization:identifier-no:311001000",
        "i": "d-1",
        "a": "read; write,urn:x;;",
        "l": 4,
        "jti": "t-1",
    }
    subject = subject_of(Issuer.DIALOGPORTEN, claims)
    assert (subject.party, subject.dialog_party, subject.organisation) == (PERSON, BUSINESS, "311001000")
    assert subject.dialog_id == "d-1"
    assert subject.dialog_actions == {"read", "write,urn:x"}
    assert subject_of(Issuer.DIALOGPORTEN, {}).dialog_party is None
    assert subject_of(Issuer.DIALOGPORTEN, {"p": organisation("311001000")}).party == BUSINESS


def test_a_token_id_is_never_printed() -> None:
    """The representation of a subject does not hold the token's id."""
    assert "secret-id" not in repr(subject_of(Issuer.ALTINN, {"jti": "secret-id"}))
