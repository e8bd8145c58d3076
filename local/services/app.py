"""The one server of all stand-ins."""

from collections.abc import Awaitable, Callable

from aiohttp import web
from pydantic import ValidationError

from local.clock import BadDuration
from local.services import (
    dialogs,
    email,
    grants,
    hooks,
    identity,
    login,
    pages,
    plans,
    register,
    reports,
    sms,
    timetravel,
)
from local.services.communication import Refusal
from local.services.context import CONTEXT, Context
from local.services.dialog_calls import PREFIX
from local.services.grants import BadGrant
from local.services.keys import BadToken
from local.services.parameters import BadParameter
from local.services.problems import Problem

MAX_BODY_BYTES = 20_000_000  # Dialogporten's limit; mail has a lower one of its own.

type Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


def _refused(status: int, text: str, **headers: str) -> web.Response:
    return web.json_response({"error": text}, status=status, headers=headers)


def _too_large(request: web.Request) -> web.Response:
    refusal = Problem(413).response(request) if request.path.startswith(PREFIX) else None
    return refusal or Refusal(413, "The body is too large.").response()


def _fields(error: ValidationError) -> str:
    return ", ".join(sorted({".".join(map(str, item["loc"])) or "body" for item in error.errors()}))


def _answer(error: Exception, request: web.Request) -> web.Response:
    """Return a refusal in the shape that the part it comes from has in the real world."""
    answer: web.Response
    match error:
        case Problem():
            answer = error.response(request)
        case Refusal():
            answer = error.response()
        case BadGrant():
            answer = web.json_response({"error": error.code, "error_description": str(error)}, status=400)
        case BadToken():
            answer = _refused(401, str(error), **{"WWW-Authenticate": "Bearer"})
        case ValidationError():
            answer = _refused(400, f"Missing or wrong: {_fields(error)}.")
        case web.HTTPRequestEntityTooLarge():
            answer = _too_large(request)
        case _:
            answer = _refused(400, str(error))
    return answer


@web.middleware
async def errors(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Answer every refusal in its shape, and cut the connection where an answer shall get lost."""
    try:
        return await handler(request)
    except plans.Lost:
        if request.transport:
            request.transport.abort()
        return web.Response(status=503)
    except (
        *(Problem, Refusal, BadGrant, BadToken, BadParameter, BadDuration),
        *(ValidationError, web.HTTPRequestEntityTooLarge),
    ) as error:
        return _answer(error, request)


def make_app(context: Context) -> web.Application:
    """Return the server of stand-ins over what `context` holds."""
    app = web.Application(middlewares=[errors], client_max_size=MAX_BODY_BYTES)
    app[CONTEXT] = context
    for part in (identity, grants, login, email, sms, dialogs, hooks, plans, timetravel, register, pages):
        app.add_routes(part.ROUTES)

    app.cleanup_ctx.append(reports.running)

    async def close(_: web.Application) -> None:
        context.store.close()

    app.on_cleanup.append(close)
    return app
