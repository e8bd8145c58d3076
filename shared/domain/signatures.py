"""Which types of files their first bytes give away, and their last ones for ZIP. Pure.

A type is named only when at least four bytes say so: files that are encrypted look like nothing, and none of them
shall be taken for something by chance.
"""

import codecs
import re
import struct
from dataclasses import dataclass
from enum import StrEnum

from shared.domain.archive_listing import ZIP_END, ZIP_FILE, zip_listing


class Kind(StrEnum):
    """Types that bytes can be recognised as; the value says it in words."""

    PDF = "a PDF document"
    PNG = "a PNG image"
    JPEG = "a JPEG image"
    GIF = "a GIF image"
    BMP = "a BMP image"
    TIFF = "a TIFF image"
    DICOM = "a DICOM file"
    HTML = "an HTML page"
    XML = "XML"
    RTF = "an RTF document"
    ZIP = "a ZIP archive"
    WORD = "a Word document"
    EXCEL = "an Excel workbook"
    POWERPOINT = "a PowerPoint presentation"
    OLD_WORD = "a Word 97 document"
    OLD_EXCEL = "an Excel 97 workbook"
    OLD_POWERPOINT = "a PowerPoint 97 presentation"
    OLD_OFFICE = "a compound file"
    ENCRYPTED_OFFICE = "an encrypted Office document"
    INSTALLER = "a Windows installer"
    MAIL = "an Outlook message"
    PROGRAM = "a program"
    SCRIPT = "a script"
    ARCHIVE = "an archive"
    MEDIA = "an image, sound or film"
    DATABASE = "a database"
    SHORTCUT = "a Windows shortcut"
    OTHER = "of another type"


@dataclass(frozen=True, slots=True)
class Sample:
    """What is looked at of a file: its first bytes, its last ones, and the names in a compound file's directory."""

    size: int
    head: bytes
    tail: bytes
    directory: bytes = b""


OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"

_SIGNATURES: tuple[tuple[Kind, int, bytes], ...] = (
    (Kind.PDF, 0, b"%PDF-"),
    (Kind.PNG, 0, b"\x89PNG\r\n\x1a\n"),
    (Kind.GIF, 0, b"GIF87a"),
    (Kind.GIF, 0, b"GIF89a"),
    (Kind.TIFF, 0, b"II*\x00"),
    (Kind.TIFF, 0, b"MM\x00*"),
    (Kind.DICOM, 128, b"DICM"),
    (Kind.RTF, 0, b"{\\rtf"),
    (Kind.PROGRAM, 0, b"\x7fELF"),
    (Kind.PROGRAM, 0, b"\xfe\xed\xfa\xce"),
    (Kind.PROGRAM, 0, b"\xfe\xed\xfa\xcf"),
    (Kind.PROGRAM, 0, b"\xce\xfa\xed\xfe"),
    (Kind.PROGRAM, 0, b"\xcf\xfa\xed\xfe"),
    (Kind.PROGRAM, 0, b"\xca\xfe\xba\xbe"),
    (Kind.PROGRAM, 0, b"\x00asm"),
    (Kind.PROGRAM, 0, b"dex\n03"),
    (Kind.SCRIPT, 0, b"#!/bin/"),
    (Kind.SCRIPT, 0, b"#!/usr/"),
    (Kind.SCRIPT, 0, b"<?php"),
    (Kind.SHORTCUT, 0, b"L\x00\x00\x00\x01\x14\x02\x00"),
    (Kind.ARCHIVE, 0, b"Rar!\x1a\x07"),
    (Kind.ARCHIVE, 0, b"7z\xbc\xaf\x27\x1c"),
    (Kind.ARCHIVE, 0, b"MSCF\x00\x00\x00\x00"),
    (Kind.ARCHIVE, 0, b"\xfd7zXZ\x00"),
    (Kind.ARCHIVE, 4, b"1AY&SY"),
    (Kind.ARCHIVE, 0, b"\x28\xb5\x2f\xfd"),
    (Kind.ARCHIVE, 0, b"\x04\x22\x4d\x18"),
    (Kind.ARCHIVE, 0, b"LZIP\x01"),
    (Kind.ARCHIVE, 257, b"ustar"),
    (Kind.ARCHIVE, 0x8001, b"CD001"),
    (Kind.ARCHIVE, 0, b"ITSF\x03\x00\x00\x00"),
    (Kind.DATABASE, 0, b"SQLite format 3\x00"),
    (Kind.DATABASE, 4, b"Standard Jet DB\x00"),
    (Kind.DATABASE, 4, b"Standard ACE DB\x00"),
    (Kind.MEDIA, 8, b"WEBPVP8"),
    (Kind.MEDIA, 8, b"WAVEfmt "),
    (Kind.MEDIA, 8, b"AVI LIST"),
    (Kind.MEDIA, 4, b"ftyp"),
    (Kind.MEDIA, 0, b"OggS\x00"),
    (Kind.MEDIA, 0, b"fLaC"),
    (Kind.MEDIA, 0, b"ID3\x02\x00"),
    (Kind.MEDIA, 0, b"ID3\x03\x00"),
    (Kind.MEDIA, 0, b"ID3\x04\x00"),
    (Kind.MEDIA, 0, b"\x1aE\xdf\xa3"),
    (Kind.MEDIA, 0, b"8BPS\x00\x01"),
    (Kind.OTHER, 0, b"%!PS"),
    (Kind.OTHER, 0, b"AT&TFORM"),
)
_MARKUP = re.compile(
    r"(?P<html><!doctype\s+html|<html[\s>]|<head[\s>]|<body[\s>]|<script[\s>]|<iframe[\s>])|<\?xml\s|<svg[\s>]", re.I
)
_MARKS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))
_BITMAP_HEADERS = frozenset({12, 40, 52, 56, 64, 108, 124})
_OLD_OFFICE = {
    "WordDocument": Kind.OLD_WORD,
    "Workbook": Kind.OLD_EXCEL,
    "Book": Kind.OLD_EXCEL,
    "PowerPoint Document": Kind.OLD_POWERPOINT,
    "EncryptedPackage": Kind.ENCRYPTED_OFFICE,
    "__properties_version1.0": Kind.MAIL,
}
_INSTALLER_CLASS = re.compile(rb"[\x82\x84\x86]\x10\x0c\x00{5}\xc0\x00{6}F", re.S)
_OFFICE_FOLDERS = {"word/": Kind.WORD, "xl/": Kind.EXCEL, "ppt/": Kind.POWERPOINT}


