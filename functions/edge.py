"""What every function that nobody waits for has in common: a trace, and errors that are logged without data."""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager

from shared.domain.errors import DomainError
from shared.telemetry import Log, trace_id

_log = Log("function")


@contextmanager
def traced(trace: str = "") -> Iterator[None]:
    """The work inside runs under this trace id, or a new one. A known refusal ends it; the unexpected is raised.

    What is raised makes the platform deliver again, and dead-letter in the end (design 2).
    """
    token = trace_id.set(trace or secrets.token_hex(16))
    try:
        yield
    except DomainError as refusal:
        _log.warning("function.refused", number=refusal.refusal.number)
    except Exception as error:
        _log.error("function.failed", error=error)
        raise
    finally:
        trace_id.reset(token)
