"""Units of work tile their cells exactly, carry what stands on them, and know what parts them."""

from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from gis.plan.blocks import Ground
from gis.plan.cells import Wanted, make_cells
from gis.plan.districts import divide
from gis.plan.evenness import Units
from gis.plan.exclaves import exclaves
from gis.plan.units import next_to, seeds, work_units

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
Shapes = NDArray[np.object_]
NOTHING: Shapes = np.empty(0, dtype=object)
LIECHTENSTEIN = Path(__file__).parents[2] / "shared" / "data" / "osm" / "liechtenstein_layers_4326.gpkg"


def shapes(*each: shapely.Geometry) -> Shapes:
    found = np.empty(len(each), dtype=object)
    found[:] = each
    return found


def cells_of(columns: int, rows: int) -> Shapes:
    side = 100.0
    return shapes(
        *(shapely.box(x * side, y * side, (x + 1) * side, (y + 1) * side) for y in range(rows) for x in range(columns))
    )


def home_of(spots: Floats, columns: int) -> Integers:
    return (spots[:, 1] // 100 * columns + spots[:, 0] // 100).astype(np.int64)


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), count=st.integers(0, 60), most=st.floats(0.5, 50))
def test_units_tile_each_cell_and_carry_what_stands_on_them(seed: int, count: int, most: float) -> None:
    rng = np.random.default_rng(seed)
    cells = cells_of(3, 2)
    spots, load = rng.random((count, 2)) * (300, 200), rng.random(count) * 10
    home, street = home_of(spots, 3), rng.integers(0, 4, count)
    middles, of_cell = seeds(spots, load, home, street, most=most)
    units = work_units(cells, middles, of_cell, (spots, load, home))
    for each in range(6):
        inside = units.polygon[units.cell == each]
        assert shapely.area(inside).sum() == pytest.approx(10_000, abs=0.01)
        assert shapely.union_all(inside).symmetric_difference(cells[each]).area < 0.01
    assert shapely.coverage_is_valid(units.polygon)
    assert units.load.sum() == pytest.approx(load.sum())
    assert (units.cell[units.unit] == home).all()
    points = shapely.points(spots)
    assert (shapely.distance(units.polygon[units.unit], points) < 1e-4).all()
    near = next_to(units.polygon, NOTHING, NOTHING)
    assert (near.toarray() == near.toarray().T).all()


def test_objects_of_one_street_in_one_cell_are_a_unit_and_too_heavy_ones_are_parted() -> None:
    south, north = np.full((6, 2), (20.0, 20.0)), np.full((6, 2), (20.0, 80.0))
    south[:, 0] += np.arange(6) * 10
    north[:, 0] += np.arange(6) * 10
    spots, street = np.concatenate((south, north)), np.repeat([0, 1], 6)
    home = np.zeros(12, dtype=np.int64)
    middles, of_cell = seeds(spots, np.ones(12), home, street, most=6.0)
    assert middles.tolist() == [[45.0, 20.0], [45.0, 80.0]]
    assert of_cell.tolist() == [0, 0]
    middles, _ = seeds(spots, np.ones(12), home, street, most=2.0)
    units = work_units(cells_of(1, 1), middles, np.zeros(len(middles), dtype=np.int64), (spots, np.ones(12), home))
    assert units.load.tolist() == [2.0] * 6


def test_what_stands_in_no_cell_counts_nowhere() -> None:
    spots = np.array([[50.0, 50.0], [500.0, 500.0]])
    home = np.array([0, -1])
    middles, of_cell = seeds(spots, np.ones(2), home, np.zeros(2, dtype=np.int64), most=1.0)
    units = work_units(cells_of(2, 1), middles, of_cell, (spots, np.ones(2), home))
    assert units.load.tolist() == [1.0, 0.0]
    assert units.unit.tolist() == [0, -1]


def test_a_river_parts_what_no_street_joins() -> None:
    cells = cells_of(2, 1)
    river = shapes(shapely.LineString([(100, -10), (100, 110)]))
    bridge = shapes(shapely.LineString([(40, 50), (160, 50)]))
    beside = shapes(shapely.LineString([(90, 0), (90, 100)]))
    assert next_to(cells, NOTHING, NOTHING).toarray().tolist() == [[0, 100], [100, 0]]
    assert next_to(cells, NOTHING, river).nnz == 0
    assert next_to(cells, beside, river).nnz == 0
    assert next_to(cells, bridge, river).toarray().tolist() == [[0, 1], [1, 0]]


def test_a_lake_parts_by_its_outline() -> None:
    lake = shapely.box(100, 0, 200, 100)
    cells = cells_of(3, 1)
    assert next_to(cells, NOTHING, shapes(lake)).nnz == 0
    assert next_to(cells_of(3, 2), NOTHING, shapes(lake)).toarray()[3].tolist() == [100, 0, 0, 0, 100, 0]


@pytest.mark.skipif(not LIECHTENSTEIN.exists(), reason="../shared/data is not here")
def test_forty_patrols_of_liechtenstein_are_even_and_in_one_piece() -> None:
    read = {
        name: gpd.read_file(LIECHTENSTEIN, layer=name, columns=[]).to_crs(32632).geometry.to_numpy()
        for name in ("buildings", "roads", "municipalities")
    }
    points = shapely.get_coordinates(shapely.point_on_surface(read["buildings"]))
    ground = Ground.of(read["roads"], NOTHING)
    cells = make_cells(read["municipalities"], ground, points, np.ones(len(points)), Wanted(60.0))
    borders = cells.geometry.to_numpy()
    near = next_to(borders, read["roads"], NOTHING)
    xy = shapely.get_coordinates(shapely.centroid(borders))
    given = Units(near.indptr.astype(np.int64), near.indices.astype(np.int32), cells["load"].to_numpy(float), xy)
    found = divide(given, np.ones(40))
    assert found.extra_pieces <= len(found.joined)
    assert found.max_over_mean <= 1.15
    assert found.load.sum() == 17_677
    assert len(exclaves(read["municipalities"])) == 18


def test_hairs_between_cells_with_other_vertices_are_no_units_and_leave_no_gap() -> None:
    west = shapely.Polygon([(0, 0), (100, 0), (100, 100), (0, 100)])
    east = shapely.Polygon([(100, 0), (200, 0), (200, 100), (100, 100), (100 + 4e-4, 70), (100 - 3e-4, 30)])
    cells = np.array([west, east], dtype=object)
    objects = np.array([[50.0, 50.0], [150.0, 50.0]]), np.ones(2), np.array([0, 1])
    made = work_units(cells, np.empty((0, 2)), np.empty(0, dtype=np.int64), objects)
    whole = shapely.coverage_union_all(made.polygon)
    assert made.cell.tolist() == [0, 1]
    assert made.load.tolist() == [1.0, 1.0]
    assert shapely.coverage_is_valid(made.polygon)
    assert isinstance(whole, shapely.Polygon)
    assert len(whole.interiors) == 0
    assert whole.area == pytest.approx(20_000, abs=0.1)
    assert next_to(made.polygon, np.empty(0, dtype=object), np.empty(0, dtype=object)).nnz == 2
