"""`wangge load LAYER FILE --dry-run` gives each nasty file its verdict, without a county, a database or a traceback."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import shapely
from click.testing import CliRunner, Result
from shapely.geometry import shape

from api.cli import main

DATA = Path(__file__).parents[2] / "shared" / "data"
NASTY = DATA / "nasty" / "geojson" / "examples"
WANGGE = Path(sys.executable).with_name("wangge")
nasty = pytest.mark.skipif(not NASTY.is_dir(), reason="../shared/data/nasty is absent")

Verdict = tuple[int, int, int, int, int] | None
"""Exit status, rows delivered, stored, rejected, repaired; None where the file as a whole is refused (exit 1)."""
STORED: Verdict = (0, 1, 1, 0, 0)
MENDED: Verdict = (0, 1, 1, 0, 1)
RETURNED: Verdict = (1, 1, 0, 1, 0)
VERDICTS: dict[str, Verdict] = {
    "invalid_geometries/invalid_exterior_not_ccw": MENDED,
    "invalid_geometries/invalid_incorrect_geometry_data_type": RETURNED,
    "invalid_geometries/invalid_interior_not_cw": MENDED,
    "invalid_geometries/invalid_less_three_unique_nodes": RETURNED,
    "invalid_geometries/invalid_unclosed": MENDED,
    "invalid_structure/invalid_feature_geometry_is_string": RETURNED,
    "invalid_structure/invalid_feature_id_type": RETURNED,
    "invalid_structure/invalid_feature_no_properties": RETURNED,
    "invalid_structure/invalid_feature_properties_is_array": RETURNED,
    "invalid_structure/invalid_feature_properties_is_int": RETURNED,
    "invalid_structure/invalid_feature_wrong_geometry_key": RETURNED,
    "invalid_structure/invalid_featurecollection_feature_nullfeature": RETURNED,
    "invalid_structure/invalid_featurecollection_features_is_object": None,
    "invalid_structure/invalid_featurecollection_no_features_member": None,
    "invalid_structure/invalid_featurecollection_nulltype": None,
    "invalid_structure/invalid_featurecollection_type_lowercase": None,
    "invalid_structure/invalid_featurecollection_unknown_type": None,
    "invalid_structure/invalid_geometry_bbox_not4or6": RETURNED,
    "invalid_structure/invalid_geometry_bbox_not_list": RETURNED,
    "invalid_structure/invalid_geometry_bbox_not_numbers": RETURNED,
    "invalid_structure/invalid_geometry_coordinates_1d": RETURNED,
    "invalid_structure/invalid_geometry_coordinates_empty_position": RETURNED,
    "invalid_structure/invalid_geometry_coordinates_missing": RETURNED,
    "invalid_structure/invalid_geometry_coordinates_string": RETURNED,
    "invalid_structure/invalid_geometry_depth_deep_point": RETURNED,
    "invalid_structure/invalid_geometry_depth_deep_polygon": RETURNED,
    "invalid_structure/invalid_geometry_depth_shallow_linestring": RETURNED,
    "invalid_structure/invalid_geometry_depth_shallow_multipolygon": RETURNED,
    "invalid_structure/invalid_geometry_depth_shallow_polygon": RETURNED,
    "invalid_structure/invalid_geometry_geometrycollection_null_geometry": RETURNED,
    "invalid_structure/invalid_geometry_mislabeled_point": RETURNED,
    "invalid_structure/invalid_geometry_missing_type": None,
    "invalid_structure/invalid_geometry_wrong_geometry_type": None,
    "problematic_geometries/problematic_3d_coordinates": MENDED,
    "problematic_geometries/problematic_4d_coordinates": MENDED,
    "problematic_geometries/problematic_crosses_antimeridian": MENDED,
    "problematic_geometries/problematic_duplicate_nodes": MENDED,
    "problematic_geometries/problematic_excessive_coordinate_precision": STORED,
    "problematic_geometries/problematic_excessive_vertices": STORED,
    "problematic_geometries/problematic_feature_null_geometry": RETURNED,
    "problematic_geometries/problematic_holes": STORED,
    "problematic_geometries/problematic_inner_and_exterior_ring_intersect": RETURNED,
    "problematic_geometries/problematic_multitype_geometry_with_just_one_geometry": STORED,
    "problematic_geometries/problematic_outside_lat_lon_boundaries": RETURNED,
    "problematic_geometries/problematic_self_intersection_large": RETURNED,
    "problematic_geometries/problematic_self_intersection_small": RETURNED,
    "problematic_geometries/problematic_wrong_bbox_coordinate_order": STORED,
    "problematic_geometries/problematic_zero_length_linestring": RETURNED,
    "problematic_structure/problematic_crs_defined": STORED,
    "problematic_structure/problematic_geometry_not_wrapped": STORED,
    "problematic_structure/problematic_geometrycollection_single": RETURNED,
    "problematic_structure/problematic_nested_geometrycollection": RETURNED,
    "valid/valid_feature": RETURNED,
    "valid/valid_feature_null_geometry": RETURNED,
    "valid/valid_feature_null_properties": STORED,
    "valid/valid_feature_with_bbox": RETURNED,
    "valid/valid_feature_with_id": RETURNED,
    "valid/valid_feature_with_string_id": RETURNED,
    "valid/valid_featurecollection": STORED,
    "valid/valid_featurecollection_bboxes": (0, 2, 2, 0, 0),
    "valid/valid_featurecollection_empty_features": (0, 0, 0, 0, 0),
    "valid/valid_featurecollection_multiple_feature_types": (1, 4, 2, 2, 0),
    "valid/valid_featurecollection_with_geometrycollection": RETURNED,
    "valid/valid_geometry": RETURNED,
    "valid/valid_geometry_3d_coordinates": RETURNED,
    "valid/valid_geometry_bbox": STORED,
    "valid/valid_geometry_geometrycollection": RETURNED,
    "valid/valid_geometry_geometrycollection_empty_geometries": RETURNED,
    "valid/valid_geometry_linestring": RETURNED,
    "valid/valid_geometry_multilinestring": RETURNED,
    "valid/valid_geometry_multipoint": RETURNED,
    "valid/valid_geometry_multipolygon": STORED,
    "valid/valid_geometry_point": RETURNED,
    "valid/valid_geometry_polygon": STORED,
}
REASONS: dict[str, list[tuple[int, str, str, str]]] = {
    "feature": [(1, "geometry", "MultiPolygon", "Point")],
    "feature_null_geometry": [
        (1, "required", "a value", "null"),
        (1, "required", "a MultiPolygon, or the code of a stored row", "null"),
    ],
    "feature_with_bbox": [(1, "geometry", "MultiPolygon", "LineString")],
    "feature_with_id": [(1, "geometry", "MultiPolygon", "Point")],
    "feature_with_string_id": [(1, "geometry", "MultiPolygon", "Point")],
    "featurecollection_multiple_feature_types": [
        (3, "geometry", "MultiPolygon", "LineString"),
        (4, "geometry", "MultiPolygon", "Point"),
    ],
    "featurecollection_with_geometrycollection": [
        (1, "geometry", "MultiPolygon", "GeometryCollection of 2 parts (Point, Polygon)")
    ],
    "geometry": [(1, "geometry", "MultiPolygon", "Point")],
    "geometry_3d_coordinates": [(1, "geometry", "MultiPolygon", "Point")],
    "geometry_geometrycollection": [(1, "geometry", "MultiPolygon", "GeometryCollection of 2 parts (Point, Polygon)")],
    "geometry_geometrycollection_empty_geometries": [(1, "geometry", "a MultiPolygon", "an empty GeometryCollection")],
    "geometry_linestring": [(1, "geometry", "MultiPolygon", "LineString")],
    "geometry_multilinestring": [(1, "geometry", "MultiPolygon", "MultiLineString of 2 parts (LineString)")],
    "geometry_multipoint": [(1, "geometry", "MultiPolygon", "MultiPoint of 4 parts (Point)")],
    "geometry_point": [(1, "geometry", "MultiPolygon", "Point")],
}
"""Why rows of the valid files are no buildings; a file that is not here loses no row."""


@pytest.fixture(scope="module")
def state(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A fresh state folder: no server, no database, no county."""
    folder = tmp_path_factory.mktemp("dry") / "state"
    yield folder
    invoke(folder, "db", "down")


