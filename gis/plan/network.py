"""The streets as a pipe planner sees them: all live roots one node, a price on each edge, users with their prizes."""

import math
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.cluster.hierarchy import DisjointSet
from scipy.sparse import csr_array
from scipy.sparse.csgraph import breadth_first_order, dijkstra

from gis.errors import Refused
from gis.plan.services import tolls, unthreaded
from gis.plan.streets import Floats, Integers, StreetGraph


@dataclass(frozen=True, slots=True, eq=False)
class Users:
    """Who could be connected: the node of each (-1: no street within reach), own service and prize in yuan.

    `ends` are nodes that no pipe runs through: houses at the end of several candidate lines.
    """

    node: Integers
    service: Floats
    prize: Floats
    ends: Integers = field(default_factory=lambda: np.empty(0, dtype=np.int64))


class Hung(NamedTuple):
    """A tree from the root, parents first: its nodes, and of each the edge that it hangs by and its parent's place.

    A place is one in this order; the root's is 0, with neither edge nor parent (-1). `place` has all nodes of the
    network, -1 outside the tree.
    """

    node: Integers
    place: Integers
    edge: Integers
    above: Integers


@dataclass(frozen=True, slots=True, eq=False)
class Network:
    """A graph whose live roots are one node, the last; `matrix` holds the cheapest of parallel edges.

    `twin` gives for each usable pair (low · nodes + high, in order) the edge that it stands for. `lowest` is what a
    user costs alone; `toll` (of each of `users.ends`) is what no way through that house can save more than.
    """

    u: Integers
    v: Integers
    cost: Floats
    users: Users
    root: int
    matrix: csr_array
    pair: Integers
    twin: Integers
    lowest: Floats
    toll: Floats

    def ways(self, starts: Integers) -> tuple[Floats, Integers]:
        """Give the cost of the cheapest way from any start to each node, and the node before it (-9999: none)."""
        reach, before, _ = dijkstra(self.matrix, indices=starts, min_only=True, return_predecessors=True)
        return reach, np.asarray(before, dtype=np.int64)

    def hung(self, edges: Integers) -> Hung:
        """Give the tree that edges without a ring make from the root; what does not hang with it is left out."""
        u, v = self.u[edges], self.v[edges]
        links = csr_array((np.ones(len(edges)), (u, v)), shape=(self.root + 1, self.root + 1))
        node = breadth_first_order(links, self.root, directed=False, return_predecessors=False).astype(np.int64)
        place = np.full(self.root + 1, -1)
        place[node] = np.arange(len(node))
        parent, child = np.minimum(place[u], place[v]), np.maximum(place[u], place[v])
        edge, above = np.full((2, len(node)), -1)
        edge[child[child > 0]], above[child[child > 0]] = edges[child > 0], parent[child > 0]
        return Hung(node, place, edge, above)

    def edge_between(self, a: Integers, b: Integers) -> Integers:
        """Give the cheapest edge between each pair of neighbours."""
        pair = np.minimum(a, b) * (self.root + 1) + np.maximum(a, b)
        return self.twin[np.searchsorted(self.pair, pair)]

    def dug(self, edges: Iterable[int]) -> Integers:
        """Give the edges of a tree; where it runs through a house, what lies beyond is tied to the nearest pipe.

        That costs no more than the house's toll, which a way through it pays.
        """
        found = np.fromiter(edges, dtype=np.int64)
        ends = self.users.ends
        through = np.bincount(np.concatenate((self.u[found], self.v[found])), minlength=self.root + 1)[ends] > 1
        if not through.any():
            return found
        kept, pieces = unthreaded(ends.tolist(), found, u=self.u, v=self.v, root=self.root)
        return self._tied(kept, pieces)

    def _tied(self, edges: Integers, pieces: list[list[int]]) -> Integers:
        """Give the edges of a tree in pieces, the root's first, with the shortest ways that tie the others to it.

        A piece that no way leads to is left out.
        """
        piece = np.arange(self.root + 1) + len(pieces)
        joined: DisjointSet[int] = DisjointSet()
        more = list[int]()
        for number, nodes in enumerate(pieces):
            piece[nodes] = number
            joined.add(number)
        reach, before = self.ways(np.array(pieces[0]))
        passed = reach.copy()
        passed[self.users.ends] = np.inf
        nearest = [nodes[int(np.argmin(passed[nodes]))] for nodes in pieces[1:]]
        for start in sorted(nearest, key=lambda node: (reach[node], node)):
            node = start
            while math.isfinite(reach[start]) and before[node] >= 0:
                up = int(before[node])
                for end in (node, up):
                    joined.add(int(piece[end]))
                if joined.merge(int(piece[node]), int(piece[up])):
                    more += self.edge_between(np.array([node]), np.array([up])).tolist()
                node = up
        own = np.array([joined.connected(0, number) for number in range(len(pieces))])[piece[self.u[edges]]]
        return np.sort(np.concatenate((edges[own], np.array(more, dtype=np.int64))))

    def nodes_of(self, edges: Integers) -> NDArray[np.bool_]:
        """Give which nodes the edges touch; the root always counts."""
        touched = np.zeros(self.root + 1, dtype=bool)
        touched[self.root] = True
        touched[self.u[edges]] = True
        touched[self.v[edges]] = True
        return touched

    def cost_of(self, edges: Integers, connected: NDArray[np.bool_]) -> float:
        """Give the cost of the edges and the service lines of the connected users, in yuan."""
        return math.fsum(self.cost[edges].tolist() + self.users.service[connected].tolist())

    @property
    def possible(self) -> NDArray[np.bool_]:
        """Which users some way leads to."""
        return np.isfinite(self.lowest)


