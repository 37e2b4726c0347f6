"""Geometry is mended where no guess is needed, and refused with a reason where one would be."""

import itertools
import math
import struct
from pathlib import Path

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely.geometry.base import BaseGeometry

from gis.layer import Geometry
from gis.store import mending
from gis.store.formats.geojson import judge, shapes_of
from gis.store.formats.geojson_text import decoded
from gis.store.mending import Mended, decode, mend

NASTY = Path(__file__).parents[2] / "shared" / "data" / "nasty" / "geojson" / "examples"
SQUARE = "((0 0, 4 0, 4 4, 0 4, 0 0))"


def mended(wkt: str, wanted: Geometry = Geometry.POLYGON) -> Mended:
    return mend(shapes(shapely.from_wkt(wkt)), wanted)


def shapes(*given: BaseGeometry | None) -> mending.Geometries:
    array = np.empty(len(given), dtype=object)
    array[:] = given
    return array


def repairs(wkt: str, wanted: Geometry = Geometry.POLYGON) -> list[str]:
    done = mended(wkt, wanted)
    assert not done.faults
    return [what for _, what in done.repairs]


def fault(wkt: str, wanted: Geometry = Geometry.POLYGON) -> tuple[str, str]:
    done = mended(wkt, wanted)
    assert done.geometry[0] is None
    assert not done.repairs
    ((place, expected, actual),) = done.faults
    assert place == 0
    return expected, actual


def ring(*positions: tuple[float, float]) -> bytes:
    head = struct.pack("<BIII", 1, 3, 1, len(positions))
    return head + b"".join(struct.pack("<dd", *position) for position in positions)


def test_an_unclosed_ring_is_closed_and_said() -> None:
    done = decode(np.array([ring((0, 0), (4, 0), (4, 4), (0, 4)), None], dtype=object))
    assert done.repairs == [(0, mending.RING_CLOSED)]
    assert not done.faults
    assert done.geometry[0].area == 16
    assert done.geometry[1] is None


def test_bytes_that_are_no_shape_are_a_fault() -> None:
    good = shapely.to_wkb(shapely.Point(1, 2))
    curve = struct.pack("<BII6d", 1, 8, 3, 0, 0, 1, 1, 2, 0)
    done = decode(np.array([good, good[:-3], b"", curve, struct.pack("<BIIdd", 1, 2, 1, 0, 0)], dtype=object))
    assert done.geometry[0] == shapely.Point(1, 2)
    assert [place for place, _, _ in done.faults] == [1, 2, 3, 4]
    assert all(reason for _, _, reason in done.faults)


def test_a_single_part_becomes_multi_without_being_counted() -> None:
    done = mended(f"POLYGON {SQUARE}")
    assert done.geometry[0].geom_type == "MultiPolygon"
    assert not done.repairs
    assert not repairs("LINESTRING (0 0, 1 1)", Geometry.LINE)


@pytest.mark.parametrize(
    ("order", "repairs"),
    [("((0 0, 4 0, 4 4, 0 4, 0 0))", []), ("((0 0, 0 4, 4 4, 4 0, 0 0))", [(0, "ring order turned")])],
)
def test_a_turned_ring_is_counted_and_a_good_one_left_alone(order: str, repairs: list[tuple[int, str]]) -> None:
    done = mended(f"POLYGON {order}")
    assert done.repairs == repairs
    assert not done.faults
    assert shapely.is_ccw(shapely.get_exterior_ring(shapely.get_geometry(done.geometry[0], 0)))


@pytest.mark.parametrize(
    ("wkt", "wanted", "what"),
    [
        ("POLYGON ((0 0, 4 0, 4 0, 4 4, 0 0))", Geometry.POLYGON, mending.VERTEX_DROPPED),
        ("LINESTRING (0 0, 0 0, 3 4)", Geometry.LINE, mending.VERTEX_DROPPED),
        ("POINT Z (1 2 3)", Geometry.POINT, mending.Z_DROPPED),
        ("POINT M (1 2 3)", Geometry.POINT, mending.M_DROPPED),
        ("MULTIPOINT (1 2)", Geometry.POINT, mending.UNWRAPPED),
        (f"GEOMETRYCOLLECTION (POLYGON {SQUARE})", Geometry.POLYGON, mending.UNWRAPPED),
        (
            "GEOMETRYCOLLECTION (LINESTRING (0 0, 1 1), GEOMETRYCOLLECTION (LINESTRING (2 2, 3 3)))",
            Geometry.LINE,
            mending.UNWRAPPED,
        ),
        (f"MULTIPOLYGON (EMPTY, {SQUARE})", Geometry.POLYGON, mending.EMPTY_PART_DROPPED),
        ("POLYGON ((0 0, 4 0, 4 4, 2 4, 2 6, 2 4, 0 4, 0 0))", Geometry.POLYGON, mending.RING_UNTANGLED),
    ],
)
def test_what_needs_no_guess_is_mended_and_counted(wkt: str, wanted: Geometry, what: str) -> None:
    assert what in repairs(wkt, wanted)
    whole = mended(wkt, wanted).geometry[0]
    assert whole.geom_type == wanted.value
    assert whole.is_valid
    assert not whole.has_z


