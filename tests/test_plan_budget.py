from dataclasses import replace
from itertools import pairwise

import numpy as np
import shapely
from numpy.typing import NDArray

from gis.plan.pace import Pace
from gis.plan.pipes import Reason, Users, plan_forest
from gis.plan.streets import StreetGraph, attach, street_graph


def town(users: int, seed: int) -> tuple[StreetGraph, NDArray[np.int64], Users]:
    """Give a grid of streets, 20 by 20 blocks of 80 m, with three live roots and scattered users."""
    random = np.random.default_rng(seed)
    grid = [
        ((80 * a, 80 * b), (80 * a + 80 * c, 80 * b + 80 * (1 - c)))
        for a in range(20)
        for b in range(20)
        for c in (0, 1)
    ]
    graph = street_graph(np.asarray(shapely.linestrings(grid), dtype=object))
    points = np.asarray(shapely.points(random.uniform(0, 1600, (users, 2))), dtype=object)
    tied = attach(graph, points, reach_m=60)
    service = np.where(tied.node >= 0, 300 * tied.service_m, np.inf)
    roots = np.array([5, 200, 377], dtype=np.int64)
    return tied.graph, roots, Users(tied.node, service, random.uniform(20_000, 60_000, users))


def test_a_town_is_planned_with_a_small_gap_with_and_without_a_budget() -> None:
    graph, roots, users = town(users=250, seed=1)
    free = plan_forest(graph, roots, users, edge_cost=600 * graph.length_m)
    held = plan_forest(graph, roots, users, edge_cost=600 * graph.length_m, budget=free.cost / 2)
    assert free.connected.mean() > 0.1
    assert free.gap_pct < 5
    assert held.cost <= free.cost / 2
    assert held.gap_pct < 10
    assert Reason.NO_STREET not in free.reason


def test_more_money_never_proves_more_prizes_missed() -> None:
    graph, roots, users = town(users=120, seed=2)
    plans = [plan_forest(graph, roots, users, edge_cost=600 * graph.length_m, budget=each) for each in (1e6, 2e6, 4e6)]
    assert all(plan.cost <= plan.budget for plan in plans if plan.budget is not None)
    assert [plan.missed for plan in plans] == sorted((plan.missed for plan in plans), reverse=True)
    for poor, rich in pairwise(plans):
        assert rich.bound <= poor.missed


def test_what_one_more_user_would_cost_is_beyond_the_rest_of_the_budget() -> None:
    graph, roots, users = town(users=120, seed=3)
    plan = plan_forest(graph, roots, users, edge_cost=600 * graph.length_m, budget=2e6)
    left_out = np.array([reason is Reason.OVER_BUDGET for reason in plan.reason])
    assert left_out.any()
    assert (plan.cost + plan.extra[left_out] > 2e6).all()


def test_few_steps_find_a_price_of_money_that_is_far_from_one_and_prove_a_bound_near_the_plan() -> None:
    graph, roots, users = town(users=250, seed=5)
    users = replace(users, prize=20 * users.prize)
    plan = plan_forest(graph, roots, users, edge_cost=600 * graph.length_m, budget=3e6, pace=Pace(2))
    total = users.prize.sum()
    assert plan.exchange > 10
    assert total - plan.missed >= 0.85 * (total - plan.bound)
