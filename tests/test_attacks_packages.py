"""What hostile workbooks and databases try is refused or harmless, and no process of ours outlives it."""

import sqlite3
import zipfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import numpy as np
import openpyxl
import pytest
import shapely
from pyogrio import raw

from gis.errors import DeliveryError
from gis.store.formats.delivered import Asked
from gis.store.reading import Limits, read

LAUGHS = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 12))
BILLION = f'<?xml version="1.0"?><!DOCTYPE styleSheet [<!ENTITY l0 "ha">{LAUGHS}]>'
NAMESPACE = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
CONTENTS = "INSERT INTO gpkg_contents(table_name, data_type, identifier, srs_id)"
GROWING = "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) SELECT x AS fid, NULL AS geom FROM n"


def children() -> set[str]:
    """Give the processes that this one has started and that have not been waited for."""
    return {child for task in Path("/proc/self/task").iterdir() for child in (task / "children").read_text().split()}


@pytest.fixture
def bench(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder for a delivery; at the end no process is left, no temporary file, and nothing stands beside it."""
    temporary, delivery = tmp_path / "temporary", tmp_path / "delivery"
    temporary.mkdir()
    delivery.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(temporary))
    before = children()
    yield delivery
    assert children() <= before
    assert list(temporary.iterdir()) == []
    assert sorted(path.name for path in tmp_path.iterdir()) == ["delivery", "temporary"]


def refused(path: Path, sentence: str, asked: Asked | None = None, limits: Limits | None = None) -> None:
    before = {each: each.read_bytes() for each in path.parent.iterdir()}
    with pytest.raises(DeliveryError) as error:
        read(path, asked, limits=limits)
    assert sentence in str(error.value)
    assert str(error.value).startswith(f"{path.name}: ")
    assert str(path.parent.parent) not in str(error.value)
    assert "\n" not in str(error.value)
    assert {each: each.read_bytes() for each in path.parent.iterdir()} == before


def workbook(folder: Path, name: str = "d.xlsx", **parts: str) -> Path:
    """Write a plain workbook with some of its parts put in the place of others, or beside them."""
    book = openpyxl.Workbook()
    assert book.active is not None
    book.active.append(["编号", "名称"])
    book.active.append(["P-1", "小学"])
    book.save(folder / "plain.xlsx")
    given = {
        part.replace("__", "/").replace("_xml", ".xml").replace("_bin", ".bin"): text for part, text in parts.items()
    }
    with zipfile.ZipFile(folder / "plain.xlsx") as plain, zipfile.ZipFile(folder / name, "w") as archive:
        for info in plain.infolist():
            if info.filename not in given:
                archive.writestr(info.filename, plain.read(info))
        for part, text in given.items():
            archive.writestr(part, text)
    (folder / "plain.xlsx").unlink()
    return folder / name


def geopackage(folder: Path, *statements: str, name: str = "d.gpkg") -> Path:
    """Write one point as a GeoPackage, and then do to it what the statements say."""
    path = folder / name
    point = np.array([shapely.to_wkb(shapely.Point(120, 28.9))], dtype=object)
    raw.write(
        path, point, [np.array(["a"], dtype=object)], ["code"], layer="d", driver="GPKG", geometry_type="Point",
        crs="EPSG:4490",
    )  # fmt: skip
    with closing(sqlite3.connect(path)) as database:
        database.execute("PRAGMA writable_schema = ON")
        for statement in statements:
            database.execute(statement)
        database.commit()
    return path


def listed(name: str) -> tuple[str, str]:
    """Give the statements that list a table as a layer of a GeoPackage."""
    return (
        f"{CONTENTS} VALUES('{name}', 'features', '{name}', 4490)",
        f"INSERT INTO gpkg_geometry_columns VALUES('{name}', 'geom', 'POINT', 4490, 0, 0)",
    )


def test_a_billion_laughs_in_a_workbook(bench: Path) -> None:
    styles = f'{BILLION}<styleSheet xmlns="{NAMESPACE}">&l11;</styleSheet>'
    refused(workbook(bench, xl__styles_xml=styles), "without a document type", limits=Limits(memory_bytes=2**31))


def test_a_workbook_that_asks_for_another_file(bench: Path) -> None:
    secret = bench / "secret.txt"
    secret.write_text("secret", encoding="utf-8")
    declared = f'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b SYSTEM "file://{secret}">]>'
    row = '<row r="1"><c r="A1" t="inlineStr"><is><t>&b;</t></is></c></row>'
    sheet = f'{declared}<worksheet xmlns="{NAMESPACE}"><sheetData>{row}</sheetData></worksheet>'
    for name in ("d.xlsx", "d.zip", "d.csv"):
        refused(workbook(bench, name, xl__worksheets__sheet1_xml=sheet), "without a document type")


@pytest.mark.parametrize("name", ["d.xlsm", "d.xlsx", "d.zip", "d.geojson"])
def test_macros_whatever_the_file_is_called(bench: Path, name: str) -> None:
    refused(workbook(bench, name, xl__vbaProject_bin="x"), "expected a workbook without macros")


def test_macros_in_a_workbook_in_a_zip(bench: Path) -> None:
    inner = workbook(bench, "inner.xlsm", xl__vbaProject_bin="x")
    with zipfile.ZipFile(bench / "d.zip", "w") as archive:
        archive.write(inner, "台账.xlsm")
    inner.unlink()
    refused(bench / "d.zip", "expected a workbook without macros")


def test_a_bomb_within_a_workbook_within_a_zip(bench: Path) -> None:
    blank = " " * 2**26
    inner = bench / "台账.xlsx"
    with zipfile.ZipFile(workbook(bench)) as plain, zipfile.ZipFile(inner, "w", zipfile.ZIP_DEFLATED) as archive:
        for info in plain.infolist():
            text = f"<worksheet>{blank}</worksheet>" if "sheet1" in info.filename else plain.read(info)
            archive.writestr(info.filename, text)
    (bench / "d.xlsx").unlink()
    with zipfile.ZipFile(bench / "d.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.write(inner, inner.name)
    inner.unlink()
    refused(bench / "d.zip", "a part that grows")


def test_triggers_and_names_of_a_database_do_nothing(bench: Path) -> None:
    path = geopackage(
        bench,
        "CREATE TABLE gone(x)",
        "CREATE TRIGGER t AFTER UPDATE ON gpkg_contents BEGIN DELETE FROM gpkg_spatial_ref_sys; END",
        """CREATE TABLE "x""; DROP TABLE d; --"(fid INTEGER PRIMARY KEY, geom BLOB)""",
    )
    reading = read(path)
    assert (reading.delivered, reading.frame["code"].tolist()) == (1, ["a"])
    assert path.read_bytes()[:16] == b"SQLite format 3\x00"


@pytest.mark.parametrize(
    "view",
    [
        "SELECT 1 AS fid, load_extension('x.so') AS geom",
        "SELECT 1 AS fid, readfile('/etc/passwd') AS geom",
        "SELECT 1 AS fid, writefile('x', 'y') AS geom",
    ],
)
def test_a_view_that_calls_what_it_should_not(bench: Path, view: str) -> None:
    path = geopackage(bench, f"CREATE VIEW v AS {view}", *listed("v"))
    refused(path, "expected", Asked("v"))


def test_a_view_that_never_ends_is_stopped(bench: Path) -> None:
    path = geopackage(bench, f"CREATE VIEW v AS {GROWING}", *listed("v"))
    refused(path, "took more than 1 s of processor time", Asked("v"), Limits(cpu_s=1, wall_s=60))
    refused(path, "took more than 1 s", Asked("v"), Limits(cpu_s=60, wall_s=1))


def test_a_table_that_another_file_stands_behind(bench: Path) -> None:
    secret = bench / "secret.geojson"
    secret.write_text('{"type":"Point","coordinates":[120,29]}', encoding="utf-8")
    virtual = f"CREATE VIRTUAL TABLE v USING VirtualOGR(''{secret}'')"
    master = "INSERT INTO sqlite_master(type, name, tbl_name, rootpage, sql)"
    path = geopackage(bench, f"{master} VALUES('table', 'v', 'v', 0, '{virtual}')", *listed("v"))
    refused(path, "expected", Asked("v"))


def test_a_flood_of_pixels_in_a_database(bench: Path) -> None:
    tiles = "id INTEGER PRIMARY KEY, zoom_level INTEGER, tile_column INTEGER, tile_row INTEGER, tile_data BLOB"
    path = geopackage(
        bench,
        "DELETE FROM gpkg_contents",
        "DELETE FROM gpkg_geometry_columns",
        "DROP TABLE d",
        f"CREATE TABLE flood({tiles})",
        "INSERT INTO flood VALUES(1, 0, 0, 0, x'89504e470d0a1a0a')",
        f"{CONTENTS} VALUES('flood', 'tiles', 'flood', 4490)",
    )
    refused(path, "expected a sublayer, got none but images", limits=Limits(memory_bytes=2**31))
