"""The pipe plan under a budget: money is priced until the priced plan fits, then the purse is spent to the end.

The bound is Lagrange's. For any price m ≥ 0 and any plan within the budget B, missed ≥ missed + m · (cost − B), since
cost − B ≤ 0; so missed ≥ min over all plans of (missed + m · cost) − m · B, and dual ascent bounds that minimum from
below. The best of several prices counts. Users whose own cheapest way exceeds the budget are missed by every plan and
are added on top.
"""

import math
from dataclasses import dataclass

import numpy as np

from gis.plan.network import Network
from gis.plan.pace import Pace
from gis.plan.purse import respent, shaken, spent, won
from gis.plan.solve import solved
from gis.plan.streets import Integers
from gis.plan.trim import Mask
from gis.plan.weigh import Skeleton, shift, skeleton

PARTS = 1 << 16
STRIDE = 4
HALVINGS = 7
QUICK = 1
RICH = 12
SLACK = 1e-9


@dataclass(frozen=True, slots=True)
class _Priced:
    """The edges of the plan at a price, what they and their users cost, and the bound on prizes missed, in yuan."""

    edges: Integers
    cost: float
    bound: float
    whole: bool


@dataclass(frozen=True, slots=True, eq=False)
class _Market:
    """Where plans are priced: a yuan of cost weighs as much as `price` / PARTS yuan of missed prizes."""

    net: Network
    bones: Skeleton
    who: Mask
    budget: float
    seed: int
    pace: Pace

    def at(self, price: int, *, steps: int = QUICK) -> _Priced:
        """Give the plan at a price, found in so many steps; the first is done in any case."""
        pace = Pace(steps, stop=lambda: pace.done > 0 and not self.pace.on())
        found = solved(self.bones.weighed(prizes=PARTS, money=price), pace=pace, seed=self.seed)
        edges = np.array(found.edges, dtype=np.int64)
        users = self.net.users
        inside = self.who & self.net.nodes_of(edges)[users.node]
        connected = inside & (PARTS * users.prize > price * users.service)
        purse = math.ceil(self.budget * self.bones.unit_per_yuan)
        bound = self.bones.yuan((found.bound << shift(PARTS, price)) - price * purse) / PARTS
        whole = bool((connected == self.who).all())
        return _Priced(edges, self.net.cost_of(edges, connected), bound, whole)

    def searched(self) -> list[_Priced]:
        """Give plans at prices ever nearer to the one that keeps the budget; one alone may do."""
        low = high = price = PARTS
        found = [self.at(price)]
        if found[0].cost > self.budget:
            while found[-1].cost > self.budget:
                low, high = high, STRIDE * high
                found.append(self.at(high))
        else:
            while found[-1].cost <= self.budget:
                if found[-1].whole or low == 1:
                    return found
                low, high = low // STRIDE, low
                found.append(self.at(low))
        for _ in range(HALVINGS):
            price = math.isqrt(low * high)
            found.append(self.at(price))
            low, high = (price, high) if found[-1].cost > self.budget else (low, price)
        return [*found, *(self.at(max(1, price), steps=RICH) for price in (3 * low // 4, low, high, 9 * high // 8))]


def best_within(net: Network, budget: float, *, seed: int, pace: Pace) -> tuple[Integers, Mask, float]:
    """Give edges and connected users that cost no more than the budget, and a bound on the prizes missed (yuan)."""
    who = net.possible & (net.users.prize > 0) & (net.lowest <= budget * (1 + SLACK) + SLACK)
    forced = math.fsum(net.users.prize[~who].tolist())
    found = _Market(net, skeleton(net, who), who, budget, seed, pace).searched()
    choices = (spent(net, priced.edges, who, budget=budget) for priced in found)
    best = respent(net, max(choices, key=lambda choice: won(net, choice)), who, budget=budget)
    best = respent(net, shaken(net, best, who, budget=budget, seed=seed), who, budget=budget)
    return best.edges, best.connected, forced + max(0.0, *(priced.bound for priced in found))
