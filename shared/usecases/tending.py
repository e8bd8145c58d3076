"""Looking after a subscription: new secrets, a pause, a test, and how its deliveries fare."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import takewhile

from shared.domain.errors import Conflict, DomainError, Refusal
from shared.domain.policy import Subject
from shared.domain.subscription import Attempt, LoggedAttempt, Subscription, revived, rotated
from shared.ports import App
from shared.usecases.access import find_resource
from shared.usecases.hearing import admitted
from shared.usecases.subscribing import consented, subscription

LATEST = 20
MOST_WAITING = 1000
"""Attempts that are shown, and the waiting deliveries that are counted at most."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Health:
    """How a subscription fares: its latest attempts, newest first, and how many deliveries wait (1,000 at most)."""

    subscription: Subscription
    latest: Sequence[LoggedAttempt]
    waiting: int

    @property
    def failures_in_a_row(self) -> int:
        """Of the latest attempts, how many failed since one succeeded."""
        return sum(1 for _ in takewhile(lambda attempt: not attempt.succeeded, self.latest))


async def rotate_secret(app: App, caller: Subject, number: int) -> Subscription:
    """New keys sign its deliveries, the old secret too for a day. Raises 7001, 4001."""
    one = await subscription(app, caller, number)
    keys, now = await app.webhooks.new_keys(one.signing), app.clock()
    return await _changed(app, one, lambda state: rotated(state, keys, now=now))


async def pause(app: App, caller: Subject, number: int) -> Subscription:
    """What happens is kept for it, and nothing is posted. Safe to repeat. Raises 7001, 4001."""
    return await _changed(app, await subscription(app, caller, number), lambda state: replace(state, paused=True))


async def resume(app: App, caller: Subject, number: int) -> Subscription:
    """What waits is posted. One that had ended lives again, if the caller may have it and its endpoint consents.

    Safe to repeat. Raises 7001, 4001, 7003, 1036.
    """
    one = await subscription(app, caller, number)
    if one.active:
        return await _changed(app, one, lambda state: replace(state, paused=False))
    reader = await admitted(app, caller, await find_resource(app, one.resource_id), one.subject_filter)
    consent = await consented(app, one)
    return await _changed(app, one, lambda state: revived(state, consent, reader))


async def post_test(app: App, caller: Subject, number: int) -> Attempt:
    """An event that stands for nothing was posted; what came of it is the answer. Raises 7001, 4001."""
    return await app.webhooks.post_test(await subscription(app, caller, number), now=app.clock())


async def health(app: App, caller: Subject, number: int) -> Health:
    """How its deliveries fare. Raises 7001, 4001."""
    one = await subscription(app, caller, number)
    latest = await app.deliveries.latest(one.id, limit=LATEST)
    return Health(subscription=one, latest=latest, waiting=await app.deliveries.waiting(one.id, most=MOST_WAITING))


async def _changed(app: App, one: Subscription, decide: Callable[[Subscription], Subscription]) -> Subscription:
    try:
        return await app.subscriptions.change(one, decide)
    except Conflict:
        raise DomainError(Refusal.SUBSCRIPTION_NOT_FOUND) from None  # It was removed in the meantime.
