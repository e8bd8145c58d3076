"""The feed: the same events, fetched by those who cannot be called, without a gap and without a double."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from shared.domain.errors import FieldError, InvalidRequest
from shared.domain.events import cloud_event
from shared.domain.facts import INTERNAL, AggregateKind, Fact
from shared.domain.identifiers import PartyUrn, ResourceId
from shared.domain.policy import Subject
from shared.ports import App, FeedEntry
from shared.usecases.access import find_resource
from shared.usecases.hearing import admitted, consumer_of
from shared.usecases.saving import facts_of

MOST_ON_A_PAGE = 1000
SETTLES_AFTER = timedelta(seconds=30)
"""A fact is shown when it has been known for so long: by then none can turn up before it."""

_READS_AT_ONCE = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """Which part of the feed: events of a resource, about one party only, that became known from a time on."""

    resource_id: ResourceId
    subject: PartyUrn | None = None
    since: datetime | None = None
    after: str | None = None
    limit: int = 100


@dataclass(frozen=True, slots=True)
class FeedPage:
    """CloudEvents in their order. `cursor` is where to go on; None when nothing has been there yet."""

    events: Sequence[Mapping[str, object]]
    cursor: str | None
    more: bool


async def read(app: App, caller: Subject, asked: Asked) -> FeedPage:
    """The next events. The owner of the resource sees all, others what is about a subject they may read for.

    Raises 1036, 4001, 4006, and InvalidRequest for a cursor of another feed.
    """
    resource = await find_resource(app, asked.resource_id)
    await admitted(app, caller, resource, asked.subject)
    bound_to = f"feed {resource.id} {asked.subject or ''} {consumer_of(caller)}"
    after = app.seals.open(asked.after, belongs_to=bound_to) if asked.after is not None else ""
    if after is None:
        raise InvalidRequest(FieldError("after", "must be a cursor that this feed gave to the same caller"))
    until = app.clock() - SETTLES_AFTER
    entries = await app.feed.page(resource.id, after=after, since=asked.since, until=until, limit=asked.limit)
    facts = await _facts(app, entries)
    shown = [fact for fact in facts if _is_shown(fact, asked.subject)]
    last = entries[-1].cursor if entries else after
    return FeedPage(
        [cloud_event(fact, base_url=app.rules.public_base_url) for fact in shown],
        app.seals.seal(last, belongs_to=bound_to) if last else None,
        more=len(entries) == asked.limit,
    )


def _is_shown(fact: Fact, subject: PartyUrn | None) -> bool:
    return fact.type not in INTERNAL and (subject is None or fact.subject == subject)


async def _facts(app: App, entries: Sequence[FeedEntry]) -> list[Fact]:
    """What the entries stand for, in their order; each aggregate is read once."""
    first: dict[tuple[AggregateKind, str], int] = {}
    for entry in entries:
        key = entry.aggregate, entry.aggregate_id
        first[key] = min(first.get(key, entry.sequence), entry.sequence)
    turn = asyncio.Semaphore(_READS_AT_ONCE)

    async def look(kind: AggregateKind, id_: str, sequence: int) -> dict[tuple[AggregateKind, str, int], Fact]:
        async with turn:
            return {(kind, id_, fact.sequence): fact for fact in await facts_of(app, kind, id_, after=sequence - 1)}

    read_ = await asyncio.gather(*(look(kind, id_, sequence) for (kind, id_), sequence in first.items()))
    known = {key: fact for part in read_ for key, fact in part.items()}
    places = [(entry.aggregate, entry.aggregate_id, entry.sequence) for entry in entries]
    return [known[place] for place in places if place in known]
