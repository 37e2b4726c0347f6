"""Routes: which worker visits which stops in which order, within windows and shifts, solved by PyVRP.

The method is PyVRP's iterated local search (Wouda, Lan & Kool 2024, INFORMS Journal on Computing 36(4)) on the vehicle
routing problem with time windows, prizes, capacities and several kinds of shift. It is a heuristic: nothing is promised
beyond what `gis.plan.timetable.audited` finds true of the answer.
"""

import warnings
from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
import pyvrp
from numpy.typing import NDArray
from pyvrp.IteratedLocalSearch import IteratedLocalSearchParams
from pyvrp.search import PerturbationParams
from pyvrp.stop import MaxIterations, MaxRuntime, MultipleCriteria, NoImprovement, StoppingCriterion

Integers = NDArray[np.int64]
Flags = NDArray[np.bool_]

FAR = int(pyvrp.constants.MAX_VALUE)
"""The length of a way that does not exist; larger entries count as this one."""
EVER = int(np.iinfo(np.int64).max)
SEARCH = pyvrp.SolveParams(IteratedLocalSearchParams(history_length=100), perturbation=PerturbationParams(1, 10))
"""PyVRP's own choice is up to 25 perturbations a step and a memory of 300 steps. With these a step is two to three
times quicker on a thousand stops and, in equal time, the larger published instances come out better
(`benchmarks.routes`)."""
SPARE, SPARE_SHARE = 3, 1.3  # shifts kept beyond those that the demand alone would fill


@dataclass(frozen=True, slots=True, eq=False)
class Stops:
    """What may be visited, one entry per stop: its row in the matrices, and what a visit takes and brings.

    `service` is the time there, `early` and `late` bound its start. A stop that is not `required` may be left out at
    the cost of its `prize`. `demand` counts against a shift's capacity; `skills` is a set of bits, all of which its
    worker must have.
    """

    place: Integers
    service: Integers
    early: Integers
    late: Integers
    prize: Integers
    required: Flags
    demand: Integers
    skills: Integers

    def __len__(self) -> int:
        """How many stops there are."""
        return len(self.place)

    def only(self, kept: Integers) -> "Stops":
        """Give these stops alone, in this order."""
        return Stops(*(getattr(self, field.name)[kept] for field in fields(self)))


def stops(
    place: Integers,
    *,
    service: int | Integers = 0,
    early: int | Integers = 0,
    late: int | Integers = EVER,
    prize: int | Integers = 0,
    required: bool | Flags = True,
    demand: int | Integers = 0,
    skills: int | Integers = 0,
) -> Stops:
    """Give stops, each value for all of them or one by one."""
    count = len(place)

    def each(value: int | Integers) -> Integers:
        return np.broadcast_to(np.asarray(value, dtype=np.int64), count)

    return Stops(
        np.asarray(place, dtype=np.int64),
        service=each(service),
        early=each(early),
        late=each(late),
        prize=each(prize),
        required=np.broadcast_to(np.asarray(required, dtype=np.bool_), count),
        demand=each(demand),
        skills=each(skills),
    )


@dataclass(frozen=True, slots=True)
class Shift:
    """A kind of working day: where it starts and ends (rows in the matrices), when, how long, and how many."""

    start: int
    end: int
    early: int = 0
    late: int = EVER
    longest: int = EVER
    count: int = 1
    capacity: int | None = None
    skills: int = 0
    distance_price: int = 1
    time_price: int = 0
    price: int = 0


@dataclass(frozen=True, slots=True, eq=False)
class Tour:
    """One shift's stops in their order, as numbers of the stops that were given."""

    shift: int
    stops: Integers


@dataclass(frozen=True, slots=True, eq=False)
class Routes:
    """The tours found; the stops left out; those that no shift can reach at all; and the solver's steps.

    `feasible` is the solver's own word; `steps` given again as the limit gives the same tours.
    """

    tours: tuple[Tour, ...]
    missed: Integers
    unreachable: Integers
    feasible: bool
    steps: int


@dataclass(frozen=True, slots=True)
class Effort:
    """When the search stops: after `steps`, `seconds`, or `idle` steps without a gain, whichever comes first."""

    steps: int | None = None
    seconds: float | None = None
    idle: int | None = None

    def __post_init__(self) -> None:
        """Refuse an effort without an end."""
        if self.steps is None and self.seconds is None and self.idle is None:
            raise ValueError("effort: expected steps, seconds or idle steps, got none: the search would never end")

    def criterion(self) -> StoppingCriterion:
        """Give it as PyVRP's stopping criterion."""
        limits: list[StoppingCriterion] = []
        if self.steps is not None:
            limits.append(MaxIterations(self.steps))
        if self.seconds is not None:
            limits.append(MaxRuntime(self.seconds))
        if self.idle is not None:
            limits.append(NoImprovement(self.idle))
        return MultipleCriteria(limits)


