"""Which facts a subscriber is told of."""

import pytest

from shared.domain.facts import INTERNAL, FactType
from shared.domain.identifiers import ResourceId
from shared.domain.subscription import EVENT_TYPE_PREFIX, Attempt, matches
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


@pytest.mark.parametrize(("status", "succeeded"), [(200, True), (204, True), (299, True), (300, False), (0, False)])
def test_any_2xx_is_a_success(status: int, succeeded: bool) -> None:
    """A redirect is none, and neither is no answer."""
    assert Attempt(number=1, at=NOW, status=status, answer="", took_ms=3).succeeded is succeeded
