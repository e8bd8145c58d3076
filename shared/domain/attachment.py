"""An attachment: its state, and the decisions about it. Pure: `(state, command, now) -> Change`."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from shared.domain.changes import Change, HistoryEntry
from shared.domain.errors import DomainError, Refusal
from shared.domain.facts import AggregateKind, Fact, FactType
from shared.domain.identifiers import AttachmentId, PartyUrn, ResourceId
from shared.domain.verdicts import ContentFlag, Scan, ScanState, Verdict

UPLOAD_TAKEOVER = timedelta(minutes=1)
REPLACED = "The bytes that were uploaded are no longer there"
NOT_SCANNED = "Stored elsewhere, not scanned"


class AttachmentStatus(StrEnum):
    """In the wire contract's order; the latest one is the one shown."""

    INITIALIZED = "Initialized"
    UPLOAD_PROCESSING = "UploadProcessing"
    PUBLISHED = "Published"
    PURGED = "Purged"
    FAILED = "Failed"
    EXPIRED = "Expired"


ALLOWED: Mapping[AttachmentStatus, frozenset[AttachmentStatus]] = {
    AttachmentStatus.INITIALIZED: frozenset(
        {
            AttachmentStatus.UPLOAD_PROCESSING,
            AttachmentStatus.PUBLISHED,  # content stored elsewhere: there is nothing to upload or to scan
            AttachmentStatus.PURGED,
            AttachmentStatus.FAILED,
        }
    ),
    AttachmentStatus.UPLOAD_PROCESSING: frozenset(
        {
            AttachmentStatus.UPLOAD_PROCESSING,
            AttachmentStatus.PUBLISHED,
            AttachmentStatus.FAILED,
            AttachmentStatus.PURGED,
        }
    ),
    AttachmentStatus.PUBLISHED: frozenset({AttachmentStatus.PURGED, AttachmentStatus.EXPIRED, AttachmentStatus.FAILED}),
    AttachmentStatus.FAILED: frozenset({AttachmentStatus.UPLOAD_PROCESSING, AttachmentStatus.PURGED}),
    AttachmentStatus.PURGED: frozenset(),
    AttachmentStatus.EXPIRED: frozenset(),
}
"""Which status may follow which. A failed upload may be tried again (design 10); every other pair is refused."""


@dataclass(frozen=True, slots=True)
class Stored:
    """The bytes as they were committed: the blob's ETag (quotes stripped), their number, their digests in hex."""

    etag: str
    size: int
    md5: str
    sha256: str


@dataclass(frozen=True, slots=True)
class External:
    """Content stored elsewhere: its https address, and the SHA-256 in hex that its sender gave, or nothing."""

    url: str
    sha256: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Attachment:
    """The root of the aggregate. `stored` is None until an upload was committed; `closing` refuses new links.

    With `external` it is a link, and never has bytes of its own. `scans_begun` counts the scans that were tried again.
    """

    id: AttachmentId
    resource_id: ResourceId
    sender: PartyUrn
    file_name: str
    display_name: str | None = None
    is_encrypted: bool = False
    checksum: str = ""
    senders_reference: str = ""
    expiration_in_days: int | None = None
    created: datetime
    status: AttachmentStatus = AttachmentStatus.INITIALIZED
    status_text: str = ""
    status_changed: datetime
    stored: Stored | None = None
    external: External | None = None
    scan: ScanState | None = None
    flags: tuple[ContentFlag, ...] = ()
    upload_id: str = ""
    scans_begun: int = 0
    closing: bool = False
    sequence: int = 0

    @property
    def shown_checksum(self) -> str:
        """The MD5 in hex that the sender gave, or else the one that was computed; empty before any."""
        return self.checksum or (self.stored.md5 if self.stored is not None else "")

    @property
    def is_readable(self) -> bool:
        """True when its bytes may be served: scanned clean, and still there."""
        return self.status is AttachmentStatus.PUBLISHED and self.stored is not None

    @property
    def is_ready(self) -> bool:
        """True when a letter may be published with it: readable here, or a link to content stored elsewhere."""
        return self.is_readable or (self.status is AttachmentStatus.PUBLISHED and self.external is not None)


AttachmentChange = Change[Attachment, Verdict]


def initialise(new: Attachment, *, party: PartyUrn, announce: bool, now: datetime) -> AttachmentChange:
    """Begin. `announce`: it was made by itself and not together with a correspondence (wire contract 4.2)."""
    change = _enter(AttachmentChange(state=new), AttachmentStatus.INITIALIZED, now, party=party)
    return _with_fact(change, FactType.ATTACHMENT_INITIALIZED, now) if announce else change


