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
    """The nodes that reach a prize node at no cost left, the arcs that enter them, and the nodes that wait for it."""

    inside: set[int]
    entering: list[int]
    waiting: list[int]


def ascend(compact: Compact) -> Ascent:
    """Give a bound by raising cuts, the smallest first; ties go to the lower node.

    The bound is exact in whole numbers. Nothing is promised on its distance from the optimum.
    """
    return _Climb(compact).done()


class _Climb:
    """One ascent. A node whose cut holds another one still to be raised waits for that one: its cut is the smaller."""

    def __init__(self, compact: Compact) -> None:
        self.tails = [end for u, v in compact.ends for end in (u, v)]
        self.into = arcs_into(compact)
        self.left = [cost for cost in compact.cost for _ in range(2)]
        self.prize_left = list(compact.prize)
        terminals = [node for node, prize in enumerate(compact.prize) if prize > 0 and node]
        self.cuts = {node: _Cut({node}, list(self.into[node]), []) for node in terminals}
        self.queue = [(len(self.into[node]), node) for node in terminals]
        self.queued = bytearray(len(compact.prize))
        for node in terminals:
            self.queued[node] = 1
        heapify(self.queue)

    def done(self) -> Ascent:
        """Raise every cut until the root is reached or the prize used up."""
        bound = 0
        while self.queue:
            bound += self._raised(*heappop(self.queue))
        return Ascent(bound, self.left, self.prize_left)

    def _raised(self, size: int, node: int) -> int:
        """Raise one cut until it is done, has to wait, or has grown too large for its turn; give by how much."""
        cut, total = self.cuts[node], 0
        self.queued[node] = 0
        while True:
            met = self._grown(cut)
            if met == 0:
                self._forget(node)
                return total
            if not self.prize_left[node]:
                for other in self.cuts.pop(node).waiting:
                    self._queue(other)
                return total
            if met > 0:
                self.cuts[met].waiting.append(node)
                return total
            if len(cut.entering) > size and self.queue and len(cut.entering) > PATIENCE * self.queue[0][0]:
                self._queue(node)
                return total
            total += self._step(cut, node)

    def _grown(self, cut: _Cut) -> int:
        """Take in the tails of used-up arcs; give the root or a queued prize node as soon as met, else -1."""
        left, tails, inside, entering = self.left, self.tails, cut.inside, cut.entering
        free = [arc for arc in entering if not left[arc]]
        if not free:
            return -1
        while free:
            tail = tails[free.pop()]
            if tail == 0 or self.queued[tail]:
                return tail
            if tail not in inside:
                inside.add(tail)
                entering.extend(self.into[tail])
                free.extend([arc for arc in self.into[tail] if not left[arc]])
        cut.entering = [arc for arc in entering if tails[arc] not in inside]
        return -1

    def _step(self, cut: _Cut, node: int) -> int:
        left = self.left
        step = min(map(left.__getitem__, cut.entering), default=self.prize_left[node])
        step = min(step, self.prize_left[node])
        for arc in cut.entering:
            left[arc] -= step
        self.prize_left[node] -= step
        return step

    def _queue(self, node: int) -> None:
        self.queued[node] = 1
        heappush(self.queue, (len(self.cuts[node].entering), node))

    def _forget(self, node: int) -> None:
        """Drop a node that the root reaches, and all that wait for it, for it reaches them."""
        reached = [node]
        while reached:
            reached.extend(self.cuts.pop(reached.pop()).waiting)


def arcs_into(compact: Compact) -> list[list[int]]:
    """Give per node the arcs that enter it; arc 2e runs along edge e, arc 2e + 1 against it."""
    arcs: list[list[int]] = [[] for _ in compact.prize]
    for edge, (u, v) in enumerate(compact.ends):
        arcs[v].append(2 * edge)
        arcs[u].append(2 * edge + 1)
    return arcs
