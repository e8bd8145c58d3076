"""What subscribers were told: the log of deliveries, replays and the feed, in and out. All of it is ours."""

from collections.abc import Sequence
from typing import Annotated, Any, Self

from pydantic import BeforeValidator, Field
from pydantic import model_validator as validates

from shared.domain.delivery import Delivery
from shared.domain.errors import FieldError, InvalidRequest
from shared.domain.identifiers import PartyUrn, ResourceId
from shared.domain.subscription import EVENT_TYPE_PREFIX, Attempt, DeliveryState
from shared.ports import DeliveryQuery
from shared.schemas.base import Answer, Flag, Number, Query, Time, Wire, in_lower_case
from shared.schemas.subscriptions import EventType, PartyName, ResourceUrn

MOST_DELIVERIES = MOST_FED = 1000
"""Deliveries and events on one page."""


class DeliveryPageQuery(Query):
    """Which deliveries of a subscription: where they stand, and the type and time of their events."""

    state: Annotated[DeliveryState | None, BeforeValidator(in_lower_case)] = None
    type: EventType | None = None
    from_: Time | None = Field(default=None, alias="from")
    to: Time | None = None
    limit: Annotated[Number, Field(ge=1, le=MOST_DELIVERIES)] = 100
    continuation_token: str | None = None

    @property
    def wanted(self) -> DeliveryQuery:
        """What the log is asked for."""
        return DeliveryQuery(
            state=self.state,
            type=(self.type or "").removeprefix(EVENT_TYPE_PREFIX) or None,
            since=self.from_,
            until=self.to,
        )


class ReplayRequest(Wire):
    """What is delivered again: the events of a range of time, those that failed, or both together."""

    from_: Time | None = Field(default=None, alias="from")
    to: Time | None = None
    failed: Flag = False

    @validates(mode="after")
    def _something(self) -> Self:
        if not self.failed and self.from_ is None:
            raise InvalidRequest(FieldError("from", "must say since when, or failed must be true"))
        if self.from_ is not None and self.to is not None and self.to <= self.from_:
            raise InvalidRequest(FieldError("to", "must be after from"))
        return self

    @property
    def wanted(self) -> DeliveryQuery:
        """Which deliveries begin again."""
        state = DeliveryState.GIVEN_UP if self.failed else None
        return DeliveryQuery(state=state, since=self.from_, until=self.to)


class FeedQuery(Query):
    """Which part of the feed of a resource."""

    resource: ResourceUrn
    subject: PartyName | None = None
    from_: Time | None = Field(default=None, alias="from")
    after: str | None = None
    limit: Annotated[Number, Field(ge=1, le=MOST_FED)] = 100

    @property
    def resource_id(self) -> ResourceId:
        """The id of the resource."""
        return ResourceId(self.resource)

    @property
    def party(self) -> PartyUrn | None:
        """The party that events must be about, None for all."""
        return PartyUrn(self.subject) if self.subject else None


class DeliveryAnswer(Answer):
    """Where the delivery of one event stands: `status` is the last answer's, 0 when there was none."""

    event: str
    type: str
    happened: Time
    state: DeliveryState
    attempts: int
    status: int
    next_at: Time | None
    changed: Time

    @classmethod
    def of(cls, one: Delivery) -> Self:
        """The delivery in words of the wire."""
        return cls.model_validate(_members(one))


class DeliveryList(Answer):
    """Deliveries of a subscription, of the newest event first; null leads nowhere: that was the last page."""

    deliveries: list[DeliveryAnswer]
    continuation_token: str | None


class TriedAnswer(Answer):
    """One attempt, with the first 2 kB of what was answered."""

    attempt: int
    at: Time
    status: int
    took_ms: int
    answer: str


class DeliveryStory(DeliveryAnswer):
    """One delivery, with every attempt of it in order."""

    tried: list[TriedAnswer]

    @classmethod
    def told(cls, one: Delivery, attempts: Sequence[Attempt]) -> "DeliveryStory":
        """All that is known of it."""
        tried = [
            TriedAnswer(attempt=a.number, at=a.at, status=a.status, took_ms=a.took_ms, answer=a.answer)
            for a in attempts
        ]
        return cls.model_validate(_members(one) | {"tried": tried})


class FeedAnswer(Answer):
    """The next events, each a CloudEvent. `after` is the cursor to go on from; `more`: there are others already."""

    events: list[dict[str, Any]]
    after: str | None
    more: bool


def _members(one: Delivery) -> dict[str, object]:
    members = {name: getattr(one, name) for name in ("event", "happened", "state", "attempts", "status", "next_at")}
    return members | {"type": EVENT_TYPE_PREFIX + one.type, "changed": one.changed}
