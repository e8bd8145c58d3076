"""The circuit of an endpoint: open after failures in a row, so that the endpoint is probed and not stormed."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from shared.domain.delivery import LADDER
from shared.domain.subscription import Attempt

OPENS_AFTER = 3
"""Failures in a row that open it."""

SUSPENDS_AFTER = timedelta(hours=75)
"""How long an endpoint may fail, without one success, before its subscriptions are suspended."""

_LONGEST_PROBE_WAIT = timedelta(minutes=30)
_PROBE_HOLDS = timedelta(seconds=60)  # Well above the time that one POST may take.
_LONGEST_ASKED_WAIT = timedelta(hours=24)  # What an endpoint may ask for; more would silence it by mistake.


@dataclass(frozen=True, slots=True, kw_only=True)
class Circuit:
    """How an endpoint fares: failures in a row and since when. Nothing is sent before `sends_from`."""

    failures: int = 0
    failing_since: datetime | None = None
    sends_from: datetime | None = None

    @property
    def is_open(self) -> bool:
        """True when one probe at a time is all that is sent."""
        return self.failures >= OPENS_AFTER

    def waits_until(self, now: datetime) -> datetime | None:
        """When it may be asked next; None for now."""
        return self.sends_from if self.sends_from is not None and now < self.sends_from else None


HEALTHY = Circuit()
"""No failure since the last success."""


def probing(circuit: Circuit, *, now: datetime) -> Circuit:
    """The probe is taken: everybody else waits until it is answered, or until its sender must have died."""
    return replace(circuit, sends_from=now + _PROBE_HOLDS)


def after(circuit: Circuit, attempt: Attempt, *, now: datetime, jitter: float) -> Circuit:
    """The circuit after an attempt: healthy, or one failure further with the wait that goes with it.

    `jitter` in [0, 1) adds up to a tenth.
    """
    if attempt.succeeded:
        return HEALTHY
    failures = circuit.failures + 1
    wait = timedelta()
    if failures >= OPENS_AFTER:
        rung = min(failures - OPENS_AFTER, len(LADDER) - 1)
        wait = min(LADDER[rung], _LONGEST_PROBE_WAIT) * (1 + jitter / 10)
    asked = min(timedelta(seconds=attempt.retry_after_seconds), _LONGEST_ASKED_WAIT)
    return Circuit(
        failures=failures,
        failing_since=circuit.failing_since or now,
        sends_from=now + max(wait, asked) if max(wait, asked) else None,
    )


def must_suspend(circuit: Circuit, *, now: datetime) -> bool:
    """True when it has failed for so long, and so often, that it is not worth going on."""
    since = circuit.failing_since
    return since is not None and now - since >= SUSPENDS_AFTER and circuit.failures >= len(LADDER)
