"""Numbers of persons and organisations: check digits, and the names that follow from a number."""

import hashlib
import uuid

ORGANISATION_URN = "urn:altinn:organization:identifier-no:"
PERSON_URN = "urn:altinn:person:identifier-no:"


def party_urn(number: str) -> str:
    """Return the URN of an organisation (9 digits) or a person (11 digits)."""
    return (ORGANISATION_URN if len(number) == 9 else PERSON_URN) + number


def party_uuid(number: str) -> uuid.UUID:
    """Return the register's UUID of a party; the same number always gives the same UUID."""
    return uuid.uuid5(uuid.NAMESPACE_URL, party_urn(number))


def party_id(number: str) -> int:
    """Return the register's party id (8 digits); the same number always gives the same id."""
    return 50_000_000 + int.from_bytes(hashlib.sha256(number.encode()).digest()[:4]) % 9_000_000


def valid_organisation_number(number: str) -> bool:
    """Tell whether `number` is nine digits whose last one is their check digit."""
    return _digits(number, 9) and _control(number, (3, 2, 7, 6, 5, 4, 3, 2)) == int(number[8])


def valid_personal_number(number: str) -> bool:
    """Tell whether `number` is eleven digits whose last two are check digits; the date is not looked at."""
    return (
        _digits(number, 11)
        and _control(number, (3, 7, 6, 1, 8, 9, 4, 5, 2)) == int(number[9])
        and _control(number, (5, 4, 3, 2, 7, 6, 5, 4, 3, 2)) == int(number[10])
    )


def _control(digits: str, weights: tuple[int, ...]) -> int:
    return -sum(int(digit) * weight for digit, weight in zip(digits, weights, strict=False)) % 11


def _digits(text: str, length: int) -> bool:
    return len(text) == length and text.isascii() and text.isdecimal()
