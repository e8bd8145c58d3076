"""Deliveries obey every rule of Standard Webhooks 1.0; the judges are its libraries for Python and for Node."""

import base64
import json
import re
import subprocess
from collections.abc import AsyncIterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from standardwebhooks import Webhook, WebhookVerificationError

from shared.adapters.webhook_post import WEBHOOK_TIMEOUT, HttpWebhooks
from shared.domain.events import cloud_event
from shared.domain.facts import INTERNAL, FactType
from shared.domain.subscription import SECRETS_OVERLAP, Keys, Signing, Subscription, rotated
from shared.schemas.subscriptions import SubscriptionAnswer
from tests.architecture.sources import ROOT
from tests.builders import NOW, fact, new_id, subscription
from tests.contract.neighbours.receiving import Endpoint, Request, receiving

VERIFIER = Path(__file__).with_name("verify.js")
EVENT = cloud_event(fact(details={"attachment": "blåbær"}), base_url="https://correspondence.localhost")


@pytest.fixture
async def webhooks() -> AsyncIterator[HttpWebhooks]:
    made = HttpWebhooks("https://correspondence.localhost", loopback_allowed=True)
    yield made
    await made.close()


@pytest.fixture
async def endpoint() -> AsyncIterator[Endpoint]:
    async with receiving() as opened:
        yield opened


async def subscribed(webhooks: HttpWebhooks, endpoint: Endpoint, signing: Signing = Signing.HMAC) -> Subscription:
    keys = await webhooks.new_keys(signing)
    return subscription(endpoint=endpoint.url, secret=keys.secret, signing=signing, public_key=keys.public)


async def delivered(
    webhooks: HttpWebhooks, endpoint: Endpoint, to: Subscription, *, now: datetime = NOW, attempt: int = 1
) -> Request:
    assert (await webhooks.post(to, EVENT, attempt=attempt, now=now)).succeeded
    return endpoint.last


def told_key(one: Subscription) -> str:
    """What the subscriber is told to verify with."""
    answer = SubscriptionAnswer.of(one, with_secret=True)
    return answer.secret or answer.public_key or ""


def by_python(key: str, request: Request) -> Any:
    return Webhook(key).verify(request.body.decode(), request.headers)


def by_node(*deliveries: tuple[str, Request | Mapping[str, Any]]) -> list[Any]:
    """What Node makes of each delivery with its key."""
    lines = [
        json.dumps({"key": key, "headers": one.headers, "body": one.body.decode()})
        if isinstance(one, Request)
        else json.dumps({"key": key, **one})
        for key, one in deliveries
    ]
    done = subprocess.run(
        ["node", VERIFIER], cwd=ROOT, input="\n".join(lines), capture_output=True, text=True, timeout=60, check=True
    )
    said: list[Any] = json.loads(done.stdout)
    return said


async def test_two_foreign_libraries_verify_a_delivery(webhooks: HttpWebhooks, endpoint: Endpoint) -> None:
    """With the secret as the subscriber was told it; neither takes it with another secret."""
    to = await subscribed(webhooks, endpoint)
    request = await delivered(webhooks, endpoint, to)
    assert by_python(told_key(to), request) == EVENT
    other = "whsec_" + base64.b64encode(bytes(32)).decode()
    with pytest.raises(WebhookVerificationError):
        by_python(other, request)
    assert by_node((told_key(to), request), (other, request)) == [EVENT, {"refused": "No matching signature found"}]


async def test_an_ed25519_signature_is_verified_by_the_public_key(webhooks: HttpWebhooks, endpoint: Endpoint) -> None:
    """The subscriber is told that key only, and a changed body does not pass."""
    to = await subscribed(webhooks, endpoint, Signing.ED25519)
    assert told_key(to).startswith("whpk_")
    assert base64.b64encode(to.secret).decode() not in SubscriptionAnswer.of(to, with_secret=True).model_dump_json()
    request = await delivered(webhooks, endpoint, to)
    forged = {"headers": request.headers, "body": request.body.decode().replace("bl", "gr")}
    good, bad = by_node((told_key(to), request), (told_key(to), forged))
    assert good == EVENT
    assert "refused" in bad


async def test_the_signed_text_is_id_timestamp_and_the_body_as_sent(webhooks: HttpWebhooks, endpoint: Endpoint) -> None:
    """Joined by full stops; a change of any of the three is noticed, by both libraries."""
    to = await subscribed(webhooks, endpoint)
    request = await delivered(webhooks, endpoint, to)
    later = str(int(request.headers["webhook-timestamp"]) + 1)
    forged = [
        {"headers": request.headers, "body": request.body.decode() + " "},
        {"headers": request.headers | {"webhook-id": new_id("other")}, "body": request.body.decode()},
        {"headers": request.headers | {"webhook-timestamp": later}, "body": request.body.decode()},
    ]
    for one in forged:
        with pytest.raises(WebhookVerificationError):
            Webhook(told_key(to)).verify(str(one["body"]), dict(one["headers"]))  # type: ignore[call-overload]
    assert all("refused" in said for said in by_node(*((told_key(to), one) for one in forged)))


