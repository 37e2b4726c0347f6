import itertools
from collections.abc import Callable

import numpy as np
import pytest
import shapely
from hypothesis import example, given, settings
from hypothesis import strategies as st

from gis.errors import Refused
from gis.plan.hydraulics import Simultaneity
from gis.plan.pace import Pace
from gis.plan.pipes import PipePlan, Users, fuller, plan_forest
from gis.plan.settled import Draw, Fitted, Flags, Laid, Level, Settled, fitted, settled, topped_up
from gis.plan.sizes import Catalogue
from gis.plan.streets import StreetGraph, street_graph
from gis.plan.sweeps import Floats
from tests.test_plan_sizes import BORES, PRICES

TABLE = Simultaneity(np.array([1.0, 2, 10, 50, 100, 1000]), np.array([1, 0.56, 0.25, 0.178, 0.17, 0.13]))
CATALOGUE = Catalogue(tuple(f"{bore:g}" for bore in BORES), BORES, np.full(6, 0.01), PRICES)
LOW = Level(3150.0, 1850.0, 10.0, low=True)


def grid(side: int, metres: float) -> StreetGraph:
    ways = [((i, j), (i + 1, j)) for i in range(side - 1) for j in range(side)]
    ways += [((i, j), (i, j + 1)) for i in range(side) for j in range(side - 1)]
    return street_graph(np.array([shapely.LineString(np.array(way) * metres) for way in ways], dtype=object))


def planner(graph: StreetGraph, users: Users, cost: Floats, root: int = 0) -> Draw:
    def draw(extra: Floats, allowed: Flags, budget: float | None, idle: Callable[[], bool]) -> PipePlan:
        only = Users(users.node, users.service, np.where(allowed, users.prize, 0.0))
        return plan_forest(
            graph, np.array([root]), only, edge_cost=cost + extra, budget=budget, pace=Pace(20, stop=idle)
        )

    return draw


def fitter(graph: StreetGraph, users: Users, homes: Floats, level: Level = LOW) -> Callable[[PipePlan], Fitted]:
    def fit(plan: PipePlan) -> Fitted:
        here = np.zeros(graph.node_count)
        np.add.at(here, users.node[plan.connected], homes[plan.connected])
        return fitted(
            Laid(
                u=graph.u[plan.edges],
                v=graph.v[plan.edges],
                length_m=graph.length_m[plan.edges],
                least_size=np.zeros(len(plan.edges), dtype=np.int64),
                anew=np.zeros(len(plan.edges)),
                roots=np.array([0]),
                homes=here,
                home_flow=2.8 * here,
                other_flow=0 * here,
            ),
            level,
            TABLE,
            CATALOGUE,
        )

    return fit


def scene(
    seed: int, *, side: int = 6, metres: float = 120.0, prize: float = 30_000.0
) -> tuple[StreetGraph, Users, Floats, Floats]:
    draw, graph = np.random.default_rng(seed), grid(side, metres)
    node = draw.choice(np.arange(1, graph.node_count), 14, replace=False).astype(np.int64)
    users = Users(node, np.zeros(14), draw.uniform(0.3, 1.0, 14) * prize)
    return (
        graph,
        users,
        graph.length_m * draw.uniform(50, 400, graph.edge_count),
        draw.integers(1, 60, 14).astype(float),
    )


@settings(deadline=None, max_examples=15)
@example(4451, 150_000.0)  # where three rounds find no plan within the budget
@example(14983, 150_000.0)  # where the dear plan of a budget hangs on nothing
@given(st.integers(0, 10**6), st.sampled_from([None, 40_000.0, 150_000.0]))
def test_the_settled_plan_is_no_worse_than_the_first_and_above_the_bound(seed: int, budget: float | None) -> None:
    graph, users, cost, homes = scene(seed)
    draw, fit = planner(graph, users, cost), fitter(graph, users, homes)
    found = settled(draw, fit, users.node, users.prize, graph.edge_count, budget=budget)
    first = draw(np.zeros(graph.edge_count), np.ones(14, dtype=bool), budget, bool)
    sizes = fit(first)
    assert found.feasible
    assert found.bound == first.bound
    assert found.bound <= found.objective * (1 + 1e-9)
    total = float(cost[found.plan.edges].sum() + found.fitted.extra.sum())
    assert found.cost == pytest.approx(total)
    assert found.missed == pytest.approx(float(users.prize[~found.plan.connected].sum()))
    if budget is None:
        assert found.objective <= first.cost + first.missed + float(sizes.extra.sum()) + 1e-6
    else:
        assert found.cost <= budget * (1 + 1e-9)
    if found.fitted.flow.size:
        assert found.fitted.pressure_pa.min() >= LOW.least_pa - 1e-5


def filler(graph: StreetGraph, users: Users, cost: Floats) -> Callable[[Settled, Floats, float], PipePlan]:
    def fill(best: Settled, extra: Floats, left: float) -> PipePlan:
        only = Users(users.node, users.service, np.where(best.barred, 0.0, users.prize))
        return fuller(best.plan, graph, np.array([0]), only, edge_cost=cost + extra, budget=left)

    return fill


