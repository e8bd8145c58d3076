"""What would come of a message if it were sent: the outcome of a dry run."""

from dataclasses import dataclass
from datetime import datetime

from shared.domain.correspondence import Content, Status
from shared.domain.identifiers import PartyUrn
from shared.domain.notification import Medium
from shared.domain.requests import InitialisedOne


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedNotice:
    """One e-mail or SMS as it would arrive. `address` is masked; an SMS has no subject; `is_html` is about the body."""

    medium: Medium
    address: str
    is_reminder: bool
    language: str
    subject: str = ""
    body: str
    is_html: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedLetter:
    """What one recipient would get. `content` is None when it is the message's own, with no name to put in."""

    recipient: PartyUrn
    status: Status
    has_email: bool
    has_mobile: bool
    content: Content | None
    notices: tuple[PlannedNotice, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class DryRun:
    """These letters would be made; or none, and a repeat under the key be answered with what exists."""

    sender: PartyUrn
    publish_time: datetime
    content: Content
    letters: tuple[PlannedLetter, ...] = ()
    existing: tuple[InitialisedOne, ...] = ()
