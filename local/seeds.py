"""The people and organisations that every local stack has, and its resources (`local.seed_resources`).

Numbers are synthetic with valid check digits: a person's month is raised by 80 or 40, an organisation's begins with 31.
"""

import uuid
from dataclasses import dataclass, field
from enum import StrEnum

from local import numbers
from local.seed_resources import (
    AGENCY,
    BUSINESS,
    MANAGER,
    RESOURCE_URN,
    RESOURCES,
    SECOND_AGENCY,
    Part,
    Resource,
    Rule,
    Subject,
    Title,
)


class Kind(StrEnum):
    """What a party is."""

    ORGANISATION = "organization"
    PERSON = "person"


class Outcome(StrEnum):
    """What becomes of a message that the mail or SMS stand-in has accepted."""

    DELIVERED = "Delivered"
    BOUNCED = "Bounced"
    FAILED = "Failed"


@dataclass(frozen=True, slots=True)
class Contact:
    """How a party can be reached, and what happens to what is sent there."""

    email: str | None = None
    mobile: str | None = None
    reserved: bool = False
    email_outcome: Outcome = Outcome.DELIVERED
    sms_outcome: Outcome = Outcome.DELIVERED
    slow: bool = False


@dataclass(frozen=True, slots=True)
class Party:
    """A person or an organisation of the register."""

    number: str
    name: str
    kind: Kind
    good_for: str
    contact: Contact = field(default_factory=Contact)
    org_code: str | None = None

    @property
    def urn(self) -> str:
        """The party's URN, as on the wire."""
        return numbers.party_urn(self.number)

    @property
    def uuid(self) -> uuid.UUID:
        """The party's UUID in the register."""
        return numbers.party_uuid(self.number)

    @property
    def party_id(self) -> int:
        """The party's number in the register."""
        return numbers.party_id(self.number)


@dataclass(frozen=True, slots=True)
class Role:
    """`person` holds `code` for `organisation`."""

    person: str
    organisation: str
    code: str


PLATFORM = "315001005"
"""The organisation that runs the service itself: the consumer in the tokens that it gets from Maskinporten."""

PARTIES: tuple[Party, ...] = (
    Party(
        AGENCY,
        "Example Agency",
        Kind.ORGANISATION,
        'service owner "Example Agency" (org code exa)',
        Contact(email="post@agency.example"),
        org_code="exa",
    ),
    Party(
        SECOND_AGENCY,
        "Second Agency",
        Kind.ORGANISATION,
        "a second service owner, must never see the first one's mail",
        Contact(email="post@second-agency.example"),
        org_code="sec",
    ),
    Party(
        BUSINESS,
        "Prøvebedriften AS",
        Kind.ORGANISATION,
        "business with e-mail and mobile; person 01838510058 runs it and may read for it",
        Contact(email="post@business.example", mobile="+4740000011"),
    ),
    Party("312001012", "Uten Kontakt AS", Kind.ORGANISATION, "business without contact point"),
    Party(
        "313001008",
        "Feil Adresse AS",
        Kind.ORGANISATION,
        "business whose e-mail bounces",
        Contact(email="bounces@business.example", email_outcome=Outcome.BOUNCED),
    ),
    Party(
        "314001001",
        "Treg Post AS",
        Kind.ORGANISATION,
        "business whose e-mail takes several seconds to be accepted",
        Contact(email="slow@business.example", slow=True),
    ),
    Party(PLATFORM, "Correspondence Platform", Kind.ORGANISATION, "runs the service; consumer of its own tokens"),
    Party(
        MANAGER,
        "Kari Prøve",
        Kind.PERSON,
        "person with e-mail and mobile",
        Contact(email="kari@person.example", mobile="+4740000001"),
    ),
    Party("24847110186", "Ola Utenfor", Kind.PERSON, "person without contact point"),
    Party(
        "12829010001",
        "Rita Reservert",
        Kind.PERSON,
        "person reserved against digital mail",
        Contact(email="rita@person.example", mobile="+4740000002", reserved=True),
    ),
    Party(
        "30880050032",
        "Finn Feilnummer",
        Kind.PERSON,
        "person whose SMS fails",
        Contact(mobile="+4740000003", sms_outcome=Outcome.FAILED),
    ),
    Party(
        "05819910016",
        "Una Rolle",
        Kind.PERSON,
        "person with no role anywhere: may read only own mail",
        Contact(email="una@person.example", mobile="+4740000004"),
    ),
)

ROLES: tuple[Role, ...] = (Role(person=MANAGER, organisation=BUSINESS, code="daglig-leder"),)

_BY_NUMBER = {party.number: party for party in PARTIES}
_BY_RESOURCE = {resource.id: resource for resource in RESOURCES}


def party(number: str) -> Party | None:
    """Return the seeded party with this number, or None."""
    return _BY_NUMBER.get(number)


def resource(resource_id: str) -> Resource | None:
    """Return the seeded resource with this id, or None."""
    return _BY_RESOURCE.get(resource_id)


__all__ = [
    "PARTIES",
    "PLATFORM",
    "RESOURCES",
    "RESOURCE_URN",
    "ROLES",
    "Contact",
    "Kind",
    "Outcome",
    "Part",
    "Party",
    "Resource",
    "Role",
    "Rule",
    "Subject",
    "Title",
    "party",
    "resource",
]
