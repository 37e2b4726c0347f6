"""A piece of a good tree drawn anew: what hangs on it is contracted, and what lies near it is searched exactly.

A large neighbourhood search (P. Shaw, "Using constraint programming and local search methods to solve vehicle routing
problems", CP 1998) on Steiner trees: a piece has some key nodes that follow each other in the tree. Each part of the
tree beyond it becomes one node, worth its prizes less its edges, so that the piece may meet it anywhere.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from gis.plan.compiled import Integers, compiled, drop, push
from gis.plan.core import Core
from gis.plan.forest import Tree, inside, spanned
from gis.plan.graph import FAR, Graph

Flags = NDArray[np.bool_]
FORK = 2
NEAR = 60
WORK = 40_000
PIECE = 5


class Piece(NamedTuple):
    """A core to draw a piece of a tree in, and what the piece comes to in it today.

    `edge` gives for each edge of the core that of the graph; `taken` flags the nodes of the piece, `beyond` those of
    the tree outside it.
    """

    core: Core
    value: int
    edge: Integers
    taken: Flags
    beyond: Flags

    def drawn(self, graph: Graph, edges: list[int]) -> Tree:
        """Give the whole tree with the piece drawn anew, by edges of the core."""
        marks = self.beyond.astype(np.int64)
        marks[graph.tail.reshape(-1, 2)[self.edge[edges]].reshape(-1)] = 1
        return spanned(graph, marks)


def swept(
    graph: Graph,
    tree: Tree,
    keys: int,
    *,
    below: Callable[[Core, int, int], list[int] | None],
    on: Callable[[], bool],
    random: np.random.Generator,
) -> Tree:
    """Give the tree with pieces of so many key nodes drawn anew until each node has been in one that got no better.

    `below` draws a piece below a value in so many steps. `on` is asked before so many pieces that their edges come to
    WORK: where it says no, the rest stays as it is.
    """
    left, work = inside(tree) > 0, WORK
    while left.any():
        if work >= WORK:
            if not on():
                break
            work = 0
        part = piece(graph, tree, int(random.choice(np.flatnonzero(left))), keys=keys, near=NEAR * keys)
        work += len(part.edge)
        edges = below(part.core, part.value, PIECE)
        if edges is None:
            left &= ~part.taken
        else:
            tree = part.drawn(graph, edges)
            left = (left | part.taken) & (inside(tree) > 0)
    return tree


def piece(graph: Graph, tree: Tree, middle: int, *, keys: int, near: int) -> Piece:
    """Give the piece of so many key nodes around a node of a tree, with so many nodes near it that are not in the tree.

    A node is key where it has a prize or where the tree forks.
    """
    walk, marks = _walk(graph, tree.parent, tree.by, middle, keys), inside(tree)
    taken = np.zeros(len(marks), dtype=bool)
    taken[walk] = True
    number, worth = _contracted(graph, tree.order, tree.parent, tree.by, taken)
    close = _close(graph, walk, marks, near)
    own = np.concatenate((walk, close))
    number[own] = len(worth) + np.arange(len(own))
    ends = number[graph.tail].reshape(-1, 2)
    edge = np.flatnonzero((ends.min(axis=1) >= 0) & (ends[:, 0] != ends[:, 1]))
    core = Core(int(number[0]), [*worth.tolist(), *graph.prize[own].tolist()])
    core.prize[core.root] = 0
    for (u, v), cost in zip(ends[edge].tolist(), graph.cost[edge].tolist(), strict=True):
        core.add(u, v, cost)
    nodes = tree.order[1:]
    drawn = tree.by[nodes[taken[nodes] | taken[tree.parent[nodes]]]]
    value = int(graph.cost[drawn].sum()) + int(graph.prize[close].sum())
    return Piece(core, value, edge, taken, (marks > 0) & ~taken)


def key_count(graph: Graph, tree: Tree) -> int:
    """Give how many nodes of a tree are key."""
    links = np.bincount(tree.parent[tree.order[1:]], minlength=len(graph.prize)) + (tree.parent >= 0)
    return int(((graph.prize > 0) | (links > FORK))[tree.order].sum())


@compiled
def _walk(graph: Graph, parent: Integers, by: Integers, middle: int, keys: int) -> Integers:
    """Give the nodes of the tree nearest to one by number of edges, until so many of them are key."""
    walk, seen = np.empty(len(parent), np.int64), np.zeros(len(parent), np.uint8)
    walk[0], seen[middle], place, count = middle, 1, 0, 1
    while place < count:
        node, links = walk[place], 0
        for slot in range(graph.start[node], graph.start[node + 1]):
            other, edge = graph.other[slot], graph.arc[slot] >> 1
            if by[other] == edge or by[node] == edge:
                links += 1
                if not seen[other]:
                    seen[other] = 1
                    walk[count] = other
                    count += 1
        keys -= graph.prize[node] > 0 or links > FORK
        if keys < 0:
            break
        place += 1
    return walk[:place].copy()


@compiled
def _contracted(
    graph: Graph, order: Integers, parent: Integers, by: Integers, taken: Flags
) -> tuple[Integers, Integers]:
    """Give the part beyond the piece that each node of the tree is in (-1: none), and what each part is worth."""
    number, worth, parts = np.full(len(parent), -1), np.zeros(len(order), np.int64), 0
    for node in order:
        if taken[node]:
            continue
        up = parent[node]
        if up < 0 or taken[up]:
            number[node], parts = parts, parts + 1
        else:
            number[node] = number[up]
            worth[number[node]] -= graph.cost[by[node]]
        worth[number[node]] += graph.prize[node]
    return number, worth[:parts].copy()


@compiled
def _close(graph: Graph, starts: Integers, inside: Integers, most: int) -> Integers:
    """Give the nodes outside the tree that are nearest to some of its nodes, by ways outside it; so many at most."""
    best, found, count = np.full(len(inside), FAR), np.empty(most, np.int64), 0
    keys, items = np.empty(len(starts) + 64, np.int64), np.empty(len(starts) + 64, np.int64)
    size = 0
    for node in starts:
        best[node] = 0
        size = push(keys, items, size, 0, node)
    while size and count < most:
        reach, node = keys[0], items[0]
        size = drop(keys, items, size)
        if reach > best[node]:
            continue
        if not inside[node]:
            found[count] = node
            count += 1
        more = graph.start[node + 1] - graph.start[node]
        if size + more > len(keys):
            keys = np.concatenate((keys, np.empty(len(keys) + more, np.int64)))
            items = np.concatenate((items, np.empty(len(keys) - len(items), np.int64)))
        for slot in range(graph.start[node], graph.start[node + 1]):
            other, further = graph.other[slot], reach + graph.cost[graph.arc[slot] >> 1]
            if not inside[other] and further < best[other]:
                best[other] = further
                size = push(keys, items, size, further, other)
    return found[:count].copy()
