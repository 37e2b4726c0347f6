"""Prize-collecting trees without a root: any node will do.

As in M. Leitner, I. Ljubić, M. Luipersbeck and M. Sinnl, "A dual ascent-based branch-and-bound framework for the
prize-collecting Steiner tree and related problems", INFORMS J. Computing 30 (2018), a tree that takes in a certain
prize is rooted there; then that prize is given up and another one becomes the root, until what is left is no better.
That is told by ascents from a hub that reaches each prize at a price, less that price: a tree pays it once. Where they
are in doubt about each prize, the relaxation tells, from a hub of which one arc is used.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from gis.plan.ascent import Ascent, ascend
from gis.plan.compiled import Integers
from gis.plan.core import Compact, Core
from gis.plan.cuts import Relaxation
from gis.plan.graph import Graph, graph
from gis.plan.look import LOG, SMALL
from gis.plan.pace import Pace
from gis.plan.reduce import alive, reduced
from gis.plan.solve import Solution, solved

Edges = Iterable[tuple[int, int, int]]
FACTOR = 4
QUICK = 4
"""Steps of a first search, whose value tells which arcs and which prizes are in doubt."""
TURNS, RISE = 10, 0.2
"""Cuts are added while so many rounds raise the bound by so much of the gap."""


@dataclass(frozen=True, slots=True)
class _Hub:
    """What is left, seen from a hub joined to each prize at some price, and the best proof there, less that price.

    Once it was tightened for a value, what it tells holds of trees below that value.
    """

    compact: Compact
    graph: Graph
    price: int
    ascent: Ascent
    base: int

    @property
    def bound(self) -> int:
        """What no tree is below."""
        return self.base + self.ascent.bound

    @property
    def missed(self) -> Integers:
        """What no tree that misses a node is below, by node; 0 where there is nothing to miss."""
        return (self.bound + self.ascent.prize_left) * (self.graph.prize > 0)

    @property
    def root(self) -> int:
        """The node whose prize is the dearest to miss."""
        return int(np.lexsort((self.graph.prize, self.missed))[-1])

    def logged(self) -> Ascent:
        """Give the ascent again, with the cuts that it raised."""
        cost = self.graph.cost.copy()
        cost[len(self.compact.cost) :] = self.price
        return replace(ascend(self.graph._replace(cost=cost), log=LOG), bound=self.ascent.bound)

    def alive(self, value: int) -> NDArray[np.bool_]:
        """Give which arcs a tree below a value may hold."""
        return alive(self.graph, self.ascent, root=0, room=value - self.bound)

    def dead(self, value: int) -> list[int]:
        """Give the edges that no tree below a value holds."""
        pairs = self.alive(value)[: 2 * len(self.compact.cost)].reshape(-1, 2)
        found: list[int] = np.flatnonzero(~pairs.any(axis=1)).tolist()
        return found


def solved_rootless(prize: list[int], edges: Edges, *, pace: Pace, seed: int = 0) -> Solution:
    """Give the best tree found, its value (edge cost and missed prizes) and a bound, for prizes by node.

    An empty tree of value all prizes less the greatest stands for a single node. Edges are numbered as given.
    """
    total, rest = sum(prize), Core(len(prize), [*prize, 0])
    for u, v, cost in edges:
        rest.add(u, v, cost)
    rooted: list[int] = []  # what no tree is below that takes in the first root, the second one, ...
    floor = 0  # and no other tree
    best = Solution([], total - max(prize, default=0), 0, 0)
    while not pace.over:
        reduced(rest, sure=total + 1, on=lambda: True)
        if total - rest.alone[0] < best.value:
            best = Solution(rest.expanded([], rest.alone[1]), total - rest.alone[0], 0, 0)
        hub = _hub(rest)
        floor = max(floor, total if hub is None else hub.bound)
        if hub is None or floor >= best.value:
            break
        bound = 0
        if hub.missed.max() < best.value:
            quick = Pace(QUICK, stop=lambda: not pace.on())
            best, bound = _searched(rest, hub, best, pace=quick, seed=seed)
            floor = max(floor, min(bound, int(hub.missed.max())))
        if bound < best.value:
            hub = _tightened(hub, best.value, pace)
            best, bound = _searched(rest, hub, best, pace=pace, seed=seed)
        rooted.append(max(floor, hub.bound, bound))
        floor = max(floor, int(hub.missed.max()))
        if floor >= best.value:
            break
        for edge in hub.dead(best.value):
            rest.remove(*(hub.compact.node[end] for end in hub.compact.ends[edge]))
        rest = rest.without(hub.compact.node[hub.root])
    return Solution(best.edges, best.value, min([best.value, floor, *rooted]), pace.done)


def _searched(rest: Core, hub: _Hub, best: Solution, *, pace: Pace, seed: int) -> tuple[Solution, int]:
    """Give the better of a known tree and of one that takes in the hub's root, and what no tree that does is below."""
    root = hub.root
    core = Core(root, [0 if node == root else each for node, each in enumerate(hub.compact.prize)], base=rest.base)
    for (u, v), cost in zip(hub.compact.ends, hub.compact.cost, strict=True):
        core.add(u, v, cost)
    for edge in hub.dead(best.value):
        core.remove(*hub.compact.ends[edge])
    found = solved(core, pace=pace, seed=seed, known=best.value)
    if found.value >= best.value:
        return best, found.bound
    nodes = {root, *(end for edge in found.edges for end in hub.compact.ends[edge])}
    edges = rest.expanded((hub.compact.node[node] for node in nodes), (hub.compact.edge[edge] for edge in found.edges))
    return Solution(edges, found.value, 0, 0), found.bound


