"""The invented county as files: messy in the ways of offices, labelled, the same bytes each time, and loaded whole."""

import json
import zipfile
from dataclasses import replace
from datetime import date
from pathlib import Path

import openpyxl
import pandas as pd
import pyogrio
import pytest
import sqlalchemy as sa

from gis import layers
from gis.errors import DeliveryError, Refused
from gis.layer import Use
from gis.run import invented
from gis.store import server
from gis.store.settings import Settings
from gis.synth.deliveries import MANIFEST
from gis.synth.dress import Wanted

WANTED = Wanted(7, 0.004, date(2026, 6, 1))
CHOSEN = (
    *("town", "village", "road", "building", "welder", "craftsman", "vehicle", "gas_user"),
    *("check:燃气", "hazard:燃气"),
)
"""What the test of loading takes: every form of file, and each reason to reject a row."""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    found = tmp_path_factory.mktemp("county") / "files"
    invented.make(found, WANTED)
    return found


def said(folder: Path) -> dict[str, object]:
    found = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    assert isinstance(found, dict)
    return found


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def test_the_same_seed_and_day_give_the_same_bytes(folder: Path, tmp_path: Path) -> None:
    invented.make(tmp_path / "again", WANTED)
    assert contents(tmp_path / "again") == contents(folder)
    invented.make(tmp_path / "again", replace(WANTED, seed=8))
    other = contents(tmp_path / "again")
    assert other["瓶装居民用户.csv"] != contents(folder)["瓶装居民用户.csv"]


def test_every_file_says_that_it_is_invented(folder: Path) -> None:
    for path in sorted(folder.rglob("*")):
        if path.is_dir():
            continue
        if path.suffix == ".zip":
            with zipfile.ZipFile(path) as archive:
                assert "合成数据" in archive.read("合成数据说明.txt").decode("gb18030")
        elif path.suffix == ".xlsx":
            assert "合成数据" in str(openpyxl.load_workbook(path).worksheets[0]["A1"].value)
        elif path.suffix == ".gpkg":
            assert "合成数据" in str(pyogrio.read_info(path)["layer_metadata"])
        elif path.parent == folder and path.suffix == ".csv":
            assert "合成数据" in path.read_bytes().decode("gb18030").splitlines()[0]
        elif path.parent == folder:
            assert "合成数据" in path.read_text(encoding="utf-8")[:400]
    assert "合成数据" in (folder / "truth" / "README.txt").read_text(encoding="utf-8")


def test_the_list_names_every_file_but_the_truth(folder: Path) -> None:
    found = invented.manifest(folder)
    listed = {each["file"] for each in found.entries} | {found.county["file"], MANIFEST}
    there = {path.name for path in folder.iterdir() if path.is_file()}
    assert listed == there
    assert len(found.entries) == len({each["file"] for each in found.entries})
    assert not [each for each in found.entries if "truth" in each["file"]]


def test_buildings_are_a_shapefile_in_gbk_that_does_not_say_so(folder: Path) -> None:
    with zipfile.ZipFile(folder / "建筑01.zip") as archive:
        names = archive.namelist()
        table = archive.read("建筑01.dbf")
    assert not [name for name in names if name.endswith(".cpg")]
    assert "建筑编号".encode("gbk") in table[:400]
    assert "住宅".encode("gbk") in table
    assert "住宅".encode() not in table


def test_tables_have_a_merged_title_over_their_header(folder: Path) -> None:
    sheet = openpyxl.load_workbook(folder / "工商用户.xlsx").worksheets[0]
    assert len(sheet.merged_cells.ranges) == 1
    assert sheet["A2"].value == "用户编号"
    text = (folder / "瓶装居民用户.csv").read_bytes().decode("gb18030").splitlines()
    assert text[1].startswith("用户编号,")


