import itertools
import math
from collections import Counter
from dataclasses import dataclass, replace
from random import Random

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from gis.errors import Refused
from gis.plan.network import network
from gis.plan.pipes import PipePlan, plan_forest, verify
from gis.plan.services import service_lines, with_houses
from gis.plan.streets import street_graph
from tests.test_plan_pipes import Case, broken, cases


def planned(case: Case, ends: set[int], budget: float | None = None) -> PipePlan:
    users = replace(case.demand(), ends=np.array(sorted(ends), dtype=np.int64))
    return plan_forest(case.graph(), case.live(), users, edge_cost=case.costs(), budget=budget)


@dataclass(frozen=True)
class Closed(Case):
    """A case in which some nodes are houses: no set of edges that runs through one is dug."""

    ends: frozenset[int] = frozenset()

    def digs(self) -> list[tuple[float, set[int]]]:
        places = range(len(self.edges))
        found = []
        for chosen in itertools.chain.from_iterable(itertools.combinations(places, n) for n in range(len(places) + 1)):
            touched = Counter(node for edge in chosen for node in self.edges[edge][:2])
            if all(touched[end] <= 1 for end in self.ends):
                found.append((sum(self.edges[edge][2] for edge in chosen), self.reached(chosen)))
        return found


def closed(case: Case, ends: set[int]) -> Closed:
    return Closed(case.nodes, case.edges, case.roots, case.users, frozenset(ends))


@settings(max_examples=150, deadline=None, derandomize=True)
@given(cases(edges=9, users=4), st.sets(st.integers(0, 7)), st.one_of(st.none(), st.integers(0, 50).map(float)))
def test_no_pipe_runs_through_a_house_and_the_bound_knows_it(
    case: Case, places: set[int], budget: float | None
) -> None:
    ends = {node for node in places if node < case.nodes and node not in case.roots}
    plan, truth = planned(case, ends, budget), closed(case, ends)
    best = truth.optimum() if budget is None else truth.fewest_missed(budget)
    assert plan.bound <= best + 1e-6
    assert best <= plan.objective + 1e-6
    touched = Counter(node for edge in plan.edges.tolist() for node in case.edges[edge][:2])
    assert all(touched[end] <= 1 for end in ends)
    if budget is None:
        assert plan.objective <= best + 1e-6


@settings(max_examples=300, deadline=None, derandomize=True)
@given(cases(edges=14, users=4), st.sets(st.integers(0, 7)), st.randoms(use_true_random=False))
def test_what_lies_beyond_a_house_is_tied_to_the_nearest_pipe_for_no_more_than_its_toll(
    case: Case, places: set[int], random: Random
) -> None:
    ends = {node for node in places if node < case.nodes and node not in case.roots}
    users = replace(case.demand(), ends=np.array(sorted(ends), dtype=np.int64))
    net = network(case.graph(), case.live(), users, case.costs())
    usable = [edge for edge in np.flatnonzero(net.u != net.v).tolist() if not {net.u[edge], net.v[edge]} <= ends]
    random.shuffle(usable)
    tree, reached = list[int](), {net.root}
    for _ in usable:
        for edge in usable:
            if (net.u[edge] in reached) != (net.v[edge] in reached):
                tree.append(edge)
                reached |= {int(net.u[edge]), int(net.v[edge])}
    dug = net.dug(tree).tolist()
    touched, before = (
        Counter(int(node) for edge in some for node in (net.u[edge], net.v[edge])) for some in (dug, tree)
    )
    assert all(touched[end] <= 1 for end in ends)
    assert len(touched.keys() | {net.root}) == len(dug) + 1  # a tree
    assert np.isfinite(net.ways(np.array([net.root]))[0][sorted(touched)]).all()
    assert touched.keys() >= {node for node in before if np.isfinite(net.ways(np.array([net.root]))[0][node])}
    paid = sum(toll * max(0, before[end] - 1) for end, toll in zip(users.ends.tolist(), net.toll.tolist(), strict=True))
    assert net.cost[dug].sum() <= net.cost[tree].sum() + paid + 1e-6


def test_a_street_that_only_houses_lead_to_is_no_way_to_the_next_house() -> None:
    # node 3 is cut off from the root but for houses 2 and 4
    lines = ((0, 1, 5.0), (1, 2, 1.0), (2, 3, 1.0), (3, 4, 1.0), (0, 5, 100.0), (5, 4, 1.0))
    plan = planned(Case(6, lines, (0,), ((2, 0.0, 50.0), (4, 0.0, 150.0))), {2, 4})
    assert plan.edges.tolist() == [0, 1, 4, 5]
    assert (plan.objective, plan.bound) == (107, 107)


def test_a_plan_through_a_house_does_not_pass() -> None:
    case = Case(3, ((0, 1, 1.0), (1, 2, 1.0)), (0,), ((2, 0.0, 9.0),))
    plan = planned(case, set())
    assert plan.edges.tolist() == [0, 1]
    users = replace(case.demand(), ends=np.array([1]))
    with pytest.raises(Refused, match="through a house"):
        verify(broken(plan), case.graph(), case.live(), users=users, edge_cost=case.costs())


def shapes(*lines: list[tuple[float, float]]) -> NDArray[np.object_]:
    return np.array([shapely.LineString(line) for line in lines], dtype=object)


def test_a_house_is_tied_to_the_nearest_place_of_each_near_street() -> None:
    graph = street_graph(shapes([(0, 0), (50, 0), (100, 0)], [(0, 30), (100, 30)], [(0, 55), (100, 55)]))
    points = np.array([shapely.Point(20, 10), shapely.Point(20, 500), shapely.Point(60, -200), None], dtype=object)
    found = service_lines(graph, points, reach_m=300, near_m=25)
    assert found.point.tolist() == [0, 0, 2]
    assert found.line.tolist() == [0, 1, 0]
    assert shapely.length(found.geometry).tolist() == [10, 20, 200]
    whole, house = with_houses(found, points)
    assert house.tolist() == [whole.node_count - 2, -1, whole.node_count - 1, -1]
    assert whole.line[-3:].tolist() == [-1, -1, -1]
    assert whole.length_m[-3:].tolist() == [10, 20, 200]
    assert math.isclose(whole.length_m.sum(), 530)


def test_the_nearer_street_is_left_where_the_farther_is_dug_anyway() -> None:
    graph = street_graph(shapes([(0, 0), (100, 0)], [(0, 40), (100, 40)], [(0, 40), (0, 90)]))
    points = np.array([shapely.Point(90, 18), shapely.Point(95, 42)], dtype=object)
    found = service_lines(graph, points, reach_m=100, near_m=60)
    whole, house = with_houses(found, points)
    cost = np.where(whole.line < 0, 120.0, 600.0) * whole.length_m
    root = int(np.flatnonzero((whole.xy == (0, 90)).all(axis=1))[0])
    users = replace(Case(1, (), (), ((0, 0.0, 200_000.0),) * 2).demand(), node=house, ends=house)
    plan = plan_forest(whole, np.array([root]), users, edge_cost=cost)
    assert plan.connected.all()
    dug = [edge for edge in plan.edges.tolist() if whole.line[edge] < 0]
    assert sorted(whole.length_m[dug].tolist()) == [2, 22]
    assert plan.gap_pct < 1e-6
