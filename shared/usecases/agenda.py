"""Work that becomes due: a timer finds it and enqueues it, a consumer does it and drops the entry."""

import asyncio
from collections.abc import Sequence
from datetime import timedelta

from shared.domain.changes import Due, Task
from shared.domain.facts import AggregateKind
from shared.domain.identifiers import AttachmentId, CorrespondenceId, ResourceId, SubscriptionId
from shared.ports import AgendaEntry, AgendaMessage, App, DeliveryMessage
from shared.telemetry import Log
from shared.usecases import dialogs, lifecycle, notifying, scanning
from shared.usecases.saving import finish_dispatch

_PAGE = 500
_AGAIN_AFTER = timedelta(minutes=10)  # Source: design 3, agenda: an entry whose message got lost comes again.
_log = Log("agenda")


async def sweep(app: App) -> int:
    """What is due is on the queue, re-dated in case the message gets lost. The number of entries. Only finds work.

    Two sweepers, late writers and crashes in between make doubles, which the consumers do not mind.
    """
    total = 0
    while entries := await app.agenda.due(now=app.clock(), limit=_PAGE):
        for start in range(0, len(entries), 50):
            await _enqueue(app, entries[start : start + 50])
        total += len(entries)
        if len(entries) < _PAGE:
            break
    if total:
        _log.info("agenda.swept", entries=total)
    return total


async def act(app: App, message: AgendaMessage) -> None:
    """The due thing is done, and its entry dropped. Safe to repeat."""
    if await _do(app, message) and message.key:
        await app.agenda.drop(message.key)


async def _enqueue(app: App, entries: Sequence[AgendaEntry]) -> None:
    to = app.clock() + _AGAIN_AFTER
    redated = await asyncio.gather(*(app.agenda.redate(entry, to=to) for entry in entries))
    await app.outbox.send_agenda([AgendaMessage(e.due, e.key, e.written) for e in redated])
    await asyncio.gather(*(app.agenda.drop(entry.key) for entry in entries))


async def _do(app: App, message: AgendaMessage) -> bool:
    """True when the entry may go."""
    due = message.due
    match due.task:
        case Task.DISPATCH:
            return await finish_dispatch(app, due.subject, written=message.written)
        case Task.PUBLISH:
            await lifecycle.look(app, CorrespondenceId(due.subject))
        case Task.REMIND:
            await notifying.remind(app, CorrespondenceId(due.subject))
        case Task.DUE_DATE:
            await lifecycle.pass_due_date(app, CorrespondenceId(due.subject))
        case Task.DELIVER:
            await app.outbox.send_deliveries([delivery_of(due)])
        case Task.CATCH_UP:
            await _catch_up(app, due)
        case Task.REPEAT:
            _log.warning("agenda.unused_task", task=due.task)
    return True


async def _catch_up(app: App, due: Due) -> None:
    """Work of a consumer that is resumed: `part:id[:more]`."""
    part, id_, *more = due.subject.split(":")
    match part:
        case "links":
            await lifecycle.look_at_users(app, AttachmentId(id_), after=CorrespondenceId(more[0]))
        case "scan":
            await scanning.scan_attachment(app, AttachmentId(id_), attempt=due.attempt)
        case "notify":
            await notifying.notify(app, CorrespondenceId(id_), reminder=int(more[0]), attempt=due.attempt)
        case "dialog":
            await dialogs.carry_over(app, CorrespondenceId(id_), attempt=due.attempt)
        case _:
            raise ValueError(f"unknown part of the agenda: {part}")


def delivery_of(due: Due) -> DeliveryMessage:
    """The delivery that a DELIVER entry stands for (see `webhooks.delivery_subject`)."""
    subscription, resource_id, kind, id_, sequence = due.subject.split(":")
    return DeliveryMessage(
        SubscriptionId(subscription),
        ResourceId(resource_id),
        AggregateKind(kind),
        id_,
        int(sequence),
        due.attempt,
    )
