"""Every layer leaves in every form and comes back unchanged; what a role may not see does not leave."""

import csv
import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from uuid import UUID, uuid5

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
from shapely.geometry.base import BaseGeometry

from gis import layers
from gis.errors import Refused, UnknownName
from gis.layer import Field, Geometry, Kind, Layer, Role
from gis.run import export as run
from gis.run.deliver import Delivery, load_file, taken
from gis.store import writing
from gis.store.county import County
from gis.store.fetch import reading_of
from gis.store.formats.delivered import Asked
from gis.store.formats.forms import FORMATS
from gis.store.load import Origin, Outcome, load
from gis.store.load.conform import Terms
from gis.store.load.headings import known_names
from gis.store.reading import assembled
from gis.store.settings import Settings
from tests.builders import cloned, multi, shape_of, stored
from tests.conftest import SRID, X, Y, at

DELIVERED = [layer for layer in layers.every() if layer.historic and not layer.single]
ENDINGS = [ending for form in writing.FORMS for ending in form.endings]
ODD_TEXTS = ("=1+1", "-5", "'@a", "0007", '引号"，\n第二行', "𠮷野家", "TRUE", "2026-03-04", "1e5", "NULL x")
ODD_REALS = (0.1 + 0.2, 1 / 3, 1e-7)
OTHERS = UUID("a4d6b0a8-5f6e-4c8e-9d1e-0d1f0f1b2c3d")


def odd_value(field: Field, number: int, example: object) -> object:
    if field.choices:
        return field.choices[number % len(field.choices)].value
    if not field.required and number % 5 == 0:
        return None
    if field.kind is Kind.TEXT and example is not None:
        return ODD_TEXTS[number % len(ODD_TEXTS)]
    if field.kind is Kind.REAL:
        odd = ODD_REALS[number % len(ODD_REALS)] + (field.low or 0.0)
        return odd if field.high is None or odd <= field.high else example
    if field.kind is Kind.BOOLEAN:
        return number % 2 == 0
    return example


def key_of(layer: Layer, number: int) -> object:
    if layer.field(layer.key).kind is Kind.UUID:
        return uuid5(OTHERS, str(number))
    return f"=K-{number}" if layer.field(layer.key).kind is Kind.TEXT else number


def shape_near(layer: Layer, number: int) -> BaseGeometry:
    """Give a shape whose coordinates need all their digits, in parts and with a hole where it may have them."""
    east, north = X + 600 + number * 40 + 1 / 3, Y + 700 + 1 / 7
    if layer.geometry is Geometry.POINT:
        return shapely.Point(east, north)
    if layer.geometry is Geometry.LINE:
        first = [(east, north), (east + 10.1, north + 0.1), (east + 20.3, north)]
        return shapely.MultiLineString([first, [(east, north + 30), (east + 0.7, north + 40)]])
    hole = shapely.box(east + 2, north + 2, east + 4.4, north + 5.1)
    area = shapely.box(east, north, east + 15.7, north + 18.1).difference(hole)
    return multi(area, shapely.box(east + 20, north, east + 27.9, north + 9.3))


@pytest.fixture(scope="module")
def filled(template: Settings) -> Iterator[County]:
    """A county in which every layer that is delivered holds its example and some rows that are hard on a file."""
    with cloned(template, "test_export") as found:
        waiting = DELIVERED
        while waiting:  # a row may refer to one of another layer
            left = [layer for layer in waiting if not example_stored(found, layer)]
            assert len(left) < len(waiting), [layer.name for layer in left]
            waiting = left
        for layer in DELIVERED:
            for number in range(1, 5):
                hard_row_stored(found, layer, number)
        yield found


def example_of(layer: Layer) -> dict[str, object]:
    """Give the example as a file may hold it: the id of an object is looked up by its key, and some keys are made."""
    return {
        name: value
        for name, value in layer.example().items()
        if not (layer.keyed_by and name == layer.key)
        and not layer.field(name).once
        and not (layer.about_object and layer.field(name).kind is Kind.INTEGER)
    }


def example_stored(county: County, layer: Layer) -> bool:
    shape = None if layer.geometry is None else [shape_of(layer)]
    return stored(county, layer.name, [example_of(layer)], shape).new == 1


