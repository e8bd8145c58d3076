"""What Microsoft Defender for Storage says about a blob, as an event or as the blob's index tags."""

from dataclasses import dataclass
from datetime import datetime

from shared.domain.verdicts import Scan, Verdict

RESULT_TAG = "Malware Scanning scan result"
"""The blob index tag that carries the result type."""
_LONGEST_REASON = 200


@dataclass(frozen=True, slots=True)
class ScanResult:
    """One result: about which blob, which version of it (empty: not said), and what was found."""

    blob_name: str
    etag: str
    result_type: str
    error_message: str = ""
    malware: tuple[str, ...] = ()

    def verdict(self, *, now: datetime) -> Verdict:
        """Clean only for the exact clean result, in any case. Source: wire contract 13.8."""
        match self.result_type.casefold():
            case "no threats found":
                scan = Scan.CLEAN
            case "malicious":
                scan = Scan.INFECTED
            case _:
                scan = Scan.NOT_SCANNED
        return Verdict(self.etag, scan, self._reason(), now)

    def _reason(self) -> str:
        """The error, or else the type of the result with the names of what was found; of other people's making."""
        text = self.error_message or ": ".join(filter(None, (self.result_type, ", ".join(self.malware))))
        return "".join(filter(str.isprintable, text))[:_LONGEST_REASON] or "No result"
