"""Whether the content of a file is what its name says, and what a reader should know of it. Pure. Source: design 4."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from shared.domain.archive_listing import zip_listing
from shared.domain.checks_files import extension
from shared.domain.signatures import Kind, Sample, directory_names, recognised
from shared.domain.verdicts import ContentFlag

_HTML_OR_XML = frozenset({Kind.HTML, Kind.XML})  # A page may be written as XML.
_PLAIN = frozenset({Kind.HTML, Kind.XML, Kind.SCRIPT})  # Whatever is written, is text.

STANDS_FOR: Mapping[str, frozenset[Kind]] = MappingProxyType(
    {
        ".bmp": frozenset({Kind.BMP}),
        ".csv": _PLAIN,
        ".dcm": frozenset({Kind.DICOM, Kind.TIFF}),  # One file may be both: the standard leaves room for it.
        ".dicom": frozenset({Kind.DICOM, Kind.TIFF}),
        ".doc": frozenset({Kind.OLD_WORD, Kind.OLD_OFFICE, Kind.RTF}),  # Word itself has always saved both so.
        ".docx": frozenset({Kind.WORD, Kind.ENCRYPTED_OFFICE}),
        ".gif": frozenset({Kind.GIF}),
        ".html": _HTML_OR_XML,
        ".jpeg": frozenset({Kind.JPEG}),
        ".jpg": frozenset({Kind.JPEG}),
        ".json": frozenset(),
        ".pdf": frozenset({Kind.PDF}),
        ".png": frozenset({Kind.PNG}),
        ".pps": frozenset({Kind.OLD_POWERPOINT, Kind.OLD_OFFICE}),
        ".ppt": frozenset({Kind.OLD_POWERPOINT, Kind.OLD_OFFICE}),
        ".txt": _PLAIN,
        ".xls": frozenset({Kind.OLD_EXCEL, Kind.OLD_OFFICE}),
        ".xlsx": frozenset({Kind.EXCEL, Kind.ENCRYPTED_OFFICE}),
        ".xml": _HTML_OR_XML,
        ".zip": frozenset({Kind.ZIP, Kind.WORD, Kind.EXCEL, Kind.POWERPOINT}),  # Office documents are archives, too.
    }
)
"""The types that a file of each extension may be recognised as. One that is not recognised may have any."""

_EMBEDDED = frozenset({Kind.OLD_WORD, Kind.OLD_EXCEL, Kind.OLD_POWERPOINT})
_MACRO_STORES = frozenset({"macros", "_vba_project_cur", "_vba_project", "vba"})
_ENCRYPTED_PDF = re.compile(rb"/Encrypt(?:\s+\d+\s+\d+\s+R|\s*<<)")


@dataclass(frozen=True, slots=True)
class Findings:
    """`contradiction` says in words why the content is not what the name says; empty when it may be."""

    contradiction: str
    flags: tuple[ContentFlag, ...]


def examine(file_name: str, sample: Sample) -> Findings:
    """What these bytes under this name are found to be."""
    kinds, suffix = recognised(sample), extension(file_name)
    allowed = STANDS_FOR.get(suffix, frozenset())
    other = kinds - allowed - (_EMBEDDED if kinds & allowed & _EMBEDDED else frozenset())
    contradiction = f"The content is {min(other)}, not what {suffix} stands for" if other else ""
    flags = {ContentFlag.MACROS: _has_macros(sample), ContentFlag.ENCRYPTED: _is_encrypted(sample, kinds)}
    return Findings(contradiction, tuple(flag for flag, holds in flags.items() if holds))


def _has_macros(sample: Sample) -> bool:
    listing = zip_listing(sample.tail)
    names = [name.lower() for name in listing.names] if listing is not None else []
    in_archive = any(name.endswith("vbaproject.bin") or name.startswith("xl/macrosheets/") for name in names)
    return in_archive or any(name.lower() in _MACRO_STORES for name in directory_names(sample.directory))


def _is_encrypted(sample: Sample, kinds: frozenset[Kind]) -> bool:
    if Kind.PDF in kinds:
        return bool(_ENCRYPTED_PDF.search(sample.tail) or _ENCRYPTED_PDF.search(sample.head))
    listing = zip_listing(sample.tail)
    return Kind.ENCRYPTED_OFFICE in kinds or (listing is not None and listing.encrypted)
