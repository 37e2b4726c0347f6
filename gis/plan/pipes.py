"""The pipe plan (瓶改管): which streets to dig, for whom, at what cost, and how far from the best plan at most."""

import math
from dataclasses import dataclass
from enum import Enum

import numpy as np
from numpy.typing import NDArray

from gis.errors import Refused
from gis.plan.budget import Answer, best_within
from gis.plan.compiled import compiled
from gis.plan.network import Network, Users, network
from gis.plan.pace import Pace
from gis.plan.purse import filled
from gis.plan.solve import solved
from gis.plan.streets import Floats, Integers, StreetGraph
from gis.plan.trim import Choice
from gis.plan.weigh import skeleton

__all__ = ["PipePlan", "Reason", "Users", "fuller", "plan_forest", "repriced", "verify"]

CLOSE = 1e-9
STEPS = 60


class Reason(Enum):
    """Why a user is connected or not."""

    CONNECTED = "connected"
    TOO_DEAR = "too dear"
    NO_STREET = "no street within reach"
    UNREACHABLE = "not reachable from a live root"
    OVER_BUDGET = "over budget"


@dataclass(frozen=True, slots=True, eq=False)
class PipePlan:
    """A forest of pipes with its proof; money in yuan.

    `objective` is cost + missed, or missed alone where there is a `budget`; no plan has an objective below `bound`.
    `share` divides the cost: a user pays the own service line and an equal part of each pipe on the way (zero where not
    connected); `way` is what all pipes on its way and its line cost. `served` counts the users behind each edge.
    `extra` is what connecting this one user as well would cost (zero where connected, infinite where no way leads).
    `exchange` is how many yuan of prizes a yuan must win to be spent: 1, or more where the budget is short. `steps`
    were done.
    """

    edges: Integers
    connected: NDArray[np.bool_]
    reason: tuple[Reason, ...]
    share: Floats
    way: Floats
    served: Integers
    extra: Floats
    cost: float
    missed: float
    objective: float
    bound: float
    gap_pct: float
    budget: float | None
    exchange: float
    steps: int


def plan_forest(
    graph: StreetGraph,
    roots: Integers,
    users: Users,
    *,
    edge_cost: Floats,
    budget: float | None = None,
    seed: int = 0,
    pace: Pace | None = None,
    before: PipePlan | None = None,
) -> PipePlan:
    """Give a plan that pays little for pipes, service lines and missed prizes together (yuan), grown from live `roots`.

    With a `budget` the plan costs no more than that and misses few prizes instead. The search begins with a plan
    `before`, made on the same edges at other prices, for other users or within another budget: with its pipes, and
    where there is a budget with its price of money. An edge is paid once, however many users it serves; one of infinite
    cost may not be dug. Method: the rooted prize-collecting Steiner tree (`solve`), reduced (`core`, `detour`), bounded
    by dual ascent and cuts (`ascent`, `cuts`), with trees grown and improved
    (`forest`, `improve`, `reopen`); a budget is priced (`budget`). The plan need not be the best; `bound` says how far
    off it is at most, and `verify` has passed it. Same input, seed and steps of `pace` (at first STEPS) give the same
    plan; with enough steps it is the best one, and proven, where there is no budget. Raises Refused on input that
    contradicts itself.
    """
    if budget is not None and not 0 <= budget < math.inf:
        raise Refused(f"budget: expected a finite amount, not below 0, got {budget}")
    net, pace = network(graph, roots, users, edge_cost), pace or Pace(STEPS)
    found = (
        _unlimited(net, seed=seed, pace=pace, before=before)
        if budget is None
        else _limited(net, budget, seed=seed, pace=pace, before=before)
    )
    plan = _described(net, found, budget=budget, steps=pace.done)
    verify(plan, graph, roots, users=users, edge_cost=edge_cost)
    return plan


