"""In-memory storage: aggregates and bytes as the real ones keep them, with versions, conflicts and a switch.

The pointers are in `tests.fakes.pointers`, the registers in `tests.fakes.registers`; all can be imported from here.
"""

import hashlib
from collections import defaultdict
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from shared.domain.attachment import Attachment, AttachmentChange, Stored
from shared.domain.changes import Change, HistoryEntry
from shared.domain.correspondence import Content, Correspondence, CorrespondenceChange, purges
from shared.domain.errors import Conflict
from shared.domain.facts import Fact
from shared.domain.forwarded import Forwarding
from shared.domain.identifiers import AttachmentId, CorrespondenceId, PartyUrn
from shared.domain.notification import Notification
from shared.domain.policy import Permit
from shared.domain.verdicts import Verdict
from shared.ports import Loaded, Upload, WriteLink
from tests.fakes.pointers import FakeAgenda, FakeIdempotency, FakeMailboxes
from tests.fakes.registers import FakeRegistry, FakeSubscriptions
from tests.fakes.switch import Switched

__all__ = [
    "FakeAgenda",
    "FakeAttachments",
    "FakeBlobs",
    "FakeCorrespondences",
    "FakeIdempotency",
    "FakeMailboxes",
    "FakeRegistry",
    "FakeSubscriptions",
    "Switched",
]

PIECE = 4 * 1024 * 1024


@dataclass
class _Partition[State]:
    state: State
    version: int = 1
    history: list[HistoryEntry] = field(default_factory=list)
    facts: list[Fact] = field(default_factory=list)


@dataclass
class _Aggregates[State](Switched):
    """Partitions by id; one version number each stands for the root's ETag."""

    partitions: dict[str, _Partition[State]] = field(default_factory=dict)

    def _loaded(self, id_: str) -> Loaded[State] | None:
        self._ask()
        found = self.partitions.get(id_)
        return Loaded(found.state, f"v{found.version}") if found else None

    def _insert[R](self, id_: str, change: Change[State, R]) -> bool:
        self._ask()
        if id_ in self.partitions:
            return False
        partition = _Partition(change.state)
        _append(partition, change)
        self.partitions[id_] = partition
        return True

    def _commit[R](self, id_: str, change: Change[State, R], etag: str) -> None:
        self._ask()
        found = self.partitions.get(id_)
        if found is None or etag != f"v{found.version}":
            raise Conflict("changed by somebody else")
        _append(found, change)
        found.state = change.state
        found.version += 1

    def _history(self, id_: str) -> list[HistoryEntry]:
        self._ask()
        found = self.partitions.get(id_)
        return sorted(found.history, key=lambda entry: entry.sequence) if found else []

    def _facts(self, id_: str, after: int) -> list[Fact]:
        self._ask()
        found = self.partitions.get(id_)
        facts = found.facts if found else []
        return sorted((fact for fact in facts if fact.sequence > after), key=lambda fact: fact.sequence)


