"""What was said about the committed bytes of an attachment, by a scanner and by a look at their type."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Scan(StrEnum):
    """The only verdicts there are. Whatever a scanner says that is not exactly clean is infected or not scanned.

    BYPASSED is said by no scanner: the sender's resource is on the list of those whose files are not scanned.
    MISNAMED neither: the bytes are clean, and of another type than the file's name says.
    """

    CLEAN = "clean"
    INFECTED = "infected"
    NOT_SCANNED = "not scanned"
    BYPASSED = "bypassed"
    MISNAMED = "misnamed"


class ContentFlag(StrEnum):
    """What a reader should know before opening a file. It is said, and refuses nothing."""

    MACROS = "Macros"
    ENCRYPTED = "Encrypted"


@dataclass(frozen=True, slots=True)
class Verdict:
    """What was said about exactly the bytes behind `etag` (quotes stripped)."""

    etag: str
    scan: Scan
    reason: str
    at: datetime
    flags: tuple[ContentFlag, ...] = ()


@dataclass(frozen=True, slots=True)
class ScanState:
    """How the scan of the committed bytes stands. `verdict` None: awaited, and `reason` says what holds it up."""

    verdict: Scan | None
    since: datetime
    reason: str = ""
