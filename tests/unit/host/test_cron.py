"""NCRONTAB expressions."""

from datetime import UTC, datetime

import pytest

from local.host import cron

START = datetime(2026, 11, 24, 23, 59, 58, 500000, UTC)  # A Tuesday.


@pytest.mark.parametrize(
    ("expression", "following"),
    [
        ("* * * * * *", "2026-11-24T23:59:59"),
        ("*/2 * * * * *", "2026-11-25T00:00:00"),
        ("0 */5 * * * *", "2026-11-25T00:00:00"),
        ("30 10-20/5 8,17 * * *", "2026-11-25T08:10:30"),
        ("0 0 3 * * *", "2026-11-25T03:00:00"),
        ("0 3 * * *", "2026-11-25T03:00:00"),
        ("0 0 0 1 jan *", "2027-01-01T00:00:00"),
        ("0 0 12 * * mon-fri", "2026-11-25T12:00:00"),
        ("0 0 12 * * 7", "2026-11-29T12:00:00"),
        ("0 0 12 * * 0,6", "2026-11-28T12:00:00"),
        ("0 0 0 29 2 *", "2028-02-29T00:00:00"),
        ("0 0 0 13 * fri", "2027-08-13T00:00:00"),
        ("15/20 0 0 * * *", "2026-11-25T00:00:15"),
    ],
)
def test_next_occurrence(expression: str, following: str) -> None:
    """The next occurrence is the first moment after the given one at which every field matches."""
    assert cron.parse(expression).after(START) == datetime.fromisoformat(following).replace(tzinfo=UTC)


def test_occurrence_is_strictly_after() -> None:
    """A moment that matches is not its own successor."""
    moment = datetime(2026, 1, 1, 3, 0, 0, tzinfo=UTC)
    assert cron.parse("0 0 3 * * *").after(moment) == datetime(2026, 1, 2, 3, 0, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    "expression",
    ["", "* * * *", "60 * * * * *", "a * * * * *", "* * * 0 * *", "5-1 * * * * *", "*/0 * * * * *", "* * * * * * *"],
)
def test_nonsense_is_refused(expression: str) -> None:
    """What is no NCRONTAB expression is refused."""
    with pytest.raises(cron.BadSchedule):
        cron.parse(expression)


def test_impossible_date_is_refused() -> None:
    """A schedule that never comes due is refused rather than looked for without end."""
    with pytest.raises(cron.BadSchedule):
        cron.parse("0 0 0 30 2 *").after(START)
