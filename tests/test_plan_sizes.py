from dataclasses import replace
from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog

from gis.errors import Refused
from gis.plan.hydraulics import Formula, Simultaneity, Tree
from gis.plan.labye import bound
from gis.plan.sizes import Asked, Catalogue, Limits, asked, sized, with_sizes
from gis.plan.sweeps import Floats, losses

TABLE = Simultaneity(np.array([1.0, 2, 10, 50, 100, 1000]), np.array([1, 0.56, 0.25, 0.178, 0.17, 0.13]))
BORES = np.array([26.0, 40.8, 51.4, 73.6, 97.4, 141.8])
PRICES = np.array([16.0, 29, 39, 55, 71, 122])
CATALOGUE = Catalogue(("dn32", "dn50", "dn63", "dn90", "dn110", "dn160"), BORES, np.full(6, 0.01), PRICES)
FEW = Catalogue(CATALOGUE.name[:4], BORES[:4], np.full(4, 0.01), PRICES[:4])


def forest(places: list[tuple[int, float, int]]) -> Tree:
    parent = [place % (number + 1) - 1 for number, (place, _, _) in enumerate(places)]
    homes = np.array([float(count) for *_, count in places])
    return Tree(
        np.array(parent, dtype=np.int64), np.array([length for _, length, _ in places]), homes, 2.8 * homes, 0 * homes
    )


def grown(count: int, seed: int, *, span: int = 40, length_m: float = 25.0) -> Tree:
    draw = np.random.default_rng(seed)
    parent = np.array([-1, *(int(draw.integers(max(0, i - span), i)) for i in range(1, count))])
    homes = np.where(np.isin(np.arange(count), parent), 0, draw.integers(1, 4, count)).astype(float)
    return Tree(parent.astype(np.int64), draw.uniform(0.2, 1.8, count) * length_m, homes, 2.8 * homes, np.zeros(count))


def question(
    tree: Tree, catalogue: Catalogue = CATALOGUE, *, drop_pa: float = 1300.0, formula: Formula = Formula.LOW
) -> Asked:
    supply = np.full(len(tree), 1850 + drop_pa)
    return asked(tree, TABLE, catalogue, Limits(supply, 1850.0, 10.0, np.zeros(len(tree), dtype=np.int64), formula))


def loosened(ready: Asked) -> float:
    """Give the least cost where a pipe may change its size on the way, by linear programming."""
    count, kinds = len(ready.tree), len(ready.catalogue.name)
    lost, roots = table(ready), np.empty(count)
    same, falls = np.zeros((count, count * (kinds + 1))), np.zeros((count, count * (kinds + 1)))
    for pipe, above in enumerate(ready.tree.parent.tolist()):
        own = slice(pipe * kinds, (pipe + 1) * kinds)
        same[pipe, own], falls[pipe, own], falls[pipe, count * kinds + pipe] = 1, -lost[pipe], 1
        if above >= 0:
            falls[pipe, count * kinds + above] = -1
        roots[pipe] = ready.head[pipe] if above < 0 else roots[above]
    most = np.where(np.arange(kinds)[None, :] >= ready.least[:, None], 1.0, 0.0).ravel()
    cost = np.concatenate([(ready.tree.length_m[:, None] * ready.catalogue.price).ravel(), np.zeros(count)])
    kept = np.r_[most, roots]
    found = linprog(
        cost,
        A_eq=np.vstack([same, falls]),
        b_eq=np.r_[np.ones(count), np.zeros(count)],
        A_ub=np.eye(len(kept)),
        b_ub=kept,
    )
    return float(found.fun) if found.status == 0 else float("inf")


def table(ready: Asked) -> Floats:
    columns = [
        losses(ready.flow, np.full(len(ready.flow), bore), np.full(len(ready.flow), 0.01), ready.known)
        for bore in ready.catalogue.bore_mm.tolist()
    ]
    return np.column_stack(columns) * ready.tree.length_m[:, None]


def cheapest(ready: Asked) -> float:
    """Give the least cost by trying all sizes."""
    best = float("inf")
    for sizes in product(range(len(ready.catalogue.name)), repeat=len(ready.tree)):
        size = np.array(sizes)
        found = with_sizes(ready, size)
        if found.feasible and (size >= ready.least).all():
            best = min(best, float(found.cost.sum()))
    return best


small = st.lists(st.tuples(st.integers(0, 9), st.floats(5, 900), st.integers(0, 30)), min_size=1, max_size=5)


@settings(deadline=None, max_examples=150)
@given(small, st.sampled_from([30.0, 200.0, 1300.0]), st.sampled_from(list(Formula)))
def test_sizes_are_near_the_cheapest_of_all_and_never_under_the_bound(
    places: list[tuple[int, float, int]], drop_pa: float, formula: Formula
) -> None:
    ready = question(forest(places), FEW, drop_pa=drop_pa, formula=formula)
    found, least, under = sized(ready), cheapest(ready), bound(ready)
    assert found.feasible == (least < float("inf"))
    if found.feasible:
        total = float(found.cost.sum())
        assert under * (1 - 1e-9) <= least <= total * (1 + 1e-9)
        assert total <= 1.5 * least  # a few short pipes are the hardest: no slack can be handed on


