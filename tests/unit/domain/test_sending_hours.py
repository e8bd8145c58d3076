"""An SMS is sent by day, as the clock in Oslo shows it."""

from datetime import UTC, datetime, timedelta

import pytest

from shared.domain.sending_hours import DAYTIME, OSLO, SendingHours


@pytest.mark.parametrize(
    ("now", "then"),
    [
        ("2026-12-01T07:59:59", "2026-12-01T08:00:00"),
        ("2026-12-01T08:00:00", "2026-12-01T08:00:00"),
        ("2026-12-01T15:59:59", "2026-12-01T15:59:59"),
        ("2026-12-01T16:00:00", "2026-12-02T08:00:00"),
        ("2026-07-01T06:59:00", "2026-07-01T07:00:00"),
        ("2026-07-01T15:00:00", "2026-07-02T07:00:00"),
        ("2026-03-28T16:30:00", "2026-03-29T07:00:00"),  # the night in which summer time begins
        ("2026-03-29T00:30:00", "2026-03-29T07:00:00"),
        ("2026-10-24T15:30:00", "2026-10-25T08:00:00"),  # the night in which it ends
        ("2026-10-25T00:30:00", "2026-10-25T08:00:00"),
        ("2028-02-28T23:30:00", "2028-02-29T08:00:00"),
        ("2026-12-31T22:30:00", "2027-01-01T08:00:00"),
    ],
)
def test_it_waits_until_nine_in_oslo(now: str, then: str) -> None:
    """From nine to five, in winter and in summer, also over a change of the clocks."""
    at = DAYTIME.next(datetime.fromisoformat(now).replace(tzinfo=UTC))
    assert at == datetime.fromisoformat(then).replace(tzinfo=UTC)


def test_every_hour_of_a_year_leads_into_the_hours() -> None:
    """Never into the past, never later than the next day; and then it stays."""
    start = datetime(2027, 12, 31, 23, 30, tzinfo=UTC)
    for hour in range(366 * 24):
        now = start + timedelta(hours=hour)
        then = DAYTIME.next(now)
        assert now <= then < now + timedelta(hours=17)
        assert 9 <= then.astimezone(OSLO).hour < 17
        assert DAYTIME.next(then) == then


def test_all_day_is_possible_and_never_is_not() -> None:
    """0 to 24 never waits; hours in which nothing could be sent are refused."""
    night = datetime(2026, 12, 1, 2, 0, tzinfo=UTC)
    assert SendingHours(0, 24).next(night) == night
    for begin, end in ((9, 9), (17, 9), (-1, 9), (9, 25)):
        with pytest.raises(ValueError, match="hours"):
            SendingHours(begin, end)
