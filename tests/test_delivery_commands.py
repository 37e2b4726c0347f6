"""`wangge delivery list | show | undo` as a steward uses them, over a small county."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
import shapely
from click.testing import CliRunner, Result

from api.cli import main
from gis.crs import EXCHANGE, from_storage
from gis.store.county import County
from gis.store.settings import Settings
from tests.builders import cloned, square, swept
from tests.conftest import SRID

DATABASE = "test_delivery_commands"
COUNTS = ("delivered", "new", "changed", "unchanged", "rejected", "gone")


@pytest.fixture(scope="module")
def kept(template: Settings) -> Iterator[County]:
    with cloned(template, DATABASE) as county:
        yield county


@pytest.fixture(name="county")
def emptied(kept: County) -> County:
    return swept(kept, "building")


def invoke(county: County, *words: str) -> Result:
    environment = {"WANGGE_STATE": str(county.settings.state), "WANGGE_DATABASE": DATABASE, "DATABASE_URL": None}
    result = CliRunner().invoke(main, list(words), env=environment)
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    assert "Traceback" not in result.output
    return result


def told(county: County, *words: str) -> list[str]:
    """Run a command that must succeed and give its lines."""
    result = invoke(county, *words)
    assert result.exit_code == 0, result.output
    return result.stdout.splitlines()


def facts(county: County, *words: str) -> dict[str, object]:
    result = invoke(county, *words, "--json")
    assert result.exit_code == 0, result.output
    found = json.loads(result.stdout.splitlines()[-1])
    assert isinstance(found, dict)
    return found


def refused(county: County, *words: str) -> str:
    """Run a command that must be refused and give its one sentence."""
    result = invoke(county, *words)
    assert (result.exit_code, result.stdout) == (1, ""), result.output
    return result.stderr.splitlines()[-1]


def loaded(county: County, path: Path, rows: dict[str, object], *words: str) -> str:
    """Deliver houses with these numbers of floors, each on its own ground, and give the delivery's number."""
    features = []
    for code, floors in rows.items():
        (shape,) = from_storage(shapely.from_wkb([square(50 * int(code[2:]), 0).wkb]), EXCHANGE, SRID)
        properties = {"code": code, "层数": floors, "备注": "锟斤拷"}
        features.append({"type": "Feature", "properties": properties, "geometry": shapely.geometry.mapping(shape)})
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features}), encoding="utf-8")
    result = invoke(county, "load", "building", str(path), "--json", *words)
    return str(json.loads(result.stdout.splitlines()[-1])["number"])


def floors(county: County) -> dict[str, int]:
    with county.engine.connect() as connection:
        rows = connection.exec_driver_sql("SELECT code, floors FROM building ORDER BY code").all()
    return {str(row.code): int(row.floors) for row in rows}


def test_nothing_delivered_is_said(county: County) -> None:
    assert told(county, "delivery", "list") == ["没有交付 · nothing was delivered"]
    assert facts(county, "delivery", "list") == {"deliveries": []}


def test_the_list_names_what_came_newest_first_with_every_row_accounted_for(county: County, tmp_path: Path) -> None:
    first = loaded(county, tmp_path / "一批.geojson", {"B-1": 1, "B-2": 2, "B-3": "三"})
    second = loaded(county, tmp_path / "二批.geojson", {"B-1": 1, "B-2": 5, "B-4": 4}, "--mode", "replace")
    head, *lines = told(county, "delivery", "list")
    assert head.split("\t")[:10] == ["编号", "图层", "时间", "文件", "方式", "交付", "新增", "变更", "未变", "退回"]
    cells = [dict(zip(head.split("\t"), line.split("\t"), strict=True)) for line in lines]
    names = ("编号", "图层", "文件", "方式", "交付", "新增", "变更", "未变", "退回", "终止")
    assert [[cell[name] for name in names] for cell in cells] == [
        [second, "建筑 building", "二批.geojson", "替换 replace", "3", "1", "1", "1", "0", "0"],
        [first, "建筑 building", "一批.geojson", "增改 upsert", "3", "2", "0", "0", "1", "0"],
    ]
    rows = facts(county, "delivery", "list", "--layer", "building", "--limit", "1")["deliveries"]
    assert isinstance(rows, list)
    assert [[row[name] for name in ("number", *COUNTS)] for row in rows] == [[second, 3, 1, 1, 1, 0, 0]]
    assert told(county, "delivery", "list", "--layer", "gas_user") == ["没有交付 · nothing was delivered"]


