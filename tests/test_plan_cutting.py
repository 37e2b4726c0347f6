"""Parts tile the cell they are cut from, to the last digit of an area; cells that touch become one."""

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from shapely import affinity
from shapely.geometry.base import BaseGeometry

from gis.plan.blocks import Ground
from gis.plan.cells import part_cell
from gis.plan.cutting import cut_along, fitted, made_one, narrow

Shapes = NDArray[np.object_]
EAST, NORTH, SIDE = 500_000.0, 3_200_000.0, 900.0
ROUNDED_M2 = 2e-6  # half a nanometre, the distance between two numbers so far north, along a cell's outline


def shapes(*each: BaseGeometry) -> Shapes:
    found = np.empty(len(each), dtype=object)
    found[:] = each
    return found


def cell(rng: np.random.Generator) -> BaseGeometry:
    """Give a cell of crooked outline at a county's coordinates, sometimes with a hole."""
    angle = np.sort(rng.random(24)) * 2 * np.pi
    reach = SIDE / 2 * rng.uniform(0.6, 1.0, 24)
    ring = np.stack((EAST + reach * np.cos(angle), NORTH + reach * np.sin(angle)), axis=1)
    whole = shapely.Polygon(ring).buffer(0)
    assert isinstance(whole, BaseGeometry)
    return whole if rng.random() < 0.5 else whole.difference(shapely.Point(EAST + 60, NORTH + 40).buffer(25))


def assert_tiles(parts: Shapes, whole: BaseGeometry) -> None:
    assert shapely.is_valid(parts).all()
    assert not shapely.is_empty(parts).any()
    assert shapely.area(parts).sum() == pytest.approx(whole.area, rel=1e-12, abs=ROUNDED_M2)
    common = shapely.area(shapely.intersection(parts[:, None], parts[None, :]))
    assert common[~np.eye(len(parts), dtype=bool)].sum() < ROUNDED_M2
    assert shapely.symmetric_difference(shapely.union_all(parts), whole).area < ROUNDED_M2
    assert (shapely.distance(shapely.points(shapely.get_coordinates(whole)), shapely.union_all(parts)) == 0).all()


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), parts=st.integers(2, 5), streets=st.integers(0, 12))
def test_even_parts_tile_any_cell_and_carry_all_of_it(seed: int, parts: int, streets: int) -> None:
    rng = np.random.default_rng(seed)
    whole = cell(rng)
    ends = np.array((EAST, NORTH)) + (rng.random((streets, 2, 2)) - 0.5) * 2 * SIDE
    lines = np.asarray(shapely.linestrings(ends), dtype=object).reshape(-1)
    points = np.array((EAST, NORTH)) + (rng.random((400, 2)) - 0.5) * SIDE
    points = points[shapely.contains_xy(whole, points)]
    pieces, load = part_cell(whole, Ground.of(lines, shapes()), points, np.ones(len(points)), parts)
    found = fitted(whole, pieces)
    assert len(found) == parts
    assert_tiles(found, whole)
    assert load.sum() == len(points)
    assert (shapely.get_num_geometries(found) == 1).all()


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 2**32 - 1))
def test_a_line_across_any_cell_cuts_it_into_parts_that_tile_it(seed: int) -> None:
    rng = np.random.default_rng(seed)
    whole = cell(rng)
    angle = rng.random() * np.pi
    step = np.array((np.cos(angle), np.sin(angle))) * SIDE
    middle = np.array((EAST, NORTH)) + rng.normal(0, 40, 2)
    line = shapely.LineString([middle - step, np.array((EAST, NORTH)) + rng.normal(0, 40, 2), middle + step])
    parts = cut_along(whole, line, reach_m=1.0)
    assert len(parts) >= 2
    assert_tiles(parts, whole)


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), count=st.integers(2, 6))
def test_polygons_of_less_precision_are_taken_to_the_very_border(seed: int, count: int) -> None:
    rng = np.random.default_rng(seed)
    whole = cell(rng)
    spots = shapely.MultiPoint(np.array((EAST, NORTH)) + (rng.random((count, 2)) - 0.5) * SIDE)
    pieces = shapely.get_parts(shapely.voronoi_polygons(spots, extend_to=whole))
    pieces = shapely.set_precision(shapely.intersection(pieces, whole), 1e-3)
    pieces = pieces[shapely.area(pieces) > 1]
    if len(pieces) < 2:
        return
    found = fitted(whole, pieces)
    assert_tiles(found, whole)
    moved = shapely.area(shapely.symmetric_difference(found, pieces))
    assert (moved < 2e-3 * (shapely.length(pieces) + 10)).all()


