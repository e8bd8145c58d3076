"""How fast one event reaches many subscribers, against the same calls bare, and what one endpoint that hangs costs."""

import asyncio
import base64
import math
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

import httpx
from azure.data.tables.aio import TableServiceClient
from azure.servicebus import ServiceBusMessage
from azure.servicebus.aio import ServiceBusClient

from bench.receiver import HANGS
from bench.report import Result, say
from local import settings
from local.addresses import ROOT
from local.demo import letters
from local.demo.client import Api, Services, eventually
from local.numbers import party_urn
from local.stack import Stack
from shared.adapters.subscriptions import SubscriptionTable
from shared.adapters.tables import Tables
from shared.domain.identifiers import PartyUrn, ResourceId, SubscriptionId, uuid7
from shared.domain.subscription import EVENT_TYPE_PREFIX, Subscription

LEAST_RATE, MOST_DELAY = 0.8, 1.1
_KEY = base64.b64encode(bytes(32)).decode()
_AT_ONCE = 8  # As the app takes them (`host.json`).
_BODY = b"x" * 600
_ROWS = ("e:1", "d:1", "a:1", "t:1", "n:1")  # The log of one delivery and its place, in one transaction.
_KNOWN = ("subscription", "delivery")
_LETTERS = 12
_BESIDE = 100
_PATIENCE_SECONDS = 300.0


def measure(subscribers: int) -> list[Result]:
    """Measure the bare calls, the app with as many subscribers, and 100 endpoints without and with one that hangs."""
    with _receiver() as url:
        with Stack(functions=False) as stack:
            least = asyncio.run(_floor(stack, url, subscribers))
            blind = asyncio.run(_floor(stack, url, subscribers, reads=False))
        with _app() as (stack, agency):
            endpoints = [f"{url}/{number}" for number in range(subscribers)]
            _subscribe(stack, endpoints[:1])
            _fanned_out(agency, url, 1)  # Keys are fetched and connections open, as in an app that has run for a while.
            _subscribe(stack, endpoints[1:])
            rate = _fanned_out(agency, url, subscribers)
        delays = [_p95_ms(url, slow) for slow in ("healthy", f"{HANGS}/one")]
    return say(
        f"1 event to {subscribers} subscribers; {_BESIDE} endpoints of which one hangs",
        Result("deliveries, rate", rate, "per s", digits=1),
        Result("floor, rate", least, "per s", digits=1),
        Result("floor that reads nothing before, rate", blind, "per s", digits=1),
        Result("floor against deliveries, rate", least / rate, "times", at_most=1 / LEAST_RATE, digits=2),
        Result("from the request to a healthy endpoint, p95", delays[0], "ms"),
        Result("the same beside one that hangs", delays[1], "ms"),
        Result(
            "beside one that hangs, against without it", delays[1] / delays[0], "times", at_most=MOST_DELAY, digits=2
        ),
    )


@contextmanager
def _receiver() -> Iterator[str]:
    command = [sys.executable, "-m", "bench.receiver"]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdin is not None
        try:
            yield f"http://127.0.0.1:{int(process.stdout.readline())}"
        finally:
            process.stdin.close()


@contextmanager
def _app() -> Iterator[tuple[Stack, Api]]:
    with Stack(settings={"WEBHOOK_SECRET_KEY": _KEY}) as stack:
        agency = Services.of(stack).organisation(letters.AGENCY)
        yield stack, agency
        agency.close()


def _seen(url: str) -> list[tuple[str, float]]:
    """What came since it was last asked."""
    return [(path, at) for path, at in httpx.get(f"{url}/seen", trust_env=False).json()]


