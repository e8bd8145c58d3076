"""Bytes coming in: a raw body, or the files of a form, staged while they arrive and committed by the use case."""

import hashlib
import os
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field

from fastapi import Request
from starlette.requests import ClientDisconnect

from functions.http.multipart import PartBegins, PartEnds, parts_of
from shared.domain.attachment import Stored
from shared.domain.checks_files import MAX_ATTACHMENTS, check_file_size
from shared.domain.errors import DomainError, Refusal
from shared.domain.identifiers import AttachmentId, uuid7
from shared.ports import App, Upload
from shared.schemas.forms import is_file_field
from shared.usecases.initialise import StagedFile

MAX_FIELDS = 5_000
MAX_FIELD_BYTES = 4 * 1024 * 1024  # All fields together; as much as a body in JSON may have.


Uploads = Callable[[AttachmentId], AbstractAsyncContextManager[Upload]]
"""What begins the upload of a file."""


class _Unkept:
    """Fulfils the port Upload and keeps nothing of it: bytes are counted and digested."""

    def __init__(self) -> None:
        self._size = 0
        self._md5 = hashlib.md5(usedforsecurity=False)
        self._sha256 = hashlib.sha256()

    async def write(self, chunk: bytes) -> None:
        self._size += len(chunk)
        self._md5.update(chunk)
        self._sha256.update(chunk)

    async def flush(self) -> str:
        return self._sha256.hexdigest()

    async def commit(self) -> Stored:
        return Stored("", self._size, self._md5.hexdigest(), self._sha256.hexdigest())


@asynccontextmanager
async def unkept(_: AttachmentId) -> AsyncIterator[Upload]:
    """An upload that goes nowhere, for a dry run."""
    yield _Unkept()


@dataclass(slots=True)
class Form:
    """What a form held: its fields in their order, and its files, written but not committed."""

    fields: list[tuple[str, str]] = field(default_factory=list)
    files: list[StagedFile] = field(default_factory=list)


async def chunks_of(request: Request) -> AsyncIterator[bytes]:
    """The body as it arrives, without empty pieces. Raises 2022 when the client goes away in the middle."""
    try:
        async for chunk in request.stream():
            if chunk:
                yield chunk
    except ClientDisconnect:
        raise DomainError(Refusal.UPLOAD_TOO_SLOW) from None


async def staged_form(app: App, request: Request, stack: AsyncExitStack, *, uploads: Uploads) -> Form:
    """The form, with every file staged in an upload that `stack` closes: what is not committed by then is dropped.

    `uploads` begins one.

    Raises InvalidRequest for a body that is no form, 2004 for a too large file (an empty one is refused in its
    turn), 1038 for too many, 7004 for fields that are too long together, 2022 for a body that is cut off.
    """
    staging = _Staging(app, stack, uploads)
    async for event in parts_of(chunks_of(request), request.headers.get("content-type", "")):
        match event:
            case PartBegins():
                await staging.begin(event)
            case PartEnds():
                await staging.end()
            case data:
                await staging.take(data)
    return staging.form


@dataclass(slots=True)
class _Staging:
    """The part under way: a field's bytes, a file's upload, or something to be passed over."""

    app: App
    stack: AsyncExitStack
    uploads: Uploads
    form: Form = field(default_factory=Form)
    part: PartBegins | None = None
    upload: Upload | None = None
    attachment_id: AttachmentId = field(default_factory=lambda: AttachmentId(""))
    size: int = 0
    text: bytearray = field(default_factory=bytearray)
    text_bytes: int = 0

    async def begin(self, part: PartBegins) -> None:
        self.part, self.upload, self.size = part, None, 0
        if part.file_name is None:
            if len(self.form.fields) >= MAX_FIELDS:
                raise DomainError(Refusal.REQUEST_TOO_LARGE, f"A form can have at most {MAX_FIELDS} fields")
            return
        if not is_file_field(part.name):
            return
        if len(self.form.files) >= MAX_ATTACHMENTS:
            raise DomainError(Refusal.TOO_MANY_ATTACHMENTS)
        self.attachment_id = AttachmentId(uuid7(self.app.clock(), os.urandom(10)))
        self.upload = await self.stack.enter_async_context(self.uploads(self.attachment_id))

    async def take(self, data: bytes) -> None:
        if self.upload is not None:
            self.size += len(data)
            check_file_size(self.size, max_bytes=self.app.rules.max_form_file_bytes)
            await self.upload.write(data)
        elif self.part is not None and self.part.file_name is None:
            self.text_bytes += len(data)
            if self.text_bytes > MAX_FIELD_BYTES:
                raise DomainError(Refusal.REQUEST_TOO_LARGE, "The fields of the form are too long")
            self.text += data

    async def end(self) -> None:
        part = self.part
        if (
            part is not None
            and part.file_name is not None
            and self.upload is not None
            and self.attachment_id is not None
        ):
            sha256 = await self.upload.flush()
            self.form.files.append(StagedFile(part.file_name, self.size, self.attachment_id, self.upload, sha256))
        elif part is not None and part.file_name is None:
            self.form.fields.append((part.name, self.text.decode("utf-8", "replace")))
        self.part, self.upload, self.text = None, None, bytearray()