async def test_a_replay_after_five_minutes_is_noticed(webhooks: HttpWebhooks, endpoint: Endpoint) -> None:
    """The timestamp is that of the attempt by real time, which receivers hold against their clocks."""
    to = await subscribed(webhooks, endpoint)
    request = await delivered(webhooks, endpoint, to, now=NOW + timedelta(days=300))
    sent_at = datetime.fromtimestamp(int(request.headers["webhook-timestamp"]), UTC)
    assert abs(datetime.now(UTC) - sent_at) < timedelta(minutes=1)
    early = int(request.headers["webhook-timestamp"]) - 301
    replayed = {"headers": request.headers | {"webhook-timestamp": str(early)}, "body": request.body.decode()}
    assert by_node((told_key(to), replayed)) == [{"refused": "Message timestamp too old"}]


async def test_the_id_is_the_same_for_every_attempt(webhooks: HttpWebhooks, endpoint: Endpoint) -> None:
    """It is the event's, unique to it, and holds no full stop."""
    to = await subscribed(webhooks, endpoint)
    requests = [await delivered(webhooks, endpoint, to, attempt=number) for number in (1, 2, 3)]
    assert {request.headers["webhook-id"] for request in requests} == {EVENT["id"]}
    assert len({request.body for request in requests}) == 1
    assert "." not in requests[0].headers["webhook-id"] + requests[0].headers["webhook-timestamp"]


@pytest.mark.parametrize(("signing", "version"), [(Signing.HMAC, "v1"), (Signing.ED25519, "v1a")])
async def test_signatures_are_versioned_base64_in_a_list(
    signing: Signing, version: str, webhooks: HttpWebhooks, endpoint: Endpoint
) -> None:
    """One by one behind their version and a comma, with blanks between."""
    to = rotated(await subscribed(webhooks, endpoint, signing), await webhooks.new_keys(signing), now=NOW)
    request = await delivered(webhooks, endpoint, to)
    signatures = [one.split(",") for one in request.headers["webhook-signature"].split(" ")]
    assert [one[0] for one in signatures] == [version] * 2
    for _, signature in signatures:
        assert len(base64.b64decode(signature, validate=True)) == {"v1": 32, "v1a": 64}[version]


async def test_secrets_are_random_24_to_64_bytes_and_of_one_subscription(webhooks: HttpWebhooks) -> None:
    """No two are the same; the prefix tells a shared secret and a public key apart."""
    made = [await webhooks.new_keys(signing) for signing in Signing for _ in range(20)]
    assert all(24 <= len(keys.secret) <= 64 for keys in made)
    assert len({keys.secret for keys in made}) == 40
    assert re.fullmatch(r"whsec_[A-Za-z0-9+/]{43}=", told_key(subscription(secret=made[0].secret)))
    keyed = subscription(secret=made[-1].secret, signing=Signing.ED25519, public_key=made[-1].public)
    assert re.fullmatch(r"whpk_[A-Za-z0-9+/]{43}=", told_key(keyed))


@pytest.mark.parametrize("signing", Signing)
async def test_while_secrets_are_rotated_both_verify(
    signing: Signing, webhooks: HttpWebhooks, endpoint: Endpoint
) -> None:
    """For 24 hours; then the new one only."""
    old = await subscribed(webhooks, endpoint, signing)
    new = rotated(old, await webhooks.new_keys(signing), now=NOW)
    during = await delivered(webhooks, endpoint, new, now=NOW + SECRETS_OVERLAP - timedelta(seconds=1))
    after = await delivered(webhooks, endpoint, new, now=NOW + SECRETS_OVERLAP)
    said = by_node((told_key(old), during), (told_key(new), during), (told_key(old), after), (told_key(new), after))
    assert ["refused" in one for one in said] == [False, False, True, False]
    if signing is Signing.HMAC:
        assert by_python(told_key(old), during) == by_python(told_key(new), after) == EVENT


@pytest.mark.parametrize("kind", sorted(set(FactType) - INTERNAL))
def test_payloads_are_thin_json_below_20_kilobytes(kind: FactType) -> None:
    """A type of words between full stops, a time, ids; no content and nothing about who did it."""
    event = cloud_event(fact(type=kind, details={"by": "01838510058"}), base_url="https://correspondence.localhost")
    assert re.fullmatch(r"[a-z]+(\.[a-z]+)+", str(event["type"]))
    assert len(json.dumps(event)) < 2000
    assert event["data"] is None
    assert "01838510058" not in str(event)


def test_an_endpoint_has_15_to_30_seconds() -> None:
    """As recommended; below the lock on the message."""
    assert timedelta(seconds=15) <= WEBHOOK_TIMEOUT <= timedelta(seconds=30)


def test_keys_of_another_kind_are_not_taken_for_each_other() -> None:
    """A subscription shows a public key only when it has one, and its secret only when it is shared."""
    shared = SubscriptionAnswer.of(subscription(), with_secret=True)
    keyed = SubscriptionAnswer.of(
        subscription(signing=Signing.ED25519, public_key=Keys(b"", bytes(32)).public), with_secret=True
    )
    assert (shared.public_key, keyed.secret) == (None, None)
