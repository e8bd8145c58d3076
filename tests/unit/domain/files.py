"""Small files of many types, real enough to be recognised."""

import io
import struct
import zipfile
from collections.abc import Mapping

from shared.domain.signatures import OLE, Sample, compound_directory

CONTENT_TYPES = "[Content_Types].xml"


def archive(*names: str, files: Mapping[str, bytes] | None = None) -> bytes:
    """A ZIP of these names, and of these files."""
    kept = io.BytesIO()
    with zipfile.ZipFile(kept, "w") as opened:
        for name, content in {**dict.fromkeys(names, b"x"), **(files or {})}.items():
            opened.writestr(name, content)
    return kept.getvalue()


def encrypted(content: bytes) -> bytes:
    """The same archive with the flag of encryption on its first file."""
    at = content.index(b"PK\x01\x02") + 8
    return content[:at] + bytes([content[at] | 1]) + content[at + 1 :]


def office(folder: str, *more: str) -> bytes:
    """A document of the newer Office formats."""
    return archive(CONTENT_TYPES, "_rels/.rels", f"{folder}/document.xml", *more)


def compound(*names: str, root_class: bytes = bytes(16), at_sector: int = 1) -> bytes:
    """A compound file whose directory has these names."""
    header = bytearray(512)
    header[:8] = OLE
    struct.pack_into("<H", header, 30, 9)
    struct.pack_into("<I", header, 48, at_sector)
    directory = b"".join(
        _entry(name, root_class if name == "Root Entry" else bytes(16)) for name in ("Root Entry", *names)
    )
    return bytes(header) + bytes(512 * at_sector) + directory


def _entry(name: str, class_id: bytes) -> bytes:
    entry = bytearray(128)
    text = (name + "\0").encode("utf-16-le")
    entry[: len(text)] = text
    struct.pack_into("<H", entry, 64, len(text))
    entry[80:96] = class_id
    return bytes(entry)


def sample(content: bytes) -> Sample:
    """What is looked at of a small file: all of it."""
    at = compound_directory(content)
    return Sample(len(content), content, content, content[at:] if at is not None else b"")


def windows_program() -> bytes:
    """The beginning of an .exe."""
    return b"MZ" + bytes(58) + struct.pack("<I", 128) + bytes(64) + b"PE\x00\x00" + bytes(20)


def bitmap() -> bytes:
    """A picture of one point."""
    return b"BM" + struct.pack("<IHHIIiiHHIIiiII", 58, 0, 0, 54, 40, 1, 1, 1, 24, 0, 4, 0, 0, 0, 0) + bytes(4)


INSTALLER = bytes.fromhex("84100c0000000000c000000000000046")
PNG = b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR"
PDF = b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\ntrailer\n<< /Root 1 0 R >>\n%%EOF\n"

GOOD: Mapping[str, tuple[bytes, ...]] = {
    ".bmp": (bitmap(),),
    ".csv": (b"a;b\n1;2\n", b"\xef\xbb\xbfnavn;tall\n", b"\xff\xfea\x00;\x00b\x00"),
    ".dcm": (bytes(128) + b"DICM" + bytes(20), b"II*\x00" + bytes(124) + b"DICM", b"no preamble at all"),
    ".dicom": (bytes(128) + b"DICM" + bytes(20),),
    ".doc": (
        compound("1Table", "WordDocument"),
        compound("Workbook", "WordDocument"),
        compound(),
        b"{\\rtf1\\ansi hei}",
    ),
    ".docx": (office("word"), office("word", "word/embeddings/book.xlsx"), compound("EncryptedPackage")),
    ".gif": (b"GIF89a\x01\x00\x01\x00", b"GIF87a\x01\x00\x01\x00"),
    ".html": (b"<!DOCTYPE html><p>hei", b"\xef\xbb\xbf\n <HTML lang=nb>", b'<?xml version="1.0"?><html/>', b"<p>hei"),
    ".jpeg": (b"\xff\xd8\xff\xe0\x00\x10JFIF\x00",),
    ".jpg": (b"\xff\xd8\xff\xe1\x00\x10Exif\x00", b"\xff\xd8\xff\xdb\x00\x43"),
    ".json": (b'{"a": 1}', b"[]", b"null"),
    ".pdf": (PDF, b"\xef\xbb\xbf%PDF-1.4", b"junk\n%PDF-1.4"),
    ".png": (PNG,),
    ".pps": (compound("PowerPoint Document"),),
    ".ppt": (compound("Current User", "PowerPoint Document"), compound("Workbook", "PowerPoint Document")),
    ".txt": (b"Hei", b"", b"#!/bin/sh\necho", b"<html>", b"<?xml version='1.0'?>", "æøå".encode("utf-16"), b"%PD"),
    ".xls": (compound("Workbook"), compound("Book"), b"\x09\x08\x10\x00\x00\x06\x05\x00"),
    ".xlsx": (office("xl"), compound("EncryptionInfo", "EncryptedPackage")),
    ".xml": (
        b'<?xml version="1.0"?><a/>',
        b"<a/>",
        "\ufeff<?xml version='1.0'?>".encode("utf-16-le"),
        b"<!doctype html>",
    ),
    ".zip": (archive("a.txt"), archive(), office("word"), encrypted(archive("a.txt")), archive("META-INF/MANIFEST.MF")),
}
"""Files whose content is what their extension says, or cannot be recognised."""

OF_A_TYPE: Mapping[str, bytes] = {
    "PDF": PDF,
    "PNG": PNG,
    "JPEG": GOOD[".jpg"][0],
    "GIF": GOOD[".gif"][0],
    "BMP": bitmap(),
    "TIFF": b"II*\x00" + bytes(40),
    "RTF": b"{\\rtf1\\ansi hei}",
    "ZIP": archive("a.txt"),
    "JAR": archive("META-INF/MANIFEST.MF", "A.class"),
    "Open Document": archive("mimetype", "content.xml"),
    "Word": office("word"),
    "Excel": office("xl"),
    "PowerPoint": office("ppt"),
    "Word 97": compound("WordDocument"),
    "Excel 97": compound("Workbook"),
    "PowerPoint 97": compound("PowerPoint Document"),
    "installer": compound(root_class=INSTALLER),
    "Outlook": compound("__properties_version1.0"),
    "Windows program": windows_program(),
    "Linux program": b"\x7fELF\x02\x01\x01",
    "Mac program": b"\xcf\xfa\xed\xfe\x07\x00\x00\x01",
    "Java class": b"\xca\xfe\xba\xbe\x00\x00\x00\x41",
    "WebAssembly": b"\x00asm\x01\x00\x00\x00",
    "shortcut": b"L\x00\x00\x00\x01\x14\x02\x00\x00\x00",
    "RAR": b"Rar!\x1a\x07\x01\x00",
    "7-Zip": b"7z\xbc\xaf\x27\x1c\x00\x04",
    "gzip": b"\x1f\x8b\x08\x00\x00\x00\x00\x00",
    "cabinet": b"MSCF\x00\x00\x00\x00",
    "tar": bytes(257) + b"ustar\x0000" + bytes(200),
    "MP4": b"\x00\x00\x00\x18ftypmp42",
    "SQLite": b"SQLite format 3\x00",
}
"""Content that is recognised, whatever it is called."""
