"""Good trees in a compact core: grown along shortest paths, pruned exactly, improved until nothing more is found."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from heapq import heapify, heappop, heappush

from gis.plan.core import Compact


@dataclass(frozen=True, slots=True)
class Tree:
    """A tree from the root: its edges and nodes in the compact core, and cost of edges plus prizes missed."""

    value: int
    edges: list[int]
    nodes: list[int]


@dataclass(frozen=True, slots=True)
class _Rooted:
    """A tree as a walk from the root: nodes with parents first, and the edge and node each hangs on."""

    order: list[int]
    edge: dict[int, int]
    parent: dict[int, int]


class Grower:
    """Trees in one compact core."""

    def __init__(self, compact: Compact) -> None:
        self.compact = compact
        self.near: list[list[tuple[int, int]]] = [[] for _ in compact.prize]
        for edge, (u, v) in enumerate(compact.ends):
            self.near[u].append((edge, v))
            self.near[v].append((edge, u))
        self.cheapest_first = sorted(range(len(compact.cost)), key=lambda edge: (compact.cost[edge], edge))
        self.all_prizes = sum(compact.prize)

    def pruned(self, tree: _Rooted) -> Tree:
        """Give the best tree from the root inside a given one: exact, by what each branch is worth to its parent."""
        cost, worth = self.compact.cost, {node: self.compact.prize[node] for node in tree.order}
        for node in reversed(tree.order[1:]):
            gain = worth[node] - cost[tree.edge[node]]
            if gain > 0:
                worth[tree.parent[node]] += gain
        nodes, edges, kept = [0], [], {0}
        for node in tree.order[1:]:
            if tree.parent[node] in kept and worth[node] > cost[tree.edge[node]]:
                kept.add(node)
                nodes.append(node)
                edges.append(tree.edge[node])
        return Tree(self.all_prizes - worth[0], edges, nodes)

    def connecting(
        self, terminals: Iterable[int], length: Sequence[int], allowed: Sequence[bool] | None = None
    ) -> Tree:
        """Give a pruned tree that takes in the nearest terminal again and again, along shortest paths.

        H. Takahashi and A. Matsuyama, "An approximate solution for the Steiner problem in graphs", Math. Japonica 24
        (1980). `length` replaces the costs while paths are sought; only `allowed` edges are used.
        """
        wanted, taken = set(terminals) - {0}, {0}
        best = {0: 0}
        edge: dict[int, int] = {}
        parent: dict[int, int] = {}
        order, queue = [0], [(0, 0)]
        while queue and wanted:
            reach, node = heappop(queue)
            if reach > best[node]:
                continue
            if node in wanted and node not in taken:
                path = [node]
                while parent[path[-1]] not in taken:
                    path.append(parent[path[-1]])
                for step in reversed(path):
                    taken.add(step)
                    wanted.discard(step)
                    order.append(step)
                    best[step] = 0
                    heappush(queue, (0, step))
                continue
            for through, other in self.near[node]:
                if other in taken or (allowed is not None and not allowed[through]):
                    continue
                further = reach + length[through]
                if other not in best or further < best[other]:
                    best[other], edge[other], parent[other] = further, through, node
                    heappush(queue, (further, other))
        return self.pruned(_Rooted(order, edge, parent))

    def improved(self, tree: Tree, length: Sequence[int] | None = None) -> Tree:
        """Give a tree no worse: rebuilt on its nodes, extended along shortest paths and pruned, until it stays."""
        while True:
            better = self.pruned(self._extended(self._rebuilt(tree.nodes), length or self.compact.cost))
            if better.value >= tree.value:
                return tree
            tree = better

    def _rebuilt(self, nodes: list[int]) -> _Rooted:
        """Give the cheapest tree that spans the nodes by edges between them (Kruskal)."""
        leader = {node: node for node in nodes}
        links: dict[int, list[tuple[int, int]]] = {node: [] for node in nodes}
        for edge in self.cheapest_first:
            u, v = self.compact.ends[edge]
            if u not in leader or v not in leader:
                continue
            a, b = _leader(leader, u), _leader(leader, v)
            if a != b:
                leader[b] = a
                links[u].append((edge, v))
                links[v].append((edge, u))
        return _walk(links)

    def _extended(self, tree: _Rooted, length: Sequence[int]) -> _Rooted:
        """Give the tree with every other node hung on by its shortest path."""
        order, edge, parent = list(tree.order), dict(tree.edge), dict(tree.parent)
        best = dict.fromkeys(order, 0)
        given, done, queue = frozenset(order), set(order), [(0, node) for node in order]
        heapify(queue)
        while queue:
            reach, node = heappop(queue)
            if node not in given:
                if node in done:
                    continue
                done.add(node)
                order.append(node)
            for through, other in self.near[node]:
                if other in done:
                    continue
                further = reach + length[through]
                if other not in best or further < best[other]:
                    best[other], edge[other], parent[other] = further, through, node
                    heappush(queue, (further, other))
        return _Rooted(order, edge, parent)


def _leader(leader: dict[int, int], node: int) -> int:
    while leader[node] != node:
        leader[node] = leader[leader[node]]
        node = leader[node]
    return node


def _walk(links: dict[int, list[tuple[int, int]]]) -> _Rooted:
    order, edge, parent = [0], {}, {}
    seen = {0}
    for node in order:
        for through, other in links[node]:
            if other not in seen:
                seen.add(other)
                edge[other], parent[other] = through, node
                order.append(other)
    return _Rooted(order, edge, parent)
