"""Deliveries obey every MUST of CloudEvents 1.0, its JSON format, and its HTTP binding and webhook texts.

The judge is the SDK of CloudEvents. The numbers are the sections of the specifications.
"""

import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

import pytest
from cloudevents.core.bindings.http import HTTPMessage, from_http
from cloudevents.core.formats.json import JSONFormat
from cloudevents.core.v1.event import CloudEvent

from shared.adapters.webhook_post import HttpWebhooks
from shared.domain.events import cloud_event
from shared.domain.facts import INTERNAL, AggregateKind, Fact, FactType
from shared.domain.identifiers import PartyUrn
from shared.domain.subscription import Attempt, Consent
from tests.builders import NOW, fact, new_id, subscription
from tests.contract.neighbours.receiving import Endpoint, Request, receiving

ORIGIN = "correspondence.localhost"
BASE_URL = f"https://{ORIGIN}"
SELF_IDENTIFIED = PartyUrn("urn:altinn:person:legacy-selfidentified:kåre")
TOLD: dict[str, Fact] = {
    **{kind: fact(type=kind, details={"attachment": new_id("file")}) for kind in FactType if kind not in INTERNAL},
    "of an attachment": fact(aggregate=AggregateKind.ATTACHMENT, type=FactType.ATTACHMENT_PUBLISHED),
    "about nobody with a number": fact(subject=SELF_IDENTIFIED),
}
EVERY = pytest.mark.parametrize("told", TOLD.values(), ids=TOLD)


@pytest.fixture
async def webhooks() -> AsyncIterator[HttpWebhooks]:
    made = HttpWebhooks(BASE_URL, loopback_allowed=True)
    yield made
    await made.close()


@pytest.fixture
async def endpoint() -> AsyncIterator[Endpoint]:
    async with receiving() as opened:
        yield opened


async def sent(webhooks: HttpWebhooks, endpoint: Endpoint, told: Fact, **changes: Any) -> Attempt:
    event = cloud_event(told, base_url=BASE_URL, trace="00-" + "1" * 32 + "-" + "2" * 16 + "-01")
    to = subscription(endpoint=endpoint.url + "/events", **changes)
    return await webhooks.post(to, event, attempt=1, now=NOW)


def read(request: Request) -> CloudEvent:
    """The event as the SDK reads it from the request; it raises on what is no CloudEvent."""
    event = from_http(HTTPMessage(request.headers, request.body), JSONFormat())
    assert isinstance(event, CloudEvent)
    return event


@EVERY
async def test_core_3_the_required_attributes_are_there(told: Fact, webhooks: HttpWebhooks, endpoint: Endpoint) -> None:
    """3.1: `id`, `source`, `specversion` and `type` are texts that are not empty; `specversion` is 1.0."""
    await sent(webhooks, endpoint, told)
    event = read(endpoint.last)
    assert (event.get_id(), event.get_specversion()) == (told.id, "1.0")
    assert event.get_type() == f"no.altinn.correspondence.{told.type}"
    source = urlsplit(event.get_source())
    assert (source.scheme, source.netloc) == ("https", ORIGIN)


@EVERY
async def test_core_3_1_attributes_are_named_in_lower_case_letters_and_digits(
    told: Fact, webhooks: HttpWebhooks, endpoint: Endpoint
) -> None:
    """At most 20 of them, also of extensions (4); none but `data` is named so."""
    await sent(webhooks, endpoint, told)
    for name in json.loads(endpoint.last.body):
        assert name.isascii()
        assert name.isalnum()
        assert name == name.lower()
        assert len(name) <= 20


@EVERY
async def test_core_3_1_2_values_are_texts_without_control_characters(
    told: Fact, webhooks: HttpWebhooks, endpoint: Endpoint
) -> None:
    """An attribute that says nothing is null, which means that it is not set (JSON format 2.2); none is empty."""
    await sent(webhooks, endpoint, told)
    event = read(endpoint.last)
    for value in event.get_attributes().values():
        assert value is None or value
        assert not any(ord(sign) < 32 or 127 <= ord(sign) < 160 for sign in str(value))


