"""Storage systems: chosen by place, refused where they distort, and true against the ellipsoid."""

import json
import math
from pathlib import Path

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import CRS, Geod
from shapely.geometry import LineString, MultiPoint, Point, Polygon, box, shape

from gis.crs import (
    EXCHANGE,
    TILE,
    Box,
    core,
    from_storage,
    is_chinese,
    local_metres,
    out_of_reach,
    refuse_distortion,
    scale_error,
    storage_srid,
    to_storage,
)
from gis.errors import CrsError

DATA = Path(__file__).parents[2] / "shared" / "data"
YONGKANG = box(119.9, 28.7, 120.3, 29.1)
LIECHTENSTEIN = box(9.471, 47.048, 9.636, 47.271)
PLACES = [(YONGKANG, 4549), (LIECHTENSTEIN, 32632)]
ELLIPSOID = Geod(ellps="WGS84")


def stored(geometry: shapely.Geometry, srid: int) -> shapely.Geometry:
    (moved,) = to_storage(np.array([geometry], dtype=object), EXCHANGE, srid)
    assert isinstance(moved, shapely.Geometry)
    return moved


def exchanged(geometry: shapely.Geometry, srid: int) -> shapely.Geometry:
    (moved,) = from_storage(np.array([geometry], dtype=object), EXCHANGE, srid)
    assert isinstance(moved, shapely.Geometry)
    return moved


def places_in(outline: Polygon, count: int = 200) -> np.ndarray:
    west, south, east, north = outline.bounds
    return np.random.default_rng(7).uniform((west, south), (east, north), (count, 2))


@pytest.mark.parametrize("code", range(4534, 4555))
def test_each_chinese_zone_is_the_three_degree_zone_of_its_meridian(code: int) -> None:
    meridian = 75 + 3 * (code - 4534)
    system = CRS.from_epsg(code)
    operation = system.coordinate_operation
    assert operation is not None
    values = {each.name: float(each.value) for each in operation.params}
    assert system.name == f"CGCS2000 / 3-degree Gauss-Kruger CM {meridian}E"
    assert [values["Longitude of natural origin"], values["False easting"]] == [meridian, 500_000]
    assert storage_srid(Point(meridian, 30).buffer(0.1), china=True) == code


def test_utm_zones_carry_the_names_of_their_centres() -> None:
    for longitude, latitude, name in ((9.55, 47.1, "32N"), (-179.9, 5, "1N"), (179.9, -5, "60S"), (-70, -33, "19S")):
        srid = storage_srid(Point(longitude, latitude).buffer(0.05), china=False)
        assert CRS.from_epsg(srid).name == f"WGS 84 / UTM zone {name}"


def test_the_two_places_get_their_systems() -> None:
    assert storage_srid(YONGKANG, china=True) == 4549
    assert storage_srid(LIECHTENSTEIN, china=False) == 32632


def test_the_real_outline_of_yongkang_is_kept_in_4549() -> None:
    path = DATA / "admin" / "tianditu_cgcs2000_330784.geojson"
    if not path.exists():
        pytest.skip("shared data is absent")
    outline = shape(json.loads(path.read_text(encoding="utf-8"))["features"][0]["geometry"])
    refuse_distortion(outline, storage_srid(outline, china=True))
    assert storage_srid(outline, china=True) == 4549
    geodesic_m2 = abs(ELLIPSOID.geometry_area_perimeter(outline)[0])
    assert geodesic_m2 == pytest.approx(1_046e6, rel=0.002)
    assert shapely.area(stored(outline, 4549)) == pytest.approx(geodesic_m2, rel=0.001)


@pytest.mark.parametrize(
    ("code", "answer"),
    [("CN", True), ("CN-330784", True), ("330784", True), ("LI", False), ("", False), ("CNX", False), ("33078", False)],
)
def test_china_is_told_by_the_code(code: str, *, answer: bool) -> None:
    assert is_chinese(code) is answer


@pytest.mark.parametrize("longitude", [9.5, 72.9, 140.0])
def test_a_chinese_zone_outside_china_is_refused(longitude: float) -> None:
    with pytest.raises(CrsError, match=r"centre in China"):
        storage_srid(Point(longitude, 40).buffer(0.1), china=True)


@pytest.mark.parametrize("outline", [Polygon(), Point(509_753, 3_198_189).buffer(10), Point(0, 87).buffer(1)])
def test_an_outline_without_a_zone_is_refused(outline: Polygon) -> None:
    with pytest.raises(CrsError, match="county outline"):
        storage_srid(outline, china=False)


