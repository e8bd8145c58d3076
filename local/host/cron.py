"""NCRONTAB: six fields, seconds first; every field must match, the day of the month and the day of the week too."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo

_DAYS = {name: number for number, name in enumerate(["sun", "mon", "tue", "wed", "thu", "fri", "sat"])}
_MONTHS = {
    name: number
    for number, name in enumerate(
        ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"], 1
    )
}
_FIELDS: tuple[tuple[str, int, int, dict[str, int]], ...] = (
    ("second", 0, 59, {}),
    ("minute", 0, 59, {}),
    ("hour", 0, 23, {}),
    ("day", 1, 31, {}),
    ("month", 1, 12, _MONTHS),
    ("weekday", 0, 7, _DAYS),
)
_HORIZON = timedelta(days=366 * 9)  # The longest gap is 29 February across a century that is no leap year.


class BadSchedule(ValueError):
    """The text is no NCRONTAB expression, or one that never comes due."""


@dataclass(frozen=True, slots=True)
class Schedule:
    """A parsed expression: the permitted values of each field."""

    seconds: tuple[int, ...]
    minutes: tuple[int, ...]
    hours: tuple[int, ...]
    days: frozenset[int]
    months: frozenset[int]
    weekdays: frozenset[int]  # 0 is Sunday.

    def after(self, moment: datetime) -> datetime:
        """Give the first occurrence strictly after `moment`, in its time zone.

        Raises:
            BadSchedule: when there is none within nine years, such as on 30 February.
        """
        first = (moment + timedelta(seconds=1)).replace(microsecond=0)
        day, floor = first.date(), (first.hour, first.minute, first.second)
        end = day + _HORIZON
        while day <= end:
            if day.month in self.months and day.day in self.days and day.isoweekday() % 7 in self.weekdays:
                found = self._time_of_day(floor)
                if found is not None:
                    return datetime(day.year, day.month, day.day, *found, tzinfo=_zone(moment))
            day, floor = day + timedelta(days=1), (0, 0, 0)
        raise BadSchedule("the schedule never comes due")

    def _time_of_day(self, floor: tuple[int, int, int]) -> tuple[int, int, int] | None:
        for hour in self.hours:
            for minute in self.minutes:
                if (hour, minute, self.seconds[-1]) < floor:
                    continue
                for second in self.seconds:
                    if (hour, minute, second) >= floor:
                        return hour, minute, second
        return None


def parse(expression: str) -> Schedule:
    """Read an expression; one of five fields means at second 0.

    Raises:
        BadSchedule: naming the field that is wrong.
    """
    fields = expression.split()
    if len(fields) == 5:
        fields.insert(0, "0")
    if len(fields) != len(_FIELDS):
        raise BadSchedule(f"{expression!r} has {len(fields)} fields, not six")
    values = [_values(text, *spec) for text, spec in zip(fields, _FIELDS, strict=True)]
    weekdays = frozenset(number % 7 for number in values[5])
    first = [tuple(sorted(numbers)) for numbers in values[:3]]
    return Schedule(first[0], first[1], first[2], frozenset(values[3]), frozenset(values[4]), weekdays)


def _values(text: str, field: str, low: int, high: int, names: dict[str, int]) -> set[int]:
    numbers: set[int] = set()
    for part in text.lower().split(","):
        span, _, step_text = part.partition("/")
        step = _number(step_text, field, {}) if step_text else 1
        first, dash, last = span.partition("-")
        if span == "*":
            start, end = low, min(high, 6) if field == "weekday" else high
        else:
            start = _number(first, field, names)
            end = _number(last, field, names) if dash else (high if step_text else start)
        if not (low <= start <= end <= high) or step < 1:
            raise BadSchedule(f"{part!r} is out of range for the {field}")
        numbers.update(range(start, end + 1, step))
    return numbers


def _number(text: str, field: str, names: dict[str, int]) -> int:
    if text in names:
        return names[text]
    if not text.isdigit():
        raise BadSchedule(f"{text!r} is no value for the {field}")
    return int(text)


def _zone(moment: datetime) -> tzinfo | None:
    return moment.tzinfo