def repriced(
    plan: PipePlan,
    graph: StreetGraph,
    roots: Integers,
    users: Users,
    *,
    edge_cost: Floats,
    budget: float | None,
    bound: float,
) -> PipePlan:
    """Give a plan's pipes and users at other prices, for which `bound` must hold too; refused as in `verify`."""
    found = Answer(plan.edges, plan.connected, bound, plan.exchange)
    again = _described(network(graph, roots, users, edge_cost), found, budget=budget, steps=plan.steps)
    verify(again, graph, roots, users=users, edge_cost=edge_cost)
    return again


def fuller(
    plan: PipePlan,
    graph: StreetGraph,
    roots: Integers,
    users: Users,
    *,
    edge_cost: Floats,
    budget: float,
) -> PipePlan:
    """Give a plan at other prices, with more users for what it leaves of a budget; nothing bounds it (0)."""
    net = network(graph, roots, users, edge_cost)
    who = net.possible & (net.users.prize > 0)
    choice = filled(net, Choice(plan.edges, plan.connected), who, budget=budget)
    found = Answer(choice.edges, choice.connected, 0.0, plan.exchange)
    again = _described(net, found, budget=budget, steps=plan.steps)
    verify(again, graph, roots, users=users, edge_cost=edge_cost)
    return again


def _unlimited(net: Network, *, seed: int, pace: Pace, before: PipePlan | None) -> Answer:
    bones = skeleton(net, net.possible)
    start = () if before is None else np.flatnonzero(net.nodes_of(before.edges)).tolist()
    found = solved(bones.weighed(), pace=pace, seed=seed, start=start)
    edges = net.dug(found.edges)
    connected = net.possible & net.nodes_of(edges)[net.users.node] & (net.users.prize > net.users.service)
    missed = math.fsum(net.users.prize[~net.possible].tolist())
    return Answer(edges, connected, bones.yuan(found.bound) + missed, 1.0)


def _limited(net: Network, budget: float, *, seed: int, pace: Pace, before: PipePlan | None) -> Answer:
    if before is None:
        return best_within(net, budget=budget, seed=seed, pace=pace)
    return best_within(net, budget=budget, seed=seed, pace=pace, exchange=before.exchange, start=before.edges.tolist())


def _described(net: Network, found: Answer, *, budget: float | None, steps: int) -> PipePlan:
    connected, bound = found.connected, found.bound
    edges, share, way, served = _shared(net, found.edges, connected)
    cost = net.cost_of(edges, connected)
    missed = math.fsum(net.users.prize[~connected].tolist())
    objective = missed if budget is not None else cost + missed
    bound = min(max(bound, 0.0), objective)
    gap_pct = 100 * (objective - bound) / objective if objective > 0 else 0.0
    reach, _ = net.ways(np.flatnonzero(net.nodes_of(edges)))
    placed = net.users.node >= 0
    extra = np.where(placed, np.append(reach, np.inf)[net.users.node] + np.where(placed, net.users.service, 0), np.inf)
    return PipePlan(
        edges=edges,
        connected=connected,
        reason=_reasons(net, connected, budget),
        share=share,
        way=way,
        served=served,
        extra=np.where(connected, 0.0, extra),
        cost=cost,
        missed=missed,
        objective=objective,
        bound=bound,
        gap_pct=gap_pct,
        budget=budget,
        exchange=found.exchange,
        steps=steps,
    )


def _reasons(net: Network, connected: NDArray[np.bool_], budget: float | None) -> tuple[Reason, ...]:
    wanted = (net.users.prize > 0) & (budget is not None)
    cases = (
        (connected, Reason.CONNECTED),
        (net.users.node < 0, Reason.NO_STREET),
        (~net.possible, Reason.UNREACHABLE),
        (wanted, Reason.OVER_BUDGET),
    )
    return tuple(
        next((reason for holds, reason in cases if holds[user]), Reason.TOO_DEAR) for user in range(len(connected))
    )