@pytest.mark.parametrize(("outline", "srid"), PLACES)
def test_lengths_are_right_within_a_twentieth_of_a_per_cent(outline: Polygon, srid: int) -> None:
    ends = places_in(outline, 2000).reshape(-1, 2, 2)
    ends[:, 1] = ends[:, 0] + (ends[:, 1] - ends[:, 0]) / 20
    _, _, true_m = ELLIPSOID.inv(*ends[:, 0].T, *ends[:, 1].T)
    measured_m = shapely.length(to_storage(np.asarray(shapely.linestrings(ends)), EXCHANGE, srid))
    assert np.abs(measured_m / true_m - 1).max() < 0.0005


@pytest.mark.parametrize(("outline", "srid"), PLACES)
def test_areas_are_right_within_a_tenth_of_a_per_cent(outline: Polygon, srid: int) -> None:
    corners = places_in(outline)
    blocks = shapely.box(*corners.T, *(corners + 0.002).T)
    true_m2 = np.array([abs(ELLIPSOID.geometry_area_perimeter(block)[0]) for block in blocks])
    measured_m2 = shapely.area(to_storage(blocks, EXCHANGE, srid))
    assert np.abs(measured_m2 / true_m2 - 1).max() < 0.001


@pytest.mark.parametrize(("outline", "srid"), PLACES)
def test_the_edge_of_a_range_lies_where_the_ellipsoid_has_it(outline: Polygon, srid: int) -> None:
    reach_m = 5.0
    centres = places_in(outline)
    stored_centres = to_storage(np.asarray(shapely.points(centres)), EXCHANGE, srid)
    circles = shapely.boundary(shapely.buffer(stored_centres, reach_m, quad_segs=32))
    edge, owner = shapely.get_coordinates(from_storage(circles, EXCHANGE, srid), return_index=True)
    _, _, measured_m = ELLIPSOID.inv(*centres[owner].T, *edge.T)
    assert np.abs(np.asarray(measured_m) / reach_m - 1).max() < 0.0005


def test_five_metres_drawn_in_tiles_at_yongkang_are_four_point_three_eight() -> None:
    middle = stored(Point(120.1, 28.9), TILE)
    edge = exchanged(shapely.transform(middle, lambda place: place + np.array([0, 5.0])), TILE)
    _, _, true_m = ELLIPSOID.inv(120.1, 28.9, shapely.get_x(edge), shapely.get_y(edge))
    assert true_m == pytest.approx(5 * math.cos(math.radians(28.9)), rel=0.005)
    assert round(5 * math.cos(math.radians(28.9)), 2) == 4.38


@pytest.mark.parametrize(("outline", "srid", "expected"), [(YONGKANG, 4549, 1.2e-5), (LIECHTENSTEIN, 32632, 3.9e-4)])
def test_the_right_system_is_accepted(outline: Polygon, srid: int, expected: float) -> None:
    refuse_distortion(outline, srid)
    assert scale_error(outline, srid) == pytest.approx(expected, rel=0.15)


def test_the_chinese_zone_makes_a_hundred_metres_a_hundred_and_thirty_in_liechtenstein() -> None:
    assert scale_error(LIECHTENSTEIN, 4549) == pytest.approx(0.30, abs=0.01)
    with pytest.raises(CrsError, match=r"EPSG:4549 .* 29\.\d\d m wrong here .* 1:2000.*--srid"):
        refuse_distortion(LIECHTENSTEIN, 4549)


@given(st.floats(-55, 55), st.floats(0, 3.2))
@settings(deadline=None)
def test_the_scale_of_a_transverse_mercator_is_the_series_of_its_textbook(latitude: float, off_deg: float) -> None:
    place = Point(120 + off_deg, latitude)
    off = math.radians(off_deg) * math.cos(math.radians(latitude))
    series = 1 + off**2 / 2 * (1 + 0.00674 * math.cos(math.radians(latitude)) ** 2)
    assert scale_error(MultiPoint([place]), 4549) == pytest.approx(series - 1, abs=4e-6)


@pytest.mark.parametrize(
    ("srid", "reason"),
    [(4326, "in degrees"), (TILE, "1:2000"), (2263, "US survey foot"), (999_999, "got 999999"), (4936, "in degrees")],
)
def test_systems_without_true_metres_are_refused(srid: int, reason: str) -> None:
    with pytest.raises(CrsError, match=reason):
        refuse_distortion(YONGKANG, srid)


