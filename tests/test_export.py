"""What leaves is what a program expects and a role may see; other files of this name ask every layer in every form."""

import csv
import json
from datetime import UTC, date, datetime
from pathlib import Path

import ezdxf.filemanagement
import geopandas as gpd
import numpy as np
import openpyxl
import pandas as pd
import pyarrow.parquet as pq
import pyogrio
import pytest
import shapely
from ezdxf.entities.lwpolyline import LWPolyline

from gis import layers
from gis.errors import Refused, UnknownName
from gis.layer import Role
from gis.run import export as run
from gis.run.deliver import Delivery, load_file, taken
from gis.store.county import County
from gis.store.fetch import reading_of
from gis.store.load import Origin, load
from gis.store.load.conform import Terms
from tests.builders import inserted, multi, stored
from tests.conftest import SRID, X, Y, at
from tests.exchange import ENDINGS, came_back, unchanged

BUILDING = layers.named("building")


@pytest.mark.parametrize("ending", ENDINGS)
def test_the_door_takes_back_what_it_gave(filled: County, tmp_path: Path, ending: str) -> None:
    layer = layers.named("gas_user")
    path = tmp_path / f"users{ending}"
    found = run.export(filled, run.Wanted(layer), path)
    crs = found.crs if ending == ".dxf" else None
    unchanged(load_file(filled, layer, Delivery(path, crs=crs))[0], found.rows)
    assert [each for each in tmp_path.iterdir() if each.name.startswith(".")] == []


@pytest.mark.parametrize("crs", ["EPSG:4490", "EPSG:4326", "EPSG:4548", "EPSG:32650"])
@pytest.mark.parametrize("ending", [".gpkg", ".xlsx", ".gdb"])
def test_another_system_comes_back_unchanged_too(filled: County, tmp_path: Path, crs: str, ending: str) -> None:
    for name in ("building", "gas_pipeline"):
        layer = layers.named(name)
        path = tmp_path / f"{name}{ending}"
        found = run.export(filled, run.Wanted(layer, crs=crs), path)
        assert found.crs == crs
        unchanged(came_back(filled, layer, path), found.rows)


def test_a_shape_that_moved_by_more_than_a_micrometre_is_a_change(county: County) -> None:
    row = [{"code": "a"}]
    here = shapely.MultiPolygon([shapely.box(X, Y, X + 10, Y + 10)])
    assert stored(county, "building", row, [here]).new == 1

    def outcome(by_m: float) -> tuple[int, int]:
        moved = shapely.transform(here, lambda at: at + np.where(at == [X, Y], by_m, 0.0))
        found = stored(county, "building", row, [moved])
        return found.changed, found.unchanged

    assert outcome(4e-7) == (0, 1)
    assert outcome(5e-6) == (1, 0)
    assert outcome(0.0) == (1, 0)
    corners = [(X, Y), (X + 5, Y), (X + 10, Y), (X + 10, Y + 10), (X, Y + 10)]
    more = shapely.MultiPolygon([shapely.Polygon(corners)])
    assert stored(county, "building", row, [more]).changed == 1, "a vertex more, on the same edge"


def test_the_order_of_rings_and_the_part_that_is_a_hole_are_a_change(county: County) -> None:
    outer, inner = shapely.box(X, Y, X + 30, Y + 30), shapely.box(X + 10, Y + 10, X + 20, Y + 20)
    holed = multi(outer.difference(inner))
    assert stored(county, "building", [{"code": "a"}], [holed]).new == 1
    apart = shapely.MultiPolygon([outer])
    assert stored(county, "building", [{"code": "a"}], [apart]).changed == 1


@pytest.fixture
def small(county: County) -> County:
    """A county with two towns, one house in each and one with a name and address."""

    def area(code: str, east: float) -> None:
        stored(
            county, "town", [{"code": code, "name": f"镇{code}"}], [shapely.box(X + east, Y, X + east + 900, Y + 900)]
        )

    area("990001001", 0)
    area("990001002", 1000)
    rows: list[dict[str, object]] = [
        {"code": "b", "grade": "D", "self_built": True, "owner_name": "王小明", "address": "丽州路12号", "floors": 3},
        {
            "code": "a",
            "grade": None,
            "self_built": False,
            "owner_name": None,
            "address": "=cmd|' /C calc'!A0",
            "floors": None,
        },
    ]
    shapes = [shapely.box(X + 1010, Y + 10, X + 1020, Y + 20), shapely.box(X + 10, Y + 10, X + 20, Y + 20)]
    assert stored(county, "building", rows, shapes).new == 2
    return county


COORDINATES = "SRID=4549;MULTIPOLYGON"


