"""What is to be done: the agenda, the way onto Service Bus, and the time."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from shared.domain.changes import Due
from shared.domain.facts import AggregateKind, Fact
from shared.domain.identifiers import ResourceId, SubscriptionId


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


class Clock(Protocol):
    """The time that rules go by."""

    def __call__(self) -> datetime:
        """Now, aware UTC."""
