"""Calendars against trying every calendar, and what must hold of any."""

from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gis.plan.calendar import NEVER, Fixed, Visits, calendar


def visits(
    due: list[int], minutes: list[float] | None = None, *, booked: list[int] | None = None, settled: bool = False
) -> Visits:
    count = len(due)
    rng = np.random.default_rng(count)
    return Visits(
        np.array(due, dtype=np.int64),
        np.array(minutes if minutes is not None else [1.0] * count, dtype=float),
        rng.uniform(0, 1000, (count, 2)),
        np.array(booked if booked is not None else [NEVER] * count, dtype=np.int64),
        np.full(count, settled),
    )


def fewest_late(due: list[int], capacity: list[int]) -> int:
    """Give the fewest late visits of one minute over all calendars, by trying them all."""
    first = next(day for day, room in enumerate(capacity) if room)
    last = [min(max(each, first), len(capacity) - 1) for each in due]
    best = len(due)
    for days in product([*range(len(capacity)), NEVER], repeat=len(due)):
        if all(days.count(day) <= room for day, room in enumerate(capacity)):
            best = min(best, sum(day == NEVER or day > end for day, end in zip(days, last, strict=True)))
    return best


@settings(max_examples=150, deadline=None)
@given(
    due=st.lists(st.integers(-2, 4), min_size=1, max_size=6),
    capacity=st.lists(st.integers(0, 3), min_size=1, max_size=4).filter(any),
)
def test_no_calendar_of_equal_visits_keeps_all_due_days_where_ours_does_not(
    due: list[int], capacity: list[int]
) -> None:
    found = calendar(visits(due), np.array(capacity, dtype=float))
    assert (found.late.sum() == 0) == (fewest_late(due, capacity) == 0)
    assert (found.missing_minutes > 0) == (fewest_late(due, capacity) > 0)


@settings(max_examples=150, deadline=None)
@given(
    data=st.lists(st.tuples(st.integers(-3, 12), st.floats(5, 60), st.integers(NEVER, 9)), min_size=1, max_size=40),
    capacity=st.lists(st.sampled_from([0.0, 60.0, 240.0, 480.0]), min_size=1, max_size=10).filter(any),
)
def test_no_day_is_overfilled_and_a_second_run_moves_nothing(
    data: list[tuple[int, float, int]], capacity: list[float]
) -> None:
    due, minutes, booked = (list(each) for each in zip(*data, strict=True))
    room = np.array(capacity)
    found = calendar(visits(due, minutes, booked=booked), room)
    set_ = found.day != NEVER
    assert (np.bincount(found.day[set_], weights=np.array(minutes)[set_], minlength=len(room)) <= room + 1e-6).all()
    again = calendar(visits(due, minutes, booked=found.day.tolist(), settled=True), room)
    assert again.moved.tolist() == []
    assert again.day.tolist() == found.day.tolist()


@settings(max_examples=100, deadline=None)
@given(
    data=st.lists(st.tuples(st.integers(-3, 8), st.floats(5, 60), st.integers(NEVER, 7)), min_size=1, max_size=30),
    capacity=st.lists(st.sampled_from([0.0, 60.0, 240.0]), min_size=1, max_size=8).filter(any),
    share=st.floats(0, 1),
)
def test_given_days_keep_their_minutes_and_no_late_visit_has_room_before_its_day(
    data: list[tuple[int, float, int]], capacity: list[float], share: float
) -> None:
    due, minutes, booked = (list(each) for each in zip(*data, strict=True))
    room = np.array(capacity)
    fixed = Fixed(np.arange(len(room)), share * room, np.zeros((len(room), 2)))
    found = calendar(visits(due, minutes, booked=booked), room, fixed=fixed)
    taken = [sum(each for each, day in zip(minutes, found.day, strict=True) if day == at) for at in range(len(room))]
    left = room - fixed.minutes - np.array(taken)
    assert (left >= -1e-6).all()
    for visit in np.flatnonzero(found.late).tolist():
        before = found.day[visit] if found.day[visit] != NEVER else len(room)
        assert (left[:before] < minutes[visit]).all()


