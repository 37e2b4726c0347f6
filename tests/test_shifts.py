"""Shifts shared by who stands in: whatever is planned in which order, nobody has a day given away twice."""

from datetime import date

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from gis.plan.workdays import Workdays
from gis.run.shifts import NOBODY, Room, Shifts


def shifts(own: list[list[float]], cover: list[list[int]]) -> Shifts:
    """Give shifts: who has no minutes on a day is away, and `cover` goes if he works himself."""
    minutes = np.array(own)
    people, days = minutes.shape
    goes = np.repeat(np.arange(people)[:, None], days, axis=1)
    for person in range(people):
        for day in range(days):
            if minutes[person, day] == 0:
                other = cover[person][day] % people
                goes[person, day] = other if minutes[other, day] > 0 else NOBODY
    worked = Workdays(tuple(date(2026, 6, 1 + day) for day in range(days)), ())
    names = tuple(f"W-{number}" for number in range(people))
    return Shifts(names, minutes, minutes, goes, worked, (), (), (None,) * people, ())


@settings(max_examples=150, deadline=None)
@given(
    own=st.integers(1, 5).flatmap(
        lambda days: st.lists(
            st.lists(st.sampled_from([0.0, 240.0, 480.0]), min_size=days, max_size=days), min_size=1, max_size=5
        )
    ),
    cover=st.lists(st.lists(st.integers(0, 4), min_size=5, max_size=5), min_size=5, max_size=5),
    work=st.lists(st.sampled_from([0.0, 100.0, 900.0]), min_size=5, max_size=5),
    part=st.floats(0, 1),
)
def test_what_is_given_of_a_day_is_never_more_than_who_goes_has(
    own: list[list[float]], cover: list[list[int]], work: list[float], part: float
) -> None:
    given_ = shifts(own, cover)
    room = Room(given_, np.array(work[: len(own)]))
    spent = np.zeros_like(given_.own)
    for post in room.order():
        held = room.of(post)
        assert (held >= 0).all()
        used = held * part
        room.use(post, used)
        for day in np.flatnonzero(held > 0).tolist():
            assert given_.goes[post, day] != NOBODY
            spent[given_.goes[post, day], day] += used[day]
    assert (spent <= given_.own + 1e-6).all()


def test_who_stands_in_shares_his_day_by_the_work_and_keeps_what_is_not_used() -> None:
    room = Room(shifts([[0.0], [480.0]], [[1], [0]]), np.array([100.0, 300.0]))
    assert room.order() == (0, 1)
    assert room.of(0).tolist() == [120.0]
    room.use(0, np.array([50.0]))
    assert room.of(1).tolist() == [430.0]