def routes(
    wanted: Stops,
    shifts: Sequence[Shift],
    distance: Integers,
    duration: Integers,
    *,
    effort: Effort,
    seed: int = 0,
    search: pyvrp.SolveParams = SEARCH,
) -> Routes:
    """Give tours that visit the stops at a small cost: distance and time at the shifts' prices, plus missed prizes.

    The matrices are square, from row to column, in any whole units; a way of `FAR` or more does not exist. A stop that
    no shift with its skills can reach and leave is named in `unreachable` and not planned. The same input, seed and
    steps give the same tours. Without stops or shifts there are no tours. `search` is how PyVRP moves. ValueError where
    matrices and places do not fit.
    """
    _refuse_misfits(wanted, shifts, distance, duration)
    near, length = np.minimum(distance, FAR), np.minimum(duration, FAR)
    reached = _reached(wanted, shifts, near)
    kept = np.flatnonzero(reached)
    if not len(kept):
        return Routes((), kept, np.flatnonzero(~reached), feasible=not wanted.required.any(), steps=0)
    data = _data(wanted.only(kept), shifts, near, length)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", pyvrp.exceptions.PenaltyBoundWarning)  # the answer says whether it is feasible
        found = pyvrp.solve(data, effort.criterion(), seed=seed, collect_stats=False, display=False, params=search)
    tours = tuple(
        Tour(route.vehicle_type(), kept[np.array([each.idx for each in route if each.is_client()], dtype=np.int64)])
        for route in found.best.routes()
    )
    visited = np.concatenate([np.empty(0, dtype=np.int64), *(tour.stops for tour in tours)])
    feasible = found.is_feasible() and bool(reached[wanted.required].all())
    return Routes(tours, np.setdiff1d(kept, visited), np.flatnonzero(~reached), feasible, found.num_iterations)


def _refuse_misfits(wanted: Stops, shifts: Sequence[Shift], distance: Integers, duration: Integers) -> None:
    if distance.ndim != 2 or distance.shape[0] != distance.shape[1] or distance.shape != duration.shape:
        raise ValueError(f"expected two equal square matrices, got {distance.shape} and {duration.shape}")
    places = [*wanted.place.tolist(), *(place for shift in shifts for place in (shift.start, shift.end))]
    if places and not 0 <= min(places) <= max(places) < len(distance):
        raise ValueError(f"expected places of 0 to {len(distance) - 1}, got {min(places)} to {max(places)}")
    if (distance < 0).any() or (duration < 0).any():
        raise ValueError("expected ways that are not negative")


def _reached(wanted: Stops, shifts: Sequence[Shift], distance: Integers) -> Flags:
    """Give which stops some shift that has their skills can reach from its start and leave to its end."""
    found = np.zeros(len(wanted), dtype=np.bool_)
    for shift in shifts:
        able = (wanted.skills & ~np.int64(shift.skills)) == 0
        found |= able & (distance[shift.start, wanted.place] < FAR) & (distance[wanted.place, shift.end] < FAR)
    return found


def _data(wanted: Stops, shifts: Sequence[Shift], distance: Integers, duration: Integers) -> pyvrp.ProblemData:
    """Give the problem as PyVRP takes it: the ends of shifts first, then a location for each stop."""
    ends = sorted({place for shift in shifts for place in (shift.start, shift.end)})
    rows = np.concatenate([np.array(ends, dtype=np.int64), wanted.place])
    square = np.ix_(rows, rows)
    near, length = distance[square], duration[square]
    np.fill_diagonal(near, 0)
    np.fill_diagonal(length, 0)
    profiles = sorted({shift.skills for shift in shifts})
    barred = [np.concatenate([np.zeros(len(ends), bool), (wanted.skills & ~np.int64(each)) != 0]) for each in profiles]
    loaded = any(shift.capacity is not None for shift in shifts)
    ways: Any = [_barring(near, each) for each in barred]  # PyVRP declares a type that no array has
    times: Any = [_barring(length, each) for each in barred]
    return pyvrp.ProblemData(
        locations=[pyvrp.Location(0, 0) for _ in rows],
        clients=[_client(wanted, number, len(ends) + number, loaded=loaded) for number in range(len(wanted))],
        depots=[pyvrp.Depot(location=number) for number in range(len(ends))],
        vehicle_types=[_vehicle(each, ends, profiles, wanted, loaded=loaded) for each in shifts],
        distance_matrices=ways,
        duration_matrices=times,
    )


def _barring(matrix: Integers, barred: Flags) -> Integers:
    found = matrix.copy()
    found[barred, :] = FAR
    found[:, barred] = FAR
    np.fill_diagonal(found, 0)
    return found


def _client(wanted: Stops, number: int, location: int, *, loaded: bool) -> pyvrp.Client:
    return pyvrp.Client(
        location,
        delivery=[int(wanted.demand[number])] if loaded else [],
        service_duration=int(wanted.service[number]),
        tw_early=int(wanted.early[number]),
        tw_late=int(wanted.late[number]),
        prize=int(wanted.prize[number]),
        required=bool(wanted.required[number]),
    )


def _vehicle(shift: Shift, ends: list[int], profiles: list[int], wanted: Stops, *, loaded: bool) -> pyvrp.VehicleType:
    capacity: dict[str, Any] = {}
    if loaded:
        capacity = {"capacity": [EVER if shift.capacity is None else shift.capacity]}
    return pyvrp.VehicleType(
        num_available=_fleet(shift, wanted),
        start_depot=ends.index(shift.start),
        end_depot=ends.index(shift.end),
        tw_early=shift.early,
        tw_late=shift.late,
        shift_duration=shift.longest,
        fixed_cost=shift.price,
        unit_distance_cost=shift.distance_price,
        unit_duration_cost=shift.time_price,
        profile=profiles.index(shift.skills),
        **capacity,
    )


def _fleet(shift: Shift, wanted: Stops) -> int:
    """Give how many shifts of a kind are offered: no more than stops, and not far beyond what demand alone can fill."""
    most = min(shift.count, len(wanted))
    if shift.capacity and not (wanted.late < EVER).any() and shift.longest == EVER:
        return min(most, int(np.ceil(SPARE_SHARE * wanted.demand.sum() / shift.capacity)) + SPARE)
    return most
