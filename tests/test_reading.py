"""A delivered file is read with every row accounted for, or refused with one sentence, whatever is in it."""

import json
import os
import sqlite3
import warnings
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

import numpy as np
import pandas as pd
import pyogrio.raw
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from gis.errors import DeliveryError
from gis.store.formats import geojson
from gis.store.formats.delivered import Asked
from gis.store.formats.geojson_text import decoded
from gis.store.reading import Limits, Reading, assembled, environment, read

DATA = Path(__file__).parents[2] / "shared" / "data"
NASTY = DATA / "nasty" / "geojson" / "examples"
LAYERS = DATA / "osm" / "liechtenstein_layers_4326.gpkg"

ONE = (1, 1, "")
"""Verdicts are rows delivered, rows read, and the constraint that the others broke; None for a refused file."""
Verdict = tuple[int, int, str] | None
VERDICTS: dict[str, Verdict] = {
    "invalid_geometries/invalid_exterior_not_ccw": ONE,
    "invalid_geometries/invalid_incorrect_geometry_data_type": (1, 0, "geometry"),
    "invalid_geometries/invalid_interior_not_cw": ONE,
    "invalid_geometries/invalid_less_three_unique_nodes": ONE,
    "invalid_geometries/invalid_unclosed": ONE,
    "invalid_structure/invalid_feature_geometry_is_string": (1, 0, "geometry"),
    "invalid_structure/invalid_feature_id_type": (1, 0, "id"),
    "invalid_structure/invalid_feature_no_properties": (1, 0, "properties"),
    "invalid_structure/invalid_feature_properties_is_array": (1, 0, "properties"),
    "invalid_structure/invalid_feature_properties_is_int": (1, 0, "properties"),
    "invalid_structure/invalid_feature_wrong_geometry_key": (1, 0, "geometry"),
    "invalid_structure/invalid_featurecollection_feature_nullfeature": (1, 0, "feature"),
    "invalid_structure/invalid_featurecollection_features_is_object": None,
    "invalid_structure/invalid_featurecollection_no_features_member": None,
    "invalid_structure/invalid_featurecollection_nulltype": None,
    "invalid_structure/invalid_featurecollection_type_lowercase": None,
    "invalid_structure/invalid_featurecollection_unknown_type": None,
    "invalid_structure/invalid_geometry_bbox_not4or6": ONE,
    "invalid_structure/invalid_geometry_bbox_not_list": ONE,
    "invalid_structure/invalid_geometry_bbox_not_numbers": ONE,
    "invalid_structure/invalid_geometry_coordinates_1d": (1, 0, "geometry"),
    "invalid_structure/invalid_geometry_coordinates_empty_position": (1, 0, "geometry"),
    "invalid_structure/invalid_geometry_coordinates_missing": (1, 0, "geometry"),
    "invalid_structure/invalid_geometry_coordinates_string": (1, 0, "geometry"),
    "invalid_structure/invalid_geometry_depth_deep_point": (1, 0, "geometry"),
    "invalid_structure/invalid_geometry_depth_deep_polygon": (1, 0, "geometry"),
    "invalid_structure/invalid_geometry_depth_shallow_linestring": (1, 0, "geometry"),
    "invalid_structure/invalid_geometry_depth_shallow_multipolygon": (1, 0, "geometry"),
    "invalid_structure/invalid_geometry_depth_shallow_polygon": (1, 0, "geometry"),
    "invalid_structure/invalid_geometry_geometrycollection_null_geometry": (1, 0, "geometry"),
    "invalid_structure/invalid_geometry_mislabeled_point": (1, 0, "geometry"),
    "invalid_structure/invalid_geometry_missing_type": None,
    "invalid_structure/invalid_geometry_wrong_geometry_type": None,
    "problematic_geometries/problematic_3d_coordinates": ONE,
    "problematic_geometries/problematic_4d_coordinates": ONE,
    "problematic_geometries/problematic_crosses_antimeridian": ONE,
    "problematic_geometries/problematic_duplicate_nodes": ONE,
    "problematic_geometries/problematic_excessive_coordinate_precision": ONE,
    "problematic_geometries/problematic_excessive_vertices": ONE,
    "problematic_geometries/problematic_feature_null_geometry": ONE,
    "problematic_geometries/problematic_holes": ONE,
    "problematic_geometries/problematic_inner_and_exterior_ring_intersect": ONE,
    "problematic_geometries/problematic_multitype_geometry_with_just_one_geometry": ONE,
    "problematic_geometries/problematic_outside_lat_lon_boundaries": (1, 0, "degrees"),
    "problematic_geometries/problematic_self_intersection_large": ONE,
    "problematic_geometries/problematic_self_intersection_small": ONE,
    "problematic_geometries/problematic_wrong_bbox_coordinate_order": ONE,
    "problematic_geometries/problematic_zero_length_linestring": ONE,
    "problematic_structure/problematic_crs_defined": ONE,
    "problematic_structure/problematic_geometry_not_wrapped": ONE,
    "problematic_structure/problematic_geometrycollection_single": ONE,
    "problematic_structure/problematic_nested_geometrycollection": ONE,
    "valid/valid_feature": ONE,
    "valid/valid_feature_null_geometry": ONE,
    "valid/valid_feature_null_properties": ONE,
    "valid/valid_feature_with_bbox": ONE,
    "valid/valid_feature_with_id": ONE,
    "valid/valid_feature_with_string_id": ONE,
    "valid/valid_featurecollection": ONE,
    "valid/valid_featurecollection_bboxes": (2, 2, ""),
    "valid/valid_featurecollection_empty_features": (0, 0, ""),
    "valid/valid_featurecollection_multiple_feature_types": (4, 4, ""),
    "valid/valid_featurecollection_with_geometrycollection": ONE,
    "valid/valid_geometry": ONE,
    "valid/valid_geometry_3d_coordinates": ONE,
    "valid/valid_geometry_bbox": ONE,
    "valid/valid_geometry_geometrycollection": ONE,
    "valid/valid_geometry_geometrycollection_empty_geometries": ONE,
    "valid/valid_geometry_linestring": ONE,
    "valid/valid_geometry_multilinestring": ONE,
    "valid/valid_geometry_multipoint": ONE,
    "valid/valid_geometry_multipolygon": ONE,
    "valid/valid_geometry_point": ONE,
    "valid/valid_geometry_polygon": ONE,
}
WITHOUT_GEOMETRY = {"valid/valid_feature_null_geometry", "problematic_geometries/problematic_feature_null_geometry"}
nasty = pytest.mark.skipif(not NASTY.is_dir(), reason="../shared/data/nasty is absent")


