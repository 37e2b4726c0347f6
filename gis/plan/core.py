"""The small core of a rooted prize-collecting Steiner problem: what is left when forced choices are made.

All values are whole numbers (the caller's unit), so that sums and bounds are exact. Every step keeps the optimum: a
dead end that does not pay is cut off, one that pays is folded into its neighbour, a node on the way is bridged.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field


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

    `bundle[v]` are edges that belong to every plan that reaches v; `base` is what every plan costs. A fixed core has
    prizes that stand for "some user is here": it bridges and cuts, but decides nothing.
    """

    root: int
    prize: list[int]
    fixed: bool = False
    base: int = 0
    cost: list[int] = field(default_factory=list)
    parts: list[tuple[int, ...]] = field(default_factory=list)
    around: list[dict[int, int]] = field(default_factory=list)
    bundle: list[tuple[int, ...]] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Start without edges, with prizes of its own."""
        self.prize = list(self.prize)
        self.around = [{} for _ in self.prize]
        self.bundle = [() for _ in self.prize]

    def add(self, u: int, v: int, cost: int, *, parts: tuple[int, ...] = ()) -> None:
        """Add an edge under the next number; a loop is left out, of parallel edges the cheaper and older one stays."""
        edge = len(self.cost)
        self.cost.append(cost)
        self.parts.append(parts)
        other = self.around[u].get(v)
        if u == v or (other is not None and self.cost[other] <= cost):
            return
        self.around[u][v] = edge
        self.around[v][u] = edge

    def remove(self, u: int, v: int) -> None:
        """Take the edge between two nodes away."""
        del self.around[u][v], self.around[v][u]

    def bypass(self, node: int, pairs: Iterable[tuple[int, int]]) -> None:
        """Take a node without prize away and join pairs of its neighbours by the ways that led through it."""
        near = dict(self.around[node])
        for other in near:
            self.remove(node, other)
        for a, b in pairs:
            self.add(a, b, self.cost[near[a]] + self.cost[near[b]], parts=(near[a], near[b]))

    def without(self, node: int) -> "Core":
        """Give a core of its own in which a node is not reached."""
        core = self.copy()
        core.base += core.prize[node]
        core.prize[node] = 0
        for other in list(core.around[node]):
            core.remove(node, other)
        return core

    def miss_isolated(self) -> None:
        """Miss the prizes of nodes that no edge touches."""
        for node, near in enumerate(self.around):
            if not near and node != self.root:
                self.base += self.prize[node]
                self.prize[node] = 0

    def copy(self) -> "Core":
        """Give a core of its own."""
        core = Core(self.root, self.prize, self.fixed, self.base, self.cost.copy(), self.parts.copy())
        core.around = [near.copy() for near in self.around]
        core.bundle = self.bundle.copy()
        return core

    def simplify(self) -> None:
        """Make every forced choice, until none is left."""
        waiting = [node for node, near in enumerate(self.around) if len(near) <= 2]
        while waiting:
            node = waiting.pop()
            if node == self.root or len(self.around[node]) > 2:
                continue
            near = list(self.around[node])
            if (len(near) == 2 or self.fixed) and self.prize[node]:
                continue
            if len(near) == 0:
                self.base += self.prize[node]
                self.prize[node] = 0
            elif len(near) == 1:
                self._shorten(node, near[0])
            else:
                self._bridge(node, *near)
            waiting.extend(near)

    def _shorten(self, node: int, near: int) -> None:
        edge, prize = self.around[node][near], self.prize[node]
        self.remove(node, near)
        self.prize[node] = 0
        if prize <= self.cost[edge]:
            self.base += prize
            return
        self.base += self.cost[edge]
        self.prize[near] += prize - self.cost[edge]
        self.bundle[near] += (edge, *self.bundle[node])

    def _bridge(self, node: int, a: int, b: int) -> None:
        first, second = self.around[node][a], self.around[node][b]
        self.remove(node, a)
        self.remove(node, b)
        self.add(a, b, self.cost[first] + self.cost[second], parts=(first, second))

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
