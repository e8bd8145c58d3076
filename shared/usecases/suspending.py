"""Suspending a subscription whose endpoint has failed for days, and telling its consumer by e-mail."""

from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta

from shared.domain.changes import Due, Task
from shared.domain.circuit import Circuit
from shared.domain.errors import Conflict, Rejected, Unavailable
from shared.domain.identifiers import ResourceId, SubscriptionId, derived_uuid5
from shared.domain.subscription import Ending, Subscription, ended
from shared.ports import App, EmailMessage
from shared.telemetry import Log
from shared.usecases.retrying import retry_later

PART = "suspended"
"""Its part of the agenda: `suspended:resource:subscription`."""

type Decision = Callable[[Circuit], Circuit]

_NOTICE_AFTER = timedelta(seconds=30)  # The pointer stands before the subscription is saved.
_SUBJECT = "Varsling om hendelser er stanset / Event subscription suspended"
_TEXT = """Abonnement {number} på hendelser for ressursen {resource} er stanset. Mottakeren har ikke tatt imot noe på
mer enn tre døgn.

Ingenting er tapt: gjenoppta abonnementet når mottakeren virker, og be så om at det som feilet, blir levert igjen.

Subscription {number} to events of the resource {resource} has been suspended. Its endpoint has not accepted anything
for more than three days.

Nothing is lost: resume the subscription when the endpoint works, then ask for what failed to be replayed.
"""
_log = Log("suspending")


async def suspend(app: App, subscription: Subscription) -> None:
    """Nothing more is sent to it, and its consumer will be told."""
    now = app.clock()
    subject = f"{PART}:{subscription.resource_id}:{subscription.id}"
    await app.agenda.put(Due(Task.CATCH_UP, subject, now + _NOTICE_AFTER), now=now)
    await end(app, subscription, Ending.FAILING)


async def end(app: App, subscription: Subscription, why: Ending) -> None:
    """It is told of nothing more."""
    with suppress(Conflict):  # it was removed in the meantime
        await app.subscriptions.change(subscription, lambda state: ended(state, why))
    _log.warning("subscription.ended", subscription=subscription.id, why=why)


async def give_notice(app: App, resource_id: ResourceId, id_: SubscriptionId, due: Due) -> None:
    """The consumer was told by e-mail, once per suspension; tried again later while the e-mail service is away."""
    subscription = await app.subscriptions.load(resource_id, id_)
    if subscription is None or subscription.ended is not Ending.FAILING:
        return
    try:
        contacts = await app.registry.contacts([subscription.consumer])
        addresses = contacts[subscription.consumer].emails if subscription.consumer in contacts else ()
        if not addresses:
            _log.warning("subscription.nobody_to_tell", subscription=id_)
        for address in addresses:
            await app.email.send(_notice(subscription, address, due))
    except Unavailable as error:
        await retry_later(app, due, error)
    except Rejected as error:
        _log.warning("subscription.notice_refused", subscription=id_, reason=error.reason)


def _notice(subscription: Subscription, address: str, due: Due) -> EmailMessage:
    """The e-mail; the same one for every attempt on the same day."""
    return EmailMessage(
        operation_id=derived_uuid5(subscription.id, f"suspended:{due.at:%Y-%m-%d}:{address}"),
        to=address,
        subject=_SUBJECT,
        plain_text=_TEXT.format(number=subscription.number, resource=subscription.resource_id),
    )
