"""Cuts that a fractional plan violates, by maximal flows from the root.

T. Koch and A. Martin, "Solving Steiner tree problems in graphs to optimality", Networks 32 (1998): for one end, the
cuts nearest to it and to the root. Further ones, after the arcs of a found cut are taken as full, gain less than they
cost.
"""

from typing import NamedTuple

import numpy as np

from gis.plan.compiled import Integers, compiled
from gis.plan.graph import Graph

WHOLE = 1_000_000_000


class _Flow(NamedTuple):
    """A flow: room left on each arc, levels, the next slot to try, and a path of arcs."""

    room: Integers
    level: Integers
    turn: Integers
    queue: Integers
    path: Integers


def violated(graph: Graph, x: Integers, goal: int, *, need: int) -> list[Integers]:
    """Give arcs of the cuts around `goal` that hold least, if that is less than `need`, of the amounts `x` on the arcs.

    Amounts are parts of WHOLE. Of such cuts, that nearest to the goal and that nearest to the root are given, which
    may be the same.
    """
    nodes = len(graph.prize)
    flow = _Flow(x.copy(), *(np.empty(nodes, dtype=np.int64) for _ in range(4)))
    marks = np.zeros(nodes, dtype=np.int64)
    if _pushed(graph, flow, goal, need) >= need:
        return []
    cuts: list[Integers] = []
    for from_root in (False, True):
        _side(graph, flow, goal, from_root, marks)
        cuts.append(np.flatnonzero(_entering(graph, marks)))
    return cuts


@compiled
def _pushed(graph: Graph, flow: _Flow, goal: int, need: int) -> int:
    """Push flow from the root to a node, up to `need` (Dinic); give how much."""
    total = 0
    while total < need and _levelled(graph, flow, goal):
        flow.turn[:] = graph.start[:-1]
        while total < need:
            amount = _path(graph, flow, goal, need - total)
            if amount == 0:
                break
            total += amount
    return total


@compiled
def _levelled(graph: Graph, flow: _Flow, goal: int) -> bool:
    """Number the nodes by how many arcs with room lead from them to the goal; give whether the root is among them."""
    flow.level[:] = -1
    flow.level[goal], flow.queue[0], first, count = 0, goal, 0, 1
    while first < count:
        here = flow.queue[first]
        first += 1
        for slot in range(graph.start[here], graph.start[here + 1]):
            tail, arc = graph.other[slot], graph.arc[slot]
            if flow.room[arc] > 0 and flow.level[tail] < 0:
                flow.level[tail] = flow.level[here] + 1
                if tail == 0:
                    return True
                flow.queue[count] = tail
                count += 1
    return False


@compiled
def _path(graph: Graph, flow: _Flow, goal: int, need: int) -> int:
    """Push along one shortest path; give how much, 0 where none is left on these levels."""
    here, count = 0, 0
    while here != goal:
        if flow.turn[here] == graph.start[here + 1]:
            if count == 0:
                return 0
            count -= 1
            here = graph.tail[flow.path[count]]
            flow.turn[here] += 1
            continue
        slot = flow.turn[here]
        arc = graph.arc[slot] ^ 1
        if flow.room[arc] > 0 and flow.level[graph.other[slot]] == flow.level[here] - 1:
            flow.path[count] = arc
            count += 1
            here = graph.other[slot]
        else:
            flow.turn[here] += 1
    amount = need
    for place in range(count):
        amount = min(amount, flow.room[flow.path[place]])
    for place in range(count):
        flow.room[flow.path[place]] -= amount
        flow.room[flow.path[place] ^ 1] += amount
    return amount


@compiled
def _side(graph: Graph, flow: _Flow, goal: int, from_root: bool, marks: Integers) -> None:  # noqa: FBT001 - compiled code takes no keywords
    """Mark the nodes on the goal's side of a least cut: the fewest, or all that room does not lead to from the root."""
    marks[:] = 1 if from_root else 0
    start = 0 if from_root else goal
    marks[start], flow.queue[0], first, count = 1 - marks[start], start, 0, 1
    while first < count:
        here = flow.queue[first]
        first += 1
        for slot in range(graph.start[here], graph.start[here + 1]):
            other = graph.other[slot]
            arc = graph.arc[slot] ^ 1 if from_root else graph.arc[slot]
            if flow.room[arc] > 0 and marks[other] != marks[start]:
                marks[other] = marks[start]
                flow.queue[count] = other
                count += 1


@compiled
def _entering(graph: Graph, marks: Integers) -> Integers:
    """Mark the arcs from nodes marked 0 to nodes marked 1."""
    found = np.zeros(len(graph.tail), np.int64)
    for arc in range(len(graph.tail)):
        if marks[graph.tail[arc]] == 0 and marks[graph.tail[arc ^ 1]] == 1:
            found[arc] = 1
    return found
