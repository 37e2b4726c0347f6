"""One worker's outing: visits gathered into stops, the order of these, and when each visit is made.

Visits at one door are one stop; as a stop that is too long for what is left of a day would be left out whole, it is cut
into parts of at most `MOST_S` each, which lie next to each other in the tour and are told as one again.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gis.plan.routes import Effort, Shift, Stops, Tour, stops
from gis.plan.timetable import Timetable, timetable
from gis.plan.tour_bound import shortest_possible
from gis.plan.walking import DECIMETRES, lengths
from gis.plan.workday import EFFORT, Workday, workday

Integers = NDArray[np.int64]
Floats = NDArray[np.float64]

EARLY, PLANNED, DUE = 0, 1, 2
"""How urgent a visit is: of a later day and only worth a small detour; of this day; due by this day."""
PRIZES = {PLANNED: 10**6, DUE: 10**8}
"""In decimetres: above any detour of a day, so that only a lack of time leaves such a visit out, a due one last."""
MOST_S = 20 * 60


@dataclass(frozen=True, slots=True, eq=False)
class Visits:
    """What one worker could do, one entry per visit: which door (row of the matrix), which house there, and how long.

    `aside_m` is the straight way from the street to the house, walked there and back once for all visits in it.
    `opens_s` and `closes_s` bound the visit, in seconds of the day; `urgency` is `EARLY`, `PLANNED` or `DUE`.
    """

    door: Integers
    house: Integers
    aside_m: Floats
    service_s: Integers
    opens_s: Integers
    closes_s: Integers
    urgency: Integers

    def __len__(self) -> int:
        """How many visits there are."""
        return len(self.door)


@dataclass(frozen=True, slots=True, eq=False)
class Terms:
    """Under what an outing is made: seconds of the day at which it may begin and must end, and metres a second.

    A visit of a later day is made where it lengthens the way by at most `worth_m`.
    """

    start_s: int
    end_s: int
    pace: float
    worth_m: float = 150.0
    effort: Effort = EFFORT
    seed: int = 0


@dataclass(frozen=True, slots=True, eq=False)
class Halt:
    """A stop as it is made: its door, the visits there in order, and seconds of the day of arrival and leaving."""

    door: int
    visits: Integers
    arrive_s: int
    leave_s: int


@dataclass(frozen=True, slots=True, eq=False)
class Outing:
    """The stops in order, when the worker leaves and is back, and the visits that no time or no way was left for.

    `metres` is along streets, of the round; no order of the same stops is shorter than `bound_m`. Early visits that
    are not made are neither missed nor unreachable: they have their own day.
    """

    halts: tuple[Halt, ...]
    leave_s: int
    back_s: int
    metres: float
    bound_m: float
    missed: Integers
    unreachable: Integers
    steps: int


def outing(visits: Visits, metres: Floats, terms: Terms) -> Outing:
    """Plan one worker's day from the door in row 0 of the matrix (metres along streets, infinite: no way) and back.

    The same input and steps give the same outing. Without visits that can be made there is no halt.
    """
    members = list(_parts(visits))
    wanted = _stops(visits, members, terms)
    shift = Shift(0, 0, early=terms.start_s, late=terms.end_s, longest=terms.end_s - terms.start_s)
    found = workday(wanted, shift, metres, pace=terms.pace, effort=terms.effort, seed=terms.seed)
    if not found.routes.tours:
        missed, lost = _named(visits, members, found.routes.missed), _named(visits, members, found.routes.unreachable)
        return Outing((), terms.start_s, terms.start_s, 0.0, 0.0, missed, lost, found.routes.steps)
    order, hours = _gathered(found, wanted, lengths(metres / terms.pace, scale=1))
    times = zip(order.tolist(), hours.begin.tolist(), hours.end.tolist(), strict=True)
    halts = tuple(_merged(Halt(int(wanted.place[each]), members[each], begin, end) for each, begin, end in times))
    round_trip = np.array([0, *(halt.door for halt in halts), 0], dtype=np.int64)
    doors = np.unique(round_trip)
    length_m = float(metres[round_trip[:-1], round_trip[1:]].sum())
    whole = np.floor(metres[np.ix_(doors, doors)] * DECIMETRES).astype(np.int64)
    return Outing(
        halts,
        hours.leave,
        hours.back,
        length_m,
        shortest_possible(whole, round(length_m * DECIMETRES)) / DECIMETRES,
        _named(visits, members, found.routes.missed),
        _named(visits, members, found.routes.unreachable),
        found.routes.steps,
    )


def _parts(visits: Visits) -> Iterator[Integers]:
    """Give the visits of each stop: of one door, hours and urgency, house after house, at most `MOST_S` together."""
    keys = np.stack([visits.door, visits.opens_s, visits.closes_s, visits.urgency], axis=1)
    order = np.lexsort((np.arange(len(visits)), visits.house, *keys.T[::-1]))
    part: list[int] = []
    spent = 0
    for visit in order.tolist():
        other = bool(part) and not np.array_equal(keys[visit], keys[part[-1]])
        if part and (other or spent + int(visits.service_s[visit]) > MOST_S):
            yield np.array(part, dtype=np.int64)
            part, spent = [], 0
        part.append(visit)
        spent += int(visits.service_s[visit])
    if part:
        yield np.array(part, dtype=np.int64)


def _stops(visits: Visits, members: list[Integers], terms: Terms) -> Stops:
    """Give the stops that the solver sees: each begins so that it ends by closing time where it fits at all."""
    first = np.array([part[0] for part in members], dtype=np.int64)
    service = np.array([_spent(visits, part, terms.pace) for part in members], dtype=np.int64)
    prizes = {**PRIZES, EARLY: max(1, round(terms.worth_m * DECIMETRES))}
    prize = [prizes[int(visits.urgency[part[0]])] * len(part) for part in members]
    early = visits.opens_s[first]
    return stops(
        visits.door[first],
        service=service,
        early=early,
        late=np.maximum(visits.closes_s[first] - service, early),
        prize=np.array(prize, dtype=np.int64),
        required=False,
    )


def _gathered(found: Workday, wanted: Stops, duration: Integers) -> tuple[Integers, Timetable]:
    """Give the order in which the parts of a door follow each other, where windows and shift allow; with its times.

    The way is no longer by that: a part that was made when passing again is made at the first time.
    """
    order = found.routes.tours[0].stops
    hours = timetable(Tour(0, order), found.shift, wanted, duration)
    for door in np.unique(wanted.place[order]).tolist():
        here = wanted.place[order] == door
        first = int(here.argmax())
        closer = np.concatenate([order[:first], order[here], order[first:][~here[first:]]])
        changed = timetable(Tour(0, closer), found.shift, wanted, duration)
        if not changed.late and changed.lasting <= found.shift.longest:
            order, hours = closer, changed
    return order, hours


def _spent(visits: Visits, part: Integers, pace: float) -> int:
    """Give the seconds of a stop: its visits, and the way from the street to each house and back."""
    _, once = np.unique(visits.house[part], return_index=True)
    return int(visits.service_s[part].sum() + np.ceil(2 * visits.aside_m[part[once]].sum() / pace))


def _merged(halts: Iterator[Halt]) -> Iterator[Halt]:
    """Give neighbours at one door, without a wait between them, as one halt."""
    last: Halt | None = None
    for halt in halts:
        if last is not None and last.door == halt.door and last.leave_s == halt.arrive_s:
            last = Halt(halt.door, np.concatenate([last.visits, halt.visits]), last.arrive_s, halt.leave_s)
            continue
        if last is not None:
            yield last
        last = halt
    if last is not None:
        yield last


def _named(visits: Visits, members: list[Integers], left: Integers) -> Integers:
    """Give the visits of stops that were left out, in order, without those that are only early."""
    none = np.empty(0, dtype=np.int64)
    found: Integers = np.sort(np.concatenate([none, *(members[stop] for stop in left.tolist())]))
    return np.asarray(found[visits.urgency[found] != EARLY], dtype=np.int64)
