"""One worker's day: which of the visits that could be made are made, in which order and when."""

from dataclasses import dataclass, replace

from gis.plan.routes import Effort, Routes, Shift, Stops, routes
from gis.plan.timetable import Timetable, timetable
from gis.plan.walking import Floats, lengths

WALK, EBIKE = 1.2, 4.0
"""Metres per second on foot, with doors and crossings, and on an electric bicycle in town. Invented defaults."""
EFFORT = Effort(steps=1_500, idle=400)


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
    whole seconds, so that a plan errs on the side of being early.
    """
    alone = replace(shift, count=1)
    duration = lengths(metres / pace, scale=1)
    found = routes(wanted, [alone], lengths(metres), duration, effort=effort, seed=seed)
    hours = timetable(found.tours[0], alone, wanted, duration) if found.tours else None
    return Workday(found, hours, alone)
