"""Rounds: the days of visits that come again within a calendar, each at most its interval after the one before.

A visit starts its object's clock anew, so that the next due day follows from the day that is given to this one: days
are given one after the other. A visit is made on the last working day that keeps its interval, or up to its notice
before where a later day could not hold what is due by then; so no object is visited more often than it must be. Where a
day is too short the oldest due day goes first, then the shortest interval (the rate-monotonic order of Liu and Layland
1973). What nobody works for is late on the next working day. The fewest possible late visits are not promised.
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

NEVER = -1
LONG_AGO = -100_000
"""The day of the last visit of what was never visited: whatever its interval, it is overdue."""
_EPSILON = 1e-9


@dataclass(frozen=True, slots=True, eq=False)
class Chains:
    """Objects that are visited again and again: the day of the last visit (before 0, or `LONG_AGO`), and the interval.

    All in days: a visit is made at most `every` days after the one before, and from `notice` days before that on.
    `brisk` is the interval while a storm lasts, 0 where it is not another. `booked` are the days of each object in an
    earlier calendar, in order.
    """

    last: Integers
    every: Integers
    notice: Integers
    brisk: Integers
    minutes: Floats
    booked: tuple[tuple[int, ...], ...]


class Storm(NamedTuple):
    """The first and last day of a storm, and within how many days after it all that it threatened is seen again."""

    first: int
    last: int
    after: int


@dataclass(frozen=True, slots=True, eq=False)
class Rounds:
    """The visits, in the order in which they are given their days: whose, on which day (`NEVER`: none left), and when.

    It may be made from day `opens` on and is in time up to `due`, which is before 0 where it was overdue at the start.
    `booked` is the day that an earlier calendar gave within these (`NEVER`: none).
    """

    of: Integers
    day: Integers
    opens: Integers
    due: Integers
    booked: Integers


class _Visit(NamedTuple):
    """The next visit of an object: as in `Rounds`, and the last working day on which it may be made."""

    of: int
    opens: int
    due: int
    last: int
    booked: int


def rounds(chains: Chains, capacity: Floats, storm: Storm | None = None) -> Rounds:
    """Give the visits that fall due in the calendar of `capacity` (minutes on each day), and their days.

    In a storm an object with `brisk` is visited from its first day on at that interval, and once more within `after`
    days of its end. Visits that follow one without a day are not counted. Empty where nothing falls due. ValueError
    where a visit is longer than the longest day.
    """
    longest = capacity.max(initial=0.0)
    if len(chains.minutes) and chains.minutes.max() > longest + _EPSILON:
        number = int(chains.minutes.argmax())
        raise ValueError(f"visit {number}: expected at most a day's {longest:g} min, got {chains.minutes[number]:g}")
    diary = _Diary(chains, capacity, storm)
    for today in np.flatnonzero(capacity > 0).tolist():
        diary.fill(today)
    rows = np.array(diary.rows(), dtype=np.int64).reshape(-1, 5)
    return Rounds(*(np.ascontiguousarray(column) for column in rows.T))


class _Diary:
    """The days as they fill: what is left of each, the visits that wait, and the work that they will be."""

    def __init__(self, chains: Chains, capacity: Floats, storm: Storm | None) -> None:
        self._booked, self._storm, self._days = chains.booked, storm, len(capacity)
        self._minutes: list[float] = chains.minutes.tolist()
        self._every: list[int] = chains.every.tolist()
        self._notice: list[int] = chains.notice.tolist()
        self._brisk: list[int] = chains.brisk.tolist()
        self._left = capacity.copy()
        working = np.flatnonzero(capacity > 0)
        days = np.arange(self._days)
        self._before = np.concatenate(([NEVER], working))[np.searchsorted(working, days, side="right")].tolist()
        self._after = np.append(working, self._days)[np.searchsorted(working, days)].tolist()
        self._work = np.zeros(self._days + 1)
        self._made: list[tuple[int, int, int, int, int]] = []
        self._waiting: dict[int, _Visit] = {}
        for of, last in enumerate(chains.last.tolist()):
            self._wait(of, last)

    def rows(self) -> list[tuple[int, int, int, int, int]]:
        """Give the visits that were given a day, then those that still wait."""
        return self._made + [(each.of, NEVER, each.opens, each.due, each.booked) for each in self._waiting.values()]

    def fill(self, today: int) -> None:
        """Give today to what is booked on it, to what may not wait, and to what later days cannot hold."""
        open_ = sorted(
            (each for each in self._waiting.values() if each.opens <= today),
            key=lambda each: (each.booked != today, each.due, self._every[each.of], each.of),
        )
        for visit in open_:
            if visit.booked == today or visit.last <= today:
                self._give(visit, today)
        early = [each for each in open_ if self._waiting.get(each.of) is each and each.booked <= today < each.last]
        early.sort(key=lambda each: each.last)
        while early:
            by = self._overfull(today)
            first = next((each for each in early if by is not None and each.last <= by), None)
            if first is None:
                break
            early.remove(first)
            self._give(first, today)

    def _give(self, visit: _Visit, today: int) -> None:
        """Give today to a visit, if there is room, and let the next one of its object wait."""
        minutes = self._minutes[visit.of]
        if minutes > self._left[today] + _EPSILON:
            return
        self._left[today] -= minutes
        self._forecast(visit, -minutes)
        del self._waiting[visit.of]
        self._made.append((visit.of, today, visit.opens, visit.due, visit.booked))
        self._wait(visit.of, today)

    def _overfull(self, today: int) -> int | None:
        """Give the last day up to which there is more work than the days after today hold; None: there is none."""
        ahead = np.cumsum(self._work[today : self._days]) - np.cumsum(self._left[today:]) + self._left[today]
        over = np.flatnonzero(ahead > _EPSILON)
        return today + int(over[-1]) if len(over) else None

    def _wait(self, of: int, last: int) -> None:
        visit = self._following(of, last)
        if visit is not None:
            self._waiting[of] = visit
            self._forecast(visit, self._minutes[of])

    def _forecast(self, visit: _Visit, minutes: float) -> None:
        """Count minutes for a visit and those that follow it, each on its last day."""
        following: _Visit | None = visit
        while following is not None:
            self._work[following.last] += minutes
            following = self._following(visit.of, following.last) if following.last < self._days else None

    def _following(self, of: int, last: int) -> _Visit | None:
        """Give the visit of an object that follows one on the day `last`; None where it falls due after the end."""
        due, notice = self._due(of, last)
        if due >= self._days:
            return None
        first = max(last + 1, 0)
        end = self._before[due] if due >= 0 else NEVER
        if end < first:  # nobody works in between
            end = self._after[max(due, first)] if max(due, first) < self._days else self._days
        opens = max(first, min(due - notice, end))
        booked = next((day for day in self._booked[of] if day >= opens), NEVER)
        return _Visit(of, opens, due, end, booked if booked <= end else NEVER)

    def _due(self, of: int, last: int) -> tuple[int, int]:
        """Give the due day after a visit, and the notice before it."""
        due, notice, brisk = last + self._every[of], self._notice[of], self._brisk[of]
        if self._storm is not None and brisk:
            within = max(self._storm.first, last + brisk)
            if within <= self._storm.last:
                return (within, 0) if within <= due else (due, notice)
            after = self._storm.last + self._storm.after
            if last <= self._storm.last and after <= due:
                return after, after - self._storm.last - 1
        return due, notice