def network(graph: StreetGraph, roots: Integers, users: Users, edge_cost: Floats) -> Network:
    """Give the network of a street graph; an edge of infinite cost may not be dug, nor one that houses alone lead to.

    Raises Refused where sizes differ, a node does not exist, or a cost or prize is negative or missing.
    """
    _refuse(graph, roots, users, edge_cost)
    root = graph.node_count
    merged = np.arange(root + 1)
    merged[roots] = root
    u, v = merged[graph.u], merged[graph.v]
    usable = np.flatnonzero(np.isfinite(edge_cost) & (u != v))
    pairs = np.minimum(u, v)[usable] * (root + 1) + np.maximum(u, v)[usable]
    order = np.lexsort((usable, edge_cost[usable], pairs))
    pair, first = np.unique(pairs[order], return_index=True)
    twin = usable[order[first]]
    tail, head, price = (
        np.concatenate(each) for each in ((u[twin], v[twin]), (v[twin], u[twin]), (edge_cost[twin],) * 2)
    )
    out = ~np.isin(tail, users.ends)
    matrix = csr_array((price[out], (tail[out], head[out])), shape=(root + 1, root + 1))
    moved = replace(users, node=np.where(users.node >= 0, merged[users.node], -1))
    reach = np.append(dijkstra(matrix, indices=np.array([root]), min_only=True), np.inf)
    lowest = reach[moved.node] + np.where(moved.node >= 0, users.service, 0.0)
    toll = tolls(reach, users.ends, u[usable], v[usable])
    lost = ~(np.isfinite(reach[u]) & np.isfinite(reach[v]))
    cost = np.where(lost, np.inf, edge_cost)
    return Network(u, v, cost, moved, root, matrix, pair=pair, twin=twin, lowest=lowest, toll=toll)


def _refuse(graph: StreetGraph, roots: Integers, users: Users, edge_cost: Floats) -> None:
    if len(edge_cost) != graph.edge_count:
        raise Refused(f"edge_cost: expected {graph.edge_count} values, got {len(edge_cost)}")
    if not len(users.node) == len(users.service) == len(users.prize):
        raise Refused("users: node, service and prize differ in length")
    known = [*roots.tolist(), *users.ends.tolist(), *users.node[users.node >= 0].tolist()]
    if known and not 0 <= min(known) <= max(known) < graph.node_count:
        raise Refused(f"a root or user names a node outside 0 to {graph.node_count - 1}")
    if np.isin(roots, users.ends).any():
        raise Refused("users: a live root cannot be a house that no pipe runs through")
    if np.isnan(edge_cost).any() or (edge_cost < 0).any():
        raise Refused("edge_cost: expected no negative or missing cost")
    placed = users.node >= 0
    for name, values in (("prize", users.prize), ("service", users.service[placed])):
        if not np.isfinite(values).all() or (values < 0).any():
            raise Refused(f"users: expected finite, not negative values of {name}")
