"""Attachments whose bytes are no longer the committed ones: never served, withdrawn, and their sender told."""

from shared.domain.attachment import REPLACED, Attachment, Stored, fail_replaced
from shared.domain.errors import Unavailable
from shared.domain.policy import Action, own_work
from shared.ports import App
from shared.telemetry import Log
from shared.usecases.saving import decide_attachment

_log = Log("withdrawing")


async def withdraw_replaced(app: App, attachment: Attachment, stored: Stored) -> None:
    """The attachment is Failed, unless it stands for other bytes by now. A table that is down is left for the next
    reader, who meets the same. Safe to repeat.

    Whoever calls has read the attachment before the storage, where these bytes were not: so they never come back.
    """
    permit = own_work(Action.WRITE, attachment.resource_id, "withdrawing")
    now = app.clock()
    try:
        state = await decide_attachment(app, attachment.id, permit, lambda s: fail_replaced(s, stored.etag, now=now))
    except Unavailable as error:
        _log.error("attachment.replaced", attachment=attachment.id, neighbour=error.neighbour)
        return
    if state.status_text == REPLACED:
        _log.error("attachment.replaced", attachment=attachment.id)


async def look_for_replaced(app: App, attachment: Attachment) -> None:
    """What lies there is what was committed; else the attachment is withdrawn. `attachment` was read just before."""
    if attachment.stored is None:
        return
    current = await app.blobs.current(attachment.id)
    if current is None or current.etag != attachment.stored.etag:
        await withdraw_replaced(app, attachment, attachment.stored)