def point(x: float = 120.1, y: float = 28.9) -> dict[str, object]:
    return {"type": "Point", "coordinates": [x, y]}


def feature(**changed: object) -> dict[str, object]:
    return {"type": "Feature", "properties": {"code": "b"}, "geometry": point()} | changed


def collection(*features: object, **members: object) -> dict[str, object]:
    return {"type": "FeatureCollection", **members, "features": list(features)}


def here(document: object, crs: str | None = None) -> Reading:
    """Read a document in this process, without GDAL: the shapes come from the JSON itself."""
    text = document if isinstance(document, str) else json.dumps(document)
    return assembled(geojson.handed_over(text, geojson.judge(text), None, "test"), crs)


def with_gdal(path: Path) -> Reading:
    """Read a file in this process, GDAL included."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return assembled(geojson.read(str(path), None))


def written(folder: Path, content: object, name: str = "delivery.geojson") -> Path:
    path = folder / name
    if isinstance(content, bytes):
        path.write_bytes(content)
    else:
        path.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")
    return path


def assert_accounted(reading: Reading) -> None:
    rejected = sorted({fault.row for fault in reading.faults})
    assert list(reading.rejected.index) == rejected
    assert sorted([*reading.row, *rejected]) == list(range(1, reading.delivered + 1))
    assert len(reading.frame) == len(reading.geometry) == len(reading.row)
    assert {row for row, _ in reading.repairs} <= set(reading.row)


@nasty
def test_every_nasty_file_has_a_verdict() -> None:
    assert {str(path.relative_to(NASTY).with_suffix("")) for path in NASTY.glob("*/*.geojson")} == set(VERDICTS)
    assert sum(name.startswith("valid/") for name in VERDICTS) == 22


@nasty
@pytest.mark.parametrize("name", VERDICTS)
def test_each_nasty_file_is_judged_as_expected(name: str) -> None:
    path = NASTY / f"{name}.geojson"
    verdict = VERDICTS[name]
    if verdict is None:
        with pytest.raises(DeliveryError, match="expected"):
            with_gdal(path)
        return
    reading = with_gdal(path)
    assert_accounted(reading)
    assert (reading.delivered, len(reading.row)) == verdict[:2]
    assert {fault.constraint for fault in reading.faults} == ({verdict[2]} - {""})
    assert [shape is None for shape in reading.geometry] == [name in WITHOUT_GEOMETRY] * len(reading.row)


@nasty
@pytest.mark.parametrize("name", [name for name in VERDICTS if name.startswith("valid/")])
def test_gdal_and_the_json_itself_give_the_same_shapes(name: str) -> None:
    path = NASTY / f"{name}.geojson"
    shapes = [None if shape is None else shape.wkb for shape in with_gdal(path).geometry]
    assert shapes == [None if shape is None else shape.wkb for shape in here(path.read_text("utf-8")).geometry]


@nasty
@pytest.mark.parametrize(
    "name",
    [
        "invalid_geometries/invalid_unclosed",
        "invalid_structure/invalid_feature_geometry_is_string",
        "invalid_structure/invalid_featurecollection_features_is_object",
        "valid/valid_featurecollection_multiple_feature_types",
    ],
)
def test_the_child_process_gives_the_same_verdict(name: str) -> None:
    path = NASTY / f"{name}.geojson"
    if VERDICTS[name] is None:
        with pytest.raises(DeliveryError, match=f"^{path.name}: .* · expected"):
            read(path)
        return
    child, process = read(path), with_gdal(path)
    assert child.faults == process.faults
    assert child.repairs == process.repairs
    assert child.delivered == process.delivered
    assert list(child.geometry) == list(process.geometry)
    pd.testing.assert_frame_equal(child.frame, process.frame)


def test_rows_keep_their_number_when_others_cannot_be_read(tmp_path: Path) -> None:
    path = written(
        tmp_path,
        collection(
            feature(id=9), None, feature(id=3, geometry=None), feature(geometry="x"), feature(id=9, geometry=point(121))
        ),
    )
    reading = read(path)
    assert_accounted(reading)
    assert list(reading.row) == [1, 3, 5]
    assert list(reading.frame["id"]) == [9, 3, 9]
    assert [None if shape is None else shape.x for shape in reading.geometry] == [120.1, None, 121]
    assert [(fault.row, fault.constraint, fault.actual) for fault in reading.faults] == [
        (2, "feature", "null"),
        (4, "geometry", '"x"'),
    ]
    assert reading.rejected.loc[4, "code"] == "b"
    assert reading.crs == "EPSG:4326"
    assert not reading.crs_declared


def test_a_shape_that_gdal_read_differently_is_rebuilt_from_the_json() -> None:
    line = {"type": "LineString", "coordinates": [[120, 28], [121, 29, 5]]}
    text = json.dumps(collection(feature(), None, feature(geometry=line), feature(geometry=None)))
    judged = geojson.judge(text)
    assert judged.objects == [1, 3, 4]
    other, same = shapely.Point(1, 2).wkb, shapely.from_wkt("LINESTRING Z (120 28 0, 121 29 5)").wkb
    for given_by_gdal in ([other, same, None], [None, None, other], [other], None):
        shapes = geojson.shapes_of(text, judged, given_by_gdal)
        assert {row: shapely.from_wkb(wkb).wkt for row, wkb in shapes.items()} == {
            1: "POINT (120.1 28.9)",
            3: "LINESTRING Z (120 28 0, 121 29 5)",
        }


def test_values_are_not_coerced() -> None:
    first = {"whole": 1, "real": 1, "text": "007", "mixed": "a", "truth": True, "deep": {"a": [1]}, "long": 10**30}
    second = {"whole": None, "real": 1.5, "text": "2024-01-01", "mixed": 2, "truth": False, "late": 2**53 + 1}
    frame = here(collection(feature(properties=first), feature(properties=second))).frame
    assert frame["whole"].tolist() == [1, None]
    assert frame["real"].tolist() == [1.0, 1.5]
    assert frame["text"].tolist() == ["007", "2024-01-01"]
    assert frame["mixed"].tolist() == ["a", "2"]
    assert frame["truth"].tolist() == [True, False]
    assert frame["deep"].tolist() == ['{"a": [1]}', None]
    assert frame["long"].tolist() == [str(10**30), None]
    assert frame["late"].tolist() == [None, 2**53 + 1]


def test_an_id_of_the_properties_stands_before_the_features_own() -> None:
    reading = here(collection(feature(id="outer", properties={"id": "inner"}), feature(id="outer")))
    assert reading.frame["id"].tolist() == ["inner", None]
    assert here(feature(id="outer")).frame["id"].tolist() == ["outer"]


@pytest.mark.parametrize(
    ("text", "constraint"),
    [
        ('{"type":"Feature","properties":{"n":NaN},"geometry":null}', "number"),
        ('{"type":"Feature","properties":{"n":[Infinity]},"geometry":null}', "number"),
        ('{"type":"Feature","properties":{"n":1e999},"geometry":null}', "number"),
        ('{"type":"Feature","properties":{"n":' + "9" * 5000 + '},"geometry":null}', "number"),
        ('{"type":"Feature","properties":{"t":"\\ud800"},"geometry":null}', "text"),
        ('{"type":"Feature","properties":{"t":"\\u0000"},"geometry":null}', "text"),
        ('{"type":"Feature","properties":{"t":["\\u0000"]},"geometry":null}', "text"),
        ('{"type":"Feature","properties":{"\\ud800":1},"geometry":null}', "text"),
        ('{"type":"Feature","properties":{"a":1,"a":2},"geometry":null}', "once"),
        ('{"type":"Point","coordinates":[NaN,1]}', "geometry"),
        ('{"type":"Point","coordinates":[1e999,1]}', "geometry"),
        ('{"type":"Point","coordinates":[true,1]}', "geometry"),
        ('{"type":"Point","coordinates":[28.9,120.1]}', "degrees"),
    ],
)
def test_a_value_that_cannot_be_kept_is_a_fault_of_its_row(text: str, constraint: str) -> None:
    reading = here(text)
    assert_accounted(reading)
    assert [fault.constraint for fault in reading.faults] == [constraint]


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "got an empty file"),
        (b"  \n", "expected JSON, got at line 2, column 1"),
        (b'{"type":\n "Point",,}', "line 2, column 10"),
        (b'{"type": "Point"} {}', "extra data"),
        (b"[1, 2]", "expected a GeoJSON object, got a list of 2"),
        (b'{"type": "Topology"}', 'got "Topology"'),
        (b'{"type": "Point", "type": "Point"}', 'got "type" twice'),
        (b'{"type": "Point", "coordinates": ' + b"[" * 100_000, "nested too deeply"),
        (b'{"type": "FeatureCollection", "features": [' + b'{"a":' * 100_000, "nested too deeply"),
        ('{"type": "Point"}'.encode("utf-16"), "UTF-16"),
        ('{"type": "Point",\n"name": "永康"}'.encode("gb18030"), "0xD3 in line 2"),
    ],
)
def test_a_text_that_is_not_geojson_is_refused_in_words(tmp_path: Path, content: bytes, sentence: str) -> None:
    with pytest.raises(DeliveryError) as refused:
        read(written(tmp_path, content))
    assert sentence in str(refused.value)
    assert str(refused.value).startswith("delivery.geojson: ")
    assert " · expected " in str(refused.value)


def test_a_byte_order_mark_is_no_hindrance(tmp_path: Path) -> None:
    reading = read(written(tmp_path, b"\xef\xbb\xbf" + json.dumps(feature(properties={"名称": "永康"})).encode()))
    assert reading.frame["名称"].tolist() == ["永康"]
    assert reading.geometry[0] == shapely.Point(120.1, 28.9)


@pytest.mark.parametrize(
    ("crs", "name"),
    [
        ({"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::4549"}}, "EPSG:4549"),
        ({"type": "name", "properties": {"name": "EPSG:4490"}}, "EPSG:4490"),
        ({"type": "name", "properties": {"name": "urn:ogc:def:crs:OGC:1.3:CRS84"}}, "EPSG:4326"),
        ({"type": "EPSG", "properties": {"code": 4490}}, "EPSG:4490"),
    ],
)
def test_an_old_style_crs_is_honoured(crs: object, name: str) -> None:
    reading = here(collection(feature(), crs=crs))
    assert (reading.crs, reading.crs_declared) == (name, True)


def test_a_null_crs_is_unknown_and_not_wgs_84() -> None:
    reading = here(collection(feature(geometry=point(500_000, 3_200_000)), crs=None))
    assert (reading.crs, reading.crs_declared, len(reading.row)) == (None, False, 1)


@pytest.mark.parametrize("crs", [{"type": "link", "properties": {"href": "http://x"}}, "EPSG:4326", {"type": "name"}])
def test_a_crs_that_is_no_name_refuses_the_file(crs: object) -> None:
    with pytest.raises(DeliveryError, match="expected a crs by name"):
        here(collection(feature(), crs=crs))


def test_an_unknown_crs_refuses_the_file(tmp_path: Path) -> None:
    crs = {"type": "name", "properties": {"name": "EPSG:99999"}}
    with pytest.raises(DeliveryError, match='expected a known crs, got "EPSG:99999"'):
        read(written(tmp_path, collection(feature(), crs=crs)))


def test_a_declared_crs_stands_only_where_the_file_names_none() -> None:
    metres = feature(geometry=point(500_000, 3_200_000))
    assert [fault.constraint for fault in here(metres).faults] == ["degrees"]
    assert here(metres, "EPSG:4549").crs == "EPSG:4549"
    assert not here(metres, "EPSG:4549").faults
    assert here(feature(), "GCJ-02").crs == "GCJ-02"
    named = collection(feature(), crs={"type": "name", "properties": {"name": "EPSG:4490"}})
    assert here(named, "EPSG:4549").crs == "EPSG:4490"


def test_a_height_comes_through_for_mending_to_count() -> None:
    assert here(feature(geometry={"type": "Point", "coordinates": [120, 29, 5, 7]})).geometry[0].has_z


Json = None | bool | int | float | str | list["Json"] | dict[str, "Json"]
SEEDS = [
    json.dumps(collection(feature(), feature(id=2, geometry=None), None)).encode(),
    json.dumps(feature(geometry={"type": "Polygon", "coordinates": [[[0, 0], [1, 0], [1, 1], [0, 0]]]})).encode(),
    json.dumps({"type": "GeometryCollection", "geometries": [point(), point()]}).encode(),
]
scalars = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5)
values = st.recursive(
    scalars,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(["type", "coordinates", "geometries", "geometry", "properties", "id", "crs", "a"]),
            inner | st.sampled_from(["Feature", "Point", "LineString", "Polygon", "MultiPoint", "GeometryCollection"]),
            max_size=4,
        )
    ),
    max_leaves=12,
)


def fuzzed(data: bytes) -> None:
    """Read bytes in this process: either every row is accounted for, or the whole is refused."""
    try:
        text = decoded(data)
        reading = here(text)
    except DeliveryError:
        return
    assert_accounted(reading)
    document = json.loads(text)
    if document["type"] == "FeatureCollection":
        assert reading.delivered == len(document["features"])
        for row, shape in zip(reading.row, reading.geometry, strict=True):
            assert (document["features"][row - 1]["geometry"] is None) == (shape is None)
    else:
        assert reading.delivered == 1


@settings(deadline=None, max_examples=200)
@given(st.sampled_from(SEEDS), st.integers(0, 400), st.integers(0, 12), st.binary(max_size=6))
def test_any_change_of_bytes_is_read_or_refused(seed: bytes, start: int, cut: int, put: bytes) -> None:
    fuzzed(seed[:start] + put + seed[start + cut :])


@settings(deadline=None, max_examples=200)
@given(st.lists(values | st.fixed_dictionaries({"type": st.just("Feature"), "geometry": values, "properties": values})))
def test_any_features_are_accounted_for(features: Sequence[Json]) -> None:
    fuzzed(json.dumps(collection(*features)).encode())


@settings(deadline=None, max_examples=100)
@given(st.sampled_from(["Point", "MultiPoint", "LineString", "Polygon", "MultiPolygon", "GeometryCollection"]), values)
def test_any_coordinates_are_read_or_refused(kind: str, coordinates: Json) -> None:
    member = "geometries" if kind == "GeometryCollection" else "coordinates"
    fuzzed(json.dumps(feature(geometry={"type": kind, member: coordinates})).encode())


def geopackage(path: Path, **sublayers: Sequence[object]) -> Path:
    """Write sublayers of points in EPSG:4490, one for each value of `code`."""
    for name, codes in sublayers.items():
        shapes = shapely.points(np.arange(len(codes)) + 120.0, 28.9)
        pyogrio.raw.write(
            path,
            geometry=shapely.to_wkb(shapes),
            field_data=[np.array(codes, dtype=object)],
            fields=["code"],
            layer=name,
            geometry_type="Point",
            crs="EPSG:4490",
            driver="GPKG",
            append=path.exists(),
        )
    return path


def spoil(path: Path, *statements: str) -> None:
    """Change a GeoPackage behind GDAL's back, its triggers removed."""
    with closing(sqlite3.connect(path)) as database:
        triggers = database.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall()
        for (name,) in triggers:
            database.execute(f'DROP TRIGGER "{name}"')
        for statement in statements:
            database.execute(statement)
        database.commit()


