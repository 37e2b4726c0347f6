"""Patrol areas are whole cells, in one piece, even; what lies next to what holds whatever the vertices."""

from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.sparse import csr_array

from gis.plan.adjacency import adjacency, holds_without
from gis.plan.areas import Areas, exclaves, grow_areas
from gis.plan.blocks import Ground
from gis.plan.cells import Wanted, make_cells

Floats = NDArray[np.float64]
Shapes = NDArray[np.object_]

LIECHTENSTEIN = Path(__file__).parents[2] / "shared" / "data" / "osm" / "liechtenstein_layers_4326.gpkg"


def shapes(*each: shapely.Geometry) -> Shapes:
    found = np.empty(len(each), dtype=object)
    found[:] = each
    return found


def board(columns: int, rows: int, *, east: float = 0.0) -> Shapes:
    return shapes(*(shapely.box(east + x, y, east + x + 1, y + 1) for y in range(rows) for x in range(columns)))


def centres(cells: Shapes) -> Floats:
    return shapely.get_coordinates(shapely.centroid(cells))


def links(cells: Shapes) -> csr_array:
    return adjacency(cells, shortest_m=0.5)


def reached(neighbours: list[set[int]], allowed: set[int]) -> int:
    """Count the connected pieces of some cells by walking."""
    left, count = set(allowed), 0
    while left:
        count += 1
        stack = [left.pop()]
        while stack:
            fresh = neighbours[stack.pop()] & left
            left -= fresh
            stack += fresh
    return count


def pieces_beyond_one(matrix: csr_array, areas: Areas) -> int:
    dense = matrix.toarray() > 0
    neighbours = [set(np.flatnonzero(row).tolist()) for row in dense]
    used = np.unique(areas.area)
    return sum(reached(neighbours, set(np.flatnonzero(areas.area == each).tolist())) - 1 for each in used)


@settings(max_examples=25, deadline=None)
@given(
    seed=st.integers(0, 2**32 - 1),
    islands=st.lists(st.tuples(st.integers(1, 5), st.integers(1, 4)), min_size=1, max_size=4),
    workers=st.integers(1, 30),
    idle=st.floats(0, 1),
)
def test_each_cell_is_in_one_area_and_pieces_are_counted_as_by_walking(
    seed: int, islands: list[tuple[int, int]], workers: int, idle: float
) -> None:
    rng = np.random.default_rng(seed)
    cells = np.concatenate([board(*size, east=10.0 * place) for place, size in enumerate(islands)])
    load = np.where(rng.random(len(cells)) < idle, 0.0, rng.random(len(cells)) * 100)
    matrix = links(cells)
    areas = grow_areas(load, matrix, centres(cells), workers, seed=seed)
    assert areas.area.shape == (len(cells),)
    assert areas.load.shape == (workers,)
    assert len(np.unique(areas.area)) == min(workers, len(cells))
    assert areas.empty == tuple(sorted(set(range(workers)) - set(areas.area.tolist())))
    for each in range(workers):
        assert areas.load[each] == pytest.approx(load[areas.area == each].sum())
    assert areas.extra_pieces == pieces_beyond_one(matrix, areas)
    assert max(0, len(islands) - workers) <= areas.extra_pieces <= (len(islands) - 1 if workers < len(islands) else 0)
    assert areas.max_over_mean >= areas.bound - 1e-9 or not load.any()


def test_the_same_seed_gives_the_same_areas() -> None:
    cells = board(12, 10)
    load = np.random.default_rng(1).random(len(cells))
    one, two = (grow_areas(load, links(cells), centres(cells), 9, seed=4) for _ in range(2))
    assert one.area.tolist() == two.area.tolist()
    assert one.steps == two.steps > 0


def test_equal_cells_are_shared_out_nearly_evenly_and_compactly() -> None:
    cells = board(12, 12)
    areas = grow_areas(np.ones(144), links(cells), centres(cells), 9)
    assert areas.extra_pieces == 0
    assert areas.max_over_mean <= 1.125
    outlines = [shapely.union_all(cells[areas.area == each]).length for each in range(9)]
    assert np.mean(outlines) < 21


def test_one_worker_gets_everything() -> None:
    cells = board(4, 3)
    areas = grow_areas(np.arange(12.0), links(cells), centres(cells), 1)
    assert areas.area.tolist() == [0] * 12
    assert (areas.extra_pieces, areas.max_over_mean, areas.bound, areas.empty) == (0, 1.0, 1.0, ())


def test_more_workers_than_cells_leaves_areas_empty_and_names_them() -> None:
    cells = board(3, 1)
    areas = grow_areas(np.array([3.0, 1.0, 2.0]), links(cells), centres(cells), 5)
    assert sorted(areas.area.tolist()) == [0, 1, 2]
    assert areas.empty == (3, 4)
    assert areas.max_over_mean == pytest.approx(3 / (6 / 5)) == areas.bound


def test_no_load_divides_the_cells_and_reads_even() -> None:
    cells = board(6, 6)
    areas = grow_areas(np.zeros(36), links(cells), centres(cells), 6)
    assert areas.max_over_mean == 1.0
    assert np.bincount(areas.area).max() <= 8
    assert areas.extra_pieces == 0


def test_no_cells_give_empty_areas() -> None:
    areas = grow_areas(np.empty(0), csr_array(np.zeros((0, 0))), np.empty((0, 2)), 3)
    assert areas.area.tolist() == []
    assert areas.empty == (0, 1, 2)
    assert areas.extra_pieces == 0


