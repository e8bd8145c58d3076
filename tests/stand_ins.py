"""The local stack's stand-ins, served inside the test's own process."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from aiohttp import web

from local.addresses import HOST
from local.services.app import make_app
from local.services.context import Context
from local.stack import free_port_base


@asynccontextmanager
async def stand_ins(state: Path) -> AsyncIterator[Context]:
    """What the running server holds; its address is `base_url`. It is gone when the block ends."""
    context = Context.of(free_port_base(), state)
    runner = web.AppRunner(make_app(context), access_log=None)
    await runner.setup()
    await web.TCPSite(runner, HOST, context.addresses.services).start()
    try:
        yield context
    finally:
        await runner.cleanup()
