"""Work that becomes due: a timer finds it and enqueues it, a consumer does it and drops the entry."""

import asyncio
from collections.abc import Sequence
from datetime import datetime, timedelta

from shared.domain.changes import Due, Task
from shared.domain.errors import DomainError
from shared.domain.facts import AggregateKind
from shared.domain.identifiers import AttachmentId, CorrespondenceId, ResourceId, SubscriptionId
from shared.ports import AgendaEntry, AgendaMessage, App, DeliveryMessage
from shared.telemetry import Log
from shared.usecases import escalating, lifecycle, notifying, releasing, resuming, stuck
from shared.usecases.saving import finish_dispatch

_PAGE = 500
_AGAIN_AFTER = timedelta(minutes=10)  # Source: design 3, agenda: an entry whose message got lost comes again.
_SLOT = timedelta(minutes=5)
_COMMIT_WITHIN = timedelta(minutes=15)  # Source: design 1: what has not been committed by then never will be.
_OF_CORRESPONDENCES = frozenset({Task.PUBLISH, Task.REMIND, Task.ESCALATE, Task.DUE_DATE})
_log = Log("agenda")


async def sweep(app: App) -> int:
    """What is due is on the queue, re-dated in case the message gets lost. The number of entries. Only finds work.

    Two sweepers, late writers and crashes in between make doubles, which the consumers do not mind.
    """
    total, late = 0, timedelta()
    while entries := await app.agenda.due(now=app.clock(), limit=_PAGE):
        late = max(late, *(app.clock() - entry.due.at for entry in entries))
        for start in range(0, len(entries), 50):
            await _enqueue(app, entries[start : start + 50])
        total += len(entries)
        if len(entries) < _PAGE:
            break
    if total:
        _log.info("agenda.swept", entries=total, late_seconds=round(late.total_seconds()))
    return total


async def act(app: App, message: AgendaMessage) -> None:
    """The due thing is done, and its entry dropped. Safe to repeat. A refusal is an end, too."""
    if await _is_too_early(app, message):
        return
    try:
        done = await _do(app, message)
    except DomainError as refusal:
        _log.warning("agenda.refused", task=message.due.task, number=refusal.refusal.number)
        done = True
    if done and message.key:
        await app.agenda.drop(message.key)


async def _is_too_early(app: App, message: AgendaMessage) -> bool:
    """True while the commit that the entry was written before may still be under way: the entry stays."""
    if message.due.task not in _OF_CORRESPONDENCES or app.clock() - message.written > _COMMIT_WITHIN:
        return False
    return await app.correspondences.load(CorrespondenceId(message.due.subject)) is None


async def _enqueue(app: App, entries: Sequence[AgendaEntry]) -> None:
    """The messages say when it was due; the keys are those of the re-dated entries, which the consumer drops."""
    to = _again_at(app.clock())
    redated = await asyncio.gather(*(app.agenda.redate(entry, to=to) for entry in entries))
    messages = [AgendaMessage(old.due, new.key, new.written) for old, new in zip(entries, redated, strict=True)]
    await app.outbox.send_agenda(messages)
    await asyncio.gather(*(app.agenda.drop(entry.key) for entry in entries))


def _again_at(now: datetime) -> datetime:
    """10 to 15 minutes ahead, always the same for a while: sweep after sweep that is cut off writes one entry."""
    return now + _AGAIN_AFTER + _SLOT - timedelta(seconds=now.timestamp() % _SLOT.total_seconds())


async def _do(app: App, message: AgendaMessage) -> bool:
    """True when the entry may go."""
    due = message.due
    match due.task:
        case Task.DISPATCH:
            return await finish_dispatch(app, due.subject, written=message.written)
        case Task.PUBLISH:
            await lifecycle.look(app, CorrespondenceId(due.subject), due=due.at, attempt=due.attempt)
            if due.attempt == 0:  # later tries have been watched since the first one
                await stuck.watch_publication(app, CorrespondenceId(due.subject))
        case Task.REMIND:
            await notifying.remind(app, CorrespondenceId(due.subject))
        case Task.DUE_DATE:
            await lifecycle.pass_due_date(app, CorrespondenceId(due.subject))
        case Task.EXPIRE:
            await releasing.expire(app, AttachmentId(due.subject), due=due.at)
        case Task.DELIVER:
            await app.outbox.send_deliveries([delivery_of(due)])
        case Task.CATCH_UP:
            await resuming.resume(app, due)
        case Task.ESCALATE:
            await escalating.escalate(app, CorrespondenceId(due.subject))
    return True


def delivery_of(due: Due) -> DeliveryMessage:
    """The delivery that a DELIVER entry stands for (see `delivering.delivery_subject`)."""
    subscription, resource_id, kind, id_, sequence = due.subject.split(":")
    return DeliveryMessage(
        SubscriptionId(subscription),
        ResourceId(resource_id),
        AggregateKind(kind),
        id_,
        int(sequence),
        due.attempt,
    )