@pytest.mark.parametrize("crs", [None, "EPSG:nowhere", 999_999, "", "GCJ-03"])
def test_a_missing_or_unknown_system_is_refused(crs: str | int | None) -> None:
    with pytest.raises(CrsError, match=r"expected a coordinate system such as EPSG:4490, got"):
        to_storage(np.array([Point(120, 29)], dtype=object), crs, 4549)


def test_the_first_row_that_cannot_be_placed_is_named() -> None:
    rows = np.array([Point(120, 29), None, Point(120, 95), Point(math.nan, 29)], dtype=object)
    with pytest.raises(CrsError, match=r"^row 2: .* 2 of 4 rows"):
        to_storage(rows, EXCHANGE, 4549)


@pytest.mark.parametrize("crs", [4610, 4214, 2385])
def test_an_old_chinese_datum_is_refused_rather_than_read_unshifted(crs: int) -> None:
    with pytest.raises(CrsError, match="no published transformation"):
        to_storage(np.array([Point(120, 29)], dtype=object), crs, 4549)


@pytest.mark.parametrize("crs", [4326, 4490, "OGC:CRS84", "EPSG:4490", "urn:ogc:def:crs:EPSG::4490"])
def test_every_spelling_of_degrees_has_longitude_first(crs: str | int) -> None:
    (place,) = to_storage(np.array([Point(120, 29)], dtype=object), crs, 4549)
    assert shapely.get_x(place) == pytest.approx(500_000, abs=1e-6)
    assert shapely.get_y(place) == pytest.approx(3_209_264, abs=50)


def test_heights_are_dropped_and_empty_rows_stay() -> None:
    rows = np.array([Point(120, 29, 85.0), None, Polygon()], dtype=object)
    first, second, third = to_storage(rows, EXCHANGE, 4549)
    assert not shapely.has_z(first)
    assert second is None
    assert shapely.is_empty(third)
    assert to_storage(np.array([], dtype=object), EXCHANGE, 4549).size == 0


@given(st.lists(st.tuples(st.floats(119.9, 120.35), st.floats(28.7, 29.1)), min_size=1, max_size=50))
@settings(max_examples=20, deadline=None)
def test_there_and_back_is_the_same_place_to_a_tenth_of_a_millimetre(places: list[tuple[float, float]]) -> None:
    points = np.asarray(shapely.points(np.array(places)))
    back = from_storage(to_storage(points, EXCHANGE, 4549), EXCHANGE, 4549)
    assert shapely.get_coordinates(back) == pytest.approx(np.array(places), abs=1e-9)


def test_what_a_system_cannot_measure_truly_is_out_of_reach() -> None:
    rows = np.array([Point(120, 29), None, Point(9.5, 47), Polygon(), LineString([(120, 29), (130, 29)])], dtype=object)
    assert out_of_reach(rows, 4490, 4549).tolist() == [False, False, True, False, True]


@pytest.mark.parametrize("outline", [YONGKANG, LIECHTENSTEIN])
def test_areas_are_true_where_no_county_says_in_which_metres(outline: Polygon) -> None:
    west, south, _, _ = outline.bounds
    rows = np.array([box(west, south, west + 0.002, south + 0.002), outline, None], dtype=object)
    moved = local_metres(rows, EXCHANGE)
    assert moved[2] is None
    assert shapely.area(moved[0]) == pytest.approx(abs(ELLIPSOID.geometry_area_perimeter(rows[0])[0]), rel=0.001)
    whole = shapely.segmentize(outline, 0.001)
    assert shapely.area(local_metres(np.array([whole], dtype=object), EXCHANGE)[0]) == pytest.approx(
        abs(ELLIPSOID.geometry_area_perimeter(whole)[0]), rel=0.0001
    )


@given(west=st.floats(118.6, 121.3), south=st.floats(28.0, 30.5), size=st.floats(0.01, 0.5), shape=st.floats(0.2, 5))
def test_the_core_of_a_box_lies_within_it_and_is_most_of_it(
    west: float, south: float, size: float, shape: float
) -> None:
    degrees = Box(west, south, west + size, south + min(size * shape, 1.0))
    found = core(degrees, 4549, step=size / 128)
    here = to_storage(np.array([shapely.segmentize(box(*degrees), size / 500)]), EXCHANGE, 4549)[0]
    assert found is not None
    assert shapely.contains(here, box(*found))
    assert box(*found).area > 0.6 * here.area


def test_a_box_that_is_a_line_has_no_core() -> None:
    assert core(Box(120.0, 29.0, 120.0, 29.1), 4549, step=0.01) is None
