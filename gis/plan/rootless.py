"""Prize-collecting trees without a root: any node will do.

As in M. Leitner, I. Ljubić, M. Luipersbeck and M. Sinnl, "A dual ascent-based branch-and-bound framework for the
prize-collecting Steiner tree and related problems", INFORMS J. Computing 30 (2018), a tree that takes in a certain
prize is rooted there; then that prize is given up and another one becomes the root, until what is left is no better.
That is told by ascents from a hub that reaches each prize at a price, less that price: a tree pays it once.
"""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from gis.plan.ascent import Ascent, ascend
from gis.plan.core import Compact, Core
from gis.plan.graph import Graph, graph
from gis.plan.pace import Pace
from gis.plan.reduce import alive, reduced
from gis.plan.solve import Solution, solved

Edges = Iterable[tuple[int, int, int]]
FACTOR = 4


@dataclass(frozen=True, slots=True)
class _Hub:
    """What is left, seen from a hub joined to each prize at some price: the best ascent and the bound it proves."""

    compact: Compact
    graph: Graph
    ascent: Ascent
    bound: int


def solved_rootless(prize: list[int], edges: Edges, *, pace: Pace, seed: int = 0) -> Solution:
    """Give the best tree found, its value (edge cost and missed prizes) and a bound, for prizes by node.

    An empty tree of value all prizes less the greatest stands for a single node. Edges are numbered as given.
    """
    total, rest = sum(prize), Core(len(prize), [*prize, 0])
    for u, v, cost in edges:
        rest.add(u, v, cost)
    bounds: list[int] = []
    best = Solution([], total - max(prize, default=0), 0, 0)
    while True:
        reduced(rest, sure=total + 1, on=lambda: True)
        if total - rest.alone[0] < best.value:
            best = Solution(rest.expanded([], rest.alone[1]), total - rest.alone[0], 0, 0)
        hub = _hub(rest)
        if hub is None or hub.bound >= best.value or pace.over:
            break
        root = _root(hub)
        found = solved(_rooted(hub.compact, root, rest.base), pace=pace, seed=seed, known=best.value)
        bounds.append(found.bound)
        if found.value < best.value:
            nodes = {root, *(end for edge in found.edges for end in hub.compact.ends[edge])}
            whole = rest.expanded((hub.compact.node[n] for n in nodes), (hub.compact.edge[e] for e in found.edges))
            best = Solution(whole, found.value, 0, 0)
        missed = hub.bound + int(hub.ascent.prize_left[root])
        if missed >= best.value or pace.over:
            return Solution(best.edges, best.value, min(best.value, missed, *bounds), pace.done)
        _strike(rest, hub, room=best.value - hub.bound)
        rest = rest.without(hub.compact.node[root])
    last = total if hub is None else hub.bound
    return Solution(best.edges, best.value, min([best.value, *bounds, last]), pace.done)


def _rooted(compact: Compact, root: int, base: int) -> Core:
    """Give a core of its own with a root, whose edges have the numbers of the compact one."""
    core = Core(root, [0 if node == root else each for node, each in enumerate(compact.prize)], base=base)
    for (u, v), cost in zip(compact.ends, compact.cost, strict=True):
        core.add(u, v, cost)
    return core


def _root(hub: _Hub) -> int:
    """Give the prize that is the dearest to miss."""
    return int(np.lexsort((hub.graph.prize, hub.ascent.prize_left * (hub.graph.prize > 0)))[-1])


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
    return _Hub(compact, arrays, tried[top], rest.base + bound(top))


def _strike(rest: Core, hub: _Hub, *, room: int) -> None:
    """Strike out the edges that no better tree holds."""
    pairs = alive(hub.graph, hub.ascent, root=0, room=room)[: 2 * len(hub.compact.cost)].reshape(-1, 2)
    for edge in np.flatnonzero(~pairs.any(axis=1)).tolist():
        u, v = (hub.compact.node[end] for end in hub.compact.ends[edge])
        rest.remove(u, v)
