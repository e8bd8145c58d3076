"""Whether a search takes longer in a big box, through HTTP, beside what the emulator itself takes longer.

Storage in the cloud finds a range of keys by its index. The emulator looks at every row of the table, and sorts every
row that matches before it gives the first page: it grows with the box whatever is asked of it. So the same queries are
made by the bare SDK between ours, and what they take longer is the emulator's own difference.
"""

import statistics
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime

from bench.boxes import fill
from bench.pages import Pages
from bench.report import Result, say
from local import numbers, settings
from local.demo import letters
from local.demo.client import Api, Services
from local.stack import Stack
from shared.adapters.keys import escape
from shared.adapters.months import month_of

TARGET_TIMES = 1.2
_PAGE = 50
_CAP = 1000  # Ids in an answer without pages.
_WARM_UP = 5
_SECONDS_BETWEEN_LINES = 10.0

type Call = Callable[[], object]


@dataclass(frozen=True, slots=True)
class Box:
    """What lies between the agency and one person, of one resource."""

    number: str
    resource: str
    letters: int


@dataclass(frozen=True, slots=True)
class Kind:
    """One way to ask, in the small box and in the big one, ours and bare."""

    name: str
    ours: tuple[Call, Call]
    bare: tuple[Call, Call]


def measure(sizes: tuple[int, int], times: int) -> list[Result]:
    """Fill two boxes, and ask both in turn, so many times each."""
    small, big = Box(letters.UNA, letters.LETTERS, sizes[0]), Box(letters.KARI, letters.QUIET, sizes[1])
    with Stack(storage_in_memory=True) as stack, closing(Pages(settings.storage_connection(stack.addresses))) as bare:
        services = Services.of(stack)
        agency = services.organisation(letters.AGENCY)
        for box in (small, big):
            _fill(stack, agency, bare, box)
        kinds = _kinds(services, agency, bare, (small, big))
        results = [result for kind in kinds for result in _compared(kind, sizes, times)]
        agency.close()
    return say(f"Searches in boxes of {sizes[0]} and {sizes[1]} letters, p50 of {times}, asked in turn", *results)


def _fill(stack: Stack, agency: Api, bare: Pages, box: Box) -> None:
    """The newest letters, a page of them, are real; the others are pointers like theirs."""
    connection = settings.storage_connection(stack.addresses)
    sent = [agency.sent(letters.letter(box.number, reference="bench", resource=box.resource))[0] for _ in range(_PAGE)]
    for id_ in sent:
        agency.until_status(id_, "Published", seconds=120)
    began = said = time.monotonic()

    def tell(done: int) -> None:
        nonlocal said
        now = time.monotonic()
        if now - said > _SECONDS_BETWEEN_LINES:
            said = now
            print(f"filling a box: {done} of {box.letters} letters after {now - began:.0f} s", flush=True)

    bare.run(fill(connection, sent[0], box.resource, box.letters - _PAGE, tell))
    found = len(agency.search(box.resource))
    print(
        f"filled a box with {box.letters} letters in {time.monotonic() - began:.0f} s, {found} in one answer",
        flush=True,
    )


def _kinds(services: Services, agency: Api, bare: Pages, boxes: tuple[Box, Box]) -> list[Kind]:
    month = month_of(datetime.now(UTC))

    def both(make: Callable[[Box], Call]) -> tuple[Call, Call]:
        return make(boxes[0]), make(boxes[1])

    def received(rows: int) -> tuple[Call, Call]:
        return both(
            lambda box: lambda: bare.received(escape(numbers.party_urn(box.number)), escape(box.resource), rows)
        )

    readers = {box.number: services.person(box.number) for box in boxes}
    inbox = {"limit": str(_PAGE), "include": "overview"}
    return [
        Kind(
            "a recipient's search",
            both(lambda box: lambda: readers[box.number].search(box.resource, "Recipient")),
            received(_CAP),
        ),
        Kind(
            f"an inbox page of {_PAGE} overviews",
            both(lambda box: lambda: readers[box.number].search(box.resource, "Recipient", **inbox)),
            received(_PAGE + 1),
        ),
        Kind(
            f"a sender's page of {_PAGE}",
            both(lambda box: lambda: agency.search(box.resource, limit=str(_PAGE))),
            both(lambda box: lambda: bare.sent(escape(box.resource), month, _PAGE + 1)),
        ),
    ]


def _compared(kind: Kind, sizes: tuple[int, int], times: int) -> list[Result]:
    calls = [*kind.ours, *kind.bare]
    for call in calls * _WARM_UP:
        call()
    took: list[list[float]] = [[] for _ in calls]
    for _ in range(times):
        for call, taken in zip(calls, took, strict=True):
            began = time.perf_counter()
            call()
            taken.append((time.perf_counter() - began) * 1000)
    small, big, bare_small, bare_big = map(statistics.median, took)
    without = (big - (bare_big - bare_small)) / small
    return [
        Result(f"{kind.name}, {sizes[0]} letters", small, "ms", digits=1),
        Result(f"{kind.name}, {sizes[1]} letters", big, "ms", digits=1),
        Result(f"{kind.name}, its bare queries, {sizes[0]} letters", bare_small, "ms", digits=1),
        Result(f"{kind.name}, its bare queries, {sizes[1]} letters", bare_big, "ms", digits=1),
        Result(f"{kind.name}, ours", big / small, "times", digits=2),
        Result(f"{kind.name}, its bare queries", bare_big / bare_small, "times", digits=2),
        Result(f"{kind.name}, ours without the emulator's difference", without, "times", TARGET_TIMES, digits=2),
    ]
