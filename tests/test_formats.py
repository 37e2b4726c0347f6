"""Every form of delivery is read to the same rows, told by its content, and what is left out of one is a fault."""

import io
import json
import shutil
import sqlite3
import warnings
import zipfile
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import ezdxf.filemanagement
import geopandas as gpd
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import shapely
from ezdxf.document import Drawing
from hypothesis import given, settings
from hypothesis import strategies as st

from gis.crs import Geometries
from gis.errors import DeliveryError
from gis.layer import Geometry
from gis.layers import named
from gis.store.formats.delivered import Asked, Fault
from gis.store.load.conform import Terms, conform
from gis.store.mending import mend
from gis.store.reading import Limits, Reading, files, read

NAMES = ["永康市", "方岩镇 𠮷", None]


def frame(count: int = 3) -> gpd.GeoDataFrame:
    shapes = [shapely.box(500_000 + 20 * place, 3_200_000, 500_010 + 20 * place, 3_200_010) for place in range(count)]
    values = {"名称": (NAMES * count)[:count], "floors": list(range(1, count + 1)), "area": [0.5] * count}
    return gpd.GeoDataFrame(values, geometry=shapes, crs="EPSG:4549")


def geodatabase(path: Path, **layers: int) -> Path:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # floors become reals
        for name, count in layers.items():
            frame(count).to_file(path, driver="OpenFileGDB", layer=name, geometry_type="MultiPolygon")
    return path


def flatgeobuf(folder: Path) -> Path:
    frame().to_file(folder / "d.fgb", SPATIAL_INDEX="NO")
    return folder / "d.fgb"


def indexed(folder: Path) -> Path:
    frame(40).to_file(folder / "d.fgb")
    return folder / "d.fgb"


def geoparquet(folder: Path) -> Path:
    frame().to_parquet(folder / "d.parquet", write_covering_bbox=True, schema_version="1.1.0")
    return folder / "d.parquet"


def geopackage(folder: Path) -> Path:
    frame().to_file(folder / "d.gpkg", layer="d")
    return folder / "d.gpkg"


def gdb(folder: Path) -> Path:
    return geodatabase(folder / "d.gdb", d=3)


def shapefile(folder: Path) -> Path:
    frame().to_file(folder / "d.shp", encoding="GB18030")
    return folder / "d.shp"


def zipped(folder: Path, *paths: Path, name: str = "d.zip", inside: str = "") -> Path:
    target = folder / name
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in paths:
            for part in files(path):
                archive.write(part, f"{inside}{part.relative_to(path.parent)}")
    return target


FORMS = [flatgeobuf, geoparquet, geopackage, gdb, shapefile]


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("packed", [False, True])
def test_every_form_gives_the_same_rows(tmp_path: Path, form: Callable[[Path], Path], *, packed: bool) -> None:
    path = form(tmp_path)
    reading = read(zipped(tmp_path, path, inside="数据/") if packed else path)
    assert (reading.delivered, list(reading.row), reading.faults) == (3, [1, 2, 3], ())
    assert reading.frame["名称"].tolist() == NAMES
    assert reading.frame["floors"].tolist() == [1, 2, 3]
    assert reading.frame["area"].tolist() == [0.5, 0.5, 0.5]
    assert (reading.crs, reading.crs_declared, reading.sublayer) == ("EPSG:4549", True, "d")
    assert shapely.area(reading.geometry).tolist() == [100, 100, 100]


def test_the_content_tells_the_form_whatever_the_ending(tmp_path: Path) -> None:
    shutil.move(flatgeobuf(tmp_path), tmp_path / "d.gpkg")
    shutil.move(geoparquet(tmp_path), tmp_path / "d.shp")
    assert read(tmp_path / "d.gpkg").delivered == read(tmp_path / "d.shp").delivered == 3


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        ("d.kml", b'<?xml version="1.0"?><kml/>', "XML such as KML or GML"),
        ("d.shp", b"<OGRVRTDataSource/>", "a VRT, which points to other files"),
        ("d.tab", b"!table\n!version 300", "MapInfo TAB"),
        ("d.dwg", b"AC1032\x00\x00", "a DWG; save it as DXF"),
        ("d.rar", b"Rar!\x1a\x07\x01", "a RAR archive; pack it as ZIP"),
        ("d.gpkg", b"\x89PNG\r\n\x1a\n", "an image (PNG)"),
        ("d.dbf", b"\x03", "expected the .shp that the .dbf belongs to"),
        ("d.bin", b"\x00\x01\x02", "got something else"),
    ],
)
def test_what_is_no_form_is_named(tmp_path: Path, name: str, content: bytes, sentence: str) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(DeliveryError) as refused:
        read(tmp_path / name)
    assert sentence in str(refused.value)
    assert str(refused.value).startswith(f"{name}: ")


