"""Dual ascent: a proven lower bound on every plan, and the arcs worth looking at.

R. T. Wong, "A dual ascent approach for Steiner tree problems on a directed graph", Mathematical Programming 28 (1984),
on the bidirected cut formulation; in the order of T. Pajor, E. Uchoa and R. F. Werneck, "A robust and scalable
algorithm for the Steiner problem in graphs", Math. Prog. Computation 10 (2018). Each prize node t gets a copy that is
reached free of cost through t, or from the root at the price of the prize; each plan is then an arborescence to all
copies. A set of nodes around a copy, without the root, must be entered, so its dual may rise until an entering arc (or
the prize) is used up. The sum of the duals is the value of a feasible dual solution and therefore at most the cost of
the best plan.
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from gis.plan.compiled import Integers, compiled, drop, push
from gis.plan.graph import Graph

PATIENCE = 1.25
FINE = 0.05
"""The step of an even ascent, in mean costs of an edge."""
FAR_SIZE = 1 << 60


@dataclass(frozen=True, slots=True, eq=False)
class Ascent:
    """The bound, what is left of each arc's cost, and what is left of each node's prize.

    `cuts` are arcs of raised cuts, one cut after the other, each up to its `ends`, with the `owner` whose copy it held.
    """

    bound: int
    left: Integers
    prize_left: Integers
    cuts: Integers
    ends: Integers
    owner: Integers


class _Climb(NamedTuple):
    """What one ascent works on: marks of the set in hand, arcs that enter it, who waits for whom, the queue.

    The set that saw a node last (`seen`) holds so many of its neighbours (`near`). `raised` is by how much the cuts of
    a node rose.
    """

    left: Integers
    prize_left: Integers
    mark: Integers
    near: Integers
    seen: Integers
    stack: Integers
    entering: Integers
    first: Integers
    next: Integers
    queued: Integers
    keys: Integers
    items: Integers
    raised: Integers


class _Log(NamedTuple):
    """Where raised cuts are written down while there is room; `used` is how many cuts and arcs there are."""

    arcs: Integers
    ends: Integers
    owner: Integers
    used: Integers


def ascend(graph: Graph, *, root: int = 0, log: int = 0, even: bool = False) -> Ascent:
    """Give a bound by raising cuts, the smallest first; ties go to the lower node.

    Where it is `even`, cuts rise in small steps instead, first those of the node whose cuts rose least: they grow
    together, as in M. X. Goemans and D. P. Williamson, "A general approximation technique for constrained forest
    problems", SIAM J. Computing 24 (1995). That bounds street networks and grids better, and others worse. Either bound
    is exact in whole numbers; nothing is promised on its distance from the optimum. `root` may be any node that every
    plan takes in; node 0 must then have a prize above all costs. Up to `log` arcs of cuts are written down.
    """
    nodes, arcs = len(graph.prize), len(graph.tail)
    climb = _Climb(
        left=np.repeat(graph.cost, 2),
        prize_left=graph.prize.copy(),
        mark=np.full(nodes, -1),
        near=np.zeros(nodes, dtype=np.int64),
        seen=np.full(nodes, -1),
        stack=np.empty(nodes, dtype=np.int64),
        entering=np.empty(arcs + 1, dtype=np.int64),
        first=np.full(nodes, -1),
        next=np.full(nodes, -1),
        queued=np.zeros(nodes, dtype=np.int64),
        keys=np.empty(nodes + 1, dtype=np.int64),
        items=np.empty(nodes + 1, dtype=np.int64),
        raised=np.zeros(nodes, dtype=np.int64),
    )
    step = max(1, int(FINE * graph.cost.mean())) if even and arcs else FAR_SIZE
    room = min(log, 1 << 20)
    book = _Log(*(np.zeros(size, dtype=np.int64) for size in (log, room, room, 2)))
    bound = int(_climbed(graph, climb, book, root, step))
    cuts, used = int(book.used[0]), int(book.used[1])
    return Ascent(bound, climb.left, climb.prize_left, book.arcs[:used], book.ends[:cuts], book.owner[:cuts])


@compiled
def _climbed(graph: Graph, climb: _Climb, book: _Log, root: int, most: int) -> int:
    """Raise every cut until the root is reached or the prize used up, evenly where steps are at `most` so great."""
    size, bound, stamp, even = 0, 0, 0, most < FAR_SIZE
    for node in range(len(graph.prize)):
        if graph.prize[node] > 0 and node != root:
            size = push(climb.keys, climb.items, size, 0 if even else graph.start[node + 1] - graph.start[node], node)
            climb.queued[node] = 1
    while size:
        turn, node = climb.keys[0], climb.items[0]
        size = drop(climb.keys, climb.items, size)
        climb.queued[node] = 0
        limit = climb.keys[0] if size else FAR_SIZE
        if size and not even:
            limit = max(turn, int(PATIENCE * limit))
        gained, turn, met = _raised(graph, climb, book, root, node, stamp, limit, most)
        bound += gained
        stamp += 1
        if turn >= 0:
            size = push(climb.keys, climb.items, size, turn, node)
            climb.queued[node] = 1
        elif met < 0:
            waiting = climb.first[node]
            climb.first[node] = -1
            while waiting >= 0:
                turn = climb.raised[waiting] if even else graph.start[waiting + 1] - graph.start[waiting]
                size = push(climb.keys, climb.items, size, turn, waiting)
                climb.queued[waiting] = 1
                waiting = climb.next[waiting]
        elif met != root:
            climb.next[node] = climb.first[met]
            climb.first[met] = node
    return bound


@compiled
def _raised(graph: Graph, climb: _Climb, book: _Log, root: int, node: int, stamp: int, limit: int, most: int) -> tuple[int, int, int]:  # fmt: skip # noqa: E501
    """Raise one cut until it is done (-1 and whom it met, or -1 and -1), or it is another's turn (when its own is)."""
    left, total = climb.left, 0
    count, met = _absorbed(graph, climb, root, node, stamp, 0)
    while met < 0:
        kept, step = 0, climb.prize_left[node]
        for place in range(count):
            arc = climb.entering[place]
            if climb.mark[graph.tail[arc]] != stamp:
                climb.entering[kept] = arc
                kept += 1
                step = min(step, left[arc])
        count, step = kept, min(step, most)
        if step == 0:
            return total, -1, -1
        turn = climb.raised[node] if most < FAR_SIZE else count
        if turn > limit:
            return total, turn, -1
        total += step
        climb.raised[node] += step
        climb.prize_left[node] -= step
        _write(climb, book, node, count)
        for place in range(kept):
            left[climb.entering[place]] -= step
        if climb.prize_left[node] == 0:
            return total, -1, -1
        for place in range(kept):
            arc = climb.entering[place]
            if left[arc] == 0 and climb.mark[graph.tail[arc]] != stamp and met < 0:
                count, met = _absorbed(graph, climb, root, graph.tail[arc], stamp, count)
    return total, -1, met


