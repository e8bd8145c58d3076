"""Operations on event subscriptions, in the shapes of Altinn Events."""

from dataclasses import replace
from typing import Annotated

from fastapi import Path, Request, Response

from functions.http.answering import Context, body
from functions.http.operation import JSON, Endpoint, Operation, Policy
from shared.domain.subscription import Signing
from shared.schemas.base import Answer
from shared.schemas.subscriptions import (
    AttemptAnswer,
    HealthAnswer,
    SubscriptionAnswer,
    SubscriptionList,
    SubscriptionPageQuery,
    SubscriptionRequest,
    TestAnswer,
)
from shared.usecases import subscribing, tending

ROOT = "/events/api/v1/subscriptions"
ONE = ROOT + "/{id}"
TAG = "Subscriptions"

NumberPath = Annotated[int, Path(alias="id")]


async def create_subscription(call: Context, request: SubscriptionRequest) -> Response:
    """Be told about events at an endpoint. The answer to a new wish holds the secret that signs, this once.

    The same wish again is answered with the subscription that there is, without its secret.
    """
    wish = subscribing.NewSubscription(
        endpoint=request.end_point.strip(),
        resource_id=request.resource,
        subject_filter=request.subject,
        subject_in_old_form=request.says_subject_in_old_form,
        type_filter=request.type_filter or None,
        signing=Signing(request.signing),
    )
    made = await subscribing.subscribe(call.app, call.caller, wish)
    return body(SubscriptionAnswer.of(made.subscription, with_secret=made.is_new), 201)


async def list_subscriptions(call: Context, request: Request) -> Response:
    """The subscriptions of the caller, in the order they were made: a thousand, or as many as are asked for."""
    asked = SubscriptionPageQuery.of(request.query_params)
    page = await subscribing.subscriptions(
        call.app, call.caller, limit=asked.limit, continuation=asked.continuation_token
    )
    found = [SubscriptionAnswer.of(one) for one in page.subscriptions]
    return body(SubscriptionList(count=len(found), subscriptions=found, continuation_token=page.continuation))


async def get_subscription(call: Context, number: NumberPath) -> Response:
    """One subscription of the caller."""
    return body(SubscriptionAnswer.of(await subscribing.subscription(call.app, call.caller, number)))


async def delete_subscription(call: Context, number: NumberPath) -> Response:
    """Nothing more is delivered."""
    await subscribing.unsubscribe(call.app, call.caller, number)
    return Response(status_code=200)


async def rotate_subscription_secret(call: Context, number: NumberPath) -> Response:
    """Deliveries are signed with a new secret, which the answer holds, this once; for a day with the old one too."""
    changed = await tending.rotate_secret(call.app, call.caller, number)
    return body(SubscriptionAnswer.of(changed, with_secret=True))


async def pause_subscription(call: Context, number: NumberPath) -> Response:
    """Nothing is delivered until it is resumed; what happens meanwhile waits."""
    return body(SubscriptionAnswer.of(await tending.pause(call.app, call.caller, number)))


async def resume_subscription(call: Context, number: NumberPath) -> Response:
    """What waits is delivered within 15 minutes. One that has ended lives again when its endpoint consents anew."""
    return body(SubscriptionAnswer.of(await tending.resume(call.app, call.caller, number)))


async def test_subscription(call: Context, number: NumberPath) -> Response:
    """A signed event of the type `no.altinn.correspondence.test` is delivered at once; the answer says what came of it.

    It stands for nothing that happened, and is tried once.
    """
    return body(TestAnswer.of(await tending.post_test(call.app, call.caller, number)))


async def get_subscription_health(call: Context, number: NumberPath) -> Response:
    """How the deliveries fare: the latest attempts, newest first, failures in a row, and how many wait."""
    found = await tending.health(call.app, call.caller, number)
    one = found.subscription
    return body(
        HealthAnswer(
            active=one.active,
            paused=one.paused,
            ended=one.ended,
            failures_in_a_row=found.failures_in_a_row,
            waiting=found.waiting,
            rate_per_minute=one.rate_per_minute,
            latest=[AttemptAnswer.of(line) for line in found.latest],
        )
    )


def _operation(endpoint: Endpoint, method: str, path: str, answer: type[Answer] | None) -> Operation:
    return Operation(endpoint=endpoint, method=method, path=path, policy=Policy.SUBSCRIBER, tag=TAG, answer=answer)


OPERATIONS = (
    replace(_operation(create_subscription, "POST", ROOT, SubscriptionAnswer), consumes=JSON),
    replace(_operation(list_subscriptions, "GET", ROOT, SubscriptionList), query=SubscriptionPageQuery),
    _operation(get_subscription, "GET", ONE, SubscriptionAnswer),
    _operation(delete_subscription, "DELETE", ONE, None),
    _operation(rotate_subscription_secret, "POST", ONE + "/secret", SubscriptionAnswer),
    _operation(pause_subscription, "POST", ONE + "/pause", SubscriptionAnswer),
    _operation(resume_subscription, "POST", ONE + "/resume", SubscriptionAnswer),
    _operation(test_subscription, "POST", ONE + "/test", TestAnswer),
    _operation(get_subscription_health, "GET", ONE + "/health", HealthAnswer),
)
"""Every operation with what it states."""
