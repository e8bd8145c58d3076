"""Serve one Functions app: `python -m local.host --app DIR --port N`."""

from __future__ import annotations

import argparse
import asyncio
import os
import sys
import threading
from pathlib import Path

from local.host.cron import BadSchedule
from local.host.functions import Function, describe
from local.host.keys import load as load_keys
from local.host.logs import configure
from local.host.routes import BadRoute
from local.host.serving import Place, PortInUse, serve, verify
from local.host.settings import BadSettings, load
from local.host.worker import IndexingFailed, Worker

FAILED, PORT_IN_USE = 1, 2
# Threads of functions that block would hold up the end of the process.
EXIT_SECONDS = 0.4


def main(arguments: list[str] | None = None) -> int:
    """Serve, or only check; give the exit code: 0, 1 when the app cannot be served, 2 when the port is in use."""
    options = _options(arguments)
    configure(verbose=options.verbose)
    app = options.app.resolve()
    worker = Worker(app, host=options.host)
    try:
        settings = load(app, os.environ)
        load_keys(options.keys)
        place = Place(
            options.host,
            options.port,
            _absolute(options.state),
            _absolute(options.keys),
            _absolute(options.clock_offset_file),
        )
        functions = worker.start()
        verify(settings, functions)
        if options.check:
            _print(functions)
            return 0
        asyncio.run(serve(settings, functions, worker, place))
    except PortInUse as error:
        print(error, file=sys.stderr)
        return PORT_IN_USE
    except (IndexingFailed, BadSettings, BadSchedule, BadRoute) as error:
        print(f"{'=' * 20} THE APP CANNOT BE SERVED {'=' * 20}\n{error}", file=sys.stderr)
        return FAILED
    finally:
        worker.stop()
    return 0


def _options(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m local.host", description="Serve an Azure Functions app on this machine."
    )
    parser.add_argument("--app", type=Path, required=True, help="the folder with host.json and function_app.py")
    parser.add_argument("--port", type=int, default=7071)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument(
        "--state", type=Path, help="a folder for timers' status when the app has no AzureWebJobsStorage"
    )
    parser.add_argument("--keys", type=Path, help="a JSON file of keys; without it all functions are open")
    parser.add_argument(
        "--clock-offset-file", type=Path, help="a file with the seconds by which the stack's clock is ahead"
    )
    parser.add_argument("--check", action="store_true", help="only index the app and list its functions")
    parser.add_argument("--verbose", action="store_true", help="log one line per invocation")
    return parser.parse_args(arguments)


def _absolute(path: Path | None) -> Path | None:
    """Make a path independent of the working folder, which becomes the app's."""
    return path.resolve() if path else None


def _print(functions: tuple[Function, ...]) -> None:
    for function in functions:
        print(describe(function))
    print(f"{len(functions)} functions")


def _leave(code: int) -> None:
    """End the process, in time even when a function's thread is stuck."""
    sys.stdout.flush()
    sys.stderr.flush()
    watchdog = threading.Timer(EXIT_SECONDS, os._exit, (code,))
    watchdog.daemon = True
    watchdog.start()
    sys.exit(code)


if __name__ == "__main__":
    _leave(main())