def test_names_with_signs_that_libraries_interpret_are_mere_names(tmp_path: Path) -> None:
    odd = "永康!a b;c?d#e%20.zip!x.fgb"
    shutil.move(flatgeobuf(tmp_path), tmp_path / odd)
    reading = read(tmp_path / odd)
    assert (reading.delivered, reading.sublayer) == (3, odd.removesuffix(".fgb"))


def test_a_flatgeobuf_with_an_index_gives_every_row(tmp_path: Path) -> None:
    reading = read(indexed(tmp_path))
    assert (reading.delivered, sorted(reading.frame["floors"].tolist())) == (40, list(range(1, 41)))


def test_a_flatgeobuf_cut_off_is_refused(tmp_path: Path) -> None:
    path = indexed(tmp_path)
    whole = path.read_bytes()
    for size in (len(whole) - 1, len(whole) - 300, 200, 9):
        path.write_bytes(whole[:size])
        with pytest.raises(DeliveryError, match=r"^d.fgb: 文件损坏，读不懂 · expected"):
            read(path)


def parquet(path: Path, table: pa.Table, **about: object) -> Path:
    geo = {"version": "1.0.0", "primary_column": "shape", "columns": {"shape": {"encoding": "WKB"} | about}}
    pq.write_table(table.replace_schema_metadata({"geo": json.dumps(geo)}), path)
    return path


def test_a_geoparquet_without_a_word_is_wgs_84_and_with_null_unknown(tmp_path: Path) -> None:
    table = pa.table({"shape": [shapely.to_wkb(shapely.Point(120, 29))], "a": ["x"]})
    assert read(parquet(tmp_path / "d.parquet", table)).crs == "EPSG:4326"
    assert read(parquet(tmp_path / "e.parquet", table, crs=None)).crs is None


def test_other_encodings_of_geoparquet_are_refused_in_a_sentence(tmp_path: Path) -> None:
    table = pa.table({"shape": [[120.0, 29.0]], "a": ["x"]})
    with pytest.raises(DeliveryError, match='expected shapes encoded as WKB, got "point"'):
        read(parquet(tmp_path / "d.parquet", table, encoding="point"))


def test_values_of_parquet_that_no_field_holds_are_text_or_faults(tmp_path: Path) -> None:
    table = pa.table(
        {
            "shape": pa.array([shapely.to_wkb(shapely.Point(120, 29)), b"\x01\x02", None], pa.binary()),
            "list": [[1, 2], None, []],
            "number": [1.5, float("inf"), float("nan")],
            "bytes": [None, b"\x00\xff", None],
            "text": pa.array(["永", None, "b"]).dictionary_encode(),
        }
    )
    reading = read(parquet(tmp_path / "d.parquet", table))
    assert (reading.delivered, list(reading.row)) == (3, [1, 3])
    assert {(fault.row, fault.field) for fault in reading.faults} == {(2, "geometry"), (2, "number"), (2, "bytes")}
    assert reading.frame["list"].tolist() == ["[1, 2]", "[]"]
    assert reading.frame["text"].tolist() == ["永", "b"]
    assert np.isnan(reading.frame["number"].tolist()[1])


def test_a_plain_parquet_is_rows_without_shapes(tmp_path: Path) -> None:
    pq.write_table(pa.table({"code": ["a", "b"]}), tmp_path / "d.parquet")
    reading = read(tmp_path / "d.parquet")
    assert (reading.delivered, reading.crs, list(reading.geometry)) == (2, None, [None, None])


def test_a_geodatabase_with_several_filled_layers_asks_for_one(tmp_path: Path) -> None:
    path = geodatabase(tmp_path / "d.gdb", building=1, road=2)
    with pytest.raises(DeliveryError, match=r"got 2: building \(1 rows\), road \(2 rows\)"):
        read(path)
    assert read(path, Asked("road")).delivered == 2


def test_the_size_of_a_geodatabase_is_that_of_its_folder(tmp_path: Path) -> None:
    path = gdb(tmp_path)
    size = sum(part.stat().st_size for part in path.iterdir())
    assert read(path, limits=Limits(file_bytes=size)).delivered == 3
    with pytest.raises(DeliveryError, match="expected at most"):
        read(path, limits=Limits(file_bytes=size - 1))


