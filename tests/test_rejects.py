"""Rejected rows come back in the form they came in, with the reason in Chinese; mended there, they are taken."""

import json
import os
import shutil
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import openpyxl
import pandas as pd
import pytest
import shapely

from gis import layers
from gis.crs import Geometries
from gis.errors import DeliveryError
from gis.run import deliver
from gis.run.deliver import Delivery
from gis.run.rejects import rejects_path, write_rejects
from gis.store import writing
from gis.store.county import County
from gis.store.formats.delivered import Asked
from gis.store.load import Outcome
from gis.store.load.unused import TOLD
from gis.store.reading import Reading, read
from gis.store.settings import Settings
from tests.builders import cloned, square, swept
from tests.conftest import SRID, X, Y
from tests.shapefile_bytes import dbf, written
from tests.shapefile_bytes import square as square_record

BUILDING, PLACE = layers.named("building"), layers.named("special_place")
METRES = f"EPSG:{SRID}"
HOUSES = pd.DataFrame(
    {
        "建筑编号": ["B-1", "B-2", "B-3", "B-4"],
        "名称": ["一号楼", "二号楼", "三号楼", "四号楼"],
        "层数": ["3", "900", "三层", "4"],
        "备注": ["甲", "乙，'丙'", "=1+1", ""],
    }
)
REASONS = [
    ["2", "层数", "上限", "不大于200", "900"],
    ["3", "层数", "可读", "整数", '"三层"'],
]
FORMS = (".gpkg", ".geojson", ".shp", ".fgb", ".parquet", ".gdb", ".xlsx", ".csv")


@pytest.fixture(scope="module")
def kept(template: Settings) -> Iterator[County]:
    with cloned(template, "test_rejects") as county:
        yield county


@pytest.fixture(name="county")
def emptied(kept: County) -> County:
    return swept(kept, "building", "special_place")


@dataclass(frozen=True)
class Loaded:
    """A delivery that was loaded, and where its rejected rows are, in a folder of their own."""

    outcome: Outcome
    reading: Reading
    back: Path


def loaded(county: County, path: Path, layer: str = "building", *, crs: str | None = None) -> Loaded:
    wanted = layers.named(layer)
    outcome, reading = deliver.load_file(county, wanted, Delivery(path, crs=crs))
    folder = path.parent / "back"
    folder.mkdir(exist_ok=True)
    back = write_rejects(rejects_path(path, f"{folder}/"), path, wanted, reading, outcome)
    return Loaded(outcome, reading, back)


def counts(outcome: Outcome) -> tuple[int, ...]:
    assert outcome.new + outcome.changed + outcome.unchanged + outcome.rejected == outcome.delivered
    return outcome.delivered, outcome.new, outcome.changed, outcome.unchanged, outcome.rejected


def squares(count: int) -> Geometries:
    shapes = np.empty(count, dtype=object)
    shapes[:] = [shapely.multipolygons([square(50 * place, 50)]) for place in range(count)]
    return shapes


def delivered(folder: Path, ending: str) -> Path:
    path = folder / f"建筑{ending}"
    writing.write(path, HOUSES, squares(len(HOUSES)), METRES, name="houses")
    return path


def reasons(path: Path) -> list[list[str]]:
    """Give what a file of rejects tells, read as any delivery is."""
    frame = read(path, Asked(names=("建筑编号", "层数", *TOLD)), crs=METRES).frame
    assert [name for name in frame.columns if name not in {"fid", "OBJECTID"}][: len(TOLD)] == list(TOLD)
    return [[str(value) for value in row] for row in frame[list(TOLD)].to_numpy().tolist()]


def mended(path: Path) -> Path:
    """Put the number of floors right in a file of rejects, as its reader does, and give the file."""
    reading = read(path, Asked(names=("建筑编号", "层数")), crs=METRES)
    frame = reading.frame.drop(columns=[name for name in ("fid", "OBJECTID") if name in reading.frame])
    frame["层数"] = ["9", "3"]
    flat = path.suffix in {".csv", ".xlsx"}
    writing.write(path, frame, None if flat else reading.geometry, reading.crs, name="rejects")
    return path


