"""The route of the stack's clock."""

import json

from aiohttp import web

from local.clock import BadDuration, OffsetClock, as_text, parse_duration
from local.services.context import context


def _answer(clock: OffsetClock) -> web.Response:
    seconds = clock.offset().total_seconds()
    offset = int(seconds) if seconds.is_integer() else seconds
    return web.json_response({"now": as_text(clock.now()), "offsetSeconds": offset})


async def get_clock(request: web.Request) -> web.Response:
    """Answer the stack's time."""
    return _answer(context(request).clock)


async def post_clock(request: web.Request) -> web.Response:
    """Move the stack's clock forward and answer its time."""
    try:
        body = json.loads(await request.read())
    except ValueError as error:
        raise BadDuration('The body must be JSON, for example {"advance": "P7DT1H"}.') from error
    if not isinstance(body, dict) or set(body) != {"advance"} or not isinstance(body["advance"], str):
        raise BadDuration('The body must be an object with \'advance\' alone, for example {"advance": "P7DT1H"}.')
    clock = context(request).clock
    clock.advance(parse_duration(body["advance"]))
    return _answer(clock)


ROUTES = (web.get("/clock", get_clock), web.post("/clock", post_clock))
