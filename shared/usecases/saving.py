"""Committing a decision: pointers first, then the partition, then the facts, then the pointer away.

A crash anywhere leaves a pointer that the sweep finds; see the decision record on pointers.
"""

import asyncio
import random
import secrets
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from shared.domain.attachment import Attachment, AttachmentChange
from shared.domain.changes import Due, Task
from shared.domain.correspondence import Content, Correspondence, CorrespondenceChange, Status
from shared.domain.errors import Conflict, DomainError, Refusal, Unavailable
from shared.domain.facts import AggregateKind, Fact
from shared.domain.identifiers import AttachmentId, CorrespondenceId, PartyUrn
from shared.domain.policy import Permit
from shared.ports import App, Loaded, MailboxEntry
from shared.telemetry import Log

DISPATCH_AFTER = timedelta(seconds=60)  # Source: design 1, the rules of the dispatch pointer.
_POINTER_HOLDS = timedelta(minutes=5)  # Source: design 1, the rules of the dispatch pointer.
ATTEMPTS = 8
"""How often a decision is made again from the start after a lost race, before the caller is told to come later."""
_CREATES_AT_ONCE = 10  # Of one request: single letters keep their place beside a bulk.
_log = Log("saving")


@dataclass(frozen=True, slots=True)
class NewCorrespondence:
    """One to be kept: the change that begins it, and its texts."""

    change: CorrespondenceChange
    content: Content


async def create_correspondences(
    app: App, new: Sequence[NewCorrespondence], permit: Permit, *, now: datetime
) -> list[bool | BaseException]:
    """The new correspondences are kept and their facts are on their way. For each: False when it existed already, or
    why it could not be made; the others are made all the same.

    The first costs at most five storage operations, a further one of up to 100 two and a fraction: what lies in the
    same partition goes as one transaction. One send for all. One more for everything that becomes due at another time.
    """
    kind, turn = AggregateKind.CORRESPONDENCE, asyncio.Semaphore(_CREATES_AT_ONCE)
    pointers, _, _ = await asyncio.gather(
        asyncio.gather(*(_point_dispatch(app, kind, one.change.state.id, one.change.facts, now) for one in new)),
        app.mailboxes.point(*(MailboxEntry(correspondence=one.change.state, title=None) for one in new)),
        asyncio.gather(*(app.agenda.put(due, now=now) for one in new for due in one.change.due)),
    )

    async def create(one: NewCorrespondence, pointer: str | None) -> tuple[bool, str | None]:
        async with turn:
            pointer = await _renewed(app, kind, one.change.state.id, one.change.facts, (pointer, now))
            return await app.correspondences.create(one.change, one.content, permit), pointer

    tries = await asyncio.gather(*map(create, new, pointers), return_exceptions=True)
    done = [(one, tried) for one, tried in zip(new, tries, strict=True) if not isinstance(tried, BaseException)]
    facts = tuple(fact for one, (created, _) in done if created for fact in one.change.facts)
    await _tell(app, facts, *(pointer for _, (_, pointer) in done))
    return [tried if isinstance(tried, BaseException) else tried[0] for tried in tries]


async def save_correspondence(
    app: App,
    loaded: Loaded[Correspondence],
    change: CorrespondenceChange,
    permit: Permit,
    *,
    title: str | None = None,
    seen: PartyUrn | None = None,
) -> None:
    """The change is kept and its facts are on their way. `title` goes into the mailboxes. Raises Conflict."""
    now = app.clock()
    work: list[Coroutine[object, object, object]] = [app.agenda.put(due, now=now) for due in change.due]
    if change.state.ever - loaded.state.ever - {Status.FETCHED}:
        work.append(app.mailboxes.merge(change.state, title=title))
    pointer, _ = await asyncio.gather(
        _point_dispatch(app, AggregateKind.CORRESPONDENCE, change.state.id, change.facts, now), asyncio.gather(*work)
    )
    pointer = await _renewed(app, AggregateKind.CORRESPONDENCE, change.state.id, change.facts, (pointer, now))
    await _withdrawing(app, pointer, app.correspondences.save(change, loaded.etag, permit, seen=seen))
    await _tell(app, change.facts, pointer)


async def create_attachment(app: App, change: AttachmentChange, permit: Permit) -> bool:
    """The new attachment is kept and its facts are on their way. False when it existed already."""
    pointer = await _point_dispatch(app, AggregateKind.ATTACHMENT, change.state.id, change.facts, app.clock())
    created = await app.attachments.create(change, permit)
    await _tell(app, change.facts if created else (), pointer)
    return created


async def save_attachment(app: App, loaded: Loaded[Attachment], change: AttachmentChange, permit: Permit) -> None:
    """The change is kept and its facts are on their way. Raises Conflict."""
    pointer = await _point_dispatch(app, AggregateKind.ATTACHMENT, change.state.id, change.facts, app.clock())
    await _withdrawing(app, pointer, app.attachments.save(change, loaded.etag, permit))
    await _tell(app, change.facts, pointer)


async def decide_correspondence(
    app: App,
    id_: CorrespondenceId,
    permit: Permit,
    decide: Callable[[Correspondence], CorrespondenceChange | None],
    *,
    first: Loaded[Correspondence] | None = None,
    seen: PartyUrn | None = None,
) -> Correspondence:
    """Load, decide, save; on a lost race from the start again. The state afterwards. Raises 1001 when unknown.

    `first` saves the first load. A decision of None saves nothing.
    """

    async def deciding(state: Correspondence) -> CorrespondenceChange | None:
        return decide(state)

    return await decide_over_rows(app, id_, permit, deciding, first=first, seen=seen)