@compiled
def _absorbed(graph: Graph, climb: _Climb, root: int, node: int, stamp: int, count: int) -> tuple[int, int]:
    """Take in a node and all that reach it at no cost left; give how many arcs enter, and whom it met or -1.

    A node with all its neighbours in the set is taken in as well: no arc enters with it, and what leaves it stays dear.
    """
    if node == root or climb.queued[node]:
        return count, node
    climb.stack[0], size = node, 1
    climb.mark[node] = stamp
    while size:
        size -= 1
        here = climb.stack[size]
        for slot in range(graph.start[here], graph.start[here + 1]):
            tail, arc = graph.other[slot], graph.arc[slot]
            if climb.mark[tail] == stamp:
                continue
            if tail != root and _surrounded(graph, climb, tail, stamp):
                if climb.queued[tail]:
                    return count, tail
                climb.mark[tail] = stamp
                continue
            if climb.left[arc]:
                climb.entering[count] = arc
                count += 1
            elif tail == root or climb.queued[tail]:
                return count, tail
            else:
                climb.mark[tail] = stamp
                climb.stack[size] = tail
                size += 1
    return count, -1


@compiled
def _surrounded(graph: Graph, climb: _Climb, node: int, stamp: int) -> bool:
    """Count one more neighbour in the set in hand; give whether all are, so that no arc enters it with the node."""
    climb.near[node] = 1 if climb.seen[node] != stamp else climb.near[node] + 1
    climb.seen[node] = stamp
    return bool(climb.near[node] == graph.start[node + 1] - graph.start[node])


@compiled
def _write(climb: _Climb, book: _Log, node: int, count: int) -> None:
    cuts, used = book.used[0], book.used[1]
    if cuts == len(book.ends) or used + count > len(book.arcs):
        return
    book.arcs[used : used + count] = climb.entering[:count]
    book.ends[cuts], book.owner[cuts] = used + count, node
    book.used[0], book.used[1] = cuts + 1, used + count