def test_over_many_small_forests_sizes_cost_little_more_than_the_cheapest() -> None:
    draw, total, least = np.random.default_rng(3), 0.0, 0.0
    for _ in range(150):
        count = int(draw.integers(2, 6))
        places = list(
            zip(draw.integers(0, 9, count), draw.uniform(5, 900, count), draw.integers(0, 30, count), strict=True)
        )
        ready = question(forest(places), FEW, drop_pa=float(draw.choice([200, 700, 1300])))
        found = sized(ready)
        if found.feasible:
            total, least = total + float(found.cost.sum()), least + cheapest(ready)
    assert least > 0
    assert total / least < 1.02


@settings(deadline=None, max_examples=60)
@given(st.integers(2, 25), st.integers(0, 10**6), st.floats(40, 400), st.floats(100, 2000))
def test_the_bound_is_what_linear_programming_gives(count: int, seed: int, length_m: float, drop_pa: float) -> None:
    ready = question(grown(count, seed, span=8, length_m=length_m), drop_pa=drop_pa)
    exact = loosened(ready)
    if exact == float("inf"):
        assert bound(ready) == exact
    else:
        assert bound(ready, pieces=500) == pytest.approx(exact, rel=1e-6)
        assert bound(ready, pieces=4) <= exact * (1 + 1e-9)


@pytest.mark.parametrize(("count", "span", "length_m"), [(400, 20, 20.0), (1500, 300, 40.0), (700, 700, 60.0)])
def test_sizes_of_large_forests_are_within_three_percent_of_the_bound(count: int, span: int, length_m: float) -> None:
    ready = question(grown(count, 5, span=span, length_m=length_m))
    found, under = sized(ready), bound(ready)
    assert found.feasible
    assert under <= found.cost.sum() <= 1.03 * under


@settings(deadline=None, max_examples=60)
@given(st.integers(1, 80), st.integers(0, 10**6), st.floats(5, 120), st.floats(50, 3000))
def test_sizes_keep_every_limit_wherever_the_widest_do(count: int, seed: int, length_m: float, drop_pa: float) -> None:
    ready = question(grown(count, seed, length_m=length_m), drop_pa=drop_pa)
    widest = with_sizes(ready, np.full(count, len(CATALOGUE.name) - 1))
    found = sized(ready)
    assert found.feasible == widest.feasible
    if found.feasible:
        assert found.pressure_pa.min() >= 1850 - 1e-5
        assert found.speed_m_s.max() <= 10
        assert (found.size >= ready.least).all()
        above = ready.tree.parent
        assert (found.size[above[above >= 0]] >= found.size[above >= 0]).all()
    else:
        assert found.size.tolist() == widest.size.tolist()
        assert found.short.any() or found.fast.any()


def test_a_pipe_too_long_for_every_size_ends_short_of_pressure() -> None:
    found = sized(question(forest([(0, 90_000.0, 50)])))
    assert not found.feasible
    assert found.short.tolist() == [True]
    assert bound(question(forest([(0, 90_000.0, 50)]))) == float("inf")


def test_gas_that_no_size_slows_down_is_told() -> None:
    ready = question(forest([(0, 1.0, 9000)]))
    assert sized(ready).fast.tolist() == [True]


def test_a_pipe_without_users_is_the_narrowest_allowed() -> None:
    tree = forest([(0, 100.0, 0), (1, 100.0, 0)])
    limits = Limits(np.full(2, 3150.0), 1850.0, 10.0, np.array([2, 0]))
    found = sized(asked(tree, TABLE, CATALOGUE, limits))
    assert found.size.tolist() == [2, 0]
    assert found.pressure_pa.tolist() == [3150.0, 3150.0]
    assert found.cost.tolist() == [3900.0, 1600.0]


def test_no_pipes_are_no_sizes() -> None:
    ready = question(forest([]))
    assert sized(ready).feasible
    assert bound(ready) == 0.0


def test_questions_that_contradict_themselves_are_refused() -> None:
    with pytest.raises(Refused, match="wider and dearer"):
        replace(CATALOGUE, price=PRICES[::-1].copy())
    tree = forest([(0, 100.0, 1)])
    with pytest.raises(Refused, match="least sizes from 0 to 5"):
        asked(tree, TABLE, CATALOGUE, Limits(np.array([3150.0]), 1850.0, 10.0, np.array([6])))
    with pytest.raises(Refused, match="one for each pipe"):
        asked(tree, TABLE, CATALOGUE, Limits(np.array([]), 1850.0, 10.0, np.array([0])))
