"""Working days of China: weekends, public holidays and the weekend days worked for them, as announced each year."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import NamedTuple

import chinese_calendar

SATURDAY = 5


class Workdays(NamedTuple):
    """The days that are worked, and the years without a notice, where every weekday counts as worked."""

    days: tuple[date, ...]
    unannounced: tuple[int, ...]


def workdays(first: date, last: date, *, off: Sequence[date] = (), on: Sequence[date] = ()) -> Workdays:
    """Give the working days from `first` to `last`, both included, less the days `off` (leave) and with the days `on`.

    The calendar is that of the package chinesecalendar, which follows the yearly notice of the State Council. Empty
    where `last` is before `first`.
    """
    every = [first + timedelta(days=number) for number in range((last - first).days + 1)]
    unannounced = set()
    worked = []
    for day in every:
        try:
            usual = bool(chinese_calendar.is_workday(day))
        except NotImplementedError:
            unannounced.add(day.year)
            usual = day.weekday() < SATURDAY
        if (usual and day not in off) or day in on:
            worked.append(day)
    return Workdays(tuple(worked), tuple(sorted(unannounced)))
