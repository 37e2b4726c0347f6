"""Spending a budget on a pipe network: trim a tree until it fits, then connect more users while money is left."""

import math

import numpy as np

from gis.plan.compiled import compiled
from gis.plan.network import Network
from gis.plan.streets import Floats, Integers
from gis.plan.trim import ROUNDING, Choice, Mask, peeled, served, trimmed

NEARLY = 1.3
SHAKES, SHAKEN_USERS = 60, 200_000
"""So many shakes, but fewer where there are more users than that together."""
SHAKEN = (0.05, 0.5)
HERE = 0.5
RUINS = (0.03, 0.06, 0.1, 0.15, 0.25, 0.4)


def won(net: Network, choice: Choice) -> float:
    """Give the prizes of the connected users."""
    return math.fsum(net.users.prize[choice.connected].tolist())


def spent(net: Network, edges: Integers, who: Mask, *, budget: float) -> Choice:
    """Give edges and users of `who` within the budget: a tree trimmed or peeled to fit, and the rest spent."""
    bare = trimmed(net, edges, who, budget=budget)
    return max((filled(net, each, who, budget=budget) for each in bare), key=lambda each: won(net, each))


def respent(net: Network, choice: Choice, who: Mask, *, budget: float) -> Choice:
    """Give a choice no worse: part of the money is taken back and spent anew, a little at first, then more."""
    best = choice
    for ruin in RUINS:
        bare = peeled(net, best, budget * (1 - ruin))
        best = max(best, filled(net, bare, who, budget=budget), key=lambda each: won(net, each))
    return best


def shaken(net: Network, choice: Choice, who: Mask, *, budget: float, seed: int) -> Choice:
    """Give a choice no worse: some users, in one place or anywhere, are left out and the money spent anew, many times.

    The users left out come back only where they are worth it; ways that nobody needs any more are not dug.
    """
    random, best = np.random.default_rng(seed), choice
    for _ in range(min(SHAKES, 1 + SHAKEN_USERS // (1 + int(who.sum())))):
        inside = np.flatnonzero(best.connected)
        if not len(inside):
            return best
        share = random.uniform(*SHAKEN)
        stay = best.connected & (random.random(len(who)) > share)
        if random.random() < HERE:
            near, _ = net.ways(net.users.node[random.choice(inside, 1)])
            far = near[net.users.node[inside]]
            stay = best.connected.copy()
            stay[inside[np.argsort(far, kind="stable")[: max(1, int(share * len(inside)))]]] = False
        bare = peeled(net, served(net, best.edges, stay), budget)
        others = who if random.random() < HERE else who & (stay | (random.random(len(who)) > share))
        again = filled(net, filled(net, bare, others, budget=budget), who, budget=budget)
        best = max(best, again, key=lambda each: won(net, each))
    return best


def filled(net: Network, choice: Choice, who: Mask, *, budget: float) -> Choice:
    """Give the choice with more of the users `who`, until no more can be afforded: most prize for the money first."""
    while True:
        hooked = _hooked(net, choice, who, budget=budget)
        dug = _dug(net, hooked, who, budget=budget)
        if dug is hooked:
            return hooked
        choice = dug


def _hooked(net: Network, choice: Choice, who: Mask, *, budget: float) -> Choice:
    """Give the choice with users at nodes already reached, while their service lines can be afforded."""
    service, connected = net.users.service, choice.connected.copy()
    rest = budget * (1 - ROUNDING) - net.cost_of(choice.edges, connected)
    near = np.flatnonzero(who & ~connected & net.nodes_of(choice.edges)[net.users.node] & (service <= rest))
    for user in near[np.argsort(service[near] / net.users.prize[near], kind="stable")].tolist():
        if service[user] <= rest:
            connected[user] = True
            rest -= float(service[user])
    return Choice(choice.edges, connected)


def _dug(net: Network, choice: Choice, who: Mask, *, budget: float) -> Choice:
    """Give the choice with new ways: the best, and apart from it others nearly as good; the same one where none fits.

    A way counts with all users passed on it, or, where no such way fits, with the user at its end. Ties: first user.
    """
    taken = net.nodes_of(choice.edges)
    reach, before = net.ways(np.flatnonzero(taken))
    waiting = np.flatnonzero(who & ~choice.connected & ~taken[net.users.node])
    waiting = waiting[np.argsort(net.users.node[waiting], kind="stable")]
    at = net.users.node[waiting]
    rest = budget * (1 - ROUNDING) - net.cost_of(choice.edges, choice.connected)
    prize, service = _gathered(at, before, net.users.prize[waiting], net.users.service[waiting])
    spend, gain = reach[at] + service[at], prize[at]
    alone = not (spend <= rest).any()
    if alone:
        spend, gain = reach[at] + net.users.service[waiting], net.users.prize[waiting]
    fitting = np.flatnonzero(spend <= rest)
    price = spend[fitting] / gain[fitting]
    limit, ways, connected = np.inf, [choice.edges], choice.connected.copy()
    for place in np.lexsort((waiting[fitting], price)).tolist():
        if price[place] > limit:
            break
        user = fitting[place]
        path = _path(int(at[user]), before)
        if taken[path[:-1]].any():
            continue
        new = waiting[[user] if alone else _places(path[:-1], at)]
        way = net.edge_between(path[:-1], path[1:])
        cost = float(net.cost[way].sum() + net.users.service[new].sum())
        if cost <= rest:
            rest, limit = rest - cost, min(limit, NEARLY * price[place])
            taken[path], connected[new] = True, True
            ways.append(way)
    return Choice(np.concatenate(ways), connected) if len(ways) > 1 else choice


def _places(nodes: Integers, at: Integers) -> Integers:
    """Give the places in an ordered list of nodes where some nodes are."""
    first, last = (np.searchsorted(at, nodes, side=side).tolist() for side in ("left", "right"))
    return np.concatenate([np.arange(a, b) for a, b in zip(first, last, strict=True)])


def _path(node: int, before: Integers) -> Integers:
    nodes = [node]
    while before[nodes[-1]] >= 0:
        nodes.append(int(before[nodes[-1]]))
    return np.array(nodes, dtype=np.int64)


@compiled
def _gathered(at: Integers, before: Integers, prize: Floats, service: Floats) -> tuple[Floats, Floats]:
    """Give per node what the users at it and on its way have of two values; nodes that nobody's way passes have 0."""
    first, second = np.zeros(len(before)), np.zeros(len(before))
    for user in range(len(at)):
        first[at[user]] += prize[user]
        second[at[user]] += service[user]
    summed, way = np.zeros(len(before), np.bool_), np.empty(len(before), np.int64)
    for start in at:
        node, count = start, 0
        while before[node] >= 0 and not summed[node]:
            way[count], summed[node] = node, True
            node, count = before[node], count + 1
        for place in range(count - 1, -1, -1):
            first[way[place]] += first[before[way[place]]]
            second[way[place]] += second[before[way[place]]]
    return first, second