def test_a_line_that_does_not_reach_the_border_cuts_nothing_and_one_just_short_is_led_on() -> None:
    whole = shapely.box(0, 0, 100, 100)
    assert len(cut_along(whole, shapely.LineString([(2, 50), (98, 50)]), reach_m=1.0)) == 1
    parts = cut_along(whole, shapely.LineString([(0.5, 50), (99.5, 50)]), reach_m=1.0)
    assert shapely.area(parts).tolist() == [5000.0, 5000.0]


def test_a_line_of_several_strokes_with_doubled_points_cuts_like_one() -> None:
    strokes = shapely.MultiLineString([[(-1, 50), (-1, 50), (40, 50)], [(40, 50), (40, 50), (60, 70), (101, 50)]])
    parts = cut_along(shapely.box(0, 0, 100, 100), strokes, reach_m=5.0)
    one = cut_along(
        shapely.box(0, 0, 100, 100), shapely.LineString([(-1, 50), (40, 50), (60, 70), (101, 50)]), reach_m=0
    )
    assert sorted(shapely.area(parts)) == pytest.approx(sorted(shapely.area(one)))
    assert len(parts) == 2


def test_a_piece_that_a_line_does_not_meet_stays_with_the_nearest_part() -> None:
    whole = shapely.MultiPolygon([shapely.box(0, 0, 100, 100), shapely.box(110, 0, 120, 20)])
    parts = cut_along(whole, shapely.LineString([(50, -1), (50, 101)]), reach_m=1.0)
    assert sorted(shapely.area(parts)) == [5000.0, 5200.0]
    assert shapely.area(parts[shapely.get_num_geometries(parts) == 2]).tolist() == [5200.0]


def test_parts_put_together_again_are_the_cell() -> None:
    rng = np.random.default_rng(7)
    for _ in range(10):
        whole = cell(rng)
        line = shapely.LineString([(EAST - SIDE, NORTH + 13), (EAST + SIDE, NORTH - 31)])
        again = made_one(cut_along(whole, line, reach_m=1.0), tolerance_m=0.01)
        assert again is not None
        assert again.symmetric_difference(whole).area < 1e-6


def test_a_hair_between_cells_is_closed_and_a_gap_is_not() -> None:
    one = shapely.box(0, 0, 100, 100)
    hair = made_one(shapes(one, affinity.translate(one, 100.004, 0)), tolerance_m=0.01)
    assert hair is not None
    assert hair.geom_type == "Polygon"
    assert hair.area == pytest.approx(200.004 * 100, abs=1e-6)
    assert made_one(shapes(one, affinity.translate(one, 100.02, 0)), tolerance_m=0.01) is None
    assert made_one(shapes(one, affinity.translate(one, 100, 99.5)), tolerance_m=0.01) is None
    assert made_one(shapes(one, affinity.translate(one, 100, 100)), tolerance_m=0.01) is None


def test_a_sliver_is_told_from_a_part() -> None:
    parts = shapes(shapely.box(0, 0, 1.9, 500), shapely.box(0, 0, 2.1, 500))
    assert narrow(parts, 2.0).tolist() == [True, False]
