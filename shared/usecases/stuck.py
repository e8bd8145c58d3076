"""The stuck list: what waits for too long, with the reason; and trying it again, which the agenda does."""

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime

from shared.domain.changes import Due, Task
from shared.domain.correspondence import Correspondence
from shared.domain.errors import DomainError, Refusal
from shared.domain.identifiers import AttachmentId, CorrespondenceId
from shared.domain.stuck import STUCK_AFTER, Stuck, StuckKind
from shared.ports import App, DeadLetter
from shared.telemetry import Log
from shared.usecases.lifecycle import is_overdue

LONGEST_LIST = 500
_ID = re.compile(r"\d{14}-[0-9a-f]{16}", re.ASCII)
_NOT_PUBLISHED = "It is due, and an attachment is not published or a neighbour does not answer"
_log = Log("stuck")


@dataclass(frozen=True, slots=True)
class StuckView:
    """The oldest of what is stuck; `more`: there may be others."""

    items: tuple[Stuck, ...]
    more: bool


async def note_scan(app: App, id_: AttachmentId, *, since: datetime, reason: str) -> None:
    """A scan that has been awaited for long is on the list."""
    again = Due(Task.CATCH_UP, f"scan:{id_}", since)
    await _note(app, Stuck(kind=StuckKind.SCAN, about=id_, since=since, reason=reason, again=again))


async def watch_publication(app: App, id_: CorrespondenceId) -> None:
    """A correspondence that could not be published when it fell due is looked at again, on the agenda."""
    if (state := await _overdue(app, id_)) is not None:
        due = _again(state)
        await app.agenda.put(replace(due, at=due.at + STUCK_AFTER), now=app.clock())


async def note_publication(app: App, id_: CorrespondenceId) -> bool:
    """A correspondence that is long overdue is on the list. False when it is not overdue any more."""
    state = await _overdue(app, id_)
    if state is None:
        return False
    since = state.requested_publish_time
    item = Stuck(kind=StuckKind.PUBLICATION, about=id_, since=since, reason=_NOT_PUBLISHED, again=_again(state))
    await _note(app, item)
    return True


async def collect(app: App, work_of: Callable[[DeadLetter], Due | None]) -> int:
    """Every dead letter is on the list, and nowhere else. `work_of` reads what a message asked for. How many."""

    async def keep(letter: DeadLetter) -> None:
        about = f"{letter.entity}/{letter.message_id}"
        item = Stuck(
            kind=StuckKind.DEAD_LETTER, about=about, since=letter.at, reason=letter.reason, again=work_of(letter)
        )
        await app.stuck.put(item)
        _log.warning("stuck.dead_letter", entity=letter.entity, id=item.id, reason=letter.reason)

    return await app.dead_letters.take(keep)


async def listed(app: App, *, limit: int = 100) -> StuckView:
    """What is stuck, oldest first. What has gone on since leaves the list."""
    found = await app.stuck.oldest(limit=max(1, min(limit, LONGEST_LIST)))
    items: list[Stuck] = []
    for item in found:
        if await _is_still_stuck(app, item):
            items.append(item)
        else:
            await app.stuck.drop(item.id)
    return StuckView(tuple(items), more=len(found) >= limit)


async def resubmit(app: App, id_: str) -> None:
    """It is on the agenda, due now, and off the list; it comes back when it fails again. Raises 7020, 7021."""
    item = await app.stuck.get(id_) if _ID.fullmatch(id_) else None
    if item is None:
        raise DomainError(Refusal.NOT_STUCK)
    if item.again is None:
        raise DomainError(Refusal.NOT_READABLE)
    now = app.clock()
    await app.agenda.put(replace(item.again, at=now, attempt=0), now=now)
    await app.stuck.drop(id_)
    _log.info("stuck.resubmitted", id=id_, kind=item.kind)


async def _note(app: App, item: Stuck) -> None:
    if app.clock() - item.since >= STUCK_AFTER:
        await app.stuck.put(item)
        _log.warning("stuck.noted", id=item.id, kind=item.kind, about=item.about)


async def _is_still_stuck(app: App, item: Stuck) -> bool:
    match item.kind:
        case StuckKind.SCAN:
            loaded = await app.attachments.load(AttachmentId(item.about))
            scan = loaded.state.scan if loaded is not None else None
            return scan is not None and scan.verdict is None and scan.since == item.since
        case StuckKind.PUBLICATION:
            return await _overdue(app, CorrespondenceId(item.about)) is not None
        case StuckKind.DEAD_LETTER:
            return True


async def _overdue(app: App, id_: CorrespondenceId) -> Correspondence | None:
    loaded = await app.correspondences.load(id_)
    return loaded.state if loaded is not None and is_overdue(loaded.state, now=app.clock()) else None


def _again(state: Correspondence) -> Due:
    return Due(Task.CATCH_UP, f"overdue:{state.id}", state.requested_publish_time)
