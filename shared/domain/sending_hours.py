"""When an SMS may be sent: nobody's telephone rings at night. Pure."""

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

OSLO = ZoneInfo("Europe/Oslo")


@dataclass(frozen=True, slots=True)
class SendingHours:
    """From the full hour `begin` up to, and without, the full hour `end` (0 to 24), by the clock in Oslo, every day."""

    begin: int = 9
    end: int = 17

    def __post_init__(self) -> None:
        """Raises ValueError for hours in which nothing could ever be sent."""
        if not 0 <= self.begin < self.end <= 24:
            raise ValueError("the hours must lie between 0 and 24, the first before the last")

    def next(self, now: datetime) -> datetime:
        """Now, when that is within the hours; else when they next begin, also over a change of the clocks.

        Source: wire contract 8.3 with Altinn Notifications' daytime policy for SMS.
        """
        local = now.astimezone(OSLO)
        if self.begin <= local.hour < self.end:
            return now
        day = local.date() if local.hour < self.begin else local.date() + timedelta(days=1)
        return datetime.combine(day, time(self.begin), OSLO).astimezone(now.tzinfo)


DAYTIME = SendingHours()
"""The hours of Altinn Notifications."""
