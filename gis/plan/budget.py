"""The pipe plan under a budget: money is priced until the priced plan fits, then the purse is spent to the end.

The bound is Lagrange's. For any price m ≥ 0 and any plan within the budget B, missed ≥ missed + m · (cost − B), since
cost − B ≤ 0; so missed ≥ min over all plans of (missed + m · cost) − m · B, and dual ascent bounds that minimum from
below. The best of several prices counts. Users whose own cheapest way exceeds the budget are missed by every plan and
are added on top.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gis.plan.network import Network
from gis.plan.solve import solved
from gis.plan.streets import Integers
from gis.plan.weigh import Skeleton, skeleton

PARTS = 1 << 16
STRIDE = 4
HALVINGS = 4
TRIED = 4
TRIMS = 40
SLACK = 1e-9

Mask = NDArray[np.bool_]
Choice = tuple[Integers, Mask]


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

    def at(self, price: int, *, rounds: int = 1) -> _Priced:
        """Give the plan at a price."""
        found = solved(self.bones.weighed(prizes=PARTS, money=price), rounds=rounds, seed=self.seed)
        edges = np.array(found.edges, dtype=np.int64)
        users = self.net.users
        inside = self.who & self.net.nodes_of(edges)[users.node]
        connected = inside & (PARTS * users.prize > price * users.service)
        purse = math.ceil(self.budget * self.bones.unit_per_yuan)
        bound = self.bones.yuan(found.bound - price * purse) / PARTS
        whole = bool((connected == self.who).all())
        return _Priced(edges, self.net.cost_of(edges, connected), bound, whole)

    def searched(self, rounds: int) -> list[_Priced]:
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
        return [*found, self.at(low, rounds=rounds), self.at(high, rounds=rounds)]


def best_within(net: Network, budget: float, *, seed: int, rounds: int) -> tuple[Integers, Mask, float]:
    """Give edges and connected users that cost no more than the budget, and a bound on the prizes missed (yuan)."""
    who = net.possible & (net.users.prize > 0) & (net.lowest <= budget * (1 + SLACK) + SLACK)
    forced = math.fsum(net.users.prize[~who].tolist())
    found = _Market(net, skeleton(net, who), who, budget, seed).searched(rounds)
    best: Choice = (np.empty(0, dtype=np.int64), np.zeros(len(who), dtype=bool))
    fewest = math.inf
    for priced in found[-TRIED:]:
        choice = filled(net, trimmed(net, priced.edges, who, budget=budget), who, budget=budget)
        missed = math.fsum(net.users.prize[~choice[1]].tolist())
        if missed < fewest:
            best, fewest = choice, missed
    return *best, forced + max(0.0, *(priced.bound for priced in found))


@dataclass(frozen=True, slots=True)
class _Branches:
    """A tree from the root: per node in walking order the edge and node it hangs on, and the users at each node."""

    walk: list[tuple[int, int, int]]
    users: dict[int, list[int]]


def trimmed(net: Network, edges: Integers, who: Mask, *, budget: float) -> Choice:
    """Give the part of a tree that is kept at the lowest price at which it fits the budget."""
    branches = _branches(net, edges, who)
    low, high = 0.0, 1.0
    best = _kept(net, branches, low)
    if net.cost_of(*best) <= budget:
        return best
    best = _kept(net, branches, high)
    while net.cost_of(*best) > budget:
        low, high = high, 2 * high
        best = _kept(net, branches, high)
    for _ in range(TRIMS):
        middle = (low + high) / 2
        choice = _kept(net, branches, middle)
        if net.cost_of(*choice) <= budget:
            high, best = middle, choice
        else:
            low = middle
    return best


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
    return np.array(kept, dtype=np.int64), connected


def filled(net: Network, choice: Choice, who: Mask, *, budget: float) -> Choice:
    """Give the choice with users added while one can be afforded, most prize for the money first (ties: the first)."""
    edges, connected = choice[0], choice[1].copy()
    inside = net.nodes_of(edges)
    reach, before = net.ways(np.flatnonzero(inside))
    while True:
        extra = np.append(reach, np.inf)[net.users.node] + net.users.service
        rest = budget - net.cost_of(edges, connected)
        open_to = np.flatnonzero(who & ~connected & (extra <= rest))
        if not len(open_to):
            return edges, connected
        order = np.lexsort((open_to, extra[open_to] / net.users.prize[open_to]))
        user = int(open_to[order[0]])
        path = _path(net, int(net.users.node[user]), inside, before)
        more, connected[user] = np.concatenate((edges, path)), True
        if net.cost_of(more, connected) > budget:
            who = who & (np.arange(len(who)) != user)
            connected[user] = False
            continue
        edges = more
        if len(path):
            inside = net.nodes_of(edges)
            reach, before = net.ways(np.flatnonzero(inside))


def _path(net: Network, node: int, inside: Mask, before: Integers) -> Integers:
    nodes = [node]
    while not inside[nodes[-1]]:
        nodes.append(int(before[nodes[-1]]))
    return net.edge_between(np.array(nodes[:-1], dtype=np.int64), np.array(nodes[1:], dtype=np.int64))
