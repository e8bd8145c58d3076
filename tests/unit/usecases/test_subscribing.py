"""Who may hear what, and only after their endpoint has consented."""

from dataclasses import replace
from typing import Any

import pytest

from shared.domain.errors import Refusal
from shared.domain.identifiers import ResourceId
from shared.domain.policy import Action, Issuer, Scope, Subject
from shared.domain.subscription import Subscription
from shared.usecases import subscribing
from shared.usecases.subscribing import NewSubscription
from tests.builders import AGENCY, BUSINESS, PERSON, RESOURCE
from tests.fakes.world import READER, SENDER, World
from tests.unit.usecases.stories import permit, published, refused

BUSINESS_SYSTEM = Subject(
    issuer=Issuer.ALTINN, scopes=frozenset({Scope.EVENTS_SUBSCRIBE}), party=BUSINESS, organisation="311001000", level=3
)


def wish(**changes: Any) -> NewSubscription:
    """All events of the resource at one endpoint."""
    return replace(NewSubscription(endpoint="https://hook.example", resource_id=RESOURCE), **changes)


async def test_the_owner_may_hear_everything() -> None:
    """Active at once, with a secret of 32 bytes and a number; the decision point is not asked."""
    world = World()
    permit(world)
    made = await subscribing.subscribe(world.app, SENDER, wish())
    assert (made.active, made.validated, made.owner_of_resource, made.number) == (True, True, True, 1)
    assert made.consumer == AGENCY
    assert len(made.secret) == 32
    await world.subscriptions.get(1)


async def test_others_may_hear_of_whom_they_may_read_for() -> None:
    """4001 without a subject, and for a subject that is not theirs to read for."""
    world = World()
    permit(world, (Action.READ, BUSINESS))
    subscribe = subscribing.subscribe
    assert await refused(subscribe(world.app, BUSINESS_SYSTEM, wish())) is Refusal.NO_ACCESS
    other = wish(subject_filter=PERSON)
    assert await refused(subscribe(world.app, BUSINESS_SYSTEM, other)) is Refusal.NO_ACCESS
    made = await subscribe(world.app, BUSINESS_SYSTEM, wish(subject_filter=BUSINESS))
    assert not made.owner_of_resource
    assert len(world.webhooks.validated) == 1


async def test_subscribing_is_refused_before_anybody_is_called() -> None:
    """4006 for a token that names nobody, 1036 for an unknown resource: no endpoint hears of it."""
    world = World()
    nobody = replace(READER, party=None)
    assert await refused(subscribing.subscribe(world.app, nobody, wish())) is Refusal.CALLER_UNKNOWN
    unknown = wish(resource_id=ResourceId("nowhere"))
    assert await refused(subscribing.subscribe(world.app, SENDER, unknown)) is Refusal.RESOURCE_UNKNOWN
    assert not world.webhooks.validated


async def test_an_endpoint_that_does_not_consent_gets_nothing() -> None:
    """7003, and nothing is kept."""
    world = World()
    world.webhooks.consents = False
    assert await refused(subscribing.subscribe(world.app, SENDER, wish())) is Refusal.ENDPOINT_NOT_VALIDATED
    assert not world.subscriptions.kept


async def test_the_same_wish_twice_is_one_subscription() -> None:
    """The same number and secret; another filter is another one."""
    world = World()
    first = await subscribing.subscribe(world.app, SENDER, wish())
    assert await subscribing.subscribe(world.app, SENDER, wish()) == first
    other = await subscribing.subscribe(world.app, SENDER, wish(type_filter="x"))
    assert other.number != first.number


@pytest.mark.parametrize("ended", [{"active": False}, {"validated": False}])
async def test_an_ended_subscription_comes_alive_again(ended: dict[str, Any]) -> None:
    """The endpoint that was gone consents anew: events are delivered again."""
    world = World()
    first = await subscribing.subscribe(world.app, SENDER, wish())
    await world.subscriptions.save(replace(first, **ended))
    assert await subscribing.subscribe(world.app, SENDER, wish()) == first
    await published(world)
    assert world.webhooks.posted


async def test_everybody_sees_and_removes_their_own() -> None:
    """7001 for a number nobody has, 4001 for somebody else's."""
    world = World()
    mine = await subscribing.subscribe(world.app, SENDER, wish())
    theirs = await subscribing.subscribe(world.app, READER, wish(subject_filter=PERSON))
    app = world.app
    assert await subscribing.subscriptions(app, SENDER) == [mine]
    assert await subscribing.subscriptions(app, READER) == [theirs]
    assert await subscribing.subscription(app, READER, theirs.number) == theirs
    calls: tuple[Any, ...] = (subscribing.subscription, subscribing.unsubscribe)
    for call in calls:
        assert await refused(call(app, SENDER, 99)) is Refusal.SUBSCRIPTION_NOT_FOUND
        assert await refused(call(app, SENDER, theirs.number)) is Refusal.NO_ACCESS
    await subscribing.unsubscribe(app, SENDER, mine.number)
    assert await subscribing.subscriptions(app, SENDER) == []


async def test_what_was_removed_hears_nothing_more() -> None:
    """Not even of events that were on their way."""
    world = World()
    mine: Subscription = await subscribing.subscribe(world.app, SENDER, wish())

    async def removed() -> None:
        await subscribing.unsubscribe(world.app, SENDER, mine.number)

    world.meanwhile["outbox.send_deliveries"] = removed
    await published(world)
    assert not world.webhooks.posted
