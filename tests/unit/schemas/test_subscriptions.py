"""A wish to be told of events can be kept, or says what is wrong with it."""

import pytest

from shared.domain.errors import InvalidRequest
from shared.domain.facts import INTERNAL, FactType
from shared.domain.subscription import EVENT_TYPE_PREFIX
from shared.schemas.subscriptions import SubscriptionRequest

WISH = {"endPoint": "https://agency.example/events", "resourceFilter": "urn:altinn:resource:example-letters"}
TOLD = sorted(EVENT_TYPE_PREFIX + kind for kind in FactType if kind not in INTERNAL)
UNTOLD = sorted(EVENT_TYPE_PREFIX + kind for kind in INTERNAL)


@pytest.mark.parametrize("name", TOLD)
def test_every_event_that_is_told_can_be_asked_for(name: str) -> None:
    """Blanks around it do not count."""
    assert SubscriptionRequest.read(WISH | {"typeFilter": f" {name} "}).type_filter == name


@pytest.mark.parametrize("blank", [None, "", "  "])
def test_without_a_type_all_are_meant(blank: str | None) -> None:
    """Null and blank are no filter."""
    assert not SubscriptionRequest.read(WISH | {"typeFilter": blank}).type_filter


@pytest.mark.parametrize("name", [*UNTOLD, "correspondencepublished", "no.altinn.correspondence.x", TOLD[0].upper()])
def test_a_type_that_never_comes_is_refused(name: str) -> None:
    """The fault names the member, and not what it held."""
    with pytest.raises(InvalidRequest) as caught:
        SubscriptionRequest.read(WISH | {"typeFilter": name})
    (fault,) = caught.value.faults
    assert (fault.path, "type of event" in fault.message) == ("typeFilter", True)
