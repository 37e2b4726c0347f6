"""Trees to start from, and trees shaken out of a good one."""

import numpy as np
from numpy.typing import NDArray

from gis.plan.ascent import Ascent
from gis.plan.forest import Tree, connecting, improved, inside, spanned
from gis.plan.graph import Graph
from gis.plan.improve import searched

EXTRA = 0.04
KEPT = (0.6, 1.0)
FINE = 16
SPREAD = 0.3
NEAR = (0.8, 1.0)
OTHERS = (0.0, 0.0, 0.1)


def grown(graph: Graph, ascent: Ascent) -> Tree:
    """Give the better of two trees: along used-up edges to all prizes, and to those that were not used up."""
    trees = (
        sprouted(graph, ascent, graph.prize > 0),
        sprouted(graph, ascent, (graph.prize > 0) & (ascent.prize_left > 0)),
    )
    return settled(graph, min(trees, key=lambda tree: tree.value))


def sprouted(graph: Graph, ascent: Ascent, wanted: NDArray[np.bool_]) -> Tree:
    """Give a tree along used-up edges to some nodes."""
    tight = (ascent.left.reshape(-1, 2).min(axis=1) == 0).astype(np.int64)
    return improved(graph, connecting(graph, wanted.astype(np.int64), graph.cost, tight))


def followed(graph: Graph, nodes: NDArray[np.bool_]) -> Tree:
    """Give a tree to those of some nodes that have prizes, along edges between them where these lead there."""
    length = np.where(nodes[graph.tail.reshape(-1, 2)].all(axis=1), graph.cost, FINE * graph.cost)
    wanted = (nodes & (graph.prize > 0)).astype(np.int64)
    return settled(graph, connecting(graph, wanted, length, np.ones_like(length)))


def guided(graph: Graph, amounts: NDArray[np.float64]) -> Tree:
    """Give a tree to all prizes along edges of which a fractional plan uses much."""
    length = np.rint(graph.cost * (1 - 0.99 * np.clip(amounts.reshape(-1, 2).sum(axis=1), 0, 1))).astype(np.int64)
    wanted = (graph.prize > 0).astype(np.int64)
    return settled(graph, connecting(graph, wanted, length, np.ones_like(length)))


def shaken(graph: Graph, tree: Tree, random: np.random.Generator) -> Tree:
    """Give another tree near a good one, improved: to its prizes along shaken costs, or with some nodes more."""
    if random.random() < 0.5:
        factor = random.uniform(0.8, 1.2, len(graph.cost))
        factor[tree.by[tree.order[1:]]] *= random.uniform(*KEPT)
        length = np.rint(graph.cost * FINE * factor).astype(np.int64)
        wanted = inside(tree) * (graph.prize > 0)
        return settled(graph, connecting(graph, wanted, length, np.ones_like(length)))
    marks = inside(tree)
    marks[random.integers(1, len(marks), max(1, int(EXTRA * len(tree.order))))] = 1
    return settled(graph, spanned(graph, marks))


def varied(graph: Graph, tree: Tree, random: np.random.Generator) -> Tree:
    """Give a rough tree along shaken costs: to the prizes of a good one, and to some others."""
    factor = random.uniform(1 - SPREAD, 1 + SPREAD, len(graph.cost))
    factor[tree.by[tree.order[1:]]] *= random.uniform(*NEAR)
    length = np.rint(graph.cost * FINE * factor).astype(np.int64)
    more = random.random(len(graph.prize)) < random.choice(OTHERS)
    wanted = ((inside(tree) > 0) | more) & (graph.prize > 0)
    return improved(graph, connecting(graph, wanted.astype(np.int64), length, np.ones_like(length)))


def settled(graph: Graph, tree: Tree) -> Tree:
    """Give the tree after both ways to improve it, until it stays."""
    while True:
        better = improved(graph, searched(graph, tree))
        if better.value >= tree.value:
            return tree
        tree = better
