"""Spending a budget on a pipe network: trim a tree until it fits, then connect more users while money is left."""

import math

import numpy as np

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
    at, inside = net.users.node, net.nodes_of(choice.edges)
    reach, before = net.ways(np.flatnonzero(inside))
    waiting = who & ~choice.connected & ~inside[at]
    rest = budget * (1 - ROUNDING) - net.cost_of(choice.edges, choice.connected)
    prize, service = _gathered(net, before, waiting)
    spend, gain = (reach + service)[at], prize[at]
    alone = not (waiting & (spend <= rest)).any()
    if alone:
        spend, gain = reach[at] + net.users.service, net.users.prize
    fitting = np.flatnonzero(waiting & (spend <= rest))
    price = spend[fitting] / gain[fitting]
    taken, limit = inside.copy(), np.inf
    ways, connected = [choice.edges], choice.connected.copy()
    for place in np.argsort(price, kind="stable").tolist():
        if price[place] > limit:
            break
        user = int(fitting[place])
        path = _path(int(at[user]), inside, before)
        if taken[path[:-1]].any():
            continue
        new = np.array([user]) if alone else np.flatnonzero(waiting & _marked(net, path)[at])
        way = net.edge_between(path[:-1], path[1:])
        cost = float(net.cost[way].sum() + net.users.service[new].sum())
        if cost <= rest:
            rest, limit = rest - cost, min(limit, NEARLY * price[place])
            taken[path], connected[new] = True, True
            ways.append(way)
    return Choice(np.concatenate(ways), connected) if len(ways) > 1 else choice


def _marked(net: Network, nodes: Integers) -> Mask:
    marks = np.zeros(net.root + 1, dtype=bool)
    marks[nodes] = True
    return marks


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
