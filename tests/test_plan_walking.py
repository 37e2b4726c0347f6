"""Ways along streets against networkx-free oracles: a grid whose distances are known, and scipy without a bound."""

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse.csgraph import dijkstra

from gis.plan.routes import FAR, Effort, Shift, stops
from gis.plan.streets import StreetGraph, street_graph
from gis.plan.walking import distances_m, lengths, path, ways
from gis.plan.workday import workday


def blocks(size: int, side_m: float = 100.0) -> StreetGraph:
    """Give the streets of `size` by `size` blocks; distances along them are those of a rectangular grid."""
    steps = np.arange(size + 1) * side_m
    across = [shapely.LineString([(x, y) for x in steps]) for y in steps]
    along = [shapely.LineString([(x, y) for y in steps]) for x in steps]
    return street_graph(np.array([*across, *along], dtype=object))


def test_distances_on_a_grid_are_those_of_its_blocks() -> None:
    graph = blocks(4)
    nodes = np.arange(graph.node_count)
    steps = np.abs(graph.xy[:, None] - graph.xy[None]).sum(axis=2)
    assert distances_m(ways(graph), nodes, reach_m=10.0) == pytest.approx(steps)


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 10_000), reach_m=st.floats(1, 5_000))
def test_a_bounded_search_finds_what_an_unbounded_one_does(seed: int, reach_m: float) -> None:
    rng = np.random.default_rng(seed)
    ends = rng.integers(0, 8, (12, 2, 2)) * 250.0
    lines = [shapely.LineString(pair) for pair in ends if (pair[0] != pair[1]).any()]
    graph = street_graph(np.array(lines, dtype=object))
    nodes = rng.integers(0, graph.node_count, 6)
    whole = dijkstra(ways(graph).matrix, indices=nodes)[:, nodes]
    assert distances_m(ways(graph), nodes, reach_m=reach_m) == pytest.approx(whole)


def test_a_place_beyond_the_streets_is_infinitely_far_and_no_way_for_the_solver() -> None:
    lines = [shapely.LineString([(0, 0), (100, 0)]), shapely.LineString([(0, 500), (100, 500)])]
    graph = street_graph(np.array(lines, dtype=object))
    near, far = np.flatnonzero(graph.xy[:, 1] == 0), np.flatnonzero(graph.xy[:, 1] == 500)
    metres = distances_m(ways(graph), np.array([*near, *far]))
    assert np.isinf(metres[0, 2])
    assert lengths(metres)[0].tolist() == [0, 1000, FAR, FAR]


def test_the_path_follows_the_streets_and_is_as_long_as_the_distance() -> None:
    graph = blocks(3)
    streets = ways(graph)
    nodes = np.array([0, graph.node_count - 1, 5, 5])
    legs = path(graph, streets, nodes)
    metres = distances_m(streets, nodes)
    assert [leg.length for leg in legs] == pytest.approx([metres[0, 1], metres[1, 2], 0.0])
    assert legs[0].coords[0] == tuple(graph.xy[0])
    assert legs[0].coords[-1] == tuple(graph.xy[graph.node_count - 1])
    net = shapely.union_all(graph.geometry)
    assert shapely.difference(legs[0], net.buffer(1e-6)).is_empty


def test_of_parallel_streets_the_shorter_is_walked() -> None:
    bow = shapely.LineString([(0, 0), (50, 80), (100, 0)])
    graph = street_graph(np.array([bow, shapely.LineString([(0, 0), (100, 0)])], dtype=object))
    assert distances_m(ways(graph), np.array([0, 1]))[0, 1] == 100.0
    assert path(graph, ways(graph), np.array([0, 1]))[0].length == 100.0


def test_no_street_between_two_nodes_is_told() -> None:
    lines = [shapely.LineString([(0, 0), (100, 0)]), shapely.LineString([(0, 500), (100, 500)])]
    graph = street_graph(np.array(lines, dtype=object))
    near, far = np.flatnonzero(graph.xy[:, 1] == 0)[0], np.flatnonzero(graph.xy[:, 1] == 500)[0]
    with pytest.raises(ValueError, match=f"no street leads from node {near} to node {far}"):
        path(graph, ways(graph), np.array([near, far]))


def test_a_workday_walks_the_blocks_in_the_shortest_order() -> None:
    graph = blocks(4)
    ring = [graph.node_count - 1, *np.flatnonzero(graph.xy[:, 1] == 0.0).tolist()]
    metres = distances_m(ways(graph), np.array(ring))
    wanted = stops(np.arange(1, len(ring)), service=60, prize=10**6, required=False)
    day = workday(wanted, Shift(0, 0, late=8 * 3600, longest=8 * 3600), metres, pace=1.0)
    assert day.hours is not None
    assert day.routes.missed.tolist() == []
    assert day.hours.lasting == 1600 + 60 * len(wanted)  # round four blocks by four, a minute at each stop


def test_a_day_too_short_names_what_is_missed() -> None:
    graph = blocks(4)
    nodes = np.arange(graph.node_count)
    wanted = stops(nodes[1:], service=600, prize=10**6, required=False)
    day = workday(wanted, Shift(0, 0, late=3600, longest=3600), distances_m(ways(graph), nodes))
    assert day.hours is not None
    assert day.hours.lasting <= 3600
    assert 0 < len(day.routes.missed) < len(wanted)


def test_a_day_that_the_order_by_closing_time_holds_is_held() -> None:
    rng = np.random.default_rng(11)
    at = rng.integers(0, 3000, 14).astype(float)
    metres = np.abs(at[:, None] - at[None])
    arrive = np.cumsum(metres[np.arange(13), np.arange(1, 14)] / 1.0 + 61).astype(np.int64)
    wanted = stops(np.arange(1, 14), service=60, late=arrive, prize=10**6, required=False)
    shift = Shift(0, 0, late=10**5, longest=10**5)
    for seed in range(3):
        found = workday(wanted, shift, metres, pace=1.0, effort=Effort(steps=1), seed=seed)
        assert found.routes.missed.tolist() == []
        assert found.hours is not None
        assert found.hours.late == 0


def test_a_required_stop_is_refused_for_a_day_may_be_too_short() -> None:
    with pytest.raises(ValueError, match="none of them required"):
        workday(stops(np.array([1])), Shift(0, 0), np.zeros((2, 2)))
