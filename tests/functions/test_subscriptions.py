"""Operations on event subscriptions."""

import base64
import re
from typing import Any

import pytest

from shared.domain.subscription import Attempt, DeliveryState, Ending, LoggedAttempt, Signing
from shared.usecases import subscribing, tending
from shared.usecases.subscribing import Subscribed, SubscriptionPage
from shared.usecases.tending import Health
from tests import builders
from tests.builders import BUSINESS, PERSON
from tests.functions.rim import Rim

ROOT = "/events/api/v1/subscriptions"
WISH = {"endPoint": "https://agency.example/events", "resourceFilter": "urn:altinn:resource:example-letters"}


async def test_a_new_subscription_shows_its_secret_once(rim: Rim) -> None:
    """201 with the secret in the form of Standard Webhooks; it is never shown again."""
    made = builders.subscription(secret=bytes(range(32)))
    rim.stub(subscribing, "subscribe", Subscribed(made, is_new=True))
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
        "active": True,
        "paused": False,
        "signing": "hmac",
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
    rim.stub(subscribing, "subscribe", Subscribed(builders.subscription(), is_new=True))
    await rim.post(ROOT, WISH | filters, "subscriber")
    assert rim.calls[0][1].subject_filter == subject


async def test_a_subject_in_the_old_form_is_shown_in_it(rim: Rim) -> None:
    """As Altinn Events does; the other filter is null."""
    one = builders.subscription(subject_filter=BUSINESS, subject_in_old_form=True)
    rim.stub(subscribing, "subscription", one)
    body = (await rim.get(f"{ROOT}/1", "subscriber")).json()
    assert (body["subjectFilter"], body["alternativeSubjectFilter"]) == (None, "/organisation/311001000")


async def test_the_same_wish_again_does_not_show_the_secret(rim: Rim) -> None:
    """201 as the first time, without it."""
    rim.stub(subscribing, "subscribe", Subscribed(builders.subscription(), is_new=False))
    answer = await rim.post(ROOT, WISH, "subscriber")
    assert (answer.status_code, "secret" in answer.json()) == (201, False)


@pytest.mark.parametrize(
    ("member", "value"),
    [
        ("resourceFilter", "example-letters"),
        ("resourceFilter", "urn:altinn:resource:"),
        ("resourceFilter", "urn:altinn:resource:a:b"),
        ("resourceFilter", "urn:altinn:resource:a/b"),
        ("resourceFilter", "urn:altinn:resource:" + "a" * 256),
        ("resourceFilter", "urn:altinn:org:example-letters"),
        ("resourceFilter", "  "),
        ("resourceFilter", 7),
        ("resourceFilter", ["urn:altinn:resource:example-letters"]),
        ("sourceFilter", "https://x.example"),
        ("subjectFilter", "/nobody/1"),
        ("subjectFilter", "/organisation/311001000"),
        ("subjectFilter", "urn:altinn:organization:identifier-no:31100100"),
        ("subjectFilter", "urn:altinn:person:identifier-no:01838510059"),
        ("subjectFilter", "*"),
        ("alternativeSubjectFilter", "/organisation/1"),
        ("alternativeSubjectFilter", "/party/50001"),
        ("alternativeSubjectFilter", "urn:altinn:organization:identifier-no:311001000"),
        ("typeFilter", "no.altinn.correspondence.reminderdue"),
        ("typeFilter", "correspondencepublished"),
        ("typeFilter", "*"),
        ("includeSubunits", True),
        ("signing", "none"),
        ("signing", 1),
        ("endPoint", " "),
        ("endPoint", None),
    ],
)
async def test_a_member_of_the_wrong_form_is_named(rim: Rim, member: str, value: Any) -> None:
    """400 with its path, without the number of anybody, and nothing was asked of the use case."""
    answer = await rim.post(ROOT, WISH | {member: value}, "subscriber")
    assert (answer.status_code, list(answer.json()["errors"]), rim.calls) == (400, [member[0].upper() + member[1:]], [])
    assert not re.search(r"\d{9}", str(answer.json()["errors"]))


async def test_two_subjects_at_once_are_refused(rim: Rim) -> None:
    """The same one in both forms is one."""
    wish = WISH | {"subjectFilter": PERSON, "alternativeSubjectFilter": "/organisation/311001000"}
    answer = await rim.post(ROOT, wish, "subscriber")
    assert (answer.status_code, list(answer.json()["errors"])) == (400, ["AlternativeSubjectFilter"])
    rim.stub(subscribing, "subscribe", Subscribed(builders.subscription(), is_new=True))
    both = WISH | {"subjectFilter": BUSINESS, "alternativeSubjectFilter": "/organisation/311001000"}
    assert (await rim.post(ROOT, both, "subscriber")).status_code == 201
    assert (rim.calls[0][1].subject_filter, rim.calls[0][1].subject_in_old_form) == (BUSINESS, False)


