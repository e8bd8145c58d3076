"""Which facts a subscriber is told of, and when a delivery is tried again."""

from datetime import timedelta

import pytest

from shared.domain.facts import INTERNAL, FactType
from shared.domain.identifiers import ResourceId
from shared.domain.subscription import EVENT_TYPE_PREFIX, LADDER, Attempt, matches, next_attempt
from tests.builders import BUSINESS, NOW, PERSON, fact, subscription


@pytest.mark.parametrize("kind", sorted(FactType))
def test_the_owner_hears_everything_but_what_is_internal(kind: FactType) -> None:
    """Without filters, every event of the resource."""
    assert matches(subscription(), fact(type=kind)) is (kind not in INTERNAL)


@pytest.mark.parametrize("changes", [{"active": False}, {"validated": False}, {"resource_id": ResourceId("other")}])
def test_a_sleeping_or_foreign_subscription_hears_nothing(changes: dict[str, object]) -> None:
    """Suspended, not validated, or for another resource."""
    assert not matches(subscription(**changes), fact())


def test_others_than_the_owner_hear_of_themselves_only() -> None:
    """Without a subject they hear nothing at all."""
    foreign = {"owner_of_resource": False}
    assert not matches(subscription(**foreign), fact())
    assert not matches(subscription(**foreign, subject_filter=PERSON), fact())
    assert matches(subscription(**foreign, subject_filter=BUSINESS), fact())


def test_filters_narrow_what_the_owner_hears() -> None:
    """Subject and type, both exact."""
    published = EVENT_TYPE_PREFIX + FactType.PUBLISHED
    assert matches(subscription(subject_filter=BUSINESS, type_filter=published), fact())
    assert not matches(subscription(subject_filter=PERSON), fact())
    assert not matches(subscription(type_filter=EVENT_TYPE_PREFIX + FactType.READ), fact())
    assert not matches(subscription(type_filter=FactType.PUBLISHED), fact())


def test_the_ladder_of_attempts_ends() -> None:
    """Each failed attempt waits its rung, never shorter than the one before; after the last there is none."""
    waits = [next_attempt(n, now=NOW, jitter=0.0) for n in range(1, len(LADDER) + 1)]
    assert waits == [NOW + rung for rung in LADDER]
    assert list(LADDER) == sorted(LADDER)
    assert timedelta(hours=70) < sum(LADDER, timedelta()) < timedelta(hours=71)
    assert next_attempt(len(LADDER) + 1, now=NOW, jitter=0.0) is None


def test_jitter_adds_at_most_a_tenth() -> None:
    """Many failures do not come back as one."""
    late = next_attempt(1, now=NOW, jitter=0.999)
    assert late is not None
    assert LADDER[0] < late - NOW <= LADDER[0] * 1.1


@pytest.mark.parametrize(("status", "succeeded"), [(200, True), (204, True), (299, True), (300, False), (0, False)])
def test_any_2xx_is_a_success(status: int, succeeded: bool) -> None:
    """A redirect is none, and neither is no answer."""
    assert Attempt(number=1, at=NOW, status=status, answer="", took_ms=3).succeeded is succeeded
