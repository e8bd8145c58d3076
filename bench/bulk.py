"""How fast a single message is accepted while a request with many recipients is under way."""

import asyncio
import statistics
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import count, islice

import httpx

from local import numbers, settings
from local.demo import letters
from local.demo.client import Api
from local.stack import Stack
from shared.adapters.registry import RegistryTable
from shared.adapters.tables import Tables
from shared.clock import system_clock
from shared.domain.identifiers import PartyUrn
from shared.ports import Party

RECIPIENTS = 500
_TOGETHER = 20
_PATIENCE_SECONDS = 600
_PAUSE_SECONDS = 0.25  # What follows from single messages is not what is measured.


@dataclass(frozen=True, slots=True)
class Beside:
    """How long single messages took while a bulk was being accepted, how many there were, and how long that took."""

    p50_ms: float
    slowest_ms: float
    count: int
    bulk_ms: float


def beside(stack: Stack, agency: Api, single: Callable[[], object]) -> Beside:
    """Have a bulk accepted, and single messages one after the other meanwhile."""
    recipients = _recipients()
    asyncio.run(_register(settings.storage_connection(stack.addresses), recipients))
    took: list[float] = []
    with ThreadPoolExecutor(1) as pool, httpx.Client(timeout=_PATIENCE_SECONDS, trust_env=False) as patient:
        sender = Api(agency.url, agency.token, patient)
        bulk = pool.submit(_timed, lambda: sender.sent(letters.letter(*recipients, reference="bench bulk")))
        while not bulk.done():
            time.sleep(_PAUSE_SECONDS)
            took.append(_timed(single))
        return Beside(statistics.median(took), max(took), len(took), bulk.result())


def _timed(call: Callable[[], object]) -> float:
    began = time.perf_counter()
    call()
    return (time.perf_counter() - began) * 1000


def _recipients() -> list[str]:
    valid = (number for number in map(str, count(313_000_000)) if numbers.valid_organisation_number(number))
    return list(islice(valid, RECIPIENTS))


async def _register(connection: str, recipients: list[str]) -> None:
    tables = Tables(connection_string=connection)
    registry = RegistryTable(tables, system_clock)
    turn = asyncio.Semaphore(_TOGETHER)

    async def put(number: str) -> None:
        urn = PartyUrn(numbers.party_urn(number))
        uuid, id_ = str(numbers.party_uuid(number)), numbers.party_id(number)
        async with turn:
            await registry.put_party(Party(urn=urn, uuid=uuid, party_id=id_, name="Eksempel AS"))

    try:
        await asyncio.gather(*map(put, recipients))
    finally:
        await tables.close()
