"""The log of a subscription's deliveries, and delivering again: one event, a range of time, or all that failed."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from shared.domain import delivery
from shared.domain.changes import Due, Task
from shared.domain.delivery import Delivery
from shared.domain.errors import DomainError, FieldError, InvalidRequest, Refusal
from shared.domain.identifiers import ResourceId, SubscriptionId
from shared.domain.policy import Subject
from shared.domain.subscription import Attempt, DeliveryState, Subscription
from shared.ports import AgendaMessage, App, DeliveryQuery
from shared.usecases.delivering import message_of
from shared.usecases.subscribing import subscription

MOST_ON_A_PAGE = 1000
"""Deliveries on one page of the log."""

PART = "replay"
"""Its part of the agenda: `replay:resource:subscription:step:state:since:until:cursor`."""

_PAGE = 100
_ANY = "any"
_MARK, _SEND = "mark", "send"
_LOST_AFTER = timedelta(minutes=10)  # By then the message of the step would have been consumed.
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class DeliveryPage:
    """Deliveries of the newest event first; `continuation` leads to the next page, None after the last one."""

    deliveries: Sequence[Delivery]
    continuation: str | None = None


@dataclass(frozen=True, slots=True)
class Story:
    """One delivery with every attempt of it, in order."""

    delivery: Delivery
    attempts: Sequence[Attempt]


async def deliveries(
    app: App, caller: Subject, number: int, query: DeliveryQuery, *, limit: int = _PAGE, continuation: str | None = None
) -> DeliveryPage:
    """A page of the log. Raises 7001, 4001, and InvalidRequest for a continuation of another log."""
    one = await subscription(app, caller, number)
    bound_to = f"deliveries {one.id}"
    after = app.seals.open(continuation, belongs_to=bound_to) if continuation is not None else ""
    if after is None:
        raise InvalidRequest(FieldError("continuationToken", "must be what the page before gave to the same caller"))
    found, cursor = await app.deliveries.page(one.id, query, after=after, limit=limit)
    return DeliveryPage(found, app.seals.seal(cursor, belongs_to=bound_to) if cursor else None)


async def story(app: App, caller: Subject, number: int, event: str) -> Story:
    """What became of one event. Raises 7001, 4001, 7005."""
    one = await subscription(app, caller, number)
    return Story(await _known(app, one, event), await app.deliveries.attempts(one.id, event))


async def replay_one(app: App, caller: Subject, number: int, event: str) -> None:
    """The event is on its way again, with its id and a whole ladder before it. Raises 7001, 4001, 7002, 7005."""
    one = await _living(app, caller, number)
    again = delivery.begun_again(await _known(app, one, event), now=app.clock())
    await app.deliveries.begin_again(again)
    await app.outbox.send_deliveries([message_of(again)])


async def replay(app: App, caller: Subject, number: int, query: DeliveryQuery) -> None:
    """All that match, of what has happened until now, will be on their way again. Raises 7001, 4001, 7002."""
    one = await _living(app, caller, number)
    now = app.clock()
    until = min(query.until or now, now)
    since = query.since or _EPOCH
    scope = f"{one.resource_id}:{one.id}:{_MARK}:{query.state or _ANY}:{_milliseconds(since)}:{_milliseconds(until)}"
    await _go_on(app, f"{PART}:{scope}:")


async def take_step(app: App, due: Due) -> None:
    """One page has begun again, or is on the queue; the next is on the agenda. Safe to repeat.

    First all are marked and only then any is sent, so that the events of one letter keep their order.
    """
    _, resource_id, id_, step, state, since, until, cursor = due.subject.split(":", 7)
    one = await app.subscriptions.load(ResourceId(resource_id), SubscriptionId(id_))
    if one is None or not one.active:
        return
    wanted = DeliveryState.WAITING.value if step == _SEND else state
    query = DeliveryQuery(
        state=None if wanted == _ANY else DeliveryState(wanted), since=_instant(since), until=_instant(until)
    )
    found, cursor = await app.deliveries.page(one.id, query, after=cursor, limit=_PAGE)
    if step == _MARK:
        for each in found:
            await app.deliveries.begin_again(delivery.begun_again(each, now=app.clock()))
    elif waiting := [message_of(each) for each in found if each.next_at is None]:
        await app.outbox.send_deliveries(waiting)
    if cursor or step == _MARK:
        next_step = step if cursor else _SEND
        await _go_on(app, f"{PART}:{resource_id}:{id_}:{next_step}:{state}:{since}:{until}:{cursor}")


async def _go_on(app: App, subject: str) -> None:
    """The step is on the queue, and on the agenda in case its message gets lost."""
    now = app.clock()
    due = Due(Task.CATCH_UP, subject, now + _LOST_AFTER)
    entry = await app.agenda.put(due, now=now)
    await app.outbox.send_agenda([AgendaMessage(due, entry.key, now)])


async def _living(app: App, caller: Subject, number: int) -> Subscription:
    one = await subscription(app, caller, number)
    if not one.active:
        raise DomainError(Refusal.SUBSCRIPTION_ENDED)
    return one


async def _known(app: App, one: Subscription, event: str) -> Delivery:
    found = await app.deliveries.get(one.id, event)
    if found is None:
        raise DomainError(Refusal.DELIVERY_NOT_FOUND)
    return found


def _milliseconds(at: datetime) -> int:
    """Since 1970."""
    return (at - _EPOCH) // timedelta(milliseconds=1)


def _instant(milliseconds: str) -> datetime:
    return _EPOCH + timedelta(milliseconds=int(milliseconds))
