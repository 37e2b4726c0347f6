"""Files as county offices send them are read whole: packed oddly, named oddly, one feature a line."""

import json
import sqlite3
import zipfile
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest
import shapely
from ezdxf.filemanagement import new
from pyogrio import raw

from gis import layers
from gis.crs import Geometries
from gis.errors import DeliveryError
from gis.store.formats.delivered import Fault
from gis.store.load.conform import Conformed, Terms, conform
from gis.store.reading import read
from tests.shapefile_bytes import dbf, squares, written

BUILDING = layers.named("building")
HOUSES = [shapely.box(120 + place / 1000, 28.9, 120.0005 + place / 1000, 28.9005) for place in range(3)]
CODES = ["B-1", "B-2", "B-3"]


class InGbk(zipfile.ZipInfo):
    """A member of a zip file whose name stands in GBK without a word, as Windows packs."""

    def _encodeFilenameFlags(self) -> tuple[bytes, int]:  # noqa: N802 - the name that zipfile asks for
        return self.filename.encode("gbk"), 0


def stays(shapes: Geometries) -> tuple[Geometries, list[Fault]]:
    return shapes, []


def taken(path: Path, layer: str = "building", crs: str | None = None, **mapping: str) -> Conformed:
    return conform(layers.named(layer), read(path, crs=crs), Terms(mapping=mapping), stays)


def codes(found: Conformed) -> list[object]:
    assert found.faults == []
    return list(found.frame["code"])


def packed(path: Path, members: Sequence[tuple[str, bytes]], *, gbk: bool = False) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in members:
            archive.writestr(InGbk(name) if gbk else name, data)
    return path


def shapefile(folder: Path, codec: str = "gbk") -> Path:
    columns = [("建筑编号".encode(codec)[:10], "C", 10), ("结构类型".encode(codec)[:10], "C", 12)]
    rows = [[code.encode(), "砖混".encode(codec)] for code in CODES]
    return written(folder, dbf(columns, rows), squares(3))


def geodatabase(folder: Path) -> Path:
    path = folder / "永康.gdb"
    shapes = np.array([shapely.to_wkb(shapely.multipolygons([each])) for each in HOUSES], dtype=object)
    raw.write(
        path, shapes, [np.array(CODES, dtype=object)], ["BUILD_ID"], layer="houses", driver="OpenFileGDB",
        geometry_type="MultiPolygon", crs="EPSG:4490",
    )  # fmt: skip
    return path


@pytest.mark.parametrize("codec", ["gbk", "utf-8"])
def test_field_names_cut_within_a_character_find_their_field(tmp_path: Path, codec: str) -> None:
    found = taken(shapefile(tmp_path, codec))
    assert codes(found) == CODES
    assert found.frame["structure"].tolist() == ["brick_concrete"] * 3
    assert found.ignored == ()


def test_a_zip_with_chinese_folders_in_gbk_and_the_litter_of_a_mac(tmp_path: Path) -> None:
    path = shapefile(tmp_path / "in")
    parts = [(f"永康房屋/建筑{part.suffix}", part.read_bytes()) for part in sorted(path.parent.iterdir())]
    litter = [("__MACOSX/永康房屋/._建筑.shp", b"\x00\x05\x16\x07"), ("永康房屋/.DS_Store", b"x"), ("说明.docx", b"PK")]
    assert codes(taken(packed(tmp_path / "d.zip", [*parts, *litter], gbk=True))) == CODES


def test_a_zip_with_backslashes_between_its_folders(tmp_path: Path) -> None:
    path = shapefile(tmp_path / "in")
    parts = [(f"房屋\\建筑{part.suffix}", part.read_bytes()) for part in sorted(path.parent.iterdir())]
    assert codes(taken(packed(tmp_path / "d.zip", parts))) == CODES


