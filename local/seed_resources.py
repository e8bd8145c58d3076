"""The resources and policies that every local stack has."""

from dataclasses import dataclass
from enum import StrEnum

RESOURCE_URN = "urn:altinn:resource:"
AGENCY = "310001007"
SECOND_AGENCY = "310002003"
BUSINESS = "311001000"
MANAGER = "01838510058"


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
    printed_after_days: int | None = None  # Behind a reminder that nobody has heeded.

    @property
    def urn(self) -> str:
        """The resource's URN, as on the wire."""
        return RESOURCE_URN + self.id


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
        only=(MANAGER,),
    ),
)
_SERVICE = "CorrespondenceService"

RESOURCES: tuple[Resource, ...] = (
    Resource(
        "correspondence-bruksmonstertester-ressurs",
        AGENCY,
        _SERVICE,
        Title("Brukstest av meldinger", "Brukstest av meldingar", "Use case tests of messages"),
        "letters, open; on paper two weeks after a reminder that nobody heeds",
        _OPEN,
        printed_after_days=14,
    ),
    Resource(
        "example-letters",
        AGENCY,
        _SERVICE,
        Title("Eksempelbrev", "Eksempelbrev", "Example letters"),
        "letters, open",
        _OPEN,
    ),
    Resource(
        "example-confidential",
        AGENCY,
        _SERVICE,
        Title("Taushetsbelagte brev", "Teiepliktige brev", "Confidential letters"),
        "confidential letters",
        _OPEN,
        confidential=True,
    ),
    Resource(
        "example-attachments",
        AGENCY,
        _SERVICE,
        Title("Brev med vedlegg", "Brev med vedlegg", "Letters with attachments"),
        "attachments need a right of their own, which only 01838510058 has for 311001000",
        _SPLIT,
    ),
    Resource(
        "second-letters",
        SECOND_AGENCY,
        _SERVICE,
        Title("Brev fra den andre etaten", "Brev frå den andre etaten", "Letters of the second agency"),
        "letters of the second service owner",
        _OPEN,
    ),
    Resource(
        "example-level4",
        AGENCY,
        _SERVICE,
        Title("Brev på høyeste nivå", "Brev på høgaste nivå", "Letters of the highest level"),
        "the same as example-letters, asks for authentication level 4",
        _OPEN,
        minimum_level=4,
    ),
    Resource(
        "example-access",
        AGENCY,
        "GenericAccessResource",
        Title("Tilgang", "Tilgang", "Access"),
        "a resource that is no correspondence service",
        _OPEN,
    ),
    Resource(
        "app_exa_permit",
        AGENCY,
        "AltinnApp",
        Title("Søknad om tillatelse", "Søknad om løyve", "Application for a permit"),
        "an app: messages in the dialogs of its instances, no letters of their own",
        _OPEN,
    ),
)
