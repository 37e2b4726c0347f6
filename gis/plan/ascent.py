"""Dual ascent: a proven lower bound on every plan, and the arcs worth looking at.

R. T. Wong, "A dual ascent approach for Steiner tree problems on a directed graph", Mathematical Programming 28 (1984),
on the bidirected cut formulation. Each prize node t gets a copy that is reached free of cost through t, or from the
root at the price of the prize; each plan is then an arborescence to all copies. A set of nodes around a copy, without
the root, must be entered, so its dual may rise until an entering arc (or the prize) is used up. The sum of the duals is
the value of a feasible dual solution and therefore at most the cost of the best plan.
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
    entering: list[int]


def ascend(compact: Compact) -> Ascent:
    """Give a bound by raising cuts, the smallest first; ties go to the lower node.

    The bound is exact in whole numbers. Nothing is promised on its distance from the optimum.
    """
    tails = [end for u, v in compact.ends for end in (u, v)]
    into = arcs_into(compact)
    left = [cost for cost in compact.cost for _ in range(2)]
    prize_left = list(compact.prize)
    terminals = [node for node, prize in enumerate(compact.prize) if prize > 0 and node]
    cuts = {node: _Cut({node}, list(into[node])) for node in terminals}
    queue = [(len(into[node]), node) for node in terminals]
    heapify(queue)
    bound = 0
    while queue:
        size, node = heappop(queue)
        cut = cuts[node]
        while True:
            if _reaches_root(cut, left, tails, into=into) or not prize_left[node]:
                del cuts[node]
                break
            if len(cut.entering) > size and queue and len(cut.entering) > PATIENCE * queue[0][0]:
                heappush(queue, (len(cut.entering), node))
                break
            bound += _raised(cut, left, prize_left, node=node)
    return Ascent(bound, left, prize_left)


def arcs_into(compact: Compact) -> list[list[int]]:
    """Give per node the arcs that enter it; arc 2e runs along edge e, arc 2e + 1 against it."""
    arcs: list[list[int]] = [[] for _ in compact.prize]
    for edge, (u, v) in enumerate(compact.ends):
        arcs[v].append(2 * edge)
        arcs[u].append(2 * edge + 1)
    return arcs


def _reaches_root(cut: _Cut, left: list[int], tails: list[int], *, into: list[list[int]]) -> bool:
    """Take in every tail of a used-up arc; give whether the root was among them."""
    inside, entering = cut.inside, cut.entering
    free = [arc for arc in entering if not left[arc]]
    if not free:
        return False
    while free:
        tail = tails[free.pop()]
        if not tail:
            return True
        if tail not in inside:
            inside.add(tail)
            entering.extend(into[tail])
            free.extend([arc for arc in into[tail] if not left[arc]])
    cut.entering = [arc for arc in entering if tails[arc] not in inside]
    return False


def _raised(cut: _Cut, left: list[int], prize_left: list[int], *, node: int) -> int:
    """Raise the cut's dual as far as it goes and give by how much."""
    step = min(map(left.__getitem__, cut.entering), default=prize_left[node])
    step = min(step, prize_left[node])
    for arc in cut.entering:
        left[arc] -= step
    prize_left[node] -= step
    return step
