"""A compact core as arrays for compiled loops: the arcs around each node, and shortest ways along them."""

from typing import NamedTuple

import numpy as np

from gis.plan.compiled import Integers, compiled, drop, push
from gis.plan.core import Compact

FAR = 1 << 61


class Graph(NamedTuple):
    """Arc 2e runs along edge e and arc 2e + 1 against it; slots start[v] to start[v + 1] are the arcs that enter v.

    `other` is the node that a slot's arc comes from, `tail` the node that an arc comes from. Node 0 is the root.
    """

    start: Integers
    other: Integers
    arc: Integers
    tail: Integers
    cost: Integers
    prize: Integers


def graph(compact: Compact) -> Graph:
    """Give the arrays of a compact core."""
    ends = np.array(compact.ends, dtype=np.int64).reshape(-1, 2)
    tail, head = ends.reshape(-1), ends[:, ::-1].reshape(-1)
    arc = np.argsort(head, kind="stable")
    start = np.concatenate(([0], np.cumsum(np.bincount(head, minlength=len(compact.prize))))).astype(np.int64)
    cost, prize = np.array(compact.cost, dtype=np.int64), np.array(compact.prize, dtype=np.int64)
    return Graph(start, tail[arc], arc.astype(np.int64), tail, cost, prize)


@compiled
def ways(graph: Graph, length: Integers, starts: Integers, against: bool) -> Integers:  # noqa: FBT001 - compiled code takes no keywords
    """Give per node the shortest way from any start by arc lengths, or to any start where `against`; FAR: none."""
    best = np.full(len(graph.prize), FAR)
    keys, items = (
        np.empty(len(graph.tail) + len(starts) + 1, np.int64),
        np.empty(len(graph.tail) + len(starts) + 1, np.int64),
    )
    size = 0
    for node in starts:
        best[node] = 0
        size = push(keys, items, size, 0, node)
    while size:
        reach, node = keys[0], items[0]
        size = drop(keys, items, size)
        if reach > best[node]:
            continue
        for slot in range(graph.start[node], graph.start[node + 1]):
            arc = graph.arc[slot] if against else graph.arc[slot] ^ 1
            further = reach + length[arc]
            if further < best[graph.other[slot]]:
                best[graph.other[slot]] = further
                size = push(keys, items, size, further, graph.other[slot])
    return best