def environment(state: Path) -> dict[str, str | None]:
    return {"WANGGE_STATE": str(state), "DATABASE_URL": None, "WANGGE_DATABASE": None}


def invoke(state: Path, *words: str) -> Result:
    return CliRunner().invoke(main, list(words), env=environment(state))


def judged(state: Path, layer: str, file: Path, *more: str) -> tuple[Result, dict[str, object]]:
    """Judge a file by the command and give its result with the JSON of its last line, no traceback anywhere."""
    result = invoke(state, "load", layer, str(file), "--dry-run", "--json", *more)
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    assert "Traceback" not in result.output
    found = json.loads(result.stdout.splitlines()[-1])
    assert isinstance(found, dict)
    return result, found


def counted(found: dict[str, object]) -> tuple[object, ...]:
    return tuple(found[name] for name in ("delivered", "stored", "rejected", "repaired"))


def written(folder: Path, document: object) -> Path:
    path = folder / "delivery.geojson"
    path.write_text(json.dumps(document), encoding="utf-8")
    return path


def collection(*features: dict[str, object]) -> dict[str, object]:
    return {"type": "FeatureCollection", "features": list(features)}


def feature(shape_of: object, **properties: object) -> dict[str, object]:
    return {"type": "Feature", "properties": properties, "geometry": shape_of}


