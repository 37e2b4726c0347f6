"""Routes against trying every order, and the audit against routes that are wrong on purpose."""

from itertools import permutations
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.routes import instance, tours_of
from gis.plan.routes import EVER, FAR, Effort, Integers, Routes, Shift, Stops, Tour, routes, stops
from gis.plan.timetable import audited, timetable

EFFORT = Effort(steps=300)
NONE = np.empty(0, dtype=np.int64)


def plane(places: list[tuple[int, int]]) -> Integers:
    xy = np.array(places, dtype=float).reshape(-1, 2)
    metres = np.hypot(xy[:, None, 0] - xy[None, :, 0], xy[:, None, 1] - xy[None, :, 1])
    return np.asarray(np.round(metres), dtype=np.int64)


def toured(order: tuple[int, ...], left_out: set[int]) -> Routes:
    tours = (Tour(0, np.array(order, dtype=np.int64)),) if order else ()
    return Routes(tours, np.array(sorted(left_out), dtype=np.int64), NONE, feasible=True, steps=0)


def cheapest(wanted: Stops, shift: Shift, matrix: Integers) -> int | None:
    """Give the cost of the best single tour by trying every order of every choice; None where none keeps the rules."""
    every = range(len(wanted))
    costs = []
    for size in range(len(wanted) + 1):
        for order in permutations(every, size):
            audit = audited(toured(order, set(every) - set(order)), wanted, [shift], matrix, matrix)
            if not audit.faults:
                costs.append(audit.cost)
    return min(costs, default=None)


@settings(max_examples=60, deadline=None)
@given(
    places=st.lists(st.tuples(st.integers(0, 100), st.integers(0, 100)), min_size=2, max_size=6, unique=True),
    data=st.data(),
)
def test_a_tour_is_as_cheap_as_the_best_of_all_orders(places: list[tuple[int, int]], data: st.DataObject) -> None:
    count = len(places) - 1

    def drawn(low: int, high: int) -> Integers:
        return np.array(data.draw(st.lists(st.integers(low, high), min_size=count, max_size=count)), dtype=np.int64)

    early = drawn(0, 150)
    wanted = stops(
        np.arange(1, count + 1),
        service=drawn(0, 20),
        early=early,
        late=early + drawn(0, 400),
        prize=drawn(1, 150),
        required=False,
    )
    shift = Shift(0, 0, late=data.draw(st.integers(50, 600)), longest=data.draw(st.integers(50, 600)))
    matrix = plane(places)
    found = routes(wanted, [shift], matrix, matrix, effort=EFFORT, seed=1)
    audit = audited(found, wanted, [shift], matrix, matrix)
    assert audit.faults == ()
    assert audit.cost == cheapest(wanted, shift, matrix)


def test_a_tour_begins_when_it_need_not_wait() -> None:
    wanted = stops(np.array([1]), service=5, early=np.array([100]), late=np.array([120]))
    matrix = plane([(0, 0), (0, 30)])
    hours = timetable(Tour(0, np.array([0])), Shift(0, 0), wanted, matrix)
    assert (hours.leave, hours.begin.tolist(), hours.end.tolist(), hours.back) == (70, [100], [105], 135)
    assert (hours.lasting, hours.late) == (65, 0)


def test_a_stop_that_no_way_leads_to_is_named_and_the_rest_is_planned() -> None:
    matrix = plane([(0, 0), (0, 10), (0, 20)])
    matrix[2, :2] = matrix[:2, 2] = FAR
    found = routes(stops(np.array([1, 2])), [Shift(0, 0)], matrix, matrix, effort=EFFORT)
    assert found.unreachable.tolist() == [1]
    assert [tour.stops.tolist() for tour in found.tours] == [[0]]
    assert not found.feasible


def test_an_island_of_two_stops_is_not_toured_over_ways_that_do_not_exist() -> None:
    matrix = plane([(0, 0), (0, 10), (0, 20), (0, 21)])
    matrix[2:, :2] = matrix[:2, 2:] = FAR
    found = routes(stops(np.array([1, 2, 3])), [Shift(0, 0)], matrix, matrix, effort=EFFORT)
    assert found.unreachable.tolist() == [1, 2]


