"""Starts a broker from the command line."""

import argparse
import asyncio
import logging
import signal
import sys
from datetime import timedelta
from pathlib import Path

from local.broker.broker import start
from local.broker.config import OFFICIAL, SHORT_TIMES, BrokerConfig, keeping
from local.broker.config_fields import ConfigError
from local.broker.config_file import load
from local.broker.store import StoreBusy, StoreFailed

USAGE_ERROR = 2


def arguments() -> argparse.ArgumentParser:
    """Return the parser of the command line."""
    parser = argparse.ArgumentParser(
        prog="python -m local.broker",
        description="Serves Azure Service Bus queues and topics over AMQP 1.0 on this machine.",
        epilog="Prints 'READY host:port connection-string' once clients may connect; GET /health on the same port "
        "answers 200. Stops on SIGTERM or SIGINT. Any access key is taken.",
    )
    parser.add_argument("config", type=Path, help="configuration in the format of the official emulator")
    parser.add_argument("--port", type=int, default=5672, help="port to listen on; 0 takes a free one (%(default)s)")
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (%(default)s)")
    parser.add_argument("--db", type=Path, help="SQLite file that keeps all state; without it, state is in memory")
    parser.add_argument(
        "--clock-offset-file",
        type=Path,
        help="file with seconds to add to the clock that scheduled messages and time to live follow; may change",
    )
    parser.add_argument(
        "--keep-days",
        type=int,
        choices=range(1, 50),  # A time to live travels as milliseconds in 32 bits: 49 days at most.
        metavar="DAYS",
        help="messages live so many days, whatever the file says: a leap of the clock would expire what is under way",
    )
    parser.add_argument(
        "--allow-short-times",
        action="store_true",
        help="for tests: take locks and times to live below what the official emulator takes",
    )
    return parser


def main(argv: list[str] | None = None) -> int:
    """Serve until told to stop; return the exit code."""
    options = arguments().parse_args(argv)
    logging.basicConfig(level=logging.INFO, stream=sys.stderr, format="%(levelname)s %(name)s %(message)s")
    try:
        config = load(options.config, limits=SHORT_TIMES if options.allow_short_times else OFFICIAL)
        if options.keep_days is not None:
            config = keeping(config, timedelta(days=options.keep_days))
        asyncio.run(_serve(config, options))
    except ConfigError as error:
        return _complain(str(error))
    except StoreBusy as error:
        return _complain(f"{error} is in use by another broker; stop that one, or give another file with --db.")
    except StoreFailed as error:
        return _complain(f"{error}; give the path of a file that can be written with --db, or remove a broken one.")
    except OSError as error:
        return _complain(
            f"Cannot listen on {options.host}:{options.port} ({error.strerror or error}); "
            "stop what uses the port, or give another one with --port."
        )
    return 0


def _complain(sentence: str) -> int:
    sys.stderr.write(sentence + "\n")
    return USAGE_ERROR


async def _serve(config: BrokerConfig, options: argparse.Namespace) -> None:
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    broker = await start(
        config, db=options.db, clock_offset_file=options.clock_offset_file, host=options.host, port=options.port
    )
    print(f"READY {broker.host}:{broker.port} {broker.connection_string}", flush=True)
    await stop.wait()
    await broker.stop()


if __name__ == "__main__":
    sys.exit(main())