def test_no_worker_is_refused() -> None:
    with pytest.raises(ValueError, match="at least one worker, got 0"):
        grow_areas(np.ones(1), csr_array(np.zeros((1, 1))), np.zeros((1, 2)), 0)


def test_an_island_without_a_worker_goes_to_the_nearest_area_and_is_counted() -> None:
    cells = np.concatenate((board(6, 1), board(1, 1, east=100.0)))
    areas = grow_areas(np.array([9.0] * 6 + [1.0]), links(cells), centres(cells), 1)
    assert (areas.area.tolist(), areas.extra_pieces) == ([0] * 7, 1)
    many = np.concatenate((board(6, 1), board(1, 1, east=100.0), board(1, 1, east=-50.0)))
    areas = grow_areas(np.array([9.0] * 6 + [1.0, 1.0]), links(many), centres(many), 2)
    assert areas.extra_pieces == 2
    assert areas.area[6] == areas.area[5]
    assert areas.area[7] == areas.area[0]


def test_areas_are_numbered_from_north_to_south() -> None:
    cells = board(1, 8)
    areas = grow_areas(np.ones(8), links(cells), centres(cells), 4)
    assert areas.area.tolist() == [3, 3, 2, 2, 1, 1, 0, 0]


@settings(max_examples=50, deadline=None)
@given(seed=st.integers(0, 2**32 - 1))
def test_leaving_a_set_is_judged_as_by_walking(seed: int) -> None:
    rng = np.random.default_rng(seed)
    linked = np.triu(rng.random((9, 9)) < 0.3, 1)
    neighbours = [set(np.flatnonzero(row).tolist()) for row in linked | linked.T]
    members = {0}
    while len(members) < 6:
        edge = sorted(set().union(*(neighbours[each] for each in members)) - members)
        if not edge:
            break
        members.add(edge[int(rng.integers(len(edge)))])
    beside = [sorted(each) for each in neighbours]
    for part in sorted(members):
        assert holds_without(beside, members, part) == (reached(neighbours, members - {part}) == 1)


def test_cells_are_adjacent_by_common_border_whatever_their_vertices() -> None:
    left, upper, lower = shapely.box(0, 0, 10, 10), shapely.box(10, 4, 20, 10), shapely.box(10, 0, 20, 4)
    matrix = adjacency(shapes(left, upper, lower, shapely.box(20, 10, 30, 20))).toarray()
    expected = np.array([[0, 6, 4, 0], [6, 0, 10, 0], [4, 10, 0, 0], [0, 0, 0, 0]])
    assert matrix == pytest.approx(expected, abs=0.05)
    assert (matrix > 0).tolist() == (expected > 0).tolist()


def test_a_border_shorter_than_asked_joins_nothing() -> None:
    cells = shapes(shapely.box(0, 0, 10, 10), shapely.box(10, 9.2, 20, 20))
    assert adjacency(cells).nnz == 0
    assert adjacency(cells, shortest_m=0.5).nnz == 2


def test_a_street_through_the_meeting_point_joins_two_cells_and_one_along_their_borders_does_not() -> None:
    cells = shapes(shapely.box(0, 0, 10, 10), shapely.box(10, 10, 20, 20))
    through = shapes(shapely.LineString([(5, 5), (10, 10)]), shapely.LineString([(10, 10), (15, 15)]))
    along = shapes(shapely.LineString([(0, 10), (20, 10)]), shapely.LineString([(10, 0), (10, 20)]))
    stopping = shapes(shapely.LineString([(5, 5), (10, 10)]))
    assert adjacency(cells, through).nnz == 2
    assert adjacency(cells, along).nnz == 0
    assert adjacency(cells, stopping).nnz == 0
    assert adjacency(cells).nnz == 0


def test_exclaves_are_the_pieces_beyond_the_largest() -> None:
    towns = shapes(
        shapely.MultiPolygon([shapely.box(0, 0, 1, 1), shapely.box(5, 0, 8, 3), shapely.box(2, 0, 4, 2)]),
        shapely.box(10, 0, 11, 1),
    )
    found = exclaves(towns)
    assert found["town"].tolist() == [0, 0]
    assert found["area_m2"].tolist() == [4.0, 1.0]
    assert shapely.contains_xy(towns[0], found["x"], found["y"]).all()
    assert exclaves(towns[1:]).empty


@pytest.mark.skipif(not LIECHTENSTEIN.exists(), reason="../shared/data is not here")
def test_forty_patrols_of_liechtenstein_are_even_and_in_one_piece() -> None:
    read = {
        name: gpd.read_file(LIECHTENSTEIN, layer=name, columns=[]).to_crs(32632).geometry.to_numpy()
        for name in ("buildings", "roads", "municipalities")
    }
    points = shapely.get_coordinates(shapely.point_on_surface(read["buildings"]))
    nothing = np.array([], dtype=object)
    cells = make_cells(
        read["municipalities"], Ground.of(read["roads"], nothing), points, np.ones(len(points)), Wanted(60.0)
    )
    borders = cells.geometry.to_numpy()
    matrix = adjacency(borders, read["roads"])
    areas = grow_areas(cells["load"].to_numpy(), matrix, centres(borders), 40)
    assert areas.extra_pieces == pieces_beyond_one(matrix, areas) == 0
    assert areas.max_over_mean <= 1.15
    assert areas.bound == 1.0
    assert areas.load.sum() == 17_677
    assert len(exclaves(read["municipalities"])) == 18