def test_a_spike_is_taken_off_without_changing_the_area() -> None:
    assert mended("POLYGON ((0 0, 4 0, 4 4, 2 4, 2 6, 2 4, 0 4, 0 0))").geometry[0].area == 16


def test_a_hole_reached_through_a_pinch_stays_a_hole() -> None:
    done = mended("POLYGON ((0 0, 10 0, 10 10, 5 10, 6 5, 4 5, 5 10, 0 10, 0 0))")
    assert [what for _, what in done.repairs] == [mending.RING_UNTANGLED]
    assert done.geometry[0].area == 100 - 2 * 5 / 2
    assert len(done.geometry[0].geoms[0].interiors) == 1


@pytest.mark.parametrize(
    ("wkt", "reason"),
    [
        ("POLYGON ((0 0, 4 4, 4 0, 0 4, 0 0))", "an area of zero"),
        ("POLYGON ((0 0, 6 6, 6 0, 0 4, 0 0))", "Self-intersection"),
        (f"MULTIPOLYGON ({SQUARE}, ((2 0, 6 0, 6 4, 2 4, 2 0)))", "Self-intersection"),
        ("POLYGON ((0 0, 4 0, 4 4, 0 4, 0 0), (3 1, 6 1, 6 3, 3 3, 3 1))", "Self-intersection"),
        ("POLYGON ((0 0, 4 0, 4 4, 0 4, 0 0), (5 5, 6 5, 6 6, 5 5))", "Hole lies outside shell"),
    ],
)
def test_a_tangle_that_needs_a_guess_is_refused(wkt: str, reason: str) -> None:
    assert reason in fault(wkt)[1]


@pytest.mark.parametrize(
    ("wkt", "wanted", "expected", "actual"),
    [
        ("POINT (1 2)", Geometry.POLYGON, "MultiPolygon", "Point"),
        (f"POLYGON {SQUARE}", Geometry.LINE, "MultiLineString", "Polygon"),
        ("MULTIPOINT (1 2, 3 4)", Geometry.POINT, "Point", "MultiPoint of 2 parts (Point)"),
        (
            f"GEOMETRYCOLLECTION (POINT (1 2), POLYGON {SQUARE})",
            Geometry.POLYGON,
            "MultiPolygon",
            "GeometryCollection of 2 parts (Point, Polygon)",
        ),
        ("POINT EMPTY", Geometry.POINT, "a Point", "an empty Point"),
        ("GEOMETRYCOLLECTION EMPTY", Geometry.LINE, "a MultiLineString", "an empty GeometryCollection"),
        ("LINESTRING (1 1, 1 1)", Geometry.LINE, "a length above zero in every part", "a length of zero"),
        (
            "MULTILINESTRING ((0 0, 1 1), (2 2, 2 2))",
            Geometry.LINE,
            "a length above zero in every part",
            "a length of zero",
        ),
        ("POLYGON ((0 0, 1 0, 0 0))", Geometry.POLYGON, "an area above zero in every part", "an area of zero"),
        ("POLYGON ((0 0, 0 0, 0 0, 0 0))", Geometry.POLYGON, "an area above zero in every part", "an area of zero"),
    ],
)
def test_what_is_not_the_wanted_kind_is_refused_in_words(
    wkt: str, wanted: Geometry, expected: str, actual: str
) -> None:
    assert fault(wkt, wanted) == (expected, actual)


