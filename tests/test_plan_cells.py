"""Cells tile their towns, whatever the streets; what is not a tiling is named."""

from functools import partial
from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from gis.plan import cells as planner
from gis.plan.adjacency import shared_borders
from gis.plan.blocks import Ground
from gis.plan.cells import Wanted
from gis.plan.tiling import faults

Floats = NDArray[np.float64]
Shapes = NDArray[np.object_]

LIECHTENSTEIN = Path(__file__).parents[2] / "shared" / "data" / "osm" / "liechtenstein_layers_4326.gpkg"
NOTHING: Shapes = np.array([], dtype=object)


def shapes(*each: shapely.Geometry) -> Shapes:
    found = np.empty(len(each), dtype=object)
    found[:] = each
    return found


def make_cells(
    towns: Shapes, streets: Shapes, barriers: Shapes, points: Floats, load: Floats, *, target: float = 60.0
) -> gpd.GeoDataFrame:
    return planner.make_cells(towns, Ground.of(streets, barriers), points, load, Wanted(target))


def voronoi_towns(rng: np.random.Generator, count: int, side: float) -> Shapes:
    seeds = shapely.MultiPoint(rng.random((count, 2)) * side)
    parts = shapely.get_parts(shapely.voronoi_polygons(seeds, extend_to=shapely.box(0, 0, side, side)))
    return shapely.intersection(parts, shapely.box(0, 0, side, side))


def random_streets(rng: np.random.Generator, count: int, side: float) -> Shapes:
    start = rng.random((count, 2)) * side
    corner = start + rng.normal(0, side / 4, (count, 2))
    end = corner + rng.normal(0, side / 4, (count, 2))
    return np.asarray(shapely.linestrings(np.stack((start, corner, end), axis=1)), dtype=object)


def noisy(vertices: Floats, town: int) -> Floats:
    """Give vertices up to a micrometre off, differently for each town, the same for a ring's first and last."""
    return vertices + 1e-6 * np.sin(vertices * (town + 1))


def assert_tiles(cells: gpd.GeoDataFrame, towns: Shapes) -> None:
    """Tiling worked out by areas alone: as much in sum as in union, and both as much as the town."""
    assert cells.is_valid.all()
    for town, outline in enumerate(towns):
        mine = cells.geometry[cells["town"] == town].to_numpy()
        slack = 1e-4 * outline.length
        assert shapely.area(mine).sum() == pytest.approx(outline.area, abs=slack)
        assert shapely.union_all(mine).area == pytest.approx(outline.area, abs=slack)
        assert shapely.union_all(mine).symmetric_difference(outline).area < slack


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), towns=st.integers(1, 6), streets=st.integers(0, 30), spots=st.integers(0, 400))
def test_cells_tile_random_towns_and_carry_each_point_once(seed: int, towns: int, streets: int, spots: int) -> None:
    rng = np.random.default_rng(seed)
    side = 2000.0
    places = voronoi_towns(rng, towns, side)
    points = rng.random((spots, 2)) * side
    water = shapes(shapely.LineString(rng.random((4, 2)) * side), shapely.Point(rng.random(2) * side).buffer(100))
    cells = make_cells(places, random_streets(rng, streets, side), water, points, np.ones(spots), target=20.0)
    assert_tiles(cells, places)
    assert faults(cells, places).empty
    assert (cells.geom_type == "Polygon").all()
    inside = shapely.intersects(cells.geometry.to_numpy()[:, None], np.asarray(shapely.points(points))[None, :])
    assert inside.any(axis=0).all()
    assert cells["load"].sum() == spots
    for at_least, load, at_most in zip(
        (inside & (inside.sum(axis=0) == 1)).sum(axis=1), cells["load"], inside.sum(axis=1), strict=True
    ):
        assert at_least <= load <= at_most
    for _, town in cells.groupby("town"):
        assert town["serial"].tolist() == list(range(1, len(town) + 1))


def test_the_same_input_gives_the_same_cells_in_any_order_of_streets() -> None:
    rng = np.random.default_rng(5)
    towns, streets = voronoi_towns(rng, 4, 2000), random_streets(rng, 25, 2000)
    points, load = rng.random((500, 2)) * 2000, rng.random(500)
    one = make_cells(towns, streets, NOTHING, points, load, target=10.0)
    two = make_cells(towns, streets[::-1], NOTHING, points, load, target=10.0)
    assert len(one) > 10
    assert one["load"].to_list() == pytest.approx(two["load"].to_list())
    assert shapely.equals_exact(
        shapely.normalize(one.geometry.to_numpy()), shapely.normalize(two.geometry.to_numpy()), tolerance=1e-9
    ).all()


