"""The table `idempotency`: what was asked under a key, who is at it, and what was answered."""

import secrets
from dataclasses import replace
from datetime import datetime

from shared.adapters.blobs import BlobStore
from shared.adapters.documents import CHUNK_UNITS, columns, from_columns, utf16_units
from shared.adapters.keys import escape
from shared.adapters.storage_calls import Exists, Missing
from shared.adapters.tables import Op, Row, Tables, Write
from shared.domain.errors import Conflict, Unavailable
from shared.domain.identifiers import PartyUrn, party_number
from shared.ports.storage import KeyedRequest, Loaded

_KEY = "k"
_LOOKS = 3


class IdempotencyTable:
    """Fulfils the port Idempotency. A response too long for a column lies in a blob of the container `responses`."""

    def __init__(self, tables: Tables, blobs: BlobStore) -> None:
        self._table = tables.table("idempotency")
        self._blobs = blobs

    async def begin(self, request: KeyedRequest) -> Loaded[KeyedRequest] | None:
        """Insert it: None when it was new (go on), else what is there already. One operation, two when it is there."""
        own = secrets.token_hex(8)
        row = Row(_partition(request.owner, request.key), _KEY, {**columns(request), "claim": own})
        for _ in range(_LOOKS):
            try:
                await self._table.write(Write(Op.INSERT, row))
            except (Exists, Unavailable) as error:
                found = await self._table.get(row.partition, _KEY)
                if found is not None:
                    return None if found.text("claim") == own else await self._loaded(found)
                if isinstance(error, Unavailable):
                    raise
            else:
                return None
        raise Unavailable("table storage")  # Taken and forgotten again and again while we looked.

    async def find(self, owner: PartyUrn, key: str) -> KeyedRequest | None:
        """What is remembered under this key, or None."""
        row = await self._table.get(_partition(owner, key), _KEY)
        return (await self._loaded(row)).state if row else None

    async def take_over(self, existing: Loaded[KeyedRequest], *, until: datetime) -> bool:
        """Claim a request whose flight ended without a response. False when somebody else did first."""
        own = secrets.token_hex(8)
        request = replace(existing.state, in_flight_until=until)
        partition = _partition(request.owner, request.key)
        row = Row(partition, _KEY, {**columns(request), "claim": own}, existing.etag)
        try:
            await self._table.write(Write(Op.REPLACE, row))
        except (Conflict, Missing, Unavailable) as error:
            found = await self._table.get(partition, _KEY)
            if found is not None and found.text("claim") == own:
                return True
            if isinstance(error, Unavailable):
                raise
            return False
        return True

    async def finish(self, owner: PartyUrn, key: str, response: str) -> None:
        """Store the response for ever. Raises Conflict when the request was forgotten. Done twice is done once."""
        partition = _partition(owner, key)
        kept = {"response": response}
        if utf16_units(response) > CHUNK_UNITS:
            name = f"{escape(party_number(owner))}/{escape(key)}"
            await self._blobs.put_response(name, response)
            kept = {"response_blob": name}
        try:
            await self._table.write_again(Write(Op.CHANGE, Row(partition, _KEY, kept)))
        except Missing as error:
            raise Conflict("the request was forgotten") from error

    async def forget(self, request: KeyedRequest) -> None:
        """The request was refused before anything was written: the key may be used again. Two operations.

        Nothing changes when somebody has taken it over or answered it meanwhile: then it is theirs.
        """
        partition = _partition(request.owner, request.key)
        row = await self._table.get(partition, _KEY)
        if row is None or await self._differs(row, request):
            return
        try:
            await self._table.write(Write(Op.DELETE, row))
        except (Conflict, Missing):
            return

    async def _differs(self, row: Row, request: KeyedRequest) -> bool:
        found = (await self._loaded(row)).state
        return found.response is not None or found.in_flight_until != request.in_flight_until

    async def _loaded(self, row: Row) -> Loaded[KeyedRequest]:
        request = from_columns(KeyedRequest, row.columns)
        if blob := row.text("response_blob"):
            request = replace(request, response=await self._blobs.response(blob))
        elif "response" in row.columns:
            request = replace(request, response=row.text("response"))
        return Loaded(request, row.etag)


def _partition(owner: PartyUrn, key: str) -> str:
    return f"{escape(party_number(owner))}:{escape(key)}"
