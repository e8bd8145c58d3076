"""Operations on what subscribers were told: the log of deliveries, replays, and the feed."""

from dataclasses import replace
from typing import Annotated

from fastapi import Path, Request, Response

from functions.http.answering import Context, body
from functions.http.operation import JSON, Operation, Policy
from functions.http.subscriptions import ONE, TAG, NumberPath
from shared.schemas.deliveries import (
    DeliveryAnswer,
    DeliveryList,
    DeliveryPageQuery,
    DeliveryStory,
    FeedAnswer,
    FeedQuery,
    ReplayRequest,
)
from shared.usecases import feeding, replaying

ROOT = ONE + "/deliveries"
FEED = "/events/api/v1/feed"

EventPath = Annotated[str, Path(alias="eventId", max_length=64)]


async def list_deliveries(call: Context, number: NumberPath, request: Request) -> Response:
    """The log: where the delivery of each event stands, of the newest event first."""
    asked = DeliveryPageQuery.of(request.query_params)
    page = await replaying.deliveries(
        call.app, call.caller, number, asked.wanted, limit=asked.limit, continuation=asked.continuation_token
    )
    found = [DeliveryAnswer.of(one) for one in page.deliveries]
    return body(DeliveryList(deliveries=found, continuation_token=page.continuation))


async def get_delivery(call: Context, number: NumberPath, event: EventPath) -> Response:
    """One delivery with every attempt: when, its status, how long it took, the first 2 kB of the answer."""
    told = await replaying.story(call.app, call.caller, number, event)
    return body(DeliveryStory.told(told.delivery, told.attempts))


async def replay_delivery(call: Context, number: NumberPath, event: EventPath) -> Response:
    """The event is delivered again, under its id, as if for the first time."""
    await replaying.replay_one(call.app, call.caller, number, event)
    return Response(status_code=202)


async def replay_deliveries(call: Context, number: NumberPath, request: ReplayRequest) -> Response:
    """The events of a range of time, or all that failed, are delivered again, under their ids.

    Those that wait are in the log.
    """
    await replaying.replay(call.app, call.caller, number, request.wanted)
    return Response(status_code=202)


async def read_feed(call: Context, request: Request) -> Response:
    """The events of a resource in their order, for those who cannot be called: ask again from the cursor `after`.

    An event is shown 30 seconds after it became known; none turns up behind a cursor later, and none twice.
    """
    asked = FeedQuery.of(request.query_params)
    wanted = feeding.Asked(
        resource_id=asked.resource_id,
        subject=asked.party,
        since=asked.from_,
        after=asked.after,
        limit=asked.limit,
    )
    page = await feeding.read(call.app, call.caller, wanted)
    return body(FeedAnswer(events=[dict(event) for event in page.events], after=page.cursor, more=page.more))


_OPERATION = Operation(
    endpoint=list_deliveries, method="GET", path=ROOT, policy=Policy.SUBSCRIBER, tag=TAG, answer=DeliveryList
)
OPERATIONS = (
    replace(_OPERATION, query=DeliveryPageQuery),
    replace(_OPERATION, endpoint=get_delivery, path=ROOT + "/{eventId}", answer=DeliveryStory),
    replace(
        _OPERATION,
        endpoint=replay_delivery,
        method="POST",
        path=ROOT + "/{eventId}/replay",
        answer=None,
        produces=None,
    ),
    replace(
        _OPERATION,
        endpoint=replay_deliveries,
        method="POST",
        path=ONE + "/replay",
        consumes=JSON,
        answer=None,
        produces=None,
    ),
    replace(_OPERATION, endpoint=read_feed, path=FEED, answer=FeedAnswer, query=FeedQuery),
)
"""Every operation with what it states."""
