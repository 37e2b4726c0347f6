"""Missing minutes against a linear program that may place and add minutes as it likes."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog

from gis.plan.shortage import missing_minutes


def added(spans: list[tuple[int, int, float]], capacity: list[float]) -> float:
    """Give the fewest minutes that have to be added to some days so that all work fits: a linear program."""
    days = len(capacity)
    places = [(work, day) for work, (first, last, _) in enumerate(spans) for day in range(first, last + 1)]
    cost = [0.0] * len(places) + [1.0] * days
    done = [[float(work == at) for work, _ in places] + [0.0] * days for at in range(len(spans))]
    held = [
        [float(day == at) for _, day in places] + [-float(each == at) for each in range(days)] for at in range(days)
    ]
    found = linprog(cost, A_eq=done, b_eq=[minutes for *_, minutes in spans], A_ub=held, b_ub=capacity)
    assert found.success
    return float(found.fun)


@settings(max_examples=60, deadline=None)
@given(
    spans=st.lists(
        st.tuples(st.integers(0, 5), st.integers(0, 5), st.floats(1, 50)).map(
            lambda each: (min(each[:2]), max(each[:2]), each[2])
        ),
        min_size=1,
        max_size=8,
    ),
    capacity=st.lists(st.sampled_from([0.0, 10.0, 30.0]), min_size=6, max_size=6),
)
def test_no_fewer_minutes_would_do_and_no_more_are_needed(
    spans: list[tuple[int, int, float]], capacity: list[float]
) -> None:
    opens, due, minutes = (np.array(each) for each in zip(*spans, strict=True))
    assert missing_minutes(opens, due, minutes, np.array(capacity)) == pytest.approx(added(spans, capacity), abs=1e-6)


def test_days_that_are_short_one_by_one_add_up() -> None:
    day = np.array([0, 0, 2])
    assert missing_minutes(day, day, np.array([40.0, 30.0, 90.0]), np.full(3, 60.0)) == 10.0 + 30.0


def test_without_days_or_work_nothing_is_missing() -> None:
    none = np.empty(0, dtype=np.int64)
    assert missing_minutes(none, none, np.empty(0), np.full(3, 60.0)) == 0.0
    assert missing_minutes(np.zeros(1, dtype=np.int64), np.zeros(1, dtype=np.int64), np.ones(1), np.empty(0)) == 0.0
