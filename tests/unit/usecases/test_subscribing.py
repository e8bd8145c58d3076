"""Who may hear what, and only after their endpoint has consented."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from shared.domain.errors import FieldError, InvalidRequest, Refusal
from shared.domain.identifiers import ResourceId
from shared.domain.policy import Action, Issuer, Scope, Subject
from shared.domain.subscription import Consent, Ending, Reader, Signing, Subscription, ended
from shared.usecases import subscribing
from shared.usecases.subscribing import NewSubscription, Subscribed
from tests.builders import AGENCY, BUSINESS, PERSON, RESOURCE
from tests.fakes.world import READER, SENDER, World
from tests.unit.usecases.stories import permit, published, refused

BUSINESS_SYSTEM = Subject(
    issuer=Issuer.ALTINN, scopes=frozenset({Scope.EVENTS_SUBSCRIBE}), party=BUSINESS, organisation="311001000", level=3
)


async def subscribed(world: World, caller: Subject = SENDER, **changes: Any) -> Subscription:
    """The subscription that was made."""
    return (await subscribing.subscribe(world.app, caller, wish(**changes))).subscription


def wish(**changes: Any) -> NewSubscription:
    """All events of the resource at one endpoint."""
    return replace(NewSubscription(endpoint="https://hook.example", resource_id=RESOURCE), **changes)


async def test_the_owner_may_hear_everything() -> None:
    """Active at once, with a secret of 32 bytes and a number; the decision point is not asked."""
    world = World()
    permit(world)
    made = await subscribed(world)
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
    made = await subscribed(world, BUSINESS_SYSTEM, subject_filter=BUSINESS)
    assert not made.owner_of_resource
    assert made.reader == Reader(Issuer.ALTINN, BUSINESS, "311001000", 3)
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
    world.webhooks.consents = None
    assert await refused(subscribing.subscribe(world.app, SENDER, wish())) is Refusal.ENDPOINT_NOT_VALIDATED
    assert not world.subscriptions.kept


async def test_the_same_wish_twice_is_one_subscription() -> None:
    """The same number and keys, told apart from a new one; another filter is another one."""
    world = World()
    first = await subscribing.subscribe(world.app, SENDER, wish())
    assert first.is_new
    again = await subscribing.subscribe(world.app, SENDER, wish())
    assert again == Subscribed(first.subscription, is_new=False)
    other = await subscribing.subscribe(world.app, SENDER, wish(type_filter="x"))
    assert other.is_new
    assert other.subscription.number != first.subscription.number


@pytest.mark.parametrize("changes", [{"active": False}, {"validated": False}])
async def test_an_ended_subscription_comes_alive_again(changes: dict[str, Any]) -> None:
    """The endpoint that was gone consents anew: events are delivered again, with the keys that there were."""
    world = World()
    first = await subscribed(world)
    await world.subscriptions.change(first, lambda state: replace(state, **changes))
    assert await subscribing.subscribe(world.app, SENDER, wish()) == Subscribed(first, is_new=False)
    await published(world)
    assert world.webhooks.posted


async def test_who_asks_anew_is_the_one_who_may_hear() -> None:
    """The first who asked for the business has lost the right; another of it has one of their own."""
    world = World()
    first = await subscribed(world, BUSINESS_SYSTEM, subject_filter=BUSINESS)
    await world.subscriptions.change(first, lambda state: ended(state, Ending.ACCESS_LOST))
    other = replace(BUSINESS_SYSTEM, party=PERSON)
    again = await subscribed(world, other, subject_filter=BUSINESS)
    assert (again.id, again.active) == (first.id, True)
    assert again.reader == Reader(Issuer.ALTINN, PERSON, "311001000", 3)


async def test_an_endpoint_that_may_not_be_called_is_not_called() -> None:
    """The fault names the member and the rule; nothing is asked of the endpoint, nothing kept."""
    world = World()
    world.webhooks.rules["https://hook.example"] = "must be at a public address"
    with pytest.raises(InvalidRequest) as raised:
        await subscribing.subscribe(world.app, SENDER, wish())
    assert raised.value.faults == (FieldError("endPoint", "must be at a public address"),)
    assert not world.webhooks.validated
    assert not world.subscriptions.kept


async def test_the_rate_that_the_endpoint_allows_is_kept() -> None:
    """And so is how it wants deliveries signed."""
    world = World()
    world.webhooks.consents = Consent(120)
    made = await subscribed(world, signing=Signing.ED25519)
    assert (made.rate_per_minute, made.signing, len(made.public_key)) == (120, Signing.ED25519, 32)


async def test_everybody_sees_and_removes_their_own() -> None:
    """7001 for a number nobody has, 4001 for somebody else's."""
    world = World()
    mine = await subscribed(world)
    theirs = await subscribed(world, READER, subject_filter=PERSON)
    app = world.app
    assert (await subscribing.subscriptions(app, SENDER)).subscriptions == [mine]
    assert (await subscribing.subscriptions(app, READER)).subscriptions == [theirs]
    assert await subscribing.subscription(app, READER, theirs.number) == theirs
    calls: tuple[Any, ...] = (subscribing.subscription, subscribing.unsubscribe)
    for call in calls:
        assert await refused(call(app, SENDER, 99)) is Refusal.SUBSCRIPTION_NOT_FOUND
        assert await refused(call(app, SENDER, theirs.number)) is Refusal.NO_ACCESS
    await subscribing.unsubscribe(app, SENDER, mine.number)
    assert not (await subscribing.subscriptions(app, SENDER)).subscriptions


async def test_what_was_removed_hears_nothing_more() -> None:
    """Not even of events that were on their way."""
    world = World()
    mine = await subscribed(world)

    async def removed() -> None:
        await subscribing.unsubscribe(world.app, SENDER, mine.number)

    world.meanwhile["outbox.send_deliveries"] = removed
    await published(world)
    assert not world.webhooks.posted


async def test_many_subscriptions_come_in_pages() -> None:
    """Each once, in the order they were made; the continuation is the caller's own."""
    world = World()
    made = []
    for number in range(7):
        world.now += timedelta(seconds=1)
        made.append(await subscribed(world, endpoint=f"https://hook.example/{number}"))
    listed: list[Subscription] = []
    continuation = None
    for _ in range(3):
        page = await subscribing.subscriptions(world.app, SENDER, limit=3, continuation=continuation)
        listed += page.subscriptions
        continuation = page.continuation
    assert (listed, continuation) == (made, None)
    first = await subscribing.subscriptions(world.app, SENDER, limit=3)
    for caller, text in ((READER, first.continuation), (SENDER, "x")):
        with pytest.raises(InvalidRequest) as raised:
            await subscribing.subscriptions(world.app, caller, continuation=text)
        assert raised.value.faults[0].path == "continuationToken"