def test_a_geopackage_with_one_filled_sublayer_needs_no_choice(tmp_path: Path) -> None:
    reading = read(geopackage(tmp_path / "d.gpkg", empty=[], building=["a", None]))
    assert (reading.sublayer, reading.sublayers, reading.delivered) == ("building", ("empty", "building"), 2)
    assert (reading.crs, reading.crs_declared) == ("EPSG:4490", True)
    assert reading.frame["code"].tolist() == ["a", None]
    assert reading.frame["fid"].tolist() == [1, 2]
    assert [shape.x for shape in reading.geometry] == [120, 121]


def test_a_choice_between_filled_sublayers_is_asked_for(tmp_path: Path) -> None:
    path = geopackage(tmp_path / "d.gpkg", building=["a"], road=["b", "c"])
    with pytest.raises(DeliveryError, match=r"got 2: building \(1 rows\), road \(2 rows\)"):
        read(path)
    with pytest.raises(DeliveryError, match="expected one of the sublayers building, road, got 'x'"):
        read(path, Asked("x"))
    assert read(path, Asked("road")).delivered == 2


def test_shapes_and_texts_that_gdal_would_empty_or_break_are_faults(tmp_path: Path) -> None:
    path = geopackage(tmp_path / "d.gpkg", building=["a", "b", "c", "d"])
    spoil(
        path,
        "UPDATE building SET geom = x'47500001' WHERE fid = 2",
        "UPDATE building SET code = CAST(x'ff41' AS TEXT) WHERE fid = 3",
        "UPDATE building SET geom = NULL WHERE fid = 4",
    )
    reading = read(path)
    assert_accounted(reading)
    assert [(fault.row, fault.constraint) for fault in reading.faults] == [(2, "geometry"), (3, "text")]
    assert list(reading.row) == [1, 4]
    assert reading.geometry[1] is None