def test_the_truth_tells_where_each_user_is(folder: Path) -> None:
    users = pd.read_csv(folder / "truth" / "users.csv")
    entries = [each for each in invented.manifest(folder).entries if each["layer"] == "gas_user"]
    delivered = sum(each["rows"] - len(each["wrong"]) for each in entries)
    assert len(users) == delivered
    assert {"code", "building", "floor", "unit", "room", "hand", "placed"} == set(users)
    risk = pd.read_csv(folder / "truth" / "risk.csv")
    assert {"building", "gas_user"} <= set(risk["layer"])


def test_a_folder_with_other_files_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "letter.txt").write_text("mine", encoding="utf-8")
    with pytest.raises(Refused, match="expected an empty folder"):
        invented.make(tmp_path, WANTED)
    with pytest.raises(Refused, match="expected a folder, got a file"):
        invented.make(tmp_path / "letter.txt", WANTED)
    assert (tmp_path / "letter.txt").read_text(encoding="utf-8") == "mine"


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"county": None}, "county: "),
        ({"county": {"file": 3}}, "county.file: expected text, got 3"),
        ({"deliveries": {}}, "deliveries: expected a list, got dict"),
        ({"deliveries": ["x"]}, "entry 1: expected an object, got str"),
        ({"deliveries": [{"layer": "town", "file": 1}]}, "entry 1: file: expected str, got 1"),
        ({"voids": [{}]}, "voids: expected a list of source, number and reason"),
    ],
)
def test_a_list_that_is_not_right_is_refused_in_a_sentence(
    folder: Path, tmp_path: Path, change: dict[str, object], told: str
) -> None:
    (tmp_path / MANIFEST).write_text(json.dumps(said(folder) | change), encoding="utf-8")
    with pytest.raises(DeliveryError, match=told):
        invented.manifest(tmp_path)


def test_a_folder_without_a_list_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DeliveryError, match="expected a list of deliveries"):
        invented.manifest(tmp_path)
    (tmp_path / MANIFEST).write_text("[1", encoding="utf-8")
    with pytest.raises(DeliveryError, match="expected a list of deliveries"):
        invented.manifest(tmp_path)


def test_a_load_rejects_what_is_wrong_on_purpose_and_nothing_else(folder: Path, settings: Settings) -> None:
    found = invented.manifest(folder)
    wanted = [each.partition(":") for each in CHOSEN]
    entries = [
        each
        for each in found.entries
        if any(each["layer"] == layer and system in each["file"] for layer, _, system in wanted)
    ]
    own = replace(settings, database="test_deliveries")
    county = invented.founded(own, found)
    loaded = invented.load(county, replace(found, entries=tuple(entries)))
    assert not [(each.file, each.unexpected) for each in loaded if each.unexpected]
    assert all(each.accounted for each in loaded)
    counts = invented.by_layer(loaded)
    assert counts["building"]["changed"] > 0
    assert counts["building"]["rejected"] == 4
    assert counts["gas_user"]["rejected"] == 13
    assert counts["check"]["rejected"] == 9
    for layer, each in counts.items():
        assert each["new"] + each["changed"] + each["unchanged"] + each["rejected"] == each["delivered"]
        table = county.schema.table(layers.named(layer))
        with county.reading() as connection:
            assert connection.scalar(sa.select(sa.func.count()).select_from(table)) == each["new"]
    voids = [each for each in found.voids if "燃气" in each["source"]]
    some = replace(found, voids=tuple(voids[:2]))
    assert invented.void(county, some) == len(some.voids)
    assert invented.void(county, some) == 0
    log = county.schema.table(layers.one(Use.CHECK))
    with county.reading() as connection:
        voided = connection.scalar(sa.select(sa.func.count()).where(log.c.voided_at.is_not(None)))
    assert voided == len(some.voids)
    again = invented.load(county, replace(found, entries=tuple(entries[:1])))
    assert all(each.outcome.unchanged == each.outcome.delivered for each in again)
    county.close()
    server.drop_database(own, own.database)


def test_another_county_is_not_loaded_into(folder: Path, template: Settings) -> None:
    with pytest.raises(Refused, match="expected the county of the folder"):
        invented.load_into(template, invented.manifest(folder))