async def test_subscriptions_are_counted_and_deleted(rim: Rim) -> None:
    """A list with its count; 200 when one is gone; a number that is none is 400."""
    rim.stub(subscribing, "subscriptions", SubscriptionPage([builders.subscription()]))
    rim.stub(subscribing, "unsubscribe")
    body = (await rim.get(ROOT, "subscriber")).json()
    assert (list(body), body["count"], body["subscriptions"][0]["id"]) == (["count", "subscriptions"], 1, 1)
    assert "secret" not in body["subscriptions"][0]
    assert (await rim.send("DELETE", f"{ROOT}/1", "subscriber")).status_code == 200
    assert (await rim.get(f"{ROOT}/x", "subscriber")).status_code == 400


async def test_a_page_leads_to_the_next_one(rim: Rim) -> None:
    """With its continuation; a limit that is none is 400."""
    rim.stub(subscribing, "subscriptions", SubscriptionPage([builders.subscription()], "on"))
    assert (await rim.get(f"{ROOT}?limit=1", "subscriber")).json()["continuationToken"] == "on"
    for limit in ("0", "1001", "x", "1.5"):
        answer = await rim.get(f"{ROOT}?limit={limit}", "subscriber")
        assert (answer.status_code, list(answer.json()["errors"])) == (400, ["Limit"])


async def test_a_rotated_secret_is_shown_once(rim: Rim) -> None:
    """A shared secret is; of a signing key only the public half ever is."""
    until = builders.NOW
    rim.stub(tending, "rotate_secret", builders.subscription(secret=bytes(32), previous_until=until))
    body = (await rim.post(f"{ROOT}/1/secret", None, "subscriber")).json()
    assert body["secret"] == "whsec_" + base64.b64encode(bytes(32)).decode()
    assert body["previousSecretUntil"] == until.isoformat()
    keyed = builders.subscription(secret=b"s" * 32, signing=Signing.ED25519, public_key=b"p" * 32)
    rim.stub(tending, "rotate_secret", keyed)
    body = (await rim.post(f"{ROOT}/1/secret", None, "subscriber")).json()
    assert "secret" not in body
    assert body["publicKey"] == "whpk_" + base64.b64encode(b"p" * 32).decode()


async def test_a_pause_and_its_end_are_shown(rim: Rim) -> None:
    """200 with the subscription as it is now."""
    rim.stub(tending, "pause", builders.subscription(paused=True))
    rim.stub(tending, "resume", builders.subscription())
    assert (await rim.post(f"{ROOT}/1/pause", None, "subscriber")).json()["paused"] is True
    assert (await rim.post(f"{ROOT}/1/resume", None, "subscriber")).json()["paused"] is False


async def test_a_test_event_is_answered_with_what_came_of_it(rim: Rim) -> None:
    """200, whatever the endpoint said."""
    rim.stub(tending, "post_test", Attempt(1, builders.NOW, 503, "later", 12))
    answer = await rim.post(f"{ROOT}/1/test", None, "subscriber")
    assert answer.json() == {"succeeded": False, "status": 503, "tookMs": 12, "answer": "later"}


async def test_health_shows_the_latest_attempts(rim: Rim) -> None:
    """With failures in a row, and how many wait."""
    lines = [
        LoggedAttempt(event="e", number=n, at=builders.NOW, status=500, took_ms=3, state=DeliveryState.WAITING)
        for n in (2, 1)
    ]
    one = builders.subscription(rate_per_minute=60, ended=Ending.ENDPOINT_GONE, active=False)
    rim.stub(tending, "health", Health(subscription=one, latest=lines, waiting=4))
    body = (await rim.get(f"{ROOT}/1/health", "subscriber")).json()
    latest = body.pop("latest")
    assert body == {
        "active": False,
        "paused": False,
        "ended": "the endpoint answered 410",
        "failuresInARow": 2,
        "waiting": 4,
        "ratePerMinute": 60,
    }
    assert latest[0] == {
        "event": "e",
        "attempt": 2,
        "at": builders.NOW.isoformat(),
        "status": 500,
        "tookMs": 3,
        "state": "waiting",
    }
