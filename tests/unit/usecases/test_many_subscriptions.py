"""Ten thousand subscriptions to one resource: each is told once of what it asked for, and all can be listed."""

from dataclasses import replace

from shared.domain.facts import AggregateKind, FactType
from shared.domain.identifiers import SubscriptionId
from shared.domain.subscription import EVENT_TYPE_PREFIX, Subscription
from shared.usecases import delivering, subscribing, webhooks
from tests.builders import AGENCY, BUSINESS, PERSON, RESOURCE, new_id, subscription
from tests.fakes.world import SENDER, World
from tests.unit.usecases.stories import published

MANY = 10_000


def subscribed_by_many(world: World) -> None:
    """A tenth to publications, a tenth to what is about somebody else, the others to what does not happen."""
    for number in range(1, MANY + 1):
        one = subscription(
            id=SubscriptionId(new_id(f"subscription {number:05}")),
            number=number,
            consumer=AGENCY,
            endpoint=f"https://agency.example/{number}",
        )
        world.subscriptions.kept[RESOURCE, one.id] = filtered(one, number)


def filtered(one: Subscription, number: int) -> Subscription:
    match number % 10:
        case 0:
            return replace(one, type_filter=EVENT_TYPE_PREFIX + FactType.PUBLISHED)
        case 1:
            return replace(one, subject_filter=BUSINESS)
        case _:
            return replace(one, subject_filter=PERSON, type_filter=EVENT_TYPE_PREFIX + FactType.NEVER_READ)


async def test_each_is_told_once_of_what_it_asked_for() -> None:
    """A letter to the person is published: those who asked for publications hear of it, and nobody else."""
    world = World()
    id_ = await published(world)
    subscribed_by_many(world)
    for fact in world.correspondences.partitions[id_].facts:
        await webhooks.fan_out(world.app, RESOURCE, AggregateKind.CORRESPONDENCE, id_, fact.sequence)
    for message in world.outbox.deliveries:
        await delivering.deliver(world.app, message)
    told = [one.number for one, _ in world.webhooks.posted]
    assert sorted(told) == list(range(10, MANY + 1, 10))


async def test_all_are_listed_page_by_page() -> None:
    """Ten pages of a thousand, none left out and none twice."""
    world = World()
    subscribed_by_many(world)
    listed: list[Subscription] = []
    continuation: str | None = None
    for _ in range(10):
        page = await subscribing.subscriptions(world.app, SENDER, continuation=continuation)
        assert len(page.subscriptions) == 1000
        listed += page.subscriptions
        continuation = page.continuation
    assert continuation is None
    assert len({one.id for one in listed}) == MANY
