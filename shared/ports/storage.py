"""What is kept: aggregates, pointers to them, and bytes."""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol

from shared.domain.attachment import Attachment, AttachmentChange, Stored
from shared.domain.changes import HistoryEntry
from shared.domain.correspondence import Content, Correspondence, CorrespondenceChange, Status
from shared.domain.facts import Fact
from shared.domain.forwarded import Forwarding
from shared.domain.identifiers import AttachmentId, CorrespondenceId, PartyUrn, ResourceId
from shared.domain.mailbox import Page, Place
from shared.domain.notification import Notification
from shared.domain.policy import Permit
from shared.domain.verdicts import Verdict


@dataclass(frozen=True, slots=True)
class Loaded[State]:
    """A state as it was read, and the ETag a change of it must be saved under."""

    state: State
    etag: str


class Correspondences(Protocol):
    """The table of correspondences: one partition each, changed in one transaction under the root's ETag."""

    async def load(self, id_: CorrespondenceId) -> Loaded[Correspondence] | None:
        """The root, or None when there is none. One operation."""

    async def create(self, change: CorrespondenceChange, content: Content, permit: Permit) -> bool:
        """Insert root, content, history and facts. False when the partition exists already. One operation."""

    async def save(
        self, change: CorrespondenceChange, etag: str, permit: Permit, *, seen: PartyUrn | None = None
    ) -> None:
        """Commit root, history, facts, notifications and forwardings; with `seen`, note when this party looked. A
        purge takes the content and the forwardings away.

        A lost answer is told from a lost race by the change ids on the root. Raises Conflict.
        One operation, one more for a purge and one more when the answer was lost.
        """

    async def content(self, id_: CorrespondenceId, permit: Permit) -> Content | None:
        """The body and titles."""

    async def history(self, id_: CorrespondenceId) -> Sequence[HistoryEntry]:
        """Every status ever, in order."""

    async def facts(self, id_: CorrespondenceId, *, after: int = 0, until: int | None = None) -> Sequence[Fact]:
        """The facts with a sequence above `after` and up to `until`, in order."""

    async def notifications(self, id_: CorrespondenceId) -> Sequence[Notification]:
        """Every notification, oldest first."""

    async def forwarding(self, id_: CorrespondenceId, forwarding_id: str) -> Forwarding | None:
        """One forwarding to an e-mail address, or None."""

    async def last_seen(self, id_: CorrespondenceId, party: PartyUrn) -> datetime | None:
        """When this party was last noted as having looked."""


class Attachments(Protocol):
    """The table of attachments, and which correspondences use them."""

    async def load(self, id_: AttachmentId) -> Loaded[Attachment] | None:
        """The root, or None."""

    async def load_many(self, ids: Sequence[AttachmentId]) -> Mapping[AttachmentId, Attachment]:
        """Those of them that exist."""

    async def create(self, change: AttachmentChange, permit: Permit) -> bool:
        """Insert root, history and facts. False when it exists already."""

    async def save(self, change: AttachmentChange, etag: str, permit: Permit) -> None:
        """Commit root, history, facts and verdicts. Raises Conflict."""

    async def verdict(self, id_: AttachmentId, etag: str) -> Verdict | None:
        """What was said about these bytes, if anything."""

    async def history(self, id_: AttachmentId) -> Sequence[HistoryEntry]:
        """Every status ever, in order."""

    async def facts(self, id_: AttachmentId, *, after: int = 0, until: int | None = None) -> Sequence[Fact]:
        """The facts with a sequence above `after` and up to `until`, in order."""

    async def link(self, id_: AttachmentId, correspondence: CorrespondenceId, *, at: datetime) -> None:
        """Write the link row (again, if need be)."""

    async def links(
        self, id_: AttachmentId, *, after: CorrespondenceId | None = None, limit: int = 100
    ) -> Sequence[tuple[CorrespondenceId, datetime]]:
        """A page of the links, by correspondence id, each with when it was made."""

    async def unlink(self, id_: AttachmentId, correspondence: CorrespondenceId) -> None:
        """Drop the link row; fine when there is none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MailboxEntry:
    """A pointer in a mailbox. Its statuses are those it will have had after the commit this precedes.

    `never` are statuses that it has not had and will not have, to be taken back.
    """

    correspondence: Correspondence
    title: str | None
    never: frozenset[Status] = frozenset()


class Mailboxes(Protocol):
    """Pointers of recipients and senders, newest first."""

    async def point(self, *entries: MailboxEntry) -> None:
        """Insert the pointers of recipients and senders: one transaction for every 50 in the same partition."""

    async def merge(
        self, correspondence: Correspondence, *, title: str | None = None, never: frozenset[Status] = frozenset()
    ) -> None:
        """Merge status columns (and the title; "" clears it) into pointers that exist or not.

        Statuses of `never` are taken back: they were written before a commit that did not come about.
        """

    async def search(self, query: "MailboxQuery") -> Page:
        """The newest places that match, at most `limit`, and where to go on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MailboxQuery:
    """A search in one party's box: `as_recipient` or as sender; bounds are exclusive.

    `after` is where the page before ended. `most_rows` bounds how much is read for one page, however little of it
    matches; None reads on until the page is full or the box ends.
    """

    party: PartyUrn
    resource_id: ResourceId
    as_recipient: bool
    published_after: datetime | None = None
    published_before: datetime | None = None
    status: str | None = None
    senders_reference: str | None = None
    limit: int = 1000
    after: Place | None = None
    most_rows: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyedRequest:
    """What is remembered of a request with an idempotency key. `response` is None while it is in flight."""

    owner: PartyUrn
    key: str
    digest: str
    created: datetime
    in_flight_until: datetime
    response: str | None = None


