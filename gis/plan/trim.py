"""Making a pipe tree cheaper until it fits a budget: dear branches are cut whole, or twigs are peeled one by one."""

import math
from dataclasses import dataclass
from heapq import heapify, heappop, heappush
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from gis.plan.compiled import compiled
from gis.plan.network import Hung, Network
from gis.plan.streets import Floats, Integers

TRIMS = 20
ROUNDING = 1e-9

Mask = NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class Choice:
    """Edges to dig and users to connect."""

    edges: Integers
    connected: Mask


class _Branches(NamedTuple):
    """A tree from the root, the cost of the edge that each node hangs by, users on it, and the place of each."""

    tree: Hung
    cost: Floats
    users: Integers
    at: Integers


def trimmed(net: Network, edges: Integers, who: Mask, *, budget: float) -> list[Choice]:
    """Give the part of a tree kept at the lowest price at which it fits, and the one a little dearer, peeled to fit."""
    branches = _branches(net, edges, who)
    low, high = 0.0, 1.0
    above = _kept(net, branches, low)
    if _fits(net, above, budget):
        return [above]
    fits = _kept(net, branches, high)
    while not _fits(net, fits, budget):
        low, high, above = high, 2 * high, fits
        fits = _kept(net, branches, high)
    for _ in range(TRIMS):
        middle = (low + high) / 2
        choice = _kept(net, branches, middle)
        if _fits(net, choice, budget):
            high, fits = middle, choice
        else:
            low, above = middle, choice
    return [fits, peeled(net, above, budget)]


def served(net: Network, edges: Integers, who: Mask) -> Choice:
    """Give the part of a tree that leads to users of `who`, with these users."""
    return _kept(net, _branches(net, edges, who), 0.0)


def _fits(net: Network, choice: Choice, budget: float) -> bool:
    return net.cost_of(choice.edges, choice.connected) <= budget


def _branches(net: Network, edges: Integers, who: Mask) -> _Branches:
    tree = net.hung(edges)
    users = np.flatnonzero(who)
    users = users[tree.place[net.users.node[users]] >= 0]
    return _Branches(tree, np.append(0.0, net.cost[tree.edge[1:]]), users, tree.place[net.users.node[users]])


def _kept(net: Network, branches: _Branches, price: float) -> Choice:
    """Give the best part of the tree at a price: exact, by what each branch is worth to its parent."""
    prize, line = net.users.prize[branches.users], price * net.users.service[branches.users]
    wanted = prize > line
    worth = np.bincount(branches.at[wanted], (prize - line)[wanted], minlength=len(branches.cost)).astype(np.float64)
    stays = _staying(worth, price * branches.cost, branches.tree.above)
    connected = np.zeros(len(net.users.prize), dtype=bool)
    connected[branches.users[wanted & stays[branches.at]]] = True
    return Choice(branches.tree.edge[1:][stays[1:]], connected)


@compiled
def _staying(worth: Floats, toll: Floats, above: Integers) -> Mask:
    """Mark the root and each place that is worth more than its toll, with all behind it, and hangs on one that stays.

    What a place is worth beyond its toll is added to its parent's worth.
    """
    for place in range(len(worth) - 1, 0, -1):
        if worth[place] > toll[place]:
            worth[above[place]] += worth[place] - toll[place]
    stays = worth > toll
    stays[0] = True
    for place in range(1, len(worth)):
        stays[place] &= stays[above[place]]
    return stays


class _Twig(NamedTuple):
    """An end of a tree and the way to it from its foot, the last fork or user, by places; cheapest loss first."""

    loss: float
    node: int
    end: int
    foot: int
    way: tuple[int, ...]
    cost: float


class _Ends(NamedTuple):
    """What twigs are made of, by place: node, parent, its edge's cost, how much hangs on it, users and their sums."""

    node: list[int]
    above: list[int]
    cost: list[float]
    forks: list[int]
    users: list[int]
    service: list[float]
    prize: list[float]

    def twig(self, end: int) -> _Twig:
        """Give the twig of an end."""
        foot, way, cost = end, list[int](), self.service[end]
        while foot:
            way.append(foot)
            cost += self.cost[foot]
            foot = self.above[foot]
            if self.forks[foot] > 1 or self.users[foot]:
                break
        return _Twig(self.prize[end] / cost if cost else math.inf, self.node[end], end, foot, tuple(way), cost)


def peeled(net: Network, choice: Choice, budget: float) -> Choice:
    """Give what is left when twigs are cut off, least prize for the money first, until the budget is kept."""
    rest = net.cost_of(choice.edges, choice.connected)
    if rest <= budget:
        return choice
    goal = budget - ROUNDING * rest
    branches = _branches(net, choice.edges, choice.connected)
    ends = _ends(net, branches)
    twigs = [ends.twig(place) for place, hanging in enumerate(ends.forks) if not hanging]
    heapify(twigs)
    laid, linked = np.ones((2, len(branches.cost)), dtype=bool)
    while rest > goal and twigs:
        twig = heappop(twigs)
        linked[twig.end], laid[list(twig.way)] = False, False
        rest -= twig.cost
        ends.forks[twig.foot] -= 1
        if not ends.forks[twig.foot]:
            heappush(twigs, ends.twig(twig.foot))
    connected = choice.connected.copy()
    connected[branches.users[~linked[branches.at]]] = False
    return Choice(branches.tree.edge[1:][laid[1:]], connected)


def _ends(net: Network, branches: _Branches) -> _Ends:
    count, sums = len(branches.cost), (net.users.service[branches.users], net.users.prize[branches.users])
    return _Ends(
        branches.tree.node.tolist(),
        branches.tree.above.tolist(),
        branches.cost.tolist(),
        np.bincount(branches.tree.above[1:], minlength=count).tolist(),
        np.bincount(branches.at, minlength=count).tolist(),
        *(np.bincount(branches.at, each, minlength=count).tolist() for each in sums),
    )