async def decide_over_rows(
    app: App,
    id_: CorrespondenceId,
    permit: Permit,
    decide: Callable[[Correspondence], Awaitable[CorrespondenceChange | None]],
    *,
    first: Loaded[Correspondence] | None = None,
    seen: PartyUrn | None = None,
) -> Correspondence:
    """The same for a decision that first reads other rows of the partition: while the root's ETag holds, nobody has
    changed them.
    """
    loaded = first
    for attempt in range(ATTEMPTS):
        loaded = loaded or await app.correspondences.load(id_)
        if loaded is None:
            raise DomainError(Refusal.CORRESPONDENCE_NOT_FOUND)
        change = await decide(loaded.state)
        if change is None or (change.is_empty and change.state == loaded.state):
            return loaded.state
        try:
            await save_correspondence(app, loaded, change, permit, seen=seen)
        except Conflict:
            loaded = None
            await pause(attempt)
        else:
            return change.state
    raise Unavailable("correspondence", retry_after=timedelta(seconds=1))


async def decide_attachment(
    app: App, id_: AttachmentId, permit: Permit, decide: Callable[[Attachment], AttachmentChange | None]
) -> Attachment:
    """Load, decide, save; on a lost race from the start again. Raises 2001 when unknown."""
    for attempt in range(ATTEMPTS):
        loaded = await app.attachments.load(id_)
        if loaded is None:
            raise DomainError(Refusal.ATTACHMENT_NOT_FOUND)
        change = decide(loaded.state)
        if change is None or (change.is_empty and change.state == loaded.state):
            return loaded.state
        try:
            await save_attachment(app, loaded, change, permit)
        except Conflict:
            await pause(attempt)
        else:
            return change.state
    raise Unavailable("attachment", retry_after=timedelta(seconds=1))


async def finish_dispatch(app: App, subject: str, *, written: datetime) -> bool:
    """Send what a dispatch pointer (`kind:id:first sequence:whose`) still stands for. True when the pointer may go.

    It may go when the broker has taken the facts, or when it is 15 minutes old and the commit never happened.
    """
    kind, id_, first, *_ = subject.split(":")
    facts = await facts_of(app, AggregateKind(kind), id_, after=int(first) - 1)
    if facts:
        await app.outbox.send_facts(facts)
        return True
    return app.clock() - written > timedelta(minutes=15)


async def facts_of(
    app: App, kind: AggregateKind, id_: str, *, after: int = 0, until: int | None = None
) -> tuple[Fact, ...]:
    """The facts of an aggregate above a sequence, and up to another, from its own partition."""
    match kind:
        case AggregateKind.CORRESPONDENCE:
            return tuple(await app.correspondences.facts(CorrespondenceId(id_), after=after, until=until))
        case AggregateKind.ATTACHMENT:
            return tuple(await app.attachments.facts(AttachmentId(id_), after=after, until=until))


async def fact_of(app: App, kind: AggregateKind, id_: str, sequence: int) -> Fact | None:
    """The fact of this number; None when there is none."""
    facts = await facts_of(app, kind, id_, after=sequence - 1, until=sequence)
    return facts[0] if facts and facts[0].sequence == sequence else None


async def pause(attempt: int) -> None:
    """Wait a little, longer each time, never in step with others."""
    await asyncio.sleep(random.uniform(0, 0.02 * 2**attempt))  # noqa: S311 (jitter, no secret)


async def _point_dispatch(
    app: App, kind: AggregateKind, id_: str, facts: tuple[Fact, ...], now: datetime
) -> str | None:
    if not facts:
        return None
    own = secrets.token_hex(4)  # two writers at the same instant have a pointer each
    due = Due(Task.DISPATCH, f"{kind}:{id_}:{facts[0].sequence}:{own}", now + DISPATCH_AFTER)
    return (await app.agenda.put(due, now=now)).key


async def _renewed(
    app: App, kind: AggregateKind, id_: str, facts: tuple[Fact, ...], written: tuple[str | None, datetime]
) -> str | None:
    """The pointer, or a new one when it has grown old before the commit: the sweep might give it up."""
    pointer, at = written
    now = app.clock()
    if pointer is None or now - at <= _POINTER_HOLDS:
        return pointer
    return await _point_dispatch(app, kind, id_, facts, now)


async def _withdrawing(app: App, pointer: str | None, save: Awaitable[None]) -> None:
    """A lost race is certain not to have committed: its pointer goes, or it would tell the winner's facts again."""
    try:
        await save
    except Conflict:
        await _tell(app, (), pointer)
        raise


async def _tell(app: App, facts: tuple[Fact, ...], *pointers: str | None) -> None:
    """After the commit nothing may fail the request any more: what cannot be sent now, the sweep sends."""
    try:
        if facts:
            await app.outbox.send_facts(facts)
        await asyncio.gather(*(app.agenda.drop(pointer) for pointer in pointers if pointer is not None))
    except Unavailable as error:
        _log.warning("dispatch.left_to_the_sweep", neighbour=error.neighbour, facts=len(facts))
