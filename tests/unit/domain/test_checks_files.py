"""Names, types and pairing of files."""

import pytest

from shared.domain.checks_files import (
    MIME_TYPES,
    characters,
    check_attachment,
    check_file_name,
    check_file_size,
    data_type,
    extension,
    pair_files,
)
from shared.domain.errors import DomainError, Refusal
from tests.builders import new_attachment

ALLOWED = "doc xls docx xlsx ppt pps zip pdf html txt xml jpg jpeg gif bmp png json csv dcm dicom"


def refusal(file_name: str) -> Refusal | None:
    try:
        check_file_name(file_name)
    except DomainError as error:
        return error.refusal
    return None


def test_the_allowed_types_are_the_contracts() -> None:
    """Twenty extensions, each with a media type."""
    assert set(MIME_TYPES) == {f".{name}" for name in ALLOWED.split()}
    assert all("/" in media_type for media_type in MIME_TYPES.values())


@pytest.mark.parametrize(
    "name", ["a.pdf", "A.PDF", "æøå 2026.docx", "a.b.zip", ".pdf", "COM10.pdf", "console.txt", "a'b.csv"]
)
def test_an_ordinary_name_passes(name: str) -> None:
    """Whatever its case, spaces and letters."""
    assert refusal(name) is None


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("", Refusal.FILE_NAME_MISSING),
        (" \t", Refusal.FILE_NAME_MISSING),
        ("x" * 252 + ".pdf", Refusal.FILE_NAME_TOO_LONG),
        ("x" * 252 + ".exe", Refusal.FILE_NAME_TOO_LONG),
        ("a.exe", Refusal.FILE_TYPE_NOT_ALLOWED),
        ("pdf", Refusal.FILE_TYPE_NOT_ALLOWED),
        ("a.pdf.exe", Refusal.FILE_TYPE_NOT_ALLOWED),
        ("a.pdf ", Refusal.FILE_TYPE_NOT_ALLOWED),
        ("a.", Refusal.FILE_TYPE_NOT_ALLOWED),
        ("a|b.exe", Refusal.FILE_TYPE_NOT_ALLOWED),
        *((f"a{character}b.pdf", Refusal.FILE_NAME_CHARACTERS) for character in '<>:"/\\|?*\x00\x1f\n'),
        ("../../etc.pdf", Refusal.FILE_NAME_CHARACTERS),
        ("CON.pdf", Refusal.FILE_NAME_RESERVED),
        ("nul.txt", Refusal.FILE_NAME_RESERVED),
        ("Lpt9.tar.zip", Refusal.FILE_NAME_RESERVED),
    ],
)
def test_a_bad_name_is_told_by_its_first_fault(name: str, expected: Refusal) -> None:
    """2010, 2011, 2013, 2012, 2021, in this order."""
    assert refusal(name) is expected


FOREIGN = (
    "exe com bat cmd scr pif msi msp lnk url js jse vbs vbe wsf wsh hta ps1 psm1 jar class apk dll sys cpl reg inf chm "
    "iso img vhd rar 7z gz tar docm xlsm pptm dotm xlam ppam docx.exe pdf. svg htm xhtml mht php asp jsp cgi sh py "
    "pdf.zip.js PDF.EXE pd pdff txt~ html5 jpg.jpe"
)
CONTROLS = [*range(0x20), *range(0x7F, 0xA0), 0x61C, 0x200E, 0x200F, *range(0x2028, 0x202F), *range(0x2066, 0x206A)]


@pytest.mark.parametrize("code", [*CONTROLS, 0xD800, 0xDBFF, 0xDC00, 0xDFFF], ids=hex)
def test_characters_that_deceive_are_refused(code: int) -> None:
    """2012 wherever they stand: those that control, turn the direction of writing around, or are no text."""
    for name in (f"{chr(code)}vedtak.pdf", f"vedtak{chr(code)}fdp.pdf", f"vedtak{chr(code)}.pdf"):
        assert refusal(name) is Refusal.FILE_NAME_CHARACTERS


@pytest.mark.parametrize("device", ["con", "PRN", "Aux", "NUL", *(f"COM{n}" for n in range(1, 10)), "lpt1", "LPT9"])
@pytest.mark.parametrize("rest", [".pdf", ".tar.zip", "..txt"])
def test_names_of_devices_are_refused(device: str, rest: str) -> None:
    """2021 in any case, with however many extensions."""
    assert refusal(device + rest) is Refusal.FILE_NAME_RESERVED


