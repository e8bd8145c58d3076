"""Telling recipients by e-mail and SMS: once at publishing, once more when nobody has opened it in time."""

import random
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import batched

from shared.domain.changes import Due, Task
from shared.domain.correspondence import Correspondence, CorrespondenceChange
from shared.domain.errors import DomainError, Rejected, Unavailable
from shared.domain.identifiers import CorrespondenceId
from shared.domain.notification import Medium, Notification, NotificationState, is_of_order
from shared.domain.notification_outcomes import DeliveryReport, is_open, recorded, tag_of
from shared.domain.policy import Action, own_work
from shared.domain.publishing import wants_notice
from shared.ports import App
from shared.telemetry import Log
from shared.usecases import addressing, outcomes
from shared.usecases.addressing import Planned
from shared.usecases.retrying import retry_later
from shared.usecases.saving import decide_over_rows

UNCERTAIN_AFTER = timedelta(hours=24)
"""How long a repeated operation id is taken for the same send; after it a lost answer stays unknown."""
_SPREAD = timedelta(seconds=30)
_AT_ONCE = 25  # With their facts they are saved in one transaction, which takes 100 rows.
_log = Log("notifying")


async def may_send(app: App, id_: CorrespondenceId, *, reminder: bool) -> bool:
    """Whether a notice may still go out; False for an unknown correspondence. Source: wire contract 8.5."""
    loaded = await app.correspondences.load(id_)
    return loaded is not None and wants_notice(loaded.state, reminder=reminder)


async def remind(app: App, id_: CorrespondenceId) -> None:
    """The reminder goes out, if the message is published and nobody has read, confirmed or purged it."""
    await notify(app, id_, reminder=1)


async def notify(app: App, id_: CorrespondenceId, *, reminder: int = 0, attempt: int = 0) -> None:
    """Every planned notification was accepted by Communication Services, failed for good, or waits on the agenda.

    Each is saved as `sending` before its call, under an operation id of its own, so that no crash sends it twice. Who
    cannot be reached is on record with a failed one.
    """
    loaded = await app.correspondences.load(id_)
    if loaded is None or loaded.state.notification is None:
        return
    state = loaded.state
    if not wants_notice(state, reminder=reminder > 0):
        await _leave_unknown(app, state, await app.correspondences.notifications(id_), (), reminder)
        return
    permit = own_work(Action.WRITE, state.resource_id, "notifications")
    content = await app.correspondences.content(id_, permit)
    if content is None:
        return
    known = {n.id: n for n in await app.correspondences.notifications(id_)}
    try:
        plan = await addressing.plan(app, state, content, reminder, known=tuple(known.values()))
    except Unavailable as error:
        await retry_later(app, _again(id_, reminder, app.clock(), attempt), error)
        return
    await _leave_unknown(app, state, list(known.values()), plan.planned, reminder)
    if plan.unreachable:
        _log.warning("notification.nobody_to_reach", correspondence=id_, recipients=len(plan.unreachable))
        await _record(app, state, plan.unreachable)
    open_ones = [one for one in plan.planned if is_open(known.get(one.notification.id))]
    await _send_in_time(app, state, open_ones, reminder=reminder, attempt=attempt)


async def _send_in_time(
    app: App, state: Correspondence, planned: Sequence[Planned], *, reminder: int, attempt: int
) -> None:
    """What may be sent now is; for the rest somebody looks again when it may."""
    begins = {medium: await _begin(app, medium) for medium in {one.notification.medium for one in planned}}
    now = app.clock()
    later = [at for at in begins.values() if at > now]
    if later:
        await app.agenda.put(_again(state.id, reminder, min(later), attempt), now=now)
        _log.info("notification.waits", correspondence=state.id, reminder=reminder)
    ready = [one for one in planned if begins[one.notification.medium] <= now]
    if any(one.email is not None for one in ready):
        await outcomes.ask_later(app, state.id, reminder)
    for some in batched(ready, _AT_ONCE, strict=False):
        if mine := await _claim(app, state, some, reminder):
            await _send_all(app, state, mine, reminder=reminder, attempt=attempt)


async def _begin(app: App, medium: Medium) -> datetime:
    """When the next one may be sent: after the pause that Communication Services has asked for, an SMS at daytime.

    Those who waited for the end of a pause do not all come at once.
    """
    now = app.clock()
    until = await app.sendings.paused_until(medium)
    if until is not None and until > now:
        now = until + _SPREAD * random.random()  # noqa: S311 (jitter, no secret)
    return app.rules.sms_hours.next(now) if medium is Medium.SMS else now


async def _leave_unknown(
    app: App, state: Correspondence, known: Sequence[Notification], planned: Sequence[Planned], reminder: int
) -> None:
    """What an earlier try left as `sending`, and nobody will send any more, has an outcome: unknown, told to nobody."""
    wanted = {one.notification.id for one in planned}
    left = [n for n in known if is_open(n) and is_of_order(n, state.id, reminder=reminder) and n.id not in wanted]
    if left:
        now = app.clock()
        await _record(app, state, [replace(n, state=NotificationState.UNKNOWN, changed=now) for n in left], tells=False)


