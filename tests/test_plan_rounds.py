"""Rounds: hand-made weeks, and what must hold of any."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gis.plan.rounds import LONG_AGO, NEVER, Chains, Rounds, Storm, rounds

WEEK = [480.0] * 5 + [0.0] * 2


def chains(
    *each: tuple[int, int, int], brisk: int = 0, minutes: float = 10.0, booked: list[tuple[int, ...]] | None = None
) -> Chains:
    """Give objects of (last visit, interval, notice)."""
    last, every, notice = (np.array(column, dtype=np.int64) for column in zip(*each, strict=True))
    count = len(each)
    return Chains(
        last,
        every,
        notice,
        np.full(count, brisk, dtype=np.int64),
        np.full(count, minutes),
        tuple(booked) if booked is not None else ((),) * count,
    )


def days_of(found: Rounds, of: int = 0) -> list[int]:
    return [int(day) for day in found.day[found.of == of]]


def again(given_: Chains, found: Rounds) -> Chains:
    """Give the same objects with the days of a calendar as bookings."""
    booked = [tuple(sorted(day for day in days_of(found, of) if day != NEVER)) for of in range(len(given_.last))]
    return Chains(given_.last, given_.every, given_.notice, given_.brisk, given_.minutes, tuple(booked))


def test_a_weekly_round_keeps_its_weekday() -> None:
    found = rounds(chains((-3, 7, 2)), np.array(WEEK * 4))
    assert days_of(found) == [4, 11, 18, 25]
    assert found.due.tolist() == [4, 11, 18, 25]


def test_a_round_that_falls_on_a_day_off_is_made_on_the_last_working_day_before_it() -> None:
    found = rounds(chains((-1, 7, 2)), np.array(WEEK * 3))
    assert (found.due[0], found.day[0]) == (6, 4)
    assert days_of(found) == [4, 11, 18]
    holidays = np.array(WEEK + [0.0] * 7 + WEEK)
    assert days_of(rounds(chains((-3, 7, 2)), holidays)) == [4, 14]  # what falls due in the holidays is late


def test_a_daily_round_is_late_after_the_weekend_and_starts_anew() -> None:
    found = rounds(chains((-1, 1, 0)), np.array(WEEK * 2))
    assert days_of(found) == [0, 1, 2, 3, 4, 7, 8, 9, 10, 11, NEVER]
    assert found.due.tolist() == [0, 1, 2, 3, 4, 5, 8, 9, 10, 11, 12]


def test_what_was_never_visited_comes_first_and_its_round_begins_there() -> None:
    found = rounds(chains((LONG_AGO, 7, 2), (-7, 7, 2), minutes=300.0), np.array(WEEK * 2))
    assert days_of(found, 0) == [0, 7]
    assert days_of(found, 1) == [1, 8]


def test_a_round_beyond_the_calendar_has_no_visit() -> None:
    assert len(rounds(chains((-1, 30, 10)), np.array(WEEK * 4)).of) == 0


def test_in_a_storm_every_threatened_house_is_seen_daily_and_once_more_within_a_day() -> None:
    found = rounds(chains((-3, 7, 2), (-6, 7, 2), brisk=1), np.full(14, 480.0), Storm(2, 4, 1))
    assert days_of(found, 0) == [2, 3, 4, 5, 12]
    assert days_of(found, 1) == [1, 2, 3, 4, 5, 12]
    calm = rounds(chains((-3, 7, 2)), np.full(14, 480.0), Storm(2, 4, 1))
    assert days_of(calm) == [4, 11]


def test_a_storm_that_has_begun_asks_for_what_was_not_seen_today() -> None:
    found = rounds(chains((0, 7, 2), (-1, 7, 2), brisk=1), np.full(5, 480.0), Storm(-2, 1, 1))
    assert days_of(found, 0) == [1, 2]
    assert days_of(found, 1) == [0, 1, 2]


def test_visits_are_made_early_where_their_day_cannot_hold_them() -> None:
    found = rounds(chains(*[(-1, 7, 3)] * 4, minutes=60.0), np.array([60.0] * 7))
    assert sorted(found.day.tolist()) == [3, 4, 5, 6]
    assert (found.day <= found.due).all()


def test_a_booked_day_stays_where_it_is_in_time() -> None:
    booked = rounds(chains((-1, 7, 3), booked=[(4, 9)]), np.full(14, 480.0))
    assert days_of(booked) == [4, 9]
    assert booked.booked.tolist() == [4, 9]
    past_due = rounds(chains((-3, 7, 2), booked=[(6,)]), np.full(10, 480.0))
    assert days_of(past_due) == [4]


def test_a_visit_longer_than_any_day_is_refused() -> None:
    with pytest.raises(ValueError, match="at most a day's 60 min, got 90"):
        rounds(chains((-1, 1, 0), minutes=90.0), np.array([60.0]))


@settings(max_examples=200, deadline=None)
@given(
    each=st.lists(
        st.tuples(st.integers(-9, 0), st.sampled_from([1, 2, 5, 7]), st.integers(0, 2)), min_size=1, max_size=12
    ),
    capacity=st.lists(st.sampled_from([0.0, 30.0, 60.0, 480.0]), min_size=1, max_size=20),
    storm=st.none() | st.builds(Storm, st.integers(-3, 5), st.integers(5, 12), st.integers(1, 2)),
    minutes=st.sampled_from([7.0, 12.0, 30.0]),
)
def test_no_day_is_overfilled_no_gap_is_unsaid_and_a_second_run_is_the_same(
    each: list[tuple[int, int, int]], capacity: list[float], storm: Storm | None, minutes: float
) -> None:
    room = np.array(capacity)
    if minutes > room.max(initial=0.0):
        return
    asked = chains(*each, brisk=1, minutes=minutes)
    found = rounds(asked, room, storm)
    set_ = found.day != NEVER
    assert (np.bincount(found.day[set_], minlength=len(room)) * minutes <= room + 1e-6).all()
    assert (found.day[set_] >= found.opens[set_]).all()
    for of, (last, every, _) in enumerate(each):
        rows = np.flatnonzero(found.of == of).tolist()
        walked = [last, *(int(found.day[row]) for row in rows if found.day[row] != NEVER)]
        assert walked[1:] == sorted(set(walked[1:]))
        in_time = [found.day[row] <= found.due[row] for row in rows if found.day[row] != NEVER]
        assert all(b - a <= every for (a, b), good in zip(pairwise(walked), in_time, strict=True) if good)
        assert all(found.due[row] <= a + every for a, row in zip(walked, rows, strict=False))
        ends = [row for row in rows if found.day[row] == NEVER]
        assert len(ends) <= 1
        assert ends or walked[-1] + every >= len(room) or not room.any()
    second = rounds(again(asked, found), room, storm)
    assert [days_of(second, of) for of in range(len(each))] == [days_of(found, of) for of in range(len(each))]


@settings(max_examples=60, deadline=None)
@given(
    each=st.lists(st.tuples(st.integers(-6, 0), st.sampled_from([3, 5, 7]), st.integers(0, 2)), min_size=1, max_size=8)
)
def test_with_room_every_visit_is_made_on_the_last_day_that_keeps_its_interval(
    each: list[tuple[int, int, int]],
) -> None:
    found = rounds(chains(*each), np.full(21, 480.0))
    for of, (last, every, _) in enumerate(each):
        first = max(last + every, 0)
        assert days_of(found, of) == list(range(first, 21, every))
