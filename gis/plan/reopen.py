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
NEAR = 20
WORK = 40_000
PIECE = 5
BATCH = 64


class Piece(NamedTuple):
    """A core to draw a piece of a tree in, and what the piece comes to in it today.

    `edge` gives for each edge of the core that of the graph; `nodes` are those of the piece.
    """

    core: Core
    value: int
    edge: Integers
    nodes: Integers

    def ends(self, graph: Graph, edges: list[int]) -> Integers:
        """Give the nodes that the piece meets when drawn anew, by edges of the core."""
        return graph.tail.reshape(-1, 2)[self.edge[edges]].reshape(-1)


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
    sweep = _Sweep(graph, tree, below, on)
    while sweep.left.any() and not sweep.over:
        sweep.batch(keys, random.permutation(np.flatnonzero(sweep.left)).tolist())
    return sweep.tree


class _Sweep:
    """A tree whose nodes `left` have not been in a piece that got no better; pieces far apart are drawn at a time.

    Up to BATCH pieces are drawn in the tree as it was: none where another one was or meets the tree, and none that
    meets it where another one was.
    """

    def __init__(
        self, graph: Graph, tree: Tree, below: Callable[[Core, int, int], list[int] | None], on: Callable[[], bool]
    ) -> None:
        self.graph, self.tree, self.below, self.on = graph, tree, below, on
        self.left, self.work, self.over = inside(tree) > 0, WORK, False

    def batch(self, keys: int, middles: list[int]) -> None:
        """Draw pieces around nodes, in their order, and take those that are better into the tree."""
        taken, met = (np.zeros(len(self.left), dtype=bool) for _ in range(2))
        stands, drawn = standing(self.graph, self.tree), list[tuple[Integers, Integers]]()
        for middle in middles:
            if not self.left[middle] or taken[middle] or met[middle]:
                continue
            if not self.go_on() or len(drawn) == BATCH:
                break
            part = piece(self.graph, stands, middle, keys=keys, near=NEAR * keys)
            if taken[part.nodes].any() or met[part.nodes].any():
                continue
            self.work += len(part.edge)
            edges = self.below(part.core, part.value, PIECE)
            ends = part.nodes[:0] if edges is None else part.ends(self.graph, edges)
            if taken[ends].any():
                continue
            self.left[part.nodes] = False
            if edges is not None:
                taken[part.nodes], met[ends] = True, True
                drawn.append((part.nodes, ends))
        value = self.tree.value
        self.take(drawn)
        anew = (taken | met) & (self.tree.value < value)
        self.left = (self.left | anew) & (inside(self.tree) > 0)

    def go_on(self) -> bool:
        """Give whether another piece may be drawn."""
        if self.work >= WORK:
            self.work, self.over = 0, not self.on()
        return not self.over

    def take(self, drawn: list[tuple[Integers, Integers]]) -> None:
        """Take pieces into the tree, the nodes that each had and meets now; in halves where they do not go together.

        One may give up what another hangs on. One that leaves a branch out may be no better even alone, where the nodes
        of the branch lead elsewhere for more; it is passed over.
        """
        marks = inside(self.tree)
        for nodes, ends in drawn:
            marks[nodes], marks[ends] = 0, 1
        tree = spanned(self.graph, marks)
        if tree.value < self.tree.value:
            self.tree = tree
        elif len(drawn) > 1:
            self.take(drawn[: len(drawn) // 2])
            self.take(drawn[len(drawn) // 2 :])


class Standing(NamedTuple):
    """A tree, and what its branches come to; a branch is a node with all that hangs on it.

    `place` is the place of each node in an order where the `size` nodes of its branch follow it, and those outside the
    tree come last; `worth` is the branch's prizes less its edges; `tail` the place of each arc's tail.
    """

    tree: Tree
    place: Integers
    size: Integers
    worth: Integers
    tail: Integers


def standing(graph: Graph, tree: Tree) -> Standing:
    """Give what the branches of a tree come to."""
    place, size, worth = _branches(graph, tree.order, tree.parent, tree.by)
    return Standing(tree, place, size, worth, place[graph.tail])


def piece(graph: Graph, stands: Standing, middle: int, *, keys: int, near: int) -> Piece:
    """Give the piece of so many key nodes around a node of a tree, with so many nodes near it that are not in the tree.

    A node is key where it has a prize or where the tree forks.
    """
    tree = stands.tree
    walk = _walk(graph, tree.parent, tree.by, middle, keys)
    own = np.concatenate((walk, _close(graph, walk, tree.parent, near)))
    number, worth, spent = _parted(graph, stands, walk, own)
    edge = _joining(stands.tail, number)
    ends = number[stands.tail.reshape(-1, 2)[edge]]
    core = Core(int(number[stands.place[0]]), [*graph.prize[own].tolist(), *worth.tolist()])
    core.prize[core.root] = 0
    for (u, v), cost in zip(ends.tolist(), graph.cost[edge].tolist(), strict=True):
        core.add(u, v, cost)
    return Piece(core, int(spent + graph.prize[own[len(walk) :]].sum()), edge, walk)


def key_count(graph: Graph, tree: Tree) -> int:
    """Give how many nodes of a tree are key."""
    links = np.bincount(tree.parent[tree.order[1:]], minlength=len(graph.prize)) + (tree.parent >= 0)
    return int(((graph.prize > 0) | (links > FORK))[tree.order].sum())


@compiled
def _walk(graph: Graph, parent: Integers, by: Integers, middle: int, keys: int) -> Integers:
    """Give the nodes of the tree nearest to one by number of edges, until so many of them are key.

    What lies beyond the root, where many trees meet, is not near.
    """
    walk, seen = np.empty(len(parent), np.int64), np.zeros(len(parent), np.uint8)
    walk[0], seen[middle], place, count = middle, 1, 0, 1
    while place < count:
        node, links = walk[place], 0
        for slot in range(graph.start[node], graph.start[node + 1]):
            other, edge = graph.other[slot], graph.arc[slot] >> 1
            if by[other] == edge or by[node] == edge:
                links += 1
                if other and not seen[other]:
                    seen[other] = 1
                    walk[count] = other
                    count += 1
        keys -= graph.prize[node] > 0 or links > FORK
        if keys < 0:
            break
        place += 1
    return walk[:place].copy()


@compiled
def _branches(graph: Graph, order: Integers, parent: Integers, by: Integers) -> tuple[Integers, Integers, Integers]:
    """Give the place of each node, and the size and the worth of its branch."""
    nodes = len(parent)
    place, size, worth = np.full(nodes, -1), np.zeros(nodes, np.int64), np.zeros(nodes, np.int64)
    for node in order[::-1]:
        size[node] += 1
        worth[node] += graph.prize[node]
        if parent[node] >= 0:
            size[parent[node]] += size[node]
            worth[parent[node]] += worth[node] - graph.cost[by[node]]
    free = np.zeros(nodes, np.int64)
    for node in order:
        place[node] = free[parent[node]] if parent[node] >= 0 else 0
        free[node] = place[node] + 1
        if parent[node] >= 0:
            free[parent[node]] += size[node]
    after = len(order)
    for node in range(nodes):
        if place[node] < 0:
            place[node], after = after, after + 1
    return place, size, worth


@compiled
def _parted(graph: Graph, stands: Standing, walk: Integers, own: Integers) -> tuple[Integers, Integers, int]:
    """Give by place the number of each node: own nodes first, then the parts of the tree beyond the piece; -1: neither.

    With it come what each part is worth, and the cost of the edges of the piece and to its parts.
    """
    parent, by = stands.tree.parent, stands.tree.by
    place, size, tree = stands.place, stands.size, len(stands.tree.order)
    number, parts, spent = np.full(len(place), -1), len(own), 0
    number[place[own]] = np.arange(len(own))
    more = 1
    for node in walk:
        more += graph.start[node + 1] - graph.start[node]
    worth = np.zeros(more, np.int64)
    for node in walk:
        up = parent[node]
        if up >= 0 and number[place[up]] < 0:
            number[:tree] = parts
            number[place[own]] = np.arange(len(own))
            worth[0] = stands.worth[0] - stands.worth[node] + graph.cost[by[node]]
            spent, parts = spent + graph.cost[by[node]], parts + 1
            break
    for node in walk:
        for slot in range(graph.start[node], graph.start[node + 1]):
            other, edge = graph.other[slot], graph.arc[slot] >> 1
            if parent[other] == node and by[other] == edge:
                spent += graph.cost[edge]
                if number[place[other]] < 0 or number[place[other]] >= len(own):
                    number[place[other] : place[other] + size[other]] = parts
                    worth[parts - len(own)] = stands.worth[other]
                    parts += 1
    return number, worth[: parts - len(own)].copy(), int(spent)


@compiled
def _joining(tail: Integers, number: Integers) -> Integers:
    """Give the edges whose ends have different numbers."""
    found, count = np.empty(len(tail) >> 1, np.int64), 0
    for edge in range(len(found)):
        a, b = number[tail[2 * edge]], number[tail[2 * edge + 1]]
        if a >= 0 and b >= 0 and a != b:
            found[count] = edge
            count += 1
    return found[:count].copy()


@compiled
def _close(graph: Graph, starts: Integers, parent: Integers, most: int) -> Integers:
    """Give the nodes outside the tree that are nearest to some of its nodes, by ways outside it; so many at most."""
    best, found, count = np.full(len(parent), FAR), np.empty(most, np.int64), 0
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
        if node and parent[node] < 0:
            found[count] = node
            count += 1
        more = graph.start[node + 1] - graph.start[node]
        if size + more > len(keys):
            keys = np.concatenate((keys, np.empty(len(keys) + more, np.int64)))
            items = np.concatenate((items, np.empty(len(keys) - len(items), np.int64)))
        for slot in range(graph.start[node], graph.start[node + 1]):
            other, further = graph.other[slot], reach + graph.cost[graph.arc[slot] >> 1]
            if other and parent[other] < 0 and further < best[other]:
                best[other] = further
                size = push(keys, items, size, further, other)
    return found[:count].copy()