@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf])
def test_a_coordinate_that_is_no_number_is_refused(bad: float) -> None:
    line = decode(np.array([struct.pack("<BII4d", 1, 2, 2, 0, 0, bad, 1)], dtype=object)).geometry
    done = mend(line, Geometry.LINE)
    assert [expected for _, expected, _ in done.faults] == ["finite coordinates"]


def test_a_missing_geometry_stays_missing_and_is_no_fault() -> None:
    for wanted in Geometry:
        done = mend(shapes(None, None), wanted)
        assert list(done.geometry) == [None, None]
        assert not done.repairs
        assert not done.faults


def test_nothing_delivered_gives_nothing() -> None:
    done = mend(shapes(), Geometry.POLYGON)
    assert len(done.geometry) == 0


def test_faults_and_repairs_name_the_place_in_the_array() -> None:
    given_shapes = shapes(
        shapely.box(0, 0, 1, 1), shapely.Point(1, 2), None, shapely.from_wkt("POLYGON Z ((0 0 1, 1 0 1, 1 1 1, 0 0 1))")
    )
    done = mend(given_shapes, Geometry.POLYGON)
    assert [place for place, _, _ in done.faults] == [1]
    assert done.repairs == [(3, mending.Z_DROPPED)]
    assert given_shapes[1] == shapely.Point(1, 2)


@settings(deadline=None, max_examples=200)
@given(st.lists(st.tuples(st.integers(0, 6), st.integers(0, 6)), min_size=3, max_size=9))
def test_any_ring_ends_valid_or_with_a_fault_and_mending_twice_is_mending_once(
    corners: list[tuple[int, int]],
) -> None:
    delivered = decode(np.array([ring(*[(float(x), float(y)) for x, y in corners])], dtype=object)).geometry
    done = mend(delivered, Geometry.POLYGON)
    whole = done.geometry[0]
    assert (whole is None) == bool(done.faults)
    if whole is None:
        return
    assert whole.is_valid
    assert len(whole.geoms) == 1
    closed = [*corners, corners[0]]
    pairs = itertools.pairwise(closed)
    surveyed = abs(sum(x1 * y2 - x2 * y1 for (x1, y1), (x2, y2) in pairs)) / 2
    if shapely.is_valid(delivered[0]):
        assert whole.area == pytest.approx(surveyed)
    again = mend(shapes(whole), Geometry.POLYGON)
    assert not again.repairs
    assert not again.faults
    assert again.geometry[0].equals(whole)


MENDED = {
    "invalid_geometries/invalid_unclosed": "MultiPolygon",
    "invalid_geometries/invalid_less_three_unique_nodes": "fault",
    "invalid_geometries/invalid_exterior_not_ccw": mending.RING_TURNED,
    "invalid_geometries/invalid_interior_not_cw": mending.RING_TURNED,
    "problematic_geometries/problematic_3d_coordinates": mending.Z_DROPPED,
    "problematic_geometries/problematic_4d_coordinates": mending.Z_DROPPED,
    "problematic_geometries/problematic_duplicate_nodes": mending.VERTEX_DROPPED,
    "problematic_geometries/problematic_holes": "MultiPolygon",
    "problematic_geometries/problematic_inner_and_exterior_ring_intersect": "fault",
    "problematic_geometries/problematic_self_intersection_large": "fault",
    "problematic_geometries/problematic_self_intersection_small": "fault",
    "problematic_geometries/problematic_multitype_geometry_with_just_one_geometry": "MultiPolygon",
    "problematic_geometries/problematic_zero_length_linestring": "fault",
    "problematic_geometries/problematic_excessive_vertices": "MultiPolygon",
    "problematic_structure/problematic_nested_geometrycollection": "fault",
}


@pytest.mark.skipif(not NASTY.is_dir(), reason="../shared/data/nasty is absent")
@pytest.mark.parametrize("name", MENDED)
def test_each_nasty_polygon_is_mended_or_refused_as_expected(name: str) -> None:
    text = decoded((NASTY / f"{name}.geojson").read_bytes())
    wkb = shapes_of(text, judge(text), None)
    done = mend(decode(np.array([wkb[1]], dtype=object)).geometry, Geometry.POLYGON)
    if MENDED[name] == "fault":
        assert len(done.faults) == 1
    else:
        assert not done.faults
        assert done.geometry[0].geom_type == "MultiPolygon"
        assert [what for _, what in done.repairs] == ([] if MENDED[name] == "MultiPolygon" else [MENDED[name]])
