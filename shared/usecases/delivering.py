"""Delivering one event to one subscriber: in order, at the endpoint's pace, again on the ladder, until it has ended."""

import asyncio
import random
from dataclasses import replace
from datetime import datetime, timedelta

from shared.domain import circuit, delivery
from shared.domain.changes import Due, Task
from shared.domain.circuit import Circuit
from shared.domain.delivery import Delivery
from shared.domain.events import cloud_event
from shared.domain.facts import Fact
from shared.domain.subscription import Ending, Subscription, is_missed, matches
from shared.ports import App, DeliveryMessage
from shared.telemetry import Log
from shared.usecases import pacing, suspending
from shared.usecases.hearing import may_hear
from shared.usecases.saving import facts_of

PAUSE_CHECK = timedelta(minutes=15)
"""How often a delivery looks whether the pause it waits for is over."""

_WINDOW = 20  # Facts of one aggregate that are looked back on for the event before; a letter has fewer.
_SKEW = timedelta(seconds=5)  # Clocks of two instances differ; nothing may be lost right after subscribing.
_LOOK_AGAIN = timedelta(seconds=10)
_LOST_AFTER = timedelta(minutes=1)  # By then the message of the event before would have been consumed.
_log = Log("delivering")


def wants(subscription: Subscription, fact: Fact) -> bool:
    """Is this fact for that subscriber? Who subscribed after it happened is not told of it.

    What happens while it is suspended is put down as given up, to be replayed.
    """
    is_for_it = matches(subscription, fact) or is_missed(subscription, fact)
    return is_for_it and subscription.created <= fact.at + _SKEW


async def deliver(app: App, message: DeliveryMessage) -> None:
    """The event was posted once, or waits on the agenda: for its rung, its endpoint, or the event before it.

    Events of one aggregate reach a subscriber in their order. A repeated message posts nothing more: the attempt it
    stands for, or a later one, is on record. What waits when its subscription has ended is given up.
    """
    facts = await _facts_up_to(app, message)
    if not facts:
        return
    now, fact = app.clock(), facts[-1]
    subscription, known = await asyncio.gather(
        app.subscriptions.load(message.resource_id, message.subscription),
        app.deliveries.get(message.subscription, fact.id),
    )
    if subscription is None:
        return
    state = known or delivery.delivery_of(fact, subscription.id, now=now)
    if known is not None and delivery.is_stale(known, message.attempt, now=now):
        return
    if not await _may_go_on(app, subscription, fact):
        if known is not None or is_missed(subscription, fact):
            await app.deliveries.put(delivery.given_up(state, now=now))
        return
    if await _is_behind(app, subscription, state, facts) or await _is_held(app, subscription, state):
        return
    async with pacing.place(subscription.endpoint, rate_per_minute=subscription.rate_per_minute) as may_go:
        if may_go:
            await _attempt(app, subscription, state, fact)
        else:
            await _wait(app, state, now + _LOOK_AGAIN * random.uniform(1, 2))  # noqa: S311 (jitter, no secret)


async def _attempt(app: App, subscription: Subscription, state: Delivery, fact: Fact) -> None:
    event = cloud_event(fact, base_url=app.rules.public_base_url)
    attempt = await app.webhooks.post(subscription, event, attempt=state.attempts + 1, now=app.clock())
    now, jitter = app.clock(), random.random()  # noqa: S311 (jitter, no secret)
    health = await _judged(app, subscription, lambda c: circuit.after(c, attempt, now=now, jitter=jitter))
    done = delivery.attempted(state, attempt, now=now, jitter=jitter)
    if attempt.status == delivery.GONE:
        await suspending.end(app, subscription, Ending.ENDPOINT_GONE)
    elif circuit.must_suspend(health, now=now):
        await suspending.suspend(app, subscription)
        done = delivery.given_up(done, now=now)
    if done.next_at is not None:
        done = replace(done, next_at=max(done.next_at, health.waits_until(now) or now))
        await _remind(app, done, done.next_at or now)
    behind = await app.deliveries.put(done, attempt)
    if behind is not None:
        await _call(app, behind)
    level = _log.info if attempt.succeeded else _log.warning
    fields = {"status": attempt.status, "attempt": attempt.number, "took_ms": attempt.took_ms}
    level("webhook.attempted", subscription=subscription.id, fact=fact.id, state=done.state, **fields)