@pytest.mark.parametrize("ending", FORMS)
def test_rows_come_back_in_their_form_and_are_taken_when_they_are_mended(
    county: County, tmp_path: Path, ending: str
) -> None:
    first = loaded(county, delivered(tmp_path, ending))
    assert counts(first.outcome) == (4, 2, 0, 0, 2)
    assert first.back.name == f"建筑.rejects{ending}"
    told = reasons(first.back)
    shift = int(float(told[0][0])) - 2  # a sheet counts its header; a File Geodatabase keeps reals
    assert [[str(int(float(row[0])) - shift), *row[1:]] for row in told] == REASONS
    assert shift == (1 if ending in {".csv", ".xlsx"} else 0)
    again = loaded(county, mended(first.back))
    assert counts(again.outcome) == (2, 2, 0, 0, 0)
    assert set(TOLD) & set(again.outcome.ignored) == set()
    assert not any(name in note for note in again.outcome.notes for name in TOLD)
    with county.engine.connect() as connection:
        rows = connection.exec_driver_sql(
            "SELECT code, name, floors, round(ST_XMin(geom)::numeric, 2) - 500000 FROM building ORDER BY code"
        ).all()
    assert [tuple(row) for row in rows] == [
        ("B-1", "一号楼", 3, 0), ("B-2", "二号楼", 9, 50), ("B-3", "三号楼", 3, 100), ("B-4", "四号楼", 4, 150)
    ]  # fmt: skip


def test_a_row_that_is_not_mended_comes_back_with_the_same_reason(county: County, tmp_path: Path) -> None:
    first = loaded(county, delivered(tmp_path, ".geojson"))
    again = loaded(county, first.back)
    assert counts(again.outcome) == (2, 0, 0, 0, 2)
    assert [row[1:] for row in reasons(again.back)] == [row[1:] for row in REASONS]
    assert list(read(again.back).frame.columns).count("行号") == 1


def test_rows_of_a_gbk_shapefile_come_back_as_a_shapefile_that_office_programs_read(
    county: County, tmp_path: Path
) -> None:
    rows = [["B-1", "和平小区", "3"], ["B-2", "解放街", "900"], ["B-3", "古山镇", "4"]]
    columns = [("建筑编号".encode("gbk"), "C", 10), ("名称".encode("gbk"), "C", 20), ("层数".encode("gbk"), "C", 5)]
    table = dbf(columns, [[cell.encode("gbk") for cell in row] for row in rows], deleted=[3])
    path = written(tmp_path, table, [square_record(500_000 + 50 * place) for place in range(3)])
    first = loaded(county, path)
    assert counts(first.outcome) == (3, 1, 0, 0, 2)
    assert first.back.suffix == ".shp"
    reading = read(first.back)
    assert reading.crs == METRES
    assert reading.frame[["名称", *TOLD]].to_numpy().tolist() == [
        ["解放街", 2, "层数", "上限", "不大于200", "900"],
        ["古山镇", 3, "整行", "未删除", "未被标为删除的记录", ".dbf 标为已删除的记录"],
    ]
    assert shapely.bounds(reading.geometry)[:, 0].tolist() == [500_050, 500_100]


