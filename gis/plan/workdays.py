"""Working days: weekends, and in China public holidays and the weekend days worked for them, as announced each year."""

from collections.abc import Collection
from datetime import date, timedelta
from typing import NamedTuple

import chinese_calendar

SATURDAY = 5


class Workdays(NamedTuple):
    """The days that are worked, and the years without a notice, where every weekday counts as worked."""

    days: tuple[date, ...]
    unannounced: tuple[int, ...]


def every_day(first: date, last: date) -> tuple[date, ...]:
    """Give the days from `first` to `last`, both included; none where `last` is before `first`."""
    return tuple(first + timedelta(days=number) for number in range((last - first).days + 1))


def workdays(
    first: date, last: date, *, off: Collection[date] = (), on: Collection[date] = (), china: bool = True
) -> Workdays:
    """Give the working days from `first` to `last`, both included, less the days `off` (leave) and with the days `on`.

    The calendar is that of the package chinesecalendar, which follows the yearly notice of the State Council; elsewhere
    than in `china` holidays are not known and every weekday is worked. Empty where `last` is before `first`.
    """
    unannounced = set()
    worked = []
    for day in every_day(first, last):
        usual = day.weekday() < SATURDAY
        if china:
            try:
                usual = bool(chinese_calendar.is_workday(day))
            except NotImplementedError:
                unannounced.add(day.year)
        if (usual and day not in off) or day in on:
            worked.append(day)
    return Workdays(tuple(worked), tuple(sorted(unannounced)))
