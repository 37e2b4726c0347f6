"""Dual ascent: a proven lower bound on every plan, and the arcs worth looking at.

R. T. Wong, "A dual ascent approach for Steiner tree problems on a directed graph", Mathematical Programming 28 (1984),
on the bidirected cut formulation. Each prize node t gets a copy that is reached free of cost through t, or from the root
at the price of the prize; each plan is then an arborescence to all copies. A cut around a copy that the root is outside
of must be entered, so its dual may rise until an entering arc (or the prize) is used up. The sum of the duals is a
feasible dual value and therefore at most the cost of the best plan.
"""

from dataclasses import dataclass
from heapq import heapify, heappop, heappush

from gis.plan.core import Compact

PATIENCE = 1.25


@dataclass(frozen=True, slots=True)
class Ascent:
    """The bound, what is left of each arc's cost, and what is left of each node's prize."""

    bound: int
    left: list[int]
    prize_left: list[int]


@dataclass(slots=True)
class _Cut:
    """The nodes that reach a prize node at no cost left, and the arcs that enter them."""

    inside: set[int]
    entering: list[tuple[int, int]]


def ascend(compact: Compact) -> Ascent:
    """Give a bound by raising cuts, the smallest first; ties go to the lower node.

    The bound is exact in whole numbers. Nothing is promised on its distance from the optimum.
    """
    arcs_in = compact.arcs_in()
    left = [cost for cost in compact.cost for _ in range(2)]
    prize_left = list(compact.prize)
    terminals = [node for node, prize in enumerate(compact.prize) if prize > 0 and node]
    cuts = {node: _Cut({node}, list(arcs_in[node])) for node in terminals}
    queue = [(len(arcs_in[node]), node) for node in terminals]
    heapify(queue)
    bound = 0
    while queue:
        size, node = heappop(queue)
        cut = cuts[node]
        while True:
            reached = _grow(cut, left, arcs_in)
            if reached or not prize_left[node]:
                del cuts[node]
                break
            if len(cut.entering) > size and queue and len(cut.entering) > PATIENCE * queue[0][0]:
                heappush(queue, (len(cut.entering), node))
                break
            bound += _raise(cut, left, prize_left, node=node)
    return Ascent(bound, left, prize_left)


def _grow(cut: _Cut, left: list[int], arcs_in: list[list[tuple[int, int]]]) -> bool:
    """Take in every tail of a used-up arc; give whether the root was reached."""
    inside, waiting, entering = cut.inside, cut.entering, []
    while waiting:
        arc, tail = waiting.pop()
        if tail in inside:
            continue
        if left[arc]:
            entering.append((arc, tail))
            continue
        if not tail:
            return True
        inside.add(tail)
        waiting.extend(arcs_in[tail])
    cut.entering = entering
    return False


def _raise(cut: _Cut, left: list[int], prize_left: list[int], *, node: int) -> int:
    """Raise the cut's dual as far as it goes and give by how much."""
    step = prize_left[node]
    if cut.entering:
        step = min(step, min(left[arc] for arc, _ in cut.entering))
    for arc, _ in cut.entering:
        left[arc] -= step
    prize_left[node] -= step
    return step
