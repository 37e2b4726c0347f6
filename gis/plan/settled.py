"""A pipe plan and its sizes made to agree: wide pipes cost more, so the planner is asked again until nothing changes.

The planner knows one price for each edge. Sizes tell what each edge of its plan costs more than that; the next plan is
drawn with these costs added, and users whom no sizes can serve left out. The best plan seen is kept, so asking on never
makes it worse.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from gis.errors import Refused
from gis.plan.compiled import compiled
from gis.plan.hydraulics import NATURAL_GAS, Formula, Gas, Simultaneity, Tree, rooted
from gis.plan.pipes import PipePlan
from gis.plan.sizes import Asked, Catalogue, Limits, Sized, asked, sized
from gis.plan.sweeps import Floats, Integers

Flags = NDArray[np.bool_]

ROUNDS = 3
MORE = 5
"""Further rounds where no plan holds yet."""
LEAVES = 0.05
"""The share of the budget that a round leaves unspent, from ROUNDS on, where the plan before was too dear."""
FILLS = 5
"""How often money that a plan with its sizes leaves is spent on more users, at most."""
QUARTER = 0.25
CLOSE = 1e-9


@dataclass(frozen=True, slots=True, eq=False)
class Laid:
    """Pipes that are to be laid from `roots`, as edges of a forest: ends, length in m, narrowest size allowed.

    `anew` is what laying each costs in yuan where it stands already in that size: a wider one must be dug for again.
    At each node of the graph `homes` households burn `home_flow` m³/h together, others `other_flow` m³/h.
    """

    u: Integers
    v: Integers
    length_m: Floats
    least_size: Integers
    anew: Floats
    roots: Integers
    homes: Floats
    home_flow: Floats
    other_flow: Floats


@dataclass(frozen=True, slots=True)
class Level:
    """A pressure level of roots and what must be left of it: gauge pressures in Pa, speed in m/s; low or not."""

    supply_pa: float
    least_pa: float
    fastest_m_s: float
    low: bool


@dataclass(frozen=True, slots=True, eq=False)
class Fitted:
    """Laid pipes with their sizes, in the order of `Laid`: place in the catalogue, m³/h, Pa at the far end, m/s.

    `extra` is what each pipe costs more than in its narrowest size, in yuan, with the digging where a standing one is
    replaced. Where not `feasible` all pipes are the widest, `short` flags the nodes to leave out so that the others
    can be served (those with least pressure, and with least behind a pipe that is too fast), and `extra` is that of
    the sizes that serve these others. `question` and `sized` are as `sizes` has them, for pipes in the order `pipe`.
    """

    size: Integers
    flow: Floats
    pressure_pa: Floats
    speed_m_s: Floats
    extra: Floats
    short: Flags
    question: Asked
    sized: Sized
    pipe: Integers

    @property
    def feasible(self) -> bool:
        """Whether every pipe keeps all limits."""
        return self.sized.feasible


def fitted(
    laid: Laid, level: Level, simultaneity: Simultaneity, catalogue: Catalogue, *, gas: Gas = NATURAL_GAS
) -> Fitted:
    """Give the pipes their sizes. Raises Refused where they are no forest with one root in each tree."""
    pipe, parent, far = rooted(laid.u, laid.v, laid.roots)
    if len(pipe) != len(laid.u):
        raise Refused(f"pipes: expected a way from a root to each, got {len(laid.u) - len(pipe)} without")
    tree = Tree(parent, laid.length_m[pipe], laid.homes[far], laid.home_flow[far], laid.other_flow[far])
    limits = Limits(
        supply_pa=np.full(len(pipe), level.supply_pa),
        least_pa=level.least_pa,
        fastest_m_s=level.fastest_m_s,
        least_size=laid.least_size[pipe],
        formula=Formula.LOW if level.low else Formula.SQUARED,
    )
    question = asked(tree, simultaneity, catalogue, limits, gas=gas)
    found = sized(question)
    back = np.empty(len(laid.u), dtype=np.int64)
    back[pipe] = np.arange(len(pipe))
    out, rest = _left_out(question, found, simultaneity)
    short = np.zeros(len(laid.homes), dtype=bool)
    short[far[out]] = True
    more = catalogue.price[rest.size] - catalogue.price[limits.least_size]
    return Fitted(
        size=found.size[back],
        flow=found.flow[back],
        pressure_pa=found.pressure_pa[back],
        speed_m_s=found.speed_m_s[back],
        extra=(more * tree.length_m + np.where(rest.size > limits.least_size, laid.anew[pipe], 0.0))[back],
        short=short,
        question=question,
        sized=found,
        pipe=pipe,
    )


def _left_out(question: Asked, found: Sized, simultaneity: Simultaneity) -> tuple[Flags, Sized]:
    """Give the pipes at whose ends no gas is taken any more so that sizes keep the limits, and the sizes of the rest.

    Those with least pressure come first. A QUARTER of those that fail is left out at a time, for with less gas taken
    others do not fail any more.
    """
    tree, out = question.tree, np.zeros(len(question.tree), dtype=bool)
    while not found.feasible:
        fails = found.short | _crowded(question, found)
        taking = np.flatnonzero(fails & ((tree.home_flow + tree.other_flow) > 0) & ~out)
        if not len(taking):
            return out | fails, found
        order = np.lexsort((taking, found.pressure_pa[taking]))
        out[taking[order][: int(np.ceil(QUARTER * len(taking)))]] = True
        rest = replace(
            tree,
            homes=np.where(out, 0.0, tree.homes),
            home_flow=np.where(out, 0.0, tree.home_flow),
            other_flow=np.where(out, 0.0, tree.other_flow),
        )
        question = asked(rest, simultaneity, question.catalogue, question.limits, gas=question.gas)
        found = sized(question)
    return out, found


def _crowded(question: Asked, found: Sized) -> Flags:
    """Give the pipes at whose ends gas is to be left out so that those too fast slow down: least pressure first."""
    parent, out = question.tree.parent, np.zeros(len(question.tree), dtype=bool)
    fast = found.fast & ~((parent >= 0) & found.fast[parent])
    for pipe in np.flatnonzero(fast).tolist():
        behind = np.flatnonzero(_below(parent, pipe))
        taken = (question.tree.home_flow + question.tree.other_flow)[behind]
        order = np.lexsort((behind, found.pressure_pa[behind]))
        excess = (1 - question.limits.fastest_m_s / found.speed_m_s[pipe]) * taken.sum()
        out[behind[order][: int(np.searchsorted(np.cumsum(taken[order]), excess)) + 1]] = True
    return out


@compiled
def _below(parent: Integers, pipe: int) -> Flags:
    """Give which pipes hang on one, with it; each comes after its parent."""
    below = np.zeros(len(parent), np.bool_)
    below[pipe] = True
    for other in range(pipe + 1, len(parent)):
        if parent[other] >= 0 and below[parent[other]]:
            below[other] = True
    return below


@dataclass(frozen=True, slots=True, eq=False)
class Settled:
    """A plan with its sizes; money in yuan, with what sizes cost.

    `objective` is cost + missed, or missed alone where there is a budget; no plan has one below `bound`, which is that
    of the first plan, at the narrowest sizes. `barred` flags users left out because no sizes serve them. `stable`:
    asked again with these costs the planner gave the same plan. Not `feasible`: pressure, speed or the budget
    fails; then it must not be shown as a plan.
    """

    plan: PipePlan
    fitted: Fitted
    cost: float
    missed: float
    objective: float
    bound: float
    barred: Flags
    feasible: bool
    stable: bool
    rounds: int


Draw = Callable[[Floats, Flags, float | None, Callable[[], bool]], PipePlan]


def settled(
    draw: Draw,
    fit: Callable[[PipePlan], Fitted],
    node: Integers,
    prize: Floats,
    edges: int,
    *,
    budget: float | None,
    rounds: int = ROUNDS,
    end: Callable[[], bool] = lambda: False,
) -> Settled:
    """Ask `draw` for plans and `fit` for their sizes until both agree, in so many rounds; give the best that holds.

    Where none holds by then, MORE are asked for, until one does. Once one holds, `end` may end it: what is being drawn
    then is not used, so that a call with as many rounds as were done gives the same.
    `draw` takes what each of so many `edges` costs more than the planner knows, which users may be connected, a
    budget, and what tells that the plan will not be used; `node` and `prize` are the users'. Where no plan holds, the
    last is given, not `feasible`. Same answers of both, same result.
    """
    extra, allowed, left = np.zeros(edges), np.ones(len(node), dtype=bool), budget
    seen: list[Settled] = []
    for number in range(1, rounds + MORE + 1):
        held = any(each.feasible for each in seen)
        if held and (number > rounds or end()):
            break
        plan = draw(extra, allowed, left, end if held else lambda: False)
        if held and end():
            break
        known = extra[plan.edges]
        found = _weighed(plan, fit(plan), known, prize, seen[0].bound if seen else plan.bound, budget, number)
        again = any(np.array_equal(found.plan.edges, each.plan.edges) for each in seen if each.feasible)
        seen.append(replace(found, barred=~allowed))
        if found.stable or (found.feasible and again):
            break
        extra[plan.edges] = found.fitted.extra
        if not found.fitted.feasible:
            allowed &= ~(found.fitted.short[node] & plan.connected)
        elif left is not None and budget is not None and found.cost > budget and number > 1:
            left = max(left - (found.cost - budget), 0.0) * (1 - LEAVES * (number >= ROUNDS))
    return _best(seen)


def topped_up(
    best: Settled,
    fill: Callable[[Settled, Floats, float], PipePlan],
    fit: Callable[[PipePlan], Fitted],
    node: Integers,
    prize: Floats,
    edges: int,
    *,
    budget: float,
) -> Settled:
    """Give a plan that holds with more users for the money that it leaves of a budget.

    `fill` takes a plan with its sizes, what each of so many `edges` costs more for them, and an amount; it gives a plan
    with more users, none of them barred, that costs no more than that if sizes stay. What wider pipes cost is seen only
    by `fit`: where that is too much, less is asked for; whom they cannot serve is barred.
    """
    left = budget
    for _ in range(FILLS):
        if left <= best.cost * (1 + CLOSE):
            break
        extra = np.zeros(edges)
        extra[best.plan.edges] = best.fitted.extra
        plan = fill(best, extra, left)
        new = plan.connected & ~best.plan.connected
        if not new.any():
            break
        found = _weighed(plan, fit(plan), extra[plan.edges], prize, best.bound, budget, best.rounds)
        short = found.fitted.short[node] & new
        if found.feasible and found.cost <= budget:
            best, left = replace(found, barred=best.barred, stable=False), budget
        elif short.any():
            best = replace(best, barred=best.barred | short)
        else:
            left = plan.cost - max(found.cost - budget, 0.0)
            left = left if left > best.cost else (plan.cost + best.cost) / 2
    return best


def _best(seen: list[Settled]) -> Settled:
    best = min((each for each in seen if each.feasible), key=lambda each: each.objective, default=seen[-1])
    same = [each for each in seen if np.array_equal(each.plan.edges, best.plan.edges)]
    return replace(best, stable=any(each.stable for each in same), rounds=len(seen))


def _weighed(
    plan: PipePlan, found: Fitted, known: Floats, prize: Floats, bound: float, budget: float | None, number: int
) -> Settled:
    cost = plan.cost - float(known.sum()) + float(found.extra.sum())
    missed = float(prize[~plan.connected].sum())
    feasible = found.feasible and (budget is None or cost <= budget * (1 + CLOSE))
    return Settled(
        plan=plan,
        fitted=found,
        cost=cost,
        missed=missed,
        objective=missed if budget is not None else cost + missed,
        bound=bound,
        barred=np.zeros(len(prize), dtype=bool),
        feasible=feasible,
        stable=feasible and bool(np.allclose(known, found.extra)),
        rounds=number,
    )
