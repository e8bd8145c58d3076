"""A broker per module, with entities of their own for every test, and clients that its tests share."""

from collections.abc import AsyncIterator, Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from local.broker import BrokerConfig, QueueConfig, RuleConfig, Serving, TopicConfig, serving
from local.broker.config import FilterKind
from tests.contract.broker.clients import AsyncClients, Clients

SHORT_LOCK = timedelta(seconds=1.5)

PLAIN = (
    "batch", "abandon", "bury", "defer", "schedule", "delete", "big", "iterate", "relink", "peek", "types", "errors",
    "target", "letters", "release", "modified", "oversize", "lossless", "many-frames", "paused",
    "onward-target", "pipelined", "drained", "c-schedule", "c-lock", "c-times",
    "a-basic", "a-abandon", "a-bury", "a-defer", "a-schedule", "a-delete", "a-compete", "a-shared", "a-types",
)  # fmt: skip

QUEUES = (
    *(QueueConfig(name) for name in PLAIN),
    *(QueueConfig(name, lock=SHORT_LOCK) for name in ("expire-lock", "a-expire-lock", "deferred-lock")),
    QueueConfig("renew", lock=timedelta(seconds=2)),
    QueueConfig("a-renew", lock=timedelta(seconds=4)),
    QueueConfig("limit-lock", lock=timedelta(seconds=1), max_delivery_count=1),
    QueueConfig("unique", duplicate_window=timedelta(seconds=20)),
    QueueConfig("unique-short", duplicate_window=timedelta(seconds=1)),
    QueueConfig("ttl-buried", dead_letter_on_expiry=True),
    QueueConfig("ttl-dropped"),
    QueueConfig("ttl-default", time_to_live=timedelta(seconds=1), dead_letter_on_expiry=True),
    QueueConfig("c-ttl", dead_letter_on_expiry=True),
    QueueConfig("ttl-locked", dead_letter_on_expiry=True),
    QueueConfig("ring-a", forward_to="ring-b"),
    QueueConfig("ring-b", forward_to="ring-a"),
    QueueConfig("forwarding", forward_to="target"),
    QueueConfig("forwarding-letters", max_delivery_count=1, forward_dead_letters_to="letters"),
    QueueConfig("forwarding-refused", forward_to="sessions-target"),
    QueueConfig("sessions-target", requires_session=True),
    *(
        QueueConfig(name, requires_session=True, lock=timedelta(seconds=5))
        for name in (
            "s-named",
            "s-next",
            "s-state",
            "s-none",
            "s-taken",
            "s-list",
            "s-order",
            "s-plain",
            "s-defer",
            "a-s",
        )
    ),
    QueueConfig("s-lost", requires_session=True, lock=SHORT_LOCK),
)

ANY = QueueConfig("all")
TOPIC = TopicConfig(
    "choice",
    subscriptions=(
        ANY,
        QueueConfig("label", rules=(RuleConfig("r", FilterKind.CORRELATION, {"subject": "invoice"}),)),
        QueueConfig("property", rules=(RuleConfig("r", FilterKind.CORRELATION, {}, {"kind": "a", "n": 9}),)),
        QueueConfig(
            "sql",
            rules=(
                RuleConfig(
                    "r", FilterKind.SQL, expression="sys.Label IN ('invoice', 'bill') AND (n > 5 OR kind LIKE 'z%')"
                ),
            ),
        ),
    ),
)
ACTIONS = TopicConfig(
    "actions",
    subscriptions=(
        QueueConfig(
            "changed",
            rules=(
                RuleConfig(
                    "stamp",
                    FilterKind.SQL,
                    expression="n = 1",
                    action="SET sys.Label = 'stamped'; SET seen = n + 41; REMOVE secret",
                ),
                RuleConfig("plain", FilterKind.SQL, expression="n IN (1, 2)"),
                RuleConfig("also-plain", FilterKind.SQL, expression="n < 3"),
            ),
        ),
    ),
)
TOPICS = (
    TOPIC,
    ACTIONS,
    TopicConfig("plain", subscriptions=(QueueConfig("all", max_delivery_count=2),)),
    TopicConfig("later", subscriptions=(ANY,)),
    TopicConfig("unique-topic", duplicate_window=timedelta(seconds=20), subscriptions=(ANY,)),
    TopicConfig(
        "brief", time_to_live=timedelta(seconds=1), subscriptions=(QueueConfig("all", dead_letter_on_expiry=True),)
    ),
    TopicConfig("onward", subscriptions=(QueueConfig("all", forward_to="onward-target"),)),
    TopicConfig("sessions", subscriptions=(QueueConfig("all", requires_session=True),)),
    TopicConfig("circle", subscriptions=(QueueConfig("all", requires_session=True, forward_dead_letters_to="circle"),)),
    TopicConfig("rules", subscriptions=(ANY,)),
    TopicConfig("a-topic", subscriptions=(ANY, QueueConfig("other"))),
)
CONFIG = BrokerConfig(QUEUES, TOPICS)


@pytest.fixture(scope="module")
def clock_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The file that moves the broker's clock; it does not exist yet."""
    return tmp_path_factory.mktemp("clock") / "offset"


@pytest.fixture(scope="module")
def broker(clock_file: Path) -> Iterator[Serving]:
    """A broker with all entities of these tests."""
    with serving(CONFIG, clock_offset_file=clock_file) as running:
        yield running


@pytest.fixture(scope="module")
def clients(broker: Serving, request: pytest.FixtureRequest) -> Iterator[Clients]:
    """Synchronous clients; what the module names is open already."""
    shared = Clients(broker.connection_string)
    named = {
        name: getattr(request.module, name, ()) for name in ("SENDERS", "RECEIVERS", "LETTERS", "TOPICS", "SUBSCRIBERS")
    }
    shared.open(
        [
            *map(shared.sender, named["SENDERS"]),
            *map(shared.receiver, named["RECEIVERS"]),
            *map(shared.dead_letters, named["LETTERS"]),
            *map(shared.topic_sender, named["TOPICS"]),
            *(shared.subscriber(*names) for names in named["SUBSCRIBERS"]),
        ]
    )
    yield shared
    shared.close()


@pytest.fixture(scope="module")
def impatient(broker: Serving) -> Iterator[Clients]:
    """Synchronous clients that do not try again."""
    shared = Clients(broker.connection_string, retry_total=0)
    yield shared
    shared.close()


@pytest.fixture(scope="module")
async def aclients(broker: Serving, request: pytest.FixtureRequest) -> AsyncIterator[AsyncClients]:
    """Asynchronous clients; what the module names in QUEUES is open already, both ways."""
    shared = AsyncClients(broker.connection_string)
    queues = getattr(request.module, "QUEUES", ())
    await shared.open([*map(shared.sender, queues), *map(shared.receiver, queues)])
    yield shared
    await shared.close()
