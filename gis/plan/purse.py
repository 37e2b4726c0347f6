"""Spending a budget on a pipe network: trim a tree until it fits, then connect more users while money is left."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gis.plan.network import Network
from gis.plan.streets import Floats, Integers

TRIMS = 20
RUINS = (0.03, 0.06, 0.1, 0.15, 0.25, 0.4)

Mask = NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class Choice:
    """Edges to dig and users to connect."""

    edges: Integers
    connected: Mask


def won(net: Network, choice: Choice) -> float:
    """Give the prizes of the connected users."""
    return math.fsum(net.users.prize[choice.connected].tolist())


def spent(net: Network, edges: Integers, who: Mask, *, budget: float) -> Choice:
    """Give edges and users of `who` within the budget: a tree trimmed to fit, and the rest spent."""
    return filled(net, trimmed(net, edges, who, budget=budget), who, budget=budget)


def respent(net: Network, choice: Choice, who: Mask, *, budget: float) -> Choice:
    """Give a choice no worse: part of the money is taken back and spent anew, a little at first, then more."""
    best = choice
    for ruin in RUINS:
        bare = trimmed(net, best.edges, who, budget=budget * (1 - ruin))
        best = max(best, filled(net, bare, who, budget=budget), key=lambda each: won(net, each))
    return best


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
    if net.cost_of(best.edges, best.connected) <= budget:
        return best
    best = _kept(net, branches, high)
    while net.cost_of(best.edges, best.connected) > budget:
        low, high = high, 2 * high
        best = _kept(net, branches, high)
    for _ in range(TRIMS):
        middle = (low + high) / 2
        choice = _kept(net, branches, middle)
        if net.cost_of(choice.edges, choice.connected) <= budget:
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
    return Choice(np.array(kept, dtype=np.int64), connected)


def filled(net: Network, choice: Choice, who: Mask, *, budget: float) -> Choice:
    """Give the choice with more of the users `who`, while one can be afforded: most prize for the money first.

    A way to a user counts with all users passed on it. Ties go to the first user.
    """
    who = who & (net.lowest <= budget)
    while True:
        inside = net.nodes_of(choice.edges)
        reach, before = net.ways(np.flatnonzero(inside))
        choice = _hooked(net, choice, who, budget=budget)
        waiting = who & ~choice.connected & ~inside[net.users.node]
        rest = budget - net.cost_of(choice.edges, choice.connected)
        prize, service = _gathered(net, before, waiting)
        spend = (reach + service)[net.users.node]
        lone = reach[net.users.node] + net.users.service
        group = np.flatnonzero(waiting & (spend <= rest))
        if len(group):
            user = group[np.argmin(spend[group] / prize[net.users.node[group]])]
            path = _path(int(net.users.node[user]), inside, before)
            new = waiting & np.isin(net.users.node, path)
        else:
            single = np.flatnonzero(waiting & (lone <= rest))
            if not len(single):
                return choice
            user = single[np.argmin(lone[single] / net.users.prize[single])]
            path = _path(int(net.users.node[user]), inside, before)
            new = np.arange(len(who)) == user
        more = Choice(np.concatenate((choice.edges, net.edge_between(path[:-1], path[1:]))), choice.connected | new)
        if net.cost_of(more.edges, more.connected) > budget:
            who = who & (np.arange(len(who)) != user)
            continue
        choice = more


def _hooked(net: Network, choice: Choice, who: Mask, *, budget: float) -> Choice:
    """Give the choice with users at nodes already reached, while their service lines can be afforded."""
    open_to = np.flatnonzero(who & ~choice.connected & net.nodes_of(choice.edges)[net.users.node])
    connected = choice.connected.copy()
    for user in open_to[np.argsort(net.users.service[open_to] / net.users.prize[open_to], kind="stable")].tolist():
        connected[user] = True
        if net.cost_of(choice.edges, connected) > budget:
            connected[user] = False
    return Choice(choice.edges, connected)


def _gathered(net: Network, before: Integers, waiting: Mask) -> tuple[Floats, Floats]:
    """Give per node the prizes and service lines of the waiting users on its way, by doubling the step each time."""
    at = net.users.node[waiting]
    prize = np.bincount(at, net.users.prize[waiting], minlength=net.root + 1).astype(np.float64)
    service = np.bincount(at, net.users.service[waiting], minlength=net.root + 1).astype(np.float64)
    step = np.where(before >= 0, before, np.arange(net.root + 1))
    on_way = before >= 0
    while on_way.any():
        prize[on_way], service[on_way] = (prize + prize[step])[on_way], (service + service[step])[on_way]
        step = step[step]
        on_way = on_way & (before[step] >= 0)
    return prize, service


def _path(node: int, inside: Mask, before: Integers) -> Integers:
    nodes = [node]
    while not inside[nodes[-1]]:
        nodes.append(int(before[nodes[-1]]))
    return np.array(nodes, dtype=np.int64)