@dataclass
class FakeCorrespondences(_Aggregates[Correspondence]):
    """Fulfils the port Correspondences."""

    contents: dict[str, Content] = field(default_factory=dict)
    notices: dict[str, dict[str, Notification]] = field(default_factory=lambda: defaultdict(dict))
    forwardings: dict[tuple[str, str], Forwarding] = field(default_factory=dict)
    looks: dict[tuple[str, PartyUrn], datetime] = field(default_factory=dict)

    async def load(self, id_: CorrespondenceId) -> Loaded[Correspondence] | None:
        return self._loaded(id_)

    async def create(self, change: CorrespondenceChange, content: Content, permit: Permit) -> bool:
        _demand(permit)
        if not self._insert(change.state.id, change):
            return False
        self.contents[change.state.id] = content
        self._keep(change)
        return True

    async def save(
        self, change: CorrespondenceChange, etag: str, permit: Permit, *, seen: PartyUrn | None = None
    ) -> None:
        _demand(permit)
        times = [entry.at for entry in change.history] + [fact.at for fact in change.facts]
        look = max(times) if seen is not None else None
        self._commit(change.state.id, change, etag)
        self._keep(change)
        if purges(change):
            del self.contents[change.state.id]
            self.forwardings = {key: kept for key, kept in self.forwardings.items() if key[0] != change.state.id}
        if seen is not None and look is not None:
            self.looks[change.state.id, seen] = look

    async def content(self, id_: CorrespondenceId, permit: Permit) -> Content | None:
        _demand(permit)
        self._ask()
        return self.contents.get(id_)

    async def history(self, id_: CorrespondenceId) -> Sequence[HistoryEntry]:
        return self._history(id_)

    async def facts(self, id_: CorrespondenceId, *, after: int = 0, until: int | None = None) -> Sequence[Fact]:
        return [fact for fact in self._facts(id_, after) if until is None or fact.sequence <= until]

    async def notifications(self, id_: CorrespondenceId) -> Sequence[Notification]:
        self._ask()
        return sorted(self.notices[id_].values(), key=lambda n: (n.created, n.id))

    async def forwarding(self, id_: CorrespondenceId, forwarding_id: str) -> Forwarding | None:
        self._ask()
        return self.forwardings.get((id_, forwarding_id))

    async def last_seen(self, id_: CorrespondenceId, party: PartyUrn) -> datetime | None:
        self._ask()
        return self.looks.get((id_, party))

    def _keep(self, change: CorrespondenceChange) -> None:
        for row in change.rows:
            match row:
                case Notification():
                    self.notices[change.state.id][row.id] = row
                case Forwarding():
                    self.forwardings[change.state.id, row.id] = row


@dataclass
class FakeAttachments(_Aggregates[Attachment]):
    """Fulfils the port Attachments."""

    verdicts: dict[tuple[str, str], Verdict] = field(default_factory=dict)
    uses: dict[str, dict[CorrespondenceId, datetime]] = field(default_factory=lambda: defaultdict(dict))

    async def load(self, id_: AttachmentId) -> Loaded[Attachment] | None:
        return self._loaded(id_)

    async def load_many(self, ids: Sequence[AttachmentId]) -> Mapping[AttachmentId, Attachment]:
        self._ask()
        return {id_: self.partitions[id_].state for id_ in ids if id_ in self.partitions}

    async def create(self, change: AttachmentChange, permit: Permit) -> bool:
        _demand(permit)
        if not self._insert(change.state.id, change):
            return False
        self._judge(change)
        return True

    async def save(self, change: AttachmentChange, etag: str, permit: Permit) -> None:
        _demand(permit)
        self._commit(change.state.id, change, etag)
        self._judge(change)

    async def verdict(self, id_: AttachmentId, etag: str) -> Verdict | None:
        self._ask()
        return self.verdicts.get((id_, etag.strip('"')))

    async def history(self, id_: AttachmentId) -> Sequence[HistoryEntry]:
        return self._history(id_)

    async def facts(self, id_: AttachmentId, *, after: int = 0, until: int | None = None) -> Sequence[Fact]:
        return [fact for fact in self._facts(id_, after) if until is None or fact.sequence <= until]

    async def link(self, id_: AttachmentId, correspondence: CorrespondenceId, *, at: datetime) -> None:
        self._ask()
        self.uses[id_][correspondence] = at

    async def links(
        self, id_: AttachmentId, *, after: CorrespondenceId | None = None, limit: int = 100
    ) -> Sequence[tuple[CorrespondenceId, datetime]]:
        self._ask()
        found = sorted(self.uses[id_].items())
        return [link for link in found if after is None or link[0] > after][:limit]

    async def unlink(self, id_: AttachmentId, correspondence: CorrespondenceId) -> None:
        self._ask()
        self.uses[id_].pop(correspondence, None)

    def _judge(self, change: AttachmentChange) -> None:
        self.verdicts.update({(change.state.id, verdict.etag.strip('"')): verdict for verdict in change.rows})


