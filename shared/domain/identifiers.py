"""Names of things: ids, parties and resources, and how they are read and made."""

import hashlib
import re
import uuid
from datetime import UTC, datetime
from enum import StrEnum
from typing import NewType

CorrespondenceId = NewType("CorrespondenceId", str)
AttachmentId = NewType("AttachmentId", str)
ResourceId = NewType("ResourceId", str)
SubscriptionId = NewType("SubscriptionId", str)
PartyUrn = NewType("PartyUrn", str)
"""A party as it is stored and shown: `urn:altinn:organization:identifier-no:310001007`, lower case."""


class PartyKind(StrEnum):
    """What sort of party a URN names; the value is the URN's prefix."""

    ORGANISATION = "urn:altinn:organization:identifier-no:"
    PERSON = "urn:altinn:person:identifier-no:"
    IDPORTEN_EMAIL = "urn:altinn:person:idporten-email:"
    SELF_IDENTIFIED = "urn:altinn:person:legacy-selfidentified:"


_ORGANISATION = re.compile(r"(?:0192:|urn:altinn:organization:identifier-no:)(\d{9})", re.ASCII)
_PERSON = re.compile(r"(?:urn:altinn:person:identifier-no:)?(\d{11})", re.ASCII)
_EMAIL = re.compile(r"urn:altinn:person:idporten-email:([^:@]+@[^:@]+)")
_SELF_IDENTIFIED = re.compile(r"urn:altinn:person:legacy-selfidentified:([^:]+)")


def is_person_number(digits: str) -> bool:
    """True when both control digits of an 11-digit number hold; the date part is not looked at.

    Source: wire contract, recipient formats (so D-numbers and synthetic numbers pass).
    """
    if len(digits) != 11 or not (digits.isascii() and digits.isdigit()):
        return False
    numbers = [int(d) for d in digits]
    for weights, place in (((3, 7, 6, 1, 8, 9, 4, 5, 2), 9), ((5, 4, 3, 2, 7, 6, 5, 4, 3, 2), 10)):
        control = (11 - sum(w * n for w, n in zip(weights, numbers, strict=False)) % 11) % 11
        if control != numbers[place]:
            return False
    return True


def parse_recipient(text: str) -> PartyUrn | None:
    """The party that a recipient string names, as a lower-case URN, or None when the form is not one of the four.

    Source: wire contract, recipient formats and their normalisation.
    """
    lowered = text.strip().lower()
    if match := _ORGANISATION.fullmatch(lowered):
        return organisation(match[1])
    if match := _PERSON.fullmatch(lowered):
        return person(match[1]) if is_person_number(match[1]) else None
    if _EMAIL.fullmatch(lowered) or _SELF_IDENTIFIED.fullmatch(lowered):
        return PartyUrn(lowered)
    return None


def organisation(number: str) -> PartyUrn:
    """The URN of an organisation by its nine digits."""
    return PartyUrn(PartyKind.ORGANISATION + number)


def person(number: str) -> PartyUrn:
    """The URN of a person by their eleven digits."""
    return PartyUrn(PartyKind.PERSON + number)


def party_kind(party: PartyUrn) -> PartyKind:
    """Which kind of party this is. Raises ValueError for a URN of no known kind."""
    for kind in PartyKind:
        if party.startswith(kind):
            return kind
    raise ValueError("unknown kind of party")


def party_number(party: PartyUrn) -> str:
    """The last segment of the URN: an organisation's or a person's number, an address or a user name."""
    return party.rsplit(":", 1)[1]


def resource_id(text: str) -> ResourceId:
    """A resource id without the optional `urn:altinn:resource:` prefix."""
    return ResourceId(text.removeprefix("urn:altinn:resource:"))


def uuid7(at: datetime, entropy: bytes) -> str:
    """A UUID version 7 of this millisecond with these (at least ten) bytes as its random part."""
    millis = int(at.astimezone(UTC).timestamp() * 1000)
    value = (millis << 80) | int.from_bytes(entropy[:10], "big")
    value = value & ~(0xF << 76) | (7 << 76)
    value = value & ~(0x3 << 62) | (2 << 62)
    return str(uuid.UUID(int=value))


def derived_uuid7(at: datetime, *parts: str) -> str:
    """The same UUID version 7 for the same instant and parts, whoever computes it and however often."""
    return uuid7(at, hashlib.sha256("\n".join(parts).encode()).digest())


def derived_uuid5(namespace: str, name: str) -> str:
    """The same UUID version 5 for the same namespace (a UUID) and name."""
    return str(uuid.uuid5(uuid.UUID(namespace), name))


def as_guid(text: str) -> str | None:
    """The canonical form of a GUID, or None when the text is none."""
    try:
        return str(uuid.UUID(text)) if len(text) >= 32 else None
    except ValueError:
        return None
