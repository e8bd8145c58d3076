"""Many rows into a table of the emulator, fast: the SDK needs several times as long for a transaction as it does."""

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from types import TracebackType
from typing import Any, Self
from urllib.parse import quote

import httpx
from azure.core.credentials import AzureNamedKeyCredential
from azure.data.tables import AccountSasPermissions, ResourceTypes, generate_account_sas

_VERSION = "2019-02-02"
_TIMEOUT_SECONDS = 120
_IDLE_SECONDS = 2  # The emulator closes idle connections after 5 s; a request that meets that is lost.
_ALLOWED = timedelta(hours=6)
_TAKEN = 202
_ROW_TAKEN = "204 No Content"


class Transactions:
    """A connection to one table, which writes its transactions as text."""

    def __init__(self, connection: str, table: str) -> None:
        """Nothing is sent yet."""
        said = dict(part.split("=", 1) for part in connection.split(";") if part)
        may = generate_account_sas(
            AzureNamedKeyCredential(said["AccountName"], said["AccountKey"]),
            ResourceTypes(object=True),
            AccountSasPermissions(write=True, add=True, update=True),
            datetime.now(UTC) + _ALLOWED,
        )
        self._table = f"{said['TableEndpoint']}/{table}"
        self._url = f"{said['TableEndpoint']}/$batch?{may}"
        limits = httpx.Limits(keepalive_expiry=_IDLE_SECONDS)
        self._client = httpx.AsyncClient(timeout=_TIMEOUT_SECONDS, limits=limits, trust_env=False)

    async def put(self, rows: Sequence[Mapping[str, Any]]) -> None:
        """Insert or replace these rows of one partition, at most 100. Raises RuntimeError when they are not taken."""
        parts = "".join(map(self._part, rows))
        changes = f"Content-Type: multipart/mixed; boundary=changeset_1\r\n\r\n{parts}--changeset_1--\r\n"
        headers = {"Content-Type": "multipart/mixed; boundary=batch_1", "x-ms-version": _VERSION}
        body = f"--batch_1\r\n{changes}--batch_1--\r\n"
        answer = await self._client.post(self._url, headers=headers, content=body.encode())
        if answer.status_code != _TAKEN or answer.text.count(_ROW_TAKEN) != len(rows):
            raise RuntimeError(f"{len(rows)} rows were not taken: {answer.status_code} {answer.text[:500]}")

    def _part(self, row: Mapping[str, Any]) -> str:
        keys = ",".join(f"{name}='{quote(row[name], safe='')}'" for name in ("PartitionKey", "RowKey"))
        lines = (
            "--changeset_1",
            "Content-Type: application/http",
            "Content-Transfer-Encoding: binary",
            "",
            f"PUT {self._table}({keys}) HTTP/1.1",
            "Content-Type: application/json",
            "Accept: application/json;odata=minimalmetadata",
            "DataServiceVersion: 3.0",
            "",
            json.dumps(row),
            "",
        )
        return "\r\n".join(lines)

    async def __aenter__(self) -> Self:
        """Take it as it is."""
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the connections."""
        await self._client.aclose()
