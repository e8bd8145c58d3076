"""What the broker serves: queues, topics, subscriptions and rules, as plain data.

Defaults and ranges are those of the official emulator's configuration schema.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from enum import StrEnum
from typing import Final

NAMESPACE: Final = "sbemulatorns"


class FilterKind(StrEnum):
    """How a rule chooses messages."""

    TRUE = "True"
    FALSE = "False"
    CORRELATION = "Correlation"
    SQL = "Sql"


type Scalar = str | int | float | bool


@dataclass(frozen=True, slots=True)
class RuleConfig:
    """A rule of a subscription: what it takes, and what it changes."""

    name: str
    kind: FilterKind = FilterKind.TRUE
    system: Mapping[str, str] = field(default_factory=dict)  # By the names of message.PROPERTY_NAMES.
    application: Mapping[str, Scalar] = field(default_factory=dict)
    expression: str = ""
    action: str = ""


@dataclass(frozen=True, slots=True)
class QueueConfig:
    """A queue, or a subscription of a topic (which has rules, and no duplicate detection)."""

    name: str
    lock: timedelta = timedelta(minutes=1)
    time_to_live: timedelta = timedelta(hours=1)
    max_delivery_count: int = 3
    dead_letter_on_expiry: bool = False
    requires_session: bool = False
    duplicate_window: timedelta | None = None
    forward_to: str = ""
    forward_dead_letters_to: str = ""
    rules: tuple[RuleConfig, ...] = ()


@dataclass(frozen=True, slots=True)
class TopicConfig:
    """A topic with its subscriptions."""

    name: str
    time_to_live: timedelta = timedelta(hours=1)
    duplicate_window: timedelta | None = None
    subscriptions: tuple[QueueConfig, ...] = ()


@dataclass(frozen=True, slots=True)
class BrokerConfig:
    """Everything that one broker serves."""

    queues: tuple[QueueConfig, ...] = ()
    topics: tuple[TopicConfig, ...] = ()


@dataclass(frozen=True, slots=True)
class Limits:
    """The shortest times that a file may ask for."""

    lock: timedelta
    subscription_lock: timedelta
    time_to_live: timedelta
    duplicate_window: timedelta


OFFICIAL: Final = Limits(
    lock=timedelta(seconds=5),
    subscription_lock=timedelta(minutes=1),
    time_to_live=timedelta(minutes=5),
    duplicate_window=timedelta(seconds=5),
)
# For tests only: the official image would not start with such a file.
SHORT_TIMES: Final = Limits(
    lock=timedelta(seconds=1),
    subscription_lock=timedelta(seconds=1),
    time_to_live=timedelta(seconds=1),
    duplicate_window=timedelta(seconds=1),
)


def keeping(config: BrokerConfig, time_to_live: timedelta) -> BrokerConfig:
    """Return the same entities with this default time to live, which may be beyond the official emulator's hour."""
    topics = tuple(
        replace(
            topic,
            time_to_live=time_to_live,
            subscriptions=tuple(replace(one, time_to_live=time_to_live) for one in topic.subscriptions),
        )
        for topic in config.topics
    )
    return replace(
        config, queues=tuple(replace(one, time_to_live=time_to_live) for one in config.queues), topics=topics
    )