def test_a_damaged_geopackage_is_refused(tmp_path: Path) -> None:
    path = geopackage(tmp_path / "d.gpkg", building=[f"number {each}" for each in range(2000)])
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(DeliveryError, match=r"^d.gpkg: 文件损坏，读不懂 · expected a"):
        read(path)


def test_only_the_driver_of_the_format_is_there(tmp_path: Path) -> None:
    source = written(tmp_path, collection(feature()), "source.geojson")
    inner = f"<OGRVRTLayer name='source'><SrcDataSource>{source}</SrcDataSource></OGRVRTLayer>"
    virtual = f"<OGRVRTDataSource>{inner}</OGRVRTDataSource>"
    for name in ("d.vrt", "d.gpkg", "d.geojson"):
        with pytest.raises(DeliveryError, match=r"^d\.[a-z]+: .*expected"):
            read(written(tmp_path, virtual, name))


def test_what_is_no_file_is_refused(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.geojson")
    for path in (tmp_path, tmp_path / "none.geojson", tmp_path / "pipe.geojson", "/vsicurl/http://localhost/d.geojson"):
        with pytest.raises(DeliveryError, match="expected a"):
            read(path)


@pytest.mark.parametrize(
    ("limits", "sentence"),
    [
        (Limits(file_bytes=10), "expected at most 10 bytes"),
        (Limits(wall_s=0), "reading took more than 0 s"),
        (Limits(memory_bytes=2**27), "expected"),
        (Limits(output_bytes=100), "expected a file whose rows fit in 100 bytes"),
    ],
)
def test_a_limit_that_is_passed_becomes_a_sentence(tmp_path: Path, limits: Limits, sentence: str) -> None:
    with pytest.raises(DeliveryError, match=sentence):
        read(written(tmp_path, collection(feature())), limits=limits)


def test_the_child_gets_no_secrets_and_no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://secret")
    child = environment("folder")
    assert "secret" not in " ".join(child.values())
    assert "OGR_VRT" in child["GDAL_SKIP"].split(",")
    assert "GPKG" in child["GDAL_SKIP"].split(",")
    assert child["PROJ_NETWORK"] == "OFF"


@pytest.mark.skipif(not LAYERS.is_file(), reason="../shared/data/osm is absent")
def test_a_whole_place_is_read() -> None:
    reading = read(LAYERS, Asked("buildings"))
    assert (reading.delivered, len(reading.row), reading.faults) == (17_717, 17_717, ())
