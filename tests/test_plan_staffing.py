"""Expected visits against walking through every day."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from gis.plan.staffing import expected_visits, visits_a_year


def walked(first_due: int, every: int, edges: list[int]) -> list[int]:
    """Count the visits day by day."""
    counts, next_due = [0] * (len(edges) - 1), max(first_due, edges[0])
    for day in range(edges[0], edges[-1]):
        if day == next_due:
            counts[next(number for number, edge in enumerate(edges[1:]) if day < edge)] += 1
            next_due += every
    return counts


@given(
    objects=st.lists(st.tuples(st.integers(-400, 400), st.integers(1, 200)), min_size=1, max_size=5),
    steps=st.lists(st.integers(1, 40), min_size=1, max_size=6),
)
def test_visits_of_each_period_are_those_of_walking_through_its_days(
    objects: list[tuple[int, int]], steps: list[int]
) -> None:
    edges = [0, *np.cumsum(steps).tolist()]
    first, every = (np.array(each, dtype=np.int64) for each in zip(*objects, strict=True))
    found = expected_visits(first, every, np.array(edges, dtype=np.int64))
    assert found.tolist() == [walked(due, gap, edges) for due, gap in objects]


def test_the_commercial_interval_alone_multiplies_the_visits_of_the_county() -> None:
    half_yearly, monthly = visits_a_year(np.array([182, 30]))
    assert (4_219 * half_yearly, 4_219 * monthly) == (8_438, 50_628)  # DOMAIN 1.4
