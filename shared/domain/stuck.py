"""What has waited too long: for the people who run the service, with the reason, and how to try it again."""

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from shared.domain.changes import Due

STUCK_AFTER = timedelta(minutes=5)
"""What waits for less than this is on its way."""


class StuckKind(StrEnum):
    """What can be stuck."""

    SCAN = "scan"
    PUBLICATION = "publication"
    DEAD_LETTER = "dead letter"


@dataclass(frozen=True, slots=True, kw_only=True)
class Stuck:
    """One thing that is stuck. `about` holds ids only; `again` is None when nobody knows how to try it again."""

    kind: StuckKind
    about: str
    since: datetime
    reason: str
    again: Due | None

    @property
    def id(self) -> str:
        """The same for the same thing since the same second; sorts by age."""
        digest = hashlib.sha256(f"{self.kind}\n{self.about}".encode()).hexdigest()
        return f"{self.since.astimezone(UTC):%Y%m%d%H%M%S}-{digest[:16]}"
