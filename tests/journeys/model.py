"""What a letter must be like, told by what was done to it: the judge of every journey, and independent of the app."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

REMINDED_AFTER = timedelta(days=7)


@dataclass
class File:
    """A file that was sent: its bytes, whether they are malware, and whether they can have been scanned by now.

    `scanned_by`: by then they have been, when time passes: what no event announced is scanned by the agenda.
    """

    id: str
    content: bytes
    is_bad: bool
    may_be_scanned: bool
    scanned_by: datetime


@dataclass
class Letter:
    """A letter as its sender and its recipient have dealt with it."""

    id: str
    marker: str
    publish_at: datetime
    files: list[File] = field(default_factory=list)
    needs_confirmation: bool = False
    key: str | None = None
    body: dict[str, Any] = field(default_factory=dict)
    fetched: bool = False
    read: bool = False
    marked_unread: bool = False
    confirmed: bool = False
    archived: bool = False
    was_archived: bool = False
    downloaded: bool = False
    purged: bool = False
    seen_published: bool = False
    settled_at: datetime | None = None
    reminders_when_done: int | None = None
    done_at: datetime | None = None
    history: list[dict[str, Any]] = field(default_factory=list)

    @property
    def is_bad(self) -> bool:
        """One of its files is malware: it may never be published."""
        return any(file.is_bad for file in self.files)

    def must_be_hidden(self, now: datetime) -> bool:
        """Nobody but its sender may see it: it is early, a file is not known to be clean, or it was purged."""
        unclean = any(file.is_bad or not file.may_be_scanned for file in self.files)
        return self.purged or unclean or now < self.publish_at

    def must_be_visible(self, now: datetime) -> bool:
        """Everything that had to happen has happened, so its recipient sees it."""
        if self.must_be_hidden(now):
            return False
        return self.seen_published or (self.settled_at is not None and self.settled_at >= self.publish_at)

    def done(self, now: datetime, reminders: int) -> None:
        """From now on its recipient needs no reminder."""
        if self.reminders_when_done is None:
            self.reminders_when_done, self.done_at = reminders, now


def expected_of(letter: Letter, action: str) -> tuple[int, int | None]:
    """The status and the number that the recipient of a visible letter gets for an action.

    Source: wire contract 4.1.2 and design 10.
    """
    if action == "markasread":
        if not letter.fetched:
            return 400, 1024
        return (400, 1040) if letter.read and not letter.marked_unread else (200, None)
    if action == "confirm":
        if not letter.fetched:
            return 400, 1025
        return (400, 1041) if letter.confirmed else (200, None)
    if action == "purge":
        return (400, 1026) if letter.needs_confirmation and not letter.confirmed else (200, None)
    return 200, None


def note(letter: Letter, action: str) -> None:
    """What an action that succeeded has changed."""
    letter.seen_published = True
    if action in {"overview", "content"}:
        letter.fetched = True
    if action in {"content", "markasread"}:
        letter.read, letter.marked_unread = True, False
    if action == "confirm":
        letter.confirmed = True
    if action == "archive":
        letter.archived = letter.was_archived = True
    if action == "unarchive":
        letter.archived = False
    if action == "markasunread":
        letter.marked_unread = True
    if action == "download":
        letter.downloaded = True
    if action == "purge":
        letter.purged = True


ENDS_REMINDING = frozenset({"content", "markasread", "confirm", "purge"})
"""After these no reminder may leave. Archiving holds it back, too, as long as it lasts."""
