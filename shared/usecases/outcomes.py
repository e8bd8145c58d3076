"""Asking Communication Services what became of e-mails whose report has not come, lost or not subscribed to."""

from dataclasses import replace
from datetime import timedelta

from shared.domain.changes import Due, Task
from shared.domain.errors import Rejected, Unavailable
from shared.domain.identifiers import CorrespondenceId
from shared.domain.notification import Medium, Notification, NotificationState, is_of_order
from shared.ports import App, EmailOutcome
from shared.telemetry import Log
from shared.usecases.retrying import retry_later

PART = "outcomes"
ASKED_AFTER = timedelta(minutes=30)
"""By then nearly every report has come. An e-mail still under way is asked for again, each time after twice as long."""

_TIMES = 5  # Asked for the last time after about 32 hours.
_log = Log("outcomes")


async def ask_later(app: App, id_: CorrespondenceId, reminder: int, *, times: int = 0) -> None:
    """The agenda has the question. Equal ones are one."""
    now = app.clock()
    await app.agenda.put(Due(Task.CATCH_UP, f"{PART}:{id_}:{reminder}", now + ASKED_AFTER * 2**times, times), now=now)


async def failed(app: App, id_: CorrespondenceId, reminder: int, due: Due) -> list[Notification]:
    """Those of this order's e-mails that are accepted, told of no further, and have failed by now.

    Whoever does not answer is asked again later, about all of them.
    """
    found: list[Notification] = []
    under_way = False
    for one in await app.correspondences.notifications(id_):
        if not (_is_open(one) and is_of_order(one, id_, reminder=reminder)):
            continue
        try:
            outcome = await app.email.outcome(one.id)
        except Rejected as error:
            _log.warning("outcomes.forgotten", error=error, notification=one.id)
            continue
        except Unavailable as error:
            await retry_later(app, due, error)
            return found
        under_way = under_way or outcome is EmailOutcome.RUNNING
        if outcome is EmailOutcome.FAILED:
            _log.warning("outcomes.failed", notification=one.id)
            found.append(replace(one, state=NotificationState.FAILED, changed=app.clock()))
    if under_way and due.attempt < _TIMES:
        await ask_later(app, id_, reminder, times=due.attempt + 1)
    return found


def _is_open(one: Notification) -> bool:
    return one.medium is Medium.EMAIL and one.state is NotificationState.SENT
