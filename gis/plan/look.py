"""One look into a core: reduce and ascend, mix trees, cut, and branch where no proof is found.

Trees are mixed as in C. C. Ribeiro, E. Uchoa and R. F. Werneck, "A hybrid GRASP with perturbations for the Steiner
problem in graphs", INFORMS J. Computing 14 (2002), but the edges of all are searched together, as a core of their own.
In a large core such a search goes also among the edges that ascents say most for, first few and then more of them, and
while cuts are added, among those that the relaxation uses: E. Danna, E. Rothberg and C. Le Pape, "Exploring relaxation
induced neighborhoods to improve MIP solutions", Math. Programming 102 (2005).
"""

from __future__ import annotations

import math
from itertools import islice
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from gis.plan.ascent import Ascent, ascend
from gis.plan.compiled import Integers
from gis.plan.cuts import Relaxation
from gis.plan.forest import Tree, spanned
from gis.plan.graph import graph
from gis.plan.grow import followed, grown, guided, settled, shaken, varied
from gis.plan.reduce import Proof, alive, reduced, struck, weights
from gis.plan.reopen import NEAR, key_count, swept

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from gis.plan.core import Core
    from gis.plan.solve import Search

WORTHWHILE = 0.03
SMALLER = 0.6
ROOTS = 3
SHAKES = 6
MIXES = 4
IDLE = 2
WIDTHS = (5.0, 2.0)
WIDER = 1.2
WIDE = 60
TURNS = 4
TREES = 10
MIXED = 30
MOST = 12
KEYS = (32, 64)
FEW = 9
MANY = 500
LOG = 2_000_000
SMALL = 30_000
STALE = 100
EVERY, DEEP = 10, 2
RISE = 0.02


