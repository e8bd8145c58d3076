"""What the description of an operation says beyond the operation itself: requests that work, and its refusals."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from shared.domain.errors import Refusal

LETTER = "019a0000-0000-7000-8000-000000000001"
READ_LETTER = "019a0000-0000-7000-8000-000000000002"
FILE = "019a0000-0000-7000-8000-000000000011"
FREE_FILE = "019a0000-0000-7000-8000-000000000012"
NEW_FILE = "019a0000-0000-7000-8000-000000000013"
WRITTEN_FILE = "019a0000-0000-7000-8000-000000000015"
LINK_LETTER = "019a0000-0000-7000-8000-000000000003"
LINK_FILE = "019a0000-0000-7000-8000-000000000014"
STUCK = "20261201120000-c712db56a119717f"
EVENT = "21b04d42-e0d3-51c1-bc9c-5e756279c73b"
LINK = "https://files.example.com/model.zip"
"""Ids that examples name: a letter that was fetched, one that was read, a file of both, one of none, one without bytes,
one whose bytes were written to a link, a letter with a file that is stored elsewhere, a dead letter on the stuck list,
and an event that was delivered.

The letters are to the person below, from the agency, about its resource; the tests make them so.
"""

PERSON = "urn:altinn:person:identifier-no:01838510058"
BUSINESS = "urn:altinn:organization:identifier-no:311001000"
RESOURCE = "example-letters"

ACCESS = (Refusal.NO_ACCESS, Refusal.PARTY_UNKNOWN, Refusal.CALLER_UNKNOWN)
OF_LETTER = (Refusal.CORRESPONDENCE_NOT_FOUND, *ACCESS)
OF_FILE = (Refusal.ATTACHMENT_NOT_FOUND, *ACCESS)
"""What any operation may refuse that finds a letter or a file and asks for access."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """A request that is carried out. `form` are fields of a form and `files` its files; `content` a body of bytes."""

    summary: str
    path: Mapping[str, str] = field(default_factory=dict)
    query: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    json: Mapping[str, object] | None = None
    form: Mapping[str, str] | None = None
    files: Mapping[str, str] = field(default_factory=dict)
    content: str | None = None

    @property
    def value(self) -> object:
        """The body as the description shows it; None for a request without one."""
        if self.form is not None:
            return {**self.form, "attachments": [f"(the bytes of {name})" for name in self.files]}
        return self.json if self.json is not None else self.content


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One operation: at least one example, and every numbered refusal that it can answer with.

    `also` are further statuses that are answered with the same model, and what they mean. `addition`: upstream's API
    has no such operation.
    """

    examples: tuple[Example, ...]
    refusals: tuple[Refusal, ...] = ()
    also: Mapping[int, str] = field(default_factory=dict)
    addition: bool = False
