"""The delivery of one event to one subscriber: where it stands, when it is tried again, when it has ended."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from shared.domain.facts import AggregateKind, Fact
from shared.domain.identifiers import ResourceId, SubscriptionId
from shared.domain.subscription import Attempt, DeliveryState, LoggedAttempt

LADDER = tuple(
    timedelta(seconds=s) for s in (10, 30, 60, 300, 600, 1800, 3600, 10800, 21600, *(43200 for _ in range(6)))
)
"""Waits between attempts: 10 s to 12 h, nearly 83 h in all. Source: Altinn Events' ladder, lengthened."""

SHORT_LADDER = LADDER[:5]
"""For an endpoint that understood and said no: it may have been mended within a quarter of an hour, or not at all."""

GONE = 410
"""The endpoint wants no more, ever. Source: CloudEvents, HTTP webhook specification."""

_TOO_MANY = 429
_EARLY = timedelta(seconds=1)  # How much before its time an entry of the agenda may be looked at.


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """One event on its way to one subscriber.

    `attempts` were made, of which `begun` before its ladder began (again); the next is made at `next_at`, or at once
    when there is none and it waits. `status` is what the last attempt was answered with, 0 for no answer.
    """

    subscription: SubscriptionId
    resource_id: ResourceId
    aggregate: AggregateKind
    aggregate_id: str
    sequence: int
    event: str
    type: str
    happened: datetime
    changed: datetime
    state: DeliveryState = DeliveryState.WAITING
    attempts: int = 0
    begun: int = 0
    next_at: datetime | None = None
    status: int = 0

    @property
    def is_settled(self) -> bool:
        """True when nothing more will be tried."""
        return self.state is not DeliveryState.WAITING


def delivery_of(fact: Fact, subscription: SubscriptionId, *, now: datetime) -> Delivery:
    """The delivery of this fact, before the first attempt."""
    return Delivery(
        subscription=subscription,
        resource_id=fact.resource_id,
        aggregate=fact.aggregate,
        aggregate_id=fact.aggregate_id,
        sequence=fact.sequence,
        event=fact.id,
        type=fact.type,
        happened=fact.at,
        changed=now,
    )


def is_stale(delivery: Delivery, attempts: int, *, now: datetime) -> bool:
    """Is a message that asks for one more attempt after `attempts` a double? Then the one that counts is elsewhere."""
    if delivery.is_settled or delivery.attempts > attempts:
        return True
    return delivery.next_at is not None and now < delivery.next_at - _EARLY


def attempted(delivery: Delivery, attempt: Attempt, *, now: datetime, jitter: float) -> Delivery:
    """The delivery after this attempt: delivered, given up, or waiting for its next rung.

    `jitter` in [0, 1) adds up to a tenth, so that many failures do not come back as one. An endpoint that says when
    it wants to be asked again is never asked before. Source: CloudEvents' HTTP webhook specification, on 429.
    """
    done = replace(delivery, attempts=attempt.number, status=attempt.status, changed=now, next_at=None)
    if attempt.succeeded:
        return replace(done, state=DeliveryState.DELIVERED)
    ladder = SHORT_LADDER if is_refusal(attempt.status) else LADDER
    rung = attempt.number - delivery.begun - 1
    if attempt.status == GONE or rung >= len(ladder):
        return replace(done, state=DeliveryState.GIVEN_UP)
    wait = max(ladder[rung] * (1 + jitter / 10), timedelta(seconds=attempt.retry_after_seconds))
    return replace(done, state=DeliveryState.WAITING, next_at=now + wait)


def is_refusal(status: int) -> bool:
    """True when the endpoint understood and said no: any 4xx but 429."""
    return 400 <= status < 500 and status != _TOO_MANY


def begun_again(delivery: Delivery, *, now: datetime) -> Delivery:
    """It waits to be delivered at once, with a whole ladder before it: a replay, whatever became of it before."""
    return replace(delivery, state=DeliveryState.WAITING, begun=delivery.attempts, next_at=None, changed=now)


def given_up(delivery: Delivery, *, now: datetime) -> Delivery:
    """Nothing more is tried; a replay can begin it again."""
    return replace(delivery, state=DeliveryState.GIVEN_UP, next_at=None, changed=now)


def logged(delivery: Delivery, attempt: Attempt) -> LoggedAttempt:
    """The line that stands for this attempt in the list of a subscription's latest."""
    return LoggedAttempt(
        event=delivery.event,
        number=attempt.number,
        at=attempt.at,
        status=attempt.status,
        took_ms=attempt.took_ms,
        state=delivery.state,
    )