def test_a_skill_sends_the_stop_to_the_worker_who_has_it() -> None:
    matrix = plane([(0, 0), (0, 10), (0, 1000)])
    wanted = stops(np.array([1, 1]), skills=np.array([0b01, 0b10]))
    shifts = [Shift(0, 0, skills=0b01), Shift(2, 2, skills=0b11)]
    found = routes(wanted, shifts, matrix, matrix, effort=EFFORT)
    assert audited(found, wanted, shifts, matrix, matrix).faults == ()
    assert {tour.shift: tour.stops.tolist() for tour in found.tours}[1][-1:] == [1] or len(found.tours) == 1
    nobody = routes(wanted, shifts[:1], matrix, matrix, effort=EFFORT)
    assert nobody.unreachable.tolist() == [1]


def test_what_a_shift_has_no_time_for_is_named_as_missed_and_the_dearest_is_kept() -> None:
    matrix = plane([(0, 0), (0, 10), (0, -10)])
    wanted = stops(np.array([1, 2]), service=10, prize=np.array([1_000, 5_000]), required=False)
    found = routes(wanted, [Shift(0, 0, longest=40)], matrix, matrix, effort=EFFORT)
    assert found.missed.tolist() == [0]
    assert audited(found, wanted, [Shift(0, 0, longest=40)], matrix, matrix).missed_prizes == 1_000


def test_without_stops_or_without_shifts_there_are_no_tours() -> None:
    matrix = plane([(0, 0), (0, 10)])
    assert routes(stops(NONE), [Shift(0, 0)], matrix, matrix, effort=EFFORT).tours == ()
    nobody = routes(stops(np.array([1])), [], matrix, matrix, effort=EFFORT)
    assert (nobody.tours, nobody.unreachable.tolist(), nobody.feasible) == ((), [0], False)


def test_the_steps_of_a_timed_search_give_the_same_tours_again() -> None:
    rng = np.random.default_rng(3)
    matrix = plane([(int(x), int(y)) for x, y in rng.integers(0, 1000, (40, 2))])
    wanted = stops(np.arange(1, 40), demand=1)
    shift = Shift(0, 0, count=10, capacity=8)
    timed = routes(wanted, [shift], matrix, matrix, effort=Effort(seconds=0.2), seed=5)
    again = routes(wanted, [shift], matrix, matrix, effort=Effort(steps=timed.steps), seed=5)
    assert timed.steps > 0
    assert [tour.stops.tolist() for tour in timed.tours] == [tour.stops.tolist() for tour in again.tours]


def test_an_effort_without_an_end_is_refused() -> None:
    with pytest.raises(ValueError, match="never end"):
        Effort()


def test_matrices_that_do_not_fit_are_refused() -> None:
    with pytest.raises(ValueError, match="square"):
        routes(stops(np.array([0])), [Shift(0, 0)], np.zeros((2, 3), int), np.zeros((2, 3), int), effort=EFFORT)
    with pytest.raises(ValueError, match="places of 0 to 1"):
        routes(stops(np.array([2])), [Shift(0, 0)], np.zeros((2, 2), int), np.zeros((2, 2), int), effort=EFFORT)


def test_the_audit_names_each_fault() -> None:
    matrix = plane([(0, 0), (0, 10), (0, 20)])
    wanted = stops(np.array([1, 2]), demand=3, late=np.array([5, EVER]), skills=np.array([0, 1]))
    shift = Shift(0, 0, capacity=5, longest=30)
    wrong = Routes((Tour(0, np.array([0, 1])), Tour(0, np.array([1]))), NONE, NONE, feasible=True, steps=0)
    said = "; ".join(audited(wrong, wanted, [shift], matrix, matrix).faults)
    for fault in ("late by", "carries 6", "lasts 40", "skill", "visited more than once", "at most 1 tours, got 2"):
        assert fault in said
    empty = Routes((), NONE, NONE, feasible=True, steps=0)
    said = "; ".join(audited(empty, wanted, [shift], matrix, matrix).faults)
    assert "required and left out" in said
    assert "not those that no tour visits" in said


@pytest.mark.parametrize(
    "name", ["CVRP_X-n200-k36", "CVRP_X-n502-k39", "VRPTW_RC1_10_3", "PCVRPTW_C2_10_5", "PCVRPTW_RC1_10_3"]
)
def test_a_published_solution_costs_by_our_count_what_its_file_says(shared: Path, name: str) -> None:
    path = shared / "vrp" / f"{name}.vrp"
    given_ = instance(path)
    found = tours_of(path.with_suffix(".sol"), given_)
    audit = audited(found, given_.stops, [given_.shift], given_.matrix, given_.matrix)
    assert audit.faults == ()
    assert audit.cost / given_.divisor == given_.best
