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

SCANNED, AT_LEAST, ALL_SCANNED = 2_000, 300, 200_000_000
"""Edges that are looked at for one detour, at most: fewer in a great graph, so that all come to about so many."""
FORKS = 4


class _Work(NamedTuple):
    """What detours are sought with: gone edges and nodes, prizes; for each of two ends labels by stamp, and a queue.

    Slots start[v] to start[v + 1] are the ways from a node, the cheapest first.
    """

    start: Integers
    other: Integers
    edge: Integers
    cost: Integers
    prize: Integers
    gone: Integers
    out: Integers
    best: Integers
    worst: Integers
    came: Integers
    mark: Integers
    done: Integers
    keys: Integers
    items: Integers
    stamp: Integers
    scans: int


def _work(graph: Graph) -> _Work:
    """Give what detours are sought with; the root, which is in every plan, counts as a prize that pays for all."""
    nodes = len(graph.prize)
    edge, owner = graph.arc >> 1, np.repeat(np.arange(nodes), np.diff(graph.start))
    order = np.lexsort((graph.cost[edge], owner))
    prize = graph.prize.copy()
    prize[0] = FAR
    gone, out = np.zeros(len(graph.cost), dtype=np.int64), np.zeros(nodes, dtype=np.int64)
    best, worst, came, mark, done = (np.zeros((2, nodes), dtype=np.int64) for _ in range(5))
    keys, items = (np.empty((2, len(graph.tail) + 8), dtype=np.int64) for _ in range(2))
    stamp, edge = np.zeros(1, dtype=np.int64), edge[order]
    return _Work(
        graph.start,
        graph.other[order],
        edge,
        graph.cost[edge],
        prize,
        gone,
        out,
        best,
        worst,
        came,
        mark,
        done,
        keys,
        items,
        stamp,
        min(SCANNED, max(AT_LEAST, ALL_SCANNED // max(1, len(graph.cost)))),
    )


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
        if _detour(work, u, v, limit, limit, 1) > limit:
            work.gone[edge] = 0


@compiled
def _detour(work: _Work, start: int, goal: int, limit: int, enough: int, sure: int) -> int:
    """Give how dear the dearest stretch of a detour is, at most; above the limit where none is found near by.

    It is sought from both ends, until one of no more than `enough` is found. A stretch starts anew at a prize that pays
    for it; a prize counts from `sure` on, and once: the ways from both ends have no node in common but where they meet.
    """
    work.stamp[0] += 1
    stamp, scanned, found = work.stamp[0], 0, limit + 1
    work.best[0, start], work.worst[0, start], work.mark[0, start], work.came[0, start] = 0, 0, stamp, -1
    work.best[1, goal], work.worst[1, goal], work.mark[1, goal], work.came[1, goal] = 0, 0, stamp, -1
    sizes = (push(work.keys[0], work.items[0], 0, 0, start), push(work.keys[1], work.items[1], 0, 0, goal))
    while (
        sizes[0] and sizes[1] and scanned < work.scans and (found > limit or work.keys[0, 0] + work.keys[1, 0] < found)
    ):
        side = 0 if work.keys[0, 0] <= work.keys[1, 0] else 1
        size, here = sizes[side], work.items[side, 0]
        size = drop(work.keys[side], work.items[side], size)
        if work.done[side, here] != stamp:
            work.done[side, here] = stamp
            found = min(found, _met(work, here, side, start, goal, sure, found))
            if found <= enough:
                return int(found)
            reach = work.best[side, here]
            if here not in (start, goal) and work.prize[here] >= sure:
                reach = max(0, reach - work.prize[here])
            for slot in range(work.start[here], work.start[here + 1] if here != (goal, start)[side] else 0):
                other, further = work.other[slot], reach + work.cost[slot]
                if further > limit:
                    break
                scanned += 1
                if work.gone[work.edge[slot]] or work.out[other] or work.done[side, other] == stamp:
                    continue
                if size < work.keys.shape[1] and (work.mark[side, other] != stamp or further < work.best[side, other]):
                    work.mark[side, other], work.best[side, other] = stamp, further
                    work.worst[side, other] = max(work.worst[side, here], further)
                    work.came[side, other] = here
                    size = push(work.keys[side], work.items[side], size, further, other)
        sizes = (size, sizes[1]) if side == 0 else (sizes[0], size)
    return int(found)


@compiled
def _met(work: _Work, here: int, side: int, start: int, goal: int, sure: int, found: int) -> int:
    """Give how dear the dearest stretch is where the ways from both ends meet, `found` where it is no less."""
    stamp, back = work.stamp[0], 1 - side
    if work.mark[back, here] != stamp:
        return found
    prize = work.prize[here] if here not in (start, goal) and work.prize[here] >= sure else 0
    whole = max(work.worst[0, here], work.worst[1, here], work.best[0, here] + work.best[1, here] - prize)
    if whole >= found:
        return found
    node = work.came[side, here]
    while node >= 0:
        twin = work.came[back, here]
        while twin >= 0:
            if twin == node:
                return found
            twin = work.came[back, twin]
        node = work.came[side, node]
    return int(whole)


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
        if not _measured(work, graph.other[first : first + ways], apart, cost[:ways].sum() - prize, sure):
            work.out[node] = 0
            continue
        for a in range(ways):
            for b in range(a):
                if apart[a, b] > cost[a] + cost[b] - prize:
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
def _measured(work: _Work, near: Integers, apart: Integers, limit: int, sure: int) -> bool:
    """Write down how far each two neighbours are apart; give False as soon as one is too far from two others."""
    far = np.zeros(FORKS, np.int64)
    for a in range(len(near)):
        for b in range(a):
            apart[a, b] = _detour(work, near[a], near[b], limit, 0, sure)
            apart[b, a] = apart[a, b]
            if apart[a, b] > limit:
                far[a] += 1
                far[b] += 1
                if far.max() > 1:
                    return False
    return True


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
