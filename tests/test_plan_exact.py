"""Trees against looking at every set of nodes, and files of published instances against their optima."""

import csv
import itertools
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.steiner import objective, ours, peer
from benchmarks.stp import problem
from gis.errors import Refused
from gis.plan import look
from gis.plan.ascent import Ascent, ascend
from gis.plan.core import Core
from gis.plan.cuts import Relaxation
from gis.plan.forest import spanned
from gis.plan.graph import graph
from gis.plan.grow import followed
from gis.plan.pace import Pace
from gis.plan.reduce import weights
from gis.plan.rootless import solved_rootless
from gis.plan.solve import Solution, solved

SHARED = Path(__file__).parents[2] / "shared" / "data" / "steiner"

Edges = list[tuple[int, int, int]]


def tree_cost(edges: Edges, nodes: tuple[int, ...]) -> int | None:
    """Give the cost of the cheapest tree over the nodes (Kruskal), None where they do not hang together."""
    piece = {node: node for node in nodes}
    spent, joined = 0, 1
    for u, v, cost in sorted(edges, key=lambda edge: edge[2]):
        if u in piece and v in piece and piece[u] != piece[v]:
            old, new = piece[u], piece[v]
            piece = {node: new if at == old else at for node, at in piece.items()}
            spent, joined = spent + cost, joined + 1
    return spent if joined == len(nodes) else None


def optimum(edges: Edges, prize: list[int], root: int | None) -> int:
    """Give the least edge cost plus missed prizes by looking at every set of nodes."""
    best = sum(prize) + sum(cost for _, _, cost in edges)
    for size in range(1, len(prize) + 1):
        for nodes in itertools.combinations(range(len(prize)), size):
            cost = tree_cost(edges, nodes) if root is None or root in nodes else None
            if cost is not None:
                best = min(best, cost + sum(each for node, each in enumerate(prize) if node not in nodes))
    return best


def recounted(edges: Edges, prize: list[int], root: int | None, found: Solution) -> int:
    """Give the value of a solution from its edges, which must be one tree."""
    ends = {end for edge in found.edges for end in edges[edge][:2]} | ({root} if root is not None else set())
    nodes = tuple(ends or {max(range(len(prize)), key=lambda node: prize[node])})
    assert len(found.edges) == len(nodes) - 1
    assert tree_cost([edges[edge] for edge in found.edges], nodes) is not None
    spent = sum(edges[edge][2] for edge in found.edges)
    return spent + sum(each for node, each in enumerate(prize) if node not in nodes)


@st.composite
def graphs(draw: st.DrawFn) -> tuple[Edges, list[int]]:
    nodes = draw(st.integers(1, 8))
    place = st.integers(0, nodes - 1)
    dearest = draw(st.sampled_from([1, 4, 30]))
    edges = draw(st.lists(st.tuples(place, place, st.integers(0, dearest)), max_size=16))
    prize = st.one_of(st.just(0), st.integers(0, 25), st.just(500))
    return edges, draw(st.lists(prize, min_size=nodes, max_size=nodes))


def core(edges: Edges, prize: list[int], root: int) -> Core:
    made = Core(root, prize)
    for edge in edges:
        made.add(*edge)
    return made


@settings(max_examples=300, deadline=None, derandomize=True)
@given(graphs())
def test_a_rooted_tree_is_the_best_and_proven(case: tuple[Edges, list[int]]) -> None:
    edges, prize = case
    prize[0] = 0
    found = solved(core(edges, prize, 0))
    best = optimum(edges, prize, 0)
    assert (found.value, found.bound) == (best, best)
    assert recounted(edges, prize, 0, found) == best


@settings(max_examples=200, deadline=None, derandomize=True)
@given(graphs())
def test_a_tree_that_may_stand_anywhere_is_the_best_and_proven(case: tuple[Edges, list[int]]) -> None:
    edges, prize = case
    found = solved_rootless(prize, edges, pace=Pace())
    best = optimum(edges, prize, None)
    assert (found.value, found.bound) == (best, best)
    assert recounted(edges, prize, None, found) == best