def test_cells_follow_the_streets_where_blocks_are_small_enough() -> None:
    streets = shapes(*(shapely.LineString([(x, -50), (x, 450)]) for x in (100, 200, 300)))
    streets = np.concatenate((streets, shapes(*(shapely.LineString([(-50, y), (450, y)]) for y in (100, 200, 300)))))
    x, y = np.meshgrid(np.arange(5, 400, 10), np.arange(5, 400, 10))
    points = np.stack((x.ravel(), y.ravel()), axis=1).astype(float)
    towns = shapes(shapely.box(0, 0, 400, 400))
    cells = make_cells(towns, streets, NOTHING, points, np.ones(len(points)), target=400.0)
    assert sorted(cells["load"]) == [400.0] * 4
    inner = shapely.intersection(shapely.boundary(cells.geometry.to_numpy()), towns[0].buffer(-1))
    assert shapely.length(shapely.difference(inner, shapely.buffer(shapely.union_all(streets), 0.001))).sum() < 1e-6


def test_a_block_is_cut_straight_into_even_parts_where_no_street_divides_it() -> None:
    rng = np.random.default_rng(1)
    points = rng.random((600, 2)) * (1000, 300)
    cells = make_cells(shapes(shapely.box(0, 0, 1000, 300)), NOTHING, NOTHING, points, np.ones(600), target=60.0)
    assert 7 <= len(cells) <= 13
    assert cells["load"].between(30, 120).all()
    assert cells["load"].sum() == 600
    assert shapely.get_num_coordinates(shapely.simplify(cells.geometry.to_numpy(), 0.01)).max() <= 7


def test_one_heavy_spot_is_not_cut() -> None:
    points = np.array([[500.0, 500.0]] * 300 + [[100.0, 100.0]] * 50)
    cells = make_cells(shapes(shapely.box(0, 0, 1000, 1000)), NOTHING, NOTHING, points, np.ones(350), target=60.0)
    assert sorted(cells["load"]) == [50.0, 300.0]


def test_water_divides_rather_than_a_street() -> None:
    town = shapes(shapely.box(0, 0, 200, 400))
    river = shapely.LineString([(-10, 200), (210, 200)])
    street = [shapely.LineString([(-10, y), (210, y)]) for y in (100, 300)]
    points = np.stack((np.full(40, 100.0), np.linspace(5, 395, 40)), axis=1)
    cells = make_cells(town, shapes(*street), shapes(river), points, np.ones(40), target=20.0)
    assert [shape.bounds for shape in cells.geometry] == [(0, 200, 200, 400), (0, 0, 200, 200)]


def test_without_points_each_piece_of_a_town_is_one_cell() -> None:
    towns = shapes(shapely.MultiPolygon([shapely.box(0, 0, 100, 100), shapely.box(300, 0, 350, 50)]))
    street = shapes(shapely.LineString([(50, -10), (50, 110)]))
    cells = make_cells(towns, street, NOTHING, np.empty((0, 2)), np.empty(0))
    assert sorted(cells.area) == [2500.0, 10000.0]
    assert cells["load"].tolist() == [0.0, 0.0]


def test_no_town_gives_no_cell() -> None:
    cells = make_cells(NOTHING, NOTHING, NOTHING, np.empty((0, 2)), np.empty(0))
    assert len(cells) == 0
    assert list(cells.columns) == ["town", "village", "serial", "load", "geometry"]
    assert faults(cells, NOTHING).empty


def test_serials_run_west_to_east_in_bands_from_north_to_south() -> None:
    lines = [shapely.LineString([(x, -10), (x, 310)]) for x in (100, 200)]
    lines += [shapely.LineString([(-10, y), (310, y)]) for y in (100, 200)]
    x, y = np.meshgrid((50.0, 150.0, 250.0), (50.0, 150.0, 250.0))
    points = np.stack((x.ravel(), y.ravel()), axis=1)
    cells = make_cells(shapes(shapely.box(0, 0, 300, 300)), shapes(*lines), NOTHING, points, np.full(9, 60.0))
    centres = [(centre.x, centre.y) for centre in cells.geometry.centroid]
    assert centres == [(east, north) for north in (250.0, 150.0, 50.0) for east in (50.0, 150.0, 250.0)]
    assert cells["serial"].tolist() == list(range(1, 10))


