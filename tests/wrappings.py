"""The malware test file in many wrappings, bytes no scanner can see into, and harmless ones, by name.

Everything is put together at run time, so that no scanner trips over this module.
"""

import base64
import bz2
import gzip
import io
import lzma
import tarfile
import zipfile
from collections.abc import Mapping

from shared.adapters.scanner import eicar_signature

EICAR = eicar_signature()
_FILLING = b"0123456789abcdef" * 4096


def zipped(*members: bytes, method: int = zipfile.ZIP_DEFLATED) -> bytes:
    """An archive of these files."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", method) as archive:
        for number, member in enumerate(members):
            archive.writestr(f"{number}.txt", member)
    return target.getvalue()


def nested(content: bytes, depth: int) -> bytes:
    """An archive in an archive, so many deep."""
    for _ in range(depth):
        content = zipped(b"beside", content)
    return content


def encrypted(content: bytes) -> bytes:
    """An archive whose member says that it is encrypted."""
    plain = bytearray(zipped(content))
    plain[6] |= 1
    plain[plain.index(b"PK\x01\x02") + 8] |= 1
    return bytes(plain)


def office(content: bytes) -> bytes:
    """A text document as word processors write it, with something embedded."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", '<?xml version="1.0"?><Types/>')
        archive.writestr("word/document.xml", "<w:document/>")
        archive.writestr("word/embeddings/oleObject1.bin", content)
    return target.getvalue()


def _tar(content: bytes) -> bytes:
    target = io.BytesIO()
    with tarfile.open(fileobj=target, mode="w") as archive:
        member = tarfile.TarInfo("letter.txt")
        member.size = len(content)
        archive.addfile(member, io.BytesIO(content))
    return target.getvalue()


def _mail(content: bytes) -> bytes:
    return (
        b"From: a@sender.example\r\nTo: b@recipient.example\r\nSubject: letter\r\nMIME-Version: 1.0\r\n"
        b'Content-Type: multipart/mixed; boundary="cut"\r\n\r\n--cut\r\nContent-Type: text/plain\r\n\r\nSee file.\r\n'
        b"--cut\r\nContent-Type: application/octet-stream\r\nContent-Transfer-Encoding: base64\r\n"
        b'Content-Disposition: attachment; filename="letter.bin"\r\n\r\n' + base64.encodebytes(content) + b"--cut--\r\n"
    )


INFECTED: Mapping[str, bytes] = {
    "plain": EICAR,
    "with a line break": EICAR + b"\r\n",
    "with a prefix": b"MZ" + _FILLING + EICAR,
    "with a suffix": EICAR + _FILLING,
    "between bytes": _FILLING + EICAR + _FILLING,
    "after a megabyte": bytes(1024 * 1024) + EICAR,
    "twice": EICAR + _FILLING + EICAR,
    "behind a PDF's beginning": b"%PDF-1.7\n" + _FILLING + EICAR + b"\n%%EOF",
    "behind a picture's beginning": b"\x89PNG\r\n\x1a\n" + _FILLING + EICAR,
    "in an archive": zipped(EICAR),
    "in an archive, stored": zipped(EICAR, method=zipfile.ZIP_STORED),
    "in an archive, bzip2": zipped(EICAR, method=zipfile.ZIP_BZIP2),
    "in the last of many files": zipped(*(b"%d" % n for n in range(50)), EICAR),
    "in an archive in an archive": nested(EICAR, 2),
    "in an archive three deep": nested(EICAR, 3),
    "in a text document": office(EICAR),
    "in an archive behind other bytes": zipped(b"x" * 5000, _FILLING + EICAR + _FILLING),
    "beside an encrypted file": zipped(encrypted(b"secret"), EICAR),
}
"""What every scanner must find."""

INFECTED_FOR_CLAMD: Mapping[str, bytes] = {
    "in a tar": _tar(EICAR),
    "in a gzip": gzip.compress(EICAR),
    "in a bzip2": bz2.compress(EICAR),
    "in an xz": lzma.compress(EICAR),
    "in a tar in a gzip": gzip.compress(_tar(EICAR)),
    "in base64 in a mail": _mail(EICAR),
    "in an archive in a mail": _mail(zipped(EICAR)),
}
"""What only a real scanner can open."""

HARMLESS: Mapping[str, bytes] = {
    "one byte": b"a",
    "text": b"hello\n" * 1000,
    "nearly the test file": EICAR[:-1],
    "the test file turned around": EICAR[::-1],
    "an archive": zipped(b"one", b"two"),
    "an empty archive": zipped(),
    "an archive in an archive": nested(b"harmless", 2),
    "a text document": office(b"harmless"),
    "a letter in a PDF": b"%PDF-1.7\n1 0 obj<<>>endobj\ntrailer<<>>\n%%EOF",
    "zeros": bytes(300_000),
    "a mail": _mail(b"harmless"),
}
"""What must pass."""