def test_a_workbook_is_what_office_expects(small: County, tmp_path: Path) -> None:
    path = tmp_path / "房屋.xlsx"
    run.export(small, run.Wanted(BUILDING), path)
    sheet = openpyxl.load_workbook(path).active
    assert sheet is not None
    head = [cell.value for cell in sheet[1]]
    rows = {line[0].value: dict(zip(head, line, strict=True)) for line in sheet.iter_rows(min_row=2)}
    assert (sheet.title, sheet.freeze_panes, list(rows)) == (BUILDING.title, "A2", ["a", "b"])
    assert rows["b"]["危险等级"].value == "D级 整幢危房"
    assert rows["b"]["自建房"].value == "是"
    assert (rows["b"]["层数"].value, rows["b"]["层数"].data_type) == (3, "n")
    address = rows["a"]["地址"]
    assert (address.value, address.data_type) == ("=cmd|' /C calc'!A0", "s")
    assert str(rows["a"]["WKT"].value).startswith(COORDINATES)
    formulas = [cell for line in sheet.iter_rows() for cell in line if cell.data_type == "f"]
    assert formulas == []


def test_points_are_shown_in_degrees_beside_their_shape(filled: County, tmp_path: Path) -> None:
    run.export(filled, run.Wanted(layers.named("gas_user")), tmp_path / "u.csv")
    text = (tmp_path / "u.csv").read_bytes()
    assert text.startswith(b"\xef\xbb\xbf")
    for row in csv.DictReader(text.decode("utf-8-sig").splitlines(keepends=True)):
        place = shapely.from_wkt(row["WKT"].removeprefix("SRID=4549;"))
        expected = gpd.GeoSeries([place], crs=SRID).to_crs(4326)[0]
        assert float(row["经度"]) == pytest.approx(expected.x, abs=1e-8)
        assert float(row["纬度"]) == pytest.approx(expected.y, abs=1e-8)


def test_no_cell_of_a_csv_is_a_formula(small: County, tmp_path: Path) -> None:
    run.export(small, run.Wanted(BUILDING), tmp_path / "b.csv")
    with (tmp_path / "b.csv").open(encoding="utf-8-sig", newline="") as file:
        cells = [cell for row in csv.reader(file) for cell in row]
    assert "'=cmd|' /C calc'!A0" in cells
    assert [cell for cell in cells if cell[:1] in {"=", "+", "-", "@", "\t"}] == []


def test_a_geopackage_brings_its_colours_and_chinese_words(small: County, tmp_path: Path) -> None:
    path = tmp_path / "b.gpkg"
    run.export(small, run.Wanted(BUILDING, chinese=False), path)
    meta = pyogrio.read_info(path, layer="building")
    assert (meta["crs"], meta["geometry_type"], meta["features"]) == ("EPSG:4549", "MultiPolygon", 2)
    styles = pyogrio.read_dataframe(path, layer="layer_styles")
    assert styles[["f_table_name", "f_geometry_column"]].to_numpy().tolist() == [["building", "geom"]]
    assert styles["useAsDefault"].tolist() == [1]
    for choice in BUILDING.field("grade").choices:
        assert choice.title in styles["styleQML"][0]
        assert choice.colour in styles["styleSLD"][0]
    rows = pyogrio.read_dataframe(path, layer="building")
    assert rows["code"].tolist() == ["a", "b"]
    assert rows["grade"].tolist() == [None, "D"]
    assert rows.geometry[1].bounds == (X + 1010, Y + 10, X + 1020, Y + 20)


def test_a_shapefile_is_read_by_another_program(small: County, tmp_path: Path) -> None:
    run.export(small, run.Wanted(BUILDING), tmp_path / "b.shp")
    assert {each.suffix for each in tmp_path.iterdir()} == {".shp", ".shx", ".dbf", ".prj", ".cpg"}
    rows = pyogrio.read_dataframe(tmp_path / "b.shp")
    assert rows.crs.to_epsg() == SRID
    assert all(len(name.encode()) <= 10 for name in rows.columns if name != "geometry")
    assert rows["户主"].tolist() == [None, "王小明"]


def test_geojson_is_in_degrees_and_keeps_its_digits(small: County, tmp_path: Path) -> None:
    run.export(small, run.Wanted(BUILDING), tmp_path / "b.geojson")
    found = json.loads((tmp_path / "b.geojson").read_text(encoding="utf-8"))
    assert "crs" not in found
    x, y = found["features"][0]["geometry"]["coordinates"][0][0][0]
    assert 119 < x < 121
    assert 28 < y < 30
    with pytest.raises(Refused, match="RFC 7946"):
        run.export(small, run.Wanted(BUILDING, crs="EPSG:4549"), tmp_path / "c.geojson")