@st.composite
def doubtful(draw: st.DrawFn) -> tuple[Edges, list[int]]:
    """Prizes about as great as costs, so that no tree can be sure of any."""
    nodes = draw(st.integers(4, 8))
    pairs = list(itertools.combinations(range(nodes), 2))
    chosen = draw(st.lists(st.sampled_from(pairs), min_size=nodes, max_size=2 * nodes, unique=True))
    edges = [(u, v, draw(st.integers(65, 150))) for u, v in chosen]
    return edges, [draw(st.sampled_from([0, 100, 130, 170, 200])) for _ in range(nodes)]


@settings(max_examples=150, deadline=None, derandomize=True)
@given(doubtful(), st.integers(0, 20))
def test_a_stopped_search_for_a_tree_anywhere_holds_the_best_between_bound_and_value(
    case: tuple[Edges, list[int]], steps: int
) -> None:
    edges, prize = case
    found = solved_rootless(prize, edges, pace=Pace(steps))
    assert found.bound <= optimum(edges, prize, None) <= found.value
    assert recounted(edges, prize, None, found) == found.value


@settings(max_examples=150, deadline=None, derandomize=True)
@given(graphs(), st.booleans())
def test_an_ascent_bounds_all_plans_and_those_that_hold_an_edge(case: tuple[Edges, list[int]], even: bool) -> None:  # noqa: FBT001 - drawn
    edges, prize = case
    prize[0] = 0
    best, whole = optimum(edges, prize, 0), core(edges, prize, 0)
    whole.miss_isolated()
    compact = whole.compact()
    ascent = ascend(graph(compact), even=even)
    assert whole.base + ascent.bound <= best
    least = weights(graph(compact), ascent, root=0).reshape(-1, 2).min(axis=1)
    for (u, v), more in zip(compact.ends, least.tolist(), strict=True):
        if whole.base + ascent.bound + more > best:
            ends = {compact.node[u], compact.node[v]}
            assert optimum([edge for edge in edges if {edge[0], edge[1]} != ends], prize, 0) == best


def test_an_even_ascent_tells_more_of_streets() -> None:
    random, side = np.random.default_rng(2), 24
    here = np.arange(side * side).reshape(side, side)
    pairs = [*zip(here[:, :-1].flat, here[:, 1:].flat, strict=True), *zip(here[:-1].flat, here[1:].flat, strict=True)]
    edges = [(int(u), int(v), int(random.integers(100, 200))) for u, v in pairs]
    prize = [0, *(int(random.integers(200, 900)) if random.random() < 0.2 else 0 for _ in range(side * side - 1))]
    whole = graph(core(edges, prize, 0).compact())
    found = solved(core(edges, prize, 0), pace=Pace(40))
    plain, even = ascend(whole).bound, ascend(whole, even=True).bound
    assert plain < even <= found.value


def test_cuts_tell_more_than_ascents_where_no_prize_is_certain() -> None:
    random = np.random.default_rng(5)
    edges = [(node, node ^ 1 << side, int(random.integers(100, 111))) for side in range(6) for node in range(64)]
    edges = [edge for edge in edges if edge[0] < edge[1]]
    prize = [int(random.integers(150, 251)) if node.bit_count() % 2 else 0 for node in range(64)]
    ascents, cuts = (solved_rootless(prize, edges, pace=Pace(steps)) for steps in (4, 60))
    assert ascents.bound < cuts.bound <= cuts.value <= ascents.value


@settings(max_examples=60, deadline=None, derandomize=True)
@given(graphs(), st.integers(0, 3))
def test_a_search_that_is_stopped_holds_the_best_between_bound_and_value(
    case: tuple[Edges, list[int]], steps: int
) -> None:
    edges, prize = case
    prize[0] = 0
    found = solved(core(edges, prize, 0), pace=Pace(steps))
    assert found.steps <= steps
    assert found.bound <= optimum(edges, prize, 0) <= found.value
    assert recounted(edges, prize, 0, found) == found.value


