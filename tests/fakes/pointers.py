"""In-memory pointers: mailboxes, the agenda, and requests with a key."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from shared.domain.changes import Due
from shared.domain.correspondence import Correspondence, Status
from shared.domain.errors import Conflict
from shared.domain.identifiers import PartyUrn
from shared.domain.mailbox import Page, Place
from shared.domain.stuck import Stuck
from shared.ports import AgendaEntry, KeyedRequest, Loaded, MailboxEntry, MailboxQuery
from tests.fakes.switch import Switched


@dataclass
class Pointer:
    """What is known in the mailboxes of one correspondence."""

    correspondence: Correspondence
    title: str | None
    ever: frozenset[Status]

    @property
    def place(self) -> Place:
        """Where it stands in the mailboxes."""
        return Place(self.correspondence.requested_publish_time, self.correspondence.id)


@dataclass
class FakeMailboxes(Switched):
    """Fulfils the port Mailboxes."""

    pointers: dict[str, Pointer] = field(default_factory=dict)

    async def point(self, *entries: MailboxEntry) -> None:
        for entry in entries:
            self._merge(entry.correspondence, entry.title)

    async def merge(
        self, correspondence: Correspondence, *, title: str | None = None, never: frozenset[Status] = frozenset()
    ) -> None:
        self._merge(correspondence, title, never)

    async def search(self, query: MailboxQuery) -> Page:
        self._ask()
        wanted = Status(query.status) if query.status is not None else None
        in_box = sorted(
            (p for p in self.pointers.values() if _is_in_box(p.correspondence, query)), key=lambda p: p.place.order
        )
        found: list[Place] = []
        for read, pointer in enumerate(in_box):
            if len(found) == query.limit or read == query.most_rows:
                return Page(tuple(found), in_box[read - 1].place)
            found += [pointer.place] if _matches(pointer, query, wanted) else []
        return Page(tuple(found))

    def title_of(self, id_: str) -> str | None:
        """The title a mailbox shows, None when it never had one."""
        return self.pointers[id_].title

    def _merge(self, correspondence: Correspondence, title: str | None, never: frozenset[Status] = frozenset()) -> None:
        self._ask()
        old = self.pointers.get(correspondence.id)
        ever = correspondence.ever - {Status.FETCHED} | (old.ever - never if old else frozenset())
        kept = title if title is not None or old is None else old.title
        self.pointers[correspondence.id] = Pointer(correspondence, kept, ever)


def _is_in_box(found: Correspondence, query: MailboxQuery) -> bool:
    party = found.recipient if query.as_recipient else found.sender
    at = found.requested_publish_time
    return (
        (party, found.resource_id) == (query.party, query.resource_id)
        and (query.published_after is None or at > query.published_after)
        and (query.published_before is None or at < query.published_before)
        and (query.after is None or Place(at, found.id).order > query.after.order)
    )


def _matches(pointer: Pointer, query: MailboxQuery, status: Status | None) -> bool:
    return (
        (not query.as_recipient or Status.PUBLISHED in pointer.ever)
        and (status is None or status in pointer.ever)
        and query.senders_reference in {None, pointer.correspondence.senders_reference}
    )


@dataclass
class FakeAgenda(Switched):
    """Fulfils the port Agenda."""

    entries: dict[str, AgendaEntry] = field(default_factory=dict)

    async def put(self, due: Due, *, now: datetime) -> AgendaEntry:
        return self._put(due, now)

    async def drop(self, key: str) -> None:
        self._ask()
        self.entries.pop(key, None)

    async def due(self, *, now: datetime, limit: int = 500) -> Sequence[AgendaEntry]:
        self._ask()
        return [entry for entry in self._in_order() if entry.due.at <= now][:limit]

    async def redate(self, entry: AgendaEntry, *, to: datetime) -> AgendaEntry:
        return self._put(replace(entry.due, at=to), entry.written)

    async def ahead(self, *, limit: int = 100) -> Sequence[AgendaEntry]:
        self._ask()
        return self._in_order()[:limit]

    def _put(self, due: Due, written: datetime) -> AgendaEntry:
        self._ask()
        entry = AgendaEntry(due, f"{due.at.astimezone(UTC).isoformat()}|{due.task}:{due.subject}", written)
        self.entries[entry.key] = entry
        return entry

    def _in_order(self) -> list[AgendaEntry]:
        return sorted(self.entries.values(), key=lambda entry: (entry.due.at, entry.key))


@dataclass
class FakeStuckList(Switched):
    """Fulfils the port StuckList."""

    items: dict[str, Stuck] = field(default_factory=dict)

    async def put(self, stuck: Stuck) -> None:
        self._ask()
        self.items[stuck.id] = stuck

    async def get(self, id_: str) -> Stuck | None:
        self._ask()
        return self.items.get(id_)

    async def oldest(self, *, limit: int = 100) -> Sequence[Stuck]:
        self._ask()
        return [item for _, item in sorted(self.items.items())][:limit]

    async def drop(self, id_: str) -> None:
        self._ask()
        self.items.pop(id_, None)


@dataclass
class FakeIdempotency(Switched):
    """Fulfils the port Idempotency."""

    requests: dict[tuple[PartyUrn, str], Loaded[KeyedRequest]] = field(default_factory=dict)
    versions: int = 0

    async def begin(self, request: KeyedRequest) -> Loaded[KeyedRequest] | None:
        self._ask()
        existing = self.requests.get((request.owner, request.key))
        if existing is None:
            self._keep(request)
        return existing

    async def find(self, owner: PartyUrn, key: str) -> KeyedRequest | None:
        self._ask()
        found = self.requests.get((owner, key))
        return found.state if found else None

    async def take_over(self, existing: Loaded[KeyedRequest], *, until: datetime) -> bool:
        self._ask()
        current = self.requests.get((existing.state.owner, existing.state.key))
        if current is None or current.etag != existing.etag:
            return False
        self._keep(replace(existing.state, in_flight_until=until))
        return True

    async def finish(self, owner: PartyUrn, key: str, response: str) -> None:
        self._ask()
        if (owner, key) not in self.requests:
            raise Conflict("the request was forgotten")
        self._keep(replace(self.requests[owner, key].state, response=response))

    async def forget(self, request: KeyedRequest) -> None:
        self._ask()
        found = self.requests.get((request.owner, request.key))
        if found and found.state.response is None and found.state.in_flight_until == request.in_flight_until:
            del self.requests[request.owner, request.key]

    def _keep(self, request: KeyedRequest) -> None:
        self.versions += 1
        self.requests[request.owner, request.key] = Loaded(request, f"v{self.versions}")
