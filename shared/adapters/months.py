"""Months as `yyyyMM`, which sort as they follow each other."""

from datetime import UTC, datetime


def month_of(at: datetime) -> str:
    """The month this time is in, in UTC."""
    utc = at.astimezone(UTC)
    return f"{utc.year:04d}{utc.month:02d}"


def next_month(month: str) -> str:
    """The month after this one."""
    return _text(_count(month) + 1)


def months_back(last: str, first: str) -> list[str]:
    """Every month from `last` back to `first`, both included; none when `first` is later."""
    return [_text(count) for count in range(_count(last), _count(first) - 1, -1)]


def _count(month: str) -> int:
    return int(month[:4]) * 12 + int(month[4:]) - 1


def _text(count: int) -> str:
    return f"{count // 12:04d}{count % 12 + 1:02d}"