@settings(max_examples=150, deadline=None, derandomize=True)
@given(graphs(), st.integers(0, 8))
def test_a_core_too_large_to_cut_is_searched_in_parts_and_its_bound_stays_true(
    case: tuple[Edges, list[int]], small: int
) -> None:
    edges, prize = case
    prize[0] = 0
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(look, "SMALL", small)
        patch.setattr(look, "WIDTHS", (1.0,))
        found = solved(core(edges, prize, 0))
    assert found.bound <= optimum(edges, prize, 0) <= found.value
    assert recounted(edges, prize, 0, found) == found.value


def test_a_large_core_whose_best_tree_is_its_root_alone_comes_to_an_end() -> None:
    lines = [(0, 1, 2), (0, 3, 4), (0, 5, 6), (1, 3, 5), (1, 4, 6), (2, 3, 6), (2, 4, 5)]  # the seven points of a plane
    edges = [(0, 1, 6), *((1, 2 + line, 3) for line in range(7))]
    edges += [(2 + line, 9 + point, 3) for line, points in enumerate(lines) for point in points]
    prize = [0] * 9 + [5] * 7
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(look, "SMALL", 5)
        found = solved(core(edges, prize, 0), pace=Pace(3000))
    assert found.steps < 3000
    assert found.bound <= found.value == sum(prize)


@settings(max_examples=80, deadline=None, derandomize=True)
@given(graphs(), st.integers(0, 255))
def test_every_tree_pays_what_cuts_leave_of_its_costs_on_top_of_the_bound(
    case: tuple[Edges, list[int]], chosen: int
) -> None:
    compact = core(*case, 0).compact()
    if not compact.cost or not any(compact.prize):
        return
    arrays = graph(compact)
    none = np.empty(0, dtype=np.int64)
    start = Ascent(0, np.repeat(arrays.cost, 2), arrays.prize, none, none, none)
    relaxation = Relaxation(arrays, start, np.ones(len(arrays.tail), dtype=np.bool_))
    for _ in range(3):
        relaxation.solve()
        relaxation.separate()
    tree = spanned(arrays, np.array([chosen >> node & 1 for node in range(len(compact.prize))]))
    arcs = [2 * tree.by[node] + (arrays.tail[2 * tree.by[node]] == node) for node in tree.order[1:]]
    outside = np.setdiff1d(np.arange(len(compact.prize)), tree.order)
    paid = int(relaxation.left[arcs].sum() + relaxation.prize_left[outside].sum())
    assert tree.value >= relaxation.bound + paid


def grid(size: int) -> tuple[Edges, list[int]]:
    """A square of streets with a prize at every fourth node."""
    edges = [(a, a + 1, 5 + a * a % 7) for a in range(size * size) if (a + 1) % size]
    edges += [(a, a + size, 4 + a * a % 11) for a in range(size * (size - 1))]
    return edges, [0 if a % 4 else 14 + a % 5 for a in range(size * size)]


def test_a_run_with_the_steps_of_a_stopped_run_gives_the_same() -> None:
    edges, prize = grid(9)
    asked = iter([False] * 3 + [True] * 1000)
    stopped = solved(core(edges, prize, 0), pace=Pace(stop=lambda: next(asked)), seed=5)
    again = solved(core(edges, prize, 0), pace=Pace(stopped.steps), seed=5)
    assert stopped == again


@settings(max_examples=100, deadline=None, derandomize=True)
@given(graphs(), st.sets(st.integers(0, 7)), st.sampled_from([0, 1, 3, None]))
def test_a_search_begun_with_any_nodes_holds_the_best_between_bound_and_value(
    case: tuple[Edges, list[int]], start: set[int], steps: int | None
) -> None:
    edges, prize = case
    prize[0] = 0
    found = solved(core(edges, prize, 0), pace=Pace(steps), start=[each for each in start if each < len(prize)])
    best = optimum(edges, prize, 0)
    assert found.bound <= best <= found.value
    assert steps is not None or found.bound == found.value
    assert recounted(edges, prize, 0, found) == found.value


