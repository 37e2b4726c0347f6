"""Good trees in a compact core: grown along shortest paths, spanned anew, hung with what pays, and pruned exactly."""

from typing import NamedTuple

import numpy as np

from gis.plan.compiled import Integers, compiled, drop, push
from gis.plan.graph import FAR, Graph


class Tree(NamedTuple):
    """A tree from node 0: `order` names its nodes, parents first; each hangs by the edge `by` on its `parent`.

    These two have a place for every node and are -1 outside; `value` is the cost of edges plus prizes missed.
    """

    value: int
    order: Integers
    parent: Integers
    by: Integers

    @property
    def edges(self) -> list[int]:
        """The edges of the tree."""
        edges: list[int] = self.by[self.order[1:]].tolist()
        return edges


def connecting(graph: Graph, wanted: Integers, length: Integers, allowed: Integers) -> Tree:
    """Give a pruned tree that takes in the nearest wanted node again and again, along shortest paths.

    H. Takahashi and A. Matsuyama, "An approximate solution for the Steiner problem in graphs", Math. Japonica 24
    (1980). `length` (per edge) replaces the costs while paths are sought; `wanted` (per node) and `allowed` (per edge)
    are 0 or 1.
    """
    return Tree(*_pruned(graph, *_grown(graph, wanted, length, allowed)))


def improved(graph: Graph, tree: Tree) -> Tree:
    """Give a tree no worse: spanned anew on its nodes, hung with all others, pruned; until it stays."""
    while True:
        better = Tree(*_pruned(graph, *_hung(graph, *_spanned(graph, inside(tree)))))
        if better.value >= tree.value:
            return tree
        tree = better


def spanned(graph: Graph, nodes: Integers) -> Tree:
    """Give the pruned cheapest tree over the nodes marked 1, as far as edges between them lead from node 0."""
    return Tree(*_pruned(graph, *_spanned(graph, nodes)))


def inside(tree: Tree) -> Integers:
    """Give 1 for each node of the tree and 0 for others."""
    marks = np.zeros(len(tree.parent), dtype=np.int64)
    marks[tree.order] = 1
    return marks


@compiled
def _grown(graph: Graph, wanted: Integers, length: Integers, allowed: Integers) -> tuple[Integers, Integers, Integers]:
    nodes = len(graph.prize)
    parent, by, best = np.full(nodes, -1), np.full(nodes, -1), np.full(nodes, FAR)
    order, taken = np.empty(nodes, np.int64), np.zeros(nodes, np.int64)
    keys, items = np.empty(4 * nodes + 8, np.int64), np.empty(4 * nodes + 8, np.int64)
    order[0], count, taken[0], best[0] = 0, 1, 1, 0
    waiting = wanted.sum() - wanted[0]
    size = push(keys, items, 0, 0, 0)
    while size and waiting:
        reach, node = keys[0], items[0]
        size = drop(keys, items, size)
        if reach > best[node]:
            continue
        if size + nodes + graph.start[node + 1] - graph.start[node] > len(keys):
            keys, items = np.concatenate((keys, keys)), np.concatenate((items, items))
        if wanted[node] and not taken[node]:
            step, first = node, count
            while not taken[step]:
                taken[step], best[step] = 1, 0
                waiting -= wanted[step]
                order[count] = step
                count += 1
                size = push(keys, items, size, 0, step)
                step = parent[step]
            order[first:count] = order[first:count][::-1].copy()
            continue
        for slot in range(graph.start[node], graph.start[node + 1]):
            other, edge = graph.other[slot], graph.arc[slot] >> 1
            further = reach + length[edge]
            if not taken[other] and allowed[edge] and further < best[other]:
                best[other], by[other], parent[other] = further, edge, node
                size = push(keys, items, size, further, other)
    return order[:count], parent, by


@compiled
def _spanned(graph: Graph, nodes: Integers) -> tuple[Integers, Integers, Integers]:
    """Give the cheapest spanning tree from node 0 over the marked nodes (Prim)."""
    total = len(graph.prize)
    parent, by, best = np.full(total, -1), np.full(total, -1), np.full(total, FAR)
    order, done, count = np.empty(total, np.int64), np.zeros(total, np.int64), 0
    keys, items = np.empty(len(graph.tail) + 1, np.int64), np.empty(len(graph.tail) + 1, np.int64)
    best[0] = 0
    size = push(keys, items, 0, 0, 0)
    while size:
        node = items[0]
        size = drop(keys, items, size)
        if done[node]:
            continue
        done[node] = 1
        order[count] = node
        count += 1
        for slot in range(graph.start[node], graph.start[node + 1]):
            other, edge = graph.other[slot], graph.arc[slot] >> 1
            if nodes[other] and not done[other] and graph.cost[edge] < best[other]:
                best[other], by[other], parent[other] = graph.cost[edge], edge, node
                size = push(keys, items, size, graph.cost[edge], other)
    return order[:count], parent, by


@compiled
def _hung(graph: Graph, given: Integers, parent: Integers, by: Integers) -> tuple[Integers, Integers, Integers]:
    """Give the tree with every other node hung on by its shortest path."""
    nodes = len(graph.prize)
    best, done = np.full(nodes, FAR), np.zeros(nodes, np.int64)
    keys, items = np.empty(len(graph.tail) + nodes, np.int64), np.empty(len(graph.tail) + nodes, np.int64)
    order, count, size = np.empty(nodes, np.int64), len(given), 0
    order[:count] = given
    old = np.zeros(nodes, np.int64)
    for node in given:
        best[node], old[node] = 0, 1
        size = push(keys, items, size, 0, node)
    while size:
        reach, node = keys[0], items[0]
        size = drop(keys, items, size)
        if reach > best[node] or done[node]:
            continue
        done[node] = 1
        if not old[node]:
            order[count] = node
            count += 1
        for slot in range(graph.start[node], graph.start[node + 1]):
            other, edge = graph.other[slot], graph.arc[slot] >> 1
            if reach + graph.cost[edge] < best[other]:
                best[other], by[other], parent[other] = reach + graph.cost[edge], edge, node
                size = push(keys, items, size, best[other], other)
    return order[:count], parent, by


@compiled
def _pruned(graph: Graph, order: Integers, parent: Integers, by: Integers) -> tuple[int, Integers, Integers, Integers]:
    """Give the best tree from node 0 inside a given one: exact, by what each branch is worth to its parent."""
    worth = np.zeros(len(graph.prize), np.int64)
    for node in order:
        worth[node] = graph.prize[node]
    for place in range(len(order) - 1, 0, -1):
        node = order[place]
        gain = worth[node] - graph.cost[by[node]]
        if gain > 0:
            worth[parent[node]] += gain
    ups, edges = np.full(len(worth), -1), np.full(len(worth), -1)
    kept, count, spent, won = order.copy(), 1, 0, graph.prize[0]
    for node in order[1:]:
        if (parent[node] == 0 or edges[parent[node]] >= 0) and worth[node] > graph.cost[by[node]]:
            ups[node], edges[node] = parent[node], by[node]
            kept[count] = node
            count += 1
            spent += graph.cost[by[node]]
            won += graph.prize[node]
    return spent + graph.prize.sum() - won, kept[:count], ups, edges
