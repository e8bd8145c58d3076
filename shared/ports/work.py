"""What is to be done: the agenda, the way onto Service Bus, and the time."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from shared.domain.changes import Due
from shared.domain.facts import AggregateKind, Fact
from shared.domain.identifiers import ResourceId, SubscriptionId
from shared.domain.stuck import Stuck


@dataclass(frozen=True, slots=True)
class AgendaEntry:
    """An entry as it lies in the table; `key` finds it again."""

    due: Due
    key: str
    written: datetime


class Agenda(Protocol):
    """Pointers to work that becomes due."""

    async def put(self, due: Due, *, now: datetime) -> AgendaEntry:
        """Write the entry; equal entries are one."""

    async def drop(self, key: str) -> None:
        """Delete it; fine when it is gone."""

    async def due(self, *, now: datetime, limit: int = 500) -> Sequence[AgendaEntry]:
        """What is due up to now, oldest first: one range query per shard."""

    async def redate(self, entry: AgendaEntry, *, to: datetime) -> AgendaEntry:
        """Write it again at a later time with the same `written`; the old one stays until it is dropped."""

    async def ahead(self, *, limit: int = 100) -> Sequence[AgendaEntry]:
        """The next entries, due or not: for the people who run it."""


@dataclass(frozen=True, slots=True)
class AgendaMessage:
    """A due entry on its way to the consumer, which drops `key` when done."""

    due: Due
    key: str
    written: datetime


@dataclass(frozen=True, slots=True)
class DeliveryMessage:
    """One event for one subscriber; the event is read again from its aggregate."""

    subscription: SubscriptionId
    resource_id: ResourceId
    aggregate: AggregateKind
    aggregate_id: str
    sequence: int
    attempt: int = 0


class Outbox(Protocol):
    """The only way onto Service Bus. Returns when the broker has accepted; raises Unavailable."""

    async def send_facts(self, facts: Sequence[Fact]) -> None:
        """To the topic `facts`, one message per fact, message id = fact id; one send for all of one call."""

    async def send_agenda(self, messages: Sequence[AgendaMessage]) -> None:
        """To the queue `agenda`, message id made of key and attempt."""

    async def send_deliveries(self, messages: Sequence[DeliveryMessage]) -> None:
        """To the queue `deliveries`."""


class StuckList(Protocol):
    """What has waited too long, for the people who run it."""

    async def put(self, stuck: Stuck) -> None:
        """Keep it; put again it is one, with the latest reason."""

    async def get(self, id_: str) -> Stuck | None:
        """The one of this id, or None."""

    async def oldest(self, *, limit: int = 100) -> Sequence[Stuck]:
        """Those that have waited longest."""

    async def drop(self, id_: str) -> None:
        """It is not stuck any more; fine when it is gone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DeadLetter:
    """A message that its consumer could not handle. `entity` is the queue's or the subscription's name."""

    entity: str
    message_id: str
    body: bytes
    reason: str
    at: datetime


class DeadLetters(Protocol):
    """The dead letters of every queue and subscription."""

    async def take(self, keep: Callable[[DeadLetter], Awaitable[None]]) -> int:
        """Give each to `keep`, then remove it. How many. Raises Unavailable; what `keep` has not taken stays."""


class Clock(Protocol):
    """The time that rules go by."""

    def __call__(self) -> datetime:
        """Now, aware UTC."""