def test_parquet_and_a_drawing_are_read_by_others(filled: County, tmp_path: Path) -> None:
    pipes = layers.named("gas_pipeline")
    run.export(filled, run.Wanted(pipes), tmp_path / "p.parquet")
    run.export(filled, run.Wanted(pipes), tmp_path / "p.dxf")
    frame = gpd.read_parquet(tmp_path / "p.parquet")
    assert frame.crs.to_epsg() == SRID
    assert json.loads(pq.read_schema(tmp_path / "p.parquet").metadata[b"geo"])["version"] == "1.0.0"
    drawing = ezdxf.filemanagement.readfile(tmp_path / "p.dxf")
    lines: dict[str, list[list[tuple[float, float]]]] = {}
    for entity in drawing.modelspace():
        assert isinstance(entity, LWPolyline)
        assert entity.dxf.layer == pipes.title
        key = str(entity.get_xdata("WANGGE")[0].value)
        lines.setdefault(key, []).append([(x, y) for x, y in entity.get_points("xy")])
    expected = {
        key: [list(part.coords) for part in shape.geoms]
        for key, shape in zip(frame[pipes.field(pipes.key).title], frame.geometry, strict=True)
    }
    assert lines == expected


def test_a_role_gets_masks_under_names_that_no_load_takes(small: County, tmp_path: Path) -> None:
    wanted = run.Wanted(BUILDING, roles=frozenset({Role.PLANNER}))
    found = run.export(small, wanted, tmp_path / "b.csv")
    text = (tmp_path / "b.csv").read_text(encoding="utf-8-sig")
    assert ("owner_name" in found.masked, "address" in found.hidden) == (True, True)
    assert "王小明" not in text
    assert "丽州路" not in text
    assert "户主掩码" in found.columns
    assert any("装不回" in note for note in found.notes)
    outcome = came_back(small, BUILDING, tmp_path / "b.csv")
    unchanged(outcome, 2)
    assert "owner_name" not in outcome.fields
    assert "户主掩码" in outcome.ignored


def test_rows_of_one_town_leave_alone(small: County, tmp_path: Path) -> None:
    for town in ("990001002", "镇990001002"):
        run.export(small, run.Wanted(BUILDING, town=town), tmp_path / "b.parquet")
        assert pd.read_parquet(tmp_path / "b.parquet", columns=["建筑编号"])["建筑编号"].tolist() == ["b"]
    with pytest.raises(UnknownName, match="没有"):
        run.export(small, run.Wanted(BUILDING, town="9"), tmp_path / "b.parquet")
    stored(
        small,
        "road",
        [{"code": "r"}, {"code": "s"}],
        [
            shapely.LineString([(X + 10, Y + 10), (X + 1100, Y + 10)]),
            shapely.LineString([(X + 10, Y + 20), (X + 500, Y + 20)]),
        ],
    )
    assert run.export(small, run.Wanted(layers.named("road"), town="990001002"), tmp_path / "r.gpkg").rows == 1
    with pytest.raises(Refused, match="town"):
        run.export(small, run.Wanted(layers.named("worker"), town="990001002"), tmp_path / "w.csv")


def test_a_past_day_leaves_as_it_was_known(county: County, tmp_path: Path) -> None:
    first = at(county, datetime(2026, 1, 10, 4, tzinfo=UTC))
    second = at(county, datetime(2026, 3, 10, 4, tzinfo=UTC))
    stored(first, "building", [{"code": "a", "floors": 2}], [shapely.box(X, Y, X + 9, Y + 9)])
    stored(second, "building", [{"code": "a", "floors": 5}], [shapely.box(X, Y, X + 9, Y + 9)])

    def floors(day: date | None) -> list[object]:
        run.export(county, run.Wanted(BUILDING, as_of=day), tmp_path / "b.parquet")
        return list(pd.read_parquet(tmp_path / "b.parquet", columns=["层数"])["层数"])

    assert floors(date(2026, 2, 1)) == [2]
    assert floors(date(2026, 1, 1)) == []
    assert floors(None) == [5]
    with pytest.raises(Refused, match="past"):
        run.export(county, run.Wanted(layers.named("check"), as_of=date(2026, 2, 1)), tmp_path / "c.csv")


def test_invented_values_say_so_and_come_back_as_invented(county: County, tmp_path: Path) -> None:
    frame = pd.DataFrame([{"code": "a", "floors": 2}])
    shape = np.array([shapely.box(X, Y, X + 9, Y + 9)], dtype=object)
    reading = reading_of(frame, shape, f"EPSG:{SRID}")
    load(county, BUILDING, reading, Origin("x", crs=f"EPSG:{SRID}", synthetic=True), terms=Terms())
    found = run.export(county, run.Wanted(BUILDING), tmp_path / "b.xlsx")
    assert found.invented == 1
    assert any("--synthetic" in note for note in found.notes)
    sheet = openpyxl.load_workbook(tmp_path / "b.xlsx").active
    assert sheet is not None
    said = {cell.value: sheet.cell(2, cell.column).value for cell in sheet[1]}
    assert "层数" in str(said["合成字段"])
    unchanged(came_back(county, BUILDING, tmp_path / "b.xlsx", synthetic=True), 1)


