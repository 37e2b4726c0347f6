"""GCJ-02 and BD-09: the public formula against published places, its inverse against a search by bisection."""

import json
import math
from pathlib import Path

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import Geod, Transformer
from scipy.optimize import brentq

from gis import layers
from gis.crs import (
    EXCHANGE,
    Shifted,
    from_storage,
    local_metres,
    out_of_reach,
    overrules,
    same_system,
    tagged,
    to_storage,
)
from gis.crs.china import EAST, NORTH, SOUTH, WEST, shifted
from gis.errors import CrsError, DeliveryError
from gis.layer import Layer
from gis.run.deliver import Delivery, taken
from gis.store.reading import read

ELLIPSOID = Geod(ellps="WGS84")
YONGKANG = (120.0470, 28.8885)
CHINA = st.tuples(st.floats(73.4, 135.2), st.floats(3.3, 53.6))
SYSTEMS = st.sampled_from(list(Shifted))
FINEST_M = 1e-6


def gcj_by_hand(longitude: float, latitude: float) -> tuple[float, float]:
    """The published formula written out once more, place by place, as it is printed."""
    x, y, pi = longitude - 105.0, latitude - 35.0, math.pi
    north = -100.0 + 2.0 * x + 3.0 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * math.sqrt(abs(x))
    north += (20.0 * math.sin(6.0 * x * pi) + 20.0 * math.sin(2.0 * x * pi)) * 2.0 / 3.0
    north += (20.0 * math.sin(y * pi) + 40.0 * math.sin(y / 3.0 * pi)) * 2.0 / 3.0
    north += (160.0 * math.sin(y / 12.0 * pi) + 320.0 * math.sin(y * pi / 30.0)) * 2.0 / 3.0
    east = 300.0 + x + 2.0 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * math.sqrt(abs(x))
    east += (20.0 * math.sin(6.0 * x * pi) + 20.0 * math.sin(2.0 * x * pi)) * 2.0 / 3.0
    east += (20.0 * math.sin(x * pi) + 40.0 * math.sin(x / 3.0 * pi)) * 2.0 / 3.0
    east += (150.0 * math.sin(x / 12.0 * pi) + 300.0 * math.sin(x / 30.0 * pi)) * 2.0 / 3.0
    a, ee, radians = 6378245.0, 0.00669342162296594323, latitude / 180.0 * pi
    magic = 1 - ee * math.sin(radians) ** 2
    north = north * 180.0 / ((a * (1 - ee)) / (magic * math.sqrt(magic)) * pi)
    east = east * 180.0 / (a / math.sqrt(magic) * math.cos(radians) * pi)
    return longitude + east, latitude + north


def bd_by_hand(longitude: float, latitude: float) -> tuple[float, float]:
    """BD-09 from GCJ-02, as printed."""
    wave = math.pi * 3000.0 / 180.0
    z = math.sqrt(longitude * longitude + latitude * latitude) + 0.00002 * math.sin(latitude * wave)
    theta = math.atan2(latitude, longitude) + 0.000003 * math.cos(longitude * wave)
    return z * math.cos(theta) + 0.0065, z * math.sin(theta) + 0.006


def by_hand(system: Shifted, place: tuple[float, float]) -> tuple[float, float]:
    gcj = gcj_by_hand(*place)
    return gcj if system is Shifted.GCJ_02 else bd_by_hand(*gcj)


def searched(system: Shifted, shown: tuple[float, float]) -> tuple[float, float]:
    """Give the place that is shown at `shown` by bisection, one coordinate at a time, until neither moves."""
    x, y = shown
    for _ in range(40):
        x = brentq(lambda east, north=y: by_hand(system, (east, north))[0] - shown[0], x - 0.05, x + 0.05, xtol=1e-14)
        y = brentq(lambda north, east=x: by_hand(system, (east, north))[1] - shown[1], y - 0.05, y + 0.05, xtol=1e-14)
    return x, y


def apart_m(one: tuple[float, float], other: tuple[float, float]) -> float:
    return float(ELLIPSOID.inv(*one, *other)[2])


def applied(system: Shifted, place: tuple[float, float]) -> tuple[float, float]:
    x, y = system.applied(np.array([place]))[0].tolist()
    return x, y


def undone(system: Shifted, place: tuple[float, float]) -> tuple[float, float]:
    x, y = system.undone(np.array([place]))[0].tolist()
    return x, y


def test_places_published_with_the_formula_are_met() -> None:
    assert applied(Shifted.GCJ_02, (116.404, 39.915)) == pytest.approx(
        (116.41024449916938, 39.91640428150164), abs=1e-12
    )
    gcj = searched(Shifted.GCJ_02, (116.404, 39.915))
    assert applied(Shifted.BD_09, gcj) == pytest.approx((116.41036949371029, 39.92133699351021), abs=1e-12)


