"""Timetables of tours, and an audit of routes that shares nothing with the solver that found them."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from gis.plan.routes import EVER, FAR, Integers, Routes, Shift, Stops, Tour


class Timetable(NamedTuple):
    """When a tour leaves, when each visit begins and ends, when it is back; `late` sums what comes after its window.

    Of all tours of least length it is the one that leaves first; `lasting` is that least length.
    """

    leave: int
    begin: Integers
    end: Integers
    back: int
    late: int
    lasting: int


class _Span(NamedTuple):
    """A piece of a tour: its least duration, between which starts it has it, and the time gone back in for that."""

    lasting: int
    first: int
    last: int
    warp: int


@dataclass(frozen=True, slots=True)
class Audit:
    """What routes cost by our own count, and what is wrong with them; nothing is, where `faults` is empty."""

    cost: int
    distance: int
    missed_prizes: int
    faults: tuple[str, ...]


def timetable(tour: Tour, shift: Shift, wanted: Stops, duration: Integers) -> Timetable:
    """Give when each visit of a tour takes place; none begins before its window, nor the tour before its shift.

    The least duration comes from joining spans (Vidal, Crainic, Gendreau & Prins 2013, Computers & OR 40(1), sec. 4).
    """
    places, service = _along(tour, shift, wanted)
    whole = _Span(0, shift.early, shift.late, 0)
    for (here, there), stop in zip(pairwise(places), [*tour.stops.tolist(), None], strict=True):
        ahead = _Span(0, shift.early, shift.late, 0)
        if stop is not None:
            ahead = _Span(int(wanted.service[stop]), int(wanted.early[stop]), int(wanted.late[stop]), 0)
        whole = _joined(whole, ahead, int(duration[here, there]))
    now = leave = max(whole.first, shift.early)
    begin, late = [], 0
    for (here, there), stop, spent in zip(pairwise(places), tour.stops.tolist(), service, strict=False):
        now = max(now + int(duration[here, there]), int(wanted.early[stop]))
        late += max(now - int(wanted.late[stop]), 0)
        begin.append(now)
        now += spent
    back = now + int(duration[places[-2], places[-1]])
    late += max(back - shift.late, 0)
    starts = np.array(begin, dtype=np.int64)
    return Timetable(leave, starts, starts + np.array(service, dtype=np.int64), back, late, whole.lasting)


def audited(found: Routes, wanted: Stops, shifts: Sequence[Shift], distance: Integers, duration: Integers) -> Audit:
    """Give the cost of routes and each condition they break, counted anew from the stops, shifts and matrices."""
    faults, length, paid = [], 0, 0
    for number, tour in enumerate(found.tours, start=1):
        shift = shifts[tour.shift]
        places, _ = _along(tour, shift, wanted)
        metres = sum(int(distance[here, there]) for here, there in pairwise(places))
        hours = timetable(tour, shift, wanted, duration)
        length += metres
        paid += shift.price + shift.distance_price * metres + shift.time_price * hours.lasting
        faults += [f"tour {number}: {fault}" for fault in _wrong(tour, shift, wanted, hours)]
        if any(distance[here, there] >= FAR for here, there in pairwise(places)):
            faults.append(f"tour {number}: a way that does not exist")
    visited = np.concatenate([np.empty(0, dtype=np.int64), *(tour.stops for tour in found.tours)])
    missed = np.ones(len(wanted), dtype=np.bool_)
    missed[visited] = False
    faults += [f"stop {stop} is visited more than once" for stop in _repeated(visited)]
    faults += [f"stop {stop} is required and left out" for stop in np.flatnonzero(missed & wanted.required).tolist()]
    used = Counter(tour.shift for tour in found.tours)
    faults += [
        f"shift {kind}: expected at most {shifts[kind].count} tours, got {count}"
        for kind, count in sorted(used.items())
        if count > shifts[kind].count
    ]
    named = np.sort(np.concatenate([found.missed, found.unreachable]))
    if not np.array_equal(named, np.flatnonzero(missed)):
        faults.append("the stops that are named as left out are not those that no tour visits")
    prizes = int(wanted.prize[missed].sum())
    return Audit(paid + prizes, length, prizes, tuple(faults))


def _wrong(tour: Tour, shift: Shift, wanted: Stops, hours: Timetable) -> Iterator[str]:
    if hours.late:
        yield f"late by {hours.late}"
    if hours.lasting > shift.longest:
        yield f"lasts {hours.lasting}, expected at most {shift.longest}"
    load = int(wanted.demand[tour.stops].sum())
    if shift.capacity is not None and load > shift.capacity:
        yield f"carries {load}, expected at most {shift.capacity}"
    if (wanted.skills[tour.stops] & ~np.int64(shift.skills)).any():
        yield "a stop whose skill the worker lacks"


def _repeated(visited: NDArray[np.int64]) -> list[int]:
    once, count = np.unique(visited, return_counts=True)
    return [int(stop) for stop in once[count > 1]]


def _along(tour: Tour, shift: Shift, wanted: Stops) -> tuple[list[int], list[int]]:
    """Give the places a tour passes, with start and end, and the service at each stop."""
    return [shift.start, *wanted.place[tour.stops].tolist(), shift.end], wanted.service[tour.stops].tolist()


def _joined(a: _Span, b: _Span, way: int) -> _Span:
    """Give the span of going along `a`, the way and then `b`."""
    gone = a.lasting - a.warp + way
    wait = max(b.first - gone - a.last, 0) if a.last < EVER else 0
    warp = max(a.first + gone - b.last, 0)
    last = min(b.last - gone, a.last) + warp if b.last < EVER else a.last + warp
    return _Span(a.lasting + b.lasting + way + wait, max(b.first - gone, a.first) - wait, last, a.warp + b.warp + warp)