def test_one_delivery_is_shown_with_its_reasons_and_what_of_it_stands(county: County, tmp_path: Path) -> None:
    number = loaded(county, tmp_path / "一批.geojson", {"B-1": 1, "B-2": 2, "B-3": "三", "B-4": "四"})
    loaded(county, tmp_path / "二批.geojson", {"B-1": 9})
    lines = told(county, "delivery", "show", number)
    pairs = dict(line.split("\t", maxsplit=1) for line in lines)
    assert [pairs[name] for name in ("编号", "图层", "方式", "交付", "新增", "退回", "现存")] == [
        number, "建筑 building", "增改 upsert", "4", "2", "2", "1"
    ]  # fmt: skip
    assert pairs["退回 · rejected"] == "层数〔可读〕 2（floors readable）"
    assert pairs["未用的列 · columns not used"] == "备注"
    assert pairs["说明 · note"].startswith("未用的列 备注 有 4 行文字已损坏")
    assert pairs["基准"] == "基准未核实 not_verified"
    found = facts(county, "delivery", "show", number.removeprefix("D-"))
    assert (found["number"], found["standing"], found["fields"]) == (number, 1, ["code", "floors"])


def test_deliveries_are_undone_last_first(county: County, tmp_path: Path) -> None:
    first = loaded(county, tmp_path / "一批.geojson", {"B-1": 1, "B-2": 2, "B-3": 3})
    second = loaded(county, tmp_path / "二批.geojson", {"B-1": 9, "B-4": 4})
    third = loaded(county, tmp_path / "三批.geojson", {"B-4": 4, "B-5": 5}, "--mode", "replace", "--yes")
    assert floors(county) == {"B-4": 4, "B-5": 5}
    assert refused(county, "delivery", "undo", first) == (
        f"{first} 不能撤销：之后又改动了它的行（交付 {third} 3） · its rows were changed since: deliveries {third} 3"
    )
    assert told(county, "delivery", "undo", third) == [
        f"{third} 建筑 已撤销：新增的终止 1，变更的恢复 0，终止的回来 3 · undone: 1 ended, 0 restored, 3 back"
    ]
    assert floors(county) == {"B-1": 9, "B-2": 2, "B-3": 3, "B-4": 4}
    assert facts(county, "delivery", "undo", second) == {
        "number": second, "layer": "building", "ended": 1, "restored": 1, "returned": 0, "notes": []
    }  # fmt: skip
    assert floors(county) == {"B-1": 1, "B-2": 2, "B-3": 3}
    assert refused(county, "delivery", "undo", second).startswith(f"{second} 已于 ")
    told(county, "delivery", "undo", first.removeprefix("D-"))
    assert floors(county) == {}
    head, *lines = told(county, "delivery", "list")
    assert head.endswith("\t撤销时间")
    assert len(lines) == 3
    assert all(line.rpartition("\t")[2] for line in lines)


def test_a_later_delivery_that_found_rows_unchanged_is_named_as_perhaps_meant(county: County, tmp_path: Path) -> None:
    first = loaded(county, tmp_path / "一批.geojson", {"B-1": 1})
    again = loaded(county, tmp_path / "又.geojson", {"B-1": 1})
    line, note = told(county, "delivery", "undo", first)
    assert line.startswith(f"{first} 建筑 已撤销")
    assert f"之后的交付 {again} 有未变的行" in note
    assert floors(county) == {}


@pytest.mark.parametrize("number", ["D-999999", "一"])
@pytest.mark.parametrize("word", ["show", "undo"])
def test_a_delivery_that_is_not_there_is_said(county: County, word: str, number: str) -> None:
    sentence = refused(county, "delivery", word, "--", number)
    assert sentence == f"没有交付 {number} · no delivery {number!r}: `wangge delivery list` names them"


def test_a_layer_or_a_file_that_is_not_there_is_named(county: County, tmp_path: Path) -> None:
    assert "no layer 'nix'" in refused(county, "delivery", "list", "--layer", "nix")
    assert invoke(county, "delivery", "list", "--limit", "0").exit_code == 2
    assert "expected a readable file" in refused(county, "load", "building", str(tmp_path / "无.csv"))