@pytest.mark.parametrize("ending", [".csv", ".xlsx", ".gpkg", ".parquet"])
def test_an_empty_text_in_a_log_is_no_other_record(county: County, tmp_path: Path, ending: str) -> None:
    layer = layers.named("check")
    with county.writing() as connection:
        inserted(connection, county, layer, {"note": "", "number": None})
    run.export(county, run.Wanted(layer), tmp_path / f"c{ending}")
    unchanged(came_back(county, layer, tmp_path / f"c{ending}"), 1)


def test_logs_and_results_leave_too(filled: County, tmp_path: Path) -> None:
    assert run.export(filled, run.Wanted(layers.named("delivery")), tmp_path / "d.xlsx").rows > 20
    assert run.export(filled, run.Wanted(layers.named("planned_pipe")), tmp_path / "p.gpkg").rows == 0


def test_a_county_of_long_outlines_fits_into_cells(county: County, tmp_path: Path) -> None:
    angle = np.linspace(0, 2 * np.pi, 4001)[:-1]
    ring = shapely.Polygon(np.column_stack([X + 2000 + 900 * np.cos(angle), Y + 2000 + 900 * np.sin(angle)]))
    stored(county, "town", [{"code": "990001001", "name": "圆镇"}], [ring])
    run.export(county, run.Wanted(layers.named("town")), tmp_path / "t.xlsx")
    sheet = openpyxl.load_workbook(tmp_path / "t.xlsx").active
    assert sheet is not None
    head = [cell.value for cell in sheet[1]]
    assert head[-5:] == ["WKT", "WKT 2", "WKT 3", "WKT 4", "WKT 5"]
    whole = "".join(str(cell.value) for cell in sheet[2][-5:] if cell.value is not None)
    assert len(whole) > 100_000
    assert shapely.get_num_coordinates(shapely.from_wkt(whole.removeprefix("SRID=4549;"))) == 4001
    unchanged(came_back(county, layers.named("town"), tmp_path / "t.xlsx"), 1)


def test_an_export_that_fails_leaves_what_was_there(small: County, tmp_path: Path) -> None:
    path = tmp_path / "b.gpkg"
    path.write_bytes(b"before")

    def stop(done: int, total: int) -> None:
        if done == total:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run.export(small, run.Wanted(BUILDING), path, stop)
    assert [each.read_bytes() for each in tmp_path.iterdir()] == [b"before"]
    with pytest.raises(Refused, match="coordinate system"):
        run.export(small, run.Wanted(BUILDING, crs="EPSG:99"), path)
    with pytest.raises(Refused, match="加偏"):
        run.export(small, run.Wanted(BUILDING, crs="GCJ-02"), path)
    with pytest.raises(Refused, match=r"\.gpkg"):
        run.export(small, run.Wanted(BUILDING), tmp_path / "b.doc")
    beside = tmp_path / "b.gpkg-wal"
    beside.touch()
    with pytest.raises(Refused, match="打开"):
        run.export(small, run.Wanted(BUILDING), path)
    beside.unlink()
    assert path.read_bytes() == b"before"


def test_a_file_that_was_read_whole_can_be_taken_again(small: County, tmp_path: Path) -> None:
    run.export(small, run.Wanted(BUILDING), tmp_path / "b.gpkg")
    reading, origin = taken(Delivery(tmp_path / "b.gpkg"), BUILDING)
    assert (reading.delivered, origin.crs, reading.sublayers) == (2, "EPSG:4549", ("building",))


def test_a_million_rows_would_pass_in_chunks(county: County, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gis.store.stream.CHUNK", 7)
    rows = [{"code": f"{number:03}", "floors": number % 9} for number in range(50)]
    stored(county, "building", rows, [shapely.box(X + 20 * n, Y, X + 20 * n + 9, Y + 9) for n in range(50)])
    steps: list[tuple[int, int]] = []
    run.export(county, run.Wanted(BUILDING), tmp_path / "b.fgb", lambda done, total: steps.append((done, total)))
    assert steps == [*((done, 50) for done in range(0, 50, 7)), (50, 50)]
    frame = pyogrio.read_dataframe(tmp_path / "b.fgb")
    assert frame["建筑编号"].tolist() == [row["code"] for row in rows]
