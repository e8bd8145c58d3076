"""Azure Tables: rows in, rows out, in our words. The only module that knows the vendor's library."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any

from azure.core import MatchConditions
from azure.core.credentials_async import AsyncTokenCredential
from azure.core.pipeline.transport import AsyncHttpTransport
from azure.data.tables import TableEntity, UpdateMode
from azure.data.tables.aio import TableClient

from shared.adapters.storage_calls import (
    RETRIES,
    CountingPolicy,
    Exists,
    Missing,
    new_transport,
    silent,
    translated,
)
from shared.domain.errors import Unavailable

type Value = str | int | bool

MAX_WRITES = 100
"""Operations in one entity-group transaction. Source: Azure Tables."""
PAGE = 1000
"""Rows in one answer. Source: Azure Tables."""


@dataclass(frozen=True, slots=True)
class Row:
    """One row. `columns` without the keys; `etag` is empty on a row that was not read."""

    partition: str
    key: str
    columns: Mapping[str, Value]
    etag: str = ""

    def text(self, column: str) -> str:
        """The column as text; empty when the row has no such column."""
        value = self.columns.get(column, "")
        return value if isinstance(value, str) else str(value)


class Op(Enum):
    """What a write does with its row."""

    INSERT = "insert"
    PUT = "put, whatever is there"
    MERGE = "merge into whatever is there"
    REPLACE = "replace under the row's etag"
    CHANGE = "merge into the row that must be there"
    DELETE = "delete the row that must be there, under its etag when it was read"


@dataclass(frozen=True, slots=True)
class Write:
    """One operation of a transaction."""

    op: Op
    row: Row


class Tables:
    """The connection: by connection string, or by endpoint and credential. Clients are made on first use."""

    def __init__(
        self,
        *,
        connection_string: str = "",
        endpoint: str = "",
        credential: AsyncTokenCredential | None = None,
        transport: AsyncHttpTransport[Any, Any] | None = None,
    ) -> None:
        self._connection_string = connection_string
        self._endpoint = endpoint
        self._credential = credential
        self._transport = transport
        self._clients: dict[str, TableClient] = {}

    def table(self, name: str) -> "Table":
        """The table of this name; it need not exist yet."""
        return Table(lambda: self._client(name))

    async def close(self) -> None:
        """Close every connection. The object can be used again afterwards, with new ones."""
        if self._transport is not None:
            await self._transport.close()
        self._transport = None
        self._clients.clear()

    def _client(self, name: str) -> TableClient:
        if name not in self._clients:
            if self._transport is None:
                self._transport = new_transport(self._endpoint or _protocol(self._connection_string))
            options: dict[str, Any] = {
                "transport": self._transport,
                "per_retry_policies": [CountingPolicy("table")],
                "logger": silent,
                "retry_total": RETRIES,
                "retry_backoff_factor": 0.2,
                "retry_backoff_max": 2,
            }
            if self._connection_string:
                self._clients[name] = TableClient.from_connection_string(self._connection_string, name, **options)
            else:
                self._clients[name] = TableClient(self._endpoint, name, credential=self._credential, **options)
        return self._clients[name]


class Table:
    """One table. Every method raises Unavailable; a missing table is made, and the call done again."""

    def __init__(self, client: Callable[[], TableClient]) -> None:
        self._client = client

    async def get(self, partition: str, key: str) -> Row | None:
        """The row, or None."""
        try:
            return _row(await self._run(lambda: self._client().get_entity(partition, key)))
        except Missing:
            return None

    async def write(self, *writes: Write) -> None:
        """Do all of it or nothing, as one operation.

        Raises Conflict when an etag is stale, Exists when a row to insert is there, Missing when one to replace,
        change or delete is not. Raises ValueError above 100 writes. A lost answer is Unavailable: who must know
        whether it was done reads again.
        """
        if len(writes) > MAX_WRITES:
            raise ValueError(f"{len(writes)} rows do not fit one transaction")
        if len(writes) == 1:
            await self._run(lambda: _single(self._client(), writes[0]))
        elif writes:
            batch = [_part(write) for write in writes]
            await self._run(lambda: self._client().submit_transaction(batch))

    async def write_again(self, *writes: Write) -> None:
        """`write` for what may be done twice (PUT and MERGE): tried a second time when the first answer was lost."""
        try:
            await self.write(*writes)
        except Unavailable:
            await self.write(*writes)

    async def insert(self, row: Row) -> bool:
        """Insert the row. False when there is one already."""
        try:
            await self.write(Write(Op.INSERT, row))
        except Exists:
            return False
        return True

    async def delete(self, partition: str, key: str) -> None:
        """Delete the row; fine when there is none."""
        await self._run(lambda: self._client().delete_entity(partition, key))

    async def find(self, filter_: str, *, limit: int | None = None, select: Sequence[str] = ()) -> list[Row]:
        """The rows that match, in the order of their keys, at most `limit`: one operation per page of 1,000."""
        return await self._run(lambda: self._find(filter_, limit, select))

    async def _find(self, filter_: str, limit: int | None, select: Sequence[str]) -> list[Row]:
        found: list[Row] = []
        page = min(limit or PAGE, PAGE)
        columns = [*select, "PartitionKey", "RowKey"] if select else None
        items = self._client().query_entities(filter_, results_per_page=page, select=columns)
        async for entity in items:
            found.append(_row(entity))
            if len(found) == limit:
                break
        return found

    async def _run[T](self, call: Callable[[], Awaitable[T]]) -> T:
        try:
            with translated("table storage"):
                return await call()
        except Missing as missing:
            if missing.code != "TableNotFound":
                raise
        await self._create()
        with translated("table storage"):
            return await call()

    async def _create(self) -> None:
        try:
            with translated("table storage"):
                await self._client().create_table()
        except Exists:
            return


def quoted(text: str) -> str:
    """The text as a literal of a filter."""
    return "'" + text.replace("'", "''") + "'"


def literal(value: Value) -> str:
    """The value of a column as a literal of a filter."""
    return quoted(value) if isinstance(value, str) else str(value).lower()


def in_partition(partition: str, *, low: str = "", high: str = "") -> str:
    """A filter: this partition, row keys from `low` (inclusive) to `high` (exclusive)."""
    parts = [f"PartitionKey eq {quoted(partition)}"]
    if low:
        parts.append(f"RowKey ge {quoted(low)}")
    if high:
        parts.append(f"RowKey lt {quoted(high)}")
    return " and ".join(parts)


def _row(entity: TableEntity) -> Row:
    columns = {name: value for name, value in entity.items() if name not in {"PartitionKey", "RowKey"}}
    return Row(entity["PartitionKey"], entity["RowKey"], columns, str(entity.metadata.get("etag") or ""))


def _entity(row: Row) -> dict[str, Value]:
    return {"PartitionKey": row.partition, "RowKey": row.key, **row.columns}


def _part(write: Write) -> tuple[str, dict[str, Value], dict[str, Any]]:
    entity = _entity(write.row)
    match write.op:
        case Op.INSERT:
            return "create", entity, {}
        case Op.PUT:
            return "upsert", entity, {"mode": UpdateMode.REPLACE}
        case Op.MERGE:
            return "upsert", entity, {"mode": UpdateMode.MERGE}
        case Op.REPLACE:
            return "update", entity, {"mode": UpdateMode.REPLACE, **_under(write.row.etag)}
        case Op.CHANGE:
            return "update", entity, {"mode": UpdateMode.MERGE}
        case Op.DELETE:
            return "delete", entity, _under(write.row.etag) if write.row.etag else {}


async def _single(client: TableClient, write: Write) -> None:
    name, entity, options = _part(write)
    match name:
        case "create":
            await client.create_entity(entity)
        case "upsert":
            await client.upsert_entity(entity, **options)
        case "update":
            await client.update_entity(entity, **options)
        case _:
            await client.delete_entity(write.row.partition, write.row.key, **options)


def _under(etag: str) -> dict[str, Any]:
    return {"etag": etag, "match_condition": MatchConditions.IfNotModified}


def _protocol(connection_string: str) -> str:
    is_local = "http;" in connection_string.lower() or "usedevelopmentstorage" in connection_string.lower()
    return "http:" if is_local else "https:"