async def test_core_3_1_1_source_and_id_together_are_unique(webhooks: HttpWebhooks, endpoint: Endpoint) -> None:
    """For each distinct event, while a repetition has both of the first time."""
    facts = [fact(aggregate_id=new_id(of), sequence=number) for of in ("a", "b") for number in range(1, 6)]
    for told in [*facts, *facts]:
        await sent(webhooks, endpoint, told)
    seen = [(event.get_source(), event.get_id()) for event in map(read, endpoint.requests)]
    assert seen[:10] == seen[10:]
    assert len(set(seen)) == 10


@EVERY
async def test_core_3_1_4_optional_attributes_are_of_their_types(
    told: Fact, webhooks: HttpWebhooks, endpoint: Endpoint
) -> None:
    """`time` is when it happened, as RFC 3339 has it; `subject` is not empty; without data no `datacontenttype`."""
    await sent(webhooks, endpoint, told)
    event = read(endpoint.last)
    assert event.get_time() == told.at
    assert json.loads(endpoint.last.body)["time"].endswith("Z")
    assert event.get_subject() == told.subject
    assert (event.get_data(), event.get_datacontenttype(), event.get_dataschema()) == (None, None, None)


async def test_extension_sequence_orders_the_events_of_a_source(webhooks: HttpWebhooks, endpoint: Endpoint) -> None:
    """Its values are compared as texts, so they are of one length."""
    for number in (9, 10, 99, 100):
        await sent(webhooks, endpoint, fact(sequence=number))
    values = [read(request).get_extension("sequence") for request in endpoint.requests]
    assert values == sorted(values)
    assert len(set(values)) == 4


async def test_extension_tracing_has_a_traceparent(webhooks: HttpWebhooks, endpoint: Endpoint) -> None:
    """Of the version 00 of W3C's trace context."""
    await sent(webhooks, endpoint, fact())
    assert [len(part) for part in read(endpoint.last).get_extension("traceparent").split("-")] == [2, 32, 16, 2]


@EVERY
async def test_json_3_an_event_is_one_object_in_utf_8(told: Fact, webhooks: HttpWebhooks, endpoint: Endpoint) -> None:
    """Every attribute is a member that is there once."""
    await sent(webhooks, endpoint, told)
    pairs: list[tuple[str, object]] = json.loads(endpoint.last.body.decode("utf-8"), object_pairs_hook=list)
    assert len(dict(pairs)) == len(pairs)
    assert dict(pairs)["subject"] == told.subject


async def test_http_3_2_1_structured_content_is_named_by_its_type(webhooks: HttpWebhooks, endpoint: Endpoint) -> None:
    """The media type of the JSON format, and no attribute as a header besides."""
    await sent(webhooks, endpoint, fact())
    assert endpoint.last.headers["content-type"] == "application/cloudevents+json"
    assert not [name for name in endpoint.last.headers if name.startswith("ce-")]


async def test_webhook_2_1_tls_is_used() -> None:
    """Without the setting for local runs, plain http is not even tried."""
    strict = HttpWebhooks(BASE_URL)
    async with receiving() as endpoint:
        attempt = await sent(strict, endpoint, fact())
        await strict.close()
        assert (attempt.status, endpoint.requests) == (0, [])


async def test_webhook_2_1_a_delivery_is_a_post_with_type_and_payload(
    webhooks: HttpWebhooks, endpoint: Endpoint
) -> None:
    """To the target as it was given, with our origin."""
    await sent(webhooks, endpoint, fact())
    request = endpoint.last
    assert (request.method, request.path) == ("POST", "/events")
    assert request.headers["content-type"]
    assert int(request.headers["content-length"]) == len(request.body) > 0
    assert request.headers["webhook-request-origin"] == ORIGIN


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_webhook_2_2_no_redirect_is_followed(status: int, webhooks: HttpWebhooks) -> None:
    """It is a failure."""
    async with receiving(status, Location="/elsewhere") as endpoint:
        attempt = await sent(webhooks, endpoint, fact())
        assert (attempt.succeeded, len(endpoint.requests)) == (False, 1)


@pytest.mark.parametrize("status", [200, 201, 202, 204])
async def test_webhook_2_2_accepted_is_success(status: int, webhooks: HttpWebhooks) -> None:
    """Processed with or without details, or to be processed."""
    async with receiving(status) as endpoint:
        assert (await sent(webhooks, endpoint, fact())).succeeded