SQUARE = shapely.geometry.mapping(shapely.box(120.0, 28.9, 120.001, 28.901))


@nasty
def test_every_file_has_a_verdict() -> None:
    files = {str(path.relative_to(NASTY).with_suffix("")) for path in NASTY.rglob("*.geojson")}
    assert files == set(VERDICTS)
    assert sum(name.startswith("valid/") for name in files) == 22
    assert all(VERDICTS[name] is not None for name in files if name.startswith("valid/"))


@nasty
@pytest.mark.parametrize("name", VERDICTS)
def test_a_nasty_file_gets_its_verdict(state: Path, name: str) -> None:
    result, found = judged(state, "building", NASTY / f"{name}.geojson")
    verdict = VERDICTS[name]
    if verdict is None:
        assert result.exit_code == 1
        assert [*found] == ["error"]
        assert str(found["error"]).startswith(f"{Path(name).name}.geojson: 不是有效的 GeoJSON · expected ")
        assert result.stderr.splitlines()[-1] == found["error"]
        return
    assert (result.exit_code, *counted(found)) == verdict
    stored, rejected, delivered = (found[each] for each in ("stored", "rejected", "delivered"))
    assert isinstance(stored, int)
    assert isinstance(rejected, int)
    assert stored + rejected == delivered
    faults = found["faults"]
    assert isinstance(faults, list)
    assert len({fault["row"] for fault in faults}) == rejected
    assert all(fault["expected"] and fault["actual"] for fault in faults)
    if name.startswith("valid/"):
        told = [(fault["row"], fault["constraint"], fault["expected"], fault["actual"]) for fault in faults]
        assert told == REASONS.get(name.removeprefix("valid/valid_"), [])
        assert stored == polygons(NASTY / f"{name}.geojson")


def polygons(path: Path) -> int:
    """Count the polygons of a valid file in another way, by shapely's own reading of its JSON."""
    document = json.loads(path.read_text(encoding="utf-8"))
    features = document.get("features", [document])
    geometries = [each["geometry"] if each["type"] == "Feature" else each for each in features]
    return sum(each is not None and shape(each).geom_type in {"Polygon", "MultiPolygon"} for each in geometries)


@nasty
@pytest.mark.parametrize(
    ("layer", "name", "verdict"),
    [
        ("road", "valid/valid_geometry_linestring", STORED),
        ("road", "valid/valid_geometry_multilinestring", STORED),
        ("road", "valid/valid_geometry_polygon", RETURNED),
        ("road", "problematic_geometries/problematic_zero_length_linestring", RETURNED),
        ("construction_site", "valid/valid_geometry_polygon", RETURNED),
        ("gas_user", "valid/valid_geometry_point", RETURNED),
    ],
)
def test_other_layers_judge_by_their_own_words(state: Path, layer: str, name: str, verdict: Verdict) -> None:
    result, found = judged(state, layer, NASTY / f"{name}.geojson")
    assert (result.exit_code, *counted(found)) == verdict


