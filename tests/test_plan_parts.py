"""Blocks are parted into so many connected parts of even load, and villages too small join a neighbour."""

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from gis.plan.blocks import Ground
from gis.plan.cells import Wanted, make_cells
from gis.plan.communities import parts_of
from gis.plan.parts import Web, parted, smoothed

Floats = NDArray[np.float64]
Shapes = NDArray[np.object_]
NOTHING: Shapes = np.array([], dtype=object)


def lattice(side: int, load: Floats) -> Web:
    """Give a square of blocks of 100 m, each beside up to four others."""
    number = np.arange(side * side).reshape(side, side)
    first = np.concatenate((number[:, :-1].ravel(), number[:-1].ravel()))
    second = np.concatenate((number[:, 1:].ravel(), number[1:].ravel()))
    metres = np.full(len(first), 100.0)
    return Web(load, np.full(side * side, 1e4), first, second, metres, metres)


def connected(web: Web, part: NDArray[np.int64]) -> bool:
    """Worked out by spreading from one block of each part, without a matrix."""
    beside: dict[int, set[int]] = {}
    for one, other in zip(web.first.tolist(), web.second.tolist(), strict=True):
        beside.setdefault(one, set()).add(other)
        beside.setdefault(other, set()).add(one)
    for each in np.unique(part):
        members = set(np.flatnonzero(part == each).tolist())
        seen, waiting = set(), [next(iter(members))]
        while waiting:
            block = waiting.pop()
            seen.add(block)
            waiting += [other for other in beside.get(block, set()) & members if other not in seen]
        if seen != members:
            return False
    return True


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), side=st.integers(2, 9), parts=st.integers(1, 6))
def test_each_part_hangs_together_and_none_is_missing(seed: int, side: int, parts: int) -> None:
    rng = np.random.default_rng(seed)
    web = lattice(side, rng.integers(0, 30, side * side).astype(float))
    part = parted(web, parts, rng)
    wanted = list(range(min(parts, side * side)))
    assert sorted(set(part.tolist())) == wanted
    assert connected(web, part)
    moved = smoothed(web, part)
    assert sorted(set(moved.tolist())) == wanted
    assert connected(web, moved)


@settings(max_examples=10, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), parts=st.integers(2, 5))
def test_parts_of_small_blocks_are_even(seed: int, parts: int) -> None:
    rng = np.random.default_rng(seed)
    web = lattice(10, rng.integers(5, 15, 100).astype(float))
    load = np.bincount(smoothed(web, parted(web, parts, rng)), web.load)
    assert load.max() <= 1.25 * load.mean()
    assert load.min() >= 0.75 * load.mean()


@pytest.mark.parametrize(
    ("load", "parts"), [(0, 1), (199, 1), (565, 1), (566, 2), (800, 2), (979, 2), (980, 3), (2000, 5)]
)
def test_a_load_is_parted_so_that_cells_come_nearest_to_the_target(load: float, parts: int) -> None:
    assert parts_of(load, 400) == parts
    ratios = {each: abs(np.log(max(load, 1) / each / 400)) for each in range(1, 20)}
    assert parts == min(ratios, key=lambda each: ratios[each])


def town(households: dict[tuple[int, int], int]) -> tuple[Shapes, Floats]:
    """Give villages of 1 km on a grid, and so many households spread in each."""
    rng = np.random.default_rng(2)
    areas = np.array([shapely.box(e * 1000, n * 1000, e * 1000 + 1000, n * 1000 + 1000) for e, n in households])
    spots = [rng.random((count, 2)) * 900 + np.array(place) * 1000 + 50 for place, count in households.items()]
    return areas, np.concatenate(spots)


def made(households: dict[tuple[int, int], int], *, smallest: float = 0.5) -> gpd.GeoDataFrame:
    villages, points = town(households)
    outline = np.array([shapely.union_all(villages)], dtype=object)
    streets = np.array(
        [shapely.LineString([(0, n), (9000, n)]) for n in range(100, 1000, 100)]
        + [shapely.LineString([(e, 0), (e, 9000)]) for e in range(0, 9000, 100)],
        dtype=object,
    )
    wanted = Wanted(400, smallest)
    ground = Ground.of(streets, NOTHING)
    return make_cells(outline, ground, points, np.ones(len(points)), wanted, villages=villages)


def test_each_village_has_cells_of_its_own_within_the_habit() -> None:
    cells = made({(0, 0): 1600, (1, 0): 350, (2, 0): 800})
    assert cells["village"].value_counts().to_dict() == {0: 4, 2: 2, 1: 1}
    assert cells["load"].between(300, 500).all()
    assert cells["serial"].tolist() == [1, 2, 3, 4, 1, 1, 2]


def test_a_village_too_small_joins_its_neighbour_and_the_cell_crosses() -> None:
    cells = made({(0, 0): 100, (1, 0): 300, (2, 0): 450})
    assert sorted(zip(cells["village"], cells["load"], strict=True)) == [(-1, 400.0), (2, 450.0)]
    alone = made({(0, 0): 100, (1, 0): 300, (2, 0): 450}, smallest=0.0)
    assert sorted(zip(alone["village"], alone["load"], strict=True)) == [(0, 100.0), (1, 300.0), (2, 450.0)]


def test_a_village_too_small_stays_alone_where_every_whole_would_be_too_large() -> None:
    cells = made({(0, 0): 60, (1, 0): 470})
    assert sorted(zip(cells["village"], cells["load"], strict=True)) == [(0, 60.0), (1, 470.0)]
