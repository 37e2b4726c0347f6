"""The frontier and the phases of small pipe plans, and what is left of them where somebody ends the search."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gis.plan.pace import Pace
from gis.plan.phases import Site, frontier, phased
from gis.plan.pipes import Users
from tests.test_plan_settled import grid

SHARES = np.array([0.3, 0.6, 1.0])
STEPS = 6


class Looks:
    """Ends what asks it more than so many times."""

    def __init__(self, most: float = math.inf) -> None:
        self.count, self.most = 0, most

    def __call__(self) -> bool:
        self.count += 1
        return self.count > self.most


def scene(seed: int) -> Site:
    draw, graph = np.random.default_rng(seed), grid(5, 100.0)
    node = draw.choice(np.arange(1, graph.node_count), 12, replace=False).astype(np.int64)
    users = Users(node, draw.uniform(0, 2_000, 12), draw.uniform(5_000, 60_000, 12))
    return Site(graph, np.array([0]), users, graph.length_m * draw.uniform(50, 300, graph.edge_count))


@settings(deadline=None, max_examples=10)
@given(st.integers(0, 10**6))
def test_a_frontier_rises_and_phases_contain_each_other_within_their_money(seed: int) -> None:
    site = scene(seed)
    budgets = SHARES * site.plan(None, seed=7, pace=Pace(STEPS)).cost
    points = frontier(site, budgets, seed=7, steps=STEPS)
    assert [point.budget for point in points] == budgets.tolist()
    assert (np.diff([point.won for point in points]) >= 0).all()
    assert (np.diff([point.most for point in points]) >= 0).all()
    last = points[-1].plan
    found = phased(site, last, points, seed=7, steps=STEPS)
    assert found is not None
    for number, (phase, point) in enumerate(zip(found.after, points, strict=True), start=1):
        edges, users = last.edges[found.edge <= number], (found.user > 0) & (found.user <= number)
        cost = float(site.edge_cost[edges].sum() + site.users.service[users].sum())
        assert cost <= point.budget * (1 + 1e-9)
        assert phase.users == users.sum()
        assert phase.cost == pytest.approx(cost)
        assert phase.won == pytest.approx(float(site.users.prize[users].sum()))
        assert phase.won <= phase.most * (1 + 1e-9)
        assert set(site.users.node[users].tolist()) <= {0, *site.graph.u[edges].tolist(), *site.graph.v[edges].tolist()}
    assert ((found.user > 0) == last.connected).all()


def test_what_is_ended_keeps_the_points_found_and_no_phases() -> None:
    site = scene(3)
    budgets = SHARES * site.plan(None, seed=7, pace=Pace(STEPS)).cost
    looks = Looks()
    whole = frontier(site, budgets, seed=7, steps=STEPS, end=looks)
    kept = list[int]()
    for most in range(looks.count + 1):
        part = frontier(site, budgets, seed=7, steps=STEPS, end=Looks(most))
        kept.append(len(part))
        assert [point.plan.edges.tolist() for point in part] == [
            point.plan.edges.tolist() for point in whole[len(whole) - len(part) :]
        ]
    assert kept == sorted(kept)
    assert set(kept) == {0, 1, 2, 3}


@pytest.mark.parametrize("share", [0.0, 0.3, 0.6, 0.95])
def test_phases_end_in_any_of_their_searches(share: float) -> None:
    site = scene(3)
    points = frontier(site, SHARES * site.plan(None, seed=7, pace=Pace(STEPS)).cost, seed=7, steps=STEPS)
    plan, looks = points[-1].plan, Looks()
    assert phased(site, plan, points, seed=7, steps=STEPS, end=looks) is not None
    assert phased(site, plan, points, seed=7, steps=STEPS, end=Looks(share * looks.count)) is None
