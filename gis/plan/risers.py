"""Whose risers are moved outdoors (内改外) for the money there is, phase by phase, with a bound on any choice.

A building taken pays its own cost; a compound pays its courtyard pipe once, however many of its buildings are taken.
That is the knapsack problem with setup (Chebil & Khemakhem 2015, Computers & Operations Research 64). It is given to
HiGHS (Huangfu & Hall 2018, Mathematical Programming Computation 10) as an integer program in which no building is taken
without its compound's pipe, building by building: the bound of such a program is close. Costs are checked in whole
yuan, since a solver of floating point may spend a yuan too much; the bound is HiGHS's to the nearest yuan.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import coo_array, csr_array

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
Flags = NDArray[np.bool_]

NODES = 2000
_KILO = 1000.0


@dataclass(frozen=True, slots=True, eq=False)
class Buildings:
    """Buildings that can be moved, in whole yuan: own cost, prize above 0, and compound (a place in `courtyard`).

    `courtyard` is what a compound's shared pipe costs, 0 where it is laid already or nothing is shared.
    """

    cost: Integers
    prize: Integers
    compound: Integers
    courtyard: Integers


@dataclass(frozen=True, slots=True, eq=False)
class Taken:
    """Which buildings are taken, what that costs and is worth in yuan, what no choice for the money can exceed."""

    chosen: Flags
    cost: int
    prize: int
    bound: int
    nodes: int


@dataclass(frozen=True, slots=True)
class Step:
    """How far a plan is after a phase: money allowed, spent and prize so far, and the bound on any choice for it."""

    allowed: int
    cost: int
    prize: int
    bound: int

    @property
    def gap_pct(self) -> float:
        """How much more any choice could be worth, in percent of this one; 0 where nothing can be had."""
        return 100.0 * (self.bound - self.prize) / self.prize if self.prize else 0.0 if not self.bound else 100.0


@dataclass(frozen=True, slots=True, eq=False)
class Phases:
    """The phase of each building from 1, 0 where it is not taken; how far each phase comes; nodes searched."""

    phase: Integers
    steps: tuple[Step, ...]
    nodes: int


def phased(found: Buildings, budget: int, *, phases: int = 1, nodes: int = NODES, whole: bool = False) -> Phases:
    """Give the choice for the whole budget (yuan), and its phases, each with an equal part of the money.

    What one phase takes the later ones keep. The last is the best choice found; an earlier one is the best found among
    the buildings of the last. `whole`: of a compound all buildings are taken, or none. Each search looks at `nodes`
    nodes at most, so that the same call gives the same plan; the bounds hold whenever it stops.
    """
    if whole:
        merged = phased(_merged(found), budget, phases=phases, nodes=nodes)
        return Phases(merged.phase[found.compound], merged.steps, merged.nodes)
    last = best(found, budget, nodes=nodes)
    phase = np.where(last.chosen, phases, 0).astype(np.int64)
    held = np.zeros(len(phase), dtype=np.bool_)
    steps, spent = [], last.nodes
    for number in range(1, phases):
        allowed = budget * number // phases
        now = best(found, allowed, nodes=nodes, within=last.chosen, held=held)
        anything = best(found, allowed, nodes=nodes)
        phase[now.chosen & ~held] = number
        held = now.chosen
        steps.append(Step(allowed, now.cost, now.prize, max(anything.bound, now.prize)))
        spent += now.nodes + anything.nodes
    return Phases(phase, (*steps, Step(budget, last.cost, last.prize, last.bound)), spent)


def best(
    found: Buildings, budget: int, *, nodes: int = NODES, within: Flags | None = None, held: Flags | None = None
) -> Taken:
    """Give the buildings of the largest prize whose costs and courtyard pipes come to no more than the budget (yuan).

    Those `held` are taken in any case (they must fit), others only `within`. `bound` is on any choice that keeps to
    these. Nothing is taken where nothing fits.
    """
    count = len(found.cost)
    kept = np.zeros(count, dtype=np.bool_) if held is None else held
    allowed = np.ones(count, dtype=np.bool_) if within is None else within
    allowed = kept | (allowed & (found.cost + found.courtyard[found.compound] <= budget))
    if not allowed.any():
        return Taken(kept, 0, 0, 0, 0)
    choice, bound, searched = _solved(found, budget, (kept, allowed), nodes)
    chosen = _filled(found, _within(found, choice, budget, kept), budget, allowed)
    prize = int(found.prize[chosen].sum())
    return Taken(chosen, spent_on(found, chosen), prize, max(bound, prize), searched)


def spent_on(found: Buildings, chosen: Flags) -> int:
    """Give what a choice costs, in yuan: its buildings, and the courtyard pipe of each compound of theirs."""
    return int(found.cost[chosen].sum() + found.courtyard[np.unique(found.compound[chosen])].sum())


def _merged(found: Buildings) -> Buildings:
    """Give each compound as one building of a compound of its own."""
    count = len(found.courtyard)
    cost, prize = (np.zeros(count, dtype=np.int64) for _ in range(2))
    np.add.at(cost, found.compound, found.cost)
    np.add.at(prize, found.compound, found.prize)
    return Buildings(cost, prize, np.arange(count), found.courtyard)


def _solved(found: Buildings, budget: int, limits: tuple[Flags, Flags], nodes: int) -> tuple[Flags, int, int]:
    """Give the choice that HiGHS found, the proved bound on the prize (yuan), and the nodes that it looked at."""
    kept, allowed = limits
    count, yards = len(found.cost), len(found.courtyard)
    row = np.arange(count)
    ones = np.ones(count)
    tied = coo_array(
        (np.r_[ones, -ones], (np.r_[row, row], np.r_[row, count + found.compound])), shape=(count, count + yards)
    )
    money = csr_array(np.concatenate([found.cost, found.courtyard])[None] / _KILO)
    rules = [LinearConstraint(money, -np.inf, budget / _KILO), LinearConstraint(csr_array(tied), -np.inf, 0.0)]
    low: Floats = np.concatenate([kept.astype(np.float64), np.zeros(yards)])
    high: Floats = np.concatenate([allowed.astype(np.float64), np.ones(yards)])
    price = np.r_[-found.prize / _KILO, np.zeros(yards)]
    options: Any = {"mip_rel_gap": 0.0, "node_limit": nodes}  # scipy closes this type
    solved = milp(
        price,
        constraints=rules,
        bounds=Bounds(low, high),
        integrality=np.ones(count + yards, dtype=np.int64),
        options=options,
    )
    everything = int(found.prize[allowed].sum())
    choice = kept if solved.x is None else np.asarray(solved.x[:count] > 0.5, dtype=np.bool_)
    if solved.mip_dual_bound is None or not np.isfinite(solved.mip_dual_bound):
        return choice, everything, int(solved.mip_node_count or 0)
    proved = round(-float(solved.mip_dual_bound) * _KILO)
    return choice, min(proved, everything), int(solved.mip_node_count or 0)


def _within(found: Buildings, choice: Flags, budget: int, kept: Flags) -> Flags:
    """Give a choice without the buildings of least prize for their cost, until it keeps to the budget."""
    chosen = choice.copy()
    dear = [place for place in _by_worth(found)[::-1].tolist() if chosen[place] and not kept[place]]
    for place in dear:
        if spent_on(found, chosen) <= budget:
            break
        chosen[place] = False
    return chosen


def _filled(found: Buildings, choice: Flags, budget: int, allowed: Flags) -> Flags:
    """Give a choice with every building added that the rest of the budget pays for, best worth for its cost first."""
    chosen = choice.copy()
    left = budget - spent_on(found, chosen)
    laid = np.zeros(len(found.courtyard), dtype=np.bool_)
    laid[found.compound[chosen]] = True
    for place in _by_worth(found).tolist():
        compound = found.compound[place]
        more = int(found.cost[place] + (0 if laid[compound] else found.courtyard[compound]))
        if allowed[place] and not chosen[place] and more <= left:
            chosen[place] = laid[compound] = True
            left -= more
    return chosen


def _by_worth(found: Buildings) -> Integers:
    """Give the buildings in order of prize for cost, best first; equal ones in their own order."""
    return np.argsort(-found.prize / np.maximum(found.cost, 1), kind="stable").astype(np.int64)
