"""Files that came with a message which was never made: found by the agenda, and removed."""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import timedelta

from shared.domain.attachment import AttachmentStatus
from shared.domain.changes import Due, Task
from shared.domain.errors import Unavailable
from shared.domain.identifiers import AttachmentId
from shared.ports import App
from shared.telemetry import Log
from shared.usecases.releasing import close, is_in_use

PART = "orphan"
"""The part of a CATCH_UP entry that asks for `look`."""
LOOKED_AT_AFTER = timedelta(hours=1)
"""No request is still under way by then, nor does a link count for longer without its letter."""
_log = Log("orphans")


async def watch(app: App, ids: Sequence[AttachmentId]) -> Mapping[AttachmentId, str]:
    """Each of these is looked at in an hour, whatever becomes of the request: said before the first of them exists.

    One operation for all. The keys that `settle` takes.
    """
    now = app.clock()
    dues = [Due(Task.CATCH_UP, f"{PART}:{id_}", now + LOOKED_AT_AFTER) for id_ in ids]
    entries = await asyncio.gather(*(app.agenda.put(due, now=now) for due in dues))
    return {id_: entry.key for id_, entry in zip(ids, entries, strict=True)}


async def settle(app: App, watched: Mapping[AttachmentId, str], used: Sequence[AttachmentId]) -> None:
    """The letters are made: those of the files that they use need not be looked at. One operation for all."""
    try:
        await asyncio.gather(*(app.agenda.drop(key) for id_, key in watched.items() if id_ in used))
    except Unavailable as error:
        _log.warning("orphans.left_to_the_agenda", neighbour=error.neighbour)


async def look(app: App, id_: AttachmentId) -> None:
    """The file and its bytes are gone, unless a letter uses it. Safe to repeat.

    One that failed stays, to say why, without the bytes: storage may have kept them and its answer got lost.
    """
    loaded = await app.attachments.load(id_)
    if loaded is None:
        return
    if loaded.state.status is AttachmentStatus.FAILED and loaded.state.stored is None:
        await app.blobs.discard(id_)
        return
    if not await is_in_use(app, id_):
        await close(app, id_)
        _log.info("orphan.removed", attachment=id_)