def test_a_geopackage_with_its_log_beside_it_is_read_whole_and_left_alone(tmp_path: Path) -> None:
    path = geopackage(tmp_path)
    source = tmp_path / "source"
    source.mkdir()
    with closing(sqlite3.connect(path)) as database:
        database.execute("PRAGMA journal_mode = WAL")
        for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            database.execute(f'DROP TRIGGER "{name}"')
        database.execute("UPDATE d SET floors = 7 WHERE fid = 1")
        database.commit()
        for part in (path, path.with_suffix(".gpkg-wal")):
            shutil.copy(part, source)
    before = sorted(source.iterdir())
    assert read(source / "d.gpkg").frame["floors"].tolist() == [7, 2, 3]
    assert sorted(source.iterdir()) == before


def test_one_of_several_deliveries_in_a_zip_is_named(tmp_path: Path) -> None:
    path = zipped(tmp_path, geopackage(tmp_path), geoparquet(tmp_path), indexed(tmp_path))
    with pytest.raises(DeliveryError, match=r"--sublayer to name one of d\.fgb, d\.gpkg, d\.parquet"):
        read(path)
    assert read(path, Asked("d.fgb")).delivered == 40
    assert read(path, Asked("d.gpkg/d")).delivered == 3
    with pytest.raises(DeliveryError, match="got 'none'"):
        read(path, Asked("none"))


def test_a_zip_with_names_in_gbk_is_read(tmp_path: Path) -> None:
    shapefile(tmp_path)
    target = tmp_path / "d.zip"
    with zipfile.ZipFile(target, "w") as archive:
        for ending in ("shp", "shx", "dbf", "prj"):
            info = zipfile.ZipInfo("PLACEHOLDER1." + ending)
            archive.writestr(info, (tmp_path / f"d.{ending}").read_bytes())
    target.write_bytes(target.read_bytes().replace(b"PLACEHOLDER1", "永康数据层".encode("gbk").ljust(12, b" ")))
    reading = read(target)
    assert (reading.sublayer.strip(), reading.frame["名称"].tolist()) == ("永康数据层", NAMES)


def drawn(path: Path, draw: Callable[[Drawing], None], version: str = "R2000", form: str = "asc") -> Path:
    document = ezdxf.filemanagement.new(version)
    document.encoding = "gbk" if version == "R2000" else "utf8"
    document.header["$DWGCODEPAGE"] = "ANSI_936"
    document.appids.new("WANGGE")
    draw(document)
    document.saveas(path, fmt=form)
    return path


def several(document: Drawing) -> None:
    space = document.modelspace()
    on = {"layer": "燃气管线"}
    space.add_line((500_000, 3_200_000), (500_010, 3_200_000), dxfattribs=on).set_xdata("WANGGE", [(1000, "P-1")])
    for east in (0, 1):
        line = space.add_lwpolyline([(east, 0), (east, 5), (east, 9)], dxfattribs=on)
        line.set_xdata("WANGGE", [(1000, "P-2")])
    space.add_lwpolyline([(0, 0), (4, 0), (4, 4)], close=True)
    space.add_polyline3d([(0, 0, 1), (1, 1, 2)])
    space.add_arc((0, 0), 5, 0, 90)
    space.add_circle((0, 0), 5)
    space.add_spline([(0, 0), (1, 1), (2, 0), (3, 3)])
    space.add_point((1, 2))
    space.add_text("注记")
    space.add_blockref("阀门", (3, 3))
    document.paperspace().add_line((0, 0), (1, 1))


@pytest.mark.parametrize(("version", "form"), [("R2000", "asc"), ("R2010", "asc"), ("R2010", "bin")])
def test_every_entity_of_a_drawing_is_a_row_or_a_fault(tmp_path: Path, version: str, form: str) -> None:
    path = drawn(tmp_path / "d.dxf", several, version, form)
    reading = read(path, crs="EPSG:4549")
    assert (reading.delivered, len(reading.row), reading.crs, reading.crs_declared) == (11, 8, "EPSG:4549", False)
    assert reading.frame["key"].tolist() == ["P-1", "P-2", *[None] * 6]
    assert reading.frame["layer"].tolist() == ["燃气管线", "燃气管线", *["0"] * 6]
    assert [fault.actual for fault in reading.faults] == ['"TEXT"', '"INSERT"', "one of a sheet's layout"]
    lengths = shapely.length(reading.geometry)
    assert lengths[:3].tolist() == [10, 18, 8 + 32**0.5]
    assert abs(lengths[4] - 2.5 * np.pi) < 0.02
    assert abs(lengths[5] - 10 * np.pi) < 0.05
    assert shapely.get_num_geometries(reading.geometry[1]) == 2
    assert read(path, Asked("燃气管线")).delivered == 2


