"""The bodies of Service Bus messages as consumers read them: strict, nothing unknown let through.

`shared/adapters/outbox_messages.py` writes them; a test holds the two together.
"""

from datetime import UTC
from typing import Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from shared.domain.changes import Due, Task
from shared.domain.facts import AggregateKind, Fact, FactType
from shared.domain.identifiers import ResourceId, SubscriptionId
from shared.ports.work import AgendaMessage, DeliveryMessage


class _Envelope(BaseModel):
    """Read with `model_validate_json`, which raises ValidationError for whatever is not exactly of this form."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True, defer_build=True)

    v: Literal[1] = 1
    trace: str = Field(default="", max_length=64)


class FactMessage(_Envelope):
    """Something happened to an aggregate: look at it."""

    kind: Literal["fact"] = "fact"
    aggregate: AggregateKind
    id: str = Field(min_length=1, max_length=64)
    sequence: int = Field(ge=1)
    type: FactType
    resource: str = Field(min_length=1)

    @classmethod
    def from_fact(cls, fact: Fact, *, trace: str = "") -> "FactMessage":
        """The message that points at this fact."""
        return cls(
            aggregate=fact.aggregate,
            id=fact.aggregate_id,
            sequence=fact.sequence,
            type=fact.type,
            resource=fact.resource_id,
            trace=trace,
        )


class AgendaEnvelope(_Envelope):
    """A due item on its way to its consumer."""

    task: Task
    subject: str = Field(min_length=1)
    at: AwareDatetime
    attempt: int = Field(ge=0)
    key: str
    written: AwareDatetime

    @classmethod
    def from_message(cls, message: AgendaMessage, *, trace: str = "") -> "AgendaEnvelope":
        """The envelope of this item."""
        due = message.due
        return cls(
            task=due.task,
            subject=due.subject,
            at=due.at,
            attempt=due.attempt,
            key=message.key,
            written=message.written,
            trace=trace,
        )

    def to_message(self) -> AgendaMessage:
        """The item; times in UTC."""
        due = Due(self.task, self.subject, self.at.astimezone(UTC), self.attempt)
        return AgendaMessage(due, self.key, self.written.astimezone(UTC))


class DeliveryEnvelope(_Envelope):
    """One event on its way to one subscriber."""

    subscription: str = Field(min_length=1)
    resource: str = Field(min_length=1)
    aggregate: AggregateKind
    id: str = Field(min_length=1, max_length=64)
    sequence: int = Field(ge=1)
    attempt: int = Field(default=0, ge=0)

    @classmethod
    def from_message(cls, message: DeliveryMessage, *, trace: str = "") -> "DeliveryEnvelope":
        """The envelope of this delivery."""
        return cls(
            subscription=message.subscription,
            resource=message.resource_id,
            aggregate=message.aggregate,
            id=message.aggregate_id,
            sequence=message.sequence,
            attempt=message.attempt,
            trace=trace,
        )

    def to_message(self) -> DeliveryMessage:
        """The delivery."""
        return DeliveryMessage(
            subscription=SubscriptionId(self.subscription),
            resource_id=ResourceId(self.resource),
            aggregate=self.aggregate,
            aggregate_id=self.id,
            sequence=self.sequence,
            attempt=self.attempt,
        )