class Look:
    """A look into one open core: it ends with a proof, with two branches, or with the core left open or given up."""

    def __init__(self, search: Search, core: Core, bound: int) -> None:
        self.search, self.core, self.bound, self.tried = search, core, bound, 0
        self.take()

    def take(self) -> None:
        """Take the core as it is now; the tree to shake starts from the root alone."""
        self.compact = self.core.compact()
        self.graph = graph(self.compact)
        self.tree = spanned(self.graph, np.zeros(len(self.graph.prize), dtype=np.int64))
        self.ascent = Ascent(0, *(np.empty(0, dtype=np.int64) for _ in range(5)))

    def run(self) -> None:
        """Reduce and ascend while that pays, then shake, then cut, then branch."""
        while self.ahead():
            edges = len(self.compact.cost)
            self.reduce()
            if not self.search.better(self.bound) or self.core.edge_count < (1 - WORTHWHILE) * edges:
                continue
            value = self.search.value
            self.shake()
            if self.search.value < value or self.search.pace.over:
                continue
            if self.large:
                self.search.given_up.append(self.bound)
                return
            if not self.cut():
                self.branch()
                return

    def ahead(self) -> bool:
        """Give whether better trees may be left and the pace lets us look; where only it does not, the core is left."""
        if not self.search.better(self.bound):
            return False
        if not self.search.pace.on():
            self.search.leave(self.core, self.bound)
            return False
        return True

    def room(self, bound: int) -> int:
        """Give how far above a bound in the core a value is too high for a better tree."""
        return self.search.value - self.search.grain + 1 - self.core.base - bound

    def raised(self, bound: int) -> None:
        """Take note of a bound in the core."""
        self.bound = max(self.bound, self.search.rounded(self.core.base + bound))

    def offer(self, tree: Tree) -> None:
        """Offer a tree of the core, and shake the best."""
        self.tree = min(self.tree, tree, key=lambda each: each.value)
        self.search.offer(self.core, self.compact, tree)

    @property
    def large(self) -> bool:
        """Whether the core is too large to cut and to branch."""
        return len(self.compact.cost) > SMALL

    def on(self) -> bool:
        """Give whether a part of a look may go on; in a large core it counts as a step."""
        return not self.large or self.search.pace.on()

    def reduce(self) -> None:
        """Leave out what detours stand for, ascend from some roots, grow trees, and strike out what has no room.

        Searches within look for trees more than for bounds, and do without the even ascent.
        """
        reduced(self.core, sure=self.room(0), on=(lambda: False) if self.search.depth else self.on)
        self.take()
        sure = self.room(0)
        others = np.flatnonzero(self.graph.prize >= sure)
        others = others[others > 0]
        some = self.search.random.choice(others, min(ROOTS - 1, len(others)), replace=False) if len(others) else others
        ascents = [(0, self.ascend(0, sure)), *((root, self.ascend(root, sure)) for root in some.tolist() if self.on())]
        self.ascent = ascents[0][1]
        if not self.search.depth:
            ascents.append((0, ascend(self.graph, even=True)))
        if self.search.begun.any():
            self.offer(followed(self.graph, self.search.resumed(self.core, self.compact)))
        for _, ascent in ascents:
            self.raised(ascent.bound)
            if self.search.better(self.bound):
                self.offer(grown(self.graph, ascent))
        for root, ascent in ascents if self.search.better(self.bound) else ():
            struck(self.core, self.compact, ascent, root=root, room=self.room(ascent.bound))

    def ascend(self, root: int, sure: int) -> Ascent:
        """Give the ascent from a root that all better plans take in."""
        if not root:
            return ascend(self.graph, log=0 if self.large else LOG)
        prize = self.graph.prize.copy()
        prize[0] = sure
        return ascend(self.graph._replace(prize=prize), root=root)

    def shake(self) -> None:
        """Look for better trees: in a large core search wider and wider and draw pieces anew, or else shake and mix."""
        value = self.search.value
        if self.large and not self.search.depth:
            self.widen()
        if self.search.redraws and self.search.value == value:
            self.redraw()
        if self.search.depth:
            self.attempt(self.shaken, SHAKES)
        elif not self.large:
            self.attempt(self.mixed, MIXES)

    def widen(self) -> None:
        """Search among the edges that ascents from some roots say most for, with more of them each time.

        A tree of up to MANY key nodes is stirred before each and at last: a greater one costs more than that gains, and
        is searched once.
        """
        few, sure = key_count(self.graph, self.tree) <= MANY, self.room(0)
        waiting = iter(self.search.random.permutation(np.append(np.flatnonzero(self.graph.prize >= sure), 0)).tolist())
        floor, roots = np.zeros(len(self.graph.cost), dtype=np.int64), ROOTS
        for width in self.widths(many=not few):
            if few:
                self.stir()
            for root in islice(waiting, roots):
                if self.on():
                    floor = np.maximum(floor, self.floor(root, sure))
            roots = 1
            if not self.search.pace.on():
                return
            likely = np.argsort(floor, kind="stable")[:width]
            self.offer(self.among(likely.tolist(), WIDE, below=self.tree.value))
        if few:
            self.stir()

    def widths(self, *, many: bool) -> Iterator[int]:
        """Give how many edges to search among, only one where key nodes are `many`; none that are too many to cut."""
        edges = max(1, len(self.tree.edges))
        width = next((times * edges for times in WIDTHS if times * edges <= SMALL), math.inf)
        while width <= SMALL:
            yield int(width)
            width = math.inf if many else width * WIDER

    def stir(self) -> None:
        """Shake, and mix each some turns, until some attempts in a row found nothing."""
        self.attempt(lambda: self.mixed() if self.tried % TURNS == 0 else self.shaken(), IDLE)

    def floor(self, root: int, sure: int) -> Integers:
        """Give per edge what a plan that holds it comes to, at least, by an ascent from a root."""
        ascent = self.ascend(root, sure)
        least: Integers = weights(self.graph, ascent, root=root).reshape(-1, 2).min(axis=1)
        return ascent.bound + least

    def redraw(self) -> None:
        """Draw pieces of the tree anew until none of any size is better, once in a search.

        A tree of up to MANY key nodes is better searched as a whole; in a small graph what lies near is much of it.
        """
        for keys in () if self.search.redrawn else KEYS:
            if key_count(self.graph, self.tree) > MANY and FEW * NEAR * keys < len(self.graph.prize):
                search = self.search
                self.offer(
                    swept(self.graph, self.tree, keys, below=search.below, on=search.pace.on, random=search.random)
                )
        self.search.redrawn = True

    def attempt(self, make: Callable[[], Tree], patience: int) -> None:
        """Make trees until so many in a row are no better."""
        idle = 0
        while idle < patience and (self.large or self.tried < MOST) and self.search.pace.on():
            tree = make()
            self.tried, idle = self.tried + 1, idle + 1 if tree.value >= self.tree.value else 0
            self.offer(tree)

    def shaken(self) -> Tree:
        """Give another tree near the best."""
        return shaken(self.graph, self.tree, self.search.random)

    def mixed(self) -> Tree:
        """Give the best tree found on the edges of the best one and of some varied ones together."""
        trees = [varied(self.graph, self.tree, self.search.random) for _ in range(TREES)]
        return self.among((edge for tree in trees for edge in tree.edges), MIXED)

    def among(self, some: Iterable[int], steps: int, *, below: int | None = None) -> Tree:
        """Give the best tree found on the edges of the best one and on some others, in so many steps.

        Only a tree `below` a value is looked for; where none is found, the best one stays.
        """
        edges = sorted({*self.tree.edges, *some})
        ends = {end for edge in edges for end in self.compact.ends[edge]} | {0}
        number = {node: place for place, node in enumerate(sorted(ends))}
        core = type(self.core)(0, [self.compact.prize[node] for node in number])
        for edge in edges:
            u, v = self.compact.ends[edge]
            core.add(number[u], number[v], self.compact.cost[edge])
        outside = sum(self.compact.prize) - sum(core.prize)
        found = self.search.within(core, steps, below=None if below is None else below - outside)
        if found is None:
            return self.tree
        marks = np.zeros(len(self.graph.prize), dtype=np.int64)
        for edge in found:
            marks[list(self.compact.ends[edges[edge]])] = 1
        return settled(self.graph, spanned(self.graph, marks))

    def cut(self) -> bool:
        """Tighten the relaxation; give whether the core is closed, left or clearly smaller, or else must branch."""
        self.relaxation = Relaxation(self.graph, self.ascent, self.alive(self.ascent))
        edges, marks = len(self.graph.cost), [self.relaxation.bound]
        while self.ahead():
            self.relaxation.solve()
            self.raised(self.relaxation.bound)
            marks.append(self.relaxation.bound)
            self.offer(guided(self.graph, self.relaxation.used))
            self.offer(self.shaken())
            if self.search.depth < DEEP and len(marks) % EVERY == 0:
                self.offer(self.among(np.flatnonzero(self.relaxation.used.reshape(-1, 2).any(axis=1)).tolist(), MIXED))
            if not self.search.better(self.bound):
                return True
            if self.alive(self.relaxation).reshape(-1, 2).any(axis=1).sum() < SMALLER * edges:
                break
            rise = marks[-1] - marks[max(0, len(marks) - STALE)]
            stale = len(marks) > STALE and rise < RISE * (self.search.value - self.bound)
            if stale or (not self.relaxation.separate() and self.relaxation.finished):
                break
        else:
            return True
        bound = self.relaxation.bound
        struck(self.core, self.compact, self.relaxation, root=0, room=self.room(bound))
        return self.core.edge_count < (1 - WORTHWHILE) * edges

    def alive(self, proof: Proof) -> NDArray[np.bool_]:
        """Give which arcs of the graph a better tree may hold."""
        return alive(self.graph, proof, root=0, room=self.room(proof.bound))

    def branch(self) -> None:
        """Leave two cores open: with the node that is half used, and without it."""
        used, sure = self.relaxation.used, self.room(0)
        head = self.graph.tail.reshape(-1, 2)[:, ::-1].reshape(-1)
        reached = np.bincount(head, used, minlength=len(self.graph.prize))
        free = [
            node
            for node, at in enumerate(self.compact.node)
            if node and self.core.around[at] and self.core.prize[at] < sure
        ]
        if not free:
            self.offer(spanned(self.graph, np.ones(len(reached), dtype=np.int64)))
            return
        node = self.compact.node[min(free, key=lambda each: abs(reached[each] - 0.5))]
        with_node = self.core.copy()
        with_node.prize[node] = sure
        self.search.leave(with_node, self.bound)
        self.search.leave(self.core.without(node), self.bound)