@pytest.mark.parametrize("status", [400, 410, 415, 429, 500])
async def test_webhook_2_2_refused_is_failure(status: int, webhooks: HttpWebhooks) -> None:
    """Retired, not understood, too many or broken."""
    async with receiving(status) as endpoint:
        attempt = await sent(webhooks, endpoint, fact())
        assert (attempt.status, attempt.succeeded) == (status, False)


async def test_webhook_3_2_an_access_token_in_the_target_is_sent_as_it_is(
    webhooks: HttpWebhooks, endpoint: Endpoint
) -> None:
    """Among other parameters, and nobody on the way keeps the request."""
    to = subscription(endpoint=endpoint.url + "/events?a=b&access_token=mF_9.B5f-4.1JqM")
    await webhooks.post(to, cloud_event(fact(), base_url=BASE_URL), attempt=1, now=NOW)
    assert endpoint.last.path == "/events?a=b&access_token=mF_9.B5f-4.1JqM"
    assert endpoint.last.headers["cache-control"] == "no-store"


async def test_webhook_4_1_the_handshake_asks_the_exact_target(webhooks: HttpWebhooks) -> None:
    """By OPTIONS, with the origin of later deliveries and a rate that is a positive whole number a minute."""
    async with receiving(WebHook_Allowed_Origin="*", WebHook_Allowed_Rate="*") as endpoint:
        assert await webhooks.validate(subscription(endpoint=endpoint.url + "/events?a=b")) == Consent()
        asked = endpoint.last
        await sent(webhooks, endpoint, fact())
    assert (asked.method, asked.path) == ("OPTIONS", "/events?a=b")
    assert int(asked.headers["webhook-request-rate"]) > 0
    assert asked.headers["webhook-request-origin"] == endpoint.last.headers["webhook-request-origin"] == ORIGIN


@pytest.mark.parametrize("origin", ["somebody.example", f"x.{ORIGIN}", "*.localhost", f"{ORIGIN}, other.example", ""])
async def test_webhook_4_2_consent_names_our_origin_or_everybody(origin: str, webhooks: HttpWebhooks) -> None:
    """Whatever else stands there is none, and a 200 is none either."""
    async with receiving(WebHook_Allowed_Origin=origin, WebHook_Allowed_Rate="*") as endpoint:
        endpoint.status = 405
        assert await webhooks.validate(subscription(endpoint=endpoint.url)) is None
        assert [request.method for request in endpoint.requests] == ["OPTIONS", "POST"]


@pytest.mark.parametrize(
    ("rate", "consent"),
    [
        ("*", Consent()),
        ("120", Consent(120)),
        *((rate, None) for rate in ("0", "-1", "1.5", "many", "", "1e3", "12 a minute", "٣", "9" * 40)),
    ],
)
async def test_webhook_4_2_2_the_allowed_rate_is_a_number_or_any(
    rate: str, consent: Consent | None, webhooks: HttpWebhooks
) -> None:
    """It was asked for, so consent says it: without it there is none in the handshake."""
    encoded = rate.encode("utf-8").decode("latin-1") if not rate.isascii() else rate
    async with receiving(405, WebHook_Allowed_Origin=ORIGIN, WebHook_Allowed_Rate=encoded) as endpoint:
        assert await webhooks.validate(subscription(endpoint=endpoint.url)) == consent


async def test_the_event_that_validates_and_the_one_that_tests_are_cloud_events(
    webhooks: HttpWebhooks, endpoint: Endpoint
) -> None:
    """Both are about the subscription itself."""
    to = subscription(endpoint=endpoint.url)
    before = datetime.now(UTC)
    assert await webhooks.validate(to) == Consent()
    assert (await webhooks.post_test(to, now=NOW)).succeeded
    _, validation, test = endpoint.requests
    for request, kind in (
        (validation, "platform.events.validatesubscription"),
        (test, "no.altinn.correspondence.test"),
    ):
        event = read(request)
        assert event.get_type() == kind
        assert event.get_source() == f"{BASE_URL}/events/api/v1/subscriptions/1"
        time = event.get_time()
        assert time is not None
        assert before <= time <= before + timedelta(minutes=1)
    assert json.loads(test.body).keys() == cloud_event(fact(), base_url=BASE_URL).keys()
