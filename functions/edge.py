"""What every function has in common: the app, a trace, and errors that are logged without data."""

import asyncio
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from shared.domain.errors import DomainError, Unavailable
from shared.ports import App
from shared.telemetry import Log, trace_id

_log = Log("function")


SLOWEST_SECONDS = 30.0  # Below LockDuration in local/servicebus.json.


def slow_down_seconds(deliveries: int) -> float:
    """How long the delivery of this number waits before it is raised: a second, then twice as long each time.

    What is raised is delivered again at once. Ten deliveries outlast an outage of three minutes, and a short one is
    over before anybody notices.
    """
    return min(SLOWEST_SECONDS, 2.0 ** (max(1, min(deliveries, 10)) - 1))


def the_app() -> App:
    """Everything the use cases work with. Raises SettingsError.

    Imported on the first call: the vendors' libraries cost half a second that indexing the app need not spend.
    """
    from shared import bootstrap

    return bootstrap.app()


@asynccontextmanager
async def traced(trace: str = "", deliveries: int | None = None) -> AsyncIterator[None]:
    """The work inside runs under this trace id, or a new one. A known refusal ends it; the unexpected is raised.

    `deliveries` counts the tries, this one included; what does not count them waits as for the third.

    What is raised makes the platform deliver again, and dead-letter in the end (design 2).
    """
    token = trace_id.set(trace or secrets.token_hex(16))
    try:
        yield
    except DomainError as refusal:
        _log.warning("function.refused", number=refusal.refusal.number)
    except Unavailable as error:
        _log.warning("function.postponed", neighbour=error.neighbour)
        await asyncio.sleep(slow_down_seconds(deliveries or 3))
        raise
    except Exception as error:
        _log.error("function.failed", error=error)
        raise
    finally:
        trace_id.reset(token)
