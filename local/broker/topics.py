"""A topic: gives every subscription the copies that its rules take."""

from dataclasses import replace

from local.broker import rules
from local.broker.config import TopicConfig
from local.broker.message import Message, State, arriving
from local.broker.queues import Queue
from local.broker.shelf import Services, Shelf
from local.broker.values import Uint


class Topic:
    """One topic. It keeps scheduled messages only."""

    def __init__(self, config: TopicConfig, services: Services) -> None:
        self.name = config.name
        self.config = config
        self.services = services
        self.shelf = Shelf(config.name, services, config.duplicate_window)
        self.subscriptions = [
            Queue(f"{config.name}/Subscriptions/{subscription.name}", subscription, services)
            for subscription in config.subscriptions
        ]

    def accept(self, messages: list[Message]) -> None:
        """Take messages that somebody sent; duplicates are dropped."""
        now = self.services.clock.now()
        for message in messages:
            if self.shelf.is_duplicate(message):
                continue
            if message.scheduled_for is not None and message.scheduled_for > now:
                self.shelf.schedule(message)
            else:
                self._distribute(message)

    def schedule(self, message: Message) -> int:
        """Keep the message for its time; return the number that cancels it."""
        return self.shelf.next_sequence() if self.shelf.is_duplicate(message) else self.shelf.schedule(message)

    def _distribute(self, message: Message) -> None:
        sequence = self.shelf.next_sequence()
        ttl = int(self.config.time_to_live.total_seconds() * 1000)
        ttl = min(ttl, message.ttl_ms) if message.ttl_ms else ttl
        for subscription in self.subscriptions:
            for copy in rules.copies(subscription.rules, message):
                scheduled_for = message.scheduled_for
                arrived = replace(arriving(copy), enqueued_sequence=sequence, ttl_ms=Uint(ttl))
                subscription.enqueue(replace(arrived, scheduled_for=scheduled_for))

    def run_due(self, now: float) -> None:
        """Distribute what was scheduled until `now`."""
        for message in self.shelf.take_due(now):
            if message.state is State.SCHEDULED:
                self.shelf.drop(message)
                self._distribute(message)

    def resume(self) -> None:
        """Schedule again what the store gave back."""
        for message in self.shelf.messages.values():
            if message.scheduled_for is not None:
                self.shelf.due(message.scheduled_for, message.sequence)

    def purge(self) -> None:
        """Forget every message and seen id, those of the subscriptions too."""
        self.shelf.purge()
        for subscription in self.subscriptions:
            subscription.purge()
