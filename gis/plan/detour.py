"""What no plan needs because a detour is as good: dear edges, and forks that pairs of edges can stand for.

C. Duin and A. Volgenant, "Reduction tests for the Steiner problem in graphs", Networks 19 (1989), in the form for
prizes of D. Rehfeldt and T. Koch, "On the exact solution of prize-collecting Steiner tree problems", INFORMS J.
Computing 34 (2022): a detour may take in a prize on its way, which pays for as much of its cost.
"""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from gis.plan.compiled import Integers, compiled, drop, push
from gis.plan.graph import FAR, Graph

SCANNED = 300
FORKS = 4


class _Work(NamedTuple):
    """What detours are sought with: gone edges and nodes, labels by stamp, and a queue."""

    gone: Integers
    out: Integers
    best: Integers
    worst: Integers
    mark: Integers
    done: Integers
    keys: Integers
    items: Integers
    stamp: Integers


def _work(graph: Graph) -> _Work:
    nodes = len(graph.prize)
    gone, out = np.zeros(len(graph.cost), dtype=np.int64), np.zeros(nodes, dtype=np.int64)
    best, worst, mark, done = (np.zeros(nodes, dtype=np.int64) for _ in range(4))
    keys, items = (np.empty(len(graph.tail) + 8, dtype=np.int64) for _ in range(2))
    return _Work(gone, out, best, worst, mark, done, keys, items, np.zeros(1, dtype=np.int64))


def detoured(graph: Graph) -> list[int]:
    """Give edges to strike out: the dearest first, each keeps an optimal plan, whatever was struck out before it."""
    work = _work(graph)
    _struck(graph, work, np.argsort(-graph.cost, kind="stable"))
    return np.flatnonzero(work.gone).tolist()


def bypassed(graph: Graph, *, sure: int) -> Iterator[tuple[int, list[tuple[int, int]]]]:
    """Give forks to strike out, each with the pairs of its neighbours to join by an edge instead.

    They keep an optimal plan in the given order. A prize of `sure` or more is in every plan. A fork of three whose
    prize is no greater than any edge there is no end of a plan, and the prize pays for a part of each way through it.
    """
    work = _work(graph)
    pairs = _bypassed(graph, work, sure)
    for node in np.flatnonzero(work.out).tolist():
        near = graph.other[graph.start[node] : graph.start[node + 1]].tolist()
        joined = [(a, b) for a in range(len(near)) for b in range(a) if pairs[node] >> (a * FORKS + b) & 1]
        yield node, [(near[a], near[b]) for a, b in joined]


@compiled
def _struck(graph: Graph, work: _Work, order: Integers) -> None:
    for edge in order:
        u, v, limit = graph.tail[2 * edge], graph.tail[2 * edge + 1], graph.cost[edge]
        work.gone[edge] = 1
        if _detour(graph, work, u, v, limit, 1) > limit:
            work.gone[edge] = 0


@compiled
def _detour(graph: Graph, work: _Work, start: int, goal: int, limit: int, sure: int) -> int:
    """Give how dear the dearest stretch of a detour is, at most; above the limit where none is found near by.

    A stretch starts anew at a prize that pays for it; a prize counts from `sure` on. Each node is passed once.
    """
    work.stamp[0] += 1
    stamp, scanned = work.stamp[0], 0
    work.mark[start], work.best[start], work.worst[start] = stamp, 0, 0
    size = push(work.keys, work.items, 0, 0, start)
    while size and scanned < SCANNED:
        reach, here = work.keys[0], work.items[0]
        size = drop(work.keys, work.items, size)
        if work.done[here] == stamp:
            continue
        if here == goal:
            return int(work.worst[here])
        work.done[here] = stamp
        scanned += graph.start[here + 1] - graph.start[here]
        if here != start and graph.prize[here] >= sure:
            reach = max(0, reach - graph.prize[here])
        for slot in range(graph.start[here], graph.start[here + 1]):
            other, edge = graph.other[slot], graph.arc[slot] >> 1
            further = reach + graph.cost[edge]
            if work.gone[edge] or work.out[other] or further > limit or work.done[other] == stamp:
                continue
            if size < len(work.keys) and (work.mark[other] != stamp or further < work.best[other]):
                work.mark[other], work.best[other] = stamp, further
                work.worst[other] = max(work.worst[here], further)
                size = push(work.keys, work.items, size, further, other)
    return limit + 1


@compiled
def _bypassed(graph: Graph, work: _Work, sure: int) -> Integers:
    """Mark forks as out; give per fork a bit for each pair of neighbours that an edge must join instead."""
    pairs, near = np.zeros(len(graph.prize), np.int64), np.zeros(len(graph.prize), np.int64)
    apart, cost = np.zeros((FORKS, FORKS), np.int64), np.zeros(FORKS, np.int64)
    for node in range(1, len(graph.prize)):
        first, ways = graph.start[node], graph.start[node + 1] - graph.start[node]
        prize = graph.prize[node]
        if not 3 <= ways <= FORKS or (prize and ways > 3) or near[node]:
            continue
        for a in range(ways):
            cost[a] = graph.cost[graph.arc[first + a] >> 1]
        if cost[:ways].min() < prize:
            continue
        work.out[node], joined, bits = 1, 0, 0
        limit = cost[:ways].sum() - prize
        for a in range(ways):
            for b in range(a):
                found = _detour(graph, work, graph.other[first + a], graph.other[first + b], limit, sure)
                apart[a, b], apart[b, a] = found, found
                if found > cost[a] + cost[b] - prize:
                    joined += 1
                    bits |= 1 << (a * FORKS + b)
        if joined > ways or not _spared(apart, cost, ways, prize):
            work.out[node] = 0
            continue
        pairs[node] = bits
        for slot in range(first, first + ways):
            near[graph.other[slot]] = 1
    return pairs


@compiled
def _spared(apart: Integers, cost: Integers, ways: int, prize: int) -> bool:
    """Give whether each three or more neighbours are joined by detours as cheaply as by the fork and its prize."""
    for chosen in range(1 << ways):
        whole, count, first = -prize, 0, -1
        for a in range(ways):
            if chosen >> a & 1:
                whole, count, first = whole + cost[a], count + 1, a
        if count < 3:
            continue
        joined, spent = 1 << first, 0
        for _ in range(count - 1):
            least, which = FAR, -1
            for a in range(ways):
                for b in range(ways):
                    if joined >> a & 1 and chosen >> b & 1 and not joined >> b & 1 and apart[a, b] < least:
                        least, which = apart[a, b], b
            joined, spent = joined | 1 << which, spent + least
        if spent > whole:
            return False
    return True
