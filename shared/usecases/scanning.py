"""New bytes, and what the malware scanner says about exactly them."""

from shared.domain import attachment as decisions
from shared.domain.attachment import Attachment, AttachmentStatus, Stored
from shared.domain.attachment_scans import note_scan_delay
from shared.domain.changes import Due, Task
from shared.domain.errors import Conflict, DomainError, Refusal, Unavailable
from shared.domain.identifiers import AttachmentId, as_guid
from shared.domain.policy import Action, Permit, own_work
from shared.domain.scan_results import ScanResult
from shared.domain.verdicts import Scan, Verdict
from shared.ports import App
from shared.telemetry import Log
from shared.usecases.recognising import hold_against_name
from shared.usecases.retrying import retry_later
from shared.usecases.saving import decide_attachment
from shared.usecases.stuck import note_scan
from shared.usecases.withdrawing import look_for_replaced

_NO_ANSWER = "The malware scanner has not answered yet; it is asked again"
_log = Log("scanning")


async def scan_attachment(app: App, id_: AttachmentId, *, attempt: int = 0) -> bool:
    """The bytes lying there now have a verdict on record, and the attachment acts on it. Safe to repeat.

    A scanner that does not answer is asked again later, through the agenda: then, and only then, True.
    """
    current = await app.blobs.current(id_)
    loaded = await app.attachments.load(id_)
    if current is None or loaded is None:
        _log.warning("scan.nothing_to_scan", attachment=id_)
        return False
    if loaded.state.stored is not None and loaded.state.stored.etag != current.etag:
        await look_for_replaced(app, loaded.state)
    if loaded.state.resource_id in app.rules.unscanned:  # the commit of the upload says so by itself
        return False
    permit = own_work(Action.READ_ATTACHMENT, loaded.state.resource_id, "scan_attachment")
    earlier = await app.attachments.verdict(id_, current.etag)
    if earlier is not None and loaded.state.status is not AttachmentStatus.UPLOAD_PROCESSING:
        return False
    try:
        verdict = earlier or await _verdict(app, loaded.state, current, permit)
    except Unavailable as error:
        waiting = await decide_attachment(app, id_, permit, lambda s: note_scan_delay(s, current.etag, _NO_ANSWER))
        await retry_later(app, Due(Task.CATCH_UP, f"scan:{id_}", app.clock(), attempt), error)
        if (scan := waiting.scan) is not None and scan.verdict is None:
            await note_scan(app, id_, since=scan.since, reason=scan.reason)
        return True
    except Conflict:
        _log.info("scan.bytes_replaced", attachment=id_)  # their own event brings the new ones
    else:
        await act_on(app, id_, verdict, permit, earlier=earlier)
    return False


async def record_result(app: App, result: ScanResult) -> None:
    """What another scanner found is on record and acted on. Raises 2001, 4002. Safe to repeat.

    A result that does not say which version of the bytes it is about is no verdict: the scanner is asked instead.
    """
    name = as_guid(result.blob_name)
    id_ = AttachmentId(name) if name is not None else None
    loaded = await app.attachments.load(id_) if id_ is not None else None
    if id_ is None or loaded is None:
        raise DomainError(Refusal.ATTACHMENT_NOT_FOUND)
    if loaded.state.sender not in await app.registry.parties([loaded.state.sender]):
        raise DomainError(Refusal.PARTY_UNKNOWN, "The attachment's sender was not found in the register")
    now = app.clock()
    if not result.etag:
        await app.agenda.put(Due(Task.CATCH_UP, f"scan:{id_}", now), now=now)
        return
    permit = own_work(Action.READ_ATTACHMENT, loaded.state.resource_id, "scan_result")
    earlier, verdict = await app.attachments.verdict(id_, result.etag), result.verdict(now=now)
    if earlier is None:
        verdict = await hold_against_name(app, loaded.state, await app.blobs.current(id_), verdict, permit)
    await act_on(app, id_, verdict, permit, earlier=earlier)


async def act_on(app: App, id_: AttachmentId, verdict: Verdict, permit: Permit, *, earlier: Verdict | None) -> None:
    """The verdict is on record, unless the `earlier` one about the same bytes stands, and the attachment acts on it."""
    now = app.clock()
    state = await decide_attachment(
        app, id_, permit, lambda s: decisions.record_verdict(s, verdict, earlier=earlier, now=now)
    )
    level = _log.info if verdict.scan is Scan.CLEAN else _log.warning
    level("scan.done", attachment=id_, verdict=verdict.scan, status=state.status)


async def _verdict(app: App, state: Attachment, current: Stored, permit: Permit) -> Verdict:
    """What the scanner says; it is not asked about what it cannot take. Raises Unavailable, Conflict."""
    now, limit = app.clock(), app.rules.largest_file(state.resource_id)
    if current.size > limit:
        reason = f"The file is larger than the {limit} bytes that the scanner takes"
        return Verdict(current.etag, Scan.NOT_SCANNED, reason, now)
    chunks = app.blobs.read(state.id, current, permit)
    verdict = await app.scanner.scan(chunks, id_=state.id, etag=current.etag, now=now)
    return await hold_against_name(app, state, current, verdict, permit)