@pytest.mark.parametrize(
    ("place", "shown"),
    [
        ((121.5272106, 31.1774276), (121.531541859215, 31.17530398364597)),
        ((113.912316, 22.543847), (113.9171764808363, 22.540796131694766)),
        ((116.377817, 39.911954), (116.38404722455657, 39.91334545536069)),
    ],
)
def test_places_published_by_a_second_library_are_met(place: tuple[float, float], shown: tuple[float, float]) -> None:
    assert apart_m(applied(Shifted.GCJ_02, place), shown) < 0.05  # it measures on the WGS 84 radius


@given(SYSTEMS, CHINA)
def test_the_formula_is_the_published_one_everywhere_in_china(system: Shifted, place: tuple[float, float]) -> None:
    assert apart_m(applied(system, place), by_hand(system, place)) < 1e-7


@given(SYSTEMS, CHINA)
def test_what_is_applied_is_undone_everywhere_in_china(system: Shifted, place: tuple[float, float]) -> None:
    assert apart_m(undone(system, applied(system, place)), place) < FINEST_M
    assert apart_m(applied(system, undone(system, place)), place) < FINEST_M


@settings(max_examples=25)
@given(SYSTEMS, CHINA)
def test_the_inverse_agrees_with_a_bisection(system: Shifted, shown: tuple[float, float]) -> None:
    assert apart_m(undone(system, shown), searched(system, shown)) < FINEST_M


@given(SYSTEMS, st.floats(-1e-9, 1e-9), st.floats(20, 50))
def test_where_the_formula_has_a_root_of_zero_it_is_undone_too(system: Shifted, near: float, latitude: float) -> None:
    place = (105 + near, latitude)
    assert apart_m(undone(system, applied(system, place)), place) < FINEST_M


def test_a_million_places_of_china_are_undone_to_a_micrometre() -> None:
    places = np.random.default_rng(11).uniform((73.4, 3.3), (135.2, 53.6), (200_000, 2))
    for system in Shifted:
        back = system.undone(system.applied(places))
        _, _, off_m = ELLIPSOID.inv(*places.T, *back.T)
        assert off_m.max() < FINEST_M


@pytest.mark.parametrize("system", Shifted)
def test_along_the_borders_of_china_and_up_to_the_edge_of_the_formula_it_is_undone(system: Shifted) -> None:
    border = shapely.box(73.4, 3.3, 135.2, 53.6).exterior
    edge = shapely.box(WEST + 0.05, SOUTH + 0.05, EAST - 0.05, NORTH - 0.05).exterior
    for line in (border, edge):
        places = shapely.get_coordinates(shapely.segmentize(line, 0.002))
        assert len(places) > 100_000
        back = system.undone(system.applied(places))
        _, _, off_m = ELLIPSOID.inv(*places.T, *back.T)
        assert off_m.max() < FINEST_M


def test_the_shift_at_yongkang_is_some_553_metres() -> None:
    shown = applied(Shifted.GCJ_02, YONGKANG)
    assert apart_m(YONGKANG, shown) == pytest.approx(553, abs=3)
    assert (shown[0] - YONGKANG[0], shown[1] - YONGKANG[1]) == pytest.approx((0.0047, -0.0028), abs=1e-4)


@given(SYSTEMS, st.floats(0, 2 * math.pi), st.floats(0, 3000))
def test_at_the_edge_of_the_formula_a_place_is_right_or_none(system: Shifted, along: float, beyond_m: float) -> None:
    corners = shapely.box(WEST, SOUTH, EAST, NORTH).exterior
    edge = corners.interpolate(along / (2 * math.pi), normalized=True)
    place = (edge.x + math.cos(along) * beyond_m / 1e5, edge.y + math.sin(along) * beyond_m / 1e5)
    inside = WEST <= place[0] <= EAST and SOUTH <= place[1] <= NORTH
    shown = by_hand(system, place) if inside else place
    if not inside and system is Shifted.BD_09:
        shown = bd_by_hand(*place)
    found = undone(system, shown)
    assert not math.isfinite(found[0]) or apart_m(found, place) < FINEST_M


def test_what_two_originals_show_is_no_place() -> None:
    shown = by_hand(Shifted.GCJ_02, (EAST - 1e-4, 40.0))
    assert shown[0] > EAST
    assert not np.isfinite(undone(Shifted.GCJ_02, shown)).any()


def test_outside_the_formula_gcj_changes_nothing() -> None:
    vaduz = (9.521, 47.141)
    assert undone(Shifted.GCJ_02, vaduz) == vaduz == applied(Shifted.GCJ_02, vaduz)


