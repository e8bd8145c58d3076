"""When a delivery is tried again, when it has ended, and when its endpoint is left alone."""

from datetime import datetime, timedelta

import pytest

from shared.domain import circuit
from shared.domain.circuit import HEALTHY, Circuit
from shared.domain.delivery import LADDER, SHORT_LADDER, attempted, begun_again, delivery_of, is_stale
from shared.domain.identifiers import SubscriptionId
from shared.domain.subscription import Attempt, DeliveryState
from tests.builders import NOW, fact

NEW = delivery_of(fact(), SubscriptionId("s"), now=NOW)


def attempt(status: int, number: int = 1, *, wait: int = 0, at: datetime = NOW) -> Attempt:
    """The endpoint answered so."""
    return Attempt(number, at, status, "", 3, wait)


def test_the_ladder_is_climbed_to_its_end_for_at_least_75_hours() -> None:
    """Each failed attempt waits its rung, never shorter than the one before; after the last there is none."""
    delivery = NEW
    for number, rung in enumerate(LADDER, start=1):
        delivery = attempted(delivery, attempt(503, number), now=NOW, jitter=0)
        assert delivery.state is DeliveryState.WAITING
        assert delivery.next_at == NOW + rung
    assert list(LADDER) == sorted(LADDER)
    assert (LADDER[0], LADDER[-1]) == (timedelta(seconds=10), timedelta(hours=12))
    assert sum(LADDER, timedelta()) >= timedelta(hours=75)
    assert attempted(delivery, attempt(503, len(LADDER) + 1), now=NOW, jitter=0).state is DeliveryState.GIVEN_UP


@pytest.mark.parametrize("status", [400, 401, 404, 415, 499])
def test_a_refusal_is_tried_again_on_the_short_ladder(status: int) -> None:
    """It may be mended soon, or never."""
    delivery = NEW
    for number in range(1, len(SHORT_LADDER) + 1):
        delivery = attempted(delivery, attempt(status, number), now=NOW, jitter=0)
        assert delivery.state is DeliveryState.WAITING
    assert attempted(delivery, attempt(status, 6), now=NOW, jitter=0).state is DeliveryState.GIVEN_UP


def test_jitter_adds_at_most_a_tenth() -> None:
    """Many failures do not come back as one."""
    late = attempted(NEW, attempt(0), now=NOW, jitter=0.999).next_at
    assert late is not None
    assert LADDER[0] < late - NOW <= LADDER[0] * 1.1


def test_an_endpoint_that_names_its_wait_is_not_asked_before() -> None:
    """Retry-After binds the delivery, and every other to the same endpoint."""
    limited = attempt(429, wait=700)
    assert attempted(NEW, limited, now=NOW, jitter=0).next_at == NOW + timedelta(seconds=700)
    health = circuit.after(HEALTHY, limited, now=NOW, jitter=0)
    assert health.waits_until(NOW) == NOW + timedelta(seconds=700)
    assert not health.is_open


def test_gone_and_success_end_a_delivery() -> None:
    """One for good, one well."""
    assert attempted(NEW, attempt(410), now=NOW, jitter=0).state is DeliveryState.GIVEN_UP
    assert attempted(NEW, attempt(204), now=NOW, jitter=0).state is DeliveryState.DELIVERED


def test_a_replay_has_the_whole_ladder_before_it() -> None:
    """Attempts are counted on, rungs anew."""
    ended = attempted(NEW, attempt(410, 7), now=NOW, jitter=0)
    again = begun_again(ended, now=NOW)
    assert not is_stale(again, 7, now=NOW)
    assert is_stale(again, 6, now=NOW)
    assert attempted(again, attempt(500, 8), now=NOW, jitter=0).next_at == NOW + LADDER[0]


def test_doubles_of_a_message_are_known() -> None:
    """By the attempts on record, by the end, and by the time of the next one."""
    waits = attempted(NEW, attempt(500), now=NOW, jitter=0)
    assert is_stale(waits, 0, now=NOW + LADDER[0])
    assert is_stale(waits, 1, now=NOW)
    assert not is_stale(waits, 1, now=NOW + LADDER[0])
    assert is_stale(attempted(NEW, attempt(200), now=NOW, jitter=0), 1, now=NOW)


def failing(times: int, *, every: timedelta) -> Circuit:
    """So many failures in a row."""
    health = HEALTHY
    for number in range(times):
        health = circuit.after(health, attempt(500), now=NOW + number * every, jitter=0)
    return health


def test_three_failures_in_a_row_open_the_circuit_and_a_success_closes_it() -> None:
    """Not two; and then it takes three again."""
    assert not failing(2, every=timedelta()).is_open
    health = failing(3, every=timedelta())
    assert health.is_open
    assert health.waits_until(NOW) == NOW + timedelta(seconds=10)
    assert circuit.after(health, attempt(200), now=NOW, jitter=0) == HEALTHY


def test_an_open_circuit_is_probed_every_half_hour_at_least() -> None:
    """However long it has been open."""
    health = failing(200, every=timedelta())
    assert health.waits_until(NOW) == NOW + timedelta(minutes=30)


def test_while_a_probe_is_out_everybody_else_waits() -> None:
    """But not for ever, should its sender die."""
    health = circuit.probing(failing(3, every=timedelta()), now=NOW + timedelta(minutes=1))
    assert health.waits_until(NOW + timedelta(minutes=1)) is not None
    assert health.waits_until(NOW + timedelta(minutes=3)) is None


def test_75_hours_without_a_success_suspend() -> None:
    """Not earlier, and not for a few failures with days between them."""
    assert not circuit.must_suspend(HEALTHY, now=NOW)
    health = failing(20, every=timedelta(hours=4))
    assert circuit.must_suspend(health, now=NOW + timedelta(hours=76))
    assert not circuit.must_suspend(health, now=NOW + timedelta(hours=74))
    assert not circuit.must_suspend(failing(3, every=timedelta(days=2)), now=NOW + timedelta(days=4))