@settings(deadline=None, max_examples=15)
@example(10, 150_000.0, 1.0)  # where wider pipes cost more than the new ones
@given(st.integers(0, 10**6), st.sampled_from([40_000.0, 150_000.0]), st.floats(0.4, 1.0))
def test_money_left_connects_more_users_and_none_fewer(seed: int, budget: float, part: float) -> None:
    graph, users, cost, homes = scene(seed)
    fit, fill = fitter(graph, users, homes), filler(graph, users, cost)
    first = settled(planner(graph, users, cost), fit, users.node, users.prize, graph.edge_count, budget=part * budget)
    found = topped_up(first, fill, fit, users.node, users.prize, graph.edge_count, budget=budget)
    assert found.feasible
    assert not (first.plan.connected & ~found.plan.connected).any()
    assert found.cost == pytest.approx(float(cost[found.plan.edges].sum() + found.fitted.extra.sum()))
    assert first.cost <= found.cost + 1e-6 <= budget + 2e-6
    assert found.missed == pytest.approx(float(users.prize[~found.plan.connected].sum()))
    if found.plan.connected.sum() > first.plan.connected.sum():
        assert found.missed < first.missed
        assert not found.stable


@pytest.mark.parametrize(("budget", "connected"), [(26_199.0, 1), (26_200.0, 2), (46_499.0, 2), (46_500.0, 3)])
def test_where_wider_pipes_for_a_user_are_too_dear_the_user_is_left_out(budget: float, connected: int) -> None:
    # Three users in a row, 100 m and 10,000 yuan apart: in sizes that serve them the first two cost 26,200 yuan (3,900
    # and 2,300 for wider pipes), all three 46,500 (5,500 for each pipe).
    graph = street_graph(np.array([shapely.LineString([(x, 0), (x + 100, 0)]) for x in (0, 100, 200)], dtype=object))
    assert graph.xy[:, 0].tolist() == [0, 100, 200, 300]
    users = Users(np.array([1, 2, 3]), np.zeros(3), np.array([30e3, 20e3, 10e3]))
    cost, fit = np.full(3, 10_000.0), fitter(graph, users, np.array([5.0, 100, 300]))
    draw, fill = planner(graph, users, cost), filler(graph, users, cost)
    first = settled(draw, fit, users.node, users.prize, 3, budget=10_000.0)
    assert first.plan.connected.tolist() == [True, False, False]
    found = topped_up(first, fill, fit, users.node, users.prize, 3, budget=budget)
    assert found.plan.connected.tolist() == [place < connected for place in range(3)]
    assert found.cost <= budget


@pytest.mark.parametrize(("budget", "connected"), [(10_050.0, 1), (10_200.0, 1), (16_000.0, 1), (17_000.0, 2)])
def test_a_cheap_new_pipe_that_makes_a_long_one_wider_is_weighed_with_it(budget: float, connected: int) -> None:
    graph = street_graph(np.array([shapely.LineString([(x, 0), (x + 100, 0)]) for x in (0, 100)], dtype=object))
    users = Users(np.array([1, 2]), np.zeros(2), np.array([30e3, 20e3]))
    cost, fit = np.array([10_000.0, 100.0]), fitter(graph, users, np.array([5.0, 100]))  # 6,200 yuan for wider pipes
    first = settled(planner(graph, users, cost), fit, users.node, users.prize, 2, budget=10_000.0)
    found = topped_up(first, filler(graph, users, cost), fit, users.node, users.prize, 2, budget=budget)
    assert first.plan.connected.tolist() == [True, False]
    assert found.plan.connected.tolist() == [True, connected == 2]


def test_whom_no_pipe_can_serve_does_not_keep_money_from_others() -> None:
    # The user in the middle wins most and burns more than the widest pipe carries.
    graph = street_graph(np.array([shapely.LineString([(x, 0), (x + 100, 0)]) for x in (0, 100, 200)], dtype=object))
    users = Users(np.array([1, 2, 3]), np.zeros(3), np.array([3e4, 9e5, 3e4]))
    cost, fit = np.full(3, 10_000.0), fitter(graph, users, np.array([5.0, 100_000, 5]))
    first = settled(planner(graph, users, cost), fit, users.node, users.prize, 3, budget=10_000.0)
    found = topped_up(first, filler(graph, users, cost), fit, users.node, users.prize, 3, budget=1e6)
    assert first.plan.connected.tolist() == [True, False, False]
    assert found.plan.connected.tolist() == [True, False, True]
    assert found.barred.tolist() == [False, True, False]


