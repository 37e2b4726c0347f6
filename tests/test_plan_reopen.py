"""Pieces of a tree drawn anew: what they are worth, and that drawing them never makes a tree worse."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gis.plan import look, reopen
from gis.plan.core import Core
from gis.plan.forest import Tree, inside, spanned
from gis.plan.graph import Graph, graph
from gis.plan.grow import settled as settled_tree
from gis.plan.pace import Pace
from gis.plan.reopen import Piece, Standing, piece, standing, swept
from gis.plan.solve import Search, solved
from tests.test_plan_exact import core, optimum


def grid(seed: int, size: int = 12, share: float = 0.35) -> Core:
    """A grid of size x size nodes with costs from 10 to 29 and a prize at a share of the nodes."""
    random = np.random.default_rng(seed)
    prize = np.where(random.random(size * size) < share, random.integers(10, 60, size * size), 0)
    prize[0] = 0
    made = Core(0, prize.tolist())
    for a in range(size * size):
        for b in ([a + 1] if (a + 1) % size else []) + ([a + size] if a < size * (size - 1) else []):
            made.add(a, b, int(random.integers(10, 30)))
    return made


def rough(found: Graph, seed: int) -> Tree:
    """The cheapest tree over about seven in ten of the nodes, pruned."""
    return spanned(found, (np.random.default_rng(seed).random(len(found.prize)) < 0.7).astype(np.int64))


def value_of(found: Graph, tree: Tree) -> int:
    missed = int(found.prize[inside(tree) == 0].sum())
    return int(found.cost[tree.by[tree.order[1:]]].sum()) + missed


def redrawn(found: Graph, tree: Tree, part: Piece, edges: list[int]) -> Tree:
    marks = inside(tree)
    marks[part.nodes] = 0
    marks[part.ends(found, edges)] = 1
    return spanned(found, marks)


@settings(max_examples=40, deadline=None, derandomize=True)
@given(st.integers(0, 1000), st.integers(1, 30), st.integers(0, 150))
def test_a_better_piece_makes_the_tree_better_by_as_much_at_least(seed: int, keys: int, near: int) -> None:
    found = graph(grid(seed).compact())
    tree = rough(found, seed + 1)
    part = piece(found, standing(found, tree), int(tree.order[seed % len(tree.order)]), keys=keys, near=near)
    best = solved(part.core, pace=Pace(20))
    assert best.value <= part.value
    drawn = redrawn(found, tree, part, best.edges)
    assert drawn.value == value_of(found, drawn)
    assert drawn.value <= tree.value - (part.value - best.value)


@settings(max_examples=40, deadline=None, derandomize=True)
@given(st.integers(0, 1000))
def test_a_piece_that_is_the_whole_tree_is_the_whole_problem(seed: int) -> None:
    random = np.random.default_rng(seed)
    edges = [
        (a, b, int(random.integers(1, 9))) for a in range(8) for b in range(a) if b == a - 1 or random.random() < 0.4
    ]
    prize = [0, *random.integers(0, 12, 7).tolist()]
    found = graph(core(edges, prize, 0).compact())
    tree = spanned(found, np.ones(len(found.prize), dtype=np.int64))
    lost = int(sum(prize) - found.prize.sum())  # of nodes without an edge
    part = piece(found, standing(found, tree), 0, keys=99, near=99)
    assert part.value == tree.value
    assert solved(part.core).value == optimum(edges, prize, 0) - lost


def test_what_hangs_beyond_a_piece_is_met_anywhere_and_kept() -> None:
    # a line 0-1-2-3-4 of dear edges, the far end of which has a cheap way back to 1; 3 and 4 have prizes
    edges = [(0, 1, 5), (1, 2, 30), (2, 3, 30), (3, 4, 1), (4, 1, 7)]
    found = graph(core(edges, [0, 0, 0, 90, 90], 0).compact())
    tree = spanned(found, np.array([1, 1, 1, 1, 0]))
    part = piece(found, standing(found, tree), 2, keys=1, near=5)
    best = solved(part.core)
    assert (tree.value, part.value - best.value, redrawn(found, tree, part, best.edges).value) == (155, 142, 13)


def test_a_piece_that_is_better_only_without_a_branch_that_leads_elsewhere_is_passed_over() -> None:
    lines = [(0, 1, 12), (1, 2, 12), (1, 3, 1), (3, 4, 1), (4, 5, 1), (5, 6, 1), (6, 7, 1), (7, 8, 17), (8, 9, 17)]
    edges = [*lines, (0, 7, 18), (9, 2, 18), (0, 2, 20)]
    prize = [0, 0, 100, 1, 1, 1, 1, 3, 17, 18]
    found = graph(core(edges, prize, 0).compact())
    tree = settled_tree(found, spanned(found, np.array([1, 1, 1, 1, 1, 1, 1, 1, 1, 1])))
    search = Search(core(edges, prize, 0), Pace(), 0, None)
    swept_tree = swept(found, tree, 1, below=search.below, on=lambda: True, random=np.random.default_rng(1))
    assert optimum(edges, prize, 0) <= swept_tree.value <= tree.value


def test_pieces_make_a_search_of_a_large_core_better_and_it_can_be_repeated(monkeypatch: pytest.MonkeyPatch) -> None:
    drawn = []

    def counted(found: Graph, stands: Standing, middle: int, *, keys: int, near: int) -> Piece:
        drawn.append(middle)
        return piece(found, stands, middle, keys=keys, near=near)

    monkeypatch.setattr(reopen, "piece", counted)
    monkeypatch.setattr(look, "KEYS", (4, 8))
    monkeypatch.setattr(look, "MANY", 0)  # nothing but pieces
    monkeypatch.setattr(look, "SMALL", 0)
    monkeypatch.setattr(reopen, "WORK", 1)  # each piece is a step
    hard = [grid(3, 40, 0.3) for _ in range(4)]
    whole, without = solved(hard[0], seed=5), solved(hard[1], seed=5, redraws=False)
    assert len(drawn) > 50
    assert whole.bound <= whole.value < without.value
    asked = iter([False] * (without.steps + 20) + [True] * 1000)
    drawn.clear()
    stopped = solved(hard[2], pace=Pace(stop=lambda: next(asked)), seed=5)
    assert 0 < len(drawn) < 50
    assert without.value >= stopped.value > whole.value
    assert solved(hard[3], pace=Pace(stopped.steps), seed=5) == stopped