def keep_external(new: Attachment, *, party: PartyUrn, now: datetime) -> AttachmentChange:
    """Begin one whose content is stored elsewhere. It is published at once: we never see what there is to scan."""
    unseen = replace(new, scan=ScanState(Scan.NOT_SCANNED, now, NOT_SCANNED))
    begun = initialise(unseen, party=party, announce=False, now=now)
    change = _enter(begun, AttachmentStatus.PUBLISHED, now, text=NOT_SCANNED, party=party)
    return _with_fact(change, FactType.ATTACHMENT_PUBLISHED, now)


def begin_upload(state: Attachment, upload_id: str, *, party: PartyUrn, now: datetime) -> AttachmentChange:
    """Take the upload `upload_id`. Raises 2005 when there is one already, finished or under way.

    A failed upload may be tried again; one that has not ended after a minute is taken over, since only the sender
    who gave it up tries again (a crashed server never says that it failed).
    """
    given_up = (
        state.status is AttachmentStatus.UPLOAD_PROCESSING
        and state.stored is None
        and now - state.status_changed > UPLOAD_TAKEOVER
    )
    free = state.status in {AttachmentStatus.INITIALIZED, AttachmentStatus.FAILED}
    if state.closing or not (free or given_up):
        raise DomainError(Refusal.ALREADY_UPLOADED)
    fresh = replace(state, upload_id=upload_id, stored=None, scan=None, flags=(), scans_begun=0)
    begun = AttachmentChange(state=fresh)
    return _enter(begun, AttachmentStatus.UPLOAD_PROCESSING, now, party=party)


def commit_upload(
    state: Attachment, upload_id: str, stored: Stored, verdict: Verdict | None, *, now: datetime
) -> AttachmentChange | None:
    """Record what was committed, and judge it at once when the verdict came first. None if another upload took over."""
    if state.upload_id != upload_id or state.status is not AttachmentStatus.UPLOAD_PROCESSING:
        return None
    change = AttachmentChange(state=replace(state, stored=stored, scan=ScanState(None, now)))
    return _judge(change, verdict, now) if verdict else change


def record_verdict(
    state: Attachment, verdict: Verdict, *, earlier: Verdict | None = None, now: datetime
) -> AttachmentChange:
    """Keep the verdict, and act on it when it is about the committed bytes. A repeated verdict changes nothing more.

    `earlier` is what is on record about the same bytes: of contradicting verdicts the first one stands, unless a
    later one has found malware.
    """
    if earlier is not None and (earlier.scan is Scan.INFECTED or verdict.scan is not Scan.INFECTED):
        return _judge(AttachmentChange(state=state), earlier, now)
    return _judge(AttachmentChange(state=state, rows=(verdict,)), verdict, now)


def fail_upload(state: Attachment, upload_id: str, reason: str, *, now: datetime) -> AttachmentChange | None:
    """Give up this upload with a short reason; None when another one took over or it is decided already."""
    if state.upload_id != upload_id or state.status is not AttachmentStatus.UPLOAD_PROCESSING:
        return None
    change = AttachmentChange(state=replace(state, stored=None))
    return _enter(change, AttachmentStatus.FAILED, now, text=reason, party=state.sender)


def fail_replaced(state: Attachment, etag: str, *, now: datetime) -> AttachmentChange | None:
    """The bytes committed under `etag` are no longer there: withdraw it. None when it does not stand for them (now).

    Source: design 4: a blob swapped after its commit or its scan is never served; it fails and is flagged.
    """
    about_these = state.stored is not None and state.stored.etag == etag
    if not about_these or state.status not in {AttachmentStatus.UPLOAD_PROCESSING, AttachmentStatus.PUBLISHED}:
        return None
    return _fail(AttachmentChange(state=state), REPLACED, now)


def purge(state: Attachment, *, party: PartyUrn, now: datetime) -> AttachmentChange:
    """Remove it. Raises 2006, 2018; that it is linked (2007) is for the caller to ask, after `closing` is saved."""
    if state.status is AttachmentStatus.PURGED:
        raise DomainError(Refusal.ATTACHMENT_PURGED_ALREADY)
    if state.status is AttachmentStatus.EXPIRED:
        raise DomainError(Refusal.ATTACHMENT_EXPIRED_ALREADY)
    text = "The attachment has been purged"
    change = _enter(AttachmentChange(state=state), AttachmentStatus.PURGED, now, text=text, party=party)
    return _with_fact(change, FactType.ATTACHMENT_DELETED, now)


