"""The list of files at the end of a ZIP archive, read from its last bytes only. Pure."""

import struct
from dataclasses import dataclass

ZIP_FILE = b"PK\x03\x04"
ZIP_ENTRY = b"PK\x01\x02"
ZIP_END = b"PK\x05\x06"
_ZIP64_END = b"PK\x06\x06"
_END_BYTES = 22
_ENTRY_BYTES = 46
_MAX_COMMENT = 0xFFFF
_ENCRYPTED = 0x1  # Bit 0 of an entry's flags.


@dataclass(frozen=True, slots=True)
class ZipListing:
    """The names in an archive, and whether any of its files is encrypted."""

    names: tuple[str, ...]
    encrypted: bool


def zip_listing(tail: bytes) -> ZipListing | None:
    """The list that ends a file whose last bytes these are. None: it ends no ZIP, or its list is longer than they."""
    end = _end_record(tail)
    if end is None:
        return None
    (size,) = struct.unpack_from("<I", tail, end + 12)
    if size == 0xFFFFFFFF:
        end = tail.rfind(_ZIP64_END, 0, end)
        if end < 0 or end + 48 > len(tail):
            return None
        (size,) = struct.unpack_from("<Q", tail, end + 40)
    return _entries(tail[end - size : end]) if size <= end else None


def _end_record(tail: bytes) -> int | None:
    """Where the record stands whose comment reaches exactly to the end of the file."""
    end = len(tail)
    while (end := tail.rfind(ZIP_END, max(0, len(tail) - _END_BYTES - _MAX_COMMENT), end)) >= 0:
        if end + _END_BYTES <= len(tail):
            (comment,) = struct.unpack_from("<H", tail, end + 20)
            if end + _END_BYTES + comment == len(tail):
                return end
    return None


def _entries(listing: bytes) -> ZipListing | None:
    names: list[str] = []
    encrypted, at = False, 0
    while at < len(listing):
        if listing[at : at + 4] != ZIP_ENTRY or at + _ENTRY_BYTES > len(listing):
            return None
        flags, name, extra, comment = struct.unpack_from("<8xH18xHHH", listing, at)
        encrypted = encrypted or bool(flags & _ENCRYPTED)
        begin = at + _ENTRY_BYTES
        names.append(listing[begin : begin + name].decode("utf-8", "replace"))
        at = begin + name + extra + comment
    return ZipListing(tuple(names), encrypted)
