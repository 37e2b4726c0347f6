"""The pipe plan under a budget: money is priced until the priced plan fits, regions are branched on, the rest is spent.

Prices are tried roughly first, with two dual ascents each, so that the searches begin near the best one.

The bound is Lagrange's. For any price m ≥ 0 and any plan within the budget B, missed ≥ missed + m · (cost − B), since
cost − B ≤ 0; so missed ≥ min over all plans of (missed + m · cost) − m · B, and the solver bounds that minimum from
below. The best of several prices counts. Where one plan of the best price is over the budget and another is within it,
the difference is mostly a village at the end of a long pipe, which no price halves; so the search branches: every plan
enters the village's region (`regions`) or keeps out of it, each branch has prices of its own, and the lowest of the
branches' bounds holds. Users whose own cheapest way exceeds the budget are missed by every plan and are added on top.
"""

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from heapq import heappop, heappush
from typing import NamedTuple

import numpy as np

from gis.plan.ascent import ascend
from gis.plan.core import Core
from gis.plan.graph import graph
from gis.plan.grow import sprouted
from gis.plan.network import Network
from gis.plan.pace import Pace
from gis.plan.purse import respent, shaken, spent, won
from gis.plan.regions import Wall, disputed, walled
from gis.plan.solve import solved
from gis.plan.streets import Integers
from gis.plan.trim import Choice, Mask
from gis.plan.weigh import Skeleton, shift, skeleton

PARTS = 1 << 16
PRICES = 8
STRIDE, NARROW = 1.2, 1.1
"""The first step from a price to the next: where nothing is known, and where rough plans have told about where."""
QUICK = 4
CLOSE = 1e-4
"""Of the prizes missed: what a branch may lack until it is not worth a look."""
MUCH = 0.5
"""Of the budget: a plan that costs less is spent on only where none costs more, for that takes long."""
SLACK = 1e-9


@dataclass(frozen=True, slots=True, eq=False)
class Priced:
    """The plan at a price: its edges, users and cost, the prizes it misses, and the bound that the price gives (yuan).

    `whole`: all users that can be served are.
    """

    price: int
    choice: Choice
    cost: float
    missed: float
    bound: float
    whole: bool


class Pair(NamedTuple):
    """The cheapest plan over the budget and the dearest within it, where there are any."""

    over: Priced | None = None
    within: Priced | None = None


def nearest(plans: Sequence[Priced], budget: float) -> Pair:
    """Give the pair among some plans; of those that cost the same, the first."""
    return Pair(
        min((each for each in plans if each.cost > budget), key=lambda each: each.cost, default=None),
        max((each for each in plans if each.cost <= budget), key=lambda each: each.cost, default=None),
    )


@dataclass(frozen=True, slots=True, eq=False)
class _Branch:
    """The plans that keep to some walls: what none of them misses less than, and the two plans at the best price."""

    walls: tuple[Wall, ...]
    bound: float
    pair: Pair


@dataclass(frozen=True, slots=True, eq=False)
class Market:
    """Where plans are priced: a yuan of cost weighs as much as `price` / PARTS yuan of missed prizes."""

    net: Network
    bones: Skeleton
    who: Mask
    budget: float
    seed: int
    pace: Pace

    def at(self, price: int, walls: tuple[Wall, ...]) -> Priced:
        """Give the plan at a price among those that keep to the walls; a step, or up to QUICK."""
        self.pace.on()
        pace = Pace(QUICK, stop=lambda: pace.done > 0 and not self.pace.on())
        found = solved(self._core(price, walls), pace=pace, seed=self.seed, redraws=False)
        return self._told(price, found.edges, found.bound)

    def roughly(self, price: int, walls: tuple[Wall, ...]) -> Priced:
        """Give a plan at a price at once, with the better bound of two ascents."""
        core = self._core(price, walls)
        core.gather()
        core.simplify()
        compact = core.compact()
        arrays = graph(compact)
        ascent = max(ascend(arrays), ascend(arrays, even=True), key=lambda each: each.bound)
        tree = sprouted(arrays, ascent, arrays.prize > 0)
        nodes = (compact.node[node] for node in tree.order.tolist())
        edges = core.expanded(nodes, (compact.edge[edge] for edge in tree.edges))
        return self._told(price, edges, core.base + ascent.bound)

    def _core(self, price: int, walls: tuple[Wall, ...]) -> Core:
        core = self.bones.weighed(prizes=PARTS, money=price)
        walled(core, walls, self.bones.unit_per_yuan * price / (1 << shift(PARTS, price)))
        return core

    def _told(self, price: int, found: Iterable[int], least: int) -> Priced:
        """Give what edges found at a price, and a bound in units there, come to in yuan."""
        edges = self.net.dug(edge for edge in found if edge < len(self.net.cost))
        users = self.net.users
        inside = self.who & self.net.nodes_of(edges)[users.node]
        connected = inside & (PARTS * users.prize > price * users.service)
        purse = math.ceil(self.budget * self.bones.unit_per_yuan)
        bound = self.bones.yuan((least << shift(PARTS, price)) - price * purse) / PARTS
        missed = math.fsum(users.prize[self.who & ~connected].tolist())
        whole = bool((connected == self.who).all())
        return Priced(price, Choice(edges, connected), self.net.cost_of(edges, connected), missed, bound, whole)

    def priced(
        self, plan: Callable[[int, tuple[Wall, ...]], Priced], price: int, walls: tuple[Wall, ...], pair: Pair
    ) -> Iterator[Priced]:
        """Give plans at prices ever nearer to the best one: where the lines of a dear and a cheap plan cross."""
        over, within = pair
        stride = STRIDE if pair == Pair() else NARROW
        for _ in range(PRICES):
            found = plan(price, walls)
            yield found
            again = found.cost in {each.cost for each in (over, within) if each is not None}
            if found.cost > self.budget:
                over, within = found, within if within is not None and within.price > price else None
            else:
                over, within = over if over is not None and over.price < price else None, found
            if over is not None and within is not None:
                price = round(PARTS * (within.missed - over.missed) / (over.cost - within.cost))
                if again or not over.price < price < within.price:
                    return
            elif within is not None:
                if within.whole or price == 1:
                    return
                price, stride = max(1, round(price / stride)), stride**2
            else:
                price, stride = math.ceil(price * stride), stride**2
            if self.pace.over:
                return

    def branch(self, price: int, walls: tuple[Wall, ...], floor: float) -> tuple[_Branch, list[Priced]]:
        """Give what prices, tried roughly first, say of plans within the walls, and those searched for and near."""
        rough = list(self.priced(self.roughly, price, walls, Pair()))
        best, pair = max(rough, key=lambda each: each.bound), nearest(rough, self.budget)
        found = [*self.priced(self.at, best.price, walls, pair), *(each for each in pair if each is not None)]
        least = max(floor, *(each.bound for each in (best, *found)))
        return _Branch(walls, least, nearest(found, self.budget)), found


