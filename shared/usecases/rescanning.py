"""Scans that were waited for in vain: tried again, and given up when none of them ever ends."""

from shared.domain import attachment_scans as decisions
from shared.domain.attachment import Attachment
from shared.domain.identifiers import AttachmentId
from shared.domain.policy import Action, Permit, own_work
from shared.domain.verdicts import Scan, Verdict
from shared.ports import App
from shared.telemetry import Log
from shared.usecases.saving import decide_attachment
from shared.usecases.scanning import act_on, scan_attachment

MOST_SCANS = 10
"""So many scans may be begun without an end before the bytes themselves are taken for the cause: all deliveries of one
message, or an hour and more of a scan that is merely slow, by the agenda's doubles."""
_log = Log("rescanning")


async def scan_again(app: App, id_: AttachmentId, *, attempt: int = 0) -> None:
    """Bytes that still wait for a verdict are scanned. Those that no scan gets through with end as Failed.

    Every try is on record before it begins, since it may take the process with it. A scanner that is down is no
    fault of the bytes: it is asked again for as long as it takes. Source: design 4.
    """
    loaded = await app.attachments.load(id_)
    if loaded is None or not decisions.awaits_scan(loaded.state) or loaded.state.resource_id in app.rules.unscanned:
        await scan_attachment(app, id_, attempt=attempt)
        return
    permit = own_work(Action.READ_ATTACHMENT, loaded.state.resource_id, "scan_attachment")
    state = await decide_attachment(app, id_, permit, decisions.begin_scan)
    if state.scans_begun > MOST_SCANS:
        await _give_up(app, state, permit, "no scan of the file ever ended")
        return
    if await scan_attachment(app, id_, attempt=attempt):
        await decide_attachment(app, id_, permit, decisions.put_off_scan)
        return
    loaded = await app.attachments.load(id_)
    if loaded is not None and decisions.awaits_scan(loaded.state):
        await _give_up(app, loaded.state, permit, "the stored bytes are no longer there")


async def _give_up(app: App, state: Attachment, permit: Permit, reason: str) -> None:
    """It is Failed with the reason, unless there is a verdict about exactly its bytes."""
    if state.stored is None:
        return
    etag, now = state.stored.etag, app.clock()
    known = await app.attachments.verdict(state.id, etag)
    await act_on(app, state.id, known or Verdict(etag, Scan.NOT_SCANNED, reason, now), permit, earlier=known)
    _log.error("scan.given_up", attachment=state.id, reason=reason)