def test_a_dear_wide_pipe_makes_the_planner_choose_another_way() -> None:
    # Two ways to one large user, of nearly the same price: the wide pipe that both need is dear on the long one.
    lines = [shapely.LineString([(0, 0), (100, 0)]), shapely.LineString([(0, 0), (0, 300), (100, 300), (100, 0)])]
    graph = street_graph(np.array(lines, dtype=object))
    user = int(np.flatnonzero((graph.xy == [100, 0]).all(axis=1))[0])
    root = 1 - user
    users = Users(np.array([user]), np.zeros(1), np.array([1e6]))
    cost = np.where(graph.length_m < 200, 20_000.0, 19_900.0)  # the long way looks a little cheaper
    homes = np.array([300.0])

    def fit(plan: PipePlan) -> Fitted:
        here = np.zeros(2)
        here[user] = homes[0]
        edges = plan.edges
        laid = Laid(
            graph.u[edges],
            graph.v[edges],
            graph.length_m[edges],
            np.zeros(len(edges), dtype=np.int64),
            np.zeros(len(edges)),
            np.array([root]),
            here,
            2.8 * here,
            0 * here,
        )
        return fitted(laid, LOW, TABLE, CATALOGUE)

    found = settled(planner(graph, users, cost, root), fit, users.node, users.prize, graph.edge_count, budget=None)
    assert graph.length_m[found.plan.edges].tolist() == [100.0]
    assert found.stable
    assert found.rounds >= 2


@pytest.mark.parametrize(("homes", "digging"), [(1.0, 0.0), (300.0, 5000.0)])
def test_a_standing_pipe_that_must_be_wider_is_dug_for_again(homes: float, digging: float) -> None:
    def extra(anew: float) -> float:
        at = np.array([0.0, homes])
        laid = Laid(
            u=np.array([0]),
            v=np.array([1]),
            length_m=np.array([100.0]),
            least_size=np.zeros(1, dtype=np.int64),
            anew=np.array([anew]),
            roots=np.array([0]),
            homes=at,
            home_flow=2.8 * at,
            other_flow=0 * at,
        )
        found = fitted(laid, LOW, TABLE, CATALOGUE)
        assert (found.size[0] > 0) == (digging > 0)
        return float(found.extra[0])

    assert extra(5000.0) - extra(0.0) == digging


@pytest.mark.parametrize(
    ("seed", "budget", "patience"), [(7, None, 0), (7, None, 30), (7, 40_000.0, 60), (4451, 150_000.0, 0)]
)
def test_who_ends_it_early_gets_what_as_many_rounds_give(seed: int, budget: float | None, patience: int) -> None:
    graph, users, cost, homes = scene(seed)
    draw, fit = planner(graph, users, cost), fitter(graph, users, homes)
    asked = itertools.count()
    ended, whole = (
        settled(draw, fit, users.node, users.prize, graph.edge_count, budget=budget, end=end)
        for end in (lambda: next(asked) >= patience, lambda: False)
    )
    again = settled(draw, fit, users.node, users.prize, graph.edge_count, budget=budget, rounds=ended.rounds)
    assert ended.feasible
    assert ended.rounds <= whole.rounds
    assert (ended.plan.edges.tolist(), ended.objective) == (again.plan.edges.tolist(), again.objective)


def test_users_whom_no_size_can_serve_are_left_out() -> None:
    graph, users, cost, homes = scene(3, metres=1500.0, prize=1e9)
    found = settled(
        planner(graph, users, cost / 1e3),
        fitter(graph, users, 3 * homes),
        users.node,
        users.prize,
        graph.edge_count,
        budget=None,
    )
    assert found.feasible
    assert 0 < found.plan.connected.sum() < 14
    assert found.missed == pytest.approx(float(users.prize[~found.plan.connected].sum()))


def test_where_nothing_can_be_served_no_user_is_connected() -> None:
    graph, users, cost, homes = scene(4)
    impossible = Level(1800.0, 1850.0, 10.0, low=True)
    found = settled(
        planner(graph, users, cost),
        fitter(graph, users, homes, impossible),
        users.node,
        users.prize,
        graph.edge_count,
        budget=None,
    )
    assert found.feasible
    assert not found.plan.connected.any()


def test_a_pipe_without_a_way_from_a_root_is_refused() -> None:
    one = np.ones(4)
    laid = Laid(
        np.array([0, 2]),
        np.array([1, 3]),
        np.ones(2),
        np.zeros(2, dtype=np.int64),
        np.zeros(2),
        np.array([0]),
        one,
        one,
        one,
    )
    with pytest.raises(Refused, match="got 1 without"):
        fitted(laid, LOW, TABLE, CATALOGUE)


def test_so_many_are_left_out_that_the_others_can_be_served_and_not_all_that_fail() -> None:
    count = 30
    here = np.concatenate(([0.0], np.full(count, 400.0)))

    def fit(homes: Floats) -> Fitted:
        laid = Laid(
            u=np.arange(count),
            v=np.arange(1, count + 1),
            length_m=np.full(count, 100.0),
            least_size=np.zeros(count, dtype=np.int64),
            anew=np.zeros(count),
            roots=np.array([0]),
            homes=homes,
            home_flow=2.8 * homes,
            other_flow=0 * homes,
        )
        return fitted(laid, LOW, TABLE, CATALOGUE)

    found = fit(here)
    assert not found.feasible
    assert 0 < found.short.sum() < (found.sized.short | found.sized.fast).sum()
    assert fit(np.where(found.short, 0.0, here)).feasible
