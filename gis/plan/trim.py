"""Making a pipe tree cheaper until it fits a budget: dear branches are cut whole, or twigs are peeled one by one."""

import math
from collections import Counter
from dataclasses import dataclass
from heapq import heapify, heappop, heappush
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from gis.plan.network import Network
from gis.plan.streets import Integers

TRIMS = 20
ROUNDING = 1e-9

Mask = NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class Choice:
    """Edges to dig and users to connect."""

    edges: Integers
    connected: Mask


@dataclass(frozen=True, slots=True)
class _Branches:
    """A tree from the root: per node in walking order the edge and node it hangs on, and the users at each node."""

    walk: list[tuple[int, int, int]]
    users: dict[int, list[int]]


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
    links: dict[int, list[tuple[int, int]]] = {net.root: []}
    for edge in edges.tolist():
        u, v = int(net.u[edge]), int(net.v[edge])
        links.setdefault(u, []).append((edge, v))
        links.setdefault(v, []).append((edge, u))
    walk = [(net.root, -1, net.root)]
    for node, through, _ in walk:
        walk.extend((other, edge, node) for edge, other in links[node] if edge != through)
    users: dict[int, list[int]] = {node: [] for node in links}
    for user in np.flatnonzero(who & net.nodes_of(edges)[net.users.node]).tolist():
        users[int(net.users.node[user])].append(user)
    return _Branches(walk, users)


def _kept(net: Network, branches: _Branches, price: float) -> Choice:
    """Give the best part of the tree at a price: exact, by what each branch is worth to its parent."""
    prize, service = net.users.prize, net.users.service
    wanted = {node: [u for u in users if prize[u] > price * service[u]] for node, users in branches.users.items()}
    worth = {node: float(sum(prize[u] - price * service[u] for u in users)) for node, users in wanted.items()}
    for node, edge, parent in reversed(branches.walk[1:]):
        worth[parent] += max(0.0, worth[node] - price * float(net.cost[edge]))
    connected = np.zeros(len(prize), dtype=bool)
    inside, kept = {net.root}, []
    connected[wanted[net.root]] = True
    for node, edge, parent in branches.walk[1:]:
        if parent in inside and worth[node] > price * net.cost[edge]:
            inside.add(node)
            kept.append(edge)
            connected[wanted[node]] = True
    return Choice(np.array(kept, dtype=np.int64), connected)


class _Twig(NamedTuple):
    """An end of a tree with its users and the way to it from its foot, the last fork or user; cheapest loss first."""

    loss: float
    node: int
    foot: int
    edges: tuple[int, ...]
    cost: float


def peeled(net: Network, choice: Choice, budget: float) -> Choice:
    """Give what is left when twigs are cut off, least prize for the money first, until the budget is kept."""
    rest = net.cost_of(choice.edges, choice.connected)
    if rest <= budget:
        return choice
    goal = budget - ROUNDING * rest
    branches = _branches(net, choice.edges, choice.connected)
    above = {node: (edge, parent) for node, edge, parent in branches.walk}
    forks = Counter(parent for _, _, parent in branches.walk[1:])
    twigs = [_twig(net, branches, above, forks=forks, node=node) for node in above if not forks[node]]
    heapify(twigs)
    gone: set[int] = set()
    connected = choice.connected.copy()
    while rest > goal and twigs:
        twig = heappop(twigs)
        connected[branches.users[twig.node]] = False
        gone.update(twig.edges)
        rest -= twig.cost
        forks[twig.foot] -= 1
        if not forks[twig.foot]:
            heappush(twigs, _twig(net, branches, above, forks=forks, node=twig.foot))
    return Choice(np.array([edge for edge in choice.edges.tolist() if edge not in gone], dtype=np.int64), connected)


def _twig(
    net: Network, branches: _Branches, above: dict[int, tuple[int, int]], *, forks: Counter[int], node: int
) -> _Twig:
    foot, edges, users = node, [], branches.users[node]
    while foot != net.root:
        edge, foot = above[foot]
        edges.append(edge)
        if forks[foot] > 1 or branches.users[foot]:
            break
    cost = float(net.cost[edges].sum() + net.users.service[users].sum())
    prize = float(net.users.prize[users].sum())
    return _Twig(prize / cost if cost else math.inf, node, foot, tuple(edges), cost)
