"""What more money would win, and in which order a plan is laid: the frontier and its phases.

The frontier is a plan for each of several budgets. A plan within a smaller budget is one within a larger budget, and a
bound for a larger budget holds for a smaller one, so each point takes the better plan and bound of its neighbours.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from gis.plan.network import Users
from gis.plan.pace import Pace
from gis.plan.pipes import PipePlan, fuller, plan_forest
from gis.plan.streets import Floats, Integers, StreetGraph


@dataclass(frozen=True, slots=True, eq=False)
class Site:
    """What plans are made on: streets, live roots, users, and the price of each edge in yuan."""

    graph: StreetGraph
    roots: Integers
    users: Users
    edge_cost: Floats

    def plan(self, budget: float | None, *, seed: int, pace: Pace, before: PipePlan | None = None) -> PipePlan:
        """Give the plan within a budget, or without one; the search begins with a plan `before`."""
        return plan_forest(
            self.graph,
            self.roots,
            self.users,
            edge_cost=self.edge_cost,
            budget=budget,
            seed=seed,
            pace=pace,
            before=before,
        )

    def fuller(self, plan: PipePlan, budget: float) -> PipePlan:
        """Give a plan with more users for what it leaves of a budget; nothing bounds it."""
        return fuller(plan, self.graph, self.roots, self.users, edge_cost=self.edge_cost, budget=budget)


@dataclass(frozen=True, slots=True, eq=False)
class Point:
    """A budget, the best plan found within it, the prizes it wins and those that no plan can win more than (yuan)."""

    budget: float
    plan: PipePlan
    won: float
    most: float

    @property
    def ratio(self) -> float:
        """Prizes won over those that no plan can win more than; 1 where there are none."""
        return self.won / self.most if self.most > 0 else 1.0


@dataclass(frozen=True, slots=True)
class Phase:
    """What stands after a phase: cost and users since the first, prizes won, and those that no plan within it can."""

    budget: float
    cost: float
    users: int
    won: float
    most: float

    @property
    def ratio(self) -> float:
        """Prizes won over those that no plan within the budget can win more than; 1 where there are none."""
        return self.won / self.most if self.most > 0 else 1.0


@dataclass(frozen=True, slots=True, eq=False)
class Phases:
    """The phase of each edge of the last plan and of each user (0: not connected), and what stands after each."""

    edge: Integers
    user: Integers
    after: tuple[Phase, ...]


def frontier(
    site: Site,
    budgets: Floats,
    *,
    seed: int,
    steps: int,
    before: PipePlan | None = None,
    told: Callable[[str], None] = lambda _: None,
    end: Callable[[], bool] = lambda: False,
) -> tuple[Point, ...]:
    """Give the best plans found within rising budgets, each in so many steps of the search.

    The greatest is searched first, with the price of a plan `before`, and each other one with that of the next; `told`
    hears which is. Where `end` says so, those not yet found, the smaller ones, are left out.
    """
    total, plans = float(site.users.prize.sum()), list[PipePlan]()
    for budget in budgets[::-1]:
        told(f"point {len(plans) + 1}/{len(budgets)}")
        found = _searched(site, float(budget), seed=seed, steps=steps, before=before, end=end)
        if found is None:
            break
        plans.insert(0, found)
        before = found
    budgets = budgets[len(budgets) - len(plans) :]
    for place in range(1, len(plans)):
        if plans[place - 1].missed < plans[place].missed:
            plans[place] = plans[place - 1]
    bounds = np.maximum.accumulate([plan.bound for plan in plans][::-1])[::-1]
    return tuple(
        Point(float(budget), plan, total - plan.missed, total - float(min(bound, plan.missed)))
        for budget, plan, bound in zip(budgets, plans, bounds, strict=True)
    )


def _searched(
    site: Site, budget: float, *, seed: int, steps: int, before: PipePlan | None, end: Callable[[], bool]
) -> PipePlan | None:
    """Give the plan of so many steps, or None where `end` leaves some undone."""
    if end():
        return None
    pace = Pace(steps, stop=end)
    found = site.plan(budget, seed=seed, pace=pace, before=before)
    return None if pace.cut else found


Laid = tuple[Integers, NDArray[np.bool_]]
Part = Callable[[Site, float, PipePlan], PipePlan | None]


def phased(
    site: Site,
    plan: PipePlan,
    points: tuple[Point, ...],
    *,
    seed: int,
    steps: int,
    end: Callable[[], bool] = lambda: False,
) -> Phases | None:
    """Give the order in which a plan is laid: after each phase its cost is within that point's budget.

    `points` are the frontier at the budgets of the phases, the last of which has the plan. Two orders are tried and the
    one with the better ratios is taken: from the end, where each phase is the best part of the next phase's network,
    and from the start, where each phase extends the one before it inside the plan. None where `end` leaves
    a search undone.
    """

    def part(inner: Site, budget: float, before: PipePlan) -> PipePlan | None:
        return _searched(inner, budget, seed=seed, steps=steps, before=before, end=end)

    found = list[Phases]()
    for order in (_from_end, _from_start):
        laid = order(site, plan, points, part)
        if laid is None:
            return None
        found.append(_told(site, plan, points, laid))
    return max(found, key=lambda each: sum(phase.ratio for phase in each.after))


def _from_end(site: Site, plan: PipePlan, points: tuple[Point, ...], part: Part) -> list[Laid] | None:
    laid = [(plan.edges, plan.connected)]
    for point in reversed(points[:-1]):
        edges, users = laid[0]
        less = part(_inside(site, edges, users), point.budget, point.plan)
        if less is None:
            return None
        laid.insert(0, (less.edges, less.connected))
    return laid


def _from_start(site: Site, plan: PipePlan, points: tuple[Point, ...], part: Part) -> list[Laid] | None:
    whole = _inside(site, plan.edges, plan.connected)
    laid: list[Laid] = [(plan.edges[:0], np.zeros_like(plan.connected))]
    spent = 0.0
    for point in points[:-1]:
        edges, users = laid[-1]
        free = whole.edge_cost.copy()
        free[edges] = 0.0
        rest = replace(
            whole, edge_cost=free, users=replace(whole.users, service=np.where(users, 0.0, whole.users.service))
        )
        more = part(rest, point.budget - spent, point.plan)
        if more is None:
            return None
        laid.append((np.union1d(edges, more.edges), users | more.connected))
        spent = _cost(site, *laid[-1])
    return [*laid[1:], (plan.edges, plan.connected)]


def _inside(site: Site, edges: Integers, users: NDArray[np.bool_]) -> Site:
    """Give the site in which only these edges may be dug, for these users."""
    cost = np.full(len(site.edge_cost), np.inf)
    cost[edges] = site.edge_cost[edges]
    return replace(site, edge_cost=cost, users=replace(site.users, prize=np.where(users, site.users.prize, 0.0)))


def _cost(site: Site, edges: Integers, users: NDArray[np.bool_]) -> float:
    return float(site.edge_cost[edges].sum() + site.users.service[users].sum())


def _told(site: Site, plan: PipePlan, points: tuple[Point, ...], laid: list[Laid]) -> Phases:
    phase = np.zeros(len(site.edge_cost), dtype=np.int64)
    user = np.zeros(len(site.users.prize), dtype=np.int64)
    after = []
    for number, (point, (edges, users)) in enumerate(zip(points, laid, strict=True), start=1):
        phase[edges] = np.where(phase[edges] == 0, number, phase[edges])
        user[users & (user == 0)] = number
        won = float(site.users.prize[users].sum())
        after.append(Phase(point.budget, _cost(site, edges, users), int(users.sum()), won, point.most))
    return Phases(phase[plan.edges], user, tuple(after))