def _shared(net: Network, edges: Integers, connected: NDArray[np.bool_]) -> tuple[Integers, Floats, Floats, Integers]:
    """Give the edges that serve somebody, lowest first, each user's part of the cost and whole way, users by edge."""
    tree = net.hung(edges)
    at = np.where(connected, tree.place[net.users.node], 0).clip(min=0)
    served = np.bincount(at[connected], minlength=len(tree.node))
    behind, pays, way = _dealt(served, np.append(0.0, net.cost[tree.edge[1:]]), tree.above)
    kept = np.flatnonzero(behind[1:]) + 1
    kept = kept[np.argsort(tree.edge[kept])]
    service = np.where(connected, net.users.service, 0.0)
    share, whole = (np.where(connected, each[at] + service, 0.0) for each in (pays, way))
    return tree.edge[kept], share, whole, behind[kept]


@compiled
def _dealt(served: Integers, cost: Floats, above: Integers) -> tuple[Integers, Floats, Floats]:
    """Give per place of a tree the users behind it, what each of them pays of its way, and what all of it costs."""
    behind, pays, way = served.copy(), np.zeros(len(cost)), np.zeros(len(cost))
    for place in range(len(cost) - 1, 0, -1):
        behind[above[place]] += behind[place]
    for place in range(1, len(cost)):
        pays[place] = pays[above[place]] + (cost[place] / behind[place] if behind[place] else 0.0)
        way[place] = way[above[place]] + cost[place]
    return behind, pays, way


def verify(plan: PipePlan, graph: StreetGraph, roots: Integers, *, users: Users, edge_cost: Floats) -> None:
    """Raise Refused where a plan is not what it says: no forest, a piece without a root, sums that do not add up.

    Recounted from the inputs alone, without the planner's own structures.
    """
    leader = list(range(graph.node_count + 1))
    for node in roots.tolist():
        leader[node] = graph.node_count
    for edge in plan.edges.tolist():
        a, b = _leader(leader, int(graph.u[edge])), _leader(leader, int(graph.v[edge]))
        if a == b:
            raise Refused(f"pipe plan: edge {edge} closes a ring or joins two live roots")
        leader[min(a, b)] = max(a, b)
    live = [node for edge in plan.edges.tolist() for node in (int(graph.u[edge]), int(graph.v[edge]))]
    live += users.node[plan.connected].tolist()
    if any(node < 0 or _leader(leader, node) != graph.node_count for node in live):
        raise Refused("pipe plan: a pipe or user hangs on no live root")
    touched = np.bincount(np.concatenate((graph.u[plan.edges], graph.v[plan.edges])), minlength=graph.node_count)
    if (touched[users.ends] > 1).any():
        raise Refused("pipe plan: a pipe runs through a house")
    cost = math.fsum([*edge_cost[plan.edges].tolist(), *users.service[plan.connected].tolist()])
    missed = math.fsum(users.prize[~plan.connected].tolist())
    objective = missed if plan.budget is not None else cost + missed
    _same("cost", cost, plan.cost)
    _same("missed", missed, plan.missed)
    _same("objective", objective, plan.objective)
    _same("share", cost, math.fsum(plan.share.tolist()))
    _same("gap_pct", plan.gap_pct, 100 * (objective - plan.bound) / objective if objective else 0.0)
    if not 0 <= plan.bound <= plan.objective:
        raise Refused(f"pipe plan: expected a bound between 0 and {plan.objective}, got {plan.bound}")
    if plan.budget is not None and cost > plan.budget:
        raise Refused(f"pipe plan: expected a cost within {plan.budget}, got {cost}")
    if [reason is Reason.CONNECTED for reason in plan.reason] != plan.connected.tolist():
        raise Refused("pipe plan: reasons and connected users differ")


def _same(name: str, expected: float, got: float) -> None:
    if not math.isclose(expected, got, rel_tol=CLOSE, abs_tol=CLOSE):
        raise Refused(f"pipe plan: expected {name} {expected}, got {got}")


def _leader(leader: list[int], node: int) -> int:
    while leader[node] != node:
        leader[node] = leader[leader[node]]
        node = leader[node]
    return node