def test_a_point_on_a_border_counts_once_and_one_outside_nowhere() -> None:
    towns = shapes(shapely.box(0, 0, 100, 100), shapely.box(100, 0, 200, 100))
    points = np.array([[100.0, 50.0], [150.0, 50.0], [500.0, 50.0]])
    cells = make_cells(towns, NOTHING, NOTHING, points, np.ones(3))
    assert cells["load"].tolist() == [1.0, 1.0]


def test_noise_of_a_micrometre_between_towns_is_no_fault() -> None:
    rng = np.random.default_rng(3)
    clean = voronoi_towns(rng, 5, 1000)
    towns = clean.copy()
    for town, outline in enumerate(clean):
        towns[town] = shapely.transform(outline, partial(noisy, town=town))
    cells = make_cells(towns, random_streets(rng, 20, 1000), NOTHING, rng.random((200, 2)) * 1000, np.ones(200))
    assert_tiles(cells, clean)
    assert faults(cells, towns).empty
    assert faults(cells, clean).empty


def test_gaps_overlaps_and_stray_parts_are_named_with_their_width() -> None:
    cells = gpd.GeoDataFrame(
        {"town": [0, 0, 0]},
        geometry=[shapely.box(0, 0, 50, 100), shapely.box(49.8, 0, 80, 100), shapely.box(81, 0, 100.5, 100)],
    )
    found = faults(cells, shapes(shapely.box(0, 0, 100, 100)))
    assert found["kind"].tolist() == ["gap", "overlap", "stray"]
    assert found["cells"].tolist() == [[1, 2], [0, 1], [2]]
    assert found["area_m2"].tolist() == pytest.approx([100.0, 20.0, 50.0])
    assert found["width_m"].tolist() == pytest.approx([1.0, 0.2, 0.5], rel=0.02)


@pytest.mark.parametrize(("width_m", "count"), [(0.009, 0), (0.011, 1)])
def test_a_gap_under_a_centimetre_is_no_fault(width_m: float, count: int) -> None:
    halves = [shapely.box(0, 0, 50, 100), shapely.box(50 + width_m, 0, 100, 100)]
    cells = gpd.GeoDataFrame({"town": [0, 0]}, geometry=halves)
    assert len(faults(cells, shapes(shapely.box(0, 0, 100, 100)))) == count


def test_shared_borders_are_those_found_pair_by_pair() -> None:
    rng = np.random.default_rng(8)
    blocks = shapely.get_parts(shapely.voronoi_polygons(shapely.MultiPoint(rng.random((40, 2)) * 100)))
    borders = shared_borders(blocks)
    found = np.zeros((len(blocks), len(blocks)))
    np.add.at(found, (borders.first, borders.second), borders.length_m)
    shared = shapely.length(shapely.intersection(blocks[:, None], blocks[None, :]))
    expected = np.triu(np.where(np.eye(len(blocks)), 0, shared), 1)
    assert found == pytest.approx(expected, abs=1e-6)


@pytest.mark.skipif(not LIECHTENSTEIN.exists(), reason="../shared/data is not here")
def test_liechtenstein_is_tiled_evenly() -> None:
    read = {
        name: gpd.read_file(LIECHTENSTEIN, layer=name, columns=[]).to_crs(32632).geometry.to_numpy()
        for name in ("buildings", "roads", "municipalities")
    }
    towns = read["municipalities"]
    points = shapely.get_coordinates(shapely.point_on_surface(read["buildings"]))
    cells = make_cells(towns, read["roads"], NOTHING, points, np.ones(len(points)))
    assert cells["load"].sum() == 17_717 - 40
    assert 30 <= cells["load"].median() <= 120
    assert cells["load"].max() <= 120
    assert faults(cells, towns).empty
    assert_tiles(cells, towns)
    pieces = shapely.get_parts(towns)
    light = cells.geometry[cells["load"] < 20].to_numpy()
    assert all(np.isclose(shapely.area(pieces), shape.area, rtol=1e-6).any() for shape in light)