def test_a_sheet_comes_back_as_a_sheet_in_which_a_person_puts_the_cell_right(county: County, tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    rows = [("P-1", "小学", X), ("P-2", None, X + 100), ("P-3", "市场", X + 200)]
    sheet.append(["重点场所台账"])
    sheet.append(["编号", "类别", "东坐标", "北坐标"])
    for code, kind, east in rows:
        sheet.append([code, kind, east, Y + 100])
    sheet.append(["合计", 3])
    book.save(tmp_path / "台账.xlsx")
    first = loaded(county, tmp_path / "台账.xlsx", "special_place", crs=METRES)
    assert counts(first.outcome) == (4, 2, 0, 0, 2)
    back = openpyxl.load_workbook(first.back)
    told = back[back.sheetnames[0]]
    cells = [[cell.value for cell in row] for row in told.iter_rows()]
    head = cells[0]
    assert head[: len(TOLD)] == list(TOLD)
    assert cells[1][: len(TOLD)] == [4, "场所类别", "必填", "非空的值", "空"]
    assert [cells[1][head.index(name)] for name in ("编号", "东坐标", "北坐标")] == ["P-2", X + 100, Y + 100]
    assert cells[2][:3] == [6, "编号", "数据行"]
    told.cell(2, head.index("类别") + 1).value = "学校"
    told.delete_rows(3)
    back.save(first.back)
    again = loaded(county, first.back, "special_place", crs=METRES)
    assert counts(again.outcome) == (1, 1, 0, 0, 0)


def test_several_reasons_of_one_row_are_numbered(county: County, tmp_path: Path) -> None:
    frame = pd.DataFrame({"code": ["B-1"], "floors": ["x"], "built_year": ["3000"], "height": ["y"]})
    path = tmp_path / "d.gpkg"
    writing.write(path, frame, squares(1), METRES, name="houses")
    back = loaded(county, path).back
    assert reasons(back) == [["1", "1. 层数；2. 建筑高度", "1. 可读；2. 可读", "1. 整数；2. 数字", '1. "x"；2. "y"']]


def test_a_shape_that_cannot_be_read_comes_back_empty_and_its_values_whole(county: County, tmp_path: Path) -> None:
    shape = {"type": "Polygon", "coordinates": "120.0 28.91, 120.001 28.91"}
    feature = {"type": "Feature", "properties": {"code": "a", "名称": "楼"}, "geometry": shape}
    path = tmp_path / "d.geojson"
    path.write_text(json.dumps({"type": "FeatureCollection", "features": [feature]}), encoding="utf-8")
    back = loaded(county, path).back
    (told,) = json.loads(back.read_text(encoding="utf-8"))["features"]
    assert told["geometry"] is None
    assert (told["properties"]["名称"], told["properties"]["字段"]) == ("楼", "图形")


def test_what_is_not_written_comes_back_in_the_next_best_form(tmp_path: Path) -> None:
    assert rejects_path(tmp_path / "d.dxf", "").name == "d.rejects.gpkg"
    assert rejects_path(tmp_path / "旧.xls", "").name == "旧.rejects.xlsx"
    assert rejects_path(tmp_path / "d.tsv", "").name == "d.rejects.csv"


def test_no_cell_of_a_csv_that_comes_back_is_a_formula(county: County, tmp_path: Path) -> None:
    back = loaded(county, delivered(tmp_path, ".csv")).back
    text = back.read_text(encoding="utf-8-sig")
    assert "=1+1" in text
    assert not any(cell.startswith(("=", "+", "-", "@")) for line in text.splitlines() for cell in line.split(","))
    assert read(back, Asked(names=("层数", "建筑编号")), crs=METRES).frame["备注"].tolist() == ["乙，'丙'", "=1+1"]


@pytest.mark.parametrize(
    ("ending", "part"), [(".gpkg", ".gpkg"), (".shp", ".shp"), (".shp", ".gpkg"), (".gdb", ".gdb")]
)
def test_the_delivery_itself_is_never_written_over(tmp_path: Path, ending: str, part: str) -> None:
    path = delivered(tmp_path, ending)
    before = sorted((each.name, each.stat().st_mtime_ns) for each in tmp_path.rglob("*"))
    wanted = path.with_suffix(part)
    if part == ending:
        with pytest.raises(DeliveryError, match=f"--rejects .*{part}: 会覆盖交付的文件"):
            rejects_path(path, str(wanted))
    else:
        assert rejects_path(path, str(wanted)) == wanted
    assert sorted((each.name, each.stat().st_mtime_ns) for each in tmp_path.rglob("*")) == before


def test_a_link_to_the_delivery_and_a_spare_geopackage_are_not_written_over(tmp_path: Path) -> None:
    path = delivered(tmp_path, ".gpkg")
    os.link(path, tmp_path / "hard.gpkg")
    (tmp_path / "soft.gpkg").symlink_to(path)
    (tmp_path / "up").mkdir()
    for wanted in ("hard.gpkg", "soft.gpkg", "up/../建筑.gpkg", "建筑.shp"):
        with pytest.raises(DeliveryError, match="会覆盖交付的文件"):
            rejects_path(path, str(tmp_path / wanted))
    assert rejects_path(path, str(tmp_path / "建筑.rejects.shp")).name == "建筑.rejects.shp"


def test_a_folder_gets_a_file_named_after_the_delivery_and_no_other_form_is_written(tmp_path: Path) -> None:
    path = delivered(tmp_path, ".geojson")
    assert rejects_path(path, "") == tmp_path / "建筑.rejects.geojson"
    assert rejects_path(path, str(tmp_path / "new") + "/") == tmp_path / "new" / "建筑.rejects.geojson"
    assert rejects_path(path, str(tmp_path)) == tmp_path / "建筑.rejects.geojson"
    with pytest.raises(DeliveryError, match="expected a file ending in one of"):
        rejects_path(path, str(tmp_path / "d.docx"))


def test_a_zipped_delivery_comes_back_zipped(county: County, tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    delivered(tmp_path / "in", ".shp")
    path = tmp_path / "打包.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for part in sorted((tmp_path / "in").iterdir()):
            archive.write(part, f"房屋/{part.name}")
    shutil.rmtree(tmp_path / "in")
    first = loaded(county, path)
    assert first.back.name == "打包.rejects.zip"
    assert [row[1:] for row in reasons(first.back)] == [row[1:] for row in REASONS]
