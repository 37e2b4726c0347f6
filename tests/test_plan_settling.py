"""The least handing over, against every way of passing whole loads on."""

from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import csr_array

from gis.plan.settling import beside, settled

CHAIN = np.array([[0, 1], [1, 2], [2, 3]])


def test_what_goes_through_a_district_changes_hands_at_each_border() -> None:
    load, moved = settled(np.array([4.0, 0.0, 0.0, 0.0]), np.ones(4), CHAIN, slack=0.0)
    assert load == pytest.approx(np.ones(4))
    assert moved == pytest.approx(3 + 2 + 1)
    load, moved = settled(np.array([1.1, 0.9, 1.0, 1.0]), np.ones(4), CHAIN, slack=0.1)
    assert load == pytest.approx(np.array([1.1, 0.9, 1.0, 1.0]))
    assert moved == pytest.approx(0.0, abs=1e-6)


@settings(max_examples=40, deadline=None)
@given(load=st.lists(st.integers(0, 3), min_size=4, max_size=4), ring=st.integers(0, 1))
def test_no_way_of_passing_whole_loads_on_moves_less(load: list[int], ring: int) -> None:
    pairs = np.concatenate((CHAIN, [[0, 3]])) if ring else CHAIN
    start, fair = np.array(load, dtype=float), np.full(4, sum(load) / 4)
    ends, moved = settled(start, fair, pairs, slack=0.5)
    assert (ends <= fair * 1.5 + 1e-6).all()
    assert (ends >= fair * 0.5 - 1e-6).all()
    assert ends.sum() == pytest.approx(start.sum())
    for flow in product((-2, -1, 0, 1, 2), repeat=len(pairs)):
        after = start.copy()
        np.subtract.at(after, pairs[:, 0], flow)
        np.add.at(after, pairs[:, 1], flow)
        if (np.abs(after - fair) <= 0.5 * fair + 1e-9).all():
            assert moved <= np.abs(flow).sum() + 1e-6


def test_districts_cut_off_from_each_other_get_what_is_fair() -> None:
    load, moved = settled(np.array([2.0, 0.0]), np.ones(2), np.empty((0, 2), dtype=np.int64), slack=0.1)
    assert (load.tolist(), moved) == ([1.0, 1.0], 0.0)
    load, moved = settled(np.array([2.0, 0.0, 1.0]), np.ones(3), np.array([[1, 2]]), slack=0.1)
    assert (load.tolist(), moved) == ([1.0, 1.0, 1.0], 0.0)


def test_districts_with_a_link_between_them_are_beside_each_other() -> None:
    links = csr_array((np.ones(4), ([0, 1, 1, 2], [1, 0, 2, 1])), shape=(4, 4))
    assert beside(links, np.array([1, 0, 0, 2], dtype=np.int32)).tolist() == [[0, 1]]
