"""Logging of the host process: failures always, one line per invocation only when asked for."""

from __future__ import annotations

import logging
import traceback

# Chatty at INFO: several lines per request or per call to a service.
_QUIET = ("azure", "azure.functions", "uvicorn", "uvicorn.error", "aiohttp", "asyncio", "httpx")


class _AlreadyReported(logging.Filter):
    """Drops what the worker's server says of failed functions, which the host reports, and of clients gone."""

    def filter(self, record: logging.LogRecord) -> bool:
        error = record.exc_info[1] if record.exc_info else None
        if error is None:
            return True
        frames = (frame.f_code.co_name for frame, _ in traceback.walk_tb(error.__traceback__))
        return type(error).__name__ != "ClientDisconnect" and "catch_all" not in frames


def configure(*, verbose: bool) -> None:
    """Log to stderr: warnings and worse, and with `verbose` also what the host and the app tell at INFO."""
    logging.basicConfig(
        level=logging.INFO if verbose else logging.WARNING, format="%(asctime)s %(levelname)s %(name)s %(message)s"
    )
    logging.getLogger("azure.servicebus").setLevel(logging.ERROR)  # The host itself tells of a broker that is away.
    for name in _QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)
    _quiet_worker_server()


def _quiet_worker_server() -> None:
    """Take the access log from the worker's server, which sets its logging up anew from this table when it starts."""
    from uvicorn.config import LOGGING_CONFIG

    loggers = LOGGING_CONFIG["loggers"]
    loggers["uvicorn"] = {"level": "WARNING", "propagate": True}
    loggers["uvicorn.error"] = {"level": "WARNING", "propagate": True}
    loggers["uvicorn.access"] = {"handlers": [], "level": "CRITICAL", "propagate": False}
    logging.getLogger("uvicorn.error").addFilter(_AlreadyReported())
