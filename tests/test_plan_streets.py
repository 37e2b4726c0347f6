import math
from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from gis.errors import Refused
from gis.plan.streets import StreetGraph, attach, street_graph

SHARED = Path(__file__).parents[2] / "shared" / "data"
LIECHTENSTEIN = SHARED / "osm" / "liechtenstein_layers_4326.gpkg"

Line = list[tuple[float, float]]


def shapes(*lines: Line) -> NDArray[np.object_]:
    return np.array([shapely.LineString(line) for line in lines], dtype=object)


def spots(*points: tuple[float, float]) -> NDArray[np.object_]:
    return np.array([shapely.Point(point) for point in points], dtype=object)


def links(graph: StreetGraph) -> set[tuple[tuple[float, float], tuple[float, float], int]]:
    """Give the edges as pairs of places and the line each is cut from."""
    xy = [(float(x), float(y)) for x, y in graph.xy]
    found = set()
    for u, v, line in zip(graph.u.tolist(), graph.v.tolist(), graph.line.tolist(), strict=True):
        low, high = sorted((xy[u], xy[v]))
        found.add((low, high, line))
    return found


CROSS = shapes([(0, 0), (5, 0), (10, 0)], [(5, -5), (5, 0), (5, 5)])


def test_streets_meet_at_a_shared_vertex() -> None:
    graph = street_graph(CROSS)
    centre = (5.0, 0.0)
    assert links(graph) == {
        ((0, 0), centre, 0),
        (centre, (10, 0), 0),
        ((5, -5), centre, 1),
        (centre, (5, 5), 1),
    }
    assert set(graph.component.tolist()) == {0}
    assert graph.length_m.tolist() == [5, 5, 5, 5]


def test_a_bridge_without_a_shared_vertex_stays_apart() -> None:
    graph = street_graph(shapes([(0, 0), (10, 0)], [(5, -5), (5, 5)]))
    assert graph.edge_count == 2
    assert sorted(graph.component.tolist()) == [0, 0, 1, 1]


@pytest.mark.parametrize(("gap_m", "joined"), [(0.0, True), (0.04, True), (0.06, False), (-0.04, True)])
def test_an_end_that_touches_a_street_joins_it_within_the_tolerance(gap_m: float, joined: bool) -> None:  # noqa: FBT001 - a table of cases
    graph = street_graph(shapes([(0, 0), (10, 0)], [(4, gap_m), (4, 7)]))
    assert graph.edge_count == (3 if joined else 2)
    assert len(set(graph.component.tolist())) == (1 if joined else 2)
    assert graph.length_m.sum() == pytest.approx(17 - gap_m, abs=0.01)


def test_ends_that_nearly_meet_are_one_node() -> None:
    graph = street_graph(shapes([(0, 0), (10, 0)], [(10.03, 0), (20, 0)], [(10, 0.03), (10, 9)]))
    assert graph.node_count == 4
    assert graph.edge_count == 3
    for edge in range(3):
        ends = shapely.get_coordinates(graph.geometry[edge])[[0, -1]]
        assert ends.tolist() == graph.xy[[graph.u[edge], graph.v[edge]]].tolist()


def test_parallel_streets_and_rings_are_kept() -> None:
    ring = [(0.0, 0.0), (9.0, 0.0), (9.0, 9.0), (0.0, 0.0)]
    graph = street_graph(shapes([(0, 0), (10, 0)], [(0, 0), (5, 5), (10, 0)], ring))
    assert graph.node_count == 2
    assert sorted(zip(graph.u.tolist(), graph.v.tolist(), strict=True)) == [(0, 0), (0, 1), (0, 1)]


def test_a_line_that_meets_itself_is_cut_there() -> None:
    graph = street_graph(shapes([(0, 0), (5, 0), (9, 4), (5, 8), (5, 0), (5, -6)]))
    assert graph.node_count == 3
    assert graph.edge_count == 3


def test_lines_of_no_length_missing_lines_and_parts_are_handled() -> None:
    multi = shapely.MultiLineString([[(0, 0), (1, 0)], [(7, 7), (8, 7)]])
    lines = np.array(
        [
            None,
            shapely.LineString(),
            shapely.LineString([(3, 3), (3, 3)]),
            multi,
            shapely.LineString([(0, 0, 5), (0, 2, 6)]),
        ],
        dtype=object,
    )
    graph = street_graph(lines)
    assert graph.line.tolist() == [3, 3, 4]
    assert graph.length_m.tolist() == [1, 1, 2]
    assert not shapely.has_z(graph.geometry).any()


def test_no_streets_give_an_empty_graph_to_which_nothing_is_tied() -> None:
    graph = street_graph(np.array([], dtype=object))
    assert (graph.node_count, graph.edge_count) == (0, 0)
    tied = attach(graph, spots((1, 1)), reach_m=1000)
    assert tied.node.tolist() == [-1]
    assert tied.unreached.tolist() == [0]


def test_what_is_no_line_is_refused() -> None:
    with pytest.raises(Refused, match="street line 1: expected a line, got Point"):
        street_graph(np.array([shapely.LineString([(0, 0), (1, 1)]), shapely.Point(0, 0)], dtype=object))
    with pytest.raises(Refused, match="finite"):
        street_graph(shapes([(0, 0), (math.inf, 1)]))