def recognised(sample: Sample) -> frozenset[Kind]:
    """Every type that the bytes are of; empty when nothing gives them away."""
    head = sample.head
    kinds = {kind for kind, at, signature in _SIGNATURES if head[at : at + len(signature)] == signature}
    if head[:3] == b"\xff\xd8\xff" and head[3:4] >= b"\xc0":
        kinds.add(Kind.JPEG)
    if head[:3] == b"\x1f\x8b\x08" and head[3:4] <= b"\x1f":
        kinds.add(Kind.ARCHIVE)
    if _is_bitmap(head):
        kinds.add(Kind.BMP)
    if _is_windows_program(head):
        kinds.add(Kind.PROGRAM)
    if markup := _MARKUP.match(_text(head)):
        kinds.add(Kind.HTML if markup["html"] else Kind.XML)
    return frozenset(kinds | _archives(sample) | _compound(sample))


def compound_directory(head: bytes) -> int | None:
    """Where the directory of a compound file begins; None when it is no such file."""
    if not head.startswith(OLE) or len(head) < 52:
        return None
    (shift,) = struct.unpack_from("<H", head, 30)
    (sector,) = struct.unpack_from("<I", head, 48)
    return (sector + 1) << shift if shift in {9, 12} else None


def directory_names(directory: bytes) -> list[str]:
    """The names in a compound file's directory, 128 bytes each."""
    names = []
    for at in range(0, len(directory) - 127, 128):
        (length,) = struct.unpack_from("<H", directory, at + 64)
        if 2 <= length <= 64:
            names.append(directory[at : at + length - 2].decode("utf-16-le", "replace"))
    return names


def _is_bitmap(head: bytes) -> bool:
    if len(head) < 18 or head[:2] != b"BM" or head[6:10] != bytes(4):
        return False
    return int.from_bytes(head[14:18], "little") in _BITMAP_HEADERS


def _is_windows_program(head: bytes) -> bool:
    at = int.from_bytes(head[60:64], "little")
    return head[:2] == b"MZ" and head[at : at + 4] == b"PE\x00\x00"


def _text(head: bytes) -> str:
    """The first letters, whatever mark of an encoding stands before them."""
    for mark, encoding in _MARKS:
        if head.startswith(mark):
            return head[len(mark) : len(mark) + 2048].decode(encoding, "replace").lstrip()
    return head[:2048].decode("latin-1").lstrip()


def _archives(sample: Sample) -> set[Kind]:
    """A ZIP from its first byte on, or one that begins behind something else: readers of ZIP begin at the end."""
    listing = zip_listing(sample.tail)
    if not sample.head.startswith((ZIP_FILE, ZIP_END)):
        return {Kind.ZIP} if listing is not None and listing.names else set()
    names = [name.lower() for name in listing.names] if listing is not None else []
    if "[content_types].xml" not in names:
        return {Kind.ZIP}
    office = {kind for folder, kind in _OFFICE_FOLDERS.items() if any(name.startswith(folder) for name in names)}
    return office or {Kind.ZIP}


def _compound(sample: Sample) -> set[Kind]:
    if not sample.head.startswith(OLE):
        return set()
    kinds = {_OLD_OFFICE[name] for name in directory_names(sample.directory) if name in _OLD_OFFICE}
    if _INSTALLER_CLASS.fullmatch(sample.directory[80:96]):
        kinds.add(Kind.INSTALLER)
    return kinds or {Kind.OLD_OFFICE}