@pytest.mark.parametrize(
    "name",
    [
        "../a.pdf",
        "..\\a.pdf",
        "/etc/a.pdf",
        "C:a.pdf",
        "C:\\a.pdf",
        "a/../../b.pdf",
        "a.pdf/b.pdf",
        "\\\\host\\a.pdf",
        "a.pdf:stream.txt",
        "file://a.pdf",
        "a?.pdf",
        "*.pdf",
        "<script>.html",
        "a|b.pdf",
        '"a".pdf',
        "a\r\nSet-Cookie: b.pdf",
    ],
)
def test_names_that_lead_elsewhere_are_refused(name: str) -> None:
    """2012: no way out of a folder, no stream, no header."""
    assert refusal(name) is Refusal.FILE_NAME_CHARACTERS


@pytest.mark.parametrize("last", FOREIGN.split())
def test_other_extensions_are_refused(last: str) -> None:
    """2013, whatever stands before the last dot, and whatever follows that a system might cut off."""
    for name in (f"vedtak.{last}", f"vedtak.pdf.{last}", f"vedtak.{last} ", f"vedtak.{last}\u3000", f".{last}"):
        assert refusal(name) is Refusal.FILE_TYPE_NOT_ALLOWED


def test_255_characters_fit() -> None:
    """Counted as on the wire."""
    assert refusal("x" * 251 + ".pdf") is None
    assert refusal("😀" * 126 + ".pdf") is Refusal.FILE_NAME_TOO_LONG
    assert characters("a😀ø") == 4


@pytest.mark.parametrize(("days", "passes"), [(None, True), (14, True), (13, False), (0, False), (-1, False)])
def test_a_file_is_kept_for_the_minimum_at_least(days: int | None, passes: bool) -> None:
    """2017 below it, after all faults of the name."""
    if passes:
        check_attachment(new_attachment(expiration_in_days=days), minimum_expiration_days=14)
        return
    for name, expected in (("a.pdf", Refusal.EXPIRATION_TOO_SHORT), ("a.exe", Refusal.FILE_TYPE_NOT_ALLOWED)):
        with pytest.raises(DomainError) as caught:
            check_attachment(new_attachment(file_name=name, expiration_in_days=days), minimum_expiration_days=14)
        assert caught.value.refusal is expected


@pytest.mark.parametrize(
    ("name", "suffix", "shown"),
    [
        ("a.XML", ".xml", "text/xml"),
        ("a.dicom", ".dicom", "application/dicom"),
        ("a", "", "binary_octet_stream"),
        ("a.exe", ".exe", "binary_octet_stream"),
    ],
)
def test_a_name_stands_for_a_media_type(name: str, suffix: str, shown: str) -> None:
    """By its extension, else the wire's word for unknown."""
    assert (extension(name), data_type(name)) == (suffix, shown)


@pytest.mark.parametrize(("size", "passes"), [(0, False), (1, True), (10, True), (11, False)])
def test_a_file_is_neither_empty_nor_too_large(size: int, passes: bool) -> None:
    """2004 otherwise."""
    if passes:
        check_file_size(size, max_bytes=10)
    else:
        with pytest.raises(DomainError) as caught:
            check_file_size(size, max_bytes=10)
        assert caught.value.refusal is Refusal.FILE_SIZE


@pytest.mark.parametrize(
    ("entries", "files", "places"),
    [
        ([], [], ()),
        (["a.pdf", "b.pdf"], ["a.pdf", "b.pdf"], (0, 1)),
        (["a.pdf", "b.pdf"], ["b.pdf", "a.pdf"], (1, 0)),
        (["a.pdf", "a.pdf"], ["a.pdf", "a.pdf"], (0, 1)),
    ],
)
def test_files_are_paired_by_place_and_name(entries: list[str], files: list[str], places: tuple[int, ...]) -> None:
    """The same place first, else the only one of that name."""
    assert pair_files([new_attachment(file_name=name) for name in entries], files) == places


@pytest.mark.parametrize(
    ("entries", "files"),
    [
        (["a.pdf"], []),
        ([], ["a.pdf"]),
        (["a.pdf"], ["A.pdf"]),
        (["a.pdf", "b.pdf", "b.pdf"], ["b.pdf", "b.pdf", "a.pdf"]),
        (["a.pdf", "a.pdf"], ["a.pdf", "b.pdf"]),
    ],
)
def test_files_that_do_not_pair_are_refused(entries: list[str], files: list[str]) -> None:
    """1005: another number, another case, an ambiguous name, one file for two entries."""
    with pytest.raises(DomainError) as caught:
        pair_files([new_attachment(file_name=name) for name in entries], files)
    assert caught.value.refusal is Refusal.FILES_DO_NOT_MATCH
