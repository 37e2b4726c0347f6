"""The bound on tours against the shortest of all orders."""

from itertools import pairwise, permutations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from gis.plan.tour_bound import shortest_possible


def grid(places: list[tuple[int, int]]) -> NDArray[np.int64]:
    xy = np.array(places)
    return np.asarray(np.abs(xy[:, None] - xy[None]).sum(axis=2), dtype=np.int64)


def shortest(lengths: NDArray[np.int64]) -> int:
    every = range(1, len(lengths))
    return min(sum(int(lengths[a, b]) for a, b in pairwise((0, *order, 0))) for order in permutations(every))


@given(st.lists(st.tuples(st.integers(0, 100), st.integers(0, 100)), min_size=1, max_size=7), st.floats(1, 2))
@settings(max_examples=80, deadline=None)
def test_no_order_is_shorter_than_the_bound(places: list[tuple[int, int]], above: float) -> None:
    lengths = grid(places)
    best = shortest(lengths)
    assert shortest_possible(lengths, int(best * above)) <= best


def test_around_a_ring_the_bound_is_the_tour() -> None:
    ring = [(0, 0), (10, 0), (20, 0), (20, 10), (20, 20), (10, 20), (0, 20), (0, 10)]
    assert shortest_possible(grid(ring), 80) == 80


def test_of_random_places_it_is_within_three_percent_of_the_best_order() -> None:
    rng = np.random.default_rng(5)
    shares = []
    for _ in range(20):
        lengths = grid([tuple(each) for each in rng.integers(0, 1000, (8, 2)).tolist()])
        best = shortest(lengths)
        shares.append(shortest_possible(lengths, best) / best)
    assert np.mean(shares) > 0.97


@pytest.mark.parametrize(("places", "length"), [([(3, 3)], 0), ([(0, 0), (3, 4)], 14), ([(0, 0)] * 5, 0)])
def test_few_places_and_places_in_one_spot(places: list[tuple[int, int]], length: int) -> None:
    assert shortest_possible(grid(places), length) == length
