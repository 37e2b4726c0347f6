"""Edges that an optimal plan takes where it reaches one of their ends: the nearest neighbours of prizes.

C. Duin and A. Volgenant, "Reduction tests for the Steiner problem in graphs", Networks 19 (1989), nearest vertices and
short links; with prizes as in D. Rehfeldt and T. Koch, "On the exact solution of prize-collecting Steiner tree
problems", INFORMS J. Computing 34 (2022). A plan that reaches a node without its cheapest edge may be led over it to a
further prize, and leave out another edge of the node for that, or gain the prize.
"""

from typing import NamedTuple

import numpy as np

from gis.plan.compiled import Integers, compiled, drop, push
from gis.plan.graph import FAR, Graph

SCANNED = 300


class _Work(NamedTuple):
    """Labels of the search in hand, by stamp, and which nodes an edge found before has used."""

    best: Integers
    mark: Integers
    used: Integers


class _Way(NamedTuple):
    """The cheapest edge at a node, to `start`, and the costs of this and of the second cheapest."""

    node: int
    start: int
    first: int
    second: int


def joined(graph: Graph) -> list[tuple[int, int]]:
    """Give nodes with the neighbour that each may be merged with; all in turn keep an optimal plan."""
    near = _joined(graph)
    return [(node, int(near[node])) for node in np.flatnonzero(near >= 0).tolist()]


@compiled
def _joined(graph: Graph) -> Integers:
    nodes = len(graph.prize)
    near, used = np.full(nodes, -1), np.zeros(nodes, np.int64)
    work = _Work(np.zeros(nodes, np.int64), np.full(nodes, -1), used)
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
        goal = _behind(graph, work, _Way(node, by, first, second))
        if goal >= 0:
            near[node], used[node], used[by], used[goal] = by, 1, 1, 1
    return near


@compiled
def _behind(graph: Graph, work: _Work, way: _Way) -> int:
    """Give a prize that pays for the way from a node over `start`, no longer than the second edge, or -1."""
    keys, items, scanned = np.empty(SCANNED + 1, np.int64), np.empty(SCANNED + 1, np.int64), 0
    work.mark[way.start], work.best[way.start] = way.node, 0
    size = push(keys, items, 0, 0, way.start)
    while size and scanned < SCANNED:
        reach, here = keys[0], items[0]
        size = drop(keys, items, size)
        if reach > work.best[here]:
            continue
        if not work.used[here] and (here == 0 or graph.prize[here] >= way.first + reach):
            return int(here)
        for slot in range(graph.start[here], graph.start[here + 1]):
            other, further = graph.other[slot], reach + graph.cost[graph.arc[slot] >> 1]
            if other == way.node or way.first + further > way.second or size >= SCANNED:
                continue
            if work.mark[other] != way.node or further < work.best[other]:
                work.mark[other], work.best[other] = way.node, further
                size = push(keys, items, size, further, other)
        scanned += graph.start[here + 1] - graph.start[here]
    return -1
