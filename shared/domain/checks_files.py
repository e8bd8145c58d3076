"""What a file of a correspondence may be called, and which type its name stands for. Pure."""

import re
from collections.abc import Mapping, Sequence
from types import MappingProxyType

from shared.domain.errors import DomainError, Refusal
from shared.domain.requests import NewAttachment

MIME_TYPES: Mapping[str, str] = MappingProxyType(
    {
        ".bmp": "image/bmp",
        ".csv": "text/csv",
        ".dcm": "application/dicom",
        ".dicom": "application/dicom",
        ".doc": "application/msword",
        ".docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
        ".gif": "image/gif",
        ".html": "text/html",
        ".jpeg": "image/jpeg",
        ".jpg": "image/jpeg",
        ".json": "application/json",
        ".pdf": "application/pdf",
        ".png": "image/png",
        ".pps": "application/vnd.ms-powerpoint",
        ".ppt": "application/vnd.ms-powerpoint",
        ".txt": "text/plain",
        ".xls": "application/vnd.ms-excel",
        ".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        ".xml": "text/xml",
        ".zip": "application/zip",
    }
)
"""The extensions a file may have, lower case, and what each one means. Source: wire contract 5.6 and 2.6."""

UNKNOWN_TYPE = "binary_octet_stream"
"""What the wire shows for a name outside the list. Source: wire contract 2.6."""

MAX_FILE_NAME = 255
MAX_ATTACHMENTS = 100

_FORBIDDEN = re.compile(r'[<>:"/\\|?*\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]')
"""Those of the wire contract, 5.6; and, since names are shown to people, what turns the direction of writing around,
breaks the line or controls a terminal, and halves of surrogate pairs, which are no text.
"""
_RESERVED = re.compile(r"(?:CON|PRN|AUX|NUL|COM[1-9]|LPT[1-9])(?:\.|$)", re.IGNORECASE | re.ASCII)


def characters(text: str) -> int:
    """How long a text is as the wire contract counts: in UTF-16 units, so that an emoji is two."""
    return len(text) + sum(character > "\uffff" for character in text)


def extension(file_name: str) -> str:
    """The last dot and what follows it, in lower case; empty when there is no dot."""
    stem, dot, last = file_name.rpartition(".")
    return f".{last.lower()}" if dot and (stem or last) else ""


def media_type(file_name: str) -> str:
    """The media type for others than the wire, plain bytes where the name says nothing that we know."""
    return MIME_TYPES.get(extension(file_name), "application/octet-stream")


def data_type(file_name: str) -> str:
    """The media type that the wire shows for this name."""
    return MIME_TYPES.get(extension(file_name), UNKNOWN_TYPE)


def check_file_name(file_name: str) -> None:
    """Raise 2010, 2011, 2013, 2012 or 2021, in this order. Source: wire contract 5.1 item 21 and 5.6."""
    if not file_name.strip():
        raise DomainError(Refusal.FILE_NAME_MISSING)
    if characters(file_name) > MAX_FILE_NAME:
        raise DomainError(Refusal.FILE_NAME_TOO_LONG)
    if extension(file_name) not in MIME_TYPES:
        raise DomainError(Refusal.FILE_TYPE_NOT_ALLOWED)
    if _FORBIDDEN.search(file_name):
        raise DomainError(Refusal.FILE_NAME_CHARACTERS)
    if _RESERVED.match(file_name):
        raise DomainError(Refusal.FILE_NAME_RESERVED)


def check_expiration(new: NewAttachment, minimum_expiration_days: int) -> None:
    """Raise 2017 when the attachment would be kept for less than the minimum; None keeps it for ever."""
    if new.expiration_in_days is not None and new.expiration_in_days < minimum_expiration_days:
        detail = f"expirationInDays must be at least {minimum_expiration_days}"
        raise DomainError(Refusal.EXPIRATION_TOO_SHORT, detail)


def check_attachment(new: NewAttachment, *, minimum_expiration_days: int) -> None:
    """Judge the metadata of one file. Raises 2010, 2011, 2013, 2012, 2021, 2017. Source: wire contract 1.3 (A1)."""
    check_file_name(new.file_name)
    check_expiration(new, minimum_expiration_days)


def check_file_size(size: int, *, max_bytes: int) -> None:
    """Raise 2004 for an empty file, or one of more than `max_bytes`."""
    if not 1 <= size <= max_bytes:
        detail = f"The file is larger than the {max_bytes} bytes that can be taken and scanned" if size else ""
        raise DomainError(Refusal.FILE_SIZE, detail)


def pair_files(new: Sequence[NewAttachment], file_names: Sequence[str]) -> tuple[int, ...]:
    """For each metadata entry the position of its file: the one at its own place if the name is the same, else the
    only one of that name. Entries whose content is stored elsewhere have none. Raises 1005 when the numbers differ,
    or an entry has no file, or two entries share one.

    Source: wire contract 2.4. Names are compared exactly.
    """
    names = [entry.file_name for entry in new if entry.external is None]
    if len(names) != len(file_names):
        raise DomainError(Refusal.FILES_DO_NOT_MATCH)
    paired = tuple(_place(index, name, file_names) for index, name in enumerate(names))
    if len(set(paired)) != len(paired):
        raise DomainError(Refusal.FILES_DO_NOT_MATCH)
    return paired


def _place(index: int, wanted: str, file_names: Sequence[str]) -> int:
    if file_names[index] == wanted:
        return index
    if file_names.count(wanted) == 1:
        return file_names.index(wanted)
    raise DomainError(Refusal.FILES_DO_NOT_MATCH)
