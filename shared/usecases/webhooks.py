"""Telling subscribers: match each fact, deliver each match, try again on the ladder."""

import random
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta

from shared.domain.changes import Due, Task
from shared.domain.errors import Conflict
from shared.domain.events import cloud_event
from shared.domain.facts import AggregateKind, Fact
from shared.domain.identifiers import ResourceId
from shared.domain.subscription import Attempt, DeliveryState, Ending, Subscription, ended, matches, next_attempt
from shared.ports import App, DeliveryMessage
from shared.telemetry import Log
from shared.usecases.hearing import may_hear
from shared.usecases.saving import facts_of

PAUSE_CHECK = timedelta(minutes=15)
"""How often a delivery looks whether the pause it waits for is over."""

_GONE = 410  # Source: CloudEvents webhook specification: the endpoint wants no more.
_SKEW = timedelta(seconds=5)  # Clocks of two instances differ; nothing may be lost right after subscribing.
_log = Log("webhooks")


async def fan_out(app: App, resource_id: ResourceId, kind: AggregateKind, id_: str, sequence: int) -> None:
    """One delivery per subscriber of this fact is on the queue. Safe to repeat: what was delivered stays so.

    Who subscribed after it happened is not told of it, however late its message comes. Where nobody has subscribed
    to the resource, the fact is not even read.
    """
    subscribers = await app.subscriptions.of_resource(resource_id)
    fact = await _fact(app, kind, id_, sequence) if subscribers else None
    if fact is None:
        return
    wanted = [s for s in subscribers if matches(s, fact) and s.created <= fact.at + _SKEW]
    if wanted:
        await app.outbox.send_deliveries([DeliveryMessage(s.id, fact.resource_id, kind, id_, sequence) for s in wanted])


async def deliver(app: App, message: DeliveryMessage) -> None:
    """The event was posted once; what failed is on the agenda for its next attempt. 410 ends the subscription.

    A repeated message posts nothing more: the attempt it stands for, or a later one, is on record.
    """
    subscription = await app.subscriptions.load(message.resource_id, message.subscription)
    fact = await _fact(app, message.aggregate, message.aggregate_id, message.sequence)
    if subscription is None or fact is None or not matches(subscription, fact):
        return
    if not await may_hear(app, subscription):
        await _end(app, subscription, Ending.ACCESS_LOST)
        return
    earlier = await app.subscriptions.delivery(subscription.id, fact.id)
    if earlier and (earlier.state is not DeliveryState.WAITING or earlier.attempts > message.attempt):
        return
    if subscription.paused:
        await app.subscriptions.hold(message, fact.id, app.clock())
        await _wait(app, message, app.clock() + PAUSE_CHECK)
        return
    event = cloud_event(fact, base_url=app.rules.public_base_url)
    number = message.attempt + 1
    attempt = await app.webhooks.post(subscription, event, attempt=number, now=app.clock())
    state = await _outcome(app, subscription, message, attempt)
    await app.subscriptions.log(message, fact.id, attempt, state)
    level = _log.info if attempt.succeeded else _log.warning
    level("webhook.attempted", subscription=subscription.id, fact=fact.id, status=attempt.status, attempt=number)


async def _outcome(app: App, subscription: Subscription, message: DeliveryMessage, attempt: Attempt) -> DeliveryState:
    if attempt.succeeded:
        return DeliveryState.DELIVERED
    if attempt.status == _GONE:
        await _end(app, subscription, Ending.ENDPOINT_GONE)
        return DeliveryState.GIVEN_UP
    at = next_attempt(attempt.number, now=app.clock(), jitter=random.random())  # noqa: S311 (jitter, no secret)
    if at is None:
        return DeliveryState.GIVEN_UP
    await _wait(app, replace(message, attempt=attempt.number), at)
    return DeliveryState.WAITING


async def _wait(app: App, message: DeliveryMessage, until: datetime) -> None:
    """The delivery is on the agenda."""
    await app.agenda.put(Due(Task.DELIVER, delivery_subject(message), until, message.attempt), now=app.clock())


async def _end(app: App, subscription: Subscription, why: Ending) -> None:
    with suppress(Conflict):  # it was removed in the meantime
        await app.subscriptions.change(subscription, lambda state: ended(state, why))
    _log.warning("webhook.ended", subscription=subscription.id, why=why)


def delivery_subject(message: DeliveryMessage) -> str:
    """How a delivery is named on the agenda; none of the parts can hold a colon."""
    m = message
    return f"{m.subscription}:{m.resource_id}:{m.aggregate}:{m.aggregate_id}:{m.sequence}"


async def _fact(app: App, kind: AggregateKind, id_: str, sequence: int) -> Fact | None:
    facts = await facts_of(app, kind, id_, after=sequence - 1)
    return facts[0] if facts and facts[0].sequence == sequence else None