@dataclass
class FakeBlobs(Switched):
    """Fulfils the port Blobs. `swap` puts other bytes in the place of committed ones, as an intruder would."""

    blobs: dict[str, tuple[bytes, Stored]] = field(default_factory=dict)
    commits: int = 0

    @asynccontextmanager
    async def upload(self, id_: AttachmentId) -> AsyncIterator[Upload]:
        yield _FakeUpload(self, id_)

    def read(
        self, id_: AttachmentId, stored: Stored, permit: Permit, *, start: int = 0, length: int | None = None
    ) -> AsyncIterator[bytes]:
        _demand(permit)
        end = stored.size if length is None else start + length
        if not 0 <= start <= end <= stored.size:
            raise ValueError("the range is outside the file")
        return self._pieces(id_, stored.etag, start, end)

    async def _pieces(self, id_: AttachmentId, etag: str, start: int, end: int) -> AsyncIterator[bytes]:
        while start < end:
            self._ask()
            found = self.blobs.get(id_)
            if found is None or found[1].etag != etag:
                raise Conflict("the bytes are gone")
            piece = found[0][start : min(start + PIECE, end)]
            start += len(piece)
            yield piece

    async def current(self, id_: AttachmentId) -> Stored | None:
        self._ask()
        found = self.blobs.get(id_)
        return Stored(found[1].etag, found[1].size, found[1].md5, "") if found else None

    async def write_link(self, id_: AttachmentId, *, lifetime: timedelta) -> WriteLink:
        self._ask()
        expires = datetime(2026, 12, 1, 12, tzinfo=UTC) + lifetime
        return WriteLink(f"https://storage.example/attachments/{id_}?sig=secret", expires)

    async def discard(self, id_: AttachmentId) -> None:
        self._ask()
        self.blobs.pop(id_, None)

    async def delete(self, id_: AttachmentId, *, etag: str = "") -> None:
        self._ask()
        if not etag or (id_ in self.blobs and self.blobs[id_][1].etag == etag):
            self.blobs.pop(id_, None)

    def put(self, id_: AttachmentId, content: bytes) -> Stored:
        """Make these the blob's bytes, under a new ETag."""
        self.commits += 1
        md5 = hashlib.md5(content, usedforsecurity=False).hexdigest()
        stored = Stored(f"0x{self.commits:08X}", len(content), md5, hashlib.sha256(content).hexdigest())
        self.blobs[id_] = (content, stored)
        return stored

    def swap(self, id_: AttachmentId, content: bytes) -> None:
        """Put other bytes there, behind everybody's back."""
        self.put(id_, content)

    def take(self, id_: AttachmentId, content: bytes) -> Stored:
        """`put`, as a call that can fail."""
        self._ask()
        return self.put(id_, content)


@dataclass
class _FakeUpload:
    blobs: FakeBlobs
    id_: AttachmentId
    taken: bytearray = field(default_factory=bytearray)

    async def write(self, chunk: bytes) -> None:
        self.taken += chunk

    async def flush(self) -> str:
        return hashlib.sha256(self.taken).hexdigest()

    async def commit(self) -> Stored:
        return self.blobs.take(self.id_, bytes(self.taken))


def _append[State, R](partition: _Partition[State], change: Change[State, R]) -> None:
    """Raises Conflict for a sequence number used twice, as an insert of its row would."""
    used = {entry.sequence for entry in partition.history}, {fact.sequence for fact in partition.facts}
    if any(e.sequence in used[0] for e in change.history) or any(f.sequence in used[1] for f in change.facts):
        raise Conflict("changed by somebody else")
    partition.history += change.history
    partition.facts += change.facts


def _demand(permit: Permit) -> None:
    if not isinstance(permit, Permit):
        raise TypeError("a permit is needed")