@pytest.mark.parametrize("name", ["GCJ-02", "GCJ02", "gcj02", "gcj_02", " GCJ-02 ", "gcj02ll"])
def test_gcj_has_several_names(name: str) -> None:
    assert shifted(name) is Shifted.GCJ_02


@pytest.mark.parametrize("name", ["BD-09", "BD09", "bd09ll"])
def test_bd_has_several_names(name: str) -> None:
    assert shifted(name) is Shifted.BD_09


@pytest.mark.parametrize("name", ["BD09MC", "EPSG:4326", "GCJ", "", None, 4326])
def test_other_names_are_none_of_them(name: object) -> None:
    assert shifted(name) is None


def test_a_shifted_shape_is_stored_where_it_lies() -> None:
    east, north = Transformer.from_crs(EXCHANGE, 4549, always_xy=True).transform(*YONGKANG)
    shown = shapely.Point(by_hand(Shifted.BD_09, YONGKANG))
    (stored,) = to_storage(np.array([shown], dtype=object), "BD-09", 4549)
    assert (stored.x, stored.y) == pytest.approx((east, north), abs=1e-5)
    (again,) = from_storage(np.array([stored], dtype=object), "BD09", 4549)
    assert (again.x, again.y) == pytest.approx((shown.x, shown.y), abs=1e-11)


def test_a_shifted_place_out_of_reach_is_told() -> None:
    places = np.array([shapely.Point(YONGKANG), shapely.Point(EAST + 0.001, 40), shapely.Point(90, 40)], dtype=object)
    assert out_of_reach(places, "GCJ-02", 4549).tolist() == [False, True, True]
    with pytest.raises(CrsError, match="do not fit the declared system GCJ-02"):
        to_storage(np.array([shapely.Point(EAST + 0.001, 40)], dtype=object), "GCJ-02", 4549)


def test_a_shifted_square_is_measured_in_true_metres() -> None:
    square = shapely.box(*YONGKANG, YONGKANG[0] + 0.001, YONGKANG[1] + 0.001)
    shown = shapely.transform(square, Shifted.GCJ_02.applied)
    plain, undone_square = (
        local_metres(np.array([square], dtype=object), EXCHANGE),
        local_metres(np.array([shown], dtype=object), "GCJ-02"),
    )
    assert undone_square[0].area == pytest.approx(plain[0].area, rel=1e-6)


def test_a_shifted_name_means_only_itself() -> None:
    assert same_system("GCJ-02", "gcj02")
    assert not same_system("GCJ-02", "BD-09")
    assert not same_system("GCJ-02", "EPSG:4326")
    assert tagged("GCJ-02") == "EPSG:4326"
    assert tagged("EPSG:4549") == "EPSG:4549"


@pytest.mark.parametrize(
    ("named", "stands"), [("EPSG:4326", True), ("EPSG:4490", True), ("EPSG:4549", False), ("EPSG:4214", False)]
)
def test_a_shifted_declaration_stands_over_degrees_of_the_same_datum(named: str, *, stands: bool) -> None:
    assert overrules("GCJ-02", named) is stands
    assert not overrules("EPSG:4490", named)


def delivered(folder: Path, crs: str) -> Path:
    """Write one street as AMap gives it, under a tag."""
    line = shapely.LineString([YONGKANG, (YONGKANG[0] + 0.001, YONGKANG[1])])
    shown = shapely.transform(line, Shifted.GCJ_02.applied)
    feature = {"type": "Feature", "properties": {"code": "1"}, "geometry": json.loads(shapely.to_geojson(shown))}
    named = {"type": "name", "properties": {"name": crs}}
    path = folder / "roads.geojson"
    path.write_text(json.dumps({"type": "FeatureCollection", "crs": named, "features": [feature]}), encoding="utf-8")
    return path


def road() -> Layer:
    return layers.named("road")


def test_a_file_tagged_wgs84_is_taken_as_declared_and_says_so(tmp_path: Path) -> None:
    path = delivered(tmp_path, "urn:ogc:def:crs:OGC:1.3:CRS84")
    reading, origin = taken(Delivery(path, crs="gcj02"), road())
    assert origin.crs == reading.crs == "GCJ-02"
    assert any("EPSG:4326" in note and "GCJ-02" in note for note in reading.notes)
    assert read(path).crs == "EPSG:4326"
    assert read(path).notes == ()


def test_a_file_in_metres_is_not_taken_as_shifted_degrees(tmp_path: Path) -> None:
    path = delivered(tmp_path, "urn:ogc:def:crs:EPSG::4549")
    with pytest.raises(DeliveryError, match="--crs says GCJ-02"):
        taken(Delivery(path, crs="GCJ-02"), road())
