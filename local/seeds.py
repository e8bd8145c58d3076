"""The people, organisations, resources and policies that every local stack has.

Numbers are synthetic with valid check digits: a person's month is raised by 80 or 40, an organisation's begins with 31.
"""

import uuid
from dataclasses import dataclass, field
from enum import StrEnum

from local import numbers

RESOURCE_URN = "urn:altinn:resource:"


class Kind(StrEnum):
    """What a party is."""

    ORGANISATION = "organization"
    PERSON = "person"


class Outcome(StrEnum):
    """What becomes of a message that the mail or SMS stand-in has accepted."""

    DELIVERED = "Delivered"
    BOUNCED = "Bounced"
    FAILED = "Failed"


class Part(StrEnum):
    """What of a correspondence a rule speaks about."""

    MESSAGE = "message"
    ATTACHMENTS = "attachments"


class Subject(StrEnum):
    """Who a rule lets in, seen from the correspondence."""

    OWNER = "owner"  # the organisation that owns the resource
    RECIPIENT = "recipient"  # the party that the message is for
    ROLE_HOLDER = "role-holder"  # a person with a role for that party


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


@dataclass(frozen=True, slots=True)
class Title:
    """A name in the three languages of the service."""

    nb: str
    nn: str
    en: str


@dataclass(frozen=True, slots=True)
class Rule:
    """Permits `action` on `parts` to `subjects`; with `only`, to none but the parties with these numbers."""

    id: str
    action: str
    subjects: tuple[Subject, ...]
    parts: tuple[Part, ...] = (Part.MESSAGE, Part.ATTACHMENTS)
    only: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Resource:
    """An entry of the resource registry with its policy. What no rule permits is denied."""

    id: str
    owner: str
    type: str
    title: Title
    good_for: str
    rules: tuple[Rule, ...]
    confidential: bool = False
    minimum_level: int = 0

    @property
    def urn(self) -> str:
        """The resource's URN, as on the wire."""
        return RESOURCE_URN + self.id


_AGENCY = "310001007"
_SECOND_AGENCY = "310002003"
_BUSINESS = "311001000"
_MANAGER = "01838510058"
PLATFORM = "315001005"
"""The organisation that runs the service itself: the consumer in the tokens that it gets from Maskinporten."""

PARTIES: tuple[Party, ...] = (
    Party(
        _AGENCY,
        "Example Agency",
        Kind.ORGANISATION,
        'service owner "Example Agency" (org code exa)',
        Contact(email="post@agency.example"),
        org_code="exa",
    ),
    Party(
        _SECOND_AGENCY,
        "Second Agency",
        Kind.ORGANISATION,
        "a second service owner, must never see the first one's mail",
        Contact(email="post@second-agency.example"),
        org_code="sec",
    ),
    Party(
        _BUSINESS,
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
        _MANAGER,
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

ROLES: tuple[Role, ...] = (Role(person=_MANAGER, organisation=_BUSINESS, code="daglig-leder"),)

_WRITE = Rule("owner-writes", "write", (Subject.OWNER,))
_READ = Rule("recipient-reads", "read", (Subject.RECIPIENT, Subject.ROLE_HOLDER))
_OPEN = (_WRITE, _READ)
_SPLIT = (
    _WRITE,
    Rule("recipient-reads-message", "read", (Subject.RECIPIENT, Subject.ROLE_HOLDER), parts=(Part.MESSAGE,)),
    Rule(
        "named-reads-attachments",
        "read",
        (Subject.RECIPIENT, Subject.ROLE_HOLDER),
        parts=(Part.ATTACHMENTS,),
        only=(_MANAGER,),
    ),
)
_SERVICE = "CorrespondenceService"

RESOURCES: tuple[Resource, ...] = (
    Resource(
        "correspondence-bruksmonstertester-ressurs",
        _AGENCY,
        _SERVICE,
        Title("Brukstest av meldinger", "Brukstest av meldingar", "Use case tests of messages"),
        "letters, open",
        _OPEN,
    ),
    Resource(
        "example-letters",
        _AGENCY,
        _SERVICE,
        Title("Eksempelbrev", "Eksempelbrev", "Example letters"),
        "letters, open",
        _OPEN,
    ),
    Resource(
        "example-confidential",
        _AGENCY,
        _SERVICE,
        Title("Taushetsbelagte brev", "Teiepliktige brev", "Confidential letters"),
        "confidential letters",
        _OPEN,
        confidential=True,
    ),
    Resource(
        "example-attachments",
        _AGENCY,
        _SERVICE,
        Title("Brev med vedlegg", "Brev med vedlegg", "Letters with attachments"),
        "attachments need a right of their own, which only 01838510058 has for 311001000",
        _SPLIT,
    ),
    Resource(
        "second-letters",
        _SECOND_AGENCY,
        _SERVICE,
        Title("Brev fra den andre etaten", "Brev frå den andre etaten", "Letters of the second agency"),
        "letters of the second service owner",
        _OPEN,
    ),
    Resource(
        "example-level4",
        _AGENCY,
        _SERVICE,
        Title("Brev på høyeste nivå", "Brev på høgaste nivå", "Letters of the highest level"),
        "the same as example-letters, asks for authentication level 4",
        _OPEN,
        minimum_level=4,
    ),
    Resource(
        "example-access",
        _AGENCY,
        "GenericAccessResource",
        Title("Tilgang", "Tilgang", "Access"),
        "a resource that is no correspondence service",
        _OPEN,
    ),
)

_BY_NUMBER = {party.number: party for party in PARTIES}
_BY_RESOURCE = {resource.id: resource for resource in RESOURCES}


def party(number: str) -> Party | None:
    """Return the seeded party with this number, or None."""
    return _BY_NUMBER.get(number)


def resource(resource_id: str) -> Resource | None:
    """Return the seeded resource with this id, or None."""
    return _BY_RESOURCE.get(resource_id)
