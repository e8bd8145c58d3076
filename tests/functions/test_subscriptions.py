"""Operations on event subscriptions."""

import base64

import pytest

from shared.usecases import subscribing
from tests import builders
from tests.builders import BUSINESS, PERSON
from tests.functions.rim import Rim

ROOT = "/events/api/v1/subscriptions"
WISH = {"endPoint": "https://agency.example/events", "resourceFilter": "urn:altinn:resource:example-letters"}


async def test_a_new_subscription_shows_its_secret_once(rim: Rim) -> None:
    """201 with the secret in the form of Standard Webhooks; it is never shown again."""
    made = builders.subscription(secret=bytes(range(32)))
    rim.stub(subscribing, "subscribe", made)
    rim.stub(subscribing, "subscription", made)
    answer = await rim.post(ROOT, WISH | {"typeFilter": ""}, "subscriber")
    body = answer.json()
    assert answer.status_code == 201
    assert body.pop("secret") == "whsec_" + base64.b64encode(bytes(range(32))).decode()
    assert body == {
        "id": 1,
        "endPoint": "https://agency.example/events",
        "resourceFilter": "urn:altinn:resource:example-letters",
        "sourceFilter": None,
        "subjectFilter": None,
        "alternativeSubjectFilter": None,
        "typeFilter": None,
        "consumer": builders.AGENCY,
        "createdBy": builders.AGENCY,
        "created": "2026-12-01T12:00:00+00:00",
        "validated": True,
    }
    assert rim.calls[0][1].type_filter is None
    assert (await rim.get(f"{ROOT}/1", "subscriber")).json() == body


@pytest.mark.parametrize(
    ("filters", "subject"),
    [
        ({}, None),
        ({"subjectFilter": BUSINESS}, BUSINESS),
        ({"alternativeSubjectFilter": "/organisation/311001000"}, BUSINESS),
        ({"alternativeSubjectFilter": "/person/01838510058"}, PERSON),
    ],
)
async def test_a_subject_is_named_in_either_way(rim: Rim, filters: dict[str, str], subject: str | None) -> None:
    """The alternative form means the same party."""
    rim.stub(subscribing, "subscribe", builders.subscription())
    await rim.post(ROOT, WISH | filters, "subscriber")
    assert rim.calls[0][1].subject_filter == subject


@pytest.mark.parametrize(
    "change",
    [
        {"resourceFilter": "example-letters"},
        {"resourceFilter": "urn:altinn:resource:"},
        {"sourceFilter": "https://x.example"},
        {"subjectFilter": "/nobody/1"},
        {"alternativeSubjectFilter": "/organisation/1"},
    ],
)
async def test_filters_that_name_nothing_are_refused(rim: Rim, change: dict[str, str]) -> None:
    """7002, and nothing was asked of the use case."""
    answer = await rim.post(ROOT, WISH | change, "subscriber")
    assert (answer.status_code, answer.json()["errorCode"], rim.calls) == (400, 7002, [])


@pytest.mark.parametrize(
    ("member", "value"),
    [("typeFilter", "no.altinn.correspondence.reminderdue"), ("endPoint", "https://user:word@agency.example/events")],
)
async def test_a_member_that_cannot_be_is_named(rim: Rim, member: str, value: str) -> None:
    """400 that names it, and nothing was asked of the use case."""
    answer = await rim.post(ROOT, WISH | {member: value}, "subscriber")
    assert (answer.status_code, list(answer.json()["errors"]), rim.calls) == (400, [member[0].upper() + member[1:]], [])
    assert value not in answer.text


async def test_subscriptions_are_counted_and_deleted(rim: Rim) -> None:
    """A list with its count; 200 when one is gone; a number that is none is 400."""
    rim.stub(subscribing, "subscriptions", [builders.subscription()])
    rim.stub(subscribing, "unsubscribe")
    body = (await rim.get(ROOT, "subscriber")).json()
    assert (body["count"], body["subscriptions"][0]["id"]) == (1, 1)
    assert "secret" not in body["subscriptions"][0]
    assert (await rim.send("DELETE", f"{ROOT}/1", "subscriber")).status_code == 200
    assert (await rim.get(f"{ROOT}/x", "subscriber")).status_code == 400
