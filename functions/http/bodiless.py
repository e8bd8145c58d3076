"""HEAD: the answer that GET would have, ended before its body begins. Source: RFC 9110, 9.3.2."""

from contextlib import suppress

from starlette.types import ASGIApp, Message, Receive, Scope, Send


class _HeadIsOut(Exception):
    """The headers were sent, and nothing more is wanted."""


def answering_head(app: ASGIApp) -> ASGIApp:
    """The same app, to which a HEAD is a GET; no byte of the body is made, so nothing large is read for it."""

    async def answer(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["method"] != "HEAD":
            await app(scope, receive, send)
            return

        async def send_head(message: Message) -> None:
            await send(message)
            await send({"type": "http.response.body"})
            raise _HeadIsOut

        with suppress(_HeadIsOut):
            await app({**scope, "method": "GET"}, receive, send_head)

    return answer