def hard_row_stored(county: County, layer: Layer, number: int) -> None:
    """Store a row that is hard on a file; what a constraint refuses of it is as in the example."""
    example = example_of(layer)
    key = {layer.keyed_by[-1]: f"{number:015}"} if layer.keyed_by else {layer.key: key_of(layer, number)}
    row = {
        name: odd_value(layer.field(name), number + place, value) for place, (name, value) in enumerate(example.items())
    }
    row |= {name: example[name] for name in layer.keyed_by} | key
    shapes = None if layer.geometry is None else [shape_near(layer, number)]
    for _ in range(4):
        outcome = stored(county, layer.name, [row], shapes)
        if not outcome.faults:
            return
        named = [
            name
            for name in example
            for fault in outcome.faults
            if name in str(fault) or layer.field(name).title in str(fault)
        ]
        row |= {name: example[name] for name in named or example if name not in key}


def count(county: County, layer: Layer) -> int:
    with county.reading() as connection:
        return len(connection.execute(county.schema.table(layer).select()).all())


def came_back(county: County, layer: Layer, path: Path, *, synthetic: bool = False, crs: str | None = None) -> Outcome:
    """Load a file as the command does, but for the child process, which other tests go through."""
    if path.suffix == ".zip":
        return load_file(county, layer, Delivery(path, crs=crs, synthetic=synthetic))[0]
    form = next(form for form in FORMATS if path.suffix in form.endings)
    delivered = form.read(str(path), Asked(names=known_names(layer)))
    reading = assembled(delivered, crs)
    terms = Terms(zone=county.timezone)
    return load(county, layer, reading, Origin(path.name, crs=reading.crs, synthetic=synthetic), terms=terms)


def unchanged(outcome: Outcome, rows: int) -> None:
    assert outcome.faults == ()
    assert (outcome.new, outcome.changed, outcome.rejected, outcome.unchanged) == (0, 0, 0, rows)


def carries(ending: str, layer: Layer) -> bool:
    """Whether a form can hold a layer, said here again: a drawing no areas, shapefiles and drawings no registers."""
    if ending == ".dxf":
        return layer.geometry in {Geometry.POINT, Geometry.LINE}
    return layer.geometry is not None or ending not in {".shp", ".zip"}


@pytest.mark.parametrize("ending", [ending for ending in ENDINGS if ending not in {".json", ".zip"}])
@pytest.mark.parametrize("layer", DELIVERED, ids=lambda layer: layer.name)
def test_what_leaves_comes_back_unchanged(filled: County, tmp_path: Path, layer: Layer, ending: str) -> None:
    path = tmp_path / f"{layer.name}{ending}"
    wanted = run.Wanted(layer)
    if not carries(ending, layer):
        with pytest.raises(Refused, match="请改用"):
            run.export(filled, wanted, path)
        assert list(tmp_path.iterdir()) == []
        return
    rows = count(filled, layer)
    assert rows >= 2, "more than the example is stored"
    chinese = (DELIVERED.index(layer) + ENDINGS.index(ending)) % 2 == 0
    found = run.export(filled, replace(wanted, chinese=chinese), path)
    assert found.rows == rows
    crs = found.crs if ending == ".dxf" else None
    unchanged(came_back(filled, layer, path, crs=crs), rows)


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


BUILDING = layers.named("building")
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


@pytest.mark.parametrize("layer", layers.every(), ids=lambda layer: layer.name)
@pytest.mark.parametrize("role", Role, ids=lambda role: role.value)
def test_only_what_the_gate_lets_through_becomes_a_column(
    filled: County, tmp_path: Path, layer: Layer, role: Role
) -> None:
    wanted = run.Wanted(layer, chinese=False, roles=frozenset({role}))
    view = layer.visible({role})
    if not view.readable:
        with pytest.raises(UnknownName, match="没有图层"):
            run.export(filled, wanted, tmp_path / "x.csv")
        return
    found = run.export(filled, wanted, tmp_path / "x.csv")
    expected = {each.name for each in view.plain} | {f"{each.name}_masked" for each in view.masked}
    assert set(found.columns) - {"invented_fields"} == expected


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
