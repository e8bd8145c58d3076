"""Runs the stand-ins: `python -m local.services --port-base 7071 --state .local/7071`."""

import argparse
import asyncio
from pathlib import Path

from aiohttp import web

from local.addresses import HOST, parse_port_base
from local.seeding import seed
from local.services.app import make_app
from local.services.context import Context
from local.settings import storage_connection


def main() -> None:
    """Serve on the second port of the block until told to stop."""
    parser = argparse.ArgumentParser(prog="python -m local.services", description="The local stack's stand-ins.")
    parser.add_argument("--port-base", type=parse_port_base, required=True, help="first port of the stack's block")
    parser.add_argument("--state", type=Path, required=True, help="folder with everything that must survive")
    parser.add_argument("--seed", action="store_true", help="write the seeds into the app's registry table first")
    options = parser.parse_args()
    context = Context.of(options.port_base, options.state.resolve())
    port = context.addresses.services
    if options.seed:
        asyncio.run(seed(storage_connection(context.addresses)))
    announce = f"READY services 127.0.0.1:{port}"
    web.run_app(
        make_app(context),
        host=HOST,
        port=port,
        print=lambda _: print(announce, flush=True),
        shutdown_timeout=1,
        access_log=None,
    )


if __name__ == "__main__":
    main()