def met(edges: Edges, found: Solution) -> list[int]:
    return sorted({end for edge in found.edges for end in edges[edge][:2]})


@pytest.mark.parametrize("steps", [0, 1])
def test_a_search_keeps_the_tree_it_began_with_also_where_prices_were_others(steps: int) -> None:
    edges, prize = grid(30)
    before = solved(core(edges, prize, 0), pace=Pace(20))
    dearer = [(u, v, cost + (number % 50 == 0)) for number, (u, v, cost) in enumerate(edges)]
    found, afresh = (
        solved(core(dearer, prize, 0), pace=Pace(steps), start=each, redraws=False) for each in (met(edges, before), ())
    )
    assert found.value <= recounted(dearer, prize, 0, before) < afresh.value


def test_what_is_left_of_a_tree_in_a_smaller_core_is_followed_and_mended() -> None:
    edges, prize = grid(30)
    best = solved(core(edges, prize, 0), pace=Pace(20))
    arrays = graph(core(edges, prize, 0).compact())
    held = np.zeros(len(prize), dtype=bool)
    held[met(edges, best)] = True
    whole = followed(arrays, held)
    held[np.flatnonzero(held)[::9]] = False
    mended = followed(arrays, held)
    assert whole.value <= recounted(edges, prize, 0, best)
    assert mended.value <= 1.01 * whole.value


FILE = """33D32945 STP File, STP Format Version 1.0
SECTION Comment
Name "a small one"
E 1 2 99
END

Section graph
NODES 4
EDGES 4
e\t1\t2\t1.5
E 2 3 2
{arcs}
END
section TERMINALS
{terminals}
End
EOF
"""


def written(tmp_path: Path, terminals: str, arcs: str = "E 3 4 2.5\nE 1 4 9") -> Path:
    path = tmp_path / "small.stp"
    path.write_text(FILE.format(terminals=terminals, arcs=arcs))
    return path


@pytest.mark.parametrize(
    ("terminals", "value", "rooted"),
    [
        ("T 1\nT 4", 6.0, None),
        ("TP 4 5\nROOTP 1", 5.0, 1),
        ("TP 4 50\ntp 2 1\nRoot 1", 6.0, 1),
        ("TP 4 3\nTP 3 4", 2.5, None),
    ],
)
def test_a_file_is_solved_in_its_own_unit(tmp_path: Path, terminals: str, value: float, rooted: int | None) -> None:
    given = problem(written(tmp_path, terminals))
    found = ours(given, Pace())
    assert given.root == rooted
    assert objective(given, found.edges) / given.unit == found.bound / given.unit == value
    assert objective(given, peer(given)) >= found.bound


def test_arcs_in_both_directions_are_one_edge_and_unlike_ones_are_refused(tmp_path: Path) -> None:
    both = "A 3 4 2.5\nA 4 3 2.5\nA 1 4 9\nA 4 1 9"
    assert len(problem(written(tmp_path, "T 1\nT 4", both)).edges) == 4
    with pytest.raises(Refused, match="arc 3 4"):
        problem(written(tmp_path, "T 1\nT 4", both.replace("A 4 3 2.5", "A 4 3 2")))


@pytest.mark.parametrize(
    ("terminals", "word"), [("T one", "line 16"), ("T 9", "nodes 1 to 4"), ("TP 2 -1", "negative"), ("", "终端")]
)
def test_a_file_that_contradicts_itself_is_refused(tmp_path: Path, terminals: str, word: str) -> None:
    with pytest.raises(Refused, match=word):
        problem(written(tmp_path, terminals))


@pytest.mark.skipif(not SHARED.is_dir(), reason="needs ../shared/data/steiner")
@pytest.mark.parametrize("name", ["instance009.gr", "instance010.gr"])
def test_a_published_optimum_is_found_and_proven(name: str) -> None:
    with (SHARED / "optima.csv").open() as file:
        best = next(int(row["optimum"]) for row in csv.DictReader(file) if row["instance"] == name)
    given = problem(SHARED / name)
    found = ours(given, Pace())
    assert objective(given, found.edges) == found.bound == best
