"""What the story knows while it is told, and the order of its chapters."""

import hashlib
import time
import uuid
from dataclasses import dataclass, field

from local.demo import letters
from local.demo.client import Api, Json, Services
from local.demo.timeline import Timeline

HOOK = "agency"


@dataclass(slots=True)
class Person:
    """A recipient who is notified: how the register knows them."""

    number: str
    name: str
    email: str
    mobile: str


KARI = Person(letters.KARI, "Kari Prøve", "kari@person.example", "+4740000001")
UNA = Person(letters.UNA, "Una Rolle", "una@person.example", "+4740000004")
BUSINESS = Person(letters.BUSINESS, "Prøvebedriften AS", "post@business.example", "+4740000011")


@dataclass(slots=True)
class Story:
    """Who takes part, and what has been made so far."""

    timeline: Timeline
    services: Services
    agency: Api = field(init=False)
    kari: Api = field(init=False)
    una: Api = field(init=False)
    secret: str = ""
    file: bytes = field(default_factory=letters.pdf)
    second_file: bytes = field(default_factory=lambda: letters.pdf(300_000, seed=2))
    key: str = field(default_factory=lambda: str(uuid.uuid4()))
    attachment: str = ""
    to_kari: str = ""
    to_business: str = ""
    to_una: str = ""
    infected: str = ""
    infected_attachment: str = ""
    dialog: str = ""
    uploaded_at: float = 0.0
    measured_ms: dict[str, float] = field(default_factory=dict)

    def sign_in(self) -> None:
        """Get tokens; those of before a jump in time have expired."""
        self.agency = self.services.organisation(letters.AGENCY)
        self.kari = self.services.person(KARI.number)
        self.una = self.services.person(UNA.number)

    def calls(self) -> list[Json]:
        """Return every call of the agency's webhook."""
        return self.services.hook(HOOK)

    def measure(self, name: str, since: float) -> None:
        """Keep how long it took since that moment."""
        self.measured_ms[name] = (time.monotonic() - since) * 1000


def sha256(content: bytes) -> str:
    """Return the digest in hex."""
    return hashlib.sha256(content).hexdigest()
