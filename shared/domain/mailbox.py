"""Places in a mailbox, newest first, and pages of them that several partitions give side by side."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from shared.domain.identifiers import CorrespondenceId

_LATEST = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Place:
    """Where a correspondence stands: by requested publish time, which never changes, then by id."""

    at: datetime
    id: CorrespondenceId

    @property
    def order(self) -> tuple[timedelta, str]:
        """What sorts the newest first."""
        return _LATEST - self.at, self.id


@dataclass(frozen=True, slots=True)
class Page:
    """What was found, newest first. `next` is the place after which to go on, None when there is nothing more.

    A page may be empty and still have a next one: so much was looked at, and nothing matched.
    """

    found: tuple[Place, ...]
    next: Place | None = None


def merged(pages: Iterable[Page], limit: int) -> Page:
    """The newest of these pages, at most `limit`, each place once.

    What lies after the place where one of them stopped waits for the next page, which may bring something newer.
    """
    pages = list(pages)
    stop = min((page.next for page in pages if page.next is not None), key=lambda place: place.order, default=None)
    known = {place for page in pages for place in page.found if stop is None or place.order <= stop.order}
    found = sorted(known, key=lambda place: place.order)
    if len(found) > limit:
        return Page(tuple(found[:limit]), found[limit - 1])
    return Page(tuple(found), stop)
