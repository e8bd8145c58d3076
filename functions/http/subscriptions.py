"""Operations on event subscriptions, in the shapes of Altinn Events."""

from typing import Annotated

from fastapi import Path, Response

from functions.http.answering import Context, body
from functions.http.operation import JSON, Operation, Policy
from shared.domain.identifiers import ResourceId
from shared.schemas.subscriptions import (
    NewSubscriptionAnswer,
    SubscriptionAnswer,
    SubscriptionList,
    SubscriptionRequest,
)
from shared.usecases import subscribing

ROOT = "/events/api/v1/subscriptions"
ONE = ROOT + "/{id}"
TAG = "Subscriptions"

NumberPath = Annotated[int, Path(alias="id")]


async def create_subscription(call: Context, request: SubscriptionRequest) -> Response:
    """Be told about events at an endpoint. The answer holds the secret that signs every delivery, this once."""
    wish = subscribing.NewSubscription(
        endpoint=request.end_point.strip(),
        resource_id=ResourceId(request.resource()),
        subject_filter=request.subject(),
        type_filter=request.type_filter or None,
    )
    made = await subscribing.subscribe(call.app, call.caller, wish)
    return body(NewSubscriptionAnswer.of(made), 201)


async def list_subscriptions(call: Context) -> Response:
    """All subscriptions of the caller."""
    found = [SubscriptionAnswer.of(one) for one in await subscribing.subscriptions(call.app, call.caller)]
    return body(SubscriptionList(count=len(found), subscriptions=found))


async def get_subscription(call: Context, number: NumberPath) -> Response:
    """One subscription of the caller."""
    return body(SubscriptionAnswer.of(await subscribing.subscription(call.app, call.caller, number)))


async def delete_subscription(call: Context, number: NumberPath) -> Response:
    """Nothing more is delivered."""
    await subscribing.unsubscribe(call.app, call.caller, number)
    return Response(status_code=200)


OPERATIONS = (
    Operation(
        endpoint=create_subscription,
        method="POST",
        path=ROOT,
        policy=Policy.SUBSCRIBER,
        tag=TAG,
        consumes=JSON,
        answer=NewSubscriptionAnswer,
    ),
    Operation(
        endpoint=list_subscriptions,
        method="GET",
        path=ROOT,
        policy=Policy.SUBSCRIBER,
        tag=TAG,
        answer=SubscriptionList,
    ),
    Operation(
        endpoint=get_subscription,
        method="GET",
        path=ONE,
        policy=Policy.SUBSCRIBER,
        tag=TAG,
        answer=SubscriptionAnswer,
    ),
    Operation(endpoint=delete_subscription, method="DELETE", path=ONE, policy=Policy.SUBSCRIBER, tag=TAG),
)
"""Every operation with what it states."""