async def _claim(app: App, state: Correspondence, ready: Sequence[Planned], reminder: int) -> list[Planned]:
    """Those that are still to be sent, on record as `sending`, after a last look at the state and at what others did.

    Each as it is on record: when it was first tried is part of a repeated SMS.
    """
    mine: list[Planned] = []

    async def claim(current: Correspondence) -> CorrespondenceChange | None:
        nonlocal mine
        mine = []
        if not wants_notice(current, reminder=reminder > 0):
            return None
        known = {n.id: n for n in await app.correspondences.notifications(state.id)}
        mine = [
            replace(one, notification=known.get(one.notification.id, one.notification))
            for one in ready
            if is_open(known.get(one.notification.id))
        ]
        if not (new := tuple(one.notification for one in mine if one.notification.id not in known)):
            return None
        return CorrespondenceChange(state=replace(current, reminded=max(current.reminded, reminder)), rows=new)

    await app.sendings.note([one.email.operation_id for one in ready if one.email is not None], state.id)
    await decide_over_rows(app, state.id, own_work(Action.WRITE, state.resource_id, "notifications"), claim)
    return mine


async def _send_all(
    app: App, state: Correspondence, planned: Sequence[Planned], *, reminder: int, attempt: int
) -> None:
    """What one medium cannot take now waits on the agenda; the other medium goes on."""
    done: list[Notification] = []
    postponed: dict[Medium, Unavailable] = {}
    for one in planned:
        medium = one.notification.medium
        if medium in postponed and postponed[medium].retry_after is not None:
            continue
        try:
            done.append(await _send(app, state, one))
        except Unavailable as error:
            postponed[medium] = error
    await _record(app, state, done)
    for medium, reason in postponed.items():
        if reason.retry_after is not None:
            await app.sendings.pause(medium, until=app.clock() + reason.retry_after)
        await retry_later(app, _again(state.id, reminder, app.clock(), attempt), reason)


def _again(id_: CorrespondenceId, reminder: int, at: datetime, attempt: int) -> Due:
    """What has somebody look again."""
    return Due(Task.CATCH_UP, f"notify:{id_}:{reminder}", at, attempt)


async def _send(app: App, state: Correspondence, one: Planned) -> Notification:
    """The notification with its outcome. Raises Unavailable when it is to be tried again."""
    notification, now = one.notification, app.clock()
    if now - notification.created > UNCERTAIN_AFTER:
        return replace(notification, state=NotificationState.UNKNOWN, changed=now)
    try:
        if one.email is not None:
            await app.email.send(one.email)
        else:
            to, tag, first_sent = notification.address, tag_of(state.id, notification.id), notification.created
            await app.sms.send(notification.id, to, one.sms_text, first_sent=first_sent, tag=tag)
    except Rejected as error:
        _log.error("notification.refused", error=error, notification=notification.id)
        return replace(notification, state=NotificationState.FAILED, changed=now)
    _log.info("notification.sent", notification=notification.id, medium=notification.medium)
    return replace(notification, state=NotificationState.SENT, changed=now)


async def learn_outcomes(app: App, id_: CorrespondenceId, reminder: int, due: Due) -> None:
    """E-mails that have failed without a report are on record as failed, with their facts. Safe to repeat."""
    loaded = await app.correspondences.load(id_)
    if loaded is not None:
        await _record(app, loaded.state, await outcomes.failed(app, id_, reminder, due))


async def report(app: App, told: DeliveryReport) -> None:
    """What Communication Services says became of a notification is on record, with its facts. Safe to repeat.

    Mail that is no notification of ours (somebody forwarded one) is none of its business.
    """
    about = told.about or await app.sendings.about(told.notification)
    loaded = await app.correspondences.load(about) if about is not None else None
    if loaded is None:
        _log.info("notification.report_of_another", notification=told.notification)
        return
    for one in await app.correspondences.notifications(loaded.state.id):
        if one.id == told.notification:
            outcome = replace(one, state=told.outcome(), failure=told.failure, changed=app.clock())
            await _record(app, loaded.state, [outcome])
            _log.info("notification.reported", notification=one.id, medium=one.medium, delivered=told.delivered)


async def _record(app: App, state: Correspondence, known: Sequence[Notification], *, tells: bool = True) -> None:
    """The outcomes are on record, with their facts; what another worker has recorded meanwhile is not told again."""

    permit = own_work(Action.WRITE, state.resource_id, "notifications")
    with suppress(DomainError):  # 1001: what has vanished has nothing to record it on
        for some in batched(known, _AT_ONCE, strict=False):

            async def decide(current: Correspondence, some: Sequence[Notification] = some) -> CorrespondenceChange:
                return recorded(current, await app.correspondences.notifications(state.id), some, tells=tells)

            await decide_over_rows(app, state.id, permit, decide)