async def _floor(stack: Stack, url: str, times: int, *, reads: bool = True) -> float:
    """Deliveries per second by the bare SDKs: from the queue, the calls that one delivery costs, completed.

    Those are two reads (the subscription, where the delivery stands), a POST and one transaction with the log's rows;
    `tests/contract/test_budget.py` counts them. `reads` False leaves out what is read before.
    """
    tables = TableServiceClient.from_connection_string(settings.storage_connection(stack.addresses))
    bus = ServiceBusClient.from_connection_string(settings.servicebus_connection(stack.addresses))
    limits = httpx.Limits(max_keepalive_connections=0)
    async with tables, bus, httpx.AsyncClient(limits=limits, trust_env=False) as http:
        await tables.create_table_if_not_exists("deliveries")
        table = tables.get_table_client("deliveries")
        await table.submit_transaction([("upsert", _row("known", row)) for row in _KNOWN])
        await _send(bus, times)
        turn = asyncio.Semaphore(_AT_ONCE)
        begun = time.perf_counter()
        async with bus.get_queue_receiver("deliveries") as receiver:

            async def one(message: object, number: int) -> None:
                async with turn:
                    if reads:
                        await asyncio.gather(*(table.get_entity("known", row) for row in _KNOWN))
                    await http.post(f"{url}/{number}", content=_BODY)
                    await table.submit_transaction([("upsert", _row(str(number), row)) for row in _ROWS])
                    await receiver.complete_message(message)  # type: ignore[arg-type]

            done = 0
            while done < times:
                messages = await receiver.receive_messages(max_message_count=_AT_ONCE * 4, max_wait_time=5)
                await asyncio.gather(*(one(message, done + place) for place, message in enumerate(messages)))
                done += len(messages)
        took = time.perf_counter() - begun
    _seen(url)
    return times / took


def _row(partition: str, key: str) -> dict[str, str]:
    return {"PartitionKey": partition, "RowKey": key, "text": "x" * 400}


async def _send(bus: ServiceBusClient, times: int) -> None:
    async with bus.get_queue_sender("deliveries") as sender:
        for start in range(0, times, 100):
            await sender.send_messages([ServiceBusMessage("x" * 200) for _ in range(min(100, times - start))])


def _subscribe(stack: Stack, endpoints: list[str]) -> None:
    """The owner hears of publications, at each of these."""
    asyncio.run(_add(settings.storage_connection(stack.addresses), endpoints))


async def _add(connection: str, endpoints: list[str]) -> None:
    tables = Tables(connection_string=connection)
    table = SubscriptionTable(tables, base64.b64decode(_KEY), settle_seconds=0)
    now = datetime.now(UTC)
    for number, endpoint in enumerate(endpoints):
        wish = Subscription(
            id=SubscriptionId(uuid7(now, number.to_bytes(10))),
            number=0,
            resource_id=ResourceId(letters.QUIET),
            endpoint=endpoint,
            consumer=PartyUrn(party_urn(letters.AGENCY)),
            owner_of_resource=True,
            created=now,
            secret=bytes(32),
            type_filter=f"{EVENT_TYPE_PREFIX}correspondencepublished",
            validated=True,
        )
        await table.add(wish)
    await tables.close()


def _fanned_out(agency: Api, url: str, subscribers: int) -> float:
    """Deliveries per second of one event, from the first to the last; without a number for one."""
    _seen(url)
    agency.sent(letters.letter(letters.BUSINESS, reference="bench webhooks", resource=letters.QUIET))
    came: list[float] = []

    def all_of_them() -> int:
        came.extend(at for _, at in _seen(url))
        return len(came)

    eventually("every delivery", all_of_them, lambda found: found >= subscribers, seconds=_PATIENCE_SECONDS)
    return subscribers / (max(came) - min(came)) if subscribers > 1 else math.nan


def _p95_ms(url: str, other: str) -> float:
    """From the request to the call of an endpoint, at 99 healthy ones beside this one."""
    with _app() as (stack, agency):
        _subscribe(stack, [*(f"{url}/{number}" for number in range(_BESIDE - 1)), f"{url}/{other}"])
        delays: list[float] = []
        for number in range(_LETTERS):
            _seen(url)
            begun = time.time()
            agency.sent(letters.letter(letters.BUSINESS, reference=f"bench {number}", resource=letters.QUIET))
            came: list[tuple[str, float]] = []

            def all_healthy(into: list[tuple[str, float]] = came) -> int:
                into.extend(_seen(url))
                return len([path for path, _ in into if path.isdecimal()])

            eventually("every healthy one", all_healthy, lambda found: found >= _BESIDE - 1, seconds=_PATIENCE_SECONDS)
            delays += [(at - begun) * 1000 for path, at in came if path.isdecimal()]
    return statistics.quantiles(delays, n=20)[-1]
