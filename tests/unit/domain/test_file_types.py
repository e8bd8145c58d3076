"""Content is held against the name: what contradicts fails, what is not recognised passes, some is flagged."""

import pytest

from shared.domain.archive_listing import zip_listing
from shared.domain.checks_files import MIME_TYPES
from shared.domain.file_types import STANDS_FOR, examine
from shared.domain.signatures import Kind, Sample, compound_directory, recognised
from shared.domain.verdicts import ContentFlag
from tests.unit.domain.files import (
    CONTENT_TYPES,
    GOOD,
    INSTALLER,
    OF_A_TYPE,
    PDF,
    PNG,
    archive,
    compound,
    encrypted,
    office,
    sample,
    windows_program,
)

MAY_BE: dict[str, set[str]] = {
    ".bmp": {"BMP"},
    ".csv": set(),
    ".dcm": {"TIFF"},
    ".dicom": {"TIFF"},
    ".doc": {"Word 97", "RTF"},
    ".docx": {"Word"},
    ".gif": {"GIF"},
    ".html": set(),
    ".jpeg": {"JPEG"},
    ".jpg": {"JPEG"},
    ".json": set(),
    ".pdf": {"PDF"},
    ".png": {"PNG"},
    ".pps": {"PowerPoint 97"},
    ".ppt": {"PowerPoint 97"},
    ".txt": set(),
    ".xls": {"Excel 97"},
    ".xlsx": {"Excel"},
    ".xml": set(),
    ".zip": {"ZIP", "JAR", "Open Document", "Word", "Excel", "PowerPoint"},
}
DISGUISED = [(suffix, kind) for suffix in MAY_BE for kind in OF_A_TYPE if kind not in MAY_BE[suffix]]


def contradiction(name: str, content: bytes) -> str:
    return examine(name, sample(content)).contradiction


def test_every_allowed_extension_stands_for_something() -> None:
    """The twenty of the contract, no more and no less, and each has good examples here."""
    assert set(STANDS_FOR) == set(MIME_TYPES) == set(GOOD) == set(MAY_BE)


@pytest.mark.parametrize(("suffix", "content"), [(suffix, one) for suffix, ones in GOOD.items() for one in ones])
def test_what_is_as_it_is_called_passes(suffix: str, content: bytes) -> None:
    """And what cannot be recognised; in capitals too."""
    assert contradiction("a" + suffix, content) == ""
    assert contradiction("A.PDF" + suffix.upper(), content) == ""


@pytest.mark.parametrize(("suffix", "kind"), DISGUISED, ids=str)
def test_what_is_recognised_as_something_else_fails(suffix: str, kind: str) -> None:
    """Whatever stands before the last dot: five hundred disguises, none gets through."""
    for name in ("a" + suffix, "vedtak.pdf.docx.png" + suffix):
        assert f"not what {suffix} stands for" in contradiction(name, OF_A_TYPE[kind])


def test_there_are_enough_disguises() -> None:
    """At least 250 of them."""
    assert len(DISGUISED) >= 250


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("picture and archive.gif", GOOD[".gif"][0] + archive("A.class")),
        ("picture and archive.png", PNG + archive("a.txt")),
        ("picture and archive.jpg", GOOD[".jpg"][0] + archive("a.txt")),
        ("document and archive.pdf", PDF + archive("a.js")),
        ("text and archive.txt", b"hei" + archive("a.txt")),
        ("page and archive.html", b"<html></html>" + archive("a.txt")),
        ("Word 97 and archive.doc", compound("WordDocument") + archive("a.txt")),
        ("program and archive.zip", windows_program() + archive("a.txt")),
        (
            "program and image.dcm",
            windows_program()[:60] + b"\x90\x00\x00\x00" + bytes(64) + b"DICM" + bytes(12) + b"PE\0\0",
        ),
        ("two documents.docx", archive(CONTENT_TYPES, "word/document.xml", "xl/workbook.xml")),
        ("types without a document.docx", archive(CONTENT_TYPES, "other/a.xml")),
        ("document without types.docx", archive("word/document.xml")),
        ("installer with a document.doc", compound("WordDocument", root_class=INSTALLER)),
        ("cut off.docx", office("word")[:-10]),
        ("cut off.xlsx", b"PK\x03\x04"),
        ("no archive.pdf", archive()),
        ("page.pdf", b"<!DOCTYPE HTML><script>"),
        ("page.png", b"\xef\xbb\xbf  <html>"),
        ("page.jpg", "\ufeff<html>".encode("utf-16-le")),
        ("page.json", b"<html>"),
        ("drawing.png", b"<svg onload=alert(1)>"),
        ("script.pdf", b"#!/bin/sh\nrm"),
        ("script.gif", b"<?php system($_GET[0]);"),
        ("script.html", b"<?php system($_GET[0]);"),
    ],
)
def test_what_is_two_things_at_once_fails(name: str, content: bytes) -> None:
    """One of them is not what the name says."""
    assert contradiction(name, content)


