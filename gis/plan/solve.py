"""The best tree found in a core and a proof of how good it is: looked for best first, in branches."""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from heapq import heappop, heappush

import numpy as np
from numpy.typing import NDArray

from gis.plan.core import Compact, Core
from gis.plan.forest import Tree, spanned
from gis.plan.graph import graph
from gis.plan.look import Look
from gis.plan.pace import Pace

FINE = 1000
"""Small costs are counted in a finer unit, up to so many for the dearest edge: what duals leave is no whole number."""


@dataclass(frozen=True, slots=True)
class Solution:
    """The first-made edges of the best tree found, its value, a bound that no tree is below, and the steps done."""

    edges: list[int]
    value: int
    bound: int
    steps: int


def solved(
    core: Core,
    *,
    pace: Pace | None = None,
    seed: int = 0,
    known: int | None = None,
    redraws: bool = True,
    start: Iterable[int] = (),
) -> Solution:
    """Give a tree with small edge cost plus missed prizes and a proven bound; the core is used up.

    Each step keeps every tree that is better than the best one found, so the smaller of what bounds the rest and the
    best value bounds all. Without a limit of `pace` the search ends with a proof that no tree is better. Only trees
    below a `known` value are looked for, and the bound is not above it, rounded up to what a tree can come to. A search
    of few steps had better not draw pieces of a tree anew (`redraws`), which takes many. The search begins with what
    hangs together of the nodes `start` and the root.
    """
    factor = max(1, FINE // max([1, *core.cost]))
    core.scale(factor)
    search = Search(core, pace or Pace(), seed, None if known is None else factor * known, redraws=redraws)
    search.begin(start)
    search.run()
    value, bound = search.base + search.tree.value, search.bound()
    return Solution(search.edges(), value // factor, -(-bound // factor), search.pace.done)


class Search:
    """Best first branching: what is open or given up, and the best tree, kept in the core as it was given.

    A search looks for trees by searches within, which are one deeper, and by some for each piece of a tree where it
    `redraws`.
    """

    def __init__(
        self, core: Core, pace: Pace, seed: int, known: int | None, *, depth: int = 0, redraws: bool = False
    ) -> None:
        self.pace, self.random, self.depth, self.redraws = pace, np.random.default_rng(seed), depth, redraws
        core.miss_isolated()
        self.given, self.first = core.copy(), core.compact()
        core.parts, core.bundle = [() for _ in core.parts], [() for _ in core.bundle]
        self.whole, self.base = graph(self.first), core.base
        self.ends = dict(zip(self.first.edge, self.first.ends, strict=True))
        self.grain = math.gcd(*self.first.cost, *self.first.prize) or 1
        self.known = None if known is None else self.rounded(known)
        self.tree = spanned(self.whole, np.zeros(len(self.whole.prize), dtype=np.int64))
        self.open: list[tuple[int, int, Core]] = [(core.base, 0, core)]
        self.given_up: list[int] = []
        self.redrawn = False
        self.number = 0
        self.begun = np.zeros(len(core.prize), dtype=bool)

    @property
    def value(self) -> int:
        """The best value found or known."""
        found = self.base + self.tree.value
        return found if self.known is None else min(found, self.known)

    def bound(self) -> int:
        """Give what no tree is below."""
        return min([self.value, *self.given_up, *(bound for bound, _, _ in self.open)])

    def edges(self) -> list[int]:
        """Give the first-made edges of the best tree."""
        nodes = (self.first.node[node] for node in self.tree.order.tolist())
        return self.given.expanded(nodes, (self.first.edge[edge] for edge in self.tree.edges))

    def begin(self, start: Iterable[int]) -> None:
        """Begin with a tree over some nodes of the core."""
        self.begun[list(start)] = True
        if self.begun.any():
            self.tree = min(
                self.tree,
                spanned(self.whole, self.begun[self.first.node].astype(np.int64)),
                key=lambda each: each.value,
            )

    def resumed(self, core: Core, compact: Compact) -> NDArray[np.bool_]:
        """Give which nodes of a core hold some that the search was begun with; it is asked once."""
        held = self.begun[compact.node]
        for place, node in enumerate(compact.node):
            if core.bundle[node] and not held[place]:
                ends = [self.first.node[end] for edge in core.expanded([node], []) for end in self.ends[edge]]
                held[place] = self.begun[ends].any()
        self.begun[:] = False
        return held

    def run(self) -> None:
        """Look into what is open, the lowest bound first, until nothing is or the pace is over."""
        while self.open and not self.pace.over:
            bound, _, core = heappop(self.open)
            if self.better(bound):
                Look(self, core, bound).run()

    def within(self, core: Core, steps: int, *, below: int | None = None) -> list[int] | None:
        """Give the edges of the best tree found in another core, in so many steps of the pace; None if not `below`."""
        pace = Pace(steps, stop=lambda: not self.pace.on())
        return self._inner(core, pace, below)

    def below(self, core: Core, value: int, steps: int) -> list[int] | None:
        """Give the edges of a tree below a value in another core, or None; its steps are not those of the pace."""
        return self._inner(core, Pace(steps), value)

    def _inner(self, core: Core, pace: Pace, known: int | None) -> list[int] | None:
        search = Search(core, pace, int(self.random.integers(1 << 30)), known, depth=self.depth + 1)
        search.run()
        return search.edges() if known is None or search.base + search.tree.value < known else None

    def better(self, bound: int) -> bool:
        """Give whether a tree better than the best may come to no less than a bound."""
        return bound <= self.value - self.grain

    def rounded(self, bound: int) -> int:
        """Give the least value that a tree can have, not below a bound."""
        return self.base - (self.base - bound) // self.grain * self.grain

    def leave(self, core: Core, bound: int) -> None:
        """Leave a core open."""
        self.number += 1
        heappush(self.open, (bound, self.number, core))

    def offer(self, core: Core, compact: Compact, tree: Tree) -> None:
        """Keep a tree of a core, spanned anew in the first core, if it is the best so far."""
        if tree.value + core.base >= self.value + self.grain:
            return
        marks = np.zeros(len(self.whole.prize), dtype=np.int64)
        edges = core.expanded(
            (compact.node[node] for node in tree.order.tolist()), (compact.edge[e] for e in tree.edges)
        )
        marks[[end for edge in edges for end in self.ends[edge]]] = 1
        self.tree = min(self.tree, spanned(self.whole, marks), key=lambda each: each.value)