def test_a_user_is_judged_by_every_constraint(state: Path, tmp_path: Path) -> None:
    place = {"type": "Point", "coordinates": [120.0, 28.9]}
    good: dict[str, object] = {"户号": "1", "用户类别": "居民", "供气方式": "瓶装"}
    rows = [
        feature(place, **good),
        feature(place, **good | {"户号": "2", "供气方式": "管道", "存瓶量": 15}),
        feature(place, **good | {"户号": "3", "用户类别": "外星人"}),
        feature(place, 户号="4"),
        feature(place, **good | {"户号": "5", "软管安装日期": "2023年4月"}),
        feature(SQUARE, **good | {"户号": "6"}),
    ]
    result, found = judged(state, "gas_user", written(tmp_path, collection(*rows)))
    assert (result.exit_code, *counted(found)) == (1, 6, 1, 5, 0)
    faults = found["faults"]
    assert isinstance(faults, list)
    assert [(fault["row"], fault["constraint"]) for fault in faults] == [
        (2, "piped_keeps_no_bottles"),
        (3, "kind_choices"),
        (4, "required"),
        (4, "required"),
        (5, "readable"),
        (6, "geometry"),
    ]


def test_areas_are_judged_in_metres_wherever_the_file_lies(state: Path, tmp_path: Path) -> None:
    """A footprint has at least 0.1 m²: at 60° north a square of 4.5e-6° is 0.5 m by 0.25 m, one of 3e-6° 0.056 m²."""
    rows = [feature(shapely.geometry.mapping(shapely.box(10, 60, 10 + d, 60 + d)), code=str(d)) for d in (4.5e-6, 3e-6)]
    _, found = judged(state, "building", written(tmp_path, collection(*rows)))
    assert counted(found) == (2, 1, 1, 0)
    faults = found["faults"]
    assert isinstance(faults, list)
    assert [(fault["row"], fault["constraint"]) for fault in faults] == [(2, "area_plausible")]


def test_a_dry_run_stores_nothing_and_can_write_what_it_rejects(state: Path, tmp_path: Path) -> None:
    path = written(tmp_path, collection(feature(SQUARE, code="a"), feature(SQUARE, code="b", floors="x")))
    rejects = tmp_path / "back" / "rejects.geojson"
    for _ in range(2):
        result, found = judged(state, "building", path, "--rejects", str(rejects))
        assert (result.exit_code, found["new"], found["changed"], found["unchanged"]) == (1, 1, 0, 0)
        assert found["dry_run"] is True
    back = json.loads(rejects.read_text(encoding="utf-8"))
    assert [each["properties"]["code"] for each in back["features"]] == ["b"]
    status = json.loads(invoke(state, "db", "status", "--json").stdout)
    assert status["databases"] == ["wangge_scratch"]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "expected rows, got an empty file"),
        (b"\x00\x01\x02", "expected"),
        (b"{", "expected"),
        (b"[]", "expected"),
        (b'{"type": "FeatureCollection", "features": [', "expected"),
        (b"\xff\xfe" + '{"type": "Point"}'.encode("utf-16-le"), "expected text in UTF-8, got UTF-16"),
    ],
)
def test_rubbish_is_refused_in_a_sentence(state: Path, tmp_path: Path, content: bytes, words: str) -> None:
    path = tmp_path / "rubbish.geojson"
    path.write_bytes(content)
    result, _ = judged(state, "building", path)
    assert result.exit_code == 1
    assert words in result.stderr.splitlines()[-1]


def run(state: Path, file: Path) -> "subprocess.Popen[str]":
    own = {name: value for name, value in (os.environ | environment(state)).items() if value is not None}
    line = [str(WANGGE), "load", "building", str(file), "--dry-run", "--json"]
    return subprocess.Popen(line, env=own, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def test_three_dry_runs_at_once_on_a_fresh_machine_start_one_server_and_all_answer(tmp_path: Path) -> None:
    path = written(tmp_path, collection(feature(SQUARE, code="a"), feature(None, code="b")))
    fresh = tmp_path / "state"
    try:
        for process in [run(fresh, path) for _ in range(3)]:
            stdout, stderr = process.communicate(timeout=120)
            assert "Traceback" not in stderr
            assert process.returncode == 1
            assert counted(json.loads(stdout.splitlines()[-1])) == (2, 1, 1, 0)
            assert "1 rows rejected" in stderr.splitlines()[-1]
    finally:
        invoke(fresh, "db", "down")