@pytest.mark.parametrize(
    "content", [b"", b"M", b"MZ", b"MZ" + bytes(62), OF_A_TYPE["Word 97"][:40], b"BM", b"PK", b"\xff\xd8\xff"]
)
def test_what_is_too_short_is_not_recognised(content: bytes) -> None:
    """Nor does it break anything; a compound file is known by its first eight bytes."""
    expected = {Kind.OLD_OFFICE} if content[:1] == b"\xd0" else set()
    assert recognised(sample(content)) == expected


@pytest.mark.parametrize("suffix", [s for s in MAY_BE if s not in {".zip", ".docx", ".xlsx"}])
def test_names_of_archives_in_the_text_of_a_file_mean_nothing(suffix: str) -> None:
    """Only a list that reaches exactly to the end of the file makes it an archive."""
    assert contradiction("a" + suffix, b"text " + archive("a.txt") + b" more text") == ""


@pytest.mark.parametrize(
    ("name", "content", "flags"),
    [
        ("a.docx", office("word", "word/vbaProject.bin"), (ContentFlag.MACROS,)),
        ("a.xlsx", office("xl", "xl/macrosheets/sheet1.xml"), (ContentFlag.MACROS,)),
        ("a.doc", compound("Macros", "VBA", "WordDocument"), (ContentFlag.MACROS,)),
        ("a.xls", compound("_VBA_PROJECT_CUR", "Workbook"), (ContentFlag.MACROS,)),
        ("a.docx", compound("EncryptionInfo", "EncryptedPackage"), (ContentFlag.ENCRYPTED,)),
        ("a.zip", encrypted(archive("a.txt", "b.txt")), (ContentFlag.ENCRYPTED,)),
        ("a.zip", encrypted(archive("word/vbaProject.bin")), (ContentFlag.MACROS, ContentFlag.ENCRYPTED)),
        ("a.pdf", PDF.replace(b"/Root", b"/Encrypt 9 0 R /Root"), (ContentFlag.ENCRYPTED,)),
        ("a.pdf", PDF.replace(b"/Root", b"/Encrypt<< /V 4 >> /Root"), (ContentFlag.ENCRYPTED,)),
        ("a.pdf", PDF.replace(b"endobj", b"(/Encrypt me) endobj"), ()),
        ("a.docx", office("word"), ()),
        ("a.txt", b"/Encrypt 9 0 R vbaProject.bin", ()),
    ],
)
def test_macros_and_encryption_are_said_and_refuse_nothing(
    name: str, content: bytes, flags: tuple[ContentFlag, ...]
) -> None:
    """Old and new Office formats, archives, PDF."""
    found = examine(name, sample(content))
    assert (found.contradiction, found.flags) == ("", flags)


def test_the_list_of_an_archive_is_read_from_its_end() -> None:
    """Whatever lies before it; None when it is cut, or longer than what is there."""
    whole = archive("a.txt", "søknad.txt")
    found = zip_listing(bytes(100) + whole)
    assert found is not None
    assert found.names == ("a.txt", "søknad.txt")
    assert zip_listing(whole[:-1]) is None
    assert zip_listing(whole[-40:]) is None
    assert zip_listing(whole + b"x") is None
    assert zip_listing(b"PK\x05\x06") is None


def test_the_list_of_a_large_archive_is_found() -> None:
    """In the 64-bit form, and with a comment that itself looks like an end."""
    end = b"PK\x06\x06" + (44).to_bytes(8, "little") + bytes(28)
    whole = archive("a.txt")
    start, record = whole.index(b"PK\x01\x02"), whole.index(b"PK\x05\x06")
    listing = whole[start:record]
    locator = b"PK\x06\x07" + bytes(16)
    large = listing + end + len(listing).to_bytes(8, "little") + bytes(8) + locator + whole[record : record + 12]
    large += b"\xff" * 8 + bytes(2)
    found = zip_listing(large)
    assert found is not None
    assert found.names == ("a.txt",)
    comment = b"PK\x05\x06" + bytes(30)
    said = whole[:-2] + len(comment).to_bytes(2, "little") + comment
    found = zip_listing(said)
    assert found is not None
    assert found.names == ("a.txt",)


def test_odd_bytes_break_nothing() -> None:
    """Every file cut at every byte, and with every byte turned around, gives an answer."""
    for content in (*OF_A_TYPE.values(), encrypted(archive("a"))):
        for at in range(0, len(content), 3):
            for odd in (content[:at], content[:at] + bytes([content[at] ^ 0xFF]) + content[at + 1 :]):
                examine("a.pdf", sample(odd))


def test_a_directory_far_away_is_named_by_the_header() -> None:
    """The first sector of the directory stands in the header; a size of sectors that does not exist is none."""
    content = compound("WordDocument", at_sector=7)
    assert compound_directory(content) == 8 * 512
    assert recognised(sample(content)) == {Kind.OLD_WORD}
    assert compound_directory(content[:30] + b"\x02\x00" + content[32:]) is None
    assert recognised(Sample(10**9, content[:512], b"")) == {Kind.OLD_OFFICE}
