"""A page costs the same in a big box as in a small one: exactly as many operations, exactly as many rows."""

import json
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

import pytest
import pytest_asyncio

from bench.boxes import fill
from shared.adapters.mailboxes import MailboxTable
from shared.adapters.tables import Tables
from shared.domain.identifiers import PartyUrn, ResourceId
from shared.ports import MailboxEntry, MailboxQuery
from tests.builders import AGENCY
from tests.contract.storage.faults import FaultyTransport
from tests.contract.storage.makers import fresh, initialised, published, resource

REFERENCE = "Sak 1"
PAGES = 3


class ReadingTransport(FaultyTransport):
    """Counts the queries and the rows in their answers."""

    queries = 0
    rows = 0

    async def send(self, request: Any, **kwargs: Any) -> Any:
        response = await super().send(request, **kwargs)
        if request.method == "GET" and "()" in request.url:
            self.queries += 1
            self.rows += len(json.loads(response.body())["value"])
        return response


@dataclass(frozen=True, slots=True)
class Box:
    """Somebody's letters from the agency, all of one resource, reference and month."""

    recipient: PartyUrn
    resource_id: ResourceId

    def query(self, *, as_recipient: bool, **changes: Any) -> MailboxQuery:
        party = self.recipient if as_recipient else AGENCY
        return MailboxQuery(party=party, resource_id=self.resource_id, as_recipient=as_recipient, **changes)


@pytest_asyncio.fixture
async def read(storage: str) -> AsyncIterator[ReadingTransport]:
    """What was read from the tables."""
    transport = ReadingTransport()
    yield transport
    await transport.close()


@pytest.fixture
def port(storage: str, read: ReadingTransport) -> MailboxTable:
    """The real mailboxes."""
    return MailboxTable(Tables(connection_string=storage, transport=read))


async def box_of(storage: str, port: MailboxTable, letters: int) -> Box:
    """A box of this size."""
    box = Box(PartyUrn(f"urn:altinn:person:idporten-email:{fresh()}@example.no"), resource())
    at = datetime.now(UTC).replace(day=15)  # The oldest letter of the biggest box is of the same month.
    state = initialised(
        recipient=box.recipient,
        resource_id=box.resource_id,
        senders_reference=REFERENCE,
        requested_publish_time=at,
    ).state
    await port.point(MailboxEntry(correspondence=published(state, now=at).state, title="Vedtak"))
    await fill(storage, state.id, box.resource_id, letters - 1, lambda _: None)
    return box


def queries(box: Box, smallest: int) -> dict[str, MailboxQuery]:
    """What is asked of both boxes: of less than there is in the smaller one."""
    few = smallest // 20
    asked = {}
    for side, as_recipient in (("received", True), ("sent", False)):
        query = box.query(as_recipient=as_recipient, limit=few)
        asked[f"{side}, a page"] = replace(query, most_rows=smallest // 5)
        asked[f"{side}, a page of a reference"] = replace(query, most_rows=smallest // 5, senders_reference=REFERENCE)
        asked[f"{side}, a page of what matches nothing"] = replace(query, most_rows=smallest // 5, status="Failed")
        asked[f"{side}, without pages"] = replace(query, limit=smallest // 10)
    return asked


async def walked(port: MailboxTable, read: ReadingTransport, query: MailboxQuery) -> list[tuple[int, int, int]]:
    """For each of the first pages: how many places were found, with how many queries, from how many rows."""
    pages = []
    for _ in range(PAGES):
        queries, rows = read.queries, read.rows
        page = await port.search(query)
        pages.append((len(page.found), read.queries - queries, read.rows - rows))
        query = replace(query, after=page.next)
    return pages


async def compared(storage: str, port: MailboxTable, read: ReadingTransport, sizes: tuple[int, int]) -> None:
    """Every query costs the same in boxes of these sizes. The times are printed, and asserted nowhere."""
    small, big = [await box_of(storage, port, letters) for letters in sizes]
    bigger = queries(big, sizes[0])
    for what, query in queries(small, sizes[0]).items():
        began = time.perf_counter()
        expected = await walked(port, read, query)
        between = time.perf_counter()
        assert await walked(port, read, bigger[what]) == expected, what
        took = time.perf_counter() - between
        print(f"{what}: {expected}, {1000 * (between - began):.0f} ms and {1000 * took:.0f} ms")  # noqa: T201


async def test_a_box_ten_times_as_big_costs_the_same(storage: str, port: MailboxTable, read: ReadingTransport) -> None:
    """Both sides, by reference, with and without pages, and when nothing matches: 200 letters or 2,000."""
    await compared(storage, port, read, (200, 2_000))


@pytest.mark.long
async def test_a_hundred_thousand_letters_cost_what_a_thousand_do(
    storage: str, port: MailboxTable, read: ReadingTransport
) -> None:
    """The same for 1,000 and 100,000."""
    await compared(storage, port, read, (1_000, 100_000))
