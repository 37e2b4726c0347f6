"""Making a core smaller: forced choices, detours, and what a bound and the best value leave no room for."""

from collections.abc import Callable
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from gis.plan.compiled import Integers
from gis.plan.core import Compact, Core
from gis.plan.detour import bypassed, detoured
from gis.plan.graph import Graph, graph, ways
from gis.plan.merging import joined

WORTHWHILE = 0.02


class Proof(Protocol):
    """A bound, and what it leaves of each arc's cost and of each node's prize."""

    @property
    def bound(self) -> int:
        """The bound."""

    @property
    def left(self) -> Integers:
        """What is left of costs."""

    @property
    def prize_left(self) -> Integers:
        """What is left of prizes."""


def reduced(core: Core, *, sure: int, on: Callable[[], bool]) -> None:
    """Make forced choices and leave out what detours stand for; prizes of `sure` or more are in all plans.

    Another round is made while that pays and it may go `on`.
    """
    core.gather()
    core.simplify()
    while True:
        compact = core.compact()
        for edge in detoured(graph(compact)):
            core.remove(*(compact.node[end] for end in compact.ends[edge]))
        core.simplify()
        between = core.compact()
        for node, near in joined(graph(between)):
            core.unite(between.node[node], between.node[near])
        core.gather()
        core.simplify()
        between = core.compact()
        for node, pairs in list(bypassed(graph(between), sure=sure)):
            core.bypass(between.node[node], [(between.node[a], between.node[b]) for a, b in pairs])
        core.simplify()
        if core.edge_count >= (1 - WORTHWHILE) * len(compact.cost) or not on():
            return


def struck(core: Core, compact: Compact, ascent: Proof, *, root: int, room: int) -> None:
    """Strike out the edges that no better plan holds, and make sure of prizes that every better plan takes in.

    An edge goes where the cheapest way from the root over it to a prize, in costs left, comes to `room` or more.
    """
    sure = room + ascent.bound
    held = alive(graph(compact), ascent, root=root, room=room).reshape(-1, 2).any(axis=1)
    for edge in np.flatnonzero(~held).tolist():
        u, v = (compact.node[end] for end in compact.ends[edge])
        if v in core.around[u]:
            core.remove(u, v)
    for node in np.flatnonzero(ascent.prize_left >= room).tolist():
        core.prize[compact.node[node]] = max(sure, core.prize[compact.node[node]])


def alive(graph: Graph, ascent: Proof, *, root: int, room: int) -> NDArray[np.bool_]:
    """Give per arc whether a better plan may hold it."""
    return weights(graph, ascent, root=root) < room


def weights(graph: Graph, ascent: Proof, *, root: int) -> Integers:
    """Give per arc how far above the bound a plan that holds it comes, at least."""
    ends = np.append(np.flatnonzero(graph.prize > 0), 0)
    outward = ways(graph, ascent.left, np.array([root]), False)
    inward = ways(graph, ascent.left, ends, True)
    head = graph.tail.reshape(-1, 2)[:, ::-1].reshape(-1)
    return outward[graph.tail] + ascent.left + inward[head]