def test_a_point_is_tied_to_the_foot_of_its_service_line() -> None:
    graph = street_graph(shapes([(0, 0), (10, 0)]))
    tied = attach(graph, spots((4, 3), (4, -1), (0.02, 2), (12, 0), (5, 50)), reach_m=20)
    assert tied.graph.xy[tied.node[:4]].tolist() == [[4, 0], [4, 0], [0, 0], [10, 0]]
    assert tied.node[0] == tied.node[1] == graph.node_count
    assert tied.service_m.tolist() == pytest.approx([3, 1, math.hypot(0.02, 2), 2, math.inf])
    assert tied.unreached.tolist() == [4]
    assert sorted(tied.graph.length_m.tolist()) == [4, 6]


def test_a_point_without_a_place_is_named_not_dropped() -> None:
    points = np.array([None, shapely.Point(), shapely.Point(1, 1)], dtype=object)
    assert attach(street_graph(CROSS), points, reach_m=9).unreached.tolist() == [0, 1]


def test_of_equally_near_streets_the_first_is_taken() -> None:
    graph = street_graph(shapes([(0, 0), (10, 0)], [(0, 4), (10, 4)]))
    assert attach(graph, spots((5, 2)), reach_m=9).graph.line.tolist() == [0, 0, 1]


def test_points_tied_after_others_keep_the_older_node_numbers() -> None:
    graph = street_graph(CROSS)
    first = attach(graph, spots((2, 1), (8, 1)), reach_m=5)
    second = attach(first.graph, spots((3, 1), (6, -1)), reach_m=5)
    assert second.graph.xy[: first.graph.node_count].tolist() == first.graph.xy.tolist()
    assert second.graph.xy[first.node].tolist() == [[2, 0], [8, 0]]
    assert second.graph.length_m.sum() == graph.length_m.sum()


places = st.tuples(st.integers(0, 6), st.integers(0, 6)).map(lambda xy: (float(xy[0]), float(xy[1])))
many_lines = st.lists(st.lists(places, min_size=2, max_size=5), min_size=1, max_size=7)


def pieces(lines: list[Line]) -> tuple[set[frozenset[tuple[float, float]]], set[tuple[float, float]]]:
    """Give the connected pieces of vertices and the vertices that must be nodes, by walking every vertex."""
    lines = [[xy for place, xy in enumerate(line) if not place or xy != line[place - 1]] for line in lines]
    lines = [line for line in lines if len(line) > 1]
    every = [xy for line in lines for xy in line]
    nodes = {xy for xy in every if every.count(xy) > 1} | {line[end] for line in lines for end in (0, -1)}
    sets = [frozenset(line) for line in lines]
    for one in list(sets):
        near = [each for each in sets if each & one]
        sets = [each for each in sets if not each & one] + ([frozenset().union(*near)] if near else [])
    return set(sets), nodes


@settings(max_examples=150, deadline=None, derandomize=True)
@given(many_lines)
def test_noding_agrees_with_walking_every_vertex(lines: list[Line]) -> None:
    lines = [
        [(x + 0.001 * y * y, y + 0.0013 * x * x) for x, y in line] for line in lines
    ]  # no end on a straight middle
    graph = street_graph(shapes(*lines), touch_m=1e-6)
    whole, nodes = pieces(lines)
    assert {(float(x), float(y)) for x, y in graph.xy} == nodes
    assert len(set(graph.component.tolist())) == len(whole)
    assert graph.length_m.sum() == pytest.approx(sum(shapely.LineString(line).length for line in lines))


@settings(max_examples=100, deadline=None, derandomize=True)
@given(many_lines, st.lists(places, min_size=1, max_size=9), st.sampled_from([0.5, 1.0, 3.0]))
def test_attachment_agrees_with_looking_at_every_street(lines: list[Line], points: Line, reach_m: float) -> None:
    points = [(x * 1.37 + 0.21, y * 1.19 - 0.4) for x, y in points]
    graph = street_graph(shapes(*lines))
    tied = attach(graph, spots(*points), reach_m=reach_m)
    whole = shapely.union_all(graph.geometry) if graph.edge_count else shapely.LineString()
    for place, point in enumerate(points):
        nearest_m = shapely.distance(whole, shapely.Point(point))
        if not nearest_m <= reach_m:
            assert tied.node[place] == -1
            assert place in tied.unreached
        else:
            assert tied.service_m[place] == pytest.approx(nearest_m, abs=0.06)
    assert tied.graph.length_m.sum() == pytest.approx(graph.length_m.sum())
    assert len(set(tied.graph.component.tolist())) == len(set(graph.component.tolist()))
    for edge in range(tied.graph.edge_count):
        ends = shapely.get_coordinates(tied.graph.geometry[edge])[[0, -1]]
        assert ends.tolist() == tied.graph.xy[[tied.graph.u[edge], tied.graph.v[edge]]].tolist()


@pytest.mark.skipif(not LIECHTENSTEIN.is_file(), reason="needs ../shared/data/osm")
def test_the_streets_of_a_whole_country_keep_their_length_and_hang_together() -> None:
    roads = gpd.read_file(LIECHTENSTEIN, layer="roads").to_crs(32632)
    graph = street_graph(np.asarray(roads.geometry, dtype=object))
    assert len(roads) == 8253
    assert graph.length_m.sum() == pytest.approx(roads.length.sum(), rel=1e-6)
    assert np.bincount(graph.component).max() > 0.95 * graph.node_count
    tied = attach(graph, np.asarray(roads.geometry.interpolate(0.37, normalized=True), dtype=object), reach_m=1)
    assert not len(tied.unreached)
    assert tied.service_m.max() < 0.06
    assert tied.graph.length_m.sum() == pytest.approx(graph.length_m.sum())