class Idempotency(Protocol):
    """Requests by the calling service owner and its key."""

    async def begin(self, request: KeyedRequest) -> Loaded[KeyedRequest] | None:
        """Insert it: None when it was new (go on), else what is there already."""

    async def find(self, owner: PartyUrn, key: str) -> KeyedRequest | None:
        """What is remembered under this key, or None."""

    async def take_over(self, existing: Loaded[KeyedRequest], *, until: datetime) -> bool:
        """Claim a request whose flight ended without a response. False when somebody else did first."""

    async def finish(self, owner: PartyUrn, key: str, response: str) -> None:
        """Store the response for ever."""

    async def forget(self, request: KeyedRequest) -> None:
        """The request was refused before anything was written: the key may be used again.

        Nothing changes when somebody has taken it over or answered it meanwhile: then it is theirs.
        """


class Sendings(Protocol):
    """What all instances know of what is being sent by e-mail and SMS."""

    async def pause(self, neighbour: str, *, until: datetime) -> None:
        """Nobody sends through this neighbour before then: it has asked for that."""

    async def paused_until(self, neighbour: str) -> datetime | None:
        """When the latest pause ends, or ended; None when there never was one. One operation."""

    async def note(self, operation_ids: Sequence[str], about: CorrespondenceId) -> None:
        """Note what these e-mails will be about, before they are sent; fine when it is noted already."""

    async def about(self, operation_id: str) -> CorrespondenceId | None:
        """What an e-mail is about; None for one that was not noted. One operation."""


class Upload(Protocol):
    """A block upload under way. Nothing of it is visible before `commit`."""

    async def write(self, chunk: bytes) -> None:
        """Take some bytes; blocks of 8 MiB leave as they fill up, a few in flight."""

    async def flush(self) -> str:
        """Everything written so far is with the storage and no longer in memory; its SHA-256 in hex."""

    async def commit(self) -> Stored:
        """Make the bytes the blob's content, with both digests, and say under which ETag."""


@dataclass(frozen=True, slots=True)
class WriteLink:
    """Where one blob can be written with a plain `PUT`, until `expires`. The address is a secret."""

    url: str = field(repr=False)
    expires: datetime


class Blobs(Protocol):
    """The one container of attachments; a blob's name is the attachment's id."""

    def upload(self, id_: AttachmentId) -> AbstractAsyncContextManager[Upload]:
        """Begin an upload; leaving without `commit` leaves nothing that can be seen."""

    def read(
        self, id_: AttachmentId, stored: Stored, permit: Permit, *, start: int = 0, length: int | None = None
    ) -> AsyncIterator[bytes]:
        """The bytes, in pieces of at most 4 MiB, with the committed ETag as If-Match. Raises Conflict if swapped."""

    async def current(self, id_: AttachmentId) -> Stored | None:
        """What lies there now (digests may be empty), or None."""

    async def write_link(self, id_: AttachmentId, *, lifetime: timedelta) -> WriteLink:
        """An address that can write this blob and do nothing else. It expires by the storage's own clock."""

    async def discard(self, id_: AttachmentId) -> None:
        """Nothing lies there any more, and no block that was sent and never committed."""

    async def delete(self, id_: AttachmentId, *, etag: str = "") -> None:
        """Remove the bytes, with `etag` only these very bytes; fine when there are none."""
