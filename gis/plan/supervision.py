"""Supervision: which experts are posted to which town, and which group looks at which town in which round.

Both are integer programs, given to HiGHS (Huangfu & Hall 2018, Mathematical Programming Computation 10) through scipy;
the answer keeps the bound that HiGHS proved, so that "optimal" is a fact of the record and not a claim.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import coo_array, csr_array

from gis.errors import Refused

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
Flags = NDArray[np.bool_]

NOBODY = -1


@dataclass(frozen=True, slots=True, eq=False)
class Postings:
    """The town of each expert (`NOBODY`: not posted), what that costs, and the cost below which no posting can be."""

    town: Integers
    cost: float
    bound: float

    @property
    def proved(self) -> bool:
        """Whether no posting can be cheaper."""
        return self.cost <= self.bound + 1e-6 * max(1.0, abs(self.bound))


@dataclass(frozen=True, slots=True, eq=False)
class Rotation:
    """The group of each town (row) in each round (column), each group's load over all rounds, and a proof.

    `heaviest` is the largest of the loads, `bound` what no rotation under the same conditions can go below.
    """

    group: Integers
    load: Floats
    heaviest: float
    bound: float

    @property
    def proved(self) -> bool:
        """Whether no rotation can be more even."""
        return self.heaviest <= self.bound + 1e-6 * max(1.0, abs(self.bound))

    @property
    def max_over_mean(self) -> float:
        """The heaviest load over the mean; 1 where there is none."""
        mean = float(self.load.mean()) if len(self.load) else 0.0
        return self.heaviest / mean if mean else 1.0


def postings(cost: Floats, *, each: int = 2, able: Flags | None = None, able_each: int = 1) -> Postings:
    """Give each town `each` experts, `able_each` of them able (all are, without `able`), at the least sum of costs.

    `cost` has a row per expert and a column per town, in any unit, infinite where a posting is ruled out; an expert is
    posted to one town at most. Refused where there are too few experts, or no posting keeps the conditions.
    """
    experts, towns = cost.shape
    skilled = np.ones(experts, dtype=np.bool_) if able is None else able
    if not towns:
        return Postings(np.full(experts, NOBODY), 0.0, 0.0)
    for held, wanted, who in ((experts, each, "专家"), (int(skilled.sum()), min(able_each, each), "懂结构的专家")):
        if held < wanted * towns:
            raise Refused(
                f"专家派驻：{towns} 个镇街各 {wanted} 名{who}，至少要 {wanted * towns} 名，只有 {held} 名 · "
                f"postings: expected at least {wanted * towns} experts for {towns} towns, got {held}"
            )
    expert, town = np.divmod(np.arange(experts * towns), towns)
    allowed = np.isfinite(cost).ravel()
    ones = np.ones(len(expert))
    rules = [
        _summed(expert, ones, experts, low=0, high=1),
        _summed(town, ones, towns, low=each, high=each),
        _summed(town, skilled[expert].astype(float), towns, low=min(able_each, each), high=np.inf),
    ]
    price = np.where(allowed, cost.ravel(), 0.0)
    choice, bound = _solved(price, rules, Bounds(0, allowed.astype(float)), steps=None, what="专家派驻 · postings")
    chosen = np.flatnonzero(choice > 0.5)
    of_expert = np.full(experts, NOBODY)
    of_expert[expert[chosen]] = town[chosen]
    return Postings(of_expert, float(price[chosen].sum()), bound)


def rotation(load: Floats, home: Integers, *, rounds: int, steps: int | None = 1000) -> Rotation:
    """Give each town one group in each round, none in its own town, as different and as even as can be.

    `load` is the work of a town (any unit), `home` the own town of each group or `NOBODY`. In a round no group has more
    than one town more than another; over the rounds a town sees each group that may come once before any comes again.
    Under these the heaviest group's load over all rounds is least; after so many `steps` (nodes of the search tree) the
    search stops before that is proved, and `bound` says so; None never stops it. Refused where no rotation keeps the
    conditions, as with one group in its own town.
    """
    towns, groups = len(load), len(home)
    if not towns or rounds < 1:
        return Rotation(np.zeros((towns, max(rounds, 0)), dtype=np.int64), np.zeros(groups), 0.0, 0.0)
    if not groups:
        raise Refused("a rotation of supervision groups: expected at least one group, got none")
    count = towns * rounds * groups
    index = np.arange(count)
    town, turn, group = index // (rounds * groups), index // groups % rounds, index % groups
    allowed = home[group] != town
    most = np.ceil(rounds / np.maximum(np.bincount(town[(turn == 0) & allowed], minlength=towns), 1))
    ones = np.ones(count)
    rules = [
        _summed(town * rounds + turn, ones, towns * rounds, low=1, high=1, columns=count + 1),
        _summed(
            group * rounds + turn,
            ones,
            groups * rounds,
            low=np.floor(towns / groups),
            high=np.ceil(towns / groups),
            columns=count + 1,
        ),
        _summed(town * groups + group, ones, towns * groups, low=0, high=np.repeat(most, groups), columns=count + 1),
        _no_heavier(group, load[town], groups),
    ]
    price = np.append(np.zeros(count), 1.0)
    limits = Bounds(np.zeros(count + 1), np.append(allowed.astype(float), np.inf))
    choice, bound = _solved(price, rules, limits, steps=steps, what="督导轮换 · rotation")
    chosen = np.flatnonzero(choice[:-1] > 0.5)
    table = np.empty((towns, rounds), dtype=np.int64)
    table[town[chosen], turn[chosen]] = group[chosen]
    loads = np.bincount(group[chosen], weights=load[town[chosen]], minlength=groups)
    heaviest = float(loads.max())
    return Rotation(
        table, loads.astype(np.float64), heaviest, min(max(bound, float(load.sum()) * rounds / groups), heaviest)
    )


def _summed(
    row: Integers, value: Floats, rows: int, *, low: float | Floats, high: float | Floats, columns: int | None = None
) -> LinearConstraint:
    """Give the condition that the values of each row's choices, one choice per column, sum to between low and high."""
    matrix = coo_array((value, (row, np.arange(len(row)))), shape=(rows, columns or len(row)))
    return LinearConstraint(csr_array(matrix), low, high)


def _no_heavier(group: Integers, load: Floats, groups: int) -> LinearConstraint:
    """Give the condition that no group's load is above the last variable."""
    rows = np.concatenate([group, np.arange(groups)])
    columns = np.concatenate([np.arange(len(group)), np.full(groups, len(group))])
    matrix = coo_array((np.concatenate([load, np.full(groups, -1.0)]), (rows, columns)))
    return LinearConstraint(csr_array(matrix), -np.inf, 0)


def _solved(
    price: Floats, rules: list[LinearConstraint], limits: Bounds, *, steps: int | None, what: str
) -> tuple[Floats, float]:
    """Give the cheapest choice of whole numbers (any number, without an upper limit) and the proved bound."""
    options: Any = {"mip_rel_gap": 0.0} | ({} if steps is None else {"node_limit": steps})  # scipy closes this type
    whole = np.isfinite(limits.ub).astype(int)
    found = milp(price, constraints=rules, bounds=limits, integrality=whole, options=options)
    if found.x is None:
        raise Refused(f"{what}: expected a choice that keeps all conditions, got none ({found.message})")
    return np.asarray(found.x, dtype=np.float64), float(found.mip_dual_bound)