class Answer(NamedTuple):
    """Edges to dig, users to connect, a bound on what no plan is below, and the prizes that a yuan must win (yuan)."""

    edges: Integers
    connected: Mask
    bound: float
    exchange: float


def best_within(
    net: Network, *, budget: float, seed: int, pace: Pace, exchange: float = 1.0, start: Iterable[int] = ()
) -> Answer:
    """Give edges and connected users that cost no more than the budget, and a bound on the prizes missed (yuan).

    `exchange` is the first price that is tried: that of a larger budget is a better guess than 1. The edges `start` of
    a tree, trimmed to the budget, are the first plan.
    """
    who = net.possible & (net.users.prize > 0) & (net.lowest <= budget * (1 + SLACK) + SLACK)
    forced = math.fsum(net.users.prize[~who].tolist())
    market = Market(net, skeleton(net, who), who, budget, seed, pace)
    tree = np.array([edge for edge in start if np.isfinite(net.cost[edge])], dtype=np.int64)
    first = spent(net, tree, who, budget=budget) if len(tree) else Choice(tree, np.zeros(len(who), dtype=bool))
    best, bound, exchange = _searched(market, round(PARTS * max(1.0, exchange)), first)
    best = respent(net, shaken(net, best, who, budget=budget, seed=seed), who, budget=budget)
    return Answer(best.edges, best.connected, forced + bound, exchange)


def _searched(market: Market, price: int, best: Choice) -> tuple[Choice, float, float]:
    """Give the `best` choice or a better one, a bound on the prizes missed, and the best price.

    `price` is tried first; the branch with the lowest bound is parted. A look at a branch is a step besides those of
    its prices; one that the pace leaves no look at keeps the bound of that which it is a part of.
    """
    net, who, budget = market.net, market.who, market.budget
    total = math.fsum(net.users.prize[who].tolist())
    waiting: list[tuple[float, int, _Branch]] = []
    parted: tuple[tuple[Wall, ...], ...] = ((),)
    floor, number, exchange = 0.0, 0, 0.0
    while True:
        for walls in parted:
            number += 1
            if not market.pace.on() and number > 1:
                heappush(waiting, (floor, number, _Branch(walls, floor, Pair())))
                continue
            branch, found = market.branch(price, walls, floor)
            exchange = exchange or max(found, key=lambda each: each.bound).price / PARTS
            heappush(waiting, (branch.bound, number, branch))
            near = [each for each in found if each.cost >= MUCH * budget] or found
            tried = max(
                (spent(net, each.choice.edges, who, budget=budget) for each in near), key=lambda each: won(net, each)
            )
            if won(net, tried) > won(net, best):
                best = respent(net, tried, who, budget=budget)
        floor, _, branch = waiting[0]
        over, within = branch.pair
        region = disputed(net, over.choice, within.choice) if over is not None and within is not None else None
        if market.pace.over or over is None or region is None or floor >= (total - won(net, best)) * (1 - CLOSE):
            return best, floor, exchange
        heappop(waiting)
        price = over.price
        parted = tuple((*branch.walls, Wall(region, entered)) for entered in (True, False))
