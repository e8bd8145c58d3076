"""Telling Altinn Events what our own subscribers are told, where that is wanted."""

from shared.domain.changes import Due, Task
from shared.domain.errors import Rejected, Unavailable
from shared.domain.events import cloud_event
from shared.domain.facts import INTERNAL, AggregateKind
from shared.ports import AgendaMessage, App
from shared.telemetry import Log
from shared.usecases.retrying import retry_later
from shared.usecases.saving import fact_of

PART = "altinn-events"
"""Its part of the agenda: `altinn-events:id:aggregate:sequence`."""

_ATTEMPTS = 400  # At 15 minutes each: four days.
_log = Log("republishing")


async def put_forward(app: App, kind: AggregateKind, id_: str, sequence: int) -> None:
    """It is on the queue of due work, so that Altinn Events can be slow or down without holding webhooks back."""
    if app.rules.publishes_events:
        now = app.clock()
        due = Due(Task.CATCH_UP, f"{PART}:{id_}:{kind}:{sequence}", now)
        await app.outbox.send_agenda([AgendaMessage(due, "", now)])


async def publish(app: App, kind: AggregateKind, id_: str, sequence: int, due: Due) -> None:
    """Altinn Events has the event, under the id that it has everywhere; tried again for four days while it is away."""
    fact = await fact_of(app, kind, id_, sequence)
    if fact is None or fact.type in INTERNAL:
        return
    try:
        await app.event_sink.publish(cloud_event(fact, base_url=app.rules.public_base_url))
    except Unavailable as error:
        if due.attempt >= _ATTEMPTS:
            _log.error("event.given_up", fact=fact.id)
        else:
            await retry_later(app, due, error)
    except Rejected as error:
        _log.error("event.refused", fact=fact.id, reason=error.reason)
