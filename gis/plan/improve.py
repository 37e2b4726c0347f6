"""Local search on trees: nodes are put in or taken out, and paths between key nodes change for shorter ones.

E. Uchoa and R. F. Werneck, "Fast local search for the Steiner problem in graphs", ACM J. Experimental Algorithmics 17
(2012). A node is key where it has a prize or where the tree forks; a path between key nodes has neither inside.
"""

from typing import NamedTuple

import numpy as np

from gis.plan.compiled import Integers, compiled, drop, push
from gis.plan.forest import Tree, inside, spanned
from gis.plan.graph import FAR, Graph

SEARCHED = 400_000
LARGE = 100_000
"""Nodes of a tree beyond which it is not searched: each change walks up to the root."""
LOGGED = 4


class _Work(NamedTuple):
    """A tree being changed: where each node hangs, which nodes are in, and what a search needs."""

    parent: Integers
    by: Integers
    inside: Integers
    mark: Integers
    order: Integers
    place: Integers
    size: Integers
    forks: Integers
    best: Integers
    via: Integers
    log: Integers
    ups: Integers
    edges: Integers


def searched(graph: Graph, tree: Tree) -> Tree:
    """Give a tree that no single node put in or taken out and no change of one path makes better, or nearly so.

    A tree of more than LARGE nodes is given back as it is.
    """
    while len(tree.order) <= LARGE:
        better = _passed(graph, tree)
        if better.value >= tree.value:
            better = _thinned(graph, tree)
        if better.value >= tree.value:
            break
        tree = better
    return tree


def _passed(graph: Graph, tree: Tree) -> Tree:
    work = _work(graph, tree)
    _insertions(graph, work)
    tree = min(spanned(graph, work.inside), tree, key=lambda each: each.value)
    work = _work(graph, tree)
    _exchanges(graph, work)
    return min(spanned(graph, work.inside), tree, key=lambda each: each.value)


def _work(graph: Graph, tree: Tree) -> _Work:
    nodes = len(graph.prize)
    spare = (np.full(nodes, -1) for _ in range(7))
    log = (np.empty(LOGGED * nodes + 64, dtype=np.int64) for _ in range(3))
    work = _Work(tree.parent.copy(), tree.by.copy(), inside(tree), *spare, *log)
    work.best[:] = FAR
    return work


def _thinned(graph: Graph, tree: Tree) -> Tree:
    """Give the tree without each fork that it is better without; nothing is tried on a tree too large for it."""
    kept, forks = inside(tree), np.bincount(tree.parent[tree.order[1:]], minlength=len(graph.prize))
    tried = np.flatnonzero((forks >= 2) & (graph.prize == 0))
    if len(tried) * len(tree.order) * len(graph.tail) > SEARCHED * len(graph.prize):
        return tree
    for node in tried[tried > 0].tolist():
        if kept[node]:
            kept[node] = 0
            without = spanned(graph, kept)
            if without.value < tree.value:
                tree, kept = without, inside(without)
            else:
                kept[node] = 1
    return tree


@compiled
def _insertions(graph: Graph, work: _Work) -> None:
    """Put each node outside in where the cheapest tree over the nodes and it is better than without it."""
    room, stamp = len(work.log), 0
    for node in range(1, len(graph.prize)):
        near, first = 0, -1
        if work.inside[node]:
            continue
        for slot in range(graph.start[node], graph.start[node + 1]):
            if work.inside[graph.other[slot]]:
                near += 1
                if first < 0 or graph.cost[graph.arc[slot] >> 1] < graph.cost[graph.arc[first] >> 1]:
                    first = slot
        if first < 0 or (near < 2 and graph.cost[graph.arc[first] >> 1] >= graph.prize[node]):
            continue
        delta = graph.cost[graph.arc[first] >> 1] - graph.prize[node]
        work.parent[node], work.by[node] = graph.other[first], graph.arc[first] >> 1
        used = 0
        for slot in range(graph.start[node], graph.start[node + 1]):
            if slot != first and work.inside[graph.other[slot]] and used + len(graph.prize) < room:
                stamp += 1
                gain, used = _swapped(graph, work, node, slot, stamp, used)
                delta -= gain
        if delta < 0:
            work.inside[node] = 1
            continue
        while used:
            used -= 1
            work.parent[work.log[used]], work.by[work.log[used]] = work.ups[used], work.edges[used]
        work.parent[node], work.by[node] = -1, -1


@compiled
def _swapped(graph: Graph, work: _Work, node: int, slot: int, stamp: int, used: int) -> tuple[int, int]:
    """Take the edge of a slot in for the dearest on the ring that it closes, if cheaper; give the gain and log size."""
    other, edge = graph.other[slot], graph.arc[slot] >> 1
    step = node
    while step >= 0:
        work.mark[step] = stamp
        step = work.parent[step]
    top, dearest, far_side = other, -1, True
    while work.mark[top] != stamp:
        if dearest < 0 or graph.cost[work.by[top]] > graph.cost[work.by[dearest]]:
            dearest = top
        top = work.parent[top]
    step = node
    while step != top:
        if dearest < 0 or graph.cost[work.by[step]] > graph.cost[work.by[dearest]]:
            dearest, far_side = step, False
        step = work.parent[step]
    gain = graph.cost[work.by[dearest]] - graph.cost[edge] if dearest >= 0 else 0
    if gain <= 0:
        return 0, used
    step, up = (other, node) if far_side else (node, other)
    while True:
        after, through = work.parent[step], work.by[step]
        work.log[used], work.ups[used], work.edges[used] = step, after, through
        used += 1
        work.parent[step], work.by[step] = up, edge
        if step == dearest:
            return gain, used
        up, step, edge = step, after, through