@pytest.mark.parametrize("inside", ["", "数据/", "数据/永康.gdb/", "永康.gdb/"])
def test_a_geodatabase_in_a_zip_with_or_without_its_folder(tmp_path: Path, inside: str) -> None:
    tables = sorted(geodatabase(tmp_path).iterdir())
    found = read(packed(tmp_path / "d.gdb.zip", [(f"{inside}{part.name}", part.read_bytes()) for part in tables]))
    assert found.frame["BUILD_ID"].tolist() == CODES
    assert found.sublayer == "houses"


def test_two_geodatabases_without_folders_of_that_ending_are_told_apart(tmp_path: Path) -> None:
    tables = sorted(geodatabase(tmp_path).iterdir())
    members = [(f"{folder}/{part.name}", part.read_bytes()) for folder in ("甲", "乙") for part in tables]
    with pytest.raises(DeliveryError, match="压缩包里有几份交付"):
        read(packed(tmp_path / "d.zip", members))


def lines(separator: str = "\n", before: str = "") -> str:
    shapes = zip(CODES, HOUSES, strict=True)
    features = [
        {"type": "Feature", "properties": {"code": code}, "geometry": shapely.geometry.mapping(shape)}
        for code, shape in shapes
    ]
    return separator.join(before + json.dumps(feature) for feature in features)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("d.geojson", lines()),
        ("d.geojsonl", lines("\r\n") + "\r\n"),
        ("d.ndjson", lines("\n\n")),
        ("d.geojsons", lines(before="\x1e") + "\n"),
        ("d.json", "\ufeff" + lines()),
    ],
)
def test_geojson_with_one_feature_a_line(tmp_path: Path, name: str, text: str) -> None:
    path = tmp_path / name
    path.write_text(text, encoding="utf-8", newline="")
    found = taken(path)
    assert codes(found) == CODES
    assert found.geometry is not None
    assert np.round(shapely.bounds(found.geometry)[:, 0], 6).tolist() == [120.0, 120.001, 120.002]
    assert codes(taken(packed(tmp_path / "d.zip", [(name, path.read_bytes())]))) == CODES


def test_a_broken_line_of_features_is_named_by_its_number(tmp_path: Path) -> None:
    path = tmp_path / "d.geojsonl"
    path.write_text(lines() + '\n{"type": "Feature", }\n', encoding="utf-8")
    with pytest.raises(DeliveryError, match=r"expected JSON, got at line 4, column \d+"):
        read(path)


def test_photographs_in_a_column_that_is_not_used_cost_no_row(tmp_path: Path) -> None:
    path = tmp_path / "d.gpkg"
    shapes = np.array([shapely.to_wkb(each) for each in HOUSES], dtype=object)
    raw.write(
        path, shapes, [np.array(CODES, dtype=object)], ["code"], layer="d", driver="GPKG", geometry_type="Polygon",
        crs="EPSG:4490", SPATIAL_INDEX="NO",
    )  # fmt: skip
    with closing(sqlite3.connect(path)) as database:
        database.create_function("ST_IsEmpty", 1, lambda _: 0)
        database.execute("ALTER TABLE d ADD COLUMN photo BLOB")
        database.execute("UPDATE d SET photo = x'ffd8ff' WHERE fid > 1")
        database.commit()
    found = taken(path)
    assert codes(found) == CODES
    assert "未用的列 photo 有 2 行的值读不懂" in found.notes[0]


def test_the_handles_of_a_drawing_serve_as_keys_where_a_steward_says_so(tmp_path: Path) -> None:
    drawing = new("R2010")
    for place in range(2):
        drawing.modelspace().add_line((500_000, 3_200_000 + place), (500_100, 3_200_000 + place))
    drawing.saveas(tmp_path / "管线.dxf")
    found = taken(tmp_path / "管线.dxf", "gas_pipeline", "EPSG:4549", code="handle")
    handles = [entity.dxf.handle for entity in drawing.modelspace()]
    assert codes(found) == handles
    assert len(set(handles)) == 2