def expire(state: Attachment, *, now: datetime) -> AttachmentChange | None:
    """End it, since its last use has ended; None unless it is published. Source: wire contract 4.2 and 7.4."""
    if state.status is not AttachmentStatus.PUBLISHED:
        return None
    change = _enter(AttachmentChange(state=state), AttachmentStatus.EXPIRED, now, text="The attachment has expired")
    return _with_fact(change, FactType.ATTACHMENT_EXPIRED, now)


def set_closing(state: Attachment, *, closing: bool) -> AttachmentChange | None:
    """Refuse new links from now on (or take them again); None when it is so already. Source: design 1."""
    return None if state.closing is closing else AttachmentChange(state=replace(state, closing=closing))


def require_readable(state: Attachment, *, by_sender: bool = False) -> Stored | External:
    """The bytes to serve, or where they are. Raises 2019 purged, 2020 expired, 2001 when there is nothing clean.

    Who sent them may have them back before they have been scanned. Source: wire contract 12.4.
    """
    if state.status is AttachmentStatus.PURGED:
        raise DomainError(Refusal.ATTACHMENT_PURGED)
    if state.status is AttachmentStatus.EXPIRED:
        raise DomainError(Refusal.ATTACHMENT_EXPIRED)
    served = state.external or state.stored
    unscanned = by_sender and state.status is AttachmentStatus.UPLOAD_PROCESSING
    if served is None or not (state.is_ready or unscanned):
        raise DomainError(Refusal.ATTACHMENT_NOT_FOUND)
    return served


def _judge(change: AttachmentChange, verdict: Verdict, now: datetime) -> AttachmentChange:
    """Only the exact clean verdict, about exactly the committed bytes, publishes. Source: design 4.

    Malware that is found in what is published already withdraws it. Bytes that bypass the scan are published without a
    fact (wire contract 4.2): nothing can be waiting for them yet.
    """
    state = change.state
    about_these = state.stored is not None and state.stored.etag == verdict.etag
    awaited = state.status is AttachmentStatus.UPLOAD_PROCESSING
    withdrawn = state.status is AttachmentStatus.PUBLISHED and verdict.scan is Scan.INFECTED
    if not about_these or not (awaited or withdrawn):
        return change
    scan = ScanState(verdict.scan, now, verdict.reason)
    change = replace(change, state=replace(state, scan=scan, flags=verdict.flags))
    if verdict.scan is Scan.CLEAN:
        return _with_fact(_enter(change, AttachmentStatus.PUBLISHED, now), FactType.ATTACHMENT_PUBLISHED, now)
    if verdict.scan is Scan.BYPASSED:
        return _enter(change, AttachmentStatus.PUBLISHED, now, text=verdict.reason)
    return _fail(change, verdict.reason if verdict.scan is Scan.MISNAMED else f"Malware scan: {verdict.reason}", now)


def _fail(change: AttachmentChange, text: str, now: datetime) -> AttachmentChange:
    """Its sender is told."""
    return _with_fact(_enter(change, AttachmentStatus.FAILED, now, text=text), FactType.ATTACHMENT_UPLOAD_FAILED, now)


def _enter(
    change: AttachmentChange,
    status: AttachmentStatus,
    now: datetime,
    *,
    text: str = "",
    party: PartyUrn | None = None,
) -> AttachmentChange:
    state = change.state
    if state.sequence and status not in ALLOWED[state.status]:
        raise ValueError(f"{state.status} is never followed by {status}")
    entry = HistoryEntry(state.sequence + 1, status, text or status, now, party)
    after = replace(state, sequence=entry.sequence, status=status, status_text=entry.text, status_changed=now)
    return replace(change, state=after, history=(*change.history, entry))


def _with_fact(change: AttachmentChange, fact: FactType, now: datetime) -> AttachmentChange:
    state = replace(change.state, sequence=change.state.sequence + 1)
    new = Fact(
        aggregate=AggregateKind.ATTACHMENT,
        aggregate_id=state.id,
        sequence=state.sequence,
        type=fact,
        at=now,
        resource_id=state.resource_id,
        subject=state.sender,
        item=state.id,
    )
    return replace(change, state=state, facts=(*change.facts, new))