def test_a_closed_line_of_a_drawing_can_be_an_area(tmp_path: Path) -> None:
    reading = read(drawn(tmp_path / "d.dxf", several), crs="EPSG:4549")
    mended = mend(reading.geometry, Geometry.POLYGON)
    areas = shapely.area([shape for shape in mended.geometry if shape is not None])
    assert areas[0] == 8
    assert abs(areas[1] - 25 * np.pi) < 0.2
    assert len(areas) == 2
    assert len(mended.faults) == 6


def test_the_layers_name_is_told_by_the_drawings_code_page(tmp_path: Path) -> None:
    path = drawn(tmp_path / "d.dxf", several)
    assert "燃气管线".encode("gbk") in path.read_bytes()
    assert read(path, crs="EPSG:4549").notes[0].startswith("文字编码 ANSI_936（$DWGCODEPAGE）")
    path.write_bytes(path.read_bytes().replace(b"ANSI_936", b"ANSI_1252"))
    assert read(path, crs="EPSG:4549").frame["layer"].tolist()[0] == "燃气管线"


def as_delivered(shapes: Geometries) -> tuple[Geometries, list[Fault]]:
    return shapes, []


def test_the_key_that_a_drawing_carries_is_the_layers_key(tmp_path: Path) -> None:
    reading = read(drawn(tmp_path / "d.dxf", several), Asked("燃气管线"), crs="EPSG:4549")
    layer = named("gas_pipeline")
    found = conform(layer, reading, Terms(), as_delivered)
    assert found.frame[layer.key].tolist() == ["P-1", "P-2"]
    assert [column for column in found.ignored if column == "key"] == []


def test_columns_cut_to_ten_bytes_find_their_fields(tmp_path: Path) -> None:
    values = {"code": ["P-1"], "position_a": ["surveyed"], "压力级": ["中压A"], "position_b": ["x"]}
    rows = gpd.GeoDataFrame(values, geometry=[shapely.LineString([(0, 0), (9, 0)])], crs="EPSG:4549")
    rows.to_file(tmp_path / "d.shp")
    found = conform(named("gas_pipeline"), read(tmp_path / "d.shp"), Terms(), as_delivered)
    assert set(found.fields) == {"code", "position_accuracy", "pressure"}
    assert found.ignored == ("position_b",)


def damaged(path: Path, start: int, cut: int, put: bytes) -> None:
    whole = path.read_bytes()
    place = start % max(len(whole), 1)
    path.write_bytes(whole[:place] + put + whole[place + cut :])


def accounted(reading: Reading) -> None:
    rejected = {fault.row for fault in reading.faults}
    assert sorted([*reading.row, *rejected]) == list(range(1, reading.delivered + 1))
    assert reading.delivered == len(reading.frame) + len(reading.rejected)


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """One sound file of each form."""
    folder = tmp_path_factory.mktemp("sound")
    found = {each.__name__: each(folder) for each in (indexed, geoparquet, geopackage, gdb)}
    found["dxf"] = drawn(folder / "d.dxf", several)
    return found | {"zip": zipped(folder, shapefile(folder))}


@pytest.mark.parametrize("form", ["indexed", "geoparquet", "gdb", "dxf", "zip"])
@settings(deadline=None, max_examples=5)
@given(data=st.data())
def test_any_change_of_a_file_is_read_or_refused(form: str, data: st.DataObject, sound: dict[str, Path]) -> None:
    with_name = sound[form].with_name(f"changed{sound[form].suffix}")
    shutil.rmtree(with_name, ignore_errors=True)
    with_name.unlink(missing_ok=True)
    if sound[form].is_dir():
        shutil.copytree(sound[form], with_name)
        parts = sorted(part for part in with_name.iterdir() if part.stat().st_size)
        part = data.draw(st.sampled_from(parts))
    else:
        part = with_name
        shutil.copy(sound[form], part)
    damaged(part, data.draw(st.integers(0, 2**20)), data.draw(st.integers(0, 400)), data.draw(st.binary(max_size=9)))
    try:
        reading = read(with_name, crs="EPSG:4549" if form == "dxf" else None)
    except DeliveryError:
        return
    accounted(reading)


def test_a_workbook_and_a_table_in_a_zip_are_read_as_such(tmp_path: Path) -> None:
    target = tmp_path / "d.zip"
    with zipfile.ZipFile(target, "w") as archive:
        archive.writestr("说明.txt.bak", b"x")
        archive.writestr("名单.csv", "编号,名称\nL-1,永康\n".encode("gbk"))
    assert read(target).frame["名称"].tolist() == ["永康"]
    buffer = io.BytesIO()
    frame().drop(columns="geometry").to_excel(buffer, index=False, engine="xlsxwriter")
    with zipfile.ZipFile(target, "w") as archive:
        archive.writestr("名单.xlsx", buffer.getvalue())
    assert read(target).frame["floors"].tolist() == [1, 2, 3]
