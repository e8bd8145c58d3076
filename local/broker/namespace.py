"""All entities of the broker by their address, and what the store kept of them."""

import logging
from collections import defaultdict
from collections.abc import Iterator
from typing import Any

from local.broker.config import BrokerConfig
from local.broker.message import Message
from local.broker.protocol import NOT_FOUND, AmqpError
from local.broker.queues import Queue
from local.broker.rule_records import restored
from local.broker.shelf import Services, Shelf
from local.broker.store import Note, Store
from local.broker.topics import Topic

log = logging.getLogger(__name__)

type Entity = Queue | Topic


def path_of(address: Any) -> str:
    """Return the path of a link address: clients send `amqps://host:port/path` even without TLS."""
    text = address.decode() if isinstance(address, bytes) else str(address or "")
    if "://" in text:
        text = text.split("://", 1)[1].partition("/")[2]
    return text.strip("/")


class Namespace:
    """The entities of one broker."""

    def __init__(self, config: BrokerConfig, services: Services) -> None:
        self._entities: dict[str, Entity] = {}
        for queue in config.queues:
            self._add(Queue(queue.name, queue, services))
        for topic_config in config.topics:
            topic = Topic(topic_config, services)
            self._entities[topic.name.lower()] = topic
            for subscription in topic.subscriptions:
                self._add(subscription)

    def _add(self, queue: Queue) -> None:
        self._entities[queue.name.lower()] = queue
        if queue.dead_letters is not None:
            self._entities[queue.dead_letters.name.lower()] = queue.dead_letters

    def __iter__(self) -> Iterator[Entity]:
        """Yield every entity: queues, topics, subscriptions and dead-letter queues."""
        return iter(self._entities.values())

    def find(self, path: str) -> Entity:
        """Return the entity at a path, in whatever case.

        Raises:
            AmqpError: when there is none.
        """
        entity = self._entities.get(path.lower())
        if entity is None:
            raise AmqpError(NOT_FOUND, f"The messaging entity '{path}' could not be found.")
        return entity

    def forward(self, name: str, message: Message) -> None:
        """Pass a message on to another entity. Raises AmqpError."""
        self.find(name).accept([message])

    def is_subscription(self, queue: Queue) -> bool:
        """Return whether the queue is a subscription (or the dead-letter queue of one)."""
        return "/subscriptions/" in queue.name.lower()

    def purge(self) -> None:
        """Forget every message, lock, seen id and session state."""
        for entity in self:
            entity.purge()

    def restore(self, store: Store) -> None:
        """Take back what the store kept; what belongs to entities that are no longer configured stays there."""
        strangers: set[str] = set()
        for kind_shelf, message in self._kept(store.messages(), strangers):
            kind_shelf.restore(message)
        for name, _, next_sequence in store.notes(Note.COUNTER):
            if entity := self._entities.get(name.lower()):
                entity.shelf.restore_counter(next_sequence)
        seen: dict[str, dict[Any, float]] = defaultdict(dict)
        for name, message_id, when in store.notes(Note.SEEN):
            seen[name.lower()][message_id] = when
        for name, ids in seen.items():
            if entity := self._entities.get(name):
                entity.shelf.restore_seen(ids)
        for name, session_id, (state, when) in store.notes(Note.SESSION):
            if isinstance(entity := self._entities.get(name.lower()), Queue):
                entity.sessions.restore_state(session_id, state, when)
        for name, rule_name, record in store.notes(Note.RULE):
            if isinstance(entity := self._entities.get(name.lower()), Queue):
                entity.rules = restored(entity.rules, rule_name, record)
        for entity in self:
            entity.resume()
        if strangers:
            log.warning("broker.entities_not_configured", extra={"entities": sorted(strangers)})

    def _kept(self, rows: Iterator[tuple[str, Message]], strangers: set[str]) -> Iterator[tuple[Shelf, Message]]:
        for name, message in rows:
            entity = self._entities.get(name.lower())
            if entity is None:
                strangers.add(name)
            else:
                yield entity.shelf, message