@compiled
def _arranged(graph: Graph, work: _Work) -> int:
    """Put the nodes in walking order, so that a branch is a run of `size` places; count the forks; give how many."""
    nodes = len(graph.prize)
    child, sibling, stack = np.full(nodes, -1), np.full(nodes, -1), np.empty(nodes, np.int64)
    for node in range(1, nodes):
        work.forks[node], work.size[node] = 0, 1
        if work.inside[node]:
            sibling[node] = child[work.parent[node]]
            child[work.parent[node]] = node
    work.forks[0], work.size[0] = 0, 1
    stack[0], waiting, count = 0, 1, 0
    while waiting:
        waiting -= 1
        node = stack[waiting]
        work.order[count], work.place[node] = node, count
        count += 1
        below = child[node]
        while below >= 0:
            work.forks[node] += 1
            stack[waiting] = below
            waiting += 1
            below = sibling[below]
    for place in range(count - 1, 0, -1):
        node = work.order[place]
        work.size[work.parent[node]] += work.size[node]
    return count


@compiled
def _exchanges(graph: Graph, work: _Work) -> None:
    """Change each path between key nodes for the shortest other way between what it joins, if cheaper."""
    count = _arranged(graph, work)
    place = count
    while place > 1:
        place -= 1
        node = work.order[place]
        if graph.prize[node] == 0 and work.forks[node] < 2:
            continue
        length, top = graph.cost[work.by[node]], work.parent[node]
        while top and graph.prize[top] == 0 and work.forks[top] < 2:
            length += graph.cost[work.by[top]]
            top = work.parent[top]
        foot = _found(graph, work, node, top, length)
        if foot >= 0:
            _rehung(graph, work, node, top, foot)
            count = _arranged(graph, work)
            place = min(place, count)


@compiled
def _found(graph: Graph, work: _Work, node: int, top: int, limit: int) -> int:
    """Give the node of the tree outside a branch that the branch reaches by a way shorter than the limit, or -1.

    `via` then holds the way back from it: the edge to the node before each, and -1 at the branch.
    """
    first, last = work.place[node], work.place[node] + work.size[node]
    keys, items = np.empty(last - first + 64, np.int64), np.empty(last - first + 64, np.int64)
    touched = work.order[first:last].copy()
    size, seen = 0, len(touched)
    for start in touched:
        work.best[start], work.via[start] = 0, -1
        size = push(keys, items, size, 0, start)
    while size:
        reach, here = keys[0], items[0]
        size = drop(keys, items, size)
        if reach > work.best[here]:
            continue
        outside = work.inside[here] == 0 or first <= work.place[here] < last
        if not outside and not _between(work, node, top, here):
            return _cleared(work, touched[:seen], here)
        if size + graph.start[here + 1] - graph.start[here] > len(keys):
            keys = np.concatenate((keys, np.empty(len(keys) + graph.start[here + 1] - graph.start[here], np.int64)))
            items = np.concatenate((items, np.empty(len(keys) - len(items), np.int64)))
        if seen + graph.start[here + 1] - graph.start[here] > len(touched):
            more = np.empty(len(touched) + graph.start[here + 1] - graph.start[here], np.int64)
            touched = np.concatenate((touched, more))
        for slot in range(graph.start[here], graph.start[here + 1]):
            other, further = graph.other[slot], reach + graph.cost[graph.arc[slot] >> 1]
            if further < limit and further < work.best[other]:
                if work.best[other] == FAR:
                    touched[seen] = other
                    seen += 1
                work.best[other], work.via[other] = further, graph.arc[slot] >> 1
                size = push(keys, items, size, further, other)
    return _cleared(work, touched[:seen], -1)


@compiled
def _cleared(work: _Work, touched: Integers, found: int) -> int:
    for node in touched:
        work.best[node] = FAR
    return found


@compiled
def _between(work: _Work, node: int, top: int, here: int) -> bool:
    """Give whether a node of the tree lies on the path from a branch up to its top, without the top."""
    step = node
    while step != top:
        if step == here:
            return True
        step = work.parent[step]
    return False


@compiled
def _rehung(graph: Graph, work: _Work, node: int, top: int, foot: int) -> None:
    """Hang a branch on its foot by the way found, instead of on its top."""
    step = work.parent[node]
    while step != top:
        after = work.parent[step]
        work.inside[step], work.parent[step], work.by[step] = 0, -1, -1
        step = after
    up, edge = foot, work.via[foot]
    while True:
        step = graph.tail[2 * edge] + graph.tail[2 * edge + 1] - up
        further = work.via[step]
        if further < 0:
            break
        work.inside[step], work.parent[step], work.by[step] = 1, up, edge
        up, edge = step, further
    while True:
        after, through = work.parent[step], work.by[step]
        work.parent[step], work.by[step] = up, edge
        if step == node:
            break
        up, step, edge = step, after, through
