"""Structured logging: a constant dotted event and fields. Ids yes; names, numbers, bodies, addresses, tokens never."""

import json
import logging
from contextvars import ContextVar

trace_id: ContextVar[str] = ContextVar("trace_id", default="")
"""The W3C trace id of the work under way; set at the edge of every function."""


class Log:
    """Writes one line per outcome: the event's name, the trace, and the fields as JSON."""

    def __init__(self, name: str) -> None:
        self._logger = logging.getLogger(f"correspondence.{name}")

    def info(self, event: str, **fields: object) -> None:
        """Something went as it should."""
        self._write(logging.INFO, event, fields)

    def warning(self, event: str, **fields: object) -> None:
        """Something was refused or is late; nobody needs to be woken."""
        self._write(logging.WARNING, event, fields)

    def error(self, event: str, *, error: BaseException | None = None, **fields: object) -> None:
        """Something failed that should not have. Only the error's type is kept, with where it happened."""
        if error is not None:
            fields = {**fields, "error": type(error).__name__, "where": _where(error)}
        self._write(logging.ERROR, event, fields)

    def _write(self, level: int, event: str, fields: dict[str, object]) -> None:
        if trace := trace_id.get():
            fields = {"trace": trace, **fields}
        self._logger.log(level, "%s %s", event, json.dumps(fields, default=str, separators=(",", ":")))


def _where(error: BaseException) -> str:
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    return f"{trace.tb_frame.f_code.co_qualname}:{trace.tb_lineno}" if trace is not None else ""