def test_a_late_booking_is_given_up_where_the_due_day_is_new() -> None:
    settled = calendar(visits([1, 5], booked=[3, 1], settled=True), np.full(6, 1.0))
    assert settled.day.tolist() == [0, 1]  # a day with room before it takes it
    changed = calendar(visits([0, 5, 5], booked=[3, 0, 1]), np.full(6, 1.0))
    assert changed.day.tolist()[0] == 0
    assert sorted(changed.moved.tolist()) == [0, 1]


def test_a_new_working_day_takes_what_has_no_day_and_leaves_what_is_late_where_it_is() -> None:
    full = np.array([2.0, 0.0, 2.0, 2.0])
    first = calendar(visits([-5] * 7), full)
    assert sorted(first.day.tolist()) == [NEVER, 0, 0, 2, 2, 3, 3]
    more = np.array([2.0, 2.0, 2.0, 2.0])
    again = calendar(visits([-5] * 7, booked=first.day.tolist(), settled=True), more)
    assert again.moved.tolist() == []
    assert sorted(again.day.tolist()) == [0, 0, 1, 2, 2, 3, 3]


def test_days_are_even_with_what_is_fixed() -> None:
    fixed = Fixed(np.zeros(1, dtype=np.int64), np.array([6.0]), np.zeros((1, 2)))
    found = calendar(visits([9] * 54), np.full(10, 480.0), fixed=fixed)
    assert np.bincount(found.day, minlength=10).tolist() == [0] + [6] * 9


def test_fixed_visits_beyond_a_day_are_refused() -> None:
    fixed = Fixed(np.zeros(1, dtype=np.int64), np.array([61.0]), np.zeros((1, 2)))
    with pytest.raises(ValueError, match="at most 60 min of fixed visits, got 61"):
        calendar(visits([1]), np.array([60.0]), fixed=fixed)


def test_the_days_are_filled_evenly_where_due_days_allow() -> None:
    found = calendar(visits([9] * 100), np.full(10, 480.0))
    assert np.bincount(found.day, minlength=10).tolist() == [10] * 10


def test_holidays_hold_nothing_and_their_visits_come_before() -> None:
    found = calendar(visits([4] * 6), np.array([480.0, 480.0, 480.0, 0.0, 0.0]))
    assert np.bincount(found.day, minlength=5).tolist() == [2, 2, 2, 0, 0]
    assert not found.late.any()


def test_overdue_visits_come_first() -> None:
    found = calendar(visits([-30, 8, 8, 8, 8, 8, 8, -2]), np.full(9, 2.0))
    assert found.day[[0, 7]].tolist() == [0, 0]
    assert not found.late.any()


def test_what_cannot_be_met_is_named_with_the_minutes_that_are_missing() -> None:
    found = calendar(visits([0, 0, 0, 1], [60.0] * 4), np.array([60.0, 60.0, 60.0]))
    assert found.day.tolist()[:3].count(0) == 1  # one of the first three is in time, and the oldest stay first
    assert found.late.sum() == 3
    assert found.missing_minutes == 120.0
    assert (found.day != NEVER).sum() == 3


def test_neighbours_share_a_day() -> None:
    given_ = visits([1] * 20, [30.0] * 20)
    given_.xy[:] = np.array([(0.0, 0.0), (5_000.0, 0.0)] * 10) + np.arange(20)[:, None]
    found = calendar(given_, np.full(2, 300.0))
    assert len(set(found.day[::2].tolist())) == len(set(found.day[1::2].tolist())) == 1


def test_a_replan_moves_only_what_a_new_visit_needs() -> None:
    first = calendar(visits([3] * 8), np.full(4, 2.0))
    urgent = visits([3] * 7 + [0], booked=[*first.day[:7].tolist(), NEVER])
    again = calendar(urgent, np.full(4, 2.0))
    assert again.day[7] == 0
    assert not again.late.any()
    assert len(again.moved) == (1 if (first.day[:7] == 0).sum() == 2 else 0)


def test_a_visit_longer_than_any_day_is_refused() -> None:
    with pytest.raises(ValueError, match="at most a day's 60 min, got 90"):
        calendar(visits([1], [90.0]), np.array([60.0]))
    with pytest.raises(ValueError, match="above 0"):
        calendar(visits([1], [0.0]), np.array([60.0]))


def test_without_working_days_nothing_has_a_day_and_all_is_late() -> None:
    found = calendar(visits([3, 4]), np.zeros(3))
    assert found.day.tolist() == [NEVER, NEVER]
    assert found.late.all()
    assert found.missing_minutes == 2.0
