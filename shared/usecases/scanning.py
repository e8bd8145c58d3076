"""New bytes, and what the malware scanner says about exactly them."""

from shared.domain import attachment as decisions
from shared.domain.attachment import AttachmentStatus, Scan
from shared.domain.changes import Due, Task
from shared.domain.errors import Conflict, Unavailable
from shared.domain.identifiers import AttachmentId
from shared.domain.policy import Action, own_work
from shared.ports import App
from shared.telemetry import Log
from shared.usecases.retrying import retry_later
from shared.usecases.saving import decide_attachment

_log = Log("scanning")


async def scan_attachment(app: App, id_: AttachmentId, *, attempt: int = 0) -> None:
    """The bytes lying there now have a verdict on record, and the attachment acts on it. Safe to repeat.

    A scanner that does not answer is asked again later, through the agenda.
    """
    current = await app.blobs.current(id_)
    loaded = await app.attachments.load(id_)
    if current is None or loaded is None:
        _log.warning("scan.nothing_to_scan", attachment=id_)
        return
    permit = own_work(Action.READ_ATTACHMENT, loaded.state.resource_id, "scan_attachment")
    verdict = await app.attachments.verdict(id_, current.etag)
    if verdict is not None and loaded.state.status is not AttachmentStatus.UPLOAD_PROCESSING:
        return
    now = app.clock()
    if verdict is None:
        try:
            verdict = await app.scanner.scan(app.blobs.read(id_, current, permit), etag=current.etag, now=now)
        except Unavailable as error:
            await retry_later(app, Due(Task.CATCH_UP, f"scan:{id_}", now, attempt), error)
            return
        except Conflict:
            _log.info("scan.bytes_replaced", attachment=id_)  # their own event brings the new ones
            return
    found = verdict
    state = await decide_attachment(app, id_, permit, lambda s: decisions.record_verdict(s, found, now=now))
    level = _log.info if verdict.scan is Scan.CLEAN else _log.warning
    level("scan.done", attachment=id_, verdict=verdict.scan, status=state.status)
