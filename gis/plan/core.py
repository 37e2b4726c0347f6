"""The small core of a rooted prize-collecting Steiner problem: what is left when forced choices are made.

All values are whole numbers (the caller's unit), so that sums and bounds are exact. Every step keeps the optimum: a
dead end that does not pay is cut off, one that pays is folded into its neighbour, a node on the way is bridged.
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass, field

CROWD = 64


@dataclass(frozen=True, slots=True)
class Compact:
    """A core with nodes numbered from 0 (the root): ends, cost and core number of each edge, prize of each node."""

    ends: list[tuple[int, int]]
    cost: list[int]
    edge: list[int]
    prize: list[int]
    node: list[int]


@dataclass(slots=True)
class Core:
    """A graph that shrinks: `around[v]` is {neighbour: edge}, and an edge made of others lists them in `parts`.

    `bundle[v]` are edges that belong to every plan that reaches v; `base` is what every plan costs. `alone` is the
    greatest prize that a node has had, with its bundle: the best plan of one node, where no root is needed. A fixed
    core has prizes that stand for "some user is here": it bridges and cuts, but decides nothing.
    """

    root: int
    prize: list[int]
    fixed: bool = False
    base: int = 0
    alone: tuple[int, tuple[int, ...]] = (0, ())
    cost: list[int] = field(default_factory=list)
    parts: list[tuple[int, ...]] = field(default_factory=list)
    around: list[dict[int, int]] = field(default_factory=list)
    bundle: list[tuple[int, ...]] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Start without edges, with prizes of its own."""
        self.prize = list(self.prize)
        self.around = [{} for _ in self.prize]
        self.bundle = [() for _ in self.prize]
        self.alone = max(self.alone, (max(self.prize, default=0), ()), key=lambda each: each[0])

    def add(self, u: int, v: int, cost: int, *, parts: tuple[int, ...] = ()) -> None:
        """Add an edge under the next number; a loop is left out, of parallel edges the cheaper and older one stays."""
        self.cost.append(cost)
        self.parts.append(parts)
        if u != v:
            self._join(u, v, len(self.cost) - 1)

    def _join(self, u: int, v: int, edge: int) -> None:
        other = self.around[u].get(v)
        if other is None or self.cost[edge] < self.cost[other]:
            self.around[u][v] = edge
            self.around[v][u] = edge

    def remove(self, u: int, v: int) -> None:
        """Take the edge between two nodes away."""
        del self.around[u][v], self.around[v][u]

    def bypass(self, node: int, pairs: Iterable[tuple[int, int]]) -> None:
        """Take a node away and join pairs of its neighbours by the ways that led through it.

        A prize, no greater than the cost of each edge there, is missed but for the ways through it, which it pays for.
        """
        near = dict(self.around[node])
        for other in near:
            self.remove(node, other)
        self.base, prize, self.prize[node] = self.base + self.prize[node], self.prize[node], 0
        for a, b in pairs:
            parts = (near[a], near[b], *self.bundle[node])
            self.add(a, b, self.cost[near[a]] + self.cost[near[b]] - prize, parts=parts)

    def without(self, node: int) -> "Core":
        """Give a core of its own in which a node is not reached."""
        core = self.copy()
        core.base += core.prize[node]
        core.prize[node] = 0
        for other in list(core.around[node]):
            core.remove(node, other)
        return core

    def scale(self, factor: int) -> None:
        """Count in a unit so many times smaller."""
        self.base, self.alone = factor * self.base, (factor * self.alone[0], self.alone[1])
        self.cost, self.prize = [factor * each for each in self.cost], [factor * each for each in self.prize]

    def miss_isolated(self) -> None:
        """Miss the prizes of nodes that no edge touches."""
        for node, near in enumerate(self.around):
            if not near and node != self.root:
                self.base += self.prize[node]
                self.prize[node] = 0

    def copy(self) -> "Core":
        """Give a core of its own."""
        core = Core(self.root, self.prize, self.fixed, self.base, self.alone, self.cost.copy(), self.parts.copy())
        core.around = [near.copy() for near in self.around]
        core.bundle = self.bundle.copy()
        return core

    def simplify(self) -> None:
        """Make every forced choice at nodes with one or two edges, until none is left."""
        waiting = [node for node, near in enumerate(self.around) if len(near) <= 2]
        while waiting:
            node = waiting.pop()
            if node == self.root or len(self.around[node]) > 2:
                continue
            near = list(self.around[node])
            if self.fixed and self.prize[node]:
                continue
            if len(near) == 0:
                self.base += self.prize[node]
                self.prize[node] = 0
            elif len(near) == 1:
                self._shorten(node, near[0])
            elif self.prize[node] <= min(self.cost[edge] for edge in self.around[node].values()):
                self.bypass(node, [(near[0], near[1])])
            else:
                continue
            waiting.extend(near)

    def _shorten(self, node: int, near: int) -> None:
        edge, prize = self.around[node][near], self.prize[node]
        if prize > self.cost[edge]:
            self.merge(node, near)
            return
        self.remove(node, near)
        self.prize[node] = 0
        self.base += prize

    def merge(self, node: int, near: int) -> None:
        """Take a node and its neighbour for one: each plan that reaches one of them takes the edge between them."""
        edge, prize = self.around[node][near], self.prize[node]
        self.remove(node, near)
        for other, through in list(self.around[node].items()):
            self.remove(node, other)
            self._join(near, other, through)
        self.prize[node] = 0
        self.base += self.cost[edge]
        self.prize[near] += prize - self.cost[edge]
        self.bundle[near] += (edge, *self.bundle[node])
        self.alone = max(self.alone, (self.prize[near], self.bundle[near]), key=lambda each: each[0])

    def gather(self) -> None:
        """Merge neighbours where the cheapest edge at one of them costs no more than either prize, until none is left.

        E. Uchoa, "Reduction tests for the prize-collecting Steiner problem", Operations Research Letters 34 (2006).
        """
        waiting: Iterable[int] = () if self.fixed else range(len(self.around))
        while waiting:
            touched: set[int] = set()
            for node in waiting:
                while self.around[node]:
                    cost, near = min((self.cost[edge], near) for near, edge in self.around[node].items())
                    if cost > min(self._worth(node), self._worth(near)):
                        break
                    left = self.unite(node, near)
                    touched |= {left, *self.around[left]}
                    if len(self.around[node]) > CROWD:
                        break
            waiting = sorted(touched)

    def unite(self, node: int, near: int) -> int:
        """Merge two neighbours and give the one left: that with more edges, or the root."""
        if node == self.root or (near != self.root and len(self.around[node]) > len(self.around[near])):
            node, near = near, node
        self.merge(node, near)
        return near

    def _worth(self, node: int) -> float:
        return math.inf if node == self.root else self.prize[node]

    @property
    def edge_count(self) -> int:
        """How many edges are left."""
        return sum(map(len, self.around)) // 2

    def compact(self) -> Compact:
        """Give what is left, nodes and edges in the order of their numbers."""
        node = [self.root, *(v for v, near in enumerate(self.around) if near and v != self.root)]
        number = {v: index for index, v in enumerate(node)}
        edges = sorted((edge, number[u], number[v]) for u in node for v, edge in self.around[u].items() if u < v)
        prize = [0, *(self.prize[v] for v in node[1:])]
        ends = [(u, v) for _, u, v in edges]
        return Compact(ends, [self.cost[edge] for edge, _, _ in edges], [edge for edge, _, _ in edges], prize, node)

    def expanded(self, nodes: Iterable[int], edges: Iterable[int]) -> list[int]:
        """Give the first-made edges behind a plan that takes these core nodes and edges, lowest first."""
        waiting = [*edges, *(edge for node in nodes for edge in self.bundle[node])]
        whole = []
        while waiting:
            edge = waiting.pop()
            if self.parts[edge]:
                waiting.extend(self.parts[edge])
            else:
                whole.append(edge)
        return sorted(set(whole))
