"""`python -m bench.receiver`: takes webhooks in a process of its own, prints its port, and says when each came."""

import asyncio
import sys
import time
from collections.abc import Awaitable, Callable

from aiohttp import web

HANGS = "hang"
"""An endpoint under this path answers later than anybody waits."""
_LATER_SECONDS = 60
_CONSENT = {"WebHook-Allowed-Origin": "*", "WebHook-Allowed-Rate": "*"}


def _handler(seen: list[tuple[str, float]]) -> Callable[[web.Request], Awaitable[web.Response]]:
    async def handle(request: web.Request) -> web.Response:
        path = request.match_info["path"]
        if request.method == "OPTIONS":
            return web.Response(headers=_CONSENT)
        if request.method == "GET":
            told = list(seen)
            seen.clear()
            return web.json_response(told)
        await request.read()
        if path.startswith(HANGS):
            await asyncio.sleep(_LATER_SECONDS)
        else:
            seen.append((path, time.time()))
        return web.Response()

    return handle


async def main() -> None:
    """Take calls until standard input is closed."""
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", _handler([]))
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0, backlog=2048).start()
    print(runner.addresses[0][1], flush=True)
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)


if __name__ == "__main__":
    asyncio.run(main())
