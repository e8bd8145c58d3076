"""Looking after a subscription: secrets, pause, test and health, and nobody else's."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from shared.domain.errors import Refusal
from shared.domain.subscription import SECRETS_OVERLAP, Ending, Signing, Subscription, ended
from shared.usecases import tending
from tests.builders import BUSINESS, PERSON
from tests.fakes.world import READER, SENDER, World
from tests.unit.usecases.stories import published, refused
from tests.unit.usecases.test_subscribing import subscribed


async def test_for_a_day_both_secrets_sign() -> None:
    """The new one first; after that only the new one. A second rotation keeps the one before it, and no older one."""
    world = World()
    old = await subscribed(world)
    new = await tending.rotate_secret(world.app, SENDER, old.number)
    assert new.secret != old.secret
    assert new.secrets_at(world.now) == (new.secret, old.secret)
    assert new.secrets_at(world.now + SECRETS_OVERLAP - timedelta(seconds=1)) == (new.secret, old.secret)
    assert new.secrets_at(world.now + SECRETS_OVERLAP) == (new.secret,)
    newest = await tending.rotate_secret(world.app, SENDER, old.number)
    assert newest.secrets_at(world.now) == (newest.secret, new.secret)


async def test_a_signing_key_is_rotated_with_its_public_half() -> None:
    """And stays one of its kind."""
    world = World()
    old = await subscribed(world, signing=Signing.ED25519)
    new = await tending.rotate_secret(world.app, SENDER, old.number)
    assert (new.signing, len(new.public_key), new.secret == old.secret) == (Signing.ED25519, 32, False)


async def test_a_pause_ends_when_it_is_resumed() -> None:
    """Both may be said twice; the endpoint is not asked anew."""
    world = World()
    one = await subscribed(world)
    for _ in range(2):
        assert (await tending.pause(world.app, SENDER, one.number)).paused
    for _ in range(2):
        assert await tending.resume(world.app, SENDER, one.number) == one
    assert len(world.webhooks.validated) == 1


async def test_what_has_ended_is_resumed_when_the_endpoint_consents() -> None:
    """7003 while it does not; then it is told again, of what happens from now on."""
    world = World()
    one = await subscribed(world)
    await world.subscriptions.change(one, lambda state: ended(state, Ending.ENDPOINT_GONE))
    consent, world.webhooks.consents = world.webhooks.consents, None
    assert await refused(tending.resume(world.app, SENDER, one.number)) is Refusal.ENDPOINT_NOT_VALIDATED
    world.webhooks.consents = consent
    assert await tending.resume(world.app, SENDER, one.number) == one
    await published(world)
    assert world.webhooks.posted


async def test_who_lost_the_right_cannot_resume() -> None:
    """4001; with the right, it is heard of again."""
    world = World()
    one = await subscribed(world, READER, subject_filter=PERSON)
    await world.subscriptions.change(one, lambda state: ended(state, Ending.ACCESS_LOST))
    rule, world.decisions.rule = world.decisions.rule, None
    assert await refused(tending.resume(world.app, READER, one.number)) is Refusal.NO_ACCESS
    world.decisions.rule = rule
    assert await tending.resume(world.app, READER, one.number) == one


async def test_a_test_event_goes_to_the_endpoint_once() -> None:
    """Whatever it answers, it is not tried again and not held against the subscription."""
    world = World()
    one = await subscribed(world)
    world.webhooks.statuses = [500]
    assert (await tending.post_test(world.app, SENDER, one.number)).status == 500
    await world.advance(timedelta(days=5))
    assert world.webhooks.tested == [one]
    assert (await tending.health(world.app, SENDER, one.number)).failures_in_a_row == 0


async def test_health_tells_failures_in_a_row_and_what_waits() -> None:
    """A success ends the row."""
    world = World()
    one = await subscribed(world)
    await published(world)
    world.now += timedelta(minutes=1)
    world.webhooks.statuses = [500, 0]
    await published(world)
    await published(world)
    seen = await tending.health(world.app, SENDER, one.number)
    assert (seen.failures_in_a_row, seen.waiting, len(seen.latest)) == (2, 4, 4)
    await world.advance(timedelta(minutes=1))
    seen = await tending.health(world.app, SENDER, one.number)
    assert (seen.failures_in_a_row, seen.waiting, len(seen.latest)) == (0, 0, 8)


EVERY: tuple[Callable[..., Awaitable[object]], ...] = (
    tending.rotate_secret,
    tending.pause,
    tending.resume,
    tending.post_test,
    tending.health,
)


@pytest.mark.parametrize("tend", EVERY)
async def test_everybody_tends_their_own(tend: Callable[..., Any]) -> None:
    """7001 for a number nobody has, 4001 for somebody else's, which stays as it was."""
    world = World()
    theirs = await subscribed(world, READER, subject_filter=PERSON)
    assert await refused(tend(world.app, SENDER, 99)) is Refusal.SUBSCRIPTION_NOT_FOUND
    assert await refused(tend(world.app, SENDER, theirs.number)) is Refusal.NO_ACCESS
    assert await world.subscriptions.get(theirs.number) == theirs
    assert not world.webhooks.tested


@pytest.mark.parametrize("tend", EVERY[:3])
async def test_what_was_removed_meanwhile_is_not_found(tend: Callable[..., Any]) -> None:
    """7001."""
    world = World()
    one: Subscription = await subscribed(world)
    world.meanwhile["subscriptions.change"] = lambda: world.subscriptions.remove(one)
    assert await refused(tend(world.app, SENDER, one.number)) is Refusal.SUBSCRIPTION_NOT_FOUND


async def test_a_resource_that_changed_hands_is_heard_of_as_any_reader_does() -> None:
    """Who resumes what they owned once needs a subject to read for."""
    world = World()
    one = await subscribed(world)
    await world.subscriptions.change(one, lambda state: ended(state, Ending.ACCESS_LOST))
    resource = world.registry.resources[one.resource_id]
    await world.registry.put_resource(replace(resource, owner=BUSINESS))
    assert await refused(tending.resume(world.app, SENDER, one.number)) is Refusal.NO_ACCESS
