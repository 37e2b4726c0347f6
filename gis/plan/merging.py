"""Edges that an optimal plan takes where it reaches one of their ends: the nearest neighbours of prizes.

C. Duin and A. Volgenant, "Reduction tests for the Steiner problem in graphs", Networks 19 (1989), nearest vertices and
short links; with prizes as in D. Rehfeldt and T. Koch, "On the exact solution of prize-collecting Steiner tree
problems", INFORMS J. Computing 34 (2022). A plan that reaches a node without its cheapest edge may be led over it to a
further prize, and leave out another edge of the node for that, or gain the prize.
"""

import numpy as np

from gis.plan.compiled import Integers, compiled, drop, push
from gis.plan.graph import FAR, Graph

SCANNED = 300


def joined(graph: Graph) -> list[tuple[int, int]]:
    """Give nodes with the neighbour that each may be merged with; all in turn keep an optimal plan."""
    near = _joined(graph)
    return [(node, int(near[node])) for node in np.flatnonzero(near >= 0).tolist()]


@compiled
def _joined(graph: Graph) -> Integers:
    nodes = len(graph.prize)
    near, used = np.full(nodes, -1), np.zeros(nodes, np.int64)
    best, mark = np.zeros(nodes, np.int64), np.full(nodes, -1)
    for node in range(nodes):
        first, second, by = FAR, FAR, -1
        for slot in range(graph.start[node], graph.start[node + 1]):
            cost = graph.cost[graph.arc[slot] >> 1]
            if cost < first:
                first, second, by = cost, first, graph.other[slot]
            elif cost < second:
                second = cost
        pays = first < FAR and (node == 0 or (graph.prize[node] >= first and graph.prize[node] > 0))
        if not pays or used[node] or used[by]:
            continue
        goal = _behind(graph, best, mark, used, node, by, first, second)
        if goal >= 0:
            near[node], used[node], used[by], used[goal] = by, 1, 1, 1
    return near


@compiled
def _behind(
    graph: Graph, best: Integers, mark: Integers, used: Integers, node: int, start: int, first: int, second: int
) -> int:
    """Give a prize that pays for the way from a node over `start`, no longer than the second edge, or -1."""
    keys, items, scanned = np.empty(SCANNED + 1, np.int64), np.empty(SCANNED + 1, np.int64), 0
    mark[start], best[start] = node, 0
    size = push(keys, items, 0, 0, start)
    while size and scanned < SCANNED:
        reach, here = keys[0], items[0]
        size = drop(keys, items, size)
        if reach > best[here]:
            continue
        if not used[here] and (here == 0 or graph.prize[here] >= first + reach):
            return int(here)
        for slot in range(graph.start[here], graph.start[here + 1]):
            other, further = graph.other[slot], reach + graph.cost[graph.arc[slot] >> 1]
            if other == node or first + further > second or size >= SCANNED:
                continue
            if mark[other] != node or further < best[other]:
                mark[other], best[other] = node, further
                size = push(keys, items, size, further, other)
        scanned += graph.start[here + 1] - graph.start[here]
    return -1
