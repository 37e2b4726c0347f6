"""What lies next to what holds whatever the vertices; and the exclaves that towns bring with them."""

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from gis.plan.adjacency import adjacency, holds_without
from gis.plan.exclaves import exclaves

Shapes = NDArray[np.object_]


def shapes(*each: shapely.Geometry) -> Shapes:
    found = np.empty(len(each), dtype=object)
    found[:] = each
    return found


def reached(neighbours: list[set[int]], allowed: set[int]) -> int:
    """Count the connected pieces of some cells by walking."""
    left, count = set(allowed), 0
    while left:
        count += 1
        stack = [left.pop()]
        while stack:
            fresh = neighbours[stack.pop()] & left
            left -= fresh
            stack += fresh
    return count


@settings(max_examples=50, deadline=None)
@given(seed=st.integers(0, 2**32 - 1))
def test_leaving_a_set_is_judged_as_by_walking(seed: int) -> None:
    rng = np.random.default_rng(seed)
    linked = np.triu(rng.random((9, 9)) < 0.3, 1)
    neighbours = [set(np.flatnonzero(row).tolist()) for row in linked | linked.T]
    members = {0}
    while len(members) < 6:
        edge = sorted(set().union(*(neighbours[each] for each in members)) - members)
        if not edge:
            break
        members.add(edge[int(rng.integers(len(edge)))])
    beside = [sorted(each) for each in neighbours]
    for part in sorted(members):
        assert holds_without(beside, members, part) == (reached(neighbours, members - {part}) == 1)


def test_cells_are_adjacent_by_common_border_whatever_their_vertices() -> None:
    left, upper, lower = shapely.box(0, 0, 10, 10), shapely.box(10, 4, 20, 10), shapely.box(10, 0, 20, 4)
    matrix = adjacency(shapes(left, upper, lower, shapely.box(20, 10, 30, 20))).toarray()
    expected = np.array([[0, 6, 4, 0], [6, 0, 10, 0], [4, 10, 0, 0], [0, 0, 0, 0]])
    assert matrix == pytest.approx(expected, abs=0.05)
    assert (matrix > 0).tolist() == (expected > 0).tolist()


def test_a_border_shorter_than_asked_joins_nothing() -> None:
    cells = shapes(shapely.box(0, 0, 10, 10), shapely.box(10, 9.2, 20, 20))
    assert adjacency(cells).nnz == 0
    assert adjacency(cells, shortest_m=0.5).nnz == 2


def test_a_street_through_the_meeting_point_joins_two_cells_and_one_along_their_borders_does_not() -> None:
    cells = shapes(shapely.box(0, 0, 10, 10), shapely.box(10, 10, 20, 20))
    through = shapes(shapely.LineString([(5, 5), (10, 10)]), shapely.LineString([(10, 10), (15, 15)]))
    along = shapes(shapely.LineString([(0, 10), (20, 10)]), shapely.LineString([(10, 0), (10, 20)]))
    stopping = shapes(shapely.LineString([(5, 5), (10, 10)]))
    assert adjacency(cells, through).nnz == 2
    assert adjacency(cells, along).nnz == 0
    assert adjacency(cells, stopping).nnz == 0
    assert adjacency(cells).nnz == 0


def test_exclaves_are_the_pieces_beyond_the_largest() -> None:
    towns = shapes(
        shapely.MultiPolygon([shapely.box(0, 0, 1, 1), shapely.box(5, 0, 8, 3), shapely.box(2, 0, 4, 2)]),
        shapely.box(10, 0, 11, 1),
    )
    found = exclaves(towns)
    assert found["town"].tolist() == [0, 0]
    assert found["area_m2"].tolist() == [4.0, 1.0]
    assert shapely.contains_xy(towns[0], found["x"], found["y"]).all()
    assert exclaves(towns[1:]).empty
