"""Scans that are not to be: bypassed, held up, begun again. What a verdict does is decided in `attachment`. Pure."""

from dataclasses import replace
from datetime import datetime

from shared.domain.attachment import Attachment, AttachmentChange, AttachmentStatus
from shared.domain.verdicts import Scan, Verdict


def bypass_scan(state: Attachment, etag: str, *, now: datetime) -> Verdict:
    """The verdict about bytes that nobody scans."""
    return Verdict(etag, Scan.BYPASSED, f"Not scanned: {state.resource_id} bypasses the malware scan", now)


def note_scan_delay(state: Attachment, etag: str, reason: str) -> AttachmentChange | None:
    """Say what holds the scan of these bytes up; None when it is said already or nothing is awaited."""
    scan = state.scan
    if state.stored is None or state.stored.etag != etag or scan is None or scan.verdict is not None:
        return None
    return None if scan.reason == reason else AttachmentChange(state=replace(state, scan=replace(scan, reason=reason)))


def awaits_scan(state: Attachment) -> bool:
    """True while its bytes are committed and have no verdict."""
    return state.status is AttachmentStatus.UPLOAD_PROCESSING and state.stored is not None


def begin_scan(state: Attachment) -> AttachmentChange | None:
    """Count one more scan that is begun because none has ended; None unless committed bytes wait for one."""
    return AttachmentChange(state=replace(state, scans_begun=state.scans_begun + 1)) if awaits_scan(state) else None


def put_off_scan(state: Attachment) -> AttachmentChange:
    """Forget the scans that were begun: the scanner is down, which is no fault of these bytes."""
    return AttachmentChange(state=replace(state, scans_begun=0))
