"""Event Grid's events about scans, as Microsoft Defender for Storage sends them. Source: wire contract 13.8."""

from shared.domain.scan_results import ScanResult
from shared.schemas import event_grid
from shared.schemas.base import Wire
from shared.schemas.event_grid import ValidationResponse

RESULT = "Microsoft.Security.MalwareScanningResult"


class _Details(Wire):
    malware_names_found: list[str] | None = None
    error_message: str | None = None
    not_scanned_reason: str | None = None


class _Result(Wire):
    blob_uri: str
    correlation_id: str
    e_tag: str | None = None
    scan_result_type: str
    scan_result_details: _Details | None


def events(body: bytes) -> list[ScanResult | ValidationResponse]:
    """What the events of the body say, one or more. Raises NotAnEvent."""
    return event_grid.events(body, {RESULT: lambda data: _result(_Result.model_validate(data))})


def _result(data: _Result) -> ScanResult:
    details = data.scan_result_details
    error = (details.error_message or details.not_scanned_reason or "") if details else ""
    return ScanResult(
        blob_name=data.blob_uri.partition("?")[0].rstrip("/").rpartition("/")[2],
        etag=(data.e_tag or "").strip().removeprefix("W/").strip('"'),
        result_type=data.scan_result_type.strip(),
        error_message=error,
        malware=tuple(details.malware_names_found or ()) if details else (),
    )
