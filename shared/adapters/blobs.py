"""Azure Blob Storage: the bytes of attachments (one container, no copies), and responses too long for a table."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import UTC, datetime, timedelta
from io import BytesIO
from typing import Any

from azure.core import MatchConditions
from azure.core.credentials_async import AsyncTokenCredential
from azure.core.pipeline.transport import AsyncHttpTransport
from azure.storage.blob import BlobSasPermissions, ContentSettings, UserDelegationKey, generate_blob_sas
from azure.storage.blob.aio import BlobClient, BlobServiceClient, LinearRetry

from shared.adapters.block_upload import BlockUpload
from shared.adapters.permits import demand
from shared.adapters.storage_calls import RETRIES, CountingPolicy, Exists, Missing, new_transport, silent, translated
from shared.domain.attachment import Stored
from shared.domain.errors import Conflict, Rejected, Unavailable
from shared.domain.identifiers import AttachmentId
from shared.domain.policy import Permit
from shared.ports.storage import Upload, WriteLink

PIECE = 4 * 1024 * 1024
ATTACHMENTS = "attachments"
RESPONSES = "responses"
_BINARY = "application/octet-stream"
_NEIGHBOUR = "blob storage"
_SKEW = timedelta(minutes=15)  # Source: the storage service's advice on the start of a signature.


class BlobStore:
    """Fulfils the port Blobs. By connection string, or by account URL and credential; connects on first use."""

    def __init__(
        self,
        *,
        connection_string: str = "",
        account_url: str = "",
        credential: AsyncTokenCredential | None = None,
        transport: AsyncHttpTransport[Any, Any] | None = None,
    ) -> None:
        self._connection_string = connection_string
        self._account_url = account_url
        self._credential = credential
        self._transport = transport
        self._service: BlobServiceClient | None = None

    async def close(self) -> None:
        """Close every connection."""
        if self._service is not None:
            await self._service.close()
        self._service, self._transport = None, None

    def upload(self, id_: AttachmentId) -> AbstractAsyncContextManager[Upload]:
        """Begin an upload; leaving without `commit` leaves nothing that can be seen.

        Blocks that were sent and never committed are dropped by the service after a week, or by the next commit.
        """
        return self._upload(id_)

    @asynccontextmanager
    async def _upload(self, id_: AttachmentId) -> AsyncIterator[Upload]:
        async def stage(block_id: str, block: bytes) -> None:
            await self._run(ATTACHMENTS, lambda: self._blob(id_).stage_block(block_id, BytesIO(block), len(block)))

        async def commit(block_ids: list[str], md5: bytes) -> str:
            return await self._commit(id_, block_ids, md5)

        upload = BlockUpload(stage, commit)
        try:
            yield upload
        finally:
            await upload.end()

    def read(
        self, id_: AttachmentId, stored: Stored, permit: Permit, *, start: int = 0, length: int | None = None
    ) -> AsyncIterator[bytes]:
        """The bytes, in pieces of at most 4 MiB, one of them read ahead. Raises Conflict if swapped or gone.

        Raises TypeError without a permit and ValueError for a range outside the file, both at once.
        """
        demand(permit)
        end = stored.size if length is None else start + length
        if not 0 <= start <= end <= stored.size:
            raise ValueError("the range is outside the file")
        return self._pieces(id_, stored.etag, start, end)

    async def _pieces(self, id_: AttachmentId, etag: str, start: int, end: int) -> AsyncIterator[bytes]:
        def begin(offset: int) -> asyncio.Task[bytes] | None:
            length = min(PIECE, end - offset)
            return asyncio.create_task(self._piece(id_, etag, offset, length)) if length > 0 else None

        coming = begin(start)
        try:
            while coming is not None:
                piece = await coming
                start += len(piece)
                coming = begin(start)
                yield piece
        finally:
            if coming is not None:
                coming.cancel()
                await asyncio.gather(coming, return_exceptions=True)

    async def _piece(self, id_: AttachmentId, etag: str, offset: int, length: int) -> bytes:
        only_this = _if_match(etag)

        async def get() -> bytes:
            downloader = await self._blob(id_).download_blob(offset, length, **only_this)
            return bytes(await downloader.readall())

        try:
            piece = await self._run(ATTACHMENTS, get)
        except Missing as error:
            raise Conflict("the bytes are gone") from error
        if len(piece) != length:
            raise Unavailable(_NEIGHBOUR)
        return piece

    async def current(self, id_: AttachmentId) -> Stored | None:
        """What lies there now, or None. The SHA-256 is empty, and the MD5 too when the blob was not put there by us."""
        try:
            properties = await self._run(ATTACHMENTS, lambda: self._blob(id_).get_blob_properties())
        except Missing:
            return None
        md5 = properties.content_settings.content_md5
        return Stored(properties.etag.strip('"'), properties.size, bytes(md5).hex() if md5 else "", "")

    async def tags(self, id_: AttachmentId, etag: str) -> Mapping[str, str]:
        """The index tags of these very bytes. Raises Conflict when others lie there, or none."""

        async def get() -> Mapping[str, str]:
            blob = self._blob(id_)
            found = await blob.get_blob_tags()
            await blob.get_blob_properties(**_if_match(etag))  # Tags take no condition: still the same afterwards.
            return found

        try:
            return await self._run(ATTACHMENTS, get)
        except Missing as error:
            raise Conflict("the bytes are gone") from error

    async def write_link(self, id_: AttachmentId, *, lifetime: timedelta) -> WriteLink:
        """A shared access signature for this blob, to write only: of our identity, or of the account on an emulator."""
        await self.current(id_)  # The container is there from now on, as whoever has the link cannot make it.
        blob = self._blob(id_)
        now = datetime.now(UTC)  # What the storage goes by.
        expires = now + lifetime
        account_key = getattr(blob.credential, "account_key", None)
        by: dict[str, Any] = {"account_key": account_key} if account_key else await self._delegated(now, expires)
        token = generate_blob_sas(
            str(blob.account_name),
            blob.container_name,
            blob.blob_name,
            permission=BlobSasPermissions(create=True, write=True),
            expiry=expires,
            protocol="https" if blob.url.startswith("https:") else None,
            **by,
        )
        return WriteLink(f"{blob.url}?{token}", expires)

    async def _delegated(self, now: datetime, expires: datetime) -> dict[str, Any]:
        async def get() -> UserDelegationKey:
            assert self._service is not None  # noqa: S101  a blob client was just made of it
            return await self._service.get_user_delegation_key(now - _SKEW, expires)

        return {"user_delegation_key": await self._run(ATTACHMENTS, get)}

    async def discard(self, id_: AttachmentId) -> None:
        """Nothing lies there: an empty blob in its place drops the blocks that were never committed, then it goes."""
        await self._run(ATTACHMENTS, lambda: self._blob(id_).upload_blob(b"", overwrite=True))
        await self.delete(id_)

    async def delete(self, id_: AttachmentId, *, etag: str = "") -> None:
        """Remove the bytes, with `etag` only these very bytes; fine when there are none."""
        only_this = _if_match(etag) if etag else {}
        try:
            await self._run(ATTACHMENTS, lambda: self._blob(id_).delete_blob(delete_snapshots="include", **only_this))
        except Missing:
            return
        except Conflict:
            if not etag:
                raise

    async def put_response(self, name: str, text: str) -> None:
        """Keep a response that is too long for a table."""
        data = text.encode("utf-8", "surrogatepass")
        await self._run(RESPONSES, lambda: self._blob(name, RESPONSES).upload_blob(data, overwrite=True))

    async def response(self, name: str) -> str:
        """A response that `put_response` kept. Raises Unavailable when it is not there (yet)."""

        async def get() -> bytes:
            downloader = await self._blob(name, RESPONSES).download_blob()
            return await downloader.readall()

        try:
            return (await self._run(RESPONSES, get)).decode("utf-8", "surrogatepass")
        except Missing as error:
            raise Unavailable(_NEIGHBOUR) from error

    async def _commit(self, id_: AttachmentId, block_ids: list[str], md5: bytes) -> str:
        settings = ContentSettings(content_type=_BINARY, content_md5=bytearray(md5))
        blocks: Any = block_ids
        try:
            done = await self._run(
                ATTACHMENTS, lambda: self._blob(id_).commit_block_list(blocks, content_settings=settings)
            )
        except Rejected as error:
            if error.reason != "InvalidBlockList":
                raise
            raise Conflict("another upload was committed meanwhile") from error
        return str(done["etag"]).strip('"')

    def _blob(self, name: str, container: str = ATTACHMENTS) -> BlobClient:
        if self._service is None:
            if self._transport is None:
                is_local = "http://" in (self._account_url or self._connection_string)
                self._transport = new_transport("http:" if is_local else "https:")
            options: dict[str, Any] = {
                "transport": self._transport,
                "_additional_pipeline_policies": [CountingPolicy("blob")],
                "logger": silent,
                "retry_policy": LinearRetry(backoff=1, retry_total=RETRIES, random_jitter_range=1),
            }
            if self._connection_string:
                self._service = BlobServiceClient.from_connection_string(self._connection_string, **options)
            else:
                self._service = BlobServiceClient(self._account_url, self._credential, **options)
        return self._service.get_blob_client(container, name)

    async def _run[T](self, container: str, call: Callable[[], Awaitable[T]]) -> T:
        try:
            with translated(_NEIGHBOUR):
                return await call()
        except Missing as missing:
            if missing.code != "ContainerNotFound":
                raise
        await self._create(container)
        with translated(_NEIGHBOUR):
            return await call()

    async def _create(self, container: str) -> None:
        assert self._service is not None  # noqa: S101  somebody's call has just failed on it
        try:
            with translated(_NEIGHBOUR):
                await self._service.get_container_client(container).create_container()
        except Exists:
            return


def _if_match(etag: str) -> dict[str, Any]:
    return {"etag": f'"{etag}"', "match_condition": MatchConditions.IfNotModified}