def _tightened(hub: _Hub, value: int, pace: Pace) -> _Hub:
    """Add cuts until some prize is known to be held by any tree below a value, or the bound rises no more."""
    joins = np.zeros(len(hub.graph.tail), dtype=bool)
    joins[2 * len(hub.compact.cost) :: 2] = True
    may = hub.alive(value)
    known = pace.over or hub.missed.max() >= value
    if known or may.reshape(-1, 2).any(axis=1).sum() > SMALL or not (may & joins).any():
        return hub
    ascent, marks = hub.logged(), [hub.bound]
    relaxation = Relaxation(hub.graph, ascent, may, once=joins)
    while pace.on():
        relaxation.solve()
        tight = replace(ascent, bound=relaxation.bound, left=relaxation.left, prize_left=relaxation.prize_left)
        hub = replace(hub, ascent=tight)
        marks.append(hub.bound)
        slow = len(marks) > TURNS and marks[-1] - marks[-1 - TURNS] < RISE * (value - hub.bound)
        if slow or hub.missed.max() >= value or (not relaxation.separate() and relaxation.finished):
            break
    return hub


def _hub(rest: Core) -> _Hub | None:
    """Give the hub at the best of some prices; None where no prize has an edge, so that only single nodes are left."""
    compact = rest.compact()
    prize = np.array(compact.prize, dtype=np.int64)
    wanted = np.flatnonzero(prize > 0)
    if not len(wanted):
        return None
    real = len(compact.cost)
    ends = compact.ends + [(0, node) for node in wanted.tolist()]
    arrays = graph(Compact(ends, compact.cost + [0] * len(wanted), [], compact.prize, compact.node))
    tried: dict[int, Ascent] = {}

    def bound(price: int) -> int:
        if price not in tried:
            cost = arrays.cost.copy()
            cost[real:] = price
            tried[price] = ascend(arrays._replace(cost=cost))
        return tried[price].bound - price

    top, factor = int(prize.max()), FACTOR
    while factor > 1:
        dearer, cheaper = top * factor, top // factor
        better = max((top, dearer, cheaper), key=lambda each: (bound(each), each == top))
        if better == top:
            factor //= 2
        while better != top:
            further = better * better // max(1, top)
            top, better = better, further if bound(further) > bound(better) else better
    return _Hub(compact, arrays, top, replace(tried[top], bound=bound(top)), rest.base)
