"""Prize-collecting trees without a root: any node will do.

As in M. Leitner, I. Ljubić, M. Luipersbeck and M. Sinnl, "A dual ascent-based branch-and-bound framework for the
prize-collecting Steiner tree and related problems", INFORMS J. Computing 30 (2018), a tree that takes in a certain
prize is rooted there; then that prize is given up and another one becomes the root, until what is left is no better.
That is told by ascents from a hub that reaches each prize at a price, less that price: a tree pays it once.
"""

from collections.abc import Iterable

import numpy as np

from gis.plan.ascent import ascend
from gis.plan.core import Core
from gis.plan.graph import graph
from gis.plan.pace import Pace
from gis.plan.solve import Solution, solved

Edges = Iterable[tuple[int, int, int]]
PRICES = 12


def solved_rootless(prize: list[int], edges: Edges, *, pace: Pace, seed: int = 0) -> Solution:
    """Give the best tree found, its value (edge cost and missed prizes) and a bound, for prizes by node.

    An empty tree of value all prizes less the greatest stands for a single node. Edges are numbered as given.
    """
    edges, rest, lost = list(edges), list(prize), 0
    best = Solution([], sum(prize) - max(prize, default=0), 0, 0)
    bounds: list[int] = []
    order = sorted(range(len(prize)), key=lambda node: (-prize[node], node))
    for node in order:
        if not rest[node] or pace.over or lost + _least(rest, edges) >= best.value:
            break
        found = solved(_core(rest, edges, node, gone=lost), pace=pace, seed=seed, known=best.value)
        bounds.append(found.bound)
        if found.value < best.value:
            best = found
        lost, rest[node] = lost + rest[node], 0
        edges = [(u, v, cost) if node not in (u, v) else (u, u, 0) for u, v, cost in edges]
    bound = min([best.value, *bounds, lost + (_least(rest, edges) if any(rest) else 0)])
    return Solution(best.edges, best.value, bound, pace.done)


def _core(prize: list[int], edges: Edges, root: int, *, gone: int) -> Core:
    core = Core(root, [0 if node == root else each for node, each in enumerate(prize)], base=gone)
    for u, v, cost in edges:
        core.add(u, v, cost)
    return core


def _least(prize: list[int], edges: Edges) -> int:
    """Give what no tree is below, by the best of some prices; a tree of no node misses all."""
    hub, count, best = len(prize), 0, 0
    core = Core(hub, [*prize, 0])
    for u, v, cost in edges:
        core.add(u, v, cost)
        count += 1
    for node, each in enumerate(prize):
        if each:
            core.add(hub, node, 0)
    compact = core.compact()
    arrays, price = graph(compact), sum(prize)
    own = np.array(compact.edge) >= count
    for _ in range(PRICES):
        best = max(best, ascend(arrays._replace(cost=np.where(own, price, arrays.cost))).bound - price)
        price = price * 2 // 3
    return best
