"""Calendars: on which day each due visit is made, near its neighbours' day, no day fuller than it must be.

Day by day a worker goes where the most urgent visit is and takes what lies nearest, under two conditions that keep
every later due day within reach: of the visits due by each day, today makes at least what the days up to then cannot
hold, and the days are filled evenly. For visits of equal length this misses a due day only where every calendar does:
it keeps the condition of the earliest-due-date rule (Jackson 1955), which is optimal for one worker. For unequal ones
the plain earliest-due-date calendar is made too, and taken where it makes fewer visits late. Where there is more work
than days the oldest due day stays first; the fewest possible late visits are not promised.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
Flags = NDArray[np.bool_]

NEVER = -1
_EPSILON = 1e-9


@dataclass(frozen=True, slots=True, eq=False)
class Visits:
    """What one worker must do: the last day of each visit (from 0 on; before 0: overdue), minutes, place, booking.

    `xy` is in storage metres. `booked` is the day an earlier calendar gave, `NEVER` without one.
    """

    due: Integers
    minutes: Floats
    xy: Floats
    booked: Integers

    def __len__(self) -> int:
        """How many visits there are."""
        return len(self.due)


@dataclass(frozen=True, slots=True, eq=False)
class Calendar:
    """The day of each visit (`NEVER`: no room before the end), which come after their due day, and what is missing.

    An overdue visit counts as due on the first working day. `missing_minutes` is the work that would have had to fit
    before its due day and does not, at its worst day; `moved` are visits whose booking was changed.
    """

    day: Integers
    late: Flags
    missing_minutes: float
    moved: Integers


def calendar(visits: Visits, capacity: Floats) -> Calendar:
    """Give a day to each visit; `capacity` is the worker's minutes on each day, 0 where there is no work.

    Overdue visits count as due on the first working day. A booking stays unless its day is over capacity, after the due
    day, or needed by visits that have no other. The same input gives the same calendar: ties go to the earlier due day,
    then to the smaller number. Without days or visits nothing has a day. ValueError where a visit is longer than the
    longest day, or minutes are not above 0.
    """
    _refuse_misfits(visits, capacity)
    days = len(capacity)
    working = np.flatnonzero(capacity > 0)
    if not len(visits) or not len(working):
        late = np.ones(len(visits), dtype=np.bool_)
        gone = np.flatnonzero(visits.booked != NEVER)
        return Calendar(np.full(len(visits), NEVER), late, float(visits.minutes.sum()), gone)
    due = np.clip(visits.due, working[0], days - 1)
    kept = _kept(visits, due, capacity)
    day = min(
        (_nearby(visits, due, capacity, kept), _by_due_date(visits, due, capacity, kept)),
        key=lambda found: (int(_late(found, due).sum()), int((found == NEVER).sum())),
    )
    moved = np.flatnonzero((visits.booked != NEVER) & (visits.booked != day))
    return Calendar(day, _late(day, due), _missing(due, visits.minutes, capacity), moved)


def _refuse_misfits(visits: Visits, capacity: Floats) -> None:
    if (visits.minutes <= 0).any():
        raise ValueError(
            f"visit {int(np.argmin(visits.minutes))}: expected minutes above 0, got {visits.minutes.min()}"
        )
    longest = capacity.max(initial=0.0)
    if len(visits) and longest > 0 and visits.minutes.max() > longest + _EPSILON:
        number = int(visits.minutes.argmax())
        raise ValueError(f"visit {number}: expected at most a day's {longest:g} min, got {visits.minutes[number]:g}")


def _late(day: Integers, due: Integers) -> Flags:
    return np.asarray((day == NEVER) | (day > due), dtype=np.bool_)


def _missing(due: Integers, minutes: Floats, capacity: Floats) -> float:
    """Give the most by which the work due by any day exceeds the days up to it."""
    work = np.cumsum(np.bincount(due, weights=minutes, minlength=len(capacity)))
    return float(max((work - np.cumsum(capacity)).max(), 0.0))


def _kept(visits: Visits, due: Integers, capacity: Floats) -> Integers:
    """Give the bookings that stay: in time, within capacity, and leaving room for all visits without one."""
    days = len(capacity)
    kept = np.where((visits.booked >= 0) & (visits.booked < days) & (visits.booked <= due), visits.booked, NEVER)
    left = capacity.copy()
    for visit in np.lexsort((np.arange(len(due)), due)).tolist():
        if kept[visit] != NEVER:
            if visits.minutes[visit] > left[kept[visit]] + _EPSILON:
                kept[visit] = NEVER
            else:
                left[kept[visit]] -= visits.minutes[visit]
    for day in range(days):
        short = _shortage(visits, due, left, kept, day)
        loose = np.flatnonzero((kept != NEVER) & (kept <= day) & (due > day))
        for visit in loose[np.lexsort((loose, -due[loose]))].tolist():
            if short <= _EPSILON:
                break
            left[kept[visit]] += visits.minutes[visit]
            kept[visit] = NEVER
            short -= visits.minutes[visit]
    return kept


def _shortage(visits: Visits, due: Integers, left: Floats, kept: Integers, day: int) -> float:
    """Give the minutes of visits without a booking that are due by a day and find no room up to it."""
    return float(visits.minutes[(kept == NEVER) & (due <= day)].sum() - left[: day + 1].sum())


def _by_due_date(visits: Visits, due: Integers, capacity: Floats, kept: Integers) -> Integers:
    """Give the calendar that takes visits by their due day, each on the first day with room."""
    found, left = kept.copy(), _left(visits, capacity, kept)
    for visit in np.lexsort((np.arange(len(due)), due)).tolist():
        if found[visit] == NEVER:
            room = np.flatnonzero(left >= visits.minutes[visit] - _EPSILON)
            if len(room):
                found[visit] = room[0]
                left[room[0]] -= visits.minutes[visit]
    return found


def _left(visits: Visits, capacity: Floats, kept: Integers) -> Floats:
    booked = kept != NEVER
    taken = np.bincount(kept[booked], weights=visits.minutes[booked], minlength=len(capacity))
    return np.maximum(capacity - taken, 0.0)


def _nearby(visits: Visits, due: Integers, capacity: Floats, kept: Integers) -> Integers:
    """Give the calendar that goes each day where the most urgent visit is and takes what lies nearest."""
    found, left = kept.copy(), _left(visits, capacity, kept)
    for today in np.flatnonzero(left > 0).tolist():
        open_ = np.flatnonzero(found == NEVER)
        if not len(open_):
            break
        chosen = _taken(visits, due, open_, left[today:], day=today, beside=np.flatnonzero(found == today))
        found[chosen] = today
    return found


def _taken(visits: Visits, due: Integers, open_: Integers, left: Floats, *, day: int, beside: Integers) -> Integers:
    """Give the visits of one day: its quotas first, then the nearest up to an even share of what remains.

    A quota is the work due by a day less what the days after today can hold up to it; the share is the least height to
    which every day can be filled alike without missing a due day.
    """
    minutes, last = visits.minutes[open_], due[open_] - day
    work = np.cumsum(np.bincount(np.maximum(last, 0), weights=minutes, minlength=len(left)))[: len(left)]
    quota = work - (np.cumsum(left) - left[0])
    share = float((work / np.maximum(np.cumsum(left), _EPSILON)).max()) * left[0]
    middle = visits.xy[beside].mean(axis=0) if len(beside) else visits.xy[open_[np.lexsort((open_, last))[0]]]
    near = np.lexsort((open_, last, np.hypot(*(visits.xy[open_] - middle).T)))
    taken = np.zeros(len(open_), dtype=np.bool_)
    room = float(left[0])
    for by in np.flatnonzero(quota > _EPSILON).tolist():
        owed = quota[by] - minutes[taken & (last <= by)].sum()
        for visit in near[~taken[near] & (last[near] <= by)].tolist():
            if owed <= _EPSILON:
                break
            if minutes[visit] <= room + _EPSILON:
                taken[visit], room, owed = True, room - minutes[visit], owed - minutes[visit]
    spare = min(share, float(left[0])) - minutes[taken].sum()
    for visit in near[~taken[near]].tolist():
        if spare <= _EPSILON:
            break
        if minutes[visit] <= room + _EPSILON:
            taken[visit], room, spare = True, room - minutes[visit], spare - minutes[visit]
    return open_[taken]
