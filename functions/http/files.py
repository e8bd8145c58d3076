"""Bytes going out: ranges, validators, digests, names. Source: wire contract 12.2 and 12.4, RFC 9110, RFC 9530."""

import base64
import re
from collections.abc import AsyncIterator
from urllib.parse import quote

from fastapi import Request, Response
from fastapi.responses import StreamingResponse

from functions.http.operation import BYTES
from shared.domain.attachment import External, Stored
from shared.domain.checks_files import extension
from shared.usecases.downloading import Download

_TYPES = {
    ".bmp": "image/bmp",
    ".csv": "text/csv; charset=utf-8",
    ".dcm": "application/dicom",
    ".dicom": "application/dicom",
    ".gif": "image/gif",
    ".html": "text/html; charset=utf-8",
    ".jpeg": "image/jpeg",
    ".jpg": "image/jpeg",
    ".json": "application/json",
    ".pdf": "application/pdf",
    ".png": "image/png",
    ".txt": "text/plain; charset=utf-8",
    ".xml": "application/xml",
}
"""What a recipient's download is served as; all else is plain bytes."""

_SHOWN_INLINE = frozenset({".pdf", ".png", ".jpg", ".jpeg", ".gif", ".bmp"})
_RANGE = re.compile(r"bytes=\s*(\d*)\s*-\s*(\d*)\s*", re.ASCII | re.IGNORECASE)
_BEYOND_ANY_FILE = 10**18


async def bytes_for_recipient(download: Download | External, request: Request) -> Response:
    """The file under its own type and name; or the way to where it is stored elsewhere."""
    if isinstance(download, External):
        return _led_to(download)
    name = download.attachment.file_name
    headers = {"Content-Disposition": disposition(name)}
    return await _serve(download, request, _TYPES.get(extension(name), BYTES), headers)


async def bytes_for_sender(download: Download | External, request: Request) -> Response:
    """The file as plain bytes; or the way to where it is stored elsewhere."""
    if isinstance(download, External):
        return _led_to(download)
    return await _serve(download, request, BYTES, {})


def _led_to(external: External) -> Response:
    """A redirection that tells the other host nothing of where the reader comes from."""
    return Response(status_code=302, headers={"Location": external.url, "Referrer-Policy": "no-referrer"})


def disposition(file_name: str) -> str:
    """`inline` for what a browser shows, else `attachment` with the name in ASCII and in full."""
    full = f"filename*=UTF-8''{quote(file_name, safe='')}"
    if extension(file_name) in _SHOWN_INLINE:
        return f"inline; {full}"
    plain = "".join(c if " " <= c <= "~" and c not in '"\\' else "_" for c in file_name)
    return f'attachment; filename="{plain}"; {full}'


def asked_range(header: str | None, size: int) -> tuple[int, int] | None:
    """The first byte and the number of bytes of a single range; None when all of it is meant.

    A range outside the file is (size, 0): nothing can satisfy it. Several ranges, and what is no range, mean all.
    """
    match = _RANGE.fullmatch(header) if header else None
    if match is None or not (match[1] or match[2]):
        return None
    last = _number(match[2]) if match[2] else size - 1
    if not match[1]:
        length = min(last, size)
        return size - length, length
    first = _number(match[1])
    if match[2] and last < first:
        return None
    return (first, min(last, size - 1) - first + 1) if first < size else (size, 0)


def _number(digits: str) -> int:
    """However many digits there are."""
    digits = digits.lstrip("0")
    return int(digits or "0") if len(digits) <= 18 else _BEYOND_ANY_FILE


def is_known(header: str | None, etag: str) -> bool:
    """True when an If-None-Match names this version, or any; weak validators count. Source: RFC 9110, 13.1.2."""
    named = [part.strip().removeprefix("W/") for part in (header or "").split(",")]
    return etag in named or named == ["*"]


async def _serve(download: Download, request: Request, media_type: str, headers: dict[str, str]) -> Response:
    stored = download.stored
    etag = f'"{stored.etag}"'
    headers |= {"Accept-Ranges": "bytes", "ETag": etag, **_digests("Repr-Digest", stored)}
    if is_known(request.headers.get("if-none-match"), etag):
        return Response(status_code=304, headers=headers)
    condition = request.headers.get("if-range")
    wanted = request.headers.get("range") if condition is None or condition.strip() == etag else None
    span = asked_range(wanted, stored.size)
    if span is None:
        status, start, length = 200, 0, stored.size
        headers |= _digests("Content-Digest", stored)
    else:
        status, (start, length) = 206, span
        if length == 0:
            return Response(status_code=416, headers=headers | {"Content-Range": f"bytes */{stored.size}"})
        headers["Content-Range"] = f"bytes {start}-{start + length - 1}/{stored.size}"
    headers["Content-Length"] = str(length)
    chunks = await begun(download, start, length)
    return StreamingResponse(chunks, status, headers, media_type)


async def begun(download: Download, start: int, length: int | None) -> AsyncIterator[bytes]:
    """The bytes, the first ones read already, so that a fault still has a status. Raises 2001 when swapped."""
    pieces = aiter(download.read(start, length))
    return chained(await anext(pieces, b""), pieces)


async def chained(first: bytes, rest: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """What was read already, then the rest."""
    yield first
    async for piece in rest:
        yield piece


def _digests(name: str, stored: Stored) -> dict[str, str]:
    if not stored.sha256:
        return {}
    return {name: f"sha-256=:{base64.b64encode(bytes.fromhex(stored.sha256)).decode()}:"}
