"""One running stack for all tests of this folder, and those who call it."""

import uuid
from collections.abc import Iterator

import pytest

from local.demo import letters
from local.demo.client import Api, Services
from local.stack import Stack


@pytest.fixture(scope="session")
def stack() -> Iterator[Stack]:
    """A whole stack, on free ports and over a folder of its own."""
    with Stack() as running:
        yield running


@pytest.fixture(scope="session")
def services(stack: Stack) -> Services:
    """The stand-ins of the stack."""
    return Services.of(stack)


# Tests move the clock by days, so each gets tokens of its own: those of an earlier one may have expired.
@pytest.fixture
def agency(services: Services) -> Iterator[Api]:
    """The service owner, who sends and is told of events."""
    yield from _closing(services.organisation(letters.AGENCY))


@pytest.fixture
def other_agency(services: Services) -> Iterator[Api]:
    """Another service owner."""
    yield from _closing(services.organisation("310002003"))


@pytest.fixture
def kari(services: Services) -> Iterator[Api]:
    """A person with e-mail and mobile, who also runs the business."""
    yield from _closing(services.person(letters.KARI))


@pytest.fixture
def una(services: Services) -> Iterator[Api]:
    """A person who may read nothing but her own mail."""
    yield from _closing(services.person(letters.UNA))


@pytest.fixture
def business(services: Services) -> Iterator[Api]:
    """A business that reads its own mail."""
    yield from _closing(services.organisation(letters.BUSINESS, "altinn:correspondence.read altinn:events.subscribe"))


@pytest.fixture
def reference() -> str:
    """A sender's reference that nobody else uses; titles and subjects hold it too."""
    return uuid.uuid4().hex[:12]


def _closing(api: Api) -> Iterator[Api]:
    yield api
    api.close()
