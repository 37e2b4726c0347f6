"""One worker's day: which of the visits that could be made are made, in which order and when."""

from dataclasses import dataclass, replace

import numpy as np
import pyvrp
from pyvrp.PenaltyManager import PenaltyParams
from pyvrp.search import NeighbourhoodParams

from gis.plan.routes import SEARCH, Effort, Integers, Routes, Shift, Stops, Tour, routes
from gis.plan.timetable import Timetable, audited, timetable
from gis.plan.walking import Floats, lengths

WALK, EBIKE = 1.2, 4.0
"""Metres per second on foot, with doors and crossings, and on an electric bicycle in town. Invented defaults."""
STEPS = 1_500
EFFORT = Effort(steps=STEPS, idle=400)
SEARCH_NEAR = pyvrp.SolveParams(
    SEARCH.ils, neighbourhood=NeighbourhoodParams(num_neighbours=30), perturbation=SEARCH.perturbation
)
"""A day has some sixty stops: to look at the thirty nearest of each instead of fifty takes three fifths of the time and
misses no more stops, at ten or twenty it does (`benchmarks.worker_days`)."""


@dataclass(frozen=True, slots=True, eq=False)
class Workday:
    """The tour of a day (none if no stop is worth a step), its timetable, and the shift as it was planned."""

    routes: Routes
    hours: Timetable | None
    shift: Shift


def workday(
    wanted: Stops, shift: Shift, metres: Floats, *, pace: float = WALK, effort: Effort = EFFORT, seed: int = 0
) -> Workday:
    """Give one worker's tour on a matrix of metres along streets (infinite: no way), at `pace` metres per second.

    Times of stops and shift are whole seconds. The tour is short in metres: a way costs a unit each decimetre, and so
    do prizes; a prize above every possible detour is missed only where the shift has no time. Ways are rounded up to
    whole seconds, so that a plan errs on the side of being early. No shift and no window is ever broken: where prizes
    tempt the search to be late, it is made again with lateness dearer than all of them, and what then still does not
    fit is left out. Where stops are missed, the plain order by closing time is taken if it costs less. ValueError
    where a stop is `required`: a day may be too short for it.
    """
    if wanted.required.any():
        raise ValueError("a day may be too short for everything: expected stops with prizes, none of them required")
    alone = replace(shift, count=1)
    distance, duration = lengths(metres), lengths(metres / pace, scale=1)
    found = routes(wanted, [alone], distance, duration, effort=effort, seed=seed, search=SEARCH_NEAR)
    if not found.feasible:
        found = routes(wanted, [alone], distance, duration, effort=effort, seed=seed, search=_strict(wanted))
    if not found.feasible:
        found = _fitting(found, wanted, alone, duration)
    if len(found.missed):
        plain = _fitting(_by_window(found, wanted, alone, distance), wanted, alone, duration)
        found = min(found, plain, key=lambda each: audited(each, wanted, [alone], distance, duration).cost)
    hours = timetable(found.tours[0], alone, wanted, duration) if found.tours else None
    return Workday(found, hours, alone)


def _strict(wanted: Stops) -> pyvrp.SolveParams:
    """Give a search for which a second of lateness costs more than all prizes together."""
    dear = 2.0 * float(wanted.prize.sum()) + 1.0
    penalty = PenaltyParams(min_penalty=dear, max_penalty=dear)
    return pyvrp.SolveParams(SEARCH.ils, penalty, SEARCH_NEAR.neighbourhood, perturbation=SEARCH.perturbation)


def _by_window(found: Routes, wanted: Stops, shift: Shift, distance: Integers) -> Routes:
    """Give the tour of all stops that can be reached by the end of their windows, of equal ends the nearest first."""
    left = sorted(set(range(len(wanted))) - set(found.unreachable.tolist()))
    here, order = shift.start, []
    while left:
        stop = min(left, key=lambda each: (int(wanted.late[each]), int(distance[here, wanted.place[each]]), each))
        left.remove(stop)
        order.append(stop)
        here = int(wanted.place[stop])
    tour = Tour(0, np.array(order, dtype=np.int64))
    return replace(found, tours=(tour,), missed=np.empty(0, dtype=np.int64))


def _fitting(found: Routes, wanted: Stops, shift: Shift, duration: Integers) -> Routes:
    """Give the tour without the stops of least prize that must go before nothing is late and the shift holds it."""
    order = found.tours[0].stops
    while len(order):
        hours = timetable(Tour(0, order), shift, wanted, duration)
        if not hours.late and hours.lasting <= shift.longest:
            break
        order = np.delete(order, int(wanted.prize[order].argmin()))
    missed = np.setdiff1d(np.arange(len(wanted)), np.concatenate([order, found.unreachable]))
    tours = (Tour(0, order),) if len(order) else ()
    return Routes(tours, missed, found.unreachable, feasible=True, steps=found.steps)