async def _may_go_on(app: App, subscription: Subscription, fact: Fact) -> bool:
    """True while the subscription lives, and its consumer may hear of this. A right that was lost ends it."""
    if not matches(subscription, fact):
        return False
    if await may_hear(app, subscription):
        return True
    await suspending.end(app, subscription, Ending.ACCESS_LOST)
    return False


async def _judged(app: App, subscription: Subscription, decide: suspending.Decision) -> Circuit:
    """The circuit after an attempt. A success of a healthy endpoint, as nearly all are, writes nothing."""
    before = await app.circuits.get(subscription.endpoint)
    if before == circuit.HEALTHY and decide(before) == before:
        return before
    return await app.circuits.change(subscription.endpoint, decide)


async def _is_held(app: App, subscription: Subscription, state: Delivery) -> bool:
    """True when the endpoint is not to be asked now: it waits, unsent. Of an open circuit only one probe goes out."""
    now = app.clock()
    if subscription.paused:
        await _wait(app, state, now + PAUSE_CHECK)
        return True
    health = await app.circuits.get(subscription.endpoint)
    until = health.waits_until(now)
    if until is None and health.is_open:
        mine = False

        def take(now_known: Circuit) -> Circuit:
            nonlocal mine
            mine = now_known.is_open and now_known.waits_until(now) is None
            return circuit.probing(now_known, now=now) if mine else now_known

        health = await app.circuits.change(subscription.endpoint, take)
        until = None if mine else health.waits_until(now)
    if until is None:
        return False
    await _wait(app, state, until + (until - now) * random.uniform(0, 0.1))  # noqa: S311 (jitter, no secret)
    return True


async def _is_behind(app: App, subscription: Subscription, state: Delivery, facts: list[Fact]) -> bool:
    """True when the event before it has not ended: this one lines up behind it, and is called when it has.

    One whose message was lost is sent again.
    """
    before = next((fact for fact in reversed(facts[:-1]) if wants(subscription, fact)), None)
    if before is None:
        return False
    earlier = await app.deliveries.get(subscription.id, before.id)
    if earlier is not None and earlier.is_settled:
        return False
    now = app.clock()
    at = now + _LOOK_AGAIN
    await _remind(app, state, at)
    if not await app.deliveries.line_up(replace(state, next_at=at, changed=now), behind=before.id):
        return False
    if earlier is None and now - before.at > _LOST_AFTER:
        await app.outbox.send_deliveries([message_of(delivery.delivery_of(before, subscription.id, now=now))])
    return True


async def _call(app: App, behind: Delivery) -> None:
    """What was lined up is on the queue, due now."""
    if not behind.is_settled:
        await app.deliveries.put(replace(behind, next_at=None, changed=app.clock()))
        await app.outbox.send_deliveries([message_of(behind)])


async def _wait(app: App, state: Delivery, until: datetime) -> None:
    """It waits on the agenda, unsent."""
    await _remind(app, state, until)
    await app.deliveries.put(replace(state, next_at=until, changed=app.clock()))


async def _remind(app: App, state: Delivery, at: datetime) -> None:
    subject = delivery_subject(message_of(state))
    await app.agenda.put(Due(Task.DELIVER, subject, at, state.attempts), now=app.clock())


async def _facts_up_to(app: App, message: DeliveryMessage) -> list[Fact]:
    """The facts of the aggregate up to the one that is meant, which is the last; none when there is no such fact."""
    since = max(message.sequence - 1 - _WINDOW, 0)
    facts = await facts_of(app, message.aggregate, message.aggregate_id, after=since, until=message.sequence)
    return list(facts) if facts and facts[-1].sequence == message.sequence else []


def message_of(state: Delivery) -> DeliveryMessage:
    """What asks for the next attempt of it."""
    return DeliveryMessage(
        state.subscription, state.resource_id, state.aggregate, state.aggregate_id, state.sequence, state.attempts
    )


def delivery_subject(message: DeliveryMessage) -> str:
    """How a delivery is named on the agenda; none of the parts can hold a colon."""
    m = message
    return f"{m.subscription}:{m.resource_id}:{m.aggregate}:{m.aggregate_id}:{m.sequence}"
