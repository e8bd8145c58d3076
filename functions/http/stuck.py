"""Operations for those who run the service: what is stuck, and trying it again."""

from typing import Annotated

from fastapi import Path, Query, Response

from functions.http.answering import Context, body
from functions.http.operation import Operation, Policy
from shared.schemas.stuck import StuckAnswer
from shared.usecases import stuck

ROOT = "/operations/stuck"
TAG = "Operations"


async def list_stuck(call: Context, limit: Annotated[int, Query(ge=1, le=stuck.LONGEST_LIST)] = 100) -> Response:
    """What has waited too long, oldest first, each with the reason."""
    view = await stuck.listed(call.app, limit=limit)
    return body(StuckAnswer.of(view.items, more=view.more))


async def resubmit_stuck(call: Context, id_: Annotated[str, Path(alias="stuckId", max_length=64)]) -> Response:
    """One of them is tried again, now. It comes back to the list when it fails again."""
    await stuck.resubmit(call.app, id_)
    return Response(status_code=202)


OPERATIONS = (
    Operation(
        endpoint=list_stuck,
        method="GET",
        path=ROOT,
        policy=Policy.MAINTENANCE,
        tag=TAG,
        answer=StuckAnswer,
    ),
    Operation(
        endpoint=resubmit_stuck,
        method="POST",
        path=ROOT + "/{stuckId}/resubmit",
        policy=Policy.MAINTENANCE,
        tag=TAG,
        produces=None,
    ),
)
"""Every operation with what it states."""
