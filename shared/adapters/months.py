"""Months as `yyyyMM`, which sort as they follow each other."""

from datetime import UTC, datetime


def in_utc(at: datetime) -> datetime:
    """The same time in UTC; the first or last one there is, when an offset puts it outside the years 1 to 9999."""
    try:
        return at.astimezone(UTC)
    except OverflowError:
        return datetime.min.replace(tzinfo=UTC) if at.year == 1 else datetime.max.replace(tzinfo=UTC)


def month_of(at: datetime) -> str:
    """The month this time is in, in UTC."""
    utc = in_utc(at)
    return f"{utc.year:04d}{utc.month:02d}"


def next_month(month: str) -> str:
    """The month after this one."""
    return _text(_count(month) + 1)


def month_before(month: str, count: int = 1) -> str:
    """The month so many months before this one."""
    return _text(_count(month) - count)


def months_back(last: str, first: str) -> list[str]:
    """Every month from `last` back to `first`, both included; none when `first` is later."""
    return [_text(count) for count in range(_count(last), _count(first) - 1, -1)]


def _count(month: str) -> int:
    return int(month[:4]) * 12 + int(month[4:]) - 1


def _text(count: int) -> str:
    return f"{count // 12:04d}{count % 12 + 1:02d}"
