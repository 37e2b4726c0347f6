"""Files are written whole or not at all, as they are or not at all; read here by other programs than wrote them."""

import csv
import re
import sqlite3
import zipfile
from contextlib import closing
from datetime import UTC, date, datetime, timedelta, timezone
from pathlib import Path
from uuid import UUID

import ezdxf.filemanagement
import geopandas as gpd
import numpy as np
import openpyxl
import pandas as pd
import pyarrow.parquet as pq
import pyogrio
import pytest
import shapely
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pyogrio.raw import read_arrow

from gis.crs import Geometries
from gis.errors import DeliveryError
from gis.store import writing
from gis.store.formats.apostrophe import guarded, unguarded
from gis.store.writing.names import cut, distinct

EAST = timezone(timedelta(hours=8))
FRAME = pd.DataFrame(
    {
        "code": ["a", "b", "007"],
        "备注": ["=1+1", None, '引号"，\n二行'],
        "floors": [3, None, 2**53 + 1],
        "depth": [0.1 + 0.2, None, 1e-300],
        "ok": [True, None, False],
        "day": [date(2020, 1, 2), None, date(2024, 2, 29)],
        "seen": [datetime(2020, 1, 2, 3, 4, 5, 678901, tzinfo=EAST), None, None],
        "more": [{"a": [1, "中"]}, None, None],
        "mixed": [1, "x", None],
    },
    dtype=object,
)
MANY = [".gpkg", ".geojson", ".shp", ".zip", ".fgb", ".parquet", ".gdb", ".xlsx", ".csv"]
GDAL = {".gpkg", ".shp", ".fgb", ".gdb"}
NO_XML = re.compile("[^\t\n\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""XML 1.0, 2.2 and 2.11: every other character cannot stand in a workbook as it is."""
SLOW = settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def areas() -> Geometries:
    found = np.empty(3, dtype=object)
    found[0] = shapely.box(500_000.123456789, 3_200_000.1, 500_010, 3_200_010)
    hole = shapely.box(500_002, 3_200_002, 500_004, 3_200_004)
    found[2] = shapely.Polygon(shapely.box(500_000, 3_200_000, 500_030, 3_200_030).exterior, [hole.exterior])
    return found


def table(path: Path, layer: str | None = None) -> dict[str, list[object]]:
    """Give the columns of a file as GDAL or Arrow reads them."""
    if path.suffix == ".parquet":
        return dict(pq.read_table(path).to_pydict())
    # the stream of FlatGeobuf's own driver (GDAL 3.12) gives a row without a shape an offset that breaks the others
    pyogrio.set_gdal_config_options({"OGR_FLATGEOBUF_STREAM_BASE_IMPL": "YES"})
    meta, found = read_arrow(str(path), layer=layer, datetime_as_string=True)
    columns: dict[str, list[object]] = found.to_pydict()
    name = meta["geometry_name"] or "wkb_geometry"
    return {("geometry" if each == name else each): values for each, values in columns.items()}


@pytest.mark.parametrize("ending", [each for each in MANY if each not in {".xlsx", ".csv", ".zip", ".geojson"}])
def test_values_and_order_are_kept(tmp_path: Path, ending: str) -> None:
    frame = FRAME if ending != ".gdb" else FRAME.assign(floors=pd.Series([3, None, 4], dtype=object))
    path = tmp_path / f"a{ending}"
    writing.write(path, frame, areas(), "EPSG:4549", name="building", title="建筑")
    found = table(path)
    short = {"备注": "备注"}
    assert found["code"] == ["a", "b", "007"]
    assert found[short["备注"]] == ["=1+1", None, '引号"，\n二行']
    assert found["floors"] == frame["floors"].tolist()
    assert found["depth"] == [0.30000000000000004, None, 1e-300]
    assert [None if each is None else bool(each) for each in found["ok"]] == [True, None, False]
    assert [None if each is None else str(each)[:10].replace("/", "-") for each in found["day"]] == [
        "2020-01-02",
        None,
        "2024-02-29",
    ]
    seen = found["seen"][0]
    moment = seen if isinstance(seen, datetime) else datetime.fromisoformat(str(seen))
    assert moment == datetime(2020, 1, 1, 19, 4, 5, 678901, tzinfo=UTC)
    assert found["more"][0] == '{"a": [1, "中"]}'
    assert found["mixed"] == ["1", "x", None]
    shapes = shapely.from_wkb(np.array(found["geometry"], dtype=object))
    assert shapes[1] is None
    for given_shape, came in ((areas()[0], shapes[0]), (areas()[2], shapes[2])):
        assert shapely.equals_exact(given_shape.normalize(), shapely.get_parts(came)[0].normalize(), 1e-6)
        if ending != ".gdb":
            assert given_shape.normalize().wkb == shapely.get_parts(came)[0].normalize().wkb


@pytest.mark.parametrize("ending", [*sorted(GDAL - {".gdb"}), ".gdb", ".parquet"])
def test_the_system_is_told(tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"a{ending}"
    writing.write(path, FRAME[["code"]], areas(), "EPSG:4549", name="a")
    crs = gpd.read_parquet(path).crs if ending == ".parquet" else pyogrio.read_dataframe(path).crs
    assert crs.to_epsg(min_confidence=25) == 4549


@pytest.mark.parametrize("ending", MANY)
def test_rows_without_a_known_system_are_written_too(tmp_path: Path, ending: str) -> None:
    for crs in (None, "GCJ-02"):
        writing.write(tmp_path / f"a{ending}", FRAME[["code"]], areas(), crs, name="a")
    assert (tmp_path / f"a{ending}").exists()


@pytest.mark.parametrize("ending", MANY)
def test_no_rows_are_a_file_too(tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"a{ending}"
    writing.write(path, FRAME.iloc[:0], np.empty(0, dtype=object), "EPSG:4549", name="a")
    if ending in GDAL:
        assert pyogrio.read_info(path, force_feature_count=True)["features"] == 0
    assert path.exists()


@pytest.mark.parametrize("ending", [".gpkg", ".geojson", ".fgb", ".parquet", ".gdb", ".xlsx", ".csv"])
def test_a_register_has_rows_without_shapes(tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"a{ending}"
    writing.write(path, FRAME[["code", "备注"]], None, None, name="worker")
    if ending in GDAL | {".parquet"}:
        assert table(path)["备注"] == FRAME["备注"].tolist()
    if ending == ".csv":
        assert path.read_text(encoding="utf-8-sig").splitlines()[0] == "code,备注"


@pytest.mark.parametrize("ending", [".shp", ".zip", ".dxf"])
def test_what_a_form_cannot_hold_is_refused_with_another(tmp_path: Path, ending: str) -> None:
    with pytest.raises(DeliveryError, match=r"no shapes.*\.csv"):
        writing.write(tmp_path / f"a{ending}", FRAME[["code"]], None, None, name="a")
    assert list(tmp_path.iterdir()) == []


def test_an_unknown_ending_lists_those_that_there_are(tmp_path: Path) -> None:
    with pytest.raises(DeliveryError, match=r"\.gpkg .*\.csv, got \.doc") as refused:
        writing.write(tmp_path / "a.doc", FRAME, None, None, name="a")
    for form in writing.FORMS:
        assert all(ending in str(refused.value) for ending in form.endings)


def test_a_text_too_long_for_a_shapefile_is_refused_not_cut(tmp_path: Path) -> None:
    frame = pd.DataFrame({"code": ["a", "b"], "note": ["中" * 84, "中" * 85]})
    points = np.array([shapely.Point(0, 0), shapely.Point(1, 1)], dtype=object)
    with pytest.raises(DeliveryError, match=r"第 2 行 note 有 255 字节.*\.gpkg"):
        writing.write(tmp_path / "a.shp", frame, points, None, name="a")
    assert list(tmp_path.iterdir()) == []
    writing.write(tmp_path / "a.shp", frame.iloc[:1], points[:1], None, name="a")
    assert table(tmp_path / "a.shp")["note"] == ["中" * 84]


def test_a_shapefile_holds_shapes_of_one_kind(tmp_path: Path) -> None:
    both = np.array([shapely.Point(0, 0), shapely.box(0, 0, 1, 1)], dtype=object)
    with pytest.raises(DeliveryError, match="mixed shapes: Point, Polygon"):
        writing.write(tmp_path / "a.shp", FRAME[["code"]].iloc[:2], both, None, name="a")
    writing.write(tmp_path / "a.gpkg", FRAME[["code"]].iloc[:2], both, None, name="a")
    single = np.array([None, shapely.MultiPolygon([shapely.box(0, 0, 1, 1)]), shapely.box(0, 0, 1, 1)], dtype=object)
    writing.write(tmp_path / "b.shp", FRAME[["code"]], single, None, name="a")
    assert table(tmp_path / "b.shp")["geometry"][0] is None


def test_a_geodatabase_holds_shapes_of_one_kind_and_whole_numbers_that_a_real_holds(tmp_path: Path) -> None:
    both = np.array([None, shapely.MultiPolygon([shapely.box(0, 0, 1, 1)]), shapely.box(0, 0, 1, 1)], dtype=object)
    writing.write(tmp_path / "a.gdb", FRAME[["code"]], both, "EPSG:4549", name="a")
    assert pyogrio.read_info(tmp_path / "a.gdb")["geometry_type"] == "MultiPolygon"
    both[0] = shapely.Point(0, 0)
    with pytest.raises(DeliveryError, match="mixed shapes: Point, Polygon"):
        writing.write(tmp_path / "b.gdb", FRAME[["code"]], both, "EPSG:4549", name="a")
    whole = pd.DataFrame({"n": [1, -(2**53)]}, dtype=object)
    writing.write(tmp_path / "c.gdb", whole, None, None, name="a")
    assert table(tmp_path / "c.gdb")["n"] == [1, -(2**53)]
    with pytest.raises(DeliveryError, match=r"第 2 行 n 为 9007199254740993.*\.gpkg"):
        writing.write(tmp_path / "d.gdb", whole.assign(n=[1, 2**53 + 1]), None, None, name="a")
    assert {each.name for each in tmp_path.iterdir()} == {"a.gdb", "c.gdb"}


NAMES = ("建筑 1", "x!y", "zip!a.zip!b", "a?b=c&d", "a#b", "-x", "q'r\"s", "100%", "长" * 80)


@pytest.mark.parametrize("folder", ["a b", "a!b", "村居 ！!", "zip:", "vsimem"])
@pytest.mark.parametrize("ending", [*MANY, ".dxf"])
def test_a_name_is_only_a_name(tmp_path: Path, folder: str, ending: str) -> None:
    points = np.array([shapely.Point(1, 2), shapely.Point(3, 4)], dtype=object)
    for name in NAMES:
        writing.write(tmp_path / folder / f"{name}{ending}", FRAME[["code"]].iloc[:2], points, "EPSG:4549", name="a")
    assert [each.name for each in tmp_path.iterdir()] == [folder]
    there = {each.name for each in (tmp_path / folder).iterdir()}
    endings = {".shp": {".shp", ".shx", ".dbf", ".prj", ".cpg"}}.get(ending, {ending})
    assert there == {f"{name}{each}" for name in NAMES for each in endings}
    if ending in {".gpkg", ".fgb", ".shp"}:
        (tmp_path / "plain").mkdir()
        for each in endings:
            (tmp_path / folder / f"x!y{each}").rename(tmp_path / "plain" / f"a{each}")
        assert pyogrio.read_dataframe(tmp_path / "plain" / f"a{ending}").geometry.tolist() == points.tolist()


def test_an_empty_number_of_a_shapefile_is_blank(tmp_path: Path) -> None:
    numbers = pd.DataFrame({"t": ["***", None], "n": [None, 7], "r": [None, 0.1 + 0.2], "d": [date(2020, 1, 2), None]})
    points = np.array([shapely.Point(1, 2), shapely.Point(3, 4)], dtype=object)
    writing.write(tmp_path / "a.shp", numbers.astype(object), points, None, name="a")
    content = (tmp_path / "a.dbf").read_bytes()
    head, record = (int.from_bytes(content[at : at + 2], "little") for at in (8, 10))
    first = content[head : head + record]
    assert first.count(b"*") == 3, "those of the text"
    assert table(tmp_path / "a.shp")["t"] == ["***", None]
    assert table(tmp_path / "a.shp")["n"] == [None, 7]
    assert table(tmp_path / "a.shp")["r"] == [None, 0.1 + 0.2]


def test_an_index_of_what_was_there_before_does_not_stay(tmp_path: Path) -> None:
    for ending in (".qix", ".sbn", ".sbx", ".xml"):
        (tmp_path / f"a{ending}").write_bytes(b"of another file")
    writing.write(tmp_path / "a.shp", FRAME[["code"]], areas(), "EPSG:4549", name="a")
    assert {each.suffix for each in tmp_path.iterdir()} == {".shp", ".shx", ".dbf", ".prj", ".cpg", ".xml"}


def test_a_file_that_another_program_has_open_is_not_replaced(tmp_path: Path) -> None:
    path = tmp_path / "a.gpkg"
    writing.write(path, FRAME[["code"]], areas(), "EPSG:4549", name="a")
    before = path.read_bytes()
    with closing(sqlite3.connect(path)) as database:
        database.execute("PRAGMA journal_mode = WAL")
        database.execute("CREATE TABLE note (t TEXT)")
        with pytest.raises(DeliveryError, match=r"another program has it open.*a\.gpkg-wal"):
            writing.write(path, FRAME[["code"]].iloc[:1], areas()[:1], "EPSG:4549", name="a")
    writing.write(path, FRAME[["code"]], areas(), "EPSG:4549", name="a")
    assert len(path.read_bytes()) == len(before)
    assert [each.name for each in tmp_path.iterdir()] == ["a.gpkg"]


@SLOW
@given(st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=1, max_size=20))
def test_every_number_keeps_all_its_digits(tmp_path: Path, numbers: list[float]) -> None:
    frame = pd.DataFrame({"n": numbers, "x": ["t"] * len(numbers)})
    points = np.array([shapely.Point(0, 0)] * len(numbers), dtype=object)
    for ending in (".shp", ".xlsx", ".csv", ".gpkg"):
        path = tmp_path / f"a{ending}"
        writing.write(path, frame, points, None, name="a")
        if ending == ".xlsx":
            sheet = openpyxl.load_workbook(path).active
            assert sheet is not None
            came = [float(str(cell.value)) for (cell,) in sheet.iter_rows(min_row=2, max_col=1)]
        elif ending == ".csv":
            with path.open(encoding="utf-8-sig", newline="") as file:
                came = [float(row["n"]) for row in csv.DictReader(file)]
        else:
            came = [float(str(each)) for each in table(path)["n"]]
        assert came == numbers, ending


@SLOW
@given(st.lists(st.text(st.characters(codec="utf-8", exclude_characters="\x00"), min_size=1), min_size=1, max_size=8))
def test_every_text_comes_back_or_is_refused(tmp_path: Path, texts: list[str]) -> None:
    frame = pd.DataFrame({"t": texts})
    writing.write(tmp_path / "a.gpkg", frame, None, None, name="a")
    assert table(tmp_path / "a.gpkg")["t"] == texts
    writing.write(tmp_path / "a.csv", frame, None, None, name="a")
    with (tmp_path / "a.csv").open(encoding="utf-8-sig", newline="") as file:
        cells = [row[0] for row in csv.reader(file)][1:]
    assert [unguarded(cell) for cell in cells] == texts
    told = ""
    try:
        writing.write(tmp_path / "a.xlsx", frame, None, None, name="a")
    except DeliveryError as refused:
        told = str(refused)
    assert ("control character" in told) == any(NO_XML.search(text) for text in texts)
    if told:
        return
    sheet = openpyxl.load_workbook(tmp_path / "a.xlsx").active
    assert sheet is not None
    assert [sheet.cell(row, 1).value for row in range(2, len(texts) + 2)] == texts
    assert {sheet.cell(row, 1).data_type for row in range(2, len(texts) + 2)} == {"s"}


@given(st.text())
def test_an_apostrophe_before_a_formula_is_taken_away_again(text: str) -> None:
    assert unguarded(guarded(text)) == text
    assert not guarded(text).startswith(("=", "+", "-", "@", "\t", "\r"))


def test_a_workbook_is_typed_and_its_head_stays(tmp_path: Path) -> None:
    points = np.array([shapely.Point(1.5, 2.25), None, shapely.Point(3, 4)], dtype=object)
    writing.write(tmp_path / "a.xlsx", FRAME, points, "EPSG:4490", name="a", title="表[1]/2")
    sheet = openpyxl.load_workbook(tmp_path / "a.xlsx").active
    assert sheet is not None
    assert (sheet.title, sheet.freeze_panes) == ("表 1  2", "A2")
    assert [cell.value for cell in sheet[1]] == [*FRAME.columns, "WKT"]
    first = [cell.value for cell in sheet[2]]
    assert first[:3] == ["a", "=1+1", 3]
    assert first[4:6] == [True, pd.Timestamp(2020, 1, 2)]
    assert first[6] == "2020-01-02T03:04:05.678901+08:00"
    assert first[-1] == "SRID=4490;POINT (1.5 2.25)"
    assert sheet.cell(2, 6).number_format == "yyyy-mm-dd"
    assert sheet.cell(4, 3).value == str(2**53 + 1), "a whole number that a cell would round stands as text"
    assert (sheet.cell(4, 1).value, sheet.cell(4, 1).data_type) == ("007", "s")


def test_a_cell_that_is_too_long_is_refused_by_its_place(tmp_path: Path) -> None:
    frame = pd.DataFrame({"code": ["a"], "备注": ["x" * 32_768]})
    with pytest.raises(DeliveryError, match=r"第 1 行 备注.*32767"):
        writing.write(tmp_path / "a.xlsx", frame, None, None, name="a")
    with pytest.raises(DeliveryError, match=r"第 1 行 备注.*control character"):
        writing.write(tmp_path / "a.xlsx", frame.assign(备注=["\x01"]), None, None, name="a")
    assert list(tmp_path.iterdir()) == []


def test_a_drawing_has_points_lines_and_the_keys_of_their_rows(tmp_path: Path) -> None:
    shapes = np.array(
        [shapely.Point(1, 2), shapely.MultiLineString([[(0, 0), (1, 1)], [(2, 2), (3, 3.5)]])], dtype=object
    )
    writing.write(tmp_path / "a.dxf", FRAME.iloc[:2], shapes, None, name="pipe", title="管*线", key="code")
    drawing = ezdxf.filemanagement.readfile(tmp_path / "a.dxf")
    assert "WANGGE" in drawing.appids
    found = [(each.dxftype(), each.dxf.layer, each.get_xdata("WANGGE")[0].value) for each in drawing.modelspace()]
    assert found == [("POINT", "管_线", "a"), ("LWPOLYLINE", "管_线", "b"), ("LWPOLYLINE", "管_线", "b")]
    for wrong, why in ((shapely.box(0, 0, 1, 1), "Polygon"), (None, "no shape")):
        shapes[1] = wrong
        with pytest.raises(DeliveryError, match=why):
            writing.write(tmp_path / "b.dxf", FRAME.iloc[:2], shapes, None, name="pipe")
    long = pd.DataFrame({"code": ["中" * 86]})
    with pytest.raises(DeliveryError, match="255"):
        writing.write(tmp_path / "b.dxf", long, shapes[:1], None, name="pipe", key="code")
    assert [each.name for each in tmp_path.iterdir()] == ["a.dxf"]


def test_names_are_cut_at_a_character_and_stay_apart() -> None:
    assert distinct(["危险等级标准", "危险等级说明", "let_or_business"], most_bytes=10) == [
        "危险等",
        "危险_1",
        "let_or_bus",
    ]
    assert distinct(["fid", "Code", "code", ""], reserved=["fid"], case=False) == ["fid_1", "Code", "code_1", "column"]
    assert cut("中文", 5) == "中"


@given(st.lists(st.text(max_size=12), max_size=30))
def test_names_are_always_distinct_and_short(names: list[str]) -> None:
    found = distinct(
        [name.replace("\x00", "").encode(errors="ignore").decode() for name in names], most_bytes=10, case=False
    )
    assert len({name.lower() for name in found}) == len(names)
    assert all(0 < len(name.encode()) <= 10 for name in found)


def test_a_shapefile_in_a_zip_is_whole(tmp_path: Path) -> None:
    writing.write(tmp_path / "a.zip", FRAME[["code"]], areas(), "EPSG:4549", name="building")
    with zipfile.ZipFile(tmp_path / "a.zip") as archive:
        assert archive.testzip() is None
        assert {Path(name).suffix for name in archive.namelist()} == {".shp", ".shx", ".dbf", ".prj", ".cpg"}
        assert archive.read("building.cpg") == b"UTF-8"


def test_an_older_file_goes_with_its_parts(tmp_path: Path) -> None:
    path = tmp_path / "a.gdb"
    for count in (3, 2):
        writing.write(path, FRAME[["code"]].iloc[:count], areas()[:count], "EPSG:4549", name="a")
        writing.write(tmp_path / "a.shp", FRAME[["code"]].iloc[:count], areas()[:count], "EPSG:4549", name="a")
    assert (pyogrio.read_info(path)["features"], pyogrio.read_info(tmp_path / "a.shp")["features"]) == (2, 2)
    assert {each.suffix for each in tmp_path.iterdir()} == {".gdb", ".shp", ".shx", ".dbf", ".prj", ".cpg"}


def test_what_is_no_file_to_replace_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.gpkg").mkdir()
    (tmp_path / "b.gdb").mkdir()
    (tmp_path / "b.gdb" / "diary.txt").write_text("kept")
    (tmp_path / "c.gdb").write_text("kept")
    (tmp_path / "file").write_text("kept")
    for name in ("a.gpkg", "b.gdb", "c.gdb", "file/d.csv"):
        with pytest.raises(DeliveryError):
            writing.write(tmp_path / name, FRAME[["code"]], areas(), None, name="a")
    assert (tmp_path / "b.gdb" / "diary.txt").read_text() == (tmp_path / "c.gdb").read_text() == "kept"
    assert {each.name for each in tmp_path.iterdir()} == {"a.gpkg", "b.gdb", "c.gdb", "file"}


def test_a_geopackage_is_intact_and_names_its_columns_in_chinese(tmp_path: Path) -> None:
    path = tmp_path / "a.gpkg"
    frame = FRAME.rename(columns={"code": "FID", "ok": "Geom"})
    writing.write(path, frame, areas(), "EPSG:4549", name="building", title="建筑")
    with closing(sqlite3.connect(path)) as database:
        assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        assert database.execute("SELECT identifier FROM gpkg_contents").fetchall() == [("建筑",)]
    assert {"FID_1", "Geom_1"} <= set(table(path))


def test_anything_in_a_frame_becomes_something(tmp_path: Path) -> None:
    frame = pd.DataFrame(
        {
            "numpy": np.array([1, 2], dtype=np.int32),
            "stamp": pd.Series([pd.Timestamp("2020-01-02T03:04:05"), pd.NaT]),
            "bytes": [b"\xff\x00a", None],
            "list": [[1, 2], None],
            "uuid": [UUID(int=1), None],
            "inf": [float("inf"), 1.0],
            "big": [2**70, 1],
            "pandas": pd.array([True, None], dtype="boolean"),
        }
    )
    for ending in (".gpkg", ".parquet"):
        writing.write(tmp_path / f"a{ending}", frame, None, None, name="a")
        found = table(tmp_path / f"a{ending}")
        assert found["numpy"] == [1, 2]
        assert found["stamp"] == ["2020-01-02T03:04:05", None]
        assert found["bytes"] == ["\\xff\x00a".replace("\x00", "\\x00"), None]
        assert found["list"] == ["[1, 2]", None]
        assert found["uuid"] == [str(UUID(int=1)), None]
        assert found["inf"] == ["inf", "1.0"]
        assert found["big"] == [str(2**70), "1"]
        assert [None if each is None else bool(each) for each in found["pandas"]] == [True, None]
