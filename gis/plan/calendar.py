"""Calendars: on which day each due visit is made, near its neighbours' day, no day fuller than it must be.

Day by day a worker goes where the most urgent visit is and takes what lies nearest, under two conditions that keep
every later due day within reach: of the visits due by each day, today makes at least what the days up to then cannot
hold, and the days are filled evenly. For visits of equal length this misses a due day only where every calendar does:
it keeps the condition of the earliest-due-date rule (Jackson 1955), which is optimal for one worker. For unequal ones
the plain earliest-due-date calendar is made too, and taken where it makes fewer visits late. Where there is more work
than days the oldest due day stays first; the fewest possible late visits are not promised. Visits that come again and
again have their days from `gis.plan.rounds` and are handed over as `Fixed`.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gis.plan.shortage import missing_minutes

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
Flags = NDArray[np.bool_]

NEVER = -1
_EPSILON = 1e-9


@dataclass(frozen=True, slots=True, eq=False)
class Visits:
    """What one worker must do: the last day of each visit (from 0 on; before 0: overdue), minutes, place, booking.

    `xy` is in storage metres. `booked` is the day an earlier calendar gave, `NEVER` without one. `settled`: that
    calendar knew the visit with the same due day, so that a late day, or none, was the best it found.
    """

    due: Integers
    minutes: Floats
    xy: Floats
    booked: Integers
    settled: Flags

    def __len__(self) -> int:
        """How many visits there are."""
        return len(self.due)


@dataclass(frozen=True, slots=True, eq=False)
class Fixed:
    """Visits whose day is given: they take their minutes from it, and others of the day go near their places."""

    day: Integers
    minutes: Floats
    xy: Floats


NOTHING = Fixed(np.empty(0, dtype=np.int64), np.empty(0), np.empty((0, 2)))


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


def calendar(visits: Visits, capacity: Floats, *, fixed: Fixed = NOTHING) -> Calendar:
    """Give a day to each visit; `capacity` is the worker's minutes on each day, 0 where there is no work.

    Overdue visits count as due on the first working day. A booking stays unless its day is over capacity, needed by
    visits that have no other, or after the due day and not `settled`; a late one is left where a day in time has room.
    So a calendar made from its own days is the same calendar. The same input gives the same calendar: ties
    go to the earlier due day, then to the smaller number. Without days or visits nothing has a day. ValueError where a
    visit is longer than the longest day, minutes are not above 0, or the fixed visits are more than a day holds.
    """
    used = np.bincount(fixed.day, weights=fixed.minutes, minlength=len(capacity)).astype(np.float64)
    _refuse_misfits(visits, capacity, used)
    days = len(capacity)
    working = np.flatnonzero(capacity > 0)
    if not len(visits) or not len(working):
        late = np.ones(len(visits), dtype=np.bool_)
        gone = np.flatnonzero(visits.booked != NEVER)
        return Calendar(np.full(len(visits), NEVER), late, float(visits.minutes.sum()), gone)
    due = np.clip(visits.due, working[0], days - 1)
    room = np.maximum(capacity - used, 0.0)
    kept = _kept(visits, due, room)
    day = min(
        (
            _brought_forward(visits, due, room, found)
            for found in (_Nearby(visits, due, capacity, fixed).found(kept), _by_due_date(visits, due, room, kept))
        ),
        key=lambda found: (int(_late(found, due).sum()), int((found == NEVER).sum())),
    )
    moved = np.flatnonzero((visits.booked != NEVER) & (visits.booked != day))
    return Calendar(day, _late(day, due), missing_minutes(np.zeros_like(due), due, visits.minutes, room), moved)


def _refuse_misfits(visits: Visits, capacity: Floats, used: Floats) -> None:
    if (visits.minutes <= 0).any():
        raise ValueError(
            f"visit {int(np.argmin(visits.minutes))}: expected minutes above 0, got {visits.minutes.min()}"
        )
    longest = capacity.max(initial=0.0)
    if len(visits) and longest > 0 and visits.minutes.max() > longest + _EPSILON:
        number = int(visits.minutes.argmax())
        raise ValueError(f"visit {number}: expected at most a day's {longest:g} min, got {visits.minutes[number]:g}")
    for day in np.flatnonzero(used > capacity + 1e-6).tolist():
        raise ValueError(f"day {day}: expected at most {capacity[day]:g} min of fixed visits, got {used[day]:g}")


def _late(day: Integers, due: Integers) -> Flags:
    return np.asarray((day == NEVER) | (day > due), dtype=np.bool_)


def _kept(visits: Visits, due: Integers, room: Floats) -> Integers:
    """Give the bookings that stay: in time or settled, within the day's room, and leaving room for what is new.

    New is what has no booking and is not settled, and what has lost its booking.
    """
    days = len(room)
    good = (visits.booked >= 0) & (visits.booked < days) & ((visits.booked <= due) | visits.settled)
    kept = np.where(good, visits.booked, NEVER)
    left = room.copy()
    for visit in np.lexsort((np.arange(len(due)), due)).tolist():
        if kept[visit] != NEVER:
            if visits.minutes[visit] > left[kept[visit]] + _EPSILON:
                kept[visit] = NEVER
            else:
                left[kept[visit]] -= visits.minutes[visit]
    for day in range(days):
        new = (kept == NEVER) & ~(visits.settled & (visits.booked == NEVER)) & (due <= day)
        short = float(visits.minutes[new].sum() - left[: day + 1].sum())
        if short <= _EPSILON:
            continue
        loose = np.flatnonzero((kept != NEVER) & (kept <= day) & (due > day))
        for visit in loose[np.lexsort((loose, -due[loose]))].tolist():
            if short <= _EPSILON:
                break
            left[kept[visit]] += visits.minutes[visit]
            kept[visit] = NEVER
            short -= visits.minutes[visit]
    return kept


def _by_due_date(visits: Visits, due: Integers, room: Floats, kept: Integers) -> Integers:
    """Give the calendar that takes visits by their due day, each on the first day with room."""
    found, left = kept.copy(), _left(visits, room, kept)
    for visit in np.lexsort((np.arange(len(due)), due)).tolist():
        if found[visit] == NEVER:
            free = np.flatnonzero(left >= visits.minutes[visit] - _EPSILON)
            if len(free):
                found[visit] = free[0]
                left[free[0]] -= visits.minutes[visit]
    return found


def _left(visits: Visits, room: Floats, found: Integers) -> Floats:
    booked = found != NEVER
    taken = np.bincount(found[booked], weights=visits.minutes[booked], minlength=len(room))
    return np.maximum(room - taken, 0.0)


def _brought_forward(visits: Visits, due: Integers, room: Floats, found: Integers) -> Integers:
    """Give the calendar with each late visit on the first earlier day that has room; those without a day come last.

    A settled booking is left for a day in time alone, so that one more day for all does not move all that is late. In
    order of their days, so that the room which one leaves is there for those that come after.
    """
    found, left, days = found.copy(), _left(visits, room, found), len(room)
    late = np.flatnonzero(_late(found, due))
    place = np.where(found == NEVER, days, found)
    for visit in late[np.lexsort((late, due[late], place[late]))].tolist():
        stays = visits.settled[visit] and found[visit] == visits.booked[visit] != NEVER
        end = min(int(place[visit]), int(due[visit]) + 1) if stays else int(place[visit])
        free = np.flatnonzero(left[:end] >= visits.minutes[visit] - _EPSILON)
        if len(free):
            if found[visit] != NEVER:
                left[found[visit]] += visits.minutes[visit]
            found[visit] = free[0]
            left[free[0]] -= visits.minutes[visit]
    return found


class _Nearby:
    """The calendar that goes each day where the most urgent visit is and takes what lies nearest."""

    def __init__(self, visits: Visits, due: Integers, capacity: Floats, fixed: Fixed) -> None:
        self._visits, self._due, self._capacity, self._fixed = visits, due, capacity, fixed
        self._room = capacity - np.bincount(fixed.day, weights=fixed.minutes, minlength=len(capacity))

    def found(self, kept: Integers) -> Integers:
        found, left = kept.copy(), _left(self._visits, self._room, kept)
        for today in np.flatnonzero(left > _EPSILON).tolist():
            open_ = np.flatnonzero(found == NEVER)
            if not len(open_):
                break
            around = (self._visits.xy[found == today], self._fixed.xy[self._fixed.day == today])
            chosen = self._taken(open_, left[today:], today, np.concatenate(around))
            found[chosen] = today
        return found

    def _taken(self, open_: Integers, left: Floats, today: int, around: Floats) -> Integers:
        """Give the visits of one day: its quotas first, then the nearest up to an even share of what remains.

        A quota is the work due by a day less what the days after today can hold up to it.
        """
        minutes, last = self._visits.minutes[open_], self._due[open_] - today
        each = np.bincount(np.maximum(last, 0), weights=minutes, minlength=len(left)).astype(np.float64)
        work = np.cumsum(each)[: len(left)]
        quota = work - (np.cumsum(left) - left[0])
        xy = self._visits.xy[open_]
        middle = around.mean(axis=0) if len(around) else xy[np.lexsort((open_, last))[0]]
        near = np.lexsort((open_, last, np.hypot(*(xy - middle).T)))
        day = _Day(minutes, float(left[0]))
        for by in np.flatnonzero(quota > _EPSILON).tolist():
            day.take(near[last[near] <= by], float(quota[by] - minutes[day.taken & (last <= by)].sum()))
        share = _share(work, left, self._capacity[today:])
        day.take(near, min(share, float(left[0])) - float(minutes[day.taken].sum()))
        return open_[day.taken]


class _Day:
    """A day that is being filled: which of the open visits it takes, and the room that is left."""

    def __init__(self, minutes: Floats, room: float) -> None:
        self._minutes, self._room = minutes, room
        self.taken = np.zeros(len(minutes), dtype=np.bool_)

    def take(self, order: Integers, owed: float) -> None:
        """Take visits in an order, those that fit, until so many minutes are taken."""
        if owed <= _EPSILON:
            return
        fits = order[~self.taken[order] & (self._minutes[order] <= self._room + _EPSILON)]
        for visit, minutes in zip(fits.tolist(), self._minutes[fits].tolist(), strict=True):
            if owed <= _EPSILON:
                break
            if minutes <= self._room + _EPSILON:
                self.taken[visit] = True
                self._room -= minutes
                owed -= minutes


def _share(work: Floats, left: Floats, capacity: Floats) -> float:
    """Give the minutes up to which today is filled: the least part of each day that keeps every due day, all alike.

    `work` is what is due by each day, `left` what a day of `capacity` still holds; found by bisection.
    """
    used = capacity - left
    low, high = 0.0, 1.0
    for _ in range(50):
        part = (low + high) / 2
        holds = (np.cumsum(np.maximum(part * capacity - used, 0.0)) >= work - _EPSILON).all()
        low, high = (low, part) if holds else (part, high)
    return max(high * float(capacity[0]) - float(used[0]), 0.0)
